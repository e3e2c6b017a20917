//! `live`: the operating point of production over time.

use headroom_engine::live::{Bucketed, Histogram, Observation};
use headroom_engine::slo::Statistic;
use headroom_protocol::QueryError;
use headroom_protocol::frame::{Field, Frame};
use serde_json::json;

use super::scene::{Placed, Scene};
use super::table;
use crate::production::{Observed, Wanted, Windows, time::Grid};
use crate::query::columns::described;
use crate::query::notices::warning;
use crate::query::{ProductionOptions, json as objects};

/// A number of a window.
type Number = fn(&Observation) -> Option<f64>;
/// Which histogram of a window.
type Of = fn(&Observed, usize) -> Option<&Histogram>;

enum Value {
    Number(Number),
    /// A latency at the statistic of the query, with the bucket that it lies in.
    Latency(Of),
    CacheHits,
    /// Whether any server can be scraped.
    Up,
}

struct Column {
    name: &'static str,
    unit: &'static str,
    title: &'static str,
    description: &'static str,
    value: Value,
}

const fn number(
    name: &'static str,
    unit: &'static str,
    title: &'static str,
    description: &'static str,
    value: Number,
) -> Column {
    Column { name, unit, title, description, value: Value::Number(value) }
}

const fn latency(name: &'static str, title: &'static str, description: &'static str, of: Of) -> Column {
    Column { name, unit: "ms", title, description, value: Value::Latency(of) }
}

/// What there is. Latencies become three fields: the value and the bounds of its bucket.
const COLUMNS: &[Column] = &[
    number(
        "concurrency",
        "",
        "In flight",
        "Requests running or waiting, all replicas, mean of the window.",
        Observation::concurrency,
    ),
    number(
        "load",
        "users",
        "Load per replica",
        "Requests in flight per replica: the load of a closed-loop benchmark.",
        |one| one.load(headroom_engine::run::LoadModel::Closed),
    ),
    number("running", "", "Running", "Requests in the batch, mean of the window.", |one| one.running),
    number("waiting", "", "Waiting", "Requests waiting for a place in the batch, mean of the window.", |one| {
        one.waiting
    }),
    number("replicas", "", "Replicas", "Servers that had metrics at the end of the window.", |one| one.replicas),
    Column {
        name: "up",
        unit: "",
        title: "Up",
        description: "1 while any of its servers can be scraped, 0 while none can or all are gone.",
        value: Value::Up,
    },
    number("request_rate", "reqps", "Requests", "Requests that finished, per second.", |one| {
        per_second(one, one.requests)
    }),
    number(
        "output_tokens_per_second",
        "tok/s",
        "Output tokens",
        "Tokens generated per second, those of requests that were cut off included.",
        |one| per_second(one, one.output_tokens),
    ),
    number("prompt_tokens_per_second", "tok/s", "Prompt tokens", "Prompt tokens read per second.", |one| {
        per_second(one, one.prompt_tokens)
    }),
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
    number("kv_cache_use", "percentunit", "KV cache", "Highest share of a replica's KV cache in use.", |one| {
        one.kv_cache_use
    }),
    number(
        "preemptions_per_second",
        "ops",
        "Preemptions",
        "Requests put back to make room in the KV cache, per second.",
        |one| per_second(one, one.preemptions),
    ),
    Column {
        name: "prefix_cache_hits",
        unit: "percentunit",
        title: "Prefix cache hits",
        description: "Share of prompt tokens that the prefix cache had.",
        value: Value::CacheHits,
    },
    number(
        "gpu_utilization",
        "percentunit",
        "GPU use",
        "Share of time in which the deployment's GPUs ran anything.",
        |one| one.gpu_utilization,
    ),
];

/// What `fields` may name.
pub(in crate::query) fn live_fields() -> Vec<headroom_contract::query::Field> {
    COLUMNS
        .iter()
        .map(|column| headroom_contract::query::Field {
            name: column.name.to_owned(),
            title: column.title.to_owned(),
            about: column.description.to_owned(),
        })
        .collect()
}

fn per_second(one: &Observation, amount: Option<f64>) -> Option<f64> {
    amount.filter(|_| one.seconds > 0.0).map(|amount| amount / one.seconds)
}

/// The frames: one a deployment, over time; for an alert rule one row of numbers.
pub(super) async fn frames(
    scene: &Scene,
    options: &ProductionOptions,
    reduced: bool,
) -> Result<Vec<Frame>, QueryError> {
    // An alert rule that does not say which number means the load.
    let default: &[String] = if reduced && options.fields.is_empty() { &["load".to_owned()] } else { &options.fields };
    let columns: Vec<&Column> = COLUMNS
        .iter()
        .filter(|column| default.is_empty() || default.iter().any(|name| belongs(name, column)))
        .collect();
    if let Some(unknown) = options.fields.iter().find(|name| !COLUMNS.iter().any(|column| belongs(name, column))) {
        let names: Vec<&str> = COLUMNS.iter().map(|column| column.name).collect();
        return Err(QueryError::bad_request(format!(
            "fields: expected some of {}; found `{unknown}`",
            names.join(", ")
        )));
    }
    let (from_ms, to_ms, interval) = (scene.from_ms, scene.to_ms, scene.interval);
    let now_from_ms = scene.now_from_ms();
    let seen = scene
        .observe(wanted(&columns), |scrape| {
            if reduced {
                return Some(Windows::one(now_from_ms, to_ms));
            }
            Some(Windows::of(Grid::within(from_ms, to_ms, interval.max(scrape))?, scrape))
        })
        .await?;
    let mut notices = scene.remarks(&seen);
    if columns.iter().any(|column| column.name == "itl") {
        notices.extend(per_gap(scene, &seen));
    }
    let statistic = scene.axis.statistic;
    let mut frames: Vec<Frame> = Vec::new();
    let alone = scene.placed.len() == 1;
    for (placed, seen) in scene.placed.iter().zip(&seen) {
        let observations = &seen.observations;
        let fields: Vec<Field> =
            columns.iter().flat_map(|column| fields(column, placed, seen, statistic, alone)).collect();
        if reduced {
            let fields = fields.into_iter().filter(|field| default.is_empty() || default.contains(&field.name));
            match frames.first_mut() {
                Some(frame) => frame.fields.extend(fields),
                None => frames.push(table::wide(Frame { fields: fields.collect(), ..Frame::new("live") })),
            }
            continue;
        }
        let times: Vec<i64> = observations.iter().map(|one| one.at_ms).collect();
        let mut frame = table::series(&placed.target.name, &times, fields);
        let presence = placed.presence(observations, now_from_ms);
        frame.meta.custom = json!({
            "headroom": "live",
            "deployment": placed.target.name,
            "presence": presence.id(),
            "presence_text": presence.sentence(),
            "statistic": statistic.id(),
            "side": "server",
            "run": placed.benchmark.as_ref().map(|benchmark| objects::run(&benchmark.run, &benchmark.label)),
        });
        frames.push(frame);
    }
    if let Some(first) = frames.first_mut() {
        first.meta.notices = notices;
    }
    Ok(frames)
}

/// Whether a name asks for a column: by itself, or as one of a latency's bounds.
fn belongs(name: &str, column: &Column) -> bool {
    let own = name.strip_suffix("_lo").or_else(|| name.strip_suffix("_hi"));
    name == column.name || (matches!(column.value, Value::Latency(_)) && own == Some(column.name))
}

fn wanted(columns: &[&Column]) -> Wanted {
    let any = |names: &[&str]| columns.iter().any(|column| names.contains(&column.name));
    Wanted {
        traffic: any(&["request_rate", "prompt_tokens_per_second", "prefix_cache_hits"]),
        latencies: any(&["ttft", "itl", "e2e"]),
        queue: any(&["queue"]),
        pressure: any(&["kv_cache_use", "preemptions_per_second"]),
        gpu: any(&["gpu_utilization"]),
    }
}

fn fields(column: &Column, placed: &Placed, seen: &Observed, statistic: Statistic, alone: bool) -> Vec<Field> {
    let observations = &seen.observations;
    let field = |suffix: &str, title: &str, description: &str, values: Vec<Option<f64>>| {
        let display = if alone { title.to_owned() } else { format!("{} {title}", placed.target.name) };
        let field = Field::new(format!("{}{suffix}", column.name), values);
        placed.labelled(described(field, column.unit, &display, description))
    };
    let finite = |value: Option<f64>| value.filter(|value| value.is_finite());
    match column.value {
        Value::Number(value) => {
            let values = observations.iter().map(|one| finite(value(one))).collect();
            vec![field("", column.title, column.description, values)]
        }
        Value::CacheHits => {
            let values = seen.cache_hits.iter().copied().map(finite).collect();
            vec![field("", column.title, column.description, values)]
        }
        Value::Up => vec![field("", column.title, column.description, up(placed, observations))],
        Value::Latency(of) => {
            let found: Vec<Option<Bucketed>> =
                (0..observations.len()).map(|at| at_statistic(of(seen, at)?, statistic)).collect();
            let title = format!("{} {} (server)", column.title, statistic.id());
            let part =
                |value: fn(&Bucketed) -> Option<f64>| found.iter().map(|one| finite(value(one.as_ref()?))).collect();
            let bound = |end: &str| format!("{end} bound of the histogram bucket that {title} lies in.");
            vec![
                field("", &title, column.description, part(|one| one.value)),
                field("_lo", &format!("{title}, at least"), &bound("Lower"), part(|one| Some(one.lo))),
                field("_hi", &format!("{title}, at most"), &bound("Upper"), part(|one| one.hi)),
            ]
        }
    }
}

/// Whether a deployment could be scraped, window by window. Before it was first seen it is not known; one that was seen
/// before the time range only is gone.
fn up(placed: &Placed, observations: &[Observation]) -> Vec<Option<f64>> {
    let first = observations.iter().position(|one| one.up.is_some());
    let gone = first.is_none() && !placed.target.members.is_empty();
    let known_from = if gone { Some(0) } else { first };
    observations
        .iter()
        .enumerate()
        .map(|(at, one)| known_from.filter(|from| at >= *from).map(|_| f64::from(u8::from(one.up == Some(true)))))
        .collect()
}

/// A histogram at a statistic. A mean is exact.
pub(super) fn at_statistic(histogram: &Histogram, statistic: Statistic) -> Option<Bucketed> {
    match statistic.quantile() {
        Some(q) => histogram.quantile(q),
        None => histogram.mean().map(|mean| Bucketed { value: Some(mean), lo: mean, hi: Some(mean) }),
    }
}

/// That the time between tokens is another quantity than in a benchmark.
pub(super) fn per_gap(scene: &Scene, seen: &[Observed]) -> Option<headroom_protocol::frame::Notice> {
    let names: Vec<&str> = scene
        .placed
        .iter()
        .zip(seen)
        .filter(|(_, seen)| seen.itl_per_gap)
        .map(|(placed, _)| placed.target.name.as_str())
        .collect();
    (!names.is_empty()).then(|| {
        warning(format!(
            "ITL of {} is that of single gaps between tokens: its server does not count it per request, as benchmarks do, \
             and percentiles of the two differ",
            names.join(", ")
        ))
    })
}
