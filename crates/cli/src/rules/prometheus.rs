//! The result of a benchmark as series, with alerts on them: a `PrometheusRule` of the Prometheus operator, and a rule
//! file of Prometheus itself.

use anyhow::Result;
use headroom_engine::run::LoadModel;
use serde::Serialize;

use super::alerts::{Alert, alerts};
use super::yaml::{Pairs, document, pairs};
use super::{Ruled, object, origin};
use crate::arguments::Rules;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Manifest {
    api_version: &'static str,
    kind: &'static str,
    metadata: object::Metadata,
    spec: Spec,
}

/// The specification of a `PrometheusRule` has the form of a rule file.
#[derive(Serialize)]
struct Spec {
    groups: Vec<Group>,
}

#[derive(Serialize)]
struct Group {
    name: String,
    interval: &'static str,
    rules: Vec<Rule>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Rule {
    Record {
        record: &'static str,
        expr: String,
        labels: Pairs,
    },
    Alert {
        alert: &'static str,
        expr: String,
        #[serde(rename = "for")]
        holds_for: &'static str,
        labels: Pairs,
        annotations: Pairs,
    },
}

/// The manifest of one deployment; without alerts if only records are requested.
pub(super) fn manifest(ruled: &Ruled, request: &Rules) -> Result<String> {
    let manifest = Manifest {
        api_version: "monitoring.coreos.com/v1",
        kind: "PrometheusRule",
        metadata: object::metadata(ruled),
        spec: Spec { groups: groups(ruled, request) },
    };
    document(&object::comment(ruled, "What one replica holds, for Prometheus."), &manifest)
}

/// The rule file for all deployments, to be listed in `rule_files` of a Prometheus without the operator.
pub(super) fn file(all: &[Ruled], request: &Rules) -> Result<String> {
    let groups = all.iter().flat_map(|ruled| groups(ruled, request)).collect();
    document(&origin::comment(all, "What one replica holds, for rule_files of Prometheus."), &Spec { groups })
}

fn groups(ruled: &Ruled, request: &Rules) -> Vec<Group> {
    let mut groups =
        vec![Group { name: format!("headroom-benchmark-{}", ruled.slug), interval: "1m", rules: records(ruled) }];
    if !request.records_only {
        groups.push(Group {
            name: format!("headroom-limits-{}", ruled.slug),
            interval: "30s",
            rules: alerts(ruled).iter().map(|one| alert(ruled, one, request)).collect(),
        });
    }
    groups
}

/// The results as series, with the names that the rules shipped with Headroom read.
fn records(ruled: &Ruled) -> Vec<Rule> {
    let mut labels: Vec<(&str, &str)> = ruled
        .series
        .matchers
        .iter()
        .filter(|(label, _)| label == "model_name" || label == "namespace")
        .map(|(label, value)| (label.as_str(), value.as_str()))
        .collect();
    labels.push(("slo", &ruled.verdict.slo.id));
    let record = |record, value: f64| Rule::Record { record, expr: format!("vector({value})"), labels: pairs(&labels) };
    let (breaking, holds) = match ruled.run.load_model {
        LoadModel::Closed => ("headroom:holds:users", "headroom:holds_at_least:users"),
        LoadModel::Open(_) => ("headroom:holds:requests_per_second", "headroom:holds_at_least:requests_per_second"),
    };
    let mut rules = vec![record(breaking, ruled.threshold.breaking), record(holds, ruled.threshold.holds)];
    let origin = &ruled.run.provenance;
    let ended_s = origin.ended_ms.or(origin.started_ms).map(|ended_ms| ended_ms.div_euclid(1000));
    rules.extend(ended_s.map(|ended_s| Rule::Record {
        record: "headroom:benchmark:timestamp_seconds",
        expr: format!("vector({ended_s})"),
        labels: pairs(&labels),
    }));
    rules
}

fn alert(ruled: &Ruled, one: &Alert, request: &Rules) -> Rule {
    let mut annotations = vec![
        ("summary".to_owned(), one.summary.replace("VALUE", &one.written.template("$value"))),
        ("description".to_owned(), one.description.clone()),
        ("runbook_url".to_owned(), one.runbook.in_prometheus(request.runbooks.as_deref())),
    ];
    annotations.extend(origin::of_alert(ruled));
    Rule::Alert {
        alert: one.name,
        expr: format!("{} > {}", one.watched, one.above),
        holds_for: one.holds_for,
        labels: one.labels(ruled),
        annotations: Pairs(annotations),
    }
}
