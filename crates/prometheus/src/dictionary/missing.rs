//! Why a quantity is missing, in words.

use std::fmt::Write as _;

use super::{
    quantity::Quantity,
    row::{MetricName, MetricType, Server},
    seen::Seen,
    versions::Versions,
};

/// A quantity that no metric here provides.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{words}")]
pub struct Missing {
    /// The quantity.
    pub quantity: Quantity,
    /// Why it is missing and how to get it, in a sentence or two.
    pub words: String,
}

impl Missing {
    /// The message if none of a quantity's names exists.
    pub(super) fn explain(quantity: Quantity, seen: &[Seen]) -> Self {
        let row = quantity.row();
        let title = row.title;
        let servers: Vec<Server> = row.names.iter().map(|name| name.server).collect();
        let words = if servers.contains(&Server::Dcgm) {
            gpu(title, row.names, seen)
        } else if !seen.iter().any(|seen| seen.server.serves()) {
            format!(
                "{title}: no metrics of a model server are here (vLLM `vllm:…`, SGLang `sglang:…`, TensorRT-LLM \
                 `trtllm_…`). Is the server scraped, and do the matchers match it?"
            )
        } else {
            // These are exported beside a model server: by the HTTP layer that vLLM uses, and by Prometheus itself.
            let beside = |server: Server| server == Server::Vllm || servers.iter().all(|other| !other.serves());
            let mut words = String::new();
            let mut told = Vec::new();
            for server in seen.iter().filter(|seen| seen.server.serves()) {
                if told.contains(&server.server) {
                    continue;
                }
                told.push(server.server);
                let names: Vec<&MetricName> = row
                    .names
                    .iter()
                    .filter(|name| name.server == server.server || !name.server.serves() && beside(server.server))
                    .collect();
                if !words.is_empty() {
                    words.push(' ');
                }
                // Writing to a string does not fail.
                let written = write!(words, "{title}: {}", of_server(server, row.kind, &names));
                debug_assert!(written.is_ok(), "a string takes everything");
            }
            words
        };
        Self { quantity, words }
    }

    /// The message if a quantity exists but cannot be asked for in this way.
    pub(super) fn of_kind(quantity: Quantity, asked: &str) -> Self {
        let row = quantity.row();
        let words = format!("{} is a {} and has no {asked}.", row.title, row.kind.title());
        Self { quantity, words }
    }
}

/// The part about a server that exists but lacks the quantity.
fn of_server(server: &Seen, kind: MetricType, names: &[&MetricName]) -> String {
    let title = server.server.title();
    let Some(name) = names.first() else { return format!("{title} does not measure it.") };
    let whole = format!("`{}`", name.written());
    if let Versions::Between(from, to) = server.versions {
        let here = format!("the names here are those of {title} {}", server.versions);
        let since = names.iter().filter_map(|name| name.since).min();
        if let Some(since) = since.filter(|since| names.iter().all(|name| name.since.is_some()) && to < *since) {
            return format!("{title} has it from {since} on ({whole}), and {here}.");
        }
        let until = names.iter().filter_map(|name| name.until).max();
        if let Some(until) = until.filter(|until| names.iter().all(|name| name.until.is_some()) && *until < from) {
            return format!("{title} had it up to {until} ({whole}), and {here}.");
        }
    }
    // The name that these versions would export.
    let name = match server.versions {
        Versions::Between(from, to) => names.iter().find(|name| name.alive(from) || name.alive(to)).unwrap_or(name),
        Versions::Unknown | Versions::Several => name,
    };
    let note = if name.note.is_empty() { String::new() } else { format!(" {}", name.note) };
    let what = if kind == MetricType::Histogram { "histogram" } else { "series" };
    let whose = if name.server.serves() { format!("{title}'s {what} ") } else { String::new() };
    format!("{whose}`{}` is not here.{note}", name.written())
}

fn gpu(title: &str, names: &[MetricName], seen: &[Seen]) -> String {
    let Some(name) = names.first() else { return format!("{title} is not measured.") };
    if seen.iter().any(|seen| seen.server == Server::Dcgm) {
        let note = if name.note.is_empty() { "Is it enabled in the exporter's counters file?" } else { name.note };
        format!("{title}: the DCGM exporter here does not export `{}`. {note}", name.base)
    } else {
        format!(
            "{title}: no metrics of a DCGM exporter (`DCGM_FI_…`) are here. Is it scraped, and do the matchers match its \
             series? Its `pod` and `namespace` may be its own and not those of the model server."
        )
    }
}
