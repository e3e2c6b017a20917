//! Whether the data source process grows while it answers.

use std::ops::Range;
use std::time::Duration;

use anyhow::Result;
use headroom_protocol::{Query, TimeRange};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::Workspace;
use crate::backend::{Asker, Backend, RECORDED, query};
use crate::production::Production;
use crate::table::{Budget, Table};

const QUERIES: usize = 20_000;
/// After so many, everything has been asked that is asked at all.
const WARM: usize = 1_000;
/// Queries of one request, and requests at once.
const TOGETHER: usize = 10;
const AT_ONCE: usize = 8;
/// How long it is let alone before its memory is read: threads that wait for work end after ten seconds.
const REST: Duration = Duration::from_secs(12);
/// Different time ranges.
const RANGES: i64 = 20;
const MIB: f64 = 1024.0 * 1024.0;

/// Measures on the recorded production; adds rows.
pub(crate) fn measure(workspace: &Workspace, recorded: &Production, table: &mut Table) -> Result<()> {
    println!("asking {QUERIES} mixed queries");
    let runtime = tokio::runtime::Runtime::new()?;
    let (warm, end) = runtime.block_on(async {
        let backend = Backend::start(workspace, Some(&recorded.url())).await?;
        ask(&backend.asker(), 0..WARM).await?;
        tokio::time::sleep(REST).await;
        let warm = backend.resident_bytes();
        ask(&backend.asker(), WARM..QUERIES).await?;
        tokio::time::sleep(REST).await;
        let end = backend.resident_bytes();
        backend.stop().await?;
        anyhow::Ok((warm, end))
    })?;
    match warm.zip(end) {
        Some((warm, end)) => {
            table.add(format!("memory at rest after {WARM} mixed queries"), warm / MIB, "MiB", Budget::None);
            table.add(format!("  growth of it until {QUERIES}"), end / warm, "×", Budget::AtMost(1.1));
        }
        None => table.note("left out: memory over many queries (this system does not say what a process has)"),
    }
    Ok(())
}

/// Asks those of the mixture.
async fn ask(asker: &Asker, which: Range<usize>) -> Result<()> {
    let kinds = kinds();
    let mut requests = which
        .step_by(TOGETHER)
        .map(|first| -> Vec<Query> { (first..first + TOGETHER).map(|index| mixed(&kinds, index)).collect() });
    let mut under_way = JoinSet::new();
    loop {
        while under_way.len() < AT_ONCE
            && let Some(queries) = requests.next()
        {
            let asker = asker.clone();
            under_way.spawn(async move { asker.frames(&queries).await });
        }
        match under_way.join_next().await {
            Some(answered) => drop(answered??),
            None => return Ok(()),
        }
    }
}

/// Every kind of query, of benchmarks and of production.
fn kinds() -> Vec<Value> {
    let kinds =
        ["curve", "verdict", "levels", "headroom", "overlay", "live", "bottleneck", "drift", "cost_now", "energy"];
    let mut kinds: Vec<Value> = kinds.iter().map(|kind| json!({ "queryType": kind })).collect();
    kinds.push(json!({ "queryType": "headroom", "format": "series" }));
    kinds.push(json!({ "queryType": "annotations" }));
    kinds.push(json!({ "queryType": "promql", "expr": "sum by (model_name) (vllm:num_requests_running)" }));
    kinds
}

/// One after the other of the kinds, each in turn at one of the time ranges.
fn mixed(kinds: &[Value], index: usize) -> Query {
    // Never above the number of queries.
    let turn = i64::try_from(index / kinds.len()).unwrap_or(0) % RANGES;
    // A quarter of an hour down to five minutes, ending at different times.
    let to_ms = RECORDED.to_ms - turn * 7_000;
    let from_ms = to_ms - 900_000 + turn * 30_000;
    query(&format!("Q{index}"), &kinds[index % kinds.len()], TimeRange { from_ms, to_ms })
}
