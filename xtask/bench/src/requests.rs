//! What a refresh of a dashboard costs Prometheus, by its own count.

use std::path::Path;

use anyhow::{Result, ensure};
use headroom_protocol::TimeRange;

use crate::Workspace;
use crate::backend::{Backend, RECORDED};
use crate::crowd::together;
use crate::open::Opened;
use crate::production::Production;
use crate::table::{Budget, Table};

/// Deployments in production; the recording has the first.
const DEPLOYMENTS: [usize; 3] = [2, 10, 60];
/// How far a refresh moves the time range on: what most of the dashboards set.
const REFRESH_MS: i64 = 60_000;
/// What the next refresh of any dashboard may cost.
const MOST: f64 = 40.0;

/// Measures on the recording and on copies of it; adds rows.
pub(crate) fn measure(workspace: &Workspace, program: &Path, table: &mut Table) -> Result<()> {
    let runtime = tokio::runtime::Runtime::new()?;
    for deployments in DEPLOYMENTS {
        println!("opening every dashboard on {deployments} deployments");
        let production = if deployments == DEPLOYMENTS[0] {
            Production::recorded(workspace, program)?
        } else {
            match Production::multiplied(workspace, program, deployments) {
                Ok(production) => production,
                Err(error) => {
                    table.note(format!("left out: requests of {deployments} deployments ({error:#})"));
                    continue;
                }
            }
        };
        runtime.block_on(count(workspace, &production, deployments, table))?;
    }
    Ok(())
}

async fn count(workspace: &Workspace, production: &Production, deployments: usize, table: &mut Table) -> Result<()> {
    let earlier = TimeRange { from_ms: RECORDED.from_ms - REFRESH_MS, to_ms: RECORDED.to_ms - REFRESH_MS };
    // Which dashboards there are. Each is then opened in a process that knows nothing yet.
    let backend = Backend::start(workspace, Some(&production.url())).await?;
    let opened = Opened::on(&backend.asker(), RECORDED).await?;
    backend.stop().await?;
    ensure!(opened.models() == deployments, "expected {deployments} deployments, found {}", opened.models());
    for file in opened.files() {
        let backend = Backend::start(workspace, Some(&production.url())).await?;
        let asker = backend.asker();
        let mut counted = [0.0; 2];
        for (time, count) in [earlier, RECORDED].into_iter().zip(&mut counted) {
            let before = production.requests()?;
            opened.ask_variables(&asker, file, time, time == earlier).await?;
            together(&asker, opened.panels(file, time)).await?;
            *count = production.requests()? - before;
        }
        backend.stop().await?;
        let [first, next] = counted;
        let name = file.trim_end_matches(".json");
        let what = format!("{name} of {deployments} deployments, requests to Prometheus when it is opened");
        table.add(what, first, "", Budget::None);
        let budget = if deployments == DEPLOYMENTS[2] { Budget::AtMost(MOST) } else { Budget::None };
        table.add("  with the next refresh, a minute later", next, "", budget);
    }
    Ok(())
}
