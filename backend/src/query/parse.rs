//! The JSON of a query, checked.
//!
//! Unknown keys are ignored, because Grafana adds its own. A bad value is an error that says
//! where it is and what was expected: a query that silently ignores half of what it was asked
//! draws the wrong curve.

use headroom_engine::slo::{Limit, Statistic, parse_limit};
use serde_json::{Map, Value};

use super::axis::Metric;

/// Which frames to return.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// Levels and the fitted line, per run.
    Curve,
    /// A table of levels.
    Levels,
    /// One row per run.
    Verdict,
}

/// Which runs of a deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Select {
    /// The one with the most successful requests.
    MostRequests,
    /// The newest.
    Latest,
    /// Every one.
    All,
}

/// How the load was offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoadKind {
    /// A number of users.
    Closed,
    /// A rate.
    Open,
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
        let what = reader.choice(
            "queryType",
            &[("curve", What::Curve), ("levels", What::Levels), ("verdict", What::Verdict)],
            Some(query_type),
        );
        let select = reader.choice(
            "select",
            &[("most_requests", Select::MostRequests), ("latest", Select::Latest), ("all", Select::All)],
            None,
        );
        let load = reader.choice("loadModel", &[("closed", LoadKind::Closed), ("open", LoadKind::Open)], None);
        let metrics = Metric::ALL.map(|metric| (metric.id(), metric));
        let statistics = Statistic::ALL.map(|statistic| (statistic.id(), statistic));
        let request = Self {
            what: what.unwrap_or(What::Curve),
            deployments: reader.names("deployments"),
            models: reader.names("models"),
            runs: reader.names("runs"),
            select: select.unwrap_or(Select::MostRequests),
            load,
            slo: reader.slo(),
            metric: reader.choice("metric", &metrics, None),
            statistic: reader.choice("statistic", &statistics, None),
        };
        if reader.problems.is_empty() { Ok(request) } else { Err(reader.problems.join("; ")) }
    }
}

struct Reader<'a> {
    map: &'a Map<String, Value>,
    problems: Vec<String>,
}

impl Reader<'_> {
    /// A word out of a list; `None` when it is absent or empty.
    fn choice<T: Copy>(&mut self, key: &str, choices: &[(&str, T)], fallback: Option<&str>) -> Option<T> {
        let text = self.word(key).or_else(|| fallback.map(str::to_owned)).filter(|text| !text.is_empty())?;
        let found = choices.iter().find(|(name, _)| name.eq_ignore_ascii_case(&text));
        if found.is_none() {
            let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
            self.problems.push(format!("{key}: expected {}; found {}", names.join(", "), quoted(&text)));
        }
        found.map(|(_, value)| *value)
    }

    /// A text; a variable with several values leaves a list of one behind.
    fn word(&mut self, key: &str) -> Option<String> {
        match self.map.get(key)? {
            Value::Null => None,
            Value::String(text) => Some(text.trim().to_owned()),
            Value::Array(items) => match items.as_slice() {
                [] => None,
                [Value::String(text)] => Some(text.trim().to_owned()),
                items => {
                    self.problems.push(format!("{key}: expected one value; found a list of {}", items.len()));
                    None
                }
            },
            other => {
                self.problems.push(format!("{key}: expected text; found {}", kind_of(other)));
                None
            }
        }
    }

    /// A list of names. Empty, `All` and Grafana's `$__all` mean all, which is an empty list.
    fn names(&mut self, key: &str) -> Vec<String> {
        let items = match self.map.get(key) {
            None | Some(Value::Null) => return Vec::new(),
            Some(Value::String(text)) => vec![Value::String(text.clone())],
            Some(Value::Array(items)) => items.clone(),
            Some(other) => {
                self.problems.push(format!("{key}: expected a list of names; found {}", kind_of(other)));
                return Vec::new();
            }
        };
        let mut names = Vec::new();
        for (index, item) in items.into_iter().enumerate() {
            match item {
                Value::String(text) => match expanded(&text) {
                    Ok(expanded) => names.extend(expanded),
                    Err(message) => self.problems.push(format!("{key}[{index}]: {message}")),
                },
                other => self.problems.push(format!("{key}[{index}]: expected a name; found {}", kind_of(&other))),
            }
        }
        if names.iter().any(|name| is_all(name)) {
            return Vec::new();
        }
        names.sort();
        names.dedup();
        names
    }

    fn slo(&mut self) -> SloChoice {
        match self.word("slo").as_deref() {
            None | Some("") => SloChoice::Default,
            Some("custom") => SloChoice::Custom(self.limits()),
            Some(id) if id.contains('$') => {
                self.problems.push(format!("slo: {}", unreplaced(id)));
                SloChoice::Default
            }
            Some(id) => SloChoice::Named(id.to_owned()),
        }
    }

    /// The limits, as a list or as one text with commas or line breaks.
    fn limits(&mut self) -> Vec<Limit> {
        let split = |text: &str| -> Vec<String> {
            text.split([',', ';', '\n']).map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned).collect()
        };
        let mut texts = Vec::new();
        match self.map.get("limits") {
            None | Some(Value::Null) => {}
            Some(Value::String(text)) => texts = split(text),
            Some(Value::Array(items)) => {
                for (index, item) in items.iter().enumerate() {
                    match item {
                        Value::String(text) => texts.extend(split(text)),
                        other => {
                            self.problems.push(format!("limits[{index}]: expected text; found {}", kind_of(other)));
                        }
                    }
                }
            }
            Some(other) => self.problems.push(format!("limits: expected a list; found {}", kind_of(other))),
        }
        if texts.is_empty() {
            self.problems.push(
                "limits: expected at least one limit such as ttft_p95=1000ms, because slo is custom; found none"
                    .to_owned(),
            );
        }
        let mut limits: Vec<Limit> = Vec::new();
        for text in texts {
            match parse_limit(&text) {
                Ok(limit) if limits.iter().any(|known| known.subject == limit.subject) => {
                    self.problems.push(format!("limits: {} is limited twice; keep one of the two", limit.subject.id()));
                }
                Ok(limit) => limits.push(limit),
                Err(error) => self.problems.push(error.to_string()),
            }
        }
        limits
    }
}

/// A name as a list: Grafana writes several values of a variable as `{a,b}` where the front end
/// did not split them.
fn expanded(text: &str) -> Result<Vec<String>, String> {
    let text = text.trim();
    if is_all(text) {
        return Ok(vec![text.to_owned()]);
    }
    if let Some(inner) = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
        return Ok(inner.split(',').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect());
    }
    if text.starts_with('$') || text.starts_with("[[") {
        return Err(unreplaced(text));
    }
    Ok(vec![text.to_owned()])
}

fn is_all(name: &str) -> bool {
    name.is_empty() || name == "All" || name == "$__all"
}

fn unreplaced(text: &str) -> String {
    format!(
        "the variable {} was not replaced. Alert rules have no dashboard variables: write the value itself there; on a \
         dashboard, check that the variable exists",
        quoted(text)
    )
}

/// A value as part of a message, cut where it is too long to help.
fn quoted(text: &str) -> String {
    let short: String = text.chars().take(60).collect();
    if short.len() < text.len() { format!("`{short}…`") } else { format!("`{short}`") }
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
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
            what: What::Curve,
            deployments: vec![],
            models: vec![],
            runs: vec![],
            select: Select::MostRequests,
            load: None,
            slo: SloChoice::Default,
            metric: None,
            statistic: None,
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
        assert_eq!(request.what, What::Verdict);
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
        assert_eq!(Request::from_json(&json!({}), "levels").unwrap().what, What::Levels);
        assert_eq!(Request::from_json(&json!({"queryType": "verdict"}), "levels").unwrap().what, What::Verdict);
        assert!(
            Request::from_json(&json!({}), "nope").unwrap_err().contains("queryType: expected curve, levels, verdict")
        );
    }

    #[test]
    fn bad_values_are_all_named() {
        check_error(
            &json!({"queryType": "curves", "metric": "tftt", "statistic": 95, "select": "newest", "loadModel": ["a", "b"]}),
            &[
                "queryType: expected curve, levels, verdict; found `curves`",
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
