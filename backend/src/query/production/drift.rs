//! `drift`: production against the benchmark at the same load.

use headroom_engine::live::Presence;
use headroom_engine::live::drift::{Compared, Direction, Drift, drift};
use headroom_engine::live::workload::{Mismatch, Traffic, mismatches};
use headroom_engine::points::level_points;
use headroom_engine::slo::{Latency, Statistic, Subject};
use headroom_protocol::QueryError;
use headroom_protocol::frame::{Field, Frame};
use serde_json::json;

use super::levels;
use super::live::per_gap;
use super::overlay::{binned, windows};
use super::scene::{Placed, Scene};
use super::table::{self, Table};
use crate::production::Observed;
use crate::production::Wanted;
use crate::query::columns::{described, load_unit};
use crate::query::notices::{info, warning};
use crate::query::{Metric, text};

struct Row {
    presence: Presence,
    /// `None` without a benchmark.
    drift: Option<Drift>,
    /// `server` or `client`: whose view of the benchmark it is.
    baseline: &'static str,
    mismatches: Vec<Mismatch>,
}

/// The frames: a table and the comparison load by load, or for an alert rule the ratio that is certain.
pub(super) async fn frames(scene: &Scene, reduced: bool) -> Result<Vec<Frame>, QueryError> {
    let Metric::Latency(latency) = scene.axis.metric else {
        return Err(QueryError::bad_request(
            "metric: drift compares latencies; expected ttft, itl or e2e, found a rate",
        ));
    };
    if latency == Latency::Tpot {
        return Err(QueryError::bad_request(
            "metric: a server does not count the time per output token as benchmarks define it; expected ttft, itl or e2e",
        ));
    }
    let statistic = scene.axis.statistic;
    let wanted = Wanted { traffic: true, latencies: true, ..Wanted::default() };
    let seen = scene.observe(wanted, windows(scene)).await?;
    let mut notices = scene.remarks(&seen);
    if latency == Latency::Itl {
        notices.extend(per_gap(scene, &seen));
    }
    let mut rows: Vec<(&Placed, Row)> = Vec::new();
    for (placed, seen) in scene.placed.iter().zip(&seen) {
        let row = row(scene, placed, seen, latency, statistic).await?;
        let name = &placed.target.name;
        notices.extend(row.mismatches.iter().map(|mismatch| warning(format!("{name}: {}", mismatch.message))));
        let compared = row.drift.as_ref().is_some_and(|drift| !drift.loads.is_empty());
        if compared && row.baseline == "client" {
            notices.push(info(format!(
                "{name}: the benchmark was measured by its client and production by the server; the client's time also \
                 holds the network, and for a reasoning model the thinking"
            )));
        }
        if placed.benchmark.is_none() {
            notices.push(info(format!("{name} has no benchmark to compare with")));
        }
        rows.push((placed, row));
    }
    if reduced {
        let values = rows.iter().map(|(placed, row)| (*placed, row.drift.as_ref().and_then(|drift| drift.interval[0])));
        let description = "Production over benchmark at the same load: the least that buckets and sample sizes allow. Above 1 it is slower.";
        let mut frame = table::numbers("drift", "", description, values);
        frame.meta.notices = notices;
        return Ok(vec![frame]);
    }
    let custom = json!({ "metric": latency.id(), "statistic": statistic.id(), "side": "server" });
    let loads = by_load(&rows, latency, statistic);
    let mut frames = vec![columns(rows).frame("drift", custom, notices)];
    frames.extend(loads);
    Ok(frames)
}

async fn row(
    scene: &Scene,
    placed: &Placed,
    seen: &Observed,
    latency: Latency,
    statistic: Statistic,
) -> Result<Row, QueryError> {
    let presence = placed.presence(&seen.observations, scene.now_from_ms());
    let Some(run) = placed.run() else {
        return Ok(Row { presence, drift: None, baseline: "", mismatches: Vec::new() });
    };
    let (bins, whole) = binned(placed, seen);
    let levels = levels::server_levels(scene, placed).await?;
    let server_side = levels::is_server_side(run, &levels);
    let points = if server_side {
        levels::points(&levels, latency, statistic)
    } else {
        level_points(run, Subject::Latency(latency, statistic))
    };
    let hits = if server_side { levels::cache_hits(&levels) } else { None };
    let traffic = Traffic::of(&whole, seen.whole_cache_hits());
    Ok(Row {
        presence,
        drift: Some(drift(&bins, &points, latency, statistic, run.load_model.unit())),
        baseline: if server_side { "server" } else { "client" },
        mismatches: mismatches(&traffic, run, hits),
    })
}

fn columns(rows: Vec<(&Placed, Row)>) -> Table<'_, Row> {
    let mut table = Table::new(rows, |row: &Row| row.presence);
    table.text(
        "direction",
        "Drift",
        "slower, faster, as_measured, or unknown (nothing to compare); empty without a benchmark.",
        |row| Some(row.drift.as_ref()?.direction.id().to_owned()),
    );
    table.number(
        "ratio",
        "",
        "Ratio",
        "Production over benchmark at the same load: the mean over the loads that can be judged, weighted by requests.",
        |row| row.drift.as_ref()?.ratio,
    );
    table.number(
        "ratio_lo",
        "",
        "At least",
        "The least ratio that buckets and sample sizes allow; above 1 production is slower beyond doubt.",
        |row| row.drift.as_ref()?.interval[0],
    );
    table.number(
        "ratio_hi",
        "",
        "At most",
        "The greatest ratio that buckets and sample sizes allow; below 1 production is faster beyond doubt.",
        |row| row.drift.as_ref()?.interval[1],
    );
    table.number(
        "requests",
        "short",
        "Requests",
        "Requests of one replica at loads that the benchmark measured.",
        |row| Some(row.drift.as_ref()?.requests),
    );
    table.number(
        "requests_judged",
        "short",
        "Judged",
        "Those of them that the ratio is from: at loads with enough requests on both sides.",
        |row| Some(row.drift.as_ref()?.judged),
    );
    table.number(
        "requests_outside",
        "short",
        "Outside",
        "Requests of one replica at loads that the benchmark did not measure.",
        |row| Some(row.drift.as_ref()?.outside),
    );
    table.text(
        "baseline",
        "Baseline",
        "Whose view of the benchmark is compared with: server (the same metrics at that time) or client (the report).",
        |row| Some(row.baseline.to_owned()).filter(|baseline| !baseline.is_empty()),
    );
    table.text(
        "workload",
        "Workload",
        "How production's requests differ from the benchmark's, as sentences; empty when they are alike.",
        |row| {
            let sentences: Vec<&str> = row.mismatches.iter().map(|mismatch| mismatch.message.as_str()).collect();
            (!sentences.is_empty()).then(|| text::paragraph(&sentences))
        },
    );
    table.text("sentence", "In words", "The row in words.", |row| Some(row.drift.as_ref()?.sentence.clone()));
    table.fact("run", "Run", "Identity of the run that it is compared with.", |placed| Some(placed.run()?.id.clone()));
    table
}

/// One row a deployment and load.
fn by_load(rows: &[(&Placed, Row)], latency: Latency, statistic: Statistic) -> Option<Frame> {
    let compared: Vec<(&Placed, &Compared)> = rows
        .iter()
        .flat_map(|(placed, row)| row.drift.iter().flat_map(|drift| &drift.loads).map(move |one| (*placed, one)))
        .collect();
    let (first, _) = compared.first()?;
    let unit = if compared.iter().all(|(placed, _)| placed.load_model() == first.load_model()) {
        load_unit(first.load_model())
    } else {
        ""
    };
    let title = format!("{} {}", latency.label(), statistic.id());
    let column = |name: &str, unit: &str, display: &str, description: &str, value: fn(&Compared) -> Option<f64>| {
        let values: Vec<Option<f64>> =
            compared.iter().map(|(_, one)| value(one).filter(|value| value.is_finite())).collect();
        described(Field::new(name, values), unit, display, description)
    };
    let names: Vec<String> = compared.iter().map(|(placed, _)| placed.target.name.clone()).collect();
    let directions: Vec<&str> = compared.iter().map(|(_, one)| Direction::id(one.direction)).collect();
    let mut frame = Frame::new("drift_loads");
    frame.fields = vec![
        described(Field::new("deployment", names), "", "Deployment", "The deployment."),
        column("load", unit, "Load", "Load of one replica.", |one| Some(one.load)),
        column("value", "ms", &format!("{title} (production, server)"), "What production's server measured.", |one| {
            one.production.value
        }),
        column("value_lo", "ms", "At least", "Lower end, by bucket and sample size.", |one| Some(one.production.lo)),
        column("value_hi", "ms", "At most", "Upper end, by bucket and sample size.", |one| one.production.hi),
        column("benchmark", "ms", &format!("{title} (benchmark)"), "The benchmark's curve at this load.", |one| {
            Some(one.curve)
        }),
        column("benchmark_lo", "ms", "At least", "Lower end of the benchmark's curve.", |one| one.curve_interval[0]),
        column("benchmark_hi", "ms", "At most", "Upper end of the benchmark's curve.", |one| one.curve_interval[1]),
        column("ratio", "", "Ratio", "Production over benchmark.", |one| one.ratio),
        column("requests", "short", "Requests", "Requests of one replica.", |one| Some(one.requests)),
        described(
            Field::new("direction", directions),
            "",
            "Drift",
            "slower, faster or as_measured, beyond what buckets and sample sizes allow.",
        ),
    ];
    frame.meta.frame_type = Some(headroom_protocol::frame::FrameType::Table);
    frame.meta.type_version = [0, 1];
    frame.meta.custom = json!({ "headroom": "drift_loads", "metric": latency.id(), "statistic": statistic.id() });
    Some(frame)
}
