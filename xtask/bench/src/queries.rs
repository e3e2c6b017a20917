//! How long a dashboard waits: queries to the data source process over gRPC, as Grafana sends them.

use std::fs;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use headroom_protocol::client::{PluginClient, PluginProcess, Start};
use headroom_protocol::{Context, InstanceSettings, Query, User};
use serde_json::json;

use crate::Workspace;
use crate::table::{Budget, Table};

const QUERIES: usize = 400;
/// Dashboards that ask at once, and how often each does.
const DASHBOARDS: usize = 50;
const ROUNDS: usize = 20;

/// Measures on the demo's reports and adds rows.
pub(crate) fn measure(workspace: &Workspace, table: &mut Table) -> Result<()> {
    println!("asking {} {QUERIES} times", workspace.backend.display());
    let runtime = tokio::runtime::Runtime::new()?;
    let (mut alone, mut crowd, all) = runtime.block_on(ask(workspace))?;
    alone.sort();
    crowd.sort();
    let percentile =
        |times: &[Duration], percent: usize| times[(times.len() - 1) * percent / 100].as_secs_f64() * 1000.0;
    table.add("query of curve and verdict, p50", percentile(&alone, 50), "ms", Budget::AtMost(50.0));
    table.add("query of curve and verdict, p99", percentile(&alone, 99), "ms", Budget::AtMost(100.0));
    // A query that fails ends the measurement, so all of these were answered.
    table.add(format!("{DASHBOARDS} dashboards at once, p50"), percentile(&crowd, 50), "ms", Budget::None);
    table.add(format!("{DASHBOARDS} dashboards at once, p99"), percentile(&crowd, 99), "ms", Budget::AtMost(1000.0));
    table.add("  queries answered, none with an error", crowd.len() as f64 / all.as_secs_f64(), "/s", Budget::None);
    Ok(())
}

/// The times of queries one after the other, of those of many at once, and of all of the latter together.
async fn ask(workspace: &Workspace) -> Result<(Vec<Duration>, Vec<Duration>, Duration)> {
    let catalog = workspace.cache().join("catalog");
    if catalog.is_dir() {
        fs::remove_dir_all(&catalog)?;
    }
    fs::create_dir_all(&catalog)?;
    let settings = json!({
        "storeKind": "directory",
        "storePath": workspace.root.join("demo/reports"),
        "catalogPath": catalog.join("catalog.sqlite"),
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
    let mut times = Vec::with_capacity(QUERIES);
    for _ in 0..QUERIES {
        let start = Instant::now();
        frames(&client, &context).await?;
        times.push(start.elapsed());
    }
    let start = Instant::now();
    let mut dashboards = tokio::task::JoinSet::new();
    for _ in 0..DASHBOARDS {
        let (client, context) = (client.clone(), context.clone());
        dashboards.spawn(async move {
            let mut times = Vec::with_capacity(ROUNDS);
            for _ in 0..ROUNDS {
                let start = Instant::now();
                frames(&client, &context).await?;
                times.push(start.elapsed());
            }
            anyhow::Ok(times)
        });
    }
    let mut crowd = Vec::with_capacity(DASHBOARDS * ROUNDS);
    while let Some(times) = dashboards.join_next().await {
        crowd.extend(times??);
    }
    let all = start.elapsed();
    process.stop().await?;
    Ok((times, crowd, all))
}

/// One dashboard's worth: two queries in one request. Returns how many frames came.
async fn frames(client: &PluginClient, context: &Context) -> Result<usize> {
    let query = |ref_id: &str, json: serde_json::Value| Query {
        ref_id: ref_id.into(),
        query_type: json["queryType"].as_str().unwrap_or_default().into(),
        json: json.to_string().into(),
        ..Query::default()
    };
    let queries = [query("A", json!({ "queryType": "curve" })), query("B", json!({ "queryType": "verdict" }))];
    let answers = client.query(context, &queries).await?;
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
        if frames(client, context).await? >= FRAMES {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    bail!("the backend has not read the demo's reports within 10 s")
}
