//! `headroom`: how much of the breaking load is left.

use headroom_contract::frames::Drawn;
use headroom_contract::production::{DeploymentHeadroom, Headrooms};
use headroom_contract::words::Id;
use headroom_engine::bottleneck::Kind;
use headroom_engine::display;
use headroom_engine::live::headroom::{Headroom, headroom};
use headroom_engine::live::limits::{self, Benchmark};
use headroom_engine::live::{Observation, Presence};
use headroom_engine::run::LoadModel;
use headroom_protocol::QueryError;
use headroom_protocol::frame::{Field, Frame, Notice};
use serde_json::json;

use super::scene::{Placed, Scene};
use super::service::{Service, service};
use super::table::{self, Table};
use crate::production::{Observed, Wanted, Windows, time::Grid};
use crate::query::columns::{described, load_unit};
use crate::query::notices::warning;
use crate::query::{Form, json as objects, text};

/// What a row says.
struct Row {
    presence: Presence,
    /// The window that counts as now.
    now: Observation,
    left: Option<Headroom>,
    /// Whether the service level is met in that window.
    service: Service,
    sentence: String,
}

const DESCRIPTION: &str =
    "1 − load / breaking load, per replica: 1 without load, 0 at the breaking load, negative beyond it.";

/// The frames: a table about now, a history, or numbers for an alert rule.
pub(super) async fn frames(scene: &Scene, form: Form, reduced: bool) -> Result<Vec<Frame>, QueryError> {
    let wanted = Wanted {
        // A rate is the load of an open loop; the pressure tells when the benchmark is contradicted.
        traffic: scene.placed.iter().any(|placed| matches!(placed.load_model(), LoadModel::Open(_))),
        pressure: true,
        // What the service level limits; a history and an alert rule have no column for it.
        latencies: form == Form::Table && !reduced,
        ..Wanted::default()
    };
    if form == Form::Series && !reduced {
        return history(scene, wanted).await;
    }
    let seen = scene.observe_now(wanted).await?;
    let mut notices = scene.remarks(&seen);
    let mut rows = Vec::with_capacity(seen.len());
    for (placed, seen) in scene.placed.iter().zip(seen) {
        let row = row(scene, placed, &seen);
        notices.extend(contradiction(placed, &row));
        rows.push((placed, row));
    }
    if reduced {
        let values = rows.iter().map(|(placed, row)| (*placed, row.left.and_then(|left| left.value)));
        let mut frame = table::numbers("headroom", "percentunit", DESCRIPTION, values);
        frame.meta.notices = notices;
        return Ok(vec![frame]);
    }
    let custom = json!(Headrooms {
        window_s: scene.now.as_secs_f64(),
        deployments: rows.iter().map(|(placed, row)| object(placed, row)).collect(),
    });
    Ok(vec![columns(rows).frame(Drawn::Headroom.id(), custom, notices)])
}

/// What is left of a replica's load in a window; `None` without a benchmark or a known load.
pub(super) fn left(placed: &Placed, observation: &Observation) -> Option<Headroom> {
    let benchmark = placed.benchmark.as_ref()?;
    let load = observation.load(benchmark.run.load_model)?;
    Some(headroom(load, observation.replicas?, &benchmark.verdict))
}

fn row(scene: &Scene, placed: &Placed, seen: &Observed) -> Row {
    let observations = &seen.observations;
    let now = observations.last().cloned().unwrap_or_default();
    let presence = placed.presence(observations, i64::MIN);
    // A server that is down has no load, and no headroom either.
    let left = left(placed, &now).filter(|_| matches!(presence, Presence::Serving | Presence::Idle));
    let sentence = sentence(placed, presence, left.as_ref());
    let service = service(&scene.slo, presence, &now);
    Row { presence, now, left, service, sentence }
}

fn sentence(placed: &Placed, presence: Presence, left: Option<&Headroom>) -> String {
    let Some(benchmark) = &placed.benchmark else {
        return format!("{} No benchmark says how much it holds.", presence.sentence());
    };
    let unit = benchmark.run.load_model.unit();
    let holds = text::breaking_load(&benchmark.verdict, unit).whole();
    let Some(left) = left else { return format!("{} Its benchmark holds {holds}.", presence.sentence()) };
    let load = display::load_with_unit(left.load, unit);
    let replicas = if left.replicas > 1.0 {
        format!(" on each of {} replicas", display::number(left.replicas))
    } else {
        String::new()
    };
    match (left.value, left.interval) {
        (Some(value), [low, high]) => {
            // A sweep that ended while passing leaves at least so much, and beyond it lies at most so much.
            let bound = match (left.at_least, value < 0.0) {
                (false, _) => "",
                (true, false) => "at least ",
                (true, true) => "at most ",
            };
            let between = match (low, high) {
                (Some(low), Some(high)) => format!(" ({} to {})", display::percent(low), display::percent(high)),
                _ => String::new(),
            };
            let what = if value < 0.0 { "beyond what it holds" } else { "left" };
            let amount = if value < 0.0 { -value } else { value };
            format!("{load}{replicas} of {holds}: {bound}{} {what}{between}.", display::percent(amount))
        }
        (None, _) => {
            format!("{load}{replicas}; the benchmark did not measure what {} limits.", benchmark.verdict.slo.name)
        }
    }
}

/// A queue where the benchmark says that the load passes.
fn contradiction(placed: &Placed, row: &Row) -> Option<Notice> {
    let benchmark = placed.benchmark.as_ref()?;
    let left = row.left?;
    let judged = Benchmark { run: &benchmark.run, verdict: &benchmark.verdict };
    let limiting = limits::limiting(std::slice::from_ref(&row.now), Some(judged), None);
    let queues = limiting.kind != Kind::NoneSeen && row.now.waiting.is_some_and(|waiting| waiting >= 1.0);
    (queues && limits::contradicts(limiting.kind, left.load, &benchmark.verdict)).then(|| {
        warning(format!(
            "{}: requests wait for capacity although the benchmark says that this load passes. Production asks for \
             something else than the benchmark did (longer prompts or answers), or the deployment has changed: benchmark it \
             again",
            placed.target.name
        ))
    })
}

fn columns(rows: Vec<(&Placed, Row)>) -> Table<'_, Row> {
    let unit = match rows.first() {
        Some((placed, _)) if rows.iter().all(|(other, _)| other.load_model() == placed.load_model()) => {
            load_unit(placed.load_model())
        }
        _ => "",
    };
    let mut table = Table::new(rows, |row: &Row| row.presence);
    let left = |row: &Row| row.left;
    table.number("headroom", "percentunit", "Headroom", DESCRIPTION, |row| left(row)?.value);
    table.number(
        "headroom_lo",
        "percentunit",
        "At least",
        "Lower end, by the 95 % interval of the breaking load.",
        |row| left(row)?.interval[0],
    );
    table.number(
        "headroom_hi",
        "percentunit",
        "At most",
        "Upper end, by the 95 % interval of the breaking load.",
        |row| left(row)?.interval[1],
    );
    table.text(
        "slo_state",
        "SLO now",
        "Whether production meets the service level in the window that counts as now: met, violated, unsure (a limit lies \
         within the bucket of its percentile), idle, or unknown (its server does not count what is limited).",
        |row| Some(row.service.id().to_owned()),
    );
    table.number(
        "load",
        unit,
        "Load per replica",
        "Mean load of one replica in the window that counts as now, in the unit of its benchmark.",
        |row| Some(left(row)?.load),
    );
    table.number("holds", unit, "Holds", "The load per replica that this is measured against: the breaking load, or the highest load that passed where the sweep never broke it.", |row| {
        left(row)?.holds
    });
    table.number("concurrency", "", "In flight", "Requests running or waiting, all replicas.", |row| {
        row.now.concurrency()
    });
    table.number("waiting", "", "Waiting", "Requests waiting for a place in the batch, all replicas.", |row| {
        row.now.waiting
    });
    table.number("kv_cache_use", "percentunit", "KV cache", "Highest share of a replica's KV cache in use.", |row| {
        row.now.kv_cache_use
    });
    table.number("replicas", "", "Replicas", "Servers that have metrics.", |row| row.now.replicas);
    table.number(
        "replicas_needed",
        "",
        "Replicas needed",
        "Whole replicas that this load needs at its breaking load.",
        |row| left(row)?.replicas_needed(),
    );
    table.number("spare_load", unit, "Spare load", "How much more load all replicas together hold.", |row| {
        left(row)?.spare_load()
    });
    table.fact("state", "Verdict", "Kind of the benchmark's answer: edge, floor (at least), never_met, cliff, not_measured; empty without a benchmark.", |placed| {
        Some(placed.benchmark.as_ref()?.verdict.state.id().to_owned())
    });
    table.fact(
        "binding",
        "Limit that breaks first",
        "The limit that breaks first; empty when none was seen to break.",
        |placed| Some(placed.benchmark.as_ref()?.verdict.binding?.label()),
    );
    table.fact("slo", "SLO", "The definition of \"broken\" that was used.", |placed| {
        Some(placed.benchmark.as_ref()?.verdict.slo.name.clone())
    });
    table.text("sentence", "In words", "The row in words.", |row| Some(row.sentence.clone()));
    table.fact("run", "Run", "Identity of the run that it is measured against.", |placed| {
        Some(placed.benchmark.as_ref()?.run.id.clone())
    });
    table
}

fn object(placed: &Placed, row: &Row) -> DeploymentHeadroom {
    let benchmark = placed.benchmark.as_ref();
    DeploymentHeadroom {
        deployment: placed.target.name.clone(),
        presence: Id(row.presence),
        load: row.left.map(|left| left.load),
        headroom: row.left.and_then(|left| left.value),
        interval: row.left.map(|left| left.interval),
        at_least: row.left.is_some_and(|left| left.at_least),
        replicas: row.now.replicas,
        sentence: row.sentence.clone(),
        run: benchmark.map(|benchmark| objects::run(&benchmark.run, &benchmark.label)),
        verdict: benchmark.map(|benchmark| objects::verdict(&benchmark.verdict, benchmark.run.load_model.unit())),
    }
}

/// Headroom over time, with both ends of its interval.
async fn history(scene: &Scene, wanted: Wanted) -> Result<Vec<Frame>, QueryError> {
    let (from_ms, to_ms, interval) = (scene.from_ms, scene.to_ms, scene.interval);
    let seen = scene
        .observe(wanted, |scrape| Some(Windows::of(Grid::within(from_ms, to_ms, interval.max(scrape))?, scrape)))
        .await?;
    let notices = scene.remarks(&seen);
    let now_from_ms = scene.now_from_ms();
    let mut frames: Vec<Frame> = Vec::new();
    for (placed, seen) in scene.placed.iter().zip(&seen) {
        let observations = &seen.observations;
        let all: Vec<Option<Headroom>> = observations.iter().map(|one| left(placed, one)).collect();
        let field = |name: &str, unit: &str, display: &str, description: &str, value: fn(&Headroom) -> Option<f64>| {
            let values: Vec<Option<f64>> =
                all.iter().map(|one| value(one.as_ref()?).filter(|value| value.is_finite())).collect();
            placed.labelled(described(Field::new(name, values), unit, display, description))
        };
        let name = &placed.target.name;
        let fields = vec![
            field("headroom", "percentunit", name, DESCRIPTION, |left| left.value),
            field("headroom_lo", "percentunit", &format!("{name} (low)"), "Lower end of the 95 % interval.", |left| {
                left.interval[0]
            }),
            field("headroom_hi", "percentunit", &format!("{name} (high)"), "Upper end of the 95 % interval.", |left| {
                left.interval[1]
            }),
            field("load", load_unit(placed.load_model()), &format!("{name} load"), "Load of one replica.", |left| {
                Some(left.load)
            }),
        ];
        let times: Vec<i64> = observations.iter().map(|one| one.at_ms).collect();
        let mut frame = table::series(name, &times, fields);
        let presence = placed.presence(observations, now_from_ms);
        frame.meta.custom = json!({
            "headroom": "headroom_series",
            "deployment": name,
            "presence": presence.id(),
            "presence_text": presence.sentence(),
            "run": placed.benchmark.as_ref().map(|benchmark| objects::run(&benchmark.run, &benchmark.label)),
        });
        frames.push(frame);
    }
    if let Some(first) = frames.first_mut() {
        first.meta.notices = notices;
    }
    Ok(frames)
}
