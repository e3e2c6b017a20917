//! Labels that have several names.

/// A label and the names that it goes by.
#[derive(Debug, Clone, Copy)]
pub struct LabelDialect {
    /// What we call it: selectors and groupings use this name, and answers carry it.
    pub label: &'static str,
    /// What it is called, the one that counts first. A scrape configuration renames a label that collides with one of
    /// its own to `exported_…`: a GPU's `namespace` is the exporter's, and `exported_namespace` that of the pod that
    /// uses it.
    pub names: &'static [&'static str],
}

/// Every label that has several names.
pub const DIALECTS: &[LabelDialect] = &[
    LabelDialect { label: "namespace", names: &["exported_namespace", "namespace", "kubernetes_namespace"] },
    LabelDialect { label: "pod", names: &["exported_pod", "pod", "kubernetes_pod_name"] },
    LabelDialect { label: "container", names: &["exported_container", "container"] },
    LabelDialect { label: "hostname", names: &["Hostname", "hostname"] },
];

/// The names of a label that exist, the one that counts first; its own name when none is known to exist.
pub(super) fn names(label: &str, exists: impl Fn(&str) -> bool) -> Vec<&str> {
    let dialect = DIALECTS.iter().find(|dialect| dialect.label == label);
    let found: Vec<&str> =
        dialect.map_or(&[][..], |dialect| dialect.names).iter().copied().filter(|name| exists(name)).collect();
    if found.is_empty() { vec![label] } else { found }
}
