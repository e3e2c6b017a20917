//! What Kubernetes objects have in common.

use serde::Serialize;

use super::Ruled;
use super::origin;
use super::yaml::{Pairs, pairs};

#[derive(Serialize)]
pub(super) struct Metadata {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    namespace: Option<String>,
    labels: Pairs,
    annotations: Pairs,
}

/// Name, labels and where the numbers come from.
pub(super) fn metadata(ruled: &Ruled) -> Metadata {
    Metadata {
        name: format!("headroom-{}", ruled.slug),
        namespace: ruled.namespace.clone(),
        labels: pairs(&[("app.kubernetes.io/name", "headroom"), ("app.kubernetes.io/managed-by", "headroom")]),
        annotations: Pairs(origin::of_object(ruled)),
    }
}

/// The comment above a document.
pub(super) fn comment(ruled: &Ruled, what: &str) -> String {
    format!(
        "{what} Written by `headroom rules` from {}: {} Do not edit: write it again after the next benchmark.",
        ruled.run.provenance.source, ruled.verdict.sentence
    )
}

/// A name that Kubernetes accepts: lower-case letters, digits and dashes, at most 50 of them.
pub(super) fn slug(name: &str) -> String {
    let mut slug = String::new();
    for character in name.chars().map(|character| character.to_ascii_lowercase()) {
        if character.is_ascii_alphanumeric() {
            slug.push(character);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
        if slug.len() >= 50 {
            break;
        }
    }
    let slug = slug.trim_end_matches('-');
    if slug.is_empty() { "deployment".to_owned() } else { slug.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_kubernetes() {
        for (name, expected) in [
            ("tiny-llama-bf16", "tiny-llama-bf16"),
            ("meta-llama/Llama-3.1 (8B)", "meta-llama-llama-3-1-8b"),
            ("--", "deployment"),
            ("Ü", "deployment"),
        ] {
            assert_eq!(slug(name), expected);
        }
        assert_eq!(slug(&"a".repeat(300)).len(), 50);
    }
}
