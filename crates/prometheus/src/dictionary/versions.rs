//! Which versions of vLLM export a given set of names. No metric states the version, but names come and go.

use std::fmt;

use super::{
    row::{MetricName, Server},
    rows,
    version::{READ_VERSIONS, Version},
};

/// Names of vLLM that provide no quantity but distinguish versions.
const MARKERS: &[MetricName] = &[
    MetricName::new(Server::Vllm, "num_requests_swapped").until(0, 8, 5).at_times(""),
    MetricName::new(Server::Vllm, "engine_sleep_state").since(0, 11, 2).at_times(""),
    MetricName::new(Server::Vllm, "mm_cache_queries_total").since(0, 11, 2),
    MetricName::new(Server::Vllm, "request_prefill_kv_computed_tokens").since(0, 13, 0),
    MetricName::new(Server::Vllm, "prompt_tokens_by_source_total").since(0, 16, 0),
    MetricName::new(Server::Vllm, "estimated_flops_per_gpu_total").since(0, 18, 1),
    MetricName::new(Server::Vllm, "request_num_preemptions").since(0, 32, 0),
    MetricName::new(Server::Vllm, "prompt_tokens_cached_by_source_total").since(0, 32, 0),
];

/// The versions that can export a set of names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Versions {
    /// The names of this server do not depend on its version.
    Unknown,
    /// The oldest and the newest examined version that export exactly these names.
    Between(Version, Version),
    /// No version exports all of them: there are servers of several versions.
    Several,
}

impl Versions {
    /// What vLLM's names, without prefix and suffix, show about its version.
    pub(super) fn of_vllm(has: impl Fn(&str) -> bool) -> Self {
        let names = || rows().flat_map(|row| row.names).chain(MARKERS).filter(|name| name.server == Server::Vllm);
        let fits = |version: Version| {
            names().all(|name| {
                // Another quantity may use the same name in other versions: any of them is fine.
                let alive = name.alive(version);
                if has(name.base) {
                    alive || names().any(|other| other.base == name.base && other.alive(version))
                } else {
                    !(alive && name.steady)
                }
            })
        };
        let mut fitting = READ_VERSIONS.iter().copied().filter(|version| fits(*version));
        match fitting.next() {
            Some(first) => Self::Between(first, fitting.next_back().unwrap_or(first)),
            None => Self::Several,
        }
    }
}

impl MetricName {
    /// Whether this version has the name.
    pub(super) fn alive(&self, version: Version) -> bool {
        self.since.is_none_or(|since| since <= version) && self.until.is_none_or(|until| version <= until)
    }
}

/// `0.13.0 to 0.14.1`.
impl fmt::Display for Versions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => f.write_str("an unknown version"),
            Self::Between(from, to) if from == to => write!(f, "{from}"),
            Self::Between(from, to) => write!(f, "{from} to {to}"),
            Self::Several => f.write_str("several versions"),
        }
    }
}
