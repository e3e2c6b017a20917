//! How long a dashboard of benchmarks waits: queries to the data source process over gRPC, as Grafana sends them.

use std::time::{Duration, Instant};

use anyhow::Result;

use crate::Workspace;
use crate::backend::{Backend, benchmarks};
use crate::crowd::{self, Crowd, percentile};
use crate::table::{Budget, Table};

const QUERIES: usize = 400;
/// How often each of many dashboards asks.
const ROUNDS: u32 = 20;

/// Measures on the demo's reports, without a Prometheus; adds rows.
pub(crate) fn measure(workspace: &Workspace, table: &mut Table) -> Result<()> {
    println!("asking {} {QUERIES} times", workspace.backend.display());
    let runtime = tokio::runtime::Runtime::new()?;
    let (mut alone, crowd) = runtime.block_on(ask(workspace))?;
    alone.sort();
    table.add("query of curve and verdict, p50", percentile(&alone, 50), "ms", Budget::AtMost(50.0));
    table.add("query of curve and verdict, p99", percentile(&alone, 99), "ms", Budget::AtMost(100.0));
    crowd.add(table, "curve and verdict", &[(99, Budget::AtMost(1_000.0))]);
    Ok(())
}

/// One after the other, and many at once.
async fn ask(workspace: &Workspace) -> Result<(Vec<Duration>, Crowd)> {
    let backend = Backend::start(workspace, None).await?;
    let asker = backend.asker();
    let mut alone = Vec::with_capacity(QUERIES);
    for _ in 0..QUERIES {
        let start = Instant::now();
        asker.frames(&benchmarks()).await?;
        alone.push(start.elapsed());
    }
    let crowd = crowd::ask(&asker, ROUNDS, |_, _| vec![benchmarks()]).await?;
    backend.stop().await?;
    Ok((alone, crowd))
}
