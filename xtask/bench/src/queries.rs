//! How long a dashboard waits: queries to the data source process over gRPC, as Grafana sends them.

use std::fs;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use headroom_protocol::client::{PluginClient, PluginProcess, Start};
use headroom_protocol::{Context, InstanceSettings, Query, TimeRange, User};
use serde_json::json;

use crate::Workspace;
use crate::table::{Budget, Table};

const QUERIES: usize = 400;
/// Dashboards that ask at once, and how often each does.
const DASHBOARDS: usize = 50;
const ROUNDS: usize = 20;

/// The recorded production, milliseconds: nineteen minutes of two servers.
const RECORDED_MS: [i64; 2] = [1_795_493_825_000, 1_795_494_970_000];

/// What was measured, in the order of time.
struct Times {
    /// Queries of curve and verdict, one after the other.
    alone: Vec<Duration>,
    /// The same, of many dashboards at once.
    benchmarks: Crowd,
    /// Queries of production, of as many; `None` without a Prometheus.
    production: Option<Crowd>,
}

/// Many dashboards at once.
struct Crowd {
    times: Vec<Duration>,
    all: Duration,
}

/// Measures on the demo's reports and, with the address of a Prometheus that holds the recorded production, on that; adds
/// rows.
pub(crate) fn measure(workspace: &Workspace, prometheus: Option<&str>, table: &mut Table) -> Result<()> {
    println!("asking {} {QUERIES} times", workspace.backend.display());
    let runtime = tokio::runtime::Runtime::new()?;
    let Times { mut alone, benchmarks, production } = runtime.block_on(ask(workspace, prometheus))?;
    alone.sort();
    table.add("query of curve and verdict, p50", percentile(&alone, 50), "ms", Budget::AtMost(50.0));
    table.add("query of curve and verdict, p99", percentile(&alone, 99), "ms", Budget::AtMost(100.0));
    add(table, "curve and verdict", benchmarks, 1000.0);
    match production {
        Some(production) => add(table, "production of Prometheus", production, 10_000.0),
        None => table.note("left out: dashboards of production (no Prometheus is installed)"),
    }
    Ok(())
}

fn add(table: &mut Table, what: &str, mut crowd: Crowd, budget_ms: f64) {
    crowd.times.sort();
    let name = |percent| format!("{DASHBOARDS} dashboards of {what} at once, p{percent}");
    table.add(name(50), percentile(&crowd.times, 50), "ms", Budget::None);
    table.add(name(99), percentile(&crowd.times, 99), "ms", Budget::AtMost(budget_ms));
    // A query that fails ends the measurement, so all of these were answered.
    let rate = crowd.times.len() as f64 / crowd.all.as_secs_f64();
    table.add("  requests answered, none with an error", rate, "/s", Budget::None);
}

/// Milliseconds of sorted times.
fn percentile(times: &[Duration], percent: usize) -> f64 {
    times[(times.len() - 1) * percent / 100].as_secs_f64() * 1000.0
}

/// Starts the backend and asks it.
async fn ask(workspace: &Workspace, prometheus: Option<&str>) -> Result<Times> {
    let catalog = workspace.cache().join("catalog");
    if catalog.is_dir() {
        fs::remove_dir_all(&catalog)?;
    }
    fs::create_dir_all(&catalog)?;
    let settings = json!({
        "storeKind": "directory",
        "storePath": workspace.root.join("demo/reports"),
        "catalogPath": catalog.join("catalog.sqlite"),
        "prometheusUrl": prometheus.unwrap_or_default(),
    });
    let context = Context {
        org_id: 1,
        plugin_id: "headroom-llm-datasource".into(),
        // Without a user this would be an alert rule, whose answer is much smaller.
        user: Some(User { login: "bench".into(), role: "Viewer".into(), ..User::default() }),
        data_source: Some(InstanceSettings {
            uid: "bench".into(),
            name: "Bench".into(),
            json_data: settings.to_string().into(),
            updated_ms: 1,
            ..InstanceSettings::default()
        }),
        ..Context::default()
    };
    let process = PluginProcess::start(Start::new(&workspace.backend)).await.context("starting the backend")?;
    let client = process.client();
    // The first query lists the store and reads the reports; it is not what a dashboard waits for.
    wait_for_reports(&client, &context).await?;
    let mut alone = Vec::with_capacity(QUERIES);
    for _ in 0..QUERIES {
        let start = Instant::now();
        frames(&client, &context, &benchmarks()).await?;
        alone.push(start.elapsed());
    }
    let benchmarks = crowd(&client, &context, benchmarks).await?;
    let production = match prometheus {
        Some(_) => Some(crowd(&client, &context, production).await?),
        None => None,
    };
    process.stop().await?;
    Ok(Times { alone, benchmarks, production })
}

/// Asks for many dashboards at once, each again and again.
async fn crowd(client: &PluginClient, context: &Context, queries: fn() -> Vec<Query>) -> Result<Crowd> {
    let start = Instant::now();
    let mut dashboards = tokio::task::JoinSet::new();
    for _ in 0..DASHBOARDS {
        let (client, context) = (client.clone(), context.clone());
        dashboards.spawn(async move {
            let mut times = Vec::with_capacity(ROUNDS);
            for _ in 0..ROUNDS {
                let start = Instant::now();
                frames(&client, &context, &queries()).await?;
                times.push(start.elapsed());
            }
            anyhow::Ok(times)
        });
    }
    let mut times = Vec::with_capacity(DASHBOARDS * ROUNDS);
    while let Some(more) = dashboards.join_next().await {
        times.extend(more??);
    }
    Ok(Crowd { times, all: start.elapsed() })
}

/// What the dashboard of sizing asks about benchmarks.
fn benchmarks() -> Vec<Query> {
    vec![query("A", &json!({ "queryType": "curve" })), query("B", &json!({ "queryType": "verdict" }))]
}

/// What the dashboard of the fleet asks about production.
fn production() -> Vec<Query> {
    ["live", "headroom", "bottleneck", "cost_now"]
        .into_iter()
        .zip(["A", "B", "C", "D"])
        .map(|(kind, ref_id)| query(ref_id, &json!({ "queryType": kind })))
        .collect()
}

fn query(ref_id: &str, json: &serde_json::Value) -> Query {
    Query {
        ref_id: ref_id.into(),
        query_type: json["queryType"].as_str().unwrap_or_default().into(),
        max_data_points: 1_000,
        interval_ms: 1_000,
        time_range: TimeRange { from_ms: RECORDED_MS[0], to_ms: RECORDED_MS[1] },
        json: json.to_string().into(),
    }
}

/// One request with the queries of a dashboard. Returns how many frames came.
async fn frames(client: &PluginClient, context: &Context, queries: &[Query]) -> Result<usize> {
    let answers = client.query(context, queries).await?;
    let mut frames = 0;
    for (ref_id, answer) in &answers {
        if let Some(error) = &answer.error {
            bail!("query {ref_id}: {error:?}");
        }
        frames += answer.frames.len();
    }
    Ok(frames)
}

async fn wait_for_reports(client: &PluginClient, context: &Context) -> Result<()> {
    // Two deployments give two frames each for the curve, and one frame for the verdict.
    const FRAMES: usize = 5;
    for _ in 0..100 {
        if frames(client, context, &benchmarks()).await? >= FRAMES {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    bail!("the backend has not read the demo's reports within 10 s")
}
