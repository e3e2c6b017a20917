//! YAML that is suitable for a repository: the same bytes for the same rules, and the most important keys first.

use anyhow::Result;
use serde::{Serialize, Serializer};
use serde_saphyr::ser_options;

/// Names with values, in the order given.
pub(super) struct Pairs(pub(super) Vec<(String, String)>);

impl Serialize for Pairs {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

/// Pairs of constant texts.
pub(super) fn pairs(all: &[(&str, &str)]) -> Pairs {
    Pairs(all.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
}

/// One document with a comment above it.
pub(super) fn document(comment: &str, value: &impl Serialize) -> Result<String> {
    // Keeps an expression on one line, so that it can be copied into a query editor.
    let options = ser_options! { prefer_block_scalars: false };
    let mut text = String::new();
    for line in crate::text::wrap(comment, 110, "# ", "# ") {
        text.push_str(&line);
        text.push('\n');
    }
    text.push_str(&serde_saphyr::to_string_with_options(value, options)?);
    if !text.ends_with('\n') {
        text.push('\n');
    }
    Ok(text)
}
