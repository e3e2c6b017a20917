//! Labels with several names.

/// A label and all its names.
#[derive(Debug, Clone, Copy)]
pub struct LabelDialect {
    /// Our name for it: selectors and groupings use it, and answers contain it.
    pub label: &'static str,
    /// Its names, the one with precedence first. If a label collides with one of the scrape configuration's, Prometheus
    /// renames it to `exported_…`: for a GPU, `namespace` is that of the exporter, and `exported_namespace` that of the
    /// pod that uses the GPU.
    pub names: &'static [&'static str],
}

/// Every label that has several names.
pub const DIALECTS: &[LabelDialect] = &[
    LabelDialect { label: "namespace", names: &["exported_namespace", "namespace", "kubernetes_namespace"] },
    LabelDialect { label: "pod", names: &["exported_pod", "pod", "kubernetes_pod_name"] },
    LabelDialect { label: "container", names: &["exported_container", "container"] },
    LabelDialect { label: "hostname", names: &["Hostname", "hostname"] },
];

/// The existing names of a label, the one with precedence first; the label's own name if none is known to exist.
pub(super) fn names(label: &str, exists: impl Fn(&str) -> bool) -> Vec<&str> {
    let dialect = DIALECTS.iter().find(|dialect| dialect.label == label);
    let found: Vec<&str> =
        dialect.map_or(&[][..], |dialect| dialect.names).iter().copied().filter(|name| exists(name)).collect();
    if found.is_empty() { vec![label] } else { found }
}
