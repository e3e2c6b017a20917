//! `live`: the load, latencies and other numbers of production over time.

use std::sync::Arc;

use headroom_contract::frames::{Beside, Column as About, DocumentedFrame, Read};
use headroom_contract::query::{Alert, Field as KindField, Group, Part, QuerySpec};
use headroom_contract::units::Unit;
use headroom_engine::live::{Bucketed, Histogram, Observation};
use headroom_engine::slo::Statistic;
use headroom_protocol::QueryError;
use headroom_protocol::frame::{Field, Notice};
use serde_json::json;

use super::over_time;
use super::server_latency::{at_statistic, per_gap};
use crate::production::{Observed, Wanted};
use crate::query::fleet::LiveDeployment;
use crate::query::kind::{Answer, Audience, Found, QueryKind, Question, Source};
use crate::query::parse::Request;
use crate::query::seen::{Needs, Observe, Seen, WindowPlan};
use crate::query::table::{self, Units};

/// Describes the query kind for editors and documents.
const KIND: QuerySpec = QuerySpec {
    id: "live",
    label: "Live",
    about: "Load, latencies, token rates and pressure over time",
    group: Group::Production,
    needs_prometheus: true,
    takes: &[
        Part::Deployments,
        Part::Namespaces,
        Part::Runs,
        Part::Limits,
        Part::Load,
        Part::Statistic,
        Part::Window,
        Part::Fields,
        Part::Interval,
    ],
    fields: live_fields,
    frames: &[DocumentedFrame {
        id: "live",
        rows: "One frame per deployment, one row per window of time",
        columns: || [table::TIME].into_iter().chain(COLUMNS.iter().flat_map(documented)).collect(),
    }],
    alert: Some(Alert::of(ALERT, "or what `fields` names, in the window that counts as now")),
};

/// `live`.
pub(super) struct LiveQuery;

/// A number of a window.
type Number = fn(&Observation) -> Option<f64>;
/// A histogram of a window, which is given by its index.
type Of = fn(&Observed, usize) -> Option<&Histogram>;

enum Value {
    Number(Number),
    /// A latency at the query's statistic, with the bounds of its bucket.
    Latency(Of),
    CacheHits,
    /// Whether any server can be scraped.
    Up,
}

struct Column {
    about: About,
    value: Value,
}

const fn column(name: &'static str, unit: Unit, title: &'static str, about: &'static str, value: Value) -> Column {
    Column { about: About::of(name, unit, title, about), value }
}

const fn number(name: &'static str, unit: Unit, title: &'static str, about: &'static str, value: Number) -> Column {
    column(name, unit, title, about, Value::Number(value))
}

const fn latency(name: &'static str, title: &'static str, about: &'static str, of: Of) -> Column {
    column(name, Unit::Milliseconds, title, about, Value::Latency(of))
}

/// The description of a column; for a latency with those of its bounds.
fn documented(column: &Column) -> Vec<About> {
    match column.value {
        Value::Latency(_) => column.about.clone().with_ends().into(),
        Value::Number(_) | Value::CacheHits | Value::Up => vec![column.about.clone()],
    }
}

/// Every column. Latencies become three fields: the value and the bounds of its bucket.
const COLUMNS: &[Column] = &[
    number(
        Read::Concurrency.id(),
        Unit::Requests,
        "In flight",
        "Requests running or waiting, all replicas, mean of the window.",
        Observation::concurrency,
    ),
    number(
        ALERT,
        Unit::Users,
        "Load per replica",
        "Requests in flight per replica: the load of a closed-loop benchmark.",
        |one| one.load(headroom_engine::run::LoadModel::Closed),
    ),
    number("running", Unit::Requests, "Running", "Requests in the batch, mean of the window, all replicas.", |one| {
        one.running
    }),
    number(
        "waiting",
        Unit::Requests,
        "Waiting",
        "Requests waiting for a place in the batch, mean of the window, all replicas.",
        |one| one.waiting,
    ),
    number("replicas", Unit::None, "Replicas", "Servers that had metrics at the end of the window.", |one| {
        one.replicas
    }),
    column(
        "up",
        Unit::None,
        "Up",
        "1 while any of its servers can be scraped, 0 while none can or all are gone.",
        Value::Up,
    ),
    number(
        Read::RequestRate.id(),
        Unit::RequestsPerSecond,
        "Requests",
        "Requests that finished, per second, all replicas.",
        |one| per_second(one, one.requests),
    ),
    number(
        "refused_per_second",
        Unit::RequestsPerSecond,
        "Refused",
        "Requests refused for want of capacity, per second, all replicas; empty where the server does not count them.",
        |one| per_second(one, one.refused),
    ),
    number(
        "refused_share",
        Unit::Share,
        "Refused, share",
        "Share of the requests that arrived that was refused for want of capacity; empty where the server does not count that.",
        Observation::refused_share,
    ),
    number(
        Read::OutputRate.id(),
        Unit::TokensPerSecond,
        "Output tokens",
        "Tokens generated per second, those of requests that were cut off included, all replicas.",
        |one| per_second(one, one.output_tokens),
    ),
    number(
        Read::PromptRate.id(),
        Unit::TokensPerSecond,
        "Prompt tokens",
        "Prompt tokens read per second, all replicas.",
        |one| per_second(one, one.prompt_tokens),
    ),
    latency(
        "ttft",
        "TTFT",
        "From arrival at the server to the first token. The client's is longer by the network and, for a reasoning model, by the thinking.",
        |seen, at| seen.observations[at].latencies.ttft.as_ref(),
    ),
    latency(
        "itl",
        "ITL",
        "Time between tokens: per request where the server counts that, else per gap.",
        |seen, at| seen.observations[at].latencies.itl.as_ref(),
    ),
    latency("e2e", "E2E", "From arrival at the server to the last token.", |seen, at| {
        seen.observations[at].latencies.e2e.as_ref()
    }),
    latency("queue", "Queue", "Time waiting for a place in the batch.", |seen, at| seen.queue[at].as_ref()),
    number("kv_cache_use", Unit::Share, "KV cache", "Highest share of a replica's KV cache in use.", |one| {
        one.kv_cache_use
    }),
    number(
        "preemptions_per_second",
        Unit::PerSecond,
        "Preemptions",
        "Requests put back to make room in the KV cache, per second.",
        |one| per_second(one, one.preemptions),
    ),
    column(
        "prefix_cache_hits",
        Unit::Share,
        "Prefix cache hits",
        "Share of looked-up prompt tokens that the prefix cache had.",
        Value::CacheHits,
    ),
    number(
        "gpu_utilization",
        Unit::Share,
        "GPU use",
        "Share of time in which the deployment's GPUs ran anything.",
        |one| one.gpu_utilization,
    ),
];

/// The fields that `fields` may name.
fn live_fields() -> Vec<KindField> {
    let field = |About { name, title, about, .. }: &About| KindField {
        name: name.to_string(),
        title: title.to_string(),
        about: about.to_string(),
    };
    COLUMNS.iter().map(|column| field(&column.about)).collect()
}

fn per_second(one: &Observation, amount: Option<f64>) -> Option<f64> {
    amount.filter(|_| one.seconds > 0.0).map(|amount| amount / one.seconds)
}

/// The number that an alert rule gets by default.
const ALERT: &str = Read::Load.id();

impl QueryKind for LiveQuery {
    fn kind(&self) -> &'static QuerySpec {
        &KIND
    }

    fn source(&self, _: &Request) -> Source {
        Source::Deployments
    }

    fn needs(&self, question: &Question, _: &[Arc<LiveDeployment>], audience: Audience) -> Result<Needs, QueryError> {
        let columns = columns(&fields_of(question, audience))?;
        let over = if audience == Audience::AlertRule { WindowPlan::Now } else { WindowPlan::POINTS };
        Ok(Needs::observing(Observe { wanted: wanted(&columns), over }))
    }

    fn frames(&self, question: &Question, found: &Found) -> Result<Answer, QueryError> {
        let columns = columns(&fields_of(question, Audience::Panel))?;
        let statistic = question.axis.statistic;
        let alone = found.seen.len() == 1;
        let more = json!({ "statistic": statistic.id(), "side": "server" });
        let frames = found.seen.iter().map(|seen| {
            let fields = columns.iter().flat_map(|column| fields(column, seen, statistic, alone)).collect();
            over_time::frame(KIND.id, question.span, seen, fields, more.clone())
        });
        Ok(Answer { frames: frames.collect(), notices: remarks(&columns, found) })
    }

    fn alert(&self, question: &Question, found: &Found) -> Result<Answer, QueryError> {
        let names = fields_of(question, Audience::AlertRule);
        let columns = columns(&names)?;
        let (statistic, alone) = (question.axis.statistic, found.seen.len() == 1);
        let of_each = |seen| columns.iter().flat_map(move |column| fields(column, seen, statistic, alone));
        let fields = found.seen.iter().flat_map(of_each).filter(|field| names.contains(&field.name)).collect();
        let frame = table::of_alert(KIND.id, fields, found.seen.iter().map(|seen| seen.deployment.as_ref()));
        Ok(Answer::of(frame, remarks(&columns, found)))
    }
}

/// The names of the requested fields; empty for all.
fn fields_of(question: &Question, audience: Audience) -> Vec<String> {
    let asked = &question.request.production.fields;
    if asked.is_empty() && audience == Audience::AlertRule { vec![ALERT.to_owned()] } else { asked.clone() }
}

/// The columns with these fields; all columns if `fields` is empty.
///
/// # Errors
/// If no column has a field with one of these names.
fn columns(fields: &[String]) -> Result<Vec<&'static Column>, QueryError> {
    if let Some(unknown) = fields.iter().find(|name| !COLUMNS.iter().any(|column| has(column, name))) {
        let names: Vec<&str> = COLUMNS.iter().map(|column| column.about.name.as_ref()).collect();
        return Err(QueryError::bad_request(format!(
            "fields: expected some of {}; found `{unknown}`",
            names.join(", ")
        )));
    }
    let asked = |column: &&Column| fields.is_empty() || fields.iter().any(|name| has(column, name));
    Ok(COLUMNS.iter().filter(asked).collect())
}

/// Whether a column has a field with this name: its own, or that of a latency's bounds.
fn has(column: &Column, name: &str) -> bool {
    let own = name.strip_suffix(Beside::Low.id()).or_else(|| name.strip_suffix(Beside::High.id()));
    name == column.about.name || (matches!(column.value, Value::Latency(_)) && own == Some(column.about.name.as_ref()))
}

fn wanted(columns: &[&Column]) -> Wanted {
    let any = |names: &[&str]| columns.iter().any(|column| names.contains(&column.about.name.as_ref()));
    Wanted {
        traffic: any(&[Read::RequestRate.id(), Read::PromptRate.id(), "prefix_cache_hits"]),
        latencies: any(&["ttft", "itl", "e2e"]),
        queue: any(&["queue"]),
        pressure: any(&["kv_cache_use", "preemptions_per_second"]),
        gpu: any(&["gpu_utilization"]),
        // Every frame says whether its deployment sheds load.
        refusals: true,
    }
}

fn remarks(columns: &[&Column], found: &Found) -> Vec<Notice> {
    let itl = columns.iter().any(|column| column.about.name == "itl");
    per_gap(&found.seen).filter(|_| itl).into_iter().collect()
}

fn fields(column: &Column, seen: &Seen, statistic: Statistic, alone: bool) -> Vec<Field> {
    let observations = &seen.observed.observations;
    let field = |about: About, values: Vec<Option<f64>>| {
        let title = if alone { about.title } else { format!("{} {}", seen.deployment.title(), about.title).into() };
        over_time::line(seen, &About { title, ..about }, Units::FIXED, values.into_iter())
    };
    let about = column.about.clone();
    match column.value {
        Value::Number(value) => vec![field(about, observations.iter().map(value).collect())],
        Value::CacheHits => vec![field(about, seen.observed.cache_hits.clone())],
        Value::Up => vec![field(about, up(&seen.deployment, observations))],
        Value::Latency(of) => {
            let found: Vec<Option<Bucketed>> =
                (0..observations.len()).map(|at| at_statistic(of(&seen.observed, at)?, statistic)).collect();
            let title = format!("{} {} (server)", about.title, statistic.id());
            let part = |value: fn(&Bucketed) -> Option<f64>| found.iter().map(|one| value(one.as_ref()?)).collect();
            let [value, low, high] = about.with_ends();
            let bound = |end: &str, sign: &str, column: About| About {
                title: format!("{title}, {sign}").into(),
                about: format!("{end} bound of the histogram bucket that {title} lies in.").into(),
                ..column
            };
            let (low, high) = (bound("Lower", "at least", low), bound("Upper", "at most", high));
            let value = About { title: title.into(), ..value };
            vec![
                field(value, part(|one| one.value)),
                field(low, part(|one| Some(one.lo))),
                field(high, part(|one| one.hi)),
            ]
        }
    }
}

/// Whether a deployment could be scraped, for each window. Unknown before it was first seen in the time range; a
/// deployment that was only seen before the time range counts as gone.
fn up(deployment: &LiveDeployment, observations: &[Observation]) -> Vec<Option<f64>> {
    let first = observations.iter().position(|one| one.up.is_some());
    let gone = first.is_none() && !deployment.target.members.is_empty();
    let known_from = if gone { Some(0) } else { first };
    observations
        .iter()
        .enumerate()
        .map(|(at, one)| known_from.filter(|from| at >= *from).map(|_| f64::from(u8::from(one.up == Some(true)))))
        .collect()
}
