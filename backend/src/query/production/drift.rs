//! `drift`: production compared with the benchmark at the same load.

use std::sync::Arc;

use headroom_contract::frames::DocumentedFrame;
use headroom_contract::query::{Alert, Group, Part, QuerySpec};
use headroom_contract::units::Unit;
use headroom_engine::live::Presence;
use headroom_engine::live::drift::{Compared, Direction, Drift, drift, server_point};
use headroom_engine::live::workload::{Mismatch, Traffic, mismatches};
use headroom_engine::points::{LevelPoint, level_points};
use headroom_engine::slo::{Latency, Statistic, Subject};
use headroom_protocol::QueryError;
use headroom_protocol::frame::{Field, Frame, FrameType, Notice};
use serde_json::json;

use super::down::until;
use super::{cloud, server_latency};
use crate::query::axis::Metric;
use crate::query::fleet::LiveDeployment;
use crate::query::kind::{Answer, Audience, Found, QueryKind, Question, Source};
use crate::query::notices::{info, warning};
use crate::query::parse::Request;
use crate::query::seen::{LookUp, Needs, Seen};
use crate::query::table::{self, AlertNumber, Column, DeploymentRow, Units, number, shared_load_unit, text};
use crate::query::text::paragraph;

/// Describes the query kind for editors and documents.
const KIND: QuerySpec = QuerySpec {
    id: "drift",
    label: "Drift",
    about: "Production against the benchmark at the same load",
    group: Group::Production,
    needs_prometheus: true,
    takes: &[
        Part::Deployments,
        Part::Namespaces,
        Part::Runs,
        Part::Limits,
        Part::Load,
        Part::Metric,
        Part::Statistic,
        Part::Window,
        Part::Interval,
    ],
    fields: QuerySpec::no_fields,
    frames: &[
        DocumentedFrame {
            id: "drift",
            rows: "One frame, one row per deployment",
            columns: || table::documented_of_deployments(COLUMNS),
        },
        DocumentedFrame {
            id: LOADS,
            rows: "One frame, one row per deployment and load; absent where nothing could be compared",
            columns: || table::documented(LOAD_COLUMNS),
        },
    ],
    alert: Some(Alert::of(
        ALERT.name,
        "the least ratio to the benchmark that is certain; above 1 it is slower beyond doubt; `null` while it is down",
    )),
};

/// The id of the second frame.
const LOADS: &str = "drift_loads";

/// `drift`.
pub(super) struct DriftQuery;

struct Compare {
    /// `None` without a benchmark.
    drift: Option<Drift>,
    /// Who measured the benchmark's latency: `server` or `client`.
    baseline: &'static str,
    mismatches: Vec<Mismatch>,
}

type Row = DeploymentRow<Compare>;

impl QueryKind for DriftQuery {
    fn kind(&self) -> &'static QuerySpec {
        &KIND
    }

    fn source(&self, _: &Request) -> Source {
        Source::Deployments
    }

    fn needs(&self, question: &Question, _: &[Arc<LiveDeployment>], _: Audience) -> Result<Needs, QueryError> {
        compared_latency(question)?;
        Ok(Needs { levels: LookUp::Always, ..Needs::observing(cloud::OBSERVE) })
    }

    fn frames(&self, question: &Question, found: &Found) -> Result<Answer, QueryError> {
        let (latency, statistic) = (compared_latency(question)?, question.axis.statistic);
        let rows = found.rows(|seen| row(question, seen, latency));
        let custom = json!({ "metric": latency.id(), "statistic": statistic.id(), "side": "server" });
        let mut frames = vec![table::of_deployments(KIND.id, COLUMNS, &rows, custom)];
        frames.extend(by_load(&rows, latency, statistic));
        Ok(Answer { frames, notices: remarks(found, &rows, latency) })
    }

    fn alert(&self, question: &Question, found: &Found) -> Result<Answer, QueryError> {
        let latency = compared_latency(question)?;
        let rows = found.rows(|seen| row(question, seen, latency));
        Ok(Answer::of(ALERT.frame(&rows), remarks(found, &rows, latency)))
    }
}

/// The latency to compare.
///
/// # Errors
/// If servers do not measure the metric.
fn compared_latency(question: &Question) -> Result<Latency, QueryError> {
    match question.axis.metric {
        Metric::Latency(Latency::Tpot) => Err(QueryError::bad_request(
            "metric: a server does not count the time per output token as benchmarks define it; expected ttft, itl or e2e",
        )),
        Metric::Latency(latency) => Ok(latency),
        Metric::RequestRate | Metric::OutputTokensPerSecond => {
            Err(QueryError::bad_request("metric: drift compares latencies; expected ttft, itl or e2e, found a rate"))
        }
    }
}

fn remarks(found: &Found, rows: &[Row], latency: Latency) -> Vec<Notice> {
    let mut notices = Vec::new();
    if latency == Latency::Itl {
        notices.extend(server_latency::per_gap(&found.seen));
    }
    for row in rows {
        let name = row.deployment.name();
        notices.extend(row.of.mismatches.iter().map(|mismatch| warning(format!("{name}: {}", mismatch.message))));
        let compared = row.of.drift.as_ref().is_some_and(|drift| !drift.loads.is_empty());
        if compared && row.of.baseline == "client" {
            notices.push(info(format!(
                "{name}: the benchmark was measured by its client and production by the server; the client's time also \
                 holds the network, and for a reasoning model the thinking"
            )));
        }
        if row.deployment.benchmark.is_none() {
            notices.push(info(format!("{name} has no benchmark to compare with")));
        }
    }
    notices
}

fn row(question: &Question, seen: &Seen, latency: Latency) -> Row {
    let statistic = question.axis.statistic;
    let presence = seen.presence(question.span);
    let Some(run) = seen.deployment.run() else {
        return seen.row(presence, Compare { drift: None, baseline: "", mismatches: Vec::new() });
    };
    let (bins, whole) = cloud::binned(seen);
    // The server's own measurement of the benchmark if it covers enough levels, else the client's.
    let server_side = seen.levels.len() >= 2 && seen.levels.len() * 2 >= run.levels.len();
    let points: Vec<LevelPoint> = if server_side {
        let levels = seen.levels.iter();
        levels.filter_map(|level| server_point(&level.bin, level.offered, latency, statistic)).collect()
    } else {
        level_points(run, Subject::Latency(latency, statistic))
    };
    let hits = if server_side { cloud::cache_hits(&seen.levels) } else { None };
    let traffic = Traffic::of(&whole, seen.observed.whole_cache_hits());
    let mut drift = drift(&bins, &points, latency, statistic, run.load_model.unit());
    if presence == Presence::Down {
        drift.sentence = format!("{} {}", until(&seen.observed.observations), drift.sentence);
    }
    let of = Compare {
        drift: Some(drift),
        baseline: if server_side { "server" } else { "client" },
        mismatches: mismatches(&traffic, run, hits),
    };
    seen.row(presence, of)
}

/// The drift of a deployment that is not down.
fn now(row: &Row) -> Option<&Drift> {
    row.of.drift.as_ref().filter(|_| row.presence != Presence::Down)
}

const ALERT: AlertNumber<Compare> = AlertNumber {
    name: "drift",
    unit: Unit::None,
    about: "Production over benchmark at the same load: the least that buckets and sample sizes allow. Above 1 it is slower.",
    value: |row| now(row)?.interval[0],
};

const COLUMNS: &[Column<Row>] = &[
    text(
        "direction",
        "Drift",
        "slower, faster, as_measured, or unknown (nothing to compare); empty without a benchmark and while it is down.",
        |row| Some(now(row)?.direction.id().to_owned()),
    ),
    number(
        "ratio",
        Unit::None,
        "Ratio",
        "Production over benchmark at the same load: the mean over the loads that can be judged, weighted by requests.",
        |row| row.of.drift.as_ref()?.ratio,
    ),
    number(
        "ratio_lo",
        Unit::None,
        "At least",
        "The least ratio that buckets and sample sizes allow; above 1 production is slower beyond doubt.",
        |row| row.of.drift.as_ref()?.interval[0],
    ),
    number(
        "ratio_hi",
        Unit::None,
        "At most",
        "The greatest ratio that buckets and sample sizes allow; below 1 production is faster beyond doubt.",
        |row| row.of.drift.as_ref()?.interval[1],
    ),
    number(
        "requests",
        Unit::Count,
        "Requests",
        "Requests of one replica at loads that the benchmark measured.",
        |row| Some(row.of.drift.as_ref()?.requests),
    ),
    number(
        "requests_judged",
        Unit::Count,
        "Judged",
        "Those of them that the ratio is from: at loads with enough requests on both sides.",
        |row| Some(row.of.drift.as_ref()?.judged),
    ),
    number(
        "requests_outside",
        Unit::Count,
        "Outside",
        "Requests of one replica at loads that the benchmark did not measure.",
        |row| Some(row.of.drift.as_ref()?.outside),
    ),
    text(
        "baseline",
        "Baseline",
        "Whose view of the benchmark is compared with: server (the same metrics at that time) or client (the report).",
        |row| Some(row.of.baseline.to_owned()).filter(|baseline| !baseline.is_empty()),
    ),
    text(
        "workload",
        "Workload",
        "How production's requests differ from the benchmark's, as sentences; empty when they are alike.",
        |row| {
            let sentences: Vec<&str> = row.of.mismatches.iter().map(|mismatch| mismatch.message.as_str()).collect();
            (!sentences.is_empty()).then(|| paragraph(&sentences))
        },
    ),
    text("sentence", "In words", "The row in words.", |row| Some(row.of.drift.as_ref()?.sentence.clone())),
    text("run", "Run", "Identity of the run that it is compared with.", |row| Some(row.deployment.run()?.id.clone())),
];

/// A load at which a deployment is compared.
struct ComparedLoad {
    deployment: Arc<LiveDeployment>,
    compared: Compared,
}

/// One row per deployment and load; `None` if nothing could be compared.
fn by_load(rows: &[Row], latency: Latency, statistic: Statistic) -> Option<Frame> {
    let compared: Vec<ComparedLoad> = rows
        .iter()
        .flat_map(|row| {
            let loads = row.of.drift.iter().flat_map(|drift| &drift.loads);
            loads.map(|one| ComparedLoad { deployment: Arc::clone(&row.deployment), compared: *one })
        })
        .collect();
    if compared.is_empty() {
        return None;
    }
    let unit = Units::of_load(shared_load_unit(compared.iter().map(|one| one.deployment.load_model())));
    let mut frame = Frame::new(LOADS);
    frame.fields = LOAD_COLUMNS.iter().map(|column| column.field(compared.iter(), unit)).collect();
    let title = format!("{} {}", latency.label(), statistic.id());
    for (name, side) in [("value", "production, server"), ("benchmark", "benchmark")] {
        if let Some(field) = frame.fields.iter_mut().find(|field: &&mut Field| field.name == name) {
            field.config.display_name_from_ds = format!("{title} ({side})");
        }
    }
    frame.meta.frame_type = Some(FrameType::Table);
    frame.meta.type_version = [0, 1];
    frame.meta.custom = json!({ "headroom": LOADS, "metric": latency.id(), "statistic": statistic.id() });
    Some(frame)
}

const LOAD_COLUMNS: &[Column<ComparedLoad>] = &[
    table::name("deployment", "Deployment", "The deployment.", |one| one.deployment.name().to_owned()),
    number("load", Unit::Load, "Load", "Load of one replica.", |one| Some(one.compared.load)),
    number("value", Unit::Milliseconds, "Production", "What production's server measured.", |one| {
        one.compared.production.value
    }),
    number("value_lo", Unit::Milliseconds, "At least", "Lower end, by bucket and sample size.", |one| {
        Some(one.compared.production.lo)
    }),
    number("value_hi", Unit::Milliseconds, "At most", "Upper end, by bucket and sample size.", |one| {
        one.compared.production.hi
    }),
    number("benchmark", Unit::Milliseconds, "Benchmark", "The benchmark's curve at this load.", |one| {
        Some(one.compared.curve)
    }),
    number("benchmark_lo", Unit::Milliseconds, "At least", "Lower end of the benchmark's curve.", |one| {
        one.compared.curve_interval[0]
    }),
    number("benchmark_hi", Unit::Milliseconds, "At most", "Upper end of the benchmark's curve.", |one| {
        one.compared.curve_interval[1]
    }),
    number("ratio", Unit::None, "Ratio", "Production over benchmark.", |one| one.compared.ratio),
    number("requests", Unit::Count, "Requests", "Requests of one replica.", |one| Some(one.compared.requests)),
    table::name(
        "direction",
        "Drift",
        "slower, faster or as_measured, beyond what buckets and sample sizes allow.",
        |one| Direction::id(one.compared.direction).to_owned(),
    ),
];
