//! Which accelerators a deployment uses.

use std::collections::BTreeSet;

use headroom_prometheus::dictionary::Selector;

use super::target::Target;

/// Selects the series of a deployment's accelerators: by the labels in its settings, else by the pods that the exporter
/// names. `None` if neither is known.
pub(crate) fn selector(target: &Target) -> Option<Selector> {
    if !target.gpu_labels.is_empty() {
        let mut selector = Selector::all();
        for (label, value) in &target.gpu_labels {
            selector = selector.equal(label.as_str(), value.as_str());
        }
        return Some(selector);
    }
    let pods: BTreeSet<&str> =
        target.members.iter().map(|member| member.pod.as_str()).filter(|pod| !pod.is_empty()).collect();
    let pods: Vec<&str> = pods.into_iter().collect();
    if pods.is_empty() {
        return None;
    }
    let selector = Selector::all().any_of("pod", &pods);
    Some(match &target.namespace {
        Some(namespace) => selector.equal("namespace", namespace.as_str()),
        None => selector,
    })
}
