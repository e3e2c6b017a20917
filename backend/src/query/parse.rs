//! Reads and checks the JSON of a query.
//!
//! Unknown keys are ignored, because Grafana adds its own; so are keys that the kind does not take, which remain from
//! another kind that was chosen before. An invalid value of a key that the kind takes is an error that says where it is
//! and what was expected: a query that silently ignores half of what it was asked for draws the wrong curve.

mod production;
mod reader;

pub(crate) use headroom_contract::choices::{Annotation, Form, LoadKind, Select};
use headroom_contract::query::{DEFAULTS, Part, QUERY_TYPE, QuerySpec, part_of};
use headroom_contract::words::Word as _;
use headroom_engine::slo::{Limit, Statistic};
use serde_json::{Map, Value};

use self::reader::{Reader, kind_of};
use super::axis::Metric;

pub(crate) use self::production::ProductionOptions;

/// The limits to judge by.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum SloChoice {
    /// The data source's default.
    Default,
    /// A service level by its id.
    Named(String),
    /// Limits in the query itself.
    Custom(Vec<Limit>),
}

/// What a checked query asks for.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Request {
    /// Names of deployments; empty for all.
    pub(crate) deployments: Vec<String>,
    /// Names of models; empty for all.
    pub(crate) models: Vec<String>,
    /// Ids of runs; empty for the runs that [`select`](Self::select) chooses.
    pub(crate) runs: Vec<String>,
    /// Which run of each deployment.
    pub(crate) select: Select,
    /// The load model; `None` if the query does not say.
    pub(crate) load: Option<LoadKind>,
    /// The limits.
    pub(crate) slo: SloChoice,
    /// The metric on the y axis; `None` for the one of the first limit.
    pub(crate) metric: Option<Metric>,
    /// Its statistic; `None` for the one of the first limit.
    pub(crate) statistic: Option<Statistic>,
    /// The options of production queries.
    pub(crate) production: ProductionOptions,
}

impl Request {
    /// Whether the query asks for runs and not for deployments. If so, several numbers of one deployment are
    /// distinguished by their runs, and a new benchmark is a new series. If it asks for deployments, the next benchmark
    /// of a deployment replaces the previous one, with the same labels.
    pub(crate) fn by_run(&self) -> bool {
        self.select == Select::All || !self.runs.is_empty()
    }
}

impl Default for Request {
    /// The meaning of an empty query.
    fn default() -> Self {
        Self {
            deployments: Vec::new(),
            models: Vec::new(),
            runs: Vec::new(),
            select: DEFAULTS.select,
            load: None,
            slo: SloChoice::Default,
            metric: None,
            statistic: None,
            production: ProductionOptions::default(),
        }
    }
}

/// Reads a query. `kinds` are the query kinds by id, `query_type` names the kind if the JSON does not, and `about`
/// describes a kind.
///
/// # Errors
/// Every invalid value, one sentence each.
pub(crate) fn read<K: Copy>(
    json: &Value,
    query_type: &str,
    kinds: &[(&'static str, K)],
    about: impl Fn(K) -> &'static QuerySpec,
) -> Result<(K, Request), String> {
    let empty = Map::new();
    let map = match json {
        Value::Object(map) => map,
        Value::Null => &empty,
        other => return Err(format!("expected a query as a JSON object; found {}", kind_of(other))),
    };
    let mut reader = Reader { map: map.clone(), problems: Vec::new() };
    let fallback = if query_type.is_empty() { DEFAULTS.kind } else { query_type };
    // An empty text counts as absent.
    let default = || kinds.iter().find(|(id, _)| *id == DEFAULTS.kind).map(|(_, kind)| *kind);
    let kind = reader.choice(QUERY_TYPE, kinds, Some(fallback)).or_else(default);
    // If there is no such kind, every key is read, so that all other mistakes are reported at the same time.
    let is_known = reader.problems.is_empty();
    let takes = |part: Part| !is_known || kind.is_some_and(|kind| about(kind).takes(part));
    reader.map.retain(|key, _| part_of(key).is_none_or(takes));
    let select = reader.choice("select", &Select::by_id(), None);
    let load = reader.choice("loadModel", &LoadKind::by_id(), None);
    let request = Request {
        deployments: reader.names("deployments"),
        models: reader.names("models"),
        runs: reader.names("runs"),
        select: select.unwrap_or(DEFAULTS.select),
        load,
        slo: reader.slo(),
        metric: reader.choice("metric", &Metric::by_id(), None),
        statistic: reader.choice("statistic", &Statistic::by_id(), None),
        production: ProductionOptions::read(&mut reader, is_known && takes(Part::Promql)),
    };
    match kind {
        Some(kind) if reader.problems.is_empty() => Ok((kind, request)),
        _ => Err(reader.problems.join("; ")),
    }
}
