//! Which of the existing names provide a quantity.

use std::collections::BTreeSet;

use super::{
    missing::Missing,
    quantity::Quantity,
    row::{DictionaryRow, MetricName, MetricType, Server},
    rows,
    seen::Seen,
    versions::Versions,
};

/// Selects the series whose names and labels [`resolve`] needs, if nothing narrower is known. Only for listing names
/// and labels, never for a query.
pub const DISCOVERY_PATTERN: &str = "{__name__=~\".*(vllm|sglang|trtllm)[:_].*|nv_trt_llm_.*|DCGM_.*|\
    http_requests_total|process_start_time_seconds|up\"}";

/// A name that provides a quantity here.
#[derive(Debug, Clone, PartialEq)]
pub struct Source {
    /// The server that exports this name.
    pub server: Server,
    /// The name as it exists here: with its prefix, without `_bucket`.
    pub name: String,
    /// Its entry in the dictionary.
    pub entry: &'static MetricName,
}

impl PartialEq for MetricName {
    fn eq(&self, other: &Self) -> bool {
        (self.server, self.base, self.only) == (other.server, other.base, other.only)
    }
}

/// The part of the dictionary that a Prometheus has.
#[derive(Debug, Clone)]
pub struct Resolved {
    /// The sources of each quantity, in the dictionary's order.
    sources: Vec<Vec<Source>>,
    missing: Vec<Missing>,
    seen: Vec<Seen>,
    labels: BTreeSet<String>,
}

/// Finds what provides each quantity among the existing names of metrics (values of `__name__`) and of labels of the
/// series in question.
pub fn resolve<'a>(names: impl IntoIterator<Item = &'a str>, labels: impl IntoIterator<Item = &'a str>) -> Resolved {
    let names: BTreeSet<&str> = names.into_iter().collect();
    let mut seen = Vec::new();
    for server in Server::ALL {
        match server.stem() {
            Some(stem) => {
                for prefix in prefixes(*server, stem, &names) {
                    let versions = if *server == Server::Vllm {
                        Versions::of_vllm(|base| exists(&names, &prefix, base))
                    } else {
                        Versions::Unknown
                    };
                    seen.push(Seen { server: *server, prefix, versions });
                }
            }
            None if entries(*server).any(|(row, name)| present(&names, row.kind, name.base).is_some()) => {
                seen.push(Seen { server: *server, prefix: String::new(), versions: Versions::Unknown });
            }
            None => {}
        }
    }
    let mut sources = Vec::new();
    let mut missing = Vec::new();
    for row in rows() {
        let found = sources_of(row, &seen, &names);
        if found.is_empty() {
            missing.push(Missing::explain(row.quantity, &seen));
        }
        sources.push(found);
    }
    Resolved { sources, missing, seen, labels: labels.into_iter().map(str::to_owned).collect() }
}

impl Resolved {
    /// The names that provide a quantity here, the preferred one first; empty if it is missing.
    #[must_use]
    pub fn sources(&self, quantity: Quantity) -> &[Source] {
        self.sources.get(quantity as usize).map_or(&[], Vec::as_slice)
    }

    /// Whether anything provides the quantity here.
    #[must_use]
    pub fn has(&self, quantity: Quantity) -> bool {
        !self.sources(quantity).is_empty()
    }

    /// The quantities that nothing provides here, and why.
    #[must_use]
    pub fn missing(&self) -> &[Missing] {
        &self.missing
    }

    /// Why a quantity is missing; `None` if it is there.
    #[must_use]
    pub fn why_missing(&self, quantity: Quantity) -> Option<&Missing> {
        self.missing.iter().find(|missing| missing.quantity == quantity)
    }

    /// The servers whose names exist here, one entry per prefix.
    #[must_use]
    pub fn seen(&self) -> &[Seen] {
        &self.seen
    }

    /// Whether a label with this name exists here.
    #[must_use]
    pub fn has_label(&self, label: &str) -> bool {
        self.labels.contains(label)
    }
}

/// The quantity that a metric's name provides, with its prefix and suffix (`_bucket`, `_sum`, `_count`): to check the
/// names in a dashboard.
#[must_use]
pub fn known(name: &str) -> Option<Quantity> {
    rows()
        .find(|row| {
            row.names.iter().any(|entry| match entry.server.stem() {
                Some((stem, _)) => split(name, stem).is_some_and(|(_, base)| is_named(base, row.kind, entry.base)),
                None => is_named(name, row.kind, entry.base),
            })
        })
        .map(|row| row.quantity)
}

/// Whether a name is that of an entry, with one of the suffixes of histograms if the entry is one.
fn is_named(written: &str, kind: MetricType, base: &str) -> bool {
    match written.strip_prefix(base) {
        Some("") => kind != MetricType::Histogram,
        Some("_bucket" | "_sum" | "_count") => kind == MetricType::Histogram,
        _ => false,
    }
}

fn entries(server: Server) -> impl Iterator<Item = (&'static DictionaryRow, &'static MetricName)> {
    rows().flat_map(|row| row.names.iter().map(move |name| (row, name))).filter(move |(_, name)| name.server == server)
}

/// Splits a name into prefix and rest: `kserve_vllm:kv_cache_usage_perc` into `kserve_vllm:` and `kv_cache_usage_perc`.
/// `None` if there is a colon before the stem: that is a recording rule, which aggregates series that are here already.
fn split<'a>(name: &'a str, stem: &str) -> Option<(&'a str, &'a str)> {
    let at = name.find(stem)?;
    let end = at + stem.len();
    let before = &name[..at];
    let plain = !before.contains(':') && (before.is_empty() || before.ends_with('_'));
    let mark = name[end..].starts_with([':', '_']);
    (plain && mark).then(|| name.split_at(end + 1))
}

/// The prefixes under which a server's names exist here, its own first.
fn prefixes(server: Server, (stem, mark): (&str, char), names: &BTreeSet<&str>) -> Vec<String> {
    let mut found: BTreeSet<&str> = BTreeSet::new();
    for name in names {
        if let Some((prefix, base)) = split(name, stem)
            && entries(server).any(|(row, entry)| {
                is_named(base, row.kind, entry.base) || may_lack_total(prefix) && entry.base == format!("{base}_total")
            })
        {
            found.insert(prefix);
        }
    }
    let own = format!("{stem}{mark}");
    let mut prefixes: Vec<String> = found.into_iter().map(str::to_owned).collect();
    // The sort is stable, so the others stay in alphabetical order.
    prefixes.sort_by_key(|prefix| *prefix != own);
    prefixes
}

/// Whether a server exports a name, with any suffix.
fn exists(names: &BTreeSet<&str>, prefix: &str, base: &str) -> bool {
    let whole = format!("{prefix}{base}");
    names.contains(whole.as_str())
        || names.contains(format!("{whole}_bucket").as_str())
        || whole.strip_suffix("_total").is_some_and(|short| may_lack_total(prefix) && names.contains(short))
}

/// The name under which a quantity of this kind exists here, without suffix.
fn present<'a>(names: &BTreeSet<&str>, kind: MetricType, whole: &'a str) -> Option<&'a str> {
    match kind {
        MetricType::Histogram => names.contains(format!("{whole}_bucket").as_str()).then_some(whole),
        MetricType::Counter if !names.contains(whole) => {
            whole.strip_suffix("_total").filter(|short| may_lack_total(whole) && names.contains(short))
        }
        _ => names.contains(whole).then_some(whole),
    }
}

/// Ray first exported counters without `_total`, and now exports both forms.
fn may_lack_total(name: &str) -> bool {
    name.starts_with("ray_")
}

fn sources_of(row: &'static DictionaryRow, seen: &[Seen], names: &BTreeSet<&str>) -> Vec<Source> {
    let mut sources: Vec<Source> = Vec::new();
    for entry in row.names {
        for seen in seen.iter().filter(|seen| seen.server == entry.server) {
            let whole = format!("{}{}", seen.prefix, entry.base);
            if let Some(name) = present(names, row.kind, &whole) {
                sources.push(Source { server: entry.server, name: name.to_owned(), entry });
            }
        }
    }
    sources
}

impl MetricName {
    /// The name as its server exports it.
    #[must_use]
    pub fn written(&self) -> String {
        match self.server.stem() {
            Some((stem, mark)) => format!("{stem}{mark}{}", self.base),
            None => self.base.to_owned(),
        }
    }
}
