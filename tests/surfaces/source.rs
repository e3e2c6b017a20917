//! The data source over a store, through the calls that Grafana makes.

use headroom_backend::HeadroomPlugin;
use headroom_backend::instance::Surroundings;
use headroom_contract::frames::{Beside, Read};
use headroom_protocol::frame::{Column, Frame, Values};
use headroom_protocol::{Context, InstanceSettings, Plugin as _, Query, ResourceRequest, User};
use serde_json::{Value, json};

use crate::stores::Store;

pub(crate) struct Source {
    plugin: HeadroomPlugin,
    context: Context,
    limits: Vec<String>,
    /// Where the process keeps its own files.
    _own: tempfile::TempDir,
}

impl Source {
    pub(crate) fn of(store: &Store, limits: &[&str]) -> Self {
        let own = tempfile::tempdir().unwrap();
        let surroundings = Surroundings { working_directory: own.path().to_owned(), temporary: own.path().to_owned() };
        let context = Context {
            org_id: 1,
            plugin_id: "headroom-llm-datasource".to_owned(),
            user: Some(User { login: "ed".to_owned(), role: "Editor".to_owned(), ..User::default() }),
            data_source: Some(InstanceSettings {
                uid: "headroom".to_owned(),
                name: "Headroom".to_owned(),
                json_data: json!({ "storePath": store.root() }).to_string().into(),
                updated_ms: 1,
                ..InstanceSettings::default()
            }),
            ..Context::default()
        };
        let limits = limits.iter().map(|limit| (*limit).to_owned()).collect();
        Self { plugin: HeadroomPlugin::within(surroundings), context, limits, _own: own }
    }

    /// The frames of a query kind for all runs.
    pub(crate) async fn frames(&self, kind: &str) -> Vec<Frame> {
        let mut query = json!({ "queryType": kind, "select": "all" });
        if !self.limits.is_empty() {
            query["slo"] = json!("custom");
            query["limits"] = json!(self.limits);
        }
        let query = Query { ref_id: "A".to_owned(), json: query.to_string().into(), ..Query::default() };
        let response = self.plugin.query(&self.context, &query).await;
        assert_eq!(response.error, None);
        response.frames
    }

    /// What could not be read, as the page of runs lists it.
    pub(crate) async fn problems(&self) -> Value {
        let request = ResourceRequest {
            path: "problems".to_owned(),
            url: "problems".to_owned(),
            method: "GET".to_owned(),
            ..ResourceRequest::default()
        };
        let response = self.plugin.call_resource(&self.context, request).await;
        serde_json::from_slice(&response.body).unwrap()
    }
}

/// A column of numbers, in which `NaN` stands for an empty row; nothing where the frame has no such column.
pub(crate) fn column(frame: &Frame, name: &str) -> Option<Vec<f64>> {
    fn known<T: Copy>(column: &Column<T>, number: fn(T) -> f64) -> Vec<f64> {
        column.iter().map(|value| value.map_or(f64::NAN, |value| number(*value))).collect()
    }
    Some(match &frame.field(name)?.values {
        Values::Float64(column) => known(column, |value| value),
        Values::UInt64(column) => known(column, |value| value as f64),
        Values::UInt32(column) => known(column, f64::from),
        other => panic!("{name} is {other:?}"),
    })
}

/// Every number of the command line's levels is in the columns, to the bit.
pub(crate) fn same_levels(run: &Value, frame: &Frame) {
    let levels = run["levels"].as_array().unwrap();
    let numbers: Vec<(String, String)> = [
        (Read::Load, "/load"),
        (Read::Concurrency, "/concurrency"),
        (Read::DurationS, "/duration_s"),
        (Read::Ok, "/requests/ok"),
        (Read::Errored, "/requests/errored"),
        (Read::Incomplete, "/requests/incomplete"),
        (Read::RequestRate, "/request_rate"),
        (Read::OutputRate, "/output_tokens_per_second"),
        (Read::PromptRate, "/prompt_tokens_per_second"),
        (Read::TotalRate, "/total_tokens_per_second"),
        (Read::SteadyRequestRate, "/steady/request_rate"),
        (Read::SteadyOutputRate, "/steady/output_tokens_per_second"),
        (Read::SteadyPromptRate, "/steady/prompt_tokens_per_second"),
        (Read::SteadyTotalRate, "/steady/total_tokens_per_second"),
    ]
    .map(|(name, pointer)| (name.id().to_owned(), pointer.to_owned()))
    .into_iter()
    .chain(["ttft", "itl", "tpot", "e2e"].into_iter().flat_map(|latency| {
        ["mean", "p50", "p90", "p95", "p99"].map(|at| (format!("{latency}_{at}"), format!("/{latency}_ms/{at}")))
    }))
    .collect();
    for (name, pointer) in numbers {
        let found = column(frame, &name).unwrap_or_else(|| panic!("no column {name}"));
        let expected = levels.iter().map(|level| level.pointer(&pointer).and_then(Value::as_f64).unwrap_or(f64::NAN));
        let bits = |values: Vec<f64>| values.into_iter().map(f64::to_bits).collect::<Vec<_>>();
        assert_eq!(bits(found), bits(expected.collect()), "{name} of {}", run["source"]);
    }
}

/// A column and those beside it that say how sure it is.
pub(crate) fn beside(frame: &Frame, name: &str, what: Beside) -> Option<Vec<f64>> {
    column(frame, &format!("{name}{}", what.id()))
}
