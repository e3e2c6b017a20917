//! `headroom`: how much of the load that a deployment holds is left.

use std::sync::Arc;

use headroom_contract::frames::{Column as About, DocumentedFrame, Drawn, Read};
use headroom_contract::production::{DeploymentHeadroom, Headrooms};
use headroom_contract::query::{Alert, Group, Part, QuerySpec};
use headroom_contract::units::Unit;
use headroom_contract::words::Id;
use headroom_engine::bottleneck::BottleneckKind as Limit;
use headroom_engine::display;
use headroom_engine::live::headroom::{Headroom as Left, headroom};
use headroom_engine::live::limits::{self, Benchmark};
use headroom_engine::live::{Observation, Presence};
use headroom_engine::run::LoadModel;
use headroom_protocol::QueryError;
use headroom_protocol::frame::{Frame, Notice};
use serde_json::json;

use super::over_time;
use super::service::{Service, service};
use crate::production::Wanted;
use crate::query::fleet::LiveDeployment;
use crate::query::kind::{Answer, Audience, Found, QueryKind, Question, Source};
use crate::query::notices::warning;
use crate::query::parse::{Form, Request};
use crate::query::seen::{Needs, Observe, Seen, WindowPlan};
use crate::query::table::{self, AlertNumber, Column, DeploymentRow, Units, load_unit, number};
use crate::query::{json as objects, text};

/// Describes the query kind for editors and documents.
const KIND: QuerySpec = QuerySpec {
    id: "headroom",
    label: "Headroom",
    about: "How much of the breaking load is left, now or over time; for alerts too",
    group: Group::Production,
    needs_prometheus: true,
    takes: &[
        Part::Deployments,
        Part::Namespaces,
        Part::Runs,
        Part::Limits,
        Part::Load,
        Part::Form,
        Part::Window,
        Part::Interval,
    ],
    fields: QuerySpec::no_fields,
    frames: &[
        DocumentedFrame {
            id: Drawn::Headroom.id(),
            rows: "One frame, one row per deployment",
            columns: || table::documented_of_deployments(COLUMNS),
        },
        DocumentedFrame {
            id: SERIES,
            rows: "One frame per deployment, one row per window of time",
            columns: || [table::TIME].into_iter().chain(LEFT.with_ends()).chain([LOAD]).collect(),
        },
    ],
    alert: Some(Alert::of(ALERT.name, "1 − load / breaking load")),
};

/// The id of the frames with `format` `series`.
const SERIES: &str = "headroom_series";

/// `headroom`.
pub(super) struct HeadroomQuery;

struct Headroom {
    /// The window that counts as now.
    now: Observation,
    left: Option<Left>,
    /// The share of the requests arriving in that window that was refused, 0 to 1.
    refused_share: Option<f64>,
    /// Whether the service level is met in that window.
    service: Service,
    sentence: String,
}

type Row = DeploymentRow<Headroom>;

const ABOUT: &str = "1 − load / breaking load, per replica: 1 without load, 0 at the breaking load, negative beyond it; at most 0 while requests \
     are refused.";

impl QueryKind for HeadroomQuery {
    fn kind(&self) -> &'static QuerySpec {
        &KIND
    }

    fn source(&self, _: &Request) -> Source {
        Source::Deployments
    }

    fn needs(
        &self,
        question: &Question,
        fleet: &[Arc<LiveDeployment>],
        audience: Audience,
    ) -> Result<Needs, QueryError> {
        let table = audience == Audience::Panel && question.request.production.form == Form::Table;
        let over_time = audience == Audience::Panel && !table;
        let wanted = Wanted {
            // The load of an open loop is a rate; the pressure shows whether production contradicts the benchmark.
            traffic: fleet.iter().any(|deployment| matches!(deployment.load_model(), LoadModel::Open(_))),
            pressure: true,
            refusals: true,
            // The limited latencies; a history and an alert rule have no column for them.
            latencies: table,
            ..Wanted::default()
        };
        Ok(Needs::observing(Observe { wanted, over: if over_time { WindowPlan::POINTS } else { WindowPlan::Now } }))
    }

    fn frames(&self, question: &Question, found: &Found) -> Result<Answer, QueryError> {
        if question.request.production.form == Form::Series {
            return Ok(found.seen.iter().map(|seen| history(question, seen)).collect::<Vec<Frame>>().into());
        }
        let rows = found.rows(|seen| row(question, seen));
        let window_s = question.span.now.as_secs_f64();
        let custom = json!(Headrooms { window_s, deployments: rows.iter().map(object).collect() });
        Ok(Answer::of(table::of_deployments(KIND.id, COLUMNS, &rows, custom), contradictions(&rows)))
    }

    fn alert(&self, question: &Question, found: &Found) -> Result<Answer, QueryError> {
        let rows = found.rows(|seen| row(question, seen));
        Ok(Answer::of(ALERT.frame(&rows), contradictions(&rows)))
    }
}

/// The headroom of a replica in a window; `None` without a benchmark or a known load. Admitted requests do not show the
/// demand, so nothing is left if requests were refused.
fn left(deployment: &LiveDeployment, observation: &Observation) -> Option<Left> {
    let benchmark = deployment.benchmark.as_ref()?;
    let load = observation.load(benchmark.run.load_model)?;
    let left = headroom(load, observation.replicas?, &benchmark.verdict);
    Some(if observation.sheds() == Some(true) { left.while_shedding() } else { left })
}

fn row(question: &Question, seen: &Seen) -> Row {
    let observations = &seen.observed.observations;
    let now = observations.last().cloned().unwrap_or_default();
    let presence = seen.deployment.presence(observations, i64::MIN);
    // A server that is down has no load, and so no headroom.
    let left = left(&seen.deployment, &now).filter(|_| presence.is_there());
    let refused_share = now.refused_share().filter(|_| presence.is_there());
    let sentence = sentence(&seen.deployment, presence, left.as_ref(), refused_share);
    let service = service(&question.slo, presence, &now);
    seen.row(presence, Headroom { now, left, refused_share, service, sentence })
}

fn sentence(
    deployment: &LiveDeployment,
    presence: Presence,
    left: Option<&Left>,
    refused_share: Option<f64>,
) -> String {
    let said = what_is_left(deployment, presence, left);
    if presence != Presence::Shedding {
        return said;
    }
    let share =
        refused_share.map_or_else(|| "Requests".to_owned(), |share| format!("{} of requests", display::percent(share)));
    format!("{said} {share} were refused: how much is asked for beyond that load is not known.")
}

fn what_is_left(deployment: &LiveDeployment, presence: Presence, left: Option<&Left>) -> String {
    let Some(benchmark) = &deployment.benchmark else {
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
        (Some(value), _) if left.shedding && value >= 0.0 => format!("{load}{replicas} of {holds}: nothing left."),
        (Some(value), [low, high]) => {
            // If the sweep ended while passing, the headroom is a lower bound; beyond the highest load, the excess is
            // an upper bound.
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

fn contradictions(rows: &[Row]) -> Vec<Notice> {
    rows.iter().filter_map(contradiction).collect()
}

/// A warning if requests queue at a load that passed in the benchmark.
fn contradiction(row: &Row) -> Option<Notice> {
    let benchmark = row.deployment.benchmark.as_ref()?;
    let left = row.of.left?;
    let judged = Benchmark { run: &benchmark.run, verdict: &benchmark.verdict };
    let limiting = limits::limiting(std::slice::from_ref(&row.of.now), Some(judged), None);
    let queues = limiting.kind != Limit::NoneSeen && row.of.now.waiting.is_some_and(|waiting| waiting >= 1.0);
    (queues && limits::contradicts(limiting.kind, left.load, &benchmark.verdict)).then(|| {
        warning(format!(
            "{}: requests wait for capacity although the benchmark says that this load passes. Production asks for \
             something else than the benchmark did (longer prompts or answers), or the deployment has changed: benchmark it \
             again",
            row.deployment.name()
        ))
    })
}

const ALERT: AlertNumber<Headroom> = AlertNumber {
    name: "headroom",
    unit: Unit::Share,
    about: ABOUT,
    value: |row| row.of.left.and_then(|left| left.value),
};

const COLUMNS: &[Column<Row>] = &[
    number("headroom", Unit::Share, "Headroom", ABOUT, |row| row.of.left?.value),
    number("headroom_lo", Unit::Share, "At least", "Lower end, by the 95 % interval of the breaking load.", |row| {
        row.of.left?.interval[0]
    }),
    number("headroom_hi", Unit::Share, "At most", "Upper end, by the 95 % interval of the breaking load.", |row| {
        row.of.left?.interval[1]
    }),
    table::text(
        "slo_state",
        "SLO now",
        "Whether production meets the service level in the window that counts as now: met, violated, unsure (a limit lies \
         within the bucket of its percentile), idle, or unknown (its server does not count what is limited).",
        |row| Some(row.of.service.id().to_owned()),
    ),
    number(
        "load",
        Unit::Load,
        "Load per replica",
        "Mean load of one replica in the window that counts as now, in the unit of its benchmark.",
        |row| Some(row.of.left?.load),
    ),
    number(
        "holds",
        Unit::Load,
        "Holds",
        "The load per replica that this is measured against: the breaking load, or the highest load that passed where the \
         sweep never broke it.",
        |row| row.of.left?.holds,
    ),
    number("concurrency", Unit::Requests, "In flight", "Requests running or waiting, all replicas.", |row| {
        row.of.now.concurrency()
    }),
    number("waiting", Unit::Requests, "Waiting", "Requests waiting for a place in the batch, all replicas.", |row| {
        row.of.now.waiting
    }),
    number("kv_cache_use", Unit::Share, "KV cache", "Highest share of a replica's KV cache in use.", |row| {
        row.of.now.kv_cache_use
    }),
    number("replicas", Unit::None, "Replicas", "Servers that have metrics.", |row| row.of.now.replicas),
    number(
        "replicas_needed",
        Unit::None,
        "Replicas needed",
        "Whole replicas that this load needs at its breaking load; empty while requests are refused, because how much is asked \
         for is not known then.",
        |row| row.of.left?.replicas_needed(),
    ),
    number(
        "spare_load",
        Unit::Load,
        "Spare load",
        "How much more load all replicas together hold; at most 0 while requests are refused.",
        |row| row.of.left?.spare_load(),
    ),
    number(
        "refused_share",
        Unit::Share,
        "Refused",
        "Share of the requests that arrived in the window that counts as now that was refused for want of capacity; empty \
         where its server does not count that.",
        |row| row.of.refused_share,
    ),
    table::text(
        "state",
        "Verdict",
        "Kind of the benchmark's answer: edge, floor (at least), never_met, cliff, bracket, not_measured; empty without a benchmark.",
        |row| Some(row.deployment.benchmark.as_ref()?.verdict.state.id().to_owned()),
    ),
    table::text(
        "binding",
        "Limit that breaks first",
        "The limit that breaks first; empty when none was seen to break.",
        |row| Some(row.deployment.benchmark.as_ref()?.verdict.binding?.label()),
    ),
    table::text("slo", "SLO", "The definition of \"broken\" that was used.", |row| {
        Some(row.deployment.benchmark.as_ref()?.verdict.slo.name.clone())
    }),
    table::text("sentence", "In words", "The row in words.", |row| Some(row.of.sentence.clone())),
    table::text("run", "Run", "Identity of the run that it is measured against.", |row| {
        Some(row.deployment.run()?.id.clone())
    }),
];

fn object(row: &Row) -> DeploymentHeadroom {
    let (left, benchmark) = (row.of.left, row.deployment.benchmark.as_ref());
    DeploymentHeadroom {
        deployment: row.deployment.name().to_owned(),
        presence: Id(row.presence),
        load: left.map(|left| left.load),
        headroom: left.and_then(|left| left.value),
        interval: left.map(|left| left.interval),
        at_least: left.is_some_and(|left| left.at_least),
        refused_share: row.of.refused_share,
        replicas: row.of.now.replicas,
        sentence: row.of.sentence.clone(),
        run: benchmark.map(|benchmark| objects::run(&benchmark.run, &benchmark.label)),
        verdict: benchmark.map(|benchmark| objects::verdict(&benchmark.verdict, benchmark.run.load_model.unit())),
    }
}

/// The column of the headroom in a window.
const LEFT: About = About::of(ALERT.name, Unit::Share, "Headroom", ABOUT);
const LOAD: About = About::of(Read::Load.id(), Unit::Load, "Load", "Load of one replica.");

/// Headroom over time, with both ends of its interval.
fn history(question: &Question, seen: &Seen) -> Frame {
    let title = seen.deployment.title();
    let all: Vec<Option<Left>> = seen.observed.observations.iter().map(|one| left(&seen.deployment, one)).collect();
    let load = load_unit(seen.deployment.load_model());
    let line = |column: About, title: String, value: fn(&Left) -> Option<f64>| {
        let column = About { title: title.into(), ..column };
        over_time::line(seen, &column, Units::of_load(load), all.iter().map(|one| value(one.as_ref()?)))
    };
    let [headroom, low, high] = LEFT.with_ends();
    let low = About { about: "Lower end of the 95 % interval.".into(), ..low };
    let high = About { about: "Upper end of the 95 % interval.".into(), ..high };
    let fields = vec![
        line(headroom, title.to_owned(), |left| left.value),
        line(low, format!("{title} (low)"), |left| left.interval[0]),
        line(high, format!("{title} (high)"), |left| left.interval[1]),
        line(LOAD, format!("{title} load"), |left| Some(left.load)),
    ];
    over_time::frame(SERIES, question.span, seen, fields, json!({}))
}
