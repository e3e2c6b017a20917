//! The JSON of a query, checked.
//!
//! Unknown keys are ignored, because Grafana adds its own. A bad value is an error that says
//! where it is and what was expected: a query that silently ignores half of what it was asked
//! draws the wrong curve.

mod production;
mod reader;

pub use headroom_contract::choices::{Annotation, Form, LoadKind, Select};
use headroom_contract::query::{DEFAULTS, QUERY_TYPE};
use headroom_contract::words::Word as _;
use headroom_engine::slo::{Limit, Statistic};
use serde_json::{Map, Value};

use self::reader::{Reader, kind_of};
use super::axis::Metric;

pub use self::production::ProductionOptions;

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// What benchmark reports say.
    Reports(Frames),
    /// What production does.
    Production(Asked),
}

/// Which frames of reports to return.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Frames {
    /// Levels and the fitted line, per run.
    Curve,
    /// A table of levels.
    Levels,
    /// One row per run.
    Verdict,
}

/// What is asked of production.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// Something about each deployment.
    Deployments(About),
    /// Any expression.
    Promql,
    /// Runs, episodes and changes as annotations.
    Annotations,
}

/// What is asked about the deployments in production.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// The operating point over time.
    Live,
    /// How much of the breaking load is left.
    Headroom,
    /// Production in the coordinates of the curve.
    Overlay,
    /// What limits it.
    Bottleneck,
    /// Production against the curve at the same load.
    Drift,
    /// Energy of real traffic.
    Energy,
    /// Cost of real traffic.
    CostNow,
}

impl What {
    /// Everything that can be asked, with the name that queries spell it by.
    pub const NAMES: [(&'static str, Self); 12] = [
        ("curve", Self::Reports(Frames::Curve)),
        ("levels", Self::Reports(Frames::Levels)),
        ("verdict", Self::Reports(Frames::Verdict)),
        ("live", Self::Production(Asked::Deployments(About::Live))),
        ("headroom", Self::Production(Asked::Deployments(About::Headroom))),
        ("overlay", Self::Production(Asked::Deployments(About::Overlay))),
        ("bottleneck", Self::Production(Asked::Deployments(About::Bottleneck))),
        ("drift", Self::Production(Asked::Deployments(About::Drift))),
        ("energy", Self::Production(Asked::Deployments(About::Energy))),
        ("cost_now", Self::Production(Asked::Deployments(About::CostNow))),
        ("promql", Self::Production(Asked::Promql)),
        ("annotations", Self::Production(Asked::Annotations)),
    ];
}

/// The limits to judge by.
#[derive(Debug, Clone, PartialEq)]
pub enum SloChoice {
    /// The data source's default.
    Default,
    /// One by its id.
    Named(String),
    /// Limits of the query's own.
    Custom(Vec<Limit>),
}

/// A checked query.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// Which frames.
    pub what: What,
    /// Names of deployments; empty for all.
    pub deployments: Vec<String>,
    /// Names of models; empty for all.
    pub models: Vec<String>,
    /// Ids of runs; empty for those that [`select`](Self::select) chooses.
    pub runs: Vec<String>,
    /// Which run of each deployment.
    pub select: Select,
    /// The load model; `None` when the query does not say.
    pub load: Option<LoadKind>,
    /// The limits.
    pub slo: SloChoice,
    /// The metric on the y axis; `None` for that of the first limit.
    pub metric: Option<Metric>,
    /// Its statistic; `None` for that of the first limit.
    pub statistic: Option<Statistic>,
    /// What queries of production take beside that.
    pub production: ProductionOptions,
}

impl Request {
    /// Reads a query. `query_type` is used where the JSON has none.
    ///
    /// # Errors
    /// Every bad value, one sentence each.
    pub fn from_json(json: &Value, query_type: &str) -> Result<Self, String> {
        let empty = Map::new();
        let map = match json {
            Value::Object(map) => map,
            Value::Null => &empty,
            other => return Err(format!("expected a query as a JSON object; found {}", kind_of(other))),
        };
        let mut reader = Reader { map, problems: Vec::new() };
        let fallback = if query_type.is_empty() { DEFAULTS.kind } else { query_type };
        let what = reader.choice(QUERY_TYPE, &What::NAMES, Some(fallback)).unwrap_or(What::Reports(Frames::Curve));
        let select = reader.choice("select", &Select::by_id(), None);
        let load = reader.choice("loadModel", &LoadKind::by_id(), None);
        let request = Self {
            what,
            deployments: reader.names("deployments"),
            models: reader.names("models"),
            runs: reader.names("runs"),
            select: select.unwrap_or(DEFAULTS.select),
            load,
            slo: reader.slo(),
            metric: reader.choice("metric", &Metric::by_id(), None),
            statistic: reader.choice("statistic", &Statistic::by_id(), None),
            production: ProductionOptions::read(&mut reader, what),
        };
        if reader.problems.is_empty() { Ok(request) } else { Err(reader.problems.join("; ")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use headroom_engine::slo::Latency;
    use serde_json::json;

    fn parsed(json: &Value) -> Request {
        Request::from_json(json, "").unwrap_or_else(|error| panic!("{json}: {error}"))
    }

    #[track_caller]
    fn check_error(json: &Value, expected: &[&str]) {
        let error = Request::from_json(json, "").unwrap_err();
        for part in expected {
            assert!(error.contains(part), "{json}: {error:?} should contain {part:?}");
        }
    }

    #[test]
    fn an_empty_query_is_the_documented_default() {
        let default = Request {
            what: What::Reports(Frames::Curve),
            deployments: vec![],
            models: vec![],
            runs: vec![],
            select: Select::MostRequests,
            load: None,
            slo: SloChoice::Default,
            metric: None,
            statistic: None,
            production: ProductionOptions::default(),
        };
        for json in [
            json!({}),
            json!(null),
            json!({"refId": "A", "datasource": {"uid": "x"}, "intervalMs": 1000, "unknown": [1]}),
            json!({"queryType": "", "deployments": [], "models": null, "slo": "", "metric": "", "select": null}),
            json!({"deployments": ["All"], "models": "$__all", "runs": [""]}),
        ] {
            assert_eq!(parsed(&json), default, "{json}");
        }
    }

    #[test]
    fn every_value_is_understood() {
        let request = parsed(&json!({
            "queryType": "verdict", "deployments": ["b", "a", "b"], "models": "m", "runs": ["r1"], "select": "latest",
            "loadModel": "open", "slo": "custom", "limits": ["ttft_p95=1000ms", "error_rate=1%"], "metric": "itl",
            "statistic": "p99"
        }));
        assert_eq!(request.what, What::Reports(Frames::Verdict));
        assert_eq!(request.deployments, ["a", "b"]);
        assert_eq!(request.models, ["m"]);
        assert_eq!(request.runs, ["r1"]);
        assert_eq!((request.select, request.load), (Select::Latest, Some(LoadKind::Open)));
        assert_eq!(request.metric, Some(Metric::Latency(Latency::Itl)));
        assert_eq!(request.statistic, Some(Statistic::P99));
        let SloChoice::Custom(limits) = request.slo else { panic!("{:?}", request.slo) };
        assert_eq!(limits.iter().map(Limit::expression).collect::<Vec<_>>(), ["ttft_p95=1000ms", "error_rate=0.01"]);
    }

    #[test]
    fn variables_leave_lists_behind() {
        assert_eq!(parsed(&json!({"deployments": "{tiny-a,tiny-b}"})).deployments, ["tiny-a", "tiny-b"]);
        assert_eq!(parsed(&json!({"deployments": ["{a, b}", "c"]})).deployments, ["a", "b", "c"]);
        assert_eq!(parsed(&json!({"deployments": ["a", "All"]})).deployments, Vec::<String>::new());
        assert_eq!(parsed(&json!({"slo": ["interactive"], "select": ["all"]})).select, Select::All);
        assert_eq!(parsed(&json!({"slo": " interactive "})).slo, SloChoice::Named("interactive".into()));
        let SloChoice::Custom(limits) = parsed(&json!({"slo": "custom", "limits": "ttft_p95=1s, itl_p95=50ms"})).slo
        else {
            panic!()
        };
        assert_eq!(limits.len(), 2);
        check_error(&json!({"deployments": ["$deployment"]}), &["deployments[0]", "`$deployment` was not replaced"]);
        check_error(&json!({"models": "${model:csv}"}), &["models[0]", "was not replaced"]);
        check_error(&json!({"slo": "$slo"}), &["slo: the variable `$slo`"]);
    }

    #[test]
    fn query_type_may_come_from_beside_the_json() {
        assert_eq!(Request::from_json(&json!({}), "levels").unwrap().what, What::Reports(Frames::Levels));
        assert_eq!(
            Request::from_json(&json!({"queryType": "verdict"}), "levels").unwrap().what,
            What::Reports(Frames::Verdict)
        );
        assert!(
            Request::from_json(&json!({}), "nope").unwrap_err().contains("queryType: expected curve, levels, verdict")
        );
    }

    #[test]
    fn bad_values_are_all_named() {
        check_error(
            &json!({"queryType": "curves", "metric": "tftt", "statistic": 95, "select": "newest", "loadModel": ["a", "b"]}),
            &[
                "annotations; found `curves`",
                "metric: expected ttft, itl, tpot, e2e, request_rate, output_tokens_per_second; found `tftt`",
                "statistic: expected text; found a number",
                "select: expected most_requests, latest, all; found `newest`",
                "loadModel: expected one value; found a list of 2",
            ],
        );
        check_error(&json!({"deployments": 5}), &["deployments: expected a list of names; found a number"]);
        check_error(&json!({"runs": [true]}), &["runs[0]: expected a name; found true or false"]);
        check_error(&json!({"slo": "custom"}), &["limits: expected at least one limit"]);
        check_error(&json!({"slo": "custom", "limits": ["ttft=1s"]}), &["say which statistic of ttft"]);
        check_error(
            &json!({"slo": "custom", "limits": ["ttft_p95=1s", "ttft_p95=2s"]}),
            &["ttft_p95 is limited twice"],
        );
        check_error(&json!({"slo": "custom", "limits": [1]}), &["limits[0]: expected text"]);
        check_error(&json!([1]), &["expected a query as a JSON object; found a list"]);
    }
}
