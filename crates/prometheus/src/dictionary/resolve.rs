//! Which of the names that exist serve a quantity.

use std::collections::BTreeSet;

use super::{
    missing::Missing,
    quantity::Quantity,
    row::{DictionaryRow, MetricName, MetricType, Server},
    rows,
    seen::Seen,
    versions::Versions,
};

/// Selects the series whose names and labels [`resolve`] needs, when nothing narrower is known: for the list of names
/// and of labels only, never for a query.
pub const DISCOVERY_PATTERN: &str = "{__name__=~\".*(vllm|sglang|trtllm)[:_].*|nv_trt_llm_.*|DCGM_.*|\
    http_requests_total|process_start_time_seconds|up\"}";

/// One name that serves a quantity here.
#[derive(Debug, Clone, PartialEq)]
pub struct Source {
    /// The server whose name it is.
    pub server: Server,
    /// The name as it is here: with its prefix, without `_bucket`.
    pub name: String,
    /// Its entry in the dictionary.
    pub entry: &'static MetricName,
}

impl PartialEq for MetricName {
    fn eq(&self, other: &Self) -> bool {
        (self.server, self.base, self.only) == (other.server, other.base, other.only)
    }
}

/// What a Prometheus has of the dictionary.
#[derive(Debug, Clone)]
pub struct Resolved {
    /// By quantity, in the dictionary's order.
    sources: Vec<Vec<Source>>,
    missing: Vec<Missing>,
    seen: Vec<Seen>,
    labels: BTreeSet<String>,
}

/// Finds what serves each quantity among the names of metrics and of labels that exist: the values of `__name__`, and
/// the names of labels, of the series in question.
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
    /// The names that serve a quantity here, the preferred one first; empty when it is missing.
    #[must_use]
    pub fn sources(&self, quantity: Quantity) -> &[Source] {
        self.sources.get(quantity as usize).map_or(&[], Vec::as_slice)
    }

    /// Whether anything serves it here.
    #[must_use]
    pub fn has(&self, quantity: Quantity) -> bool {
        !self.sources(quantity).is_empty()
    }

    /// The quantities that nothing serves here, and why.
    #[must_use]
    pub fn missing(&self) -> &[Missing] {
        &self.missing
    }

    /// Why a quantity is missing; `None` if it is there.
    #[must_use]
    pub fn why_missing(&self, quantity: Quantity) -> Option<&Missing> {
        self.missing.iter().find(|missing| missing.quantity == quantity)
    }

    /// The servers whose names are here, one entry a prefix.
    #[must_use]
    pub fn seen(&self) -> &[Seen] {
        &self.seen
    }

    /// Whether a label of that name exists here.
    #[must_use]
    pub fn has_label(&self, label: &str) -> bool {
        self.labels.contains(label)
    }
}

/// The quantity that a metric's name serves, prefix and suffix (`_bucket`, `_sum`, `_count`) included: for checking the
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

/// Whether a written name is that of an entry, with a suffix where histograms have one.
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

/// A name as prefix and rest: `kserve_vllm:kv_cache_usage_perc` is `kserve_vllm:` and `kv_cache_usage_perc`. A colon
/// before the stem is that of a recording rule, which aggregates what is here already.
fn split<'a>(name: &'a str, stem: &str) -> Option<(&'a str, &'a str)> {
    let at = name.find(stem)?;
    let end = at + stem.len();
    let before = &name[..at];
    let plain = !before.contains(':') && (before.is_empty() || before.ends_with('_'));
    let mark = name[end..].starts_with([':', '_']);
    (plain && mark).then(|| name.split_at(end + 1))
}

/// The prefixes under which a server's names are here, its own first.
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
    // Stable: the others stay in the order of the alphabet.
    prefixes.sort_by_key(|prefix| *prefix != own);
    prefixes
}

/// Whether a server shows a name at all, with any suffix.
fn exists(names: &BTreeSet<&str>, prefix: &str, base: &str) -> bool {
    let whole = format!("{prefix}{base}");
    names.contains(whole.as_str())
        || names.contains(format!("{whole}_bucket").as_str())
        || whole.strip_suffix("_total").is_some_and(|short| may_lack_total(prefix) && names.contains(short))
}

/// The name under which a quantity of that kind is here, without suffix.
fn present<'a>(names: &BTreeSet<&str>, kind: MetricType, whole: &'a str) -> Option<&'a str> {
    match kind {
        MetricType::Histogram => names.contains(format!("{whole}_bucket").as_str()).then_some(whole),
        MetricType::Counter if !names.contains(whole) => {
            whole.strip_suffix("_total").filter(|short| may_lack_total(whole) && names.contains(short))
        }
        _ => names.contains(whole).then_some(whole),
    }
}

/// Ray exported counters without their ending before it exported them with it, and exports both since.
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
    /// The name as its server writes it.
    #[must_use]
    pub fn written(&self) -> String {
        match self.server.stem() {
            Some((stem, mark)) => format!("{stem}{mark}{}", self.base),
            None => self.base.to_owned(),
        }
    }
}
