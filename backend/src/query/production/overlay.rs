//! `overlay`: production in the coordinates of the curve: the cloud, the curve that it draws itself, and the benchmark as
//! the server saw it.

use std::time::Duration;

use headroom_contract::production::{Overlay, Seen};
use headroom_contract::words::Id;
use headroom_engine::display;
use headroom_engine::findings::Code;
use headroom_engine::live::drift::{Direction, drift, value_of};
use headroom_engine::live::overlay::{Bin, bin_width, bins, gather, production_run};
use headroom_engine::live::workload::{Traffic, mismatches};
use headroom_engine::live::{Bucketed, Observation};
use headroom_engine::points::level_points;
use headroom_engine::slo::{Latency, Subject};
use headroom_engine::verdict::assess;
use headroom_protocol::QueryError;
use headroom_protocol::frame::{Field, Frame, Notice, Values, ns_from_ms};
use serde_json::{Value, json};

use super::levels::{self, ServerLevel};
use super::live::{at_statistic, per_gap};
use super::scene::{Placed, Scene};
use super::table;
use crate::production::{Observed, Wanted, Windows, time::Grid};
use crate::query::axis::Metric;
use crate::query::columns::{described, load_unit};
use crate::query::json as objects;
use crate::query::notices::{info, warning};

/// Windows of the cloud: as many as can be told apart.
const WINDOWS: u32 = 500;
/// A window should hold this many scrapes: its load is a mean of them.
const SCRAPES: u32 = 4;

/// The windows of the cloud: long enough for a rate, which then reaches into no other window.
pub(super) fn windows(scene: &Scene) -> impl Fn(Duration) -> Option<Windows> + use<> {
    let (from_ms, to_ms, interval) = (scene.from_ms, scene.to_ms, scene.interval);
    move |scrape| {
        let range = Duration::from_millis(to_ms.abs_diff(from_ms));
        let step = (range / WINDOWS).max(interval).max(scrape * SCRAPES);
        Some(Windows::of(Grid::within(from_ms, to_ms, step)?, scrape))
    }
}

/// The usable windows of a deployment by load, and all of them together.
pub(super) fn binned(placed: &Placed, seen: &Observed) -> (Vec<Bin>, Bin) {
    let model = placed.load_model();
    let usable: Vec<Observation> = usable(seen).cloned().collect();
    let highest = usable.iter().filter_map(|one| one.load(model)).fold(0.0, f64::max);
    let all: Vec<&Observation> = usable.iter().collect();
    (bins(&usable, model, bin_width(highest, model)), gather(&all, model))
}

/// Windows in which the server was there throughout.
fn usable(seen: &Observed) -> impl Iterator<Item = &Observation> {
    seen.observations.iter().filter(|one| one.up != Some(false) && !one.restarted && one.replicas.is_some())
}

/// The frames of every deployment; for an alert rule production's value at its mean load.
pub(super) async fn frames(scene: &Scene, reduced: bool) -> Result<Vec<Frame>, QueryError> {
    let metric = scene.axis.metric;
    if metric == Metric::Latency(Latency::Tpot) {
        return Err(QueryError::bad_request(
            "metric: a server does not count the time per output token as benchmarks define it; expected ttft, itl, e2e, \
             request_rate or output_tokens_per_second",
        ));
    }
    let wanted = Wanted { traffic: true, latencies: true, ..Wanted::default() };
    let seen = scene.observe(wanted, windows(scene)).await?;
    let mut notices = scene.remarks(&seen);
    if metric == Metric::Latency(Latency::Itl) {
        notices.extend(per_gap(scene, &seen));
    }
    if reduced {
        let values = scene.placed.iter().zip(&seen).map(|(placed, seen)| {
            let (_, whole) = binned(placed, seen);
            (placed, value(scene, &whole).and_then(|value| value.value))
        });
        let description = "What production's server measured over the time range.";
        let mut frame = table::numbers("value", metric.unit(), description, values);
        frame.meta.notices = notices;
        return Ok(vec![frame]);
    }
    let mut frames = Vec::new();
    let now = scene.observe_now(Wanted { traffic: true, ..Wanted::default() }).await?;
    for ((placed, seen), now) in scene.placed.iter().zip(&seen).zip(&now) {
        let (bins, whole) = binned(placed, seen);
        let within = placed.run().and_then(|run| run.provenance.started_ms.zip(run.provenance.ended_ms));
        let covers = within.is_some_and(|(started, ended)| started < scene.to_ms && ended > scene.from_ms);
        let levels = if covers { levels::server_levels(scene, placed).await? } else { Vec::new() };
        notices.extend(remarks(scene, placed, seen, &whole, &levels));
        let whole_object = custom(scene, placed, seen, now.observations.last(), &bins);
        let object = |kind: &str| {
            let mut object = whole_object.clone();
            object["headroom"] = kind.into();
            object
        };
        frames.push(cloud(scene, placed, seen, object("overlay")));
        frames.push(curve(scene, placed, &bins, object("overlay_bins")));
        if !levels.is_empty() {
            frames.push(server_levels(scene, placed, &levels, object("overlay_levels")));
        }
    }
    if let Some(first) = frames.first_mut() {
        first.meta.notices = notices;
    }
    Ok(frames)
}

/// What a bin measured of the metric.
fn value(scene: &Scene, bin: &Bin) -> Option<Bucketed> {
    let rate = |amount: f64| {
        let rate = amount / bin.seconds;
        (bin.seconds > 0.0).then_some(Bucketed { value: Some(rate), lo: rate, hi: Some(rate) })
    };
    match scene.axis.metric {
        Metric::Latency(latency) => value_of(bin, latency, scene.axis.statistic),
        Metric::RequestRate => rate(bin.requests?),
        Metric::OutputTokensPerSecond => rate(bin.output_tokens?),
    }
}

/// What makes production and benchmark differ, or not comparable.
fn remarks(scene: &Scene, placed: &Placed, seen: &Observed, whole: &Bin, levels: &[ServerLevel]) -> Vec<Notice> {
    let name = &placed.target.name;
    let Some(run) = placed.run() else {
        return vec![info(format!("{name} has no benchmark: production is drawn alone"))];
    };
    let mut found: Vec<Notice> =
        mismatches(&Traffic::of(whole, seen.whole_cache_hits()), run, levels::cache_hits(levels))
            .into_iter()
            .map(|mismatch| warning(format!("{name}: {}", mismatch.message)))
            .collect();
    let Metric::Latency(latency) = scene.axis.metric else { return found };
    if whole.windows == 0 {
        return found;
    }
    found.push(info(format!(
        "{name}: production's {} is measured by the server, the benchmark's by its client, whose time also holds the \
         network, and for a reasoning model the thinking",
        latency.label()
    )));
    found.extend(off_the_curve(scene, placed, latency, levels));
    found
}

/// The levels of the benchmark whose own server saw something else than the client, and why that is.
fn off_the_curve(scene: &Scene, placed: &Placed, latency: Latency, levels: &[ServerLevel]) -> Vec<Notice> {
    let (Some(run), statistic) = (placed.run(), scene.axis.statistic) else { return Vec::new() };
    let points = level_points(run, Subject::Latency(latency, statistic));
    let unit = run.load_model.unit();
    levels
        .iter()
        .filter_map(|level| {
            // At the load that was offered: that is where the curve has the level, and a few scrapes tell it worse.
            let (load, from, to) = (level.offered, level.offered, level.offered);
            let bin = Bin { load, from, to, ..level.bin.clone() };
            let compared = drift(std::slice::from_ref(&bin), &points, latency, statistic, unit);
            let one = compared.loads.first()?;
            let server = format!("{} {}", display::interval([Some(one.production.lo), one.production.hi]), "ms");
            let client = format!("{} {}", display::interval(one.curve_interval), "ms");
            let load = display::load_with_unit(level.offered, unit);
            let cut_off = run.levels.iter().find(|own| own.load.total_cmp(&level.offered).is_eq());
            let cut_off = cut_off.map_or(0, |own| own.requests.incomplete);
            let why = match one.direction {
                Direction::Slower if cut_off > 0 => format!(
                    "the client's percentile leaves out {} that were cut off when the level ended, and the slow ones are \
                     cut off most",
                    display::count(cut_off, "request")
                ),
                Direction::Slower => "the server was also asked by others, or its load changed within the level".to_owned(),
                Direction::Faster => {
                    "the client's time also holds its own work, the network and the wait for a free connection".to_owned()
                }
                Direction::AsMeasured | Direction::Unknown => return None,
            };
            Some(info(format!(
                "{}: at {load} the server measured {} {} of {server} where the client's curve is at {client}: {why}",
                placed.target.name,
                latency.label(),
                statistic.id()
            )))
        })
        .collect()
}

/// One row a window.
fn cloud(scene: &Scene, placed: &Placed, seen: &Observed, custom: Value) -> Frame {
    let model = placed.load_model();
    let rows: Vec<(&Observation, f64, Option<Bucketed>)> = usable(seen)
        .filter_map(|one| Some((one, one.load(model)?)))
        .map(|(one, load)| {
            let value = match scene.axis.metric {
                Metric::Latency(latency) => {
                    one.latencies.get(latency).and_then(|histogram| at_statistic(histogram, scene.axis.statistic))
                }
                Metric::RequestRate | Metric::OutputTokensPerSecond => value(scene, &gather(&[one], model)),
            };
            (one, load, value)
        })
        .collect();
    let times: Vec<i64> = rows.iter().map(|(one, ..)| ns_from_ms(one.at_ms)).collect();
    let loads: Vec<f64> = rows.iter().map(|row| row.1).collect();
    let requests: Vec<Option<f64>> = rows.iter().map(|row| row.0.requests).collect();
    let values: Vec<Option<Bucketed>> = rows.iter().map(|row| row.2).collect();
    let mut frame = Frame::new(format!("{} (production)", placed.target.name));
    frame.fields = vec![
        described(Field::new("time", Values::time(times)), "", "Time", "End of the window."),
        described(Field::new("load", loads), load_unit(model), "Load", "Mean load of one replica in the window."),
    ];
    frame.fields.extend(value_fields(scene, placed, "production", "bucket", &values));
    frame.fields.push(described(
        Field::new("requests", requests),
        "",
        "Requests",
        "Requests that finished in the window.",
    ));
    frame.meta.custom = custom;
    frame
}

/// One row a bin of load: the curve that production draws itself.
fn curve(scene: &Scene, placed: &Placed, bins: &[Bin], custom: Value) -> Frame {
    let mut frame = Frame::new(format!("{} (production, by load)", placed.target.name));
    frame.fields = bin_fields(scene, placed, "production, by load", bins);
    let column = |name: &str, display: &str, description: &str, value: fn(&Bin) -> f64| {
        let values: Vec<f64> = bins.iter().map(value).collect();
        described(Field::new(name, values), load_unit(placed.load_model()), display, description)
    };
    frame.fields.insert(1, column("load_from", "From", "Loads from here on belong to the row.", |bin| bin.from));
    frame.fields.insert(2, column("load_to", "To", "Loads from here on belong to the next row.", |bin| bin.to));
    frame.meta.custom = custom;
    frame
}

/// One row a level of the benchmark, as the server saw it, at the load that was offered: there the curve has it.
fn server_levels(scene: &Scene, placed: &Placed, levels: &[ServerLevel], custom: Value) -> Frame {
    let bins: Vec<Bin> = levels.iter().map(|level| Bin { load: level.offered, ..level.bin.clone() }).collect();
    let mut frame = Frame::new(format!("{} (benchmark, server)", placed.target.name));
    frame.fields = bin_fields(scene, placed, "benchmark, server", &bins);
    let seen: Vec<f64> = levels.iter().map(|level| level.bin.load).collect();
    let description = "The load that the server's metrics show, the mean of a few scrapes.";
    let field = described(Field::new("load_seen", seen), load_unit(placed.load_model()), "Load seen", description);
    frame.fields.insert(1, field);
    frame.meta.custom = custom;
    frame
}

fn bin_fields(scene: &Scene, placed: &Placed, what: &str, bins: &[Bin]) -> Vec<Field> {
    let loads: Vec<f64> = bins.iter().map(|bin| bin.load).collect();
    let values: Vec<Option<Bucketed>> = bins.iter().map(|bin| value(scene, bin)).collect();
    let column = |name: &str, unit: &str, display: &str, description: &str, value: fn(&Bin) -> Option<f64>| {
        let values: Vec<Option<f64>> = bins.iter().map(value).collect();
        described(Field::new(name, values), unit, display, description)
    };
    let per_second = |amount: fn(&Bin) -> Option<f64>| move |bin: &Bin| Some(amount(bin)? / bin.seconds);
    let rates: Vec<Option<f64>> = bins.iter().map(per_second(|bin| bin.requests)).collect();
    let tokens: Vec<Option<f64>> = bins.iter().map(per_second(|bin| bin.output_tokens)).collect();
    let mut fields =
        vec![described(Field::new("load", loads), load_unit(placed.load_model()), "Load", "Mean load of one replica.")];
    fields.extend(value_fields(scene, placed, what, "bucket and sample size", &values));
    fields.push(column("requests", "", "Requests", "Finished requests of one replica.", |bin| bin.requests));
    fields.push(described(
        Field::new("request_rate", rates),
        "reqps",
        "Req/s",
        "Finished requests of one replica per second.",
    ));
    fields.push(described(
        Field::new("output_tokens_per_second", tokens),
        "tok/s",
        "Output tok/s",
        "Output tokens of one replica per second.",
    ));
    fields.push(column("seconds", "s", "Time", "Time spent at this load.", |bin| Some(bin.seconds)));
    fields.push(column("windows", "", "Windows", "Windows of time behind the row.", |bin| Some(bin.windows as f64)));
    fields
}

fn value_fields(scene: &Scene, placed: &Placed, what: &str, by: &str, values: &[Option<Bucketed>]) -> [Field; 3] {
    let metric = scene.axis.metric;
    let side = if matches!(metric, Metric::Latency(_)) { " (server)" } else { "" };
    let part = |value: fn(&Bucketed) -> Option<f64>| -> Vec<Option<f64>> {
        values.iter().map(|one| value(one.as_ref()?).filter(|value| value.is_finite())).collect()
    };
    let name = format!("{} ({what})", placed.target.name);
    let description = format!("{} As measured by the server.", metric.description());
    [
        described(Field::new("value", part(|one| one.value)), metric.unit(), &name, &description),
        described(
            Field::new("value_lo", part(|one| Some(one.lo))),
            metric.unit(),
            &format!("{}{side}, at least", metric.label()),
            &format!("Lower end, by {by}."),
        ),
        described(
            Field::new("value_hi", part(|one| one.hi)),
            metric.unit(),
            &format!("{}{side}, at most", metric.label()),
            &format!("Upper end, by {by}."),
        ),
    ]
}

/// What all frames of a deployment say, but for their kind.
fn custom(scene: &Scene, placed: &Placed, seen: &Observed, now: Option<&Observation>, bins: &[Bin]) -> Value {
    let presence = placed.presence(&seen.observations, scene.now_from_ms());
    let own = production_run(&placed.target.name, bins, placed.load_model());
    let mut verdict = assess(&own, &scene.slo);
    // Loads are means of scrapes here, and Little's law is about the true mean.
    verdict.findings.retain(|finding| finding.code != Code::ImpossibleThroughput);
    let unit = placed.load_model().unit();
    json!(Overlay {
        seen: Seen {
            deployment: placed.target.name.clone(),
            presence: Id(presence),
            presence_text: presence.sentence().to_owned(),
        },
        load: now.and_then(|now| now.load(placed.load_model())),
        metric: Id(scene.axis.metric),
        statistic: scene.axis.shown_statistic().map(Id),
        unit: scene.axis.metric.plain_unit().to_owned(),
        side: "server".to_owned(),
        load_unit: unit.to_owned(),
        slo: objects::slo(&scene.slo),
        run: placed.benchmark.as_ref().map(|benchmark| objects::run(&benchmark.run, &benchmark.label)),
        production_verdict: objects::verdict(&verdict, unit),
    })
}
