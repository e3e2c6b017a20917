//! Every panel has data: its queries, sent as the front end sends them, through the real backend to a real Prometheus.

use std::fmt::Write as _;

use headroom_backend::usage::METRICS;
use headroom_dashboards::{Dashboard, dashboards, list, opened, replaced};
use headroom_prometheus::dictionary::{MetricType, Quantity, Server, rows};
use serde_json::{Value, json};

use super::promql;
use super::servers::{Grafana, Prometheus, RECORDED_MS, has};

/// What the recording cannot have: it was made on processor cores, and nothing was preempted, refused or cut short.
const WITHOUT_GPU: &str = "headroom-gpu";

/// How many values of an answer's frames say something: no time and no null.
fn values(result: &Value) -> usize {
    list(&result["frames"])
        .iter()
        .map(|frame| {
            let fields = list(&frame["schema"]["fields"]);
            let columns = list(&frame["data"]["values"]);
            fields
                .iter()
                .zip(columns)
                .filter(|(field, _)| field["type"] != "time")
                .map(|(_, column)| list(column).iter().filter(|value| !value.is_null()).count())
                .sum::<usize>()
        })
        .sum()
}

/// The queries of a panel as they are sent.
fn queries(panel: &Value) -> Vec<Value> {
    list(&panel["targets"])
        .iter()
        .map(|query| {
            let mut query = opened(query);
            query["intervalMs"] = json!(5_000);
            query["maxDataPoints"] = json!(600);
            query
        })
        .collect()
}

/// Whether a panel is about the plugin itself, which nobody scraped when the recording was made.
fn is_about_the_plugin(panel: &Value) -> bool {
    let own = promql::own();
    let expressions: Vec<&str> = list(&panel["targets"]).iter().filter_map(|query| query["expr"].as_str()).collect();
    !expressions.is_empty()
        && expressions.iter().all(|text| promql::metrics(&replaced(text)).iter().all(|metric| own.contains(metric)))
}

/// The panels of a dashboard whose queries fail or have no data, each with why.
async fn silent(grafana: &Grafana, one: &Dashboard) -> Vec<String> {
    let mut found = Vec::new();
    for panel in one.panels().into_iter().filter(|panel| !is_about_the_plugin(panel)) {
        let results = grafana.ask(&queries(panel), RECORDED_MS, false).await;
        let mut said = 0;
        for (id, result) in results.as_object().expect("results by refId") {
            if let Some(error) = result["error"].as_str() {
                found.push(format!("{}: {} {id}: {error}", one.file, panel["title"]));
            }
            said += values(result);
        }
        if said == 0 {
            found.push(format!("{}: {} has no data", one.file, panel["title"]));
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn every_panel_has_data_on_the_recorded_production() {
    if !has("prometheus") {
        return;
    }
    let grafana = Grafana::on(Prometheus::on_the_recording());
    for one in dashboards() {
        let silent = silent(&grafana, &one).await;
        if one.text("uid") == WITHOUT_GPU {
            // None fails, and none makes a number out of what is not there.
            assert_eq!(silent.len(), one.panels().len(), "{silent:#?}");
            assert!(silent.iter().all(|text| text.ends_with("has no data")), "{silent:#?}");
        } else {
            assert!(silent.is_empty(), "{silent:#?}");
        }
        for annotation in list(&one.model["annotations"]["list"]).iter().filter(|one| one["builtIn"].is_null()) {
            // Grafana draws them across every panel of a dashboard: who wants them turns them on.
            assert_eq!(annotation["enable"], false, "{}: {}", one.file, annotation["name"]);
            let mut query = opened(&annotation["target"]);
            query["datasource"] = json!({ "uid": "headroom" });
            let results = grafana.ask(&[query], RECORDED_MS, false).await;
            assert_eq!(results["Anno"]["status"], 200, "{}: {}: {results}", one.file, annotation["name"]);
        }
    }
    grafana.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_panel_about_the_plugin_has_data_where_it_is_scraped() {
    if !has("promtool") {
        return;
    }
    let grafana = Grafana::on(Prometheus::on_text(&plugin()));
    let mut panels = 0;
    for one in dashboards() {
        for panel in one.panels().into_iter().filter(|panel| is_about_the_plugin(panel)) {
            let results = grafana.ask(&queries(panel), RECORDED_MS, false).await;
            for (id, result) in results.as_object().expect("results by refId") {
                assert!(values(result) > 10, "{}: {} {id}: {result}", one.file, panel["title"]);
            }
            panels += 1;
        }
    }
    assert_eq!(panels, 4);
    grafana.stop().await;
}

/// The plugin's own metrics as they would be scraped: every counter grows by one a second. Written for this test.
fn plugin() -> String {
    let mut text = String::new();
    for metric in METRICS {
        let buckets = ["0.1", "1", "+Inf"].map(|bound| format!("_bucket{{kind=\"live\",le=\"{bound}\"}}"));
        let series: Vec<String> = match metric.kind {
            "histogram" => buckets.into_iter().collect(),
            "summary" => ["_sum", "_count"].map(str::to_owned).into(),
            "counter" => vec!["{outcome=\"ok\",from=\"shared\",kind=\"live\"}".to_owned()],
            _ => vec!["{instance=\"grafana:3000\"}".to_owned()],
        };
        for labels in series {
            for step in 0..77_i64 {
                let at_s = RECORDED_MS.0 / 1_000 + step * 15;
                writeln!(text, "{}{labels} {} {at_s}", metric.name, step * 15).unwrap();
            }
        }
    }
    text.push_str("# EOF\n");
    text
}

#[tokio::test(flavor = "multi_thread")]
async fn every_gpu_panel_has_data_where_the_exporter_has_every_field() {
    if !has("promtool") {
        return;
    }
    let grafana = Grafana::on(Prometheus::on_text(&exporter(|_| true)));
    let all = dashboards();
    let gpu = all.iter().find(|one| one.text("uid") == WITHOUT_GPU).unwrap();
    assert_eq!(silent(&grafana, gpu).await, Vec::<String>::new());
    // Two pods on one GPU are one GPU, and a reading that is none is no power.
    let stat = |title: &str| gpu.panels().into_iter().find(|panel| panel["title"] == title).unwrap();
    for (panel, expected) in [("GPUs", 2.0), ("Power", 600.0)] {
        let panel = stat(panel);
        let results = grafana.ask(&queries(panel), RECORDED_MS, false).await;
        let value = &results["A"]["frames"][0]["data"]["values"][1][0];
        assert_eq!(value.as_f64(), Some(expected), "{}: {results}", panel["title"]);
    }
    grafana.stop().await;
}

/// An exporter that leaves out a sensor is an exporter: its GPUs are counted, and what is missing is not laid to DCGM.
#[tokio::test(flavor = "multi_thread")]
async fn a_missing_sensor_is_not_a_missing_exporter() {
    if !has("promtool") {
        return;
    }
    let all = dashboards();
    let gpu = all.iter().find(|one| one.text("uid") == WITHOUT_GPU).unwrap();
    let grafana = Grafana::on(Prometheus::on_text(&exporter(|quantity| quantity == Quantity::GpuTemperature)));
    let (mut with_data, mut without) = (Vec::new(), Vec::new());
    for panel in gpu.panels() {
        let results = grafana.ask(&queries(panel), RECORDED_MS, false).await;
        let said: usize = results.as_object().expect("results by refId").values().map(values).sum();
        let title = panel["title"].as_str().unwrap();
        if said > 0 {
            with_data.push(title);
        } else {
            without.push(title);
            let text = panel["fieldConfig"]["defaults"]["noValue"].as_str().unwrap();
            assert!(!text.starts_with("No DCGM"), "{title}: there is an exporter, and the panel says {text:?}");
        }
    }
    assert_eq!(with_data, ["GPUs", "Hottest GPU", "Temperature"]);
    assert!(without.contains(&"Hottest memory"), "{without:?}");
    grafana.stop().await;
}

/// The fields of the DCGM exporter that the dictionary knows, those of some quantities, on two GPUs, one of them shared by two pods, and one whose
/// every reading fails. Written for this test: nothing was measured.
fn exporter(wanted: impl Fn(Quantity) -> bool) -> String {
    let mut text = String::new();
    let gpus = [
        ("0", "GPU-a", "pod-a", false),
        ("0", "GPU-a", "pod-b", false),
        ("1", "GPU-b", "pod-c", false),
        ("2", "GPU-c", "pod-d", true),
    ];
    for row in rows().filter(|row| wanted(row.quantity)) {
        for name in row.names.iter().filter(|name| name.server == Server::Dcgm) {
            let by = row.breakdown.map_or(String::new(), |label| format!(",{label}=\"sw_power_cap\""));
            for (gpu, uuid, pod, failing) in gpus {
                for step in 0..77_u32 {
                    let value = match (failing, row.kind) {
                        (true, _) => 9.2e18,
                        (false, MetricType::Counter) => f64::from(step) * 15.0 * 1e5,
                        (false, _) if row.quantity == Quantity::GpuPower => 300.0,
                        (false, _) => 50.0,
                    };
                    let at_s = RECORDED_MS.0 / 1_000 + i64::from(step) * 15;
                    writeln!(
                        text,
                        "{}{{gpu=\"{gpu}\",UUID=\"{uuid}\",pod=\"{pod}\",Hostname=\"node-1\",modelName=\"test\"{by}}} {value} {at_s}",
                        name.base
                    )
                    .unwrap();
                }
            }
        }
    }
    text.push_str("# EOF\n");
    text
}
