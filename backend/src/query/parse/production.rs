//! The options of production queries, besides deployments and limits.

use std::time::Duration;

use headroom_contract::choices::{Annotation, Form};
use headroom_contract::words::Word as _;
use serde_json::Value;

use super::reader::{Reader, kind_of};

/// The options of production queries. Those that a query kind does not use have their defaults.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct ProductionOptions {
    /// Values of the label `namespace`; empty for all.
    pub(crate) namespaces: Vec<String>,
    /// The length of the window at the end of the time range that counts as now; `None` for the default.
    pub(crate) window: Option<Duration>,
    /// Numbers about now, or their history.
    pub(crate) form: Form,
    /// Names of the requested fields; empty for all.
    pub(crate) fields: Vec<String>,
    /// The requested kinds of annotations; empty for all.
    pub(crate) kinds: Vec<Annotation>,
    /// The least distance of two points; `None` for the panel's.
    pub(crate) interval: Option<Duration>,
    /// The expression of a `promql` query.
    pub(crate) promql: Promql,
}

/// An expression, and how to query it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Promql {
    /// The expression, with Grafana's interval variables still in it.
    pub(crate) expr: String,
    /// A template for the name of each series, with labels in double braces; empty for the series' own names.
    pub(crate) legend: String,
    /// Whether only the value at the end of the time range is requested.
    pub(crate) instant: bool,
}

impl ProductionOptions {
    /// Reads the options. `needs_promql`: without an expression there is no answer.
    pub(super) fn read(reader: &mut Reader, needs_promql: bool) -> Self {
        Self {
            namespaces: reader.names("namespaces"),
            window: reader.duration("window"),
            form: reader.choice("format", &Form::by_id(), None).unwrap_or_default(),
            fields: reader.names("fields"),
            kinds: kinds(reader),
            interval: reader.duration("interval"),
            promql: if needs_promql { promql(reader) } else { Promql::default() },
        }
    }
}

fn kinds(reader: &mut Reader) -> Vec<Annotation> {
    let mut found = Vec::new();
    for name in reader.names("kinds") {
        match Annotation::from_id(&name) {
            Some(kind) => found.push(kind),
            None => reader.problems.push(format!(
                "kinds: expected {}; found {}",
                Annotation::ids().join(", "),
                super::reader::quoted(&name)
            )),
        }
    }
    found
}

fn promql(reader: &mut Reader) -> Promql {
    let mut text = |key: &str| match reader.map.get(key) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.trim().to_owned(),
        Some(other) => {
            reader.problems.push(format!("{key}: expected text; found {}", kind_of(other)));
            String::new()
        }
    };
    let (expr, legend) = (text("expr"), text("legendFormat"));
    if expr.is_empty() && reader.problems.is_empty() {
        reader.problems.push("expr: expected a PromQL expression such as up; found nothing".to_owned());
    }
    let (instant, range) = (reader.flag("instant"), reader.flag("range"));
    // Grafana's own editor sets both flags; a panel over time needs a range.
    Promql { expr, legend, instant: instant == Some(true) && range != Some(true) }
}
