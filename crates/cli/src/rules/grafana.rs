//! Alerts for Grafana's `provisioning/alerting`, on its Prometheus data source.

use anyhow::Result;
use serde::Serialize;
use serde_json::{Value, json};

use super::alerts::{Alert, alerts};
use super::yaml::{Pairs, document};
use super::{Ruled, origin};
use crate::arguments::Rules;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct File {
    api_version: u8,
    groups: Vec<Group>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Group {
    org_id: u8,
    name: String,
    folder: &'static str,
    interval: &'static str,
    rules: Vec<Rule>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    uid: String,
    title: String,
    condition: &'static str,
    data: Vec<Query>,
    no_data_state: &'static str,
    exec_err_state: &'static str,
    #[serde(rename = "for")]
    holds_for: &'static str,
    is_paused: bool,
    labels: Pairs,
    annotations: Pairs,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Query {
    ref_id: &'static str,
    relative_time_range: Range,
    datasource_uid: String,
    model: Value,
}

#[derive(Serialize)]
struct Range {
    from: u32,
    to: u32,
}

/// The file for all deployments: Grafana reads one YAML document per file.
pub(super) fn file(all: &[Ruled], request: &Rules) -> Result<String> {
    let groups = all
        .iter()
        .map(|ruled| Group {
            org_id: 1,
            name: format!("Headroom: {}", ruled.run.deployment_label()),
            folder: "Headroom",
            interval: "1m",
            rules: alerts(ruled).iter().map(|alert| rule(ruled, alert, request)).collect(),
        })
        .collect();
    let comment = origin::comment(all, "What one replica holds, for Grafana's provisioning/alerting.");
    document(&comment, &File { api_version: 1, groups })
}

fn rule(ruled: &Ruled, alert: &Alert, request: &Rules) -> Rule {
    let datasource = request.datasource.as_str();
    let mut annotations = vec![
        ("summary".to_owned(), alert.summary.replace("VALUE", &alert.written.template("$values.A.Value"))),
        ("description".to_owned(), alert.description.clone()),
        ("runbook_url".to_owned(), alert.runbook.in_grafana(request.runbooks.as_deref())),
    ];
    annotations.extend(origin::of_alert(ruled));
    let watched = json!({
        "refId": "A",
        "datasource": { "type": "prometheus", "uid": datasource },
        "expr": alert.watched,
        "instant": true,
        "intervalMs": 15_000,
        "maxDataPoints": 1000,
    });
    let threshold = json!({
        "refId": "B",
        "datasource": { "type": "__expr__", "uid": "__expr__" },
        "type": "threshold",
        "expression": "A",
        "conditions": [ { "evaluator": { "type": "gt", "params": [alert.above] } } ],
    });
    let query = |ref_id, datasource: &str, model| Query {
        ref_id,
        relative_time_range: Range { from: 600, to: 0 },
        datasource_uid: datasource.to_owned(),
        model,
    };
    Rule {
        uid: uid(ruled, &alert.key),
        title: alert.title.clone(),
        condition: "B",
        data: vec![query("A", datasource, watched), query("B", "__expr__", threshold)],
        // Missing data raise no alarm here: another alert reports a server that is down.
        no_data_state: "OK",
        exec_err_state: "Error",
        holds_for: alert.holds_for,
        is_paused: false,
        labels: alert.labels(ruled),
        annotations: Pairs(annotations),
    }
}

/// A uid that is the same for every benchmark of a deployment and service level, so that a new file replaces the old
/// rules; at most the 40 characters that Grafana allows.
fn uid(ruled: &Ruled, key: &str) -> String {
    let whole = format!(
        "{}\n{}\n{}\n{key}",
        ruled.run.deployment_label(),
        ruled.namespace.as_deref().unwrap_or(""),
        ruled.verdict.slo.id
    );
    // FNV-1a.
    let hash = whole
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    let name: String = format!("{}-{key}", ruled.slug).chars().take(22).collect();
    format!("{}-{hash:016x}", name.trim_end_matches('-'))
}
