//! `overlay`: production in the coordinates of the curve: the cloud, the curve that it draws itself, and the benchmark as
//! the server saw it.

use std::sync::Arc;

use headroom_contract::frames::Unit;
use headroom_contract::production::{Overlay, Seen as SeenDeployment};
use headroom_contract::query::{Alert, Group, Kind, Part};
use headroom_contract::words::{Choice as _, Id};
use headroom_engine::display;
use headroom_engine::findings::Code;
use headroom_engine::live::drift::{Direction, drift, value_of};
use headroom_engine::live::overlay::{Bin, gather, production_run};
use headroom_engine::live::workload::{Traffic, mismatches};
use headroom_engine::live::{Bucketed, Observation};
use headroom_engine::points::level_points;
use headroom_engine::slo::{Latency, Subject};
use headroom_engine::verdict::assess;
use headroom_protocol::QueryError;
use headroom_protocol::frame::{Field, Frame, Notice, Values, ns_from_ms};
use serde_json::{Value, json};

use super::cloud;
use super::server_latency::{at_statistic, per_gap};
use crate::production::Wanted;
use crate::query::axis::Metric;
use crate::query::fleet::LiveDeployment;
use crate::query::json as objects;
use crate::query::kind::{Answer, Found, QueryKind, Question, Reader, Source};
use crate::query::notices::{info, warning};
use crate::query::parse::Request;
use crate::query::seen::{LookUp, Needs, Observe, Over, Seen};
use crate::query::table::{AlertNumber, described, load_unit};

/// What the query kind is to editors and documents.
const KIND: Kind = Kind {
    id: "overlay",
    label: "Overlay",
    about: "Production in the coordinates of the curve, for the Headroom panel",
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
        Part::Interval,
    ],
    fields: Kind::no_fields,
    frames: &[],
    alert: Some(Alert { number: "value", about: "production's metric over the time range" }),
};

/// `overlay`.
pub(super) struct OverlayQuery;

impl QueryKind for OverlayQuery {
    fn kind(&self) -> &'static Kind {
        &KIND
    }

    fn source(&self, _: &Request) -> Source {
        Source::Deployments
    }

    fn drawn_by_panel(&self) -> bool {
        true
    }

    fn needs(&self, question: &Question, _: &[Arc<LiveDeployment>], reader: Reader) -> Result<Needs, QueryError> {
        if question.axis.metric == Metric::Latency(Latency::Tpot) {
            return Err(QueryError::bad_request(
                "metric: a server does not count the time per output token as benchmarks define it; expected ttft, itl, e2e, \
                 request_rate or output_tokens_per_second",
            ));
        }
        let needs = Needs::observing(cloud::OBSERVE);
        if reader == Reader::AlertRule {
            return Ok(needs);
        }
        let now = Observe { wanted: Wanted { traffic: true, ..Wanted::default() }, over: Over::Now };
        Ok(Needs { also: Some(now), levels: LookUp::WithinRange, ..needs })
    }

    fn frames(&self, question: &Question, found: &Found) -> Result<Answer, QueryError> {
        let mut notices = gap_notice(question, found);
        let mut frames = Vec::new();
        for seen in &found.seen {
            let (bins, whole) = cloud::binned(seen);
            notices.extend(remarks(question, seen, &whole));
            let whole_object = custom(question, seen, &bins);
            let object = |id: &str| {
                let mut object = whole_object.clone();
                object["headroom"] = id.into();
                object
            };
            frames.push(windows(question, seen, object("overlay")));
            frames.push(by_load(question, seen, &bins, object("overlay_bins")));
            if !seen.levels.is_empty() {
                frames.push(levels(question, seen, object("overlay_levels")));
            }
        }
        Ok(Answer { frames, notices })
    }

    fn alert(&self, question: &Question, found: &Found) -> Result<Answer, QueryError> {
        let number = AlertNumber {
            name: "value",
            unit: unit_of(question.axis.metric),
            about: "What production's server measured over the time range.",
            value: |row| row.of,
        };
        let rows = found.rows(|seen| {
            let (_, whole) = cloud::binned(seen);
            seen.row(seen.presence(question.span), value(question, &whole).and_then(|value| value.value))
        });
        Ok(Answer::of(number.frame(&rows), gap_notice(question, found)))
    }
}

fn unit_of(metric: Metric) -> Unit {
    match metric {
        Metric::Latency(_) => Unit::Milliseconds,
        Metric::RequestRate => Unit::RequestsPerSecond,
        Metric::OutputTokensPerSecond => Unit::TokensPerSecond,
    }
}

fn gap_notice(question: &Question, found: &Found) -> Vec<Notice> {
    let itl = question.axis.metric == Metric::Latency(Latency::Itl);
    per_gap(&found.seen).filter(|_| itl).into_iter().collect()
}

/// What a bin measured of the metric.
fn value(question: &Question, bin: &Bin) -> Option<Bucketed> {
    let rate = |amount: f64| {
        let rate = amount / bin.seconds;
        (bin.seconds > 0.0).then_some(Bucketed { value: Some(rate), lo: rate, hi: Some(rate) })
    };
    match question.axis.metric {
        Metric::Latency(latency) => value_of(bin, latency, question.axis.statistic),
        Metric::RequestRate => rate(bin.requests?),
        Metric::OutputTokensPerSecond => rate(bin.output_tokens?),
    }
}

/// What makes production and benchmark differ, or not comparable.
fn remarks(question: &Question, seen: &Seen, whole: &Bin) -> Vec<Notice> {
    let name = seen.name();
    let Some(run) = seen.deployment.run() else {
        return vec![info(format!("{name} has no benchmark: production is drawn alone"))];
    };
    let mut found: Vec<Notice> =
        mismatches(&Traffic::of(whole, seen.observed.whole_cache_hits()), run, cloud::cache_hits(&seen.levels))
            .into_iter()
            .map(|mismatch| warning(format!("{name}: {}", mismatch.message)))
            .collect();
    let Metric::Latency(latency) = question.axis.metric else { return found };
    if whole.windows == 0 {
        return found;
    }
    found.push(info(format!(
        "{name}: production's {} is measured by the server, the benchmark's by its client, whose time also holds the \
         network, and for a reasoning model the thinking",
        latency.label()
    )));
    found.extend(off_the_curve(question, seen, latency));
    found
}

/// The levels of the benchmark whose own server saw something else than the client, and why that is.
fn off_the_curve(question: &Question, seen: &Seen, latency: Latency) -> Vec<Notice> {
    let (Some(run), statistic) = (seen.deployment.run(), question.axis.statistic) else { return Vec::new() };
    let points = level_points(run, Subject::Latency(latency, statistic));
    let unit = run.load_model.unit();
    seen.levels
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
                seen.name(),
                latency.label(),
                statistic.id()
            )))
        })
        .collect()
}

/// One row a window.
fn windows(question: &Question, seen: &Seen, custom: Value) -> Frame {
    let model = seen.deployment.load_model();
    let rows: Vec<(&Observation, f64, Option<Bucketed>)> = cloud::usable(&seen.observed)
        .filter_map(|one| Some((one, one.load(model)?)))
        .map(|(one, load)| {
            let value = match question.axis.metric {
                Metric::Latency(latency) => {
                    one.latencies.get(latency).and_then(|histogram| at_statistic(histogram, question.axis.statistic))
                }
                Metric::RequestRate | Metric::OutputTokensPerSecond => value(question, &gather(&[one], model)),
            };
            (one, load, value)
        })
        .collect();
    let times: Vec<i64> = rows.iter().map(|(one, ..)| ns_from_ms(one.at_ms)).collect();
    let loads: Vec<f64> = rows.iter().map(|row| row.1).collect();
    let requests: Vec<Option<f64>> = rows.iter().map(|row| row.0.requests).collect();
    let values: Vec<Option<Bucketed>> = rows.iter().map(|row| row.2).collect();
    let mut frame = Frame::new(format!("{} (production)", seen.name()));
    frame.fields = vec![
        described(Field::new("time", Values::time(times)), "", "Time", "End of the window."),
        described(Field::new("load", loads), load_unit(model), "Load", "Mean load of one replica in the window."),
    ];
    frame.fields.extend(value_fields(question, seen, "production", "bucket", &values));
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
fn by_load(question: &Question, seen: &Seen, bins: &[Bin], custom: Value) -> Frame {
    let mut frame = Frame::new(format!("{} (production, by load)", seen.name()));
    frame.fields = bin_fields(question, seen, "production, by load", bins);
    let column = |name: &str, display: &str, description: &str, value: fn(&Bin) -> f64| {
        let values: Vec<f64> = bins.iter().map(value).collect();
        described(Field::new(name, values), load_unit(seen.deployment.load_model()), display, description)
    };
    frame.fields.insert(1, column("load_from", "From", "Loads from here on belong to the row.", |bin| bin.from));
    frame.fields.insert(2, column("load_to", "To", "Loads from here on belong to the next row.", |bin| bin.to));
    frame.meta.custom = custom;
    frame
}

/// One row a level of the benchmark, as the server saw it, at the load that was offered: there the curve has it.
fn levels(question: &Question, seen: &Seen, custom: Value) -> Frame {
    let bins: Vec<Bin> = seen.levels.iter().map(|level| Bin { load: level.offered, ..level.bin.clone() }).collect();
    let mut frame = Frame::new(format!("{} (benchmark, server)", seen.name()));
    frame.fields = bin_fields(question, seen, "benchmark, server", &bins);
    let loads: Vec<f64> = seen.levels.iter().map(|level| level.bin.load).collect();
    let description = "The load that the server's metrics show, the mean of a few scrapes.";
    let field =
        described(Field::new("load_seen", loads), load_unit(seen.deployment.load_model()), "Load seen", description);
    frame.fields.insert(1, field);
    frame.meta.custom = custom;
    frame
}

fn bin_fields(question: &Question, seen: &Seen, what: &str, bins: &[Bin]) -> Vec<Field> {
    let loads: Vec<f64> = bins.iter().map(|bin| bin.load).collect();
    let values: Vec<Option<Bucketed>> = bins.iter().map(|bin| value(question, bin)).collect();
    let column = |name: &str, unit: &str, display: &str, description: &str, value: fn(&Bin) -> Option<f64>| {
        let values: Vec<Option<f64>> = bins.iter().map(value).collect();
        described(Field::new(name, values), unit, display, description)
    };
    let per_second = |amount: fn(&Bin) -> Option<f64>| move |bin: &Bin| Some(amount(bin)? / bin.seconds);
    let rates: Vec<Option<f64>> = bins.iter().map(per_second(|bin| bin.requests)).collect();
    let tokens: Vec<Option<f64>> = bins.iter().map(per_second(|bin| bin.output_tokens)).collect();
    let mut fields = vec![described(
        Field::new("load", loads),
        load_unit(seen.deployment.load_model()),
        "Load",
        "Mean load of one replica.",
    )];
    fields.extend(value_fields(question, seen, what, "bucket and sample size", &values));
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

fn value_fields(question: &Question, seen: &Seen, what: &str, by: &str, values: &[Option<Bucketed>]) -> [Field; 3] {
    let metric = question.axis.metric;
    let side = if matches!(metric, Metric::Latency(_)) { " (server)" } else { "" };
    let part = |value: fn(&Bucketed) -> Option<f64>| -> Vec<Option<f64>> {
        values.iter().map(|one| value(one.as_ref()?).filter(|value| value.is_finite())).collect()
    };
    let name = format!("{} ({what})", seen.name());
    let description = format!("{} As measured by the server.", metric.about());
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

/// What all frames of a deployment say, except which frame it is.
fn custom(question: &Question, seen: &Seen, bins: &[Bin]) -> Value {
    let (model, presence) = (seen.deployment.load_model(), seen.presence(question.span));
    let own = production_run(seen.name(), bins, model);
    let mut verdict = assess(&own, &question.slo);
    // Loads are means of scrapes here, and Little's law is about the true mean.
    verdict.findings.retain(|finding| finding.code != Code::ImpossibleThroughput);
    let unit = model.unit();
    json!(Overlay {
        seen: SeenDeployment {
            deployment: seen.name().to_owned(),
            presence: Id(presence),
            presence_text: presence.sentence().to_owned(),
        },
        load: seen.also.observations.last().and_then(|now| now.load(model)),
        metric: Id(question.axis.metric),
        statistic: question.axis.shown_statistic().map(Id),
        unit: question.axis.metric.plain_unit().to_owned(),
        side: "server".to_owned(),
        load_unit: unit.to_owned(),
        slo: objects::slo(&question.slo),
        run: seen.deployment.benchmark.as_ref().map(|benchmark| objects::run(&benchmark.run, &benchmark.label)),
        production_verdict: objects::verdict(&verdict, unit),
    })
}
