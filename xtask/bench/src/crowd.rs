//! Many dashboards at once: what a panel waits for.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;
use headroom_protocol::{Query, TimeRange};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::Workspace;
use crate::backend::{Asker, Backend, RECORDED};
use crate::open::Opened;
use crate::production::Production;
use crate::table::{Budget, Table};

/// Dashboards that ask at once.
pub(crate) const DASHBOARDS: u32 = 50;
/// Requests that a browser has open to one server by HTTP 1.1; more panels wait.
const AT_ONCE: usize = 6;
/// How often each of production asks.
const ROUNDS: u32 = 6;
/// Those of production whose panels are about now.
const OPEN: [&str; 2] = ["vllm-production.json", "fleet-overview.json"];

/// Many dashboards at once.
pub(crate) struct Crowd {
    /// Of each request.
    pub(crate) times: Vec<Duration>,
    all: Duration,
}

/// Measures on the recorded production; adds rows.
pub(crate) fn measure(workspace: &Workspace, recorded: &Production, table: &mut Table) -> Result<()> {
    println!("{DASHBOARDS} dashboards of production at once");
    let runtime = tokio::runtime::Runtime::new()?;
    let crowd = runtime.block_on(async {
        let backend = Backend::start(workspace, Some(&recorded.url())).await?;
        let opened = Opened::on(&backend.asker(), RECORDED).await?;
        let crowd = ask(&backend.asker(), ROUNDS, |dashboard, round| {
            opened.panels(OPEN[dashboard as usize % OPEN.len()], moved_on(dashboard, round))
        })
        .await?;
        backend.stop().await?;
        anyhow::Ok(crowd)
    })?;
    let what = "vLLM production and fleet overview, each with six panels and a time range of its own,";
    crowd.add(table, what, &[(95, Budget::AtMost(2_000.0)), (99, Budget::None)]);
    Ok(())
}

/// The time range of a dashboard: nobody opens two in the same second, and a refresh moves it on. All of it was recorded.
fn moved_on(dashboard: u32, round: u32) -> TimeRange {
    let seconds = i64::from(dashboard + round * (3 + dashboard % 7));
    // The last second that any of them asks for is that at which the recording ends.
    let most = i64::from(DASHBOARDS + ROUNDS * 9);
    let moved = |end_ms: i64| end_ms + (seconds - most) * 1_000;
    TimeRange { from_ms: moved(RECORDED.from_ms), to_ms: moved(RECORDED.to_ms) }
}

/// Asks for many dashboards at once, each again and again: anew as soon as its last request is answered.
///
/// # Errors
/// When any query fails.
pub(crate) async fn ask(asker: &Asker, rounds: u32, requests: impl Fn(u32, u32) -> Vec<Vec<Query>>) -> Result<Crowd> {
    let start = Instant::now();
    let mut dashboards = JoinSet::new();
    for dashboard in 0..DASHBOARDS {
        let rounds: Vec<Vec<Vec<Query>>> = (0..rounds).map(|round| requests(dashboard, round)).collect();
        let asker = asker.clone();
        dashboards.spawn(async move {
            let mut times = Vec::new();
            for requests in rounds {
                times.extend(together(&asker, requests).await?);
            }
            anyhow::Ok(times)
        });
    }
    let mut times = Vec::new();
    while let Some(more) = dashboards.join_next().await {
        times.extend(more??);
    }
    times.sort();
    Ok(Crowd { times, all: start.elapsed() })
}

/// Sends the requests of a dashboard as the browser does for its panels. Returns how long each took.
///
/// # Errors
/// When any query fails.
pub(crate) async fn together(asker: &Asker, requests: Vec<Vec<Query>>) -> Result<Vec<Duration>> {
    let places = Arc::new(Semaphore::new(AT_ONCE));
    let mut panels = JoinSet::new();
    for queries in requests {
        let (asker, places) = (asker.clone(), Arc::clone(&places));
        panels.spawn(async move {
            let _place = places.acquire().await?;
            let start = Instant::now();
            asker.frames(&queries).await?;
            anyhow::Ok(start.elapsed())
        });
    }
    let mut times = Vec::new();
    while let Some(time) = panels.join_next().await {
        times.push(time??);
    }
    Ok(times)
}

impl Crowd {
    /// Adds rows with the median and these percentiles.
    pub(crate) fn add(&self, table: &mut Table, what: &str, budgets: &[(usize, Budget)]) {
        let name = |percent| format!("{DASHBOARDS} dashboards of {what} at once, p{percent}");
        table.add(name(50), percentile(&self.times, 50), "ms", Budget::None);
        for (percent, budget) in budgets {
            table.add(name(*percent), percentile(&self.times, *percent), "ms", *budget);
        }
        // A query that fails ends the measurement, so all of these were answered.
        let rate = self.times.len() as f64 / self.all.as_secs_f64();
        table.add("  requests answered, none with an error", rate, "/s", Budget::None);
    }
}

/// Milliseconds of sorted times.
pub(crate) fn percentile(times: &[Duration], percent: usize) -> f64 {
    times[(times.len() - 1) * percent / 100].as_secs_f64() * 1000.0
}
