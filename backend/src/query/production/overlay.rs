//! `overlay`: production in the coordinates of the curve: the cloud of windows, production's own curve, and the
//! benchmark as the server measured it.

use std::sync::Arc;

use headroom_contract::frames::{DocumentedFrame, Drawn, Read};
use headroom_contract::production::{Overlay, Seen as SeenDeployment};
use headroom_contract::query::{Alert, Group, Part, QuerySpec};
use headroom_contract::units::Unit;
use headroom_contract::words::Id;
use headroom_engine::display;
use headroom_engine::findings::Code;
use headroom_engine::live::Bucketed;
use headroom_engine::live::drift::{Direction, drift, value_of};
use headroom_engine::live::overlay::{Bin, gather, production_run};
use headroom_engine::live::workload::{Traffic, mismatches};
use headroom_engine::points::level_points;
use headroom_engine::slo::{Latency, Subject};
use headroom_engine::verdict::assess;
use headroom_protocol::QueryError;
use headroom_protocol::frame::{Frame, Notice};
use serde_json::{Value, json};

use super::cloud;
use super::server_latency::{at_statistic, per_gap};
use crate::production::Wanted;
use crate::query::axis::Metric;
use crate::query::fleet::LiveDeployment;
use crate::query::json as objects;
use crate::query::kind::{Answer, Audience, Found, QueryKind, Question, Source};
use crate::query::notices::{info, warning};
use crate::query::parse::Request;
use crate::query::seen::{LookUp, Needs, Observe, Seen, WindowPlan};
use crate::query::table::{self, AlertNumber, Cell, Column, Units, documented, load_unit, number};

/// Describes the query kind for editors and documents.
const KIND: QuerySpec = QuerySpec {
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
        Part::Window,
        Part::Interval,
    ],
    fields: QuerySpec::no_fields,
    frames: &[
        DocumentedFrame {
            id: Drawn::Overlay.id(),
            rows: "One frame per deployment, one row per window of time in which its servers were there throughout",
            columns: || documented(WINDOWS),
        },
        DocumentedFrame {
            id: Drawn::OverlayBins.id(),
            rows: "One frame per deployment, one row per bin of load, ascending: the curve that production draws itself",
            columns: || documented(BINS).into_iter().chain(documented(MEASURED)).collect(),
        },
        DocumentedFrame {
            id: LEVELS,
            rows: "One frame per deployment, one row per level of its benchmark as the server saw it; absent where the time \
                   range does not reach into the benchmark, or somebody else used the server",
            columns: || documented(SEEN_LEVELS).into_iter().chain(documented(MEASURED)).collect(),
        },
    ],
    alert: Some(Alert::of(Read::Value.id(), "production's metric over the time range")),
};

/// The id of the third frame, which the panel does not draw.
const LEVELS: &str = "overlay_levels";

/// `overlay`.
pub(super) struct OverlayQuery;

impl QueryKind for OverlayQuery {
    fn kind(&self) -> &'static QuerySpec {
        &KIND
    }

    fn source(&self, _: &Request) -> Source {
        Source::Deployments
    }

    fn drawn_by_panel(&self) -> bool {
        true
    }

    fn needs(&self, question: &Question, _: &[Arc<LiveDeployment>], audience: Audience) -> Result<Needs, QueryError> {
        if question.axis.metric == Metric::Latency(Latency::Tpot) {
            return Err(QueryError::bad_request(
                "metric: a server does not count the time per output token as benchmarks define it; expected ttft, itl, e2e, \
                 request_rate or output_tokens_per_second",
            ));
        }
        let needs = Needs::observing(cloud::OBSERVE);
        if audience == Audience::AlertRule {
            return Ok(needs);
        }
        let now = Observe { wanted: Wanted { traffic: true, ..Wanted::default() }, over: WindowPlan::Now };
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
            frames.push(windows(question, seen, object(Drawn::Overlay.id())));
            frames.push(by_load(question, seen, &bins, object(Drawn::OverlayBins.id())));
            if !seen.levels.is_empty() {
                frames.push(levels(question, seen, object(LEVELS)));
            }
        }
        Ok(Answer { frames, notices })
    }

    fn alert(&self, question: &Question, found: &Found) -> Result<Answer, QueryError> {
        let number = AlertNumber {
            name: Read::Value.id(),
            unit: question.axis.metric.unit(),
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

fn gap_notice(question: &Question, found: &Found) -> Vec<Notice> {
    let itl = question.axis.metric == Metric::Latency(Latency::Itl);
    per_gap(&found.seen).filter(|_| itl).into_iter().collect()
}

/// The value of the metric in a bin.
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

/// Notices about differences between production and benchmark, and about why they may not be comparable.
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

/// Notices about levels of the benchmark at which the server measured something else than the client, and why.
fn off_the_curve(question: &Question, seen: &Seen, latency: Latency) -> Vec<Notice> {
    let (Some(run), statistic) = (seen.deployment.run(), question.axis.statistic) else { return Vec::new() };
    let points = level_points(run, Subject::Latency(latency, statistic));
    let unit = run.load_model.unit();
    seen.levels
        .iter()
        .filter_map(|level| {
            // Compared at the offered load, where the curve has this level: the load from a few scrapes is less exact.
            let (load, from, to) = (level.offered, level.offered, level.offered);
            let bin = Bin { load, from, to, ..level.bin.clone() };
            let compared = drift(std::slice::from_ref(&bin), &points, latency, statistic, unit);
            let one = compared.loads.first()?;
            let ms = Unit::Milliseconds.plain();
            let server = format!("{} {ms}", display::interval([Some(one.production.lo), one.production.hi]));
            let client = format!("{} {ms}", display::interval(one.curve_interval));
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

/// A window of time.
struct Window {
    at_ms: i64,
    load: f64,
    value: Option<Bucketed>,
    requests: Option<f64>,
}

/// The numbers at a load: of a bin of windows, or of a level of the benchmark.
struct AtLoad {
    /// The load of the row.
    load: f64,
    bin: Bin,
    value: Option<Bucketed>,
}

/// The description of the metric in production. The fields of each answer name the metric.
const ABOUT: &str = "The metric as production's server measured it; empty where it was not measured.";

const WINDOWS: &[Column<Window>] = &[
    Column { about: table::TIME, cell: Cell::Time(|one| Some(one.at_ms)) },
    number(Read::Load.id(), Unit::Load, "Load", "Mean load of one replica in the window.", |one| Some(one.load)),
    number(Read::Value.id(), Unit::Value, "Value", ABOUT, |one| one.value?.value),
    number(Read::ValueLo.id(), Unit::Value, "At least", "Lower end, by bucket.", |one| Some(one.value?.lo)),
    number(Read::ValueHi.id(), Unit::Value, "At most", "Upper end, by bucket.", |one| one.value?.hi),
    number(Read::Requests.id(), Unit::Requests, "Requests", "Requests that finished in the window.", |one| {
        one.requests
    }),
];

const BINS: &[Column<AtLoad>] = &[
    number(Read::Load.id(), Unit::Load, "Load", "Mean load of one replica.", |one| Some(one.load)),
    number("load_from", Unit::Load, "From", "Loads from here on belong to the row.", |one| Some(one.bin.from)),
    number("load_to", Unit::Load, "To", "Loads from here on belong to the next row.", |one| Some(one.bin.to)),
];

const SEEN_LEVELS: &[Column<AtLoad>] = &[
    number(Read::Load.id(), Unit::Load, "Load", "The load that was offered: there the curve has the level.", |one| {
        Some(one.load)
    }),
    number(
        "load_seen",
        Unit::Load,
        "Load seen",
        "The load that the server's metrics show, the mean of a few scrapes.",
        |one| Some(one.bin.load),
    ),
];

/// The columns after the load, in either table.
const MEASURED: &[Column<AtLoad>] = &[
    number(Read::Value.id(), Unit::Value, "Value", ABOUT, |one| one.value?.value),
    number(Read::ValueLo.id(), Unit::Value, "At least", "Lower end, by bucket and sample size.", |one| {
        Some(one.value?.lo)
    }),
    number(Read::ValueHi.id(), Unit::Value, "At most", "Upper end, by bucket and sample size.", |one| one.value?.hi),
    number(Read::Requests.id(), Unit::Requests, "Requests", "Finished requests of one replica.", |one| {
        one.bin.requests
    }),
    number(
        Read::RequestRate.id(),
        Unit::RequestsPerSecond,
        "Req/s",
        "Finished requests of one replica per second.",
        |one| Some(one.bin.requests? / one.bin.seconds),
    ),
    number(
        Read::OutputRate.id(),
        Unit::TokensPerSecond,
        "Output tok/s",
        "Output tokens of one replica per second.",
        |one| Some(one.bin.output_tokens? / one.bin.seconds),
    ),
    number("seconds", Unit::Seconds, "Time", "Time spent at this load.", |one| Some(one.bin.seconds)),
    number("windows", Unit::None, "Windows", "Windows of time behind the row.", |one| Some(one.bin.windows as f64)),
];

fn windows(question: &Question, seen: &Seen, custom: Value) -> Frame {
    let model = seen.deployment.load_model();
    let rows: Vec<Window> = cloud::usable(&seen.observed)
        .filter_map(|one| Some((one, one.load(model)?)))
        .map(|(one, load)| {
            let value = match question.axis.metric {
                Metric::Latency(latency) => {
                    one.latencies.get(latency).and_then(|histogram| at_statistic(histogram, question.axis.statistic))
                }
                Metric::RequestRate | Metric::OutputTokensPerSecond => value(question, &gather(&[one], model)),
            };
            Window { at_ms: one.at_ms, load, value, requests: one.requests }
        })
        .collect();
    frame(question, seen, "production", &[WINDOWS], &rows, custom)
}

fn by_load(question: &Question, seen: &Seen, bins: &[Bin], custom: Value) -> Frame {
    let rows: Vec<AtLoad> =
        bins.iter().map(|bin| AtLoad { load: bin.load, value: value(question, bin), bin: bin.clone() }).collect();
    frame(question, seen, "production, by load", &[BINS, MEASURED], &rows, custom)
}

fn levels(question: &Question, seen: &Seen, custom: Value) -> Frame {
    let rows: Vec<AtLoad> = seen
        .levels
        .iter()
        .map(|level| AtLoad { load: level.offered, value: value(question, &level.bin), bin: level.bin.clone() })
        .collect();
    frame(question, seen, "benchmark, server", &[SEEN_LEVELS, MEASURED], &rows, custom)
}

/// A frame of these tables side by side. `what` distinguishes it from the deployment's other frames.
fn frame<R: 'static>(
    question: &Question,
    seen: &Seen,
    what: &str,
    tables: &[&'static [Column<R>]],
    rows: &[R],
    custom: Value,
) -> Frame {
    let metric = question.axis.metric;
    let units = Units { load: load_unit(seen.deployment.load_model()), value: metric.unit() };
    let mut frame = Frame::new(format!("{} ({what})", seen.deployment.title()));
    frame.fields = tables.iter().copied().flatten().map(|column| column.field(rows.iter(), units)).collect();
    let side = if matches!(metric, Metric::Latency(_)) { " (server)" } else { "" };
    for field in &mut frame.fields {
        let config = &mut field.config;
        if field.name == Read::Value.id() {
            config.display_name_from_ds.clone_from(&frame.name);
            config.description = format!("{} As measured by the server.", metric.description());
        } else if [Read::ValueLo.id(), Read::ValueHi.id()].contains(&field.name.as_str()) {
            let end = config.display_name_from_ds.to_lowercase();
            config.display_name_from_ds = format!("{}{side}, {end}", metric.label());
        }
    }
    frame.meta.custom = custom;
    frame
}

/// The `meta.custom` of all frames of a deployment, except which frame it is.
fn custom(question: &Question, seen: &Seen, bins: &[Bin]) -> Value {
    let (model, presence) = (seen.deployment.load_model(), seen.presence(question.span));
    let own = production_run(seen.name(), bins, model);
    let mut verdict = assess(&own, &question.slo.of_servers());
    // Loads here are means of scrapes, but Little's law is about the true mean.
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
        unit: question.axis.metric.unit().plain().to_owned(),
        side: "server".to_owned(),
        load_unit: unit.to_owned(),
        slo: objects::slo(&question.slo),
        run: seen.deployment.benchmark.as_ref().map(|benchmark| objects::run(&benchmark.run, &benchmark.label)),
        production_verdict: objects::verdict(&verdict, unit),
    })
}
