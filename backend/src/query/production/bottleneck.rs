//! `bottleneck`: what limits production over a window, and why that is believed.

use headroom_engine::bottleneck::Kind;
use headroom_engine::live::limits::{Benchmark, Limiting, limiting};
use headroom_engine::live::phases::{Phase, phases};
use headroom_engine::live::{Observation, Presence};
use headroom_protocol::QueryError;
use headroom_protocol::frame::Frame;
use serde_json::json;

use super::scene::{Placed, Scene};
use super::table::{self, Table};
use crate::production::{Observed, Wanted, Windows, time::Grid};
use crate::query::text;

/// Windows that the time range is cut into: enough to see episodes, few enough to be quick.
const WINDOWS: u32 = 240;

struct Row {
    presence: Presence,
    limiting: Limiting,
    phases: Vec<Phase>,
    all: Observation,
}

/// The frames: a table, or for an alert rule whether anything limits, 0 or 1.
pub(super) async fn frames(scene: &Scene, reduced: bool) -> Result<Vec<Frame>, QueryError> {
    let wanted = Wanted { traffic: true, latencies: true, pressure: true, gpu: true, ..Wanted::default() };
    let (from_ms, to_ms) = (scene.from_ms, scene.to_ms);
    let seen = scene
        .observe(wanted, |scrape| {
            let range = std::time::Duration::from_millis(to_ms.abs_diff(from_ms));
            Some(Windows::of(Grid::within(from_ms, to_ms, (range / WINDOWS).max(scrape))?, scrape))
        })
        .await?;
    let notices = scene.remarks(&seen);
    let rows: Vec<(&Placed, Row)> =
        scene.placed.iter().zip(&seen).map(|(placed, seen)| (placed, row(scene, placed, seen))).collect();
    if reduced {
        let mut frame = table::numbers(
            "limited",
            "",
            "1 while something limits the deployment, also where it is not known what; 0 while nothing does.",
            rows.iter().map(|(placed, row)| {
                let known = matches!(row.presence, Presence::Serving | Presence::Idle);
                (*placed, known.then(|| f64::from(u8::from(row.limiting.kind != Kind::NoneSeen))))
            }),
        );
        for (field, (_, row)) in frame.fields.iter_mut().zip(&rows) {
            field.labels.insert("bottleneck".to_owned(), row.limiting.kind.id().to_owned());
        }
        frame.meta.notices = notices;
        return Ok(vec![frame]);
    }
    let custom = json!({
        "deployments": rows.iter().map(|(placed, row)| json!({
            "deployment": placed.target.name,
            "presence": row.presence.id(),
            "bottleneck": row.limiting.kind.id(),
            "next": row.limiting.next.map(Kind::id),
            "evidence": row.limiting.evidence,
            "missing": row.limiting.missing,
            "phases": row.phases.iter().map(|phase| json!({
                "phase": phase.kind.id(), "from_ms": phase.from_ms, "to_ms": phase.to_ms,
            })).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
    });
    Ok(vec![columns(rows).frame("bottleneck", custom, notices)])
}

fn row(scene: &Scene, placed: &Placed, seen: &Observed) -> Row {
    let observations = &seen.observations;
    let benchmark = placed.benchmark.as_ref().map(|judged| Benchmark { run: &judged.run, verdict: &judged.verdict });
    let presence = placed.presence(observations, scene.now_from_ms());
    let limiting = limiting(observations, benchmark, Some(&scene.slo));
    Row { presence, limiting, phases: phases(observations), all: whole(observations) }
}

/// Means and peaks over all windows.
fn whole(observations: &[Observation]) -> Observation {
    let mean = |value: fn(&Observation) -> Option<f64>| {
        let known: Vec<f64> = observations.iter().filter_map(value).collect();
        (!known.is_empty()).then(|| known.iter().sum::<f64>() / known.len() as f64)
    };
    Observation {
        running: mean(|one| one.running),
        waiting: mean(|one| one.waiting),
        replicas: mean(|one| one.replicas),
        gpu_utilization: mean(|one| one.gpu_utilization),
        kv_cache_use: observations.iter().filter_map(|one| one.kv_cache_use).reduce(f64::max),
        preemptions: observations.iter().filter_map(|one| one.preemptions).reduce(|a, b| a + b),
        ..Observation::default()
    }
}

fn columns(rows: Vec<(&Placed, Row)>) -> Table<'_, Row> {
    let mut table = Table::new(rows, |row: &Row| row.presence);
    table.text(
        "bottleneck",
        "Bottleneck",
        "What limits it: kv_cache_wall, compute_wall, latency_floor, queueing, none_seen (nothing now), unknown.",
        |row| Some(row.limiting.kind.id().to_owned()),
    );
    table.text(
        "next",
        "Would limit first",
        "What its benchmark says will limit it first; empty when that is not known.",
        |row| row.limiting.next.map(|kind| kind.id().to_owned()),
    );
    table.text("evidence", "Evidence", "What was seen, as sentences.", |row| {
        Some(text::paragraph(&row.limiting.evidence))
    });
    table.text("missing", "Not known", "What could change the answer, with commas between.", |row| {
        Some(row.limiting.missing.join(", "))
    });
    table.text("remedy", "What helps", "What usually helps against it; empty while nothing limits.", |row| {
        (row.limiting.kind != Kind::NoneSeen).then(|| row.limiting.kind.remedy().to_owned())
    });
    table.text(
        "phase",
        "Phase",
        "What it is doing at the end of the time range: idle, calm, saturated, recovered, restarted, down.",
        |row| Some(row.phases.last()?.kind.id().to_owned()),
    );
    table.number("concurrency", "", "In flight", "Requests running or waiting, mean over the time range.", |row| {
        row.all.concurrency()
    });
    table.number("waiting", "", "Waiting", "Requests waiting, mean over the time range.", |row| row.all.waiting);
    table.number(
        "kv_cache_use",
        "percentunit",
        "KV cache, highest",
        "Highest share of a replica's KV cache in use.",
        |row| row.all.kv_cache_use,
    );
    table.number(
        "gpu_utilization",
        "percentunit",
        "GPU use",
        "Mean share of time in which the GPUs ran anything.",
        |row| row.all.gpu_utilization,
    );
    table.number("preemptions", "", "Preemptions", "Requests put back to make room in the KV cache.", |row| {
        row.all.preemptions
    });
    table
}
