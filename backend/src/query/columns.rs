//! The columns of a level: one table that the curve's frames and the table of levels share.

use headroom_contract::frames::Unit;
use headroom_contract::words::Choice as _;
use headroom_engine::level::Level;
use headroom_engine::points::{Estimate, level_statistic};
use headroom_engine::run::LoadModel;
use headroom_engine::slo::{Latency, Statistic};
use headroom_protocol::frame::Field;

use super::axis::Metric;
use super::table::{Column, count, described, load_unit, number};

/// The offered load. `model` gives it its name and unit.
pub(crate) fn load(levels: &[&Level], model: LoadModel) -> Field {
    let field = Field::new("load", levels.iter().map(|level| level.load).collect::<Vec<f64>>());
    let (name, description) = match model {
        LoadModel::Closed => ("Users", "Offered load: requests that users keep in flight at the same time."),
        LoadModel::Open(_) => ("Offered req/s", "Offered load: requests that arrive per second."),
    };
    described(field, load_unit(model), name, description)
}

/// What else the load step measured, latencies apart.
const MEASURED: &[Column<Level>] = &[
    number("concurrency", Unit::None, "In flight", "Mean number of requests in flight, as measured.", |level| {
        level.concurrency
    }),
    number("duration_s", Unit::Seconds, "Duration", "Length of the measurement window.", |level| level.duration_s),
    count("ok", "OK", "Requests that were answered in full.", |level| level.requests.ok),
    count("errored", "Errors", "Requests that failed or were refused.", |level| level.requests.errored),
    count(
        "incomplete",
        "Cut off",
        "Requests in flight when the clock ran out: neither a success nor an error.",
        |level| level.requests.incomplete,
    ),
    number(
        "request_rate",
        Unit::RequestsPerSecond,
        "Req/s",
        "Successful requests per second, recomputed from counts and duration.",
        |level| level.rates.requests,
    ),
    number(
        "output_tokens_per_second",
        Unit::TokensPerSecond,
        "Output tok/s",
        "Output tokens per second, recomputed from counts and duration.",
        |level| level.rates.output_tokens,
    ),
    number(
        "prompt_tokens_per_second",
        Unit::TokensPerSecond,
        "Prompt tok/s",
        "Prompt tokens per second, recomputed from counts and duration.",
        |level| level.rates.prompt_tokens,
    ),
    number(
        "total_tokens_per_second",
        Unit::TokensPerSecond,
        "Total tok/s",
        "Prompt and output tokens per second, recomputed from counts and duration.",
        |level| level.rates.total_tokens,
    ),
];

/// What else the load steps measured, latencies apart.
pub(crate) fn measured(levels: &[&Level]) -> Vec<Field> {
    MEASURED.iter().map(|column| column.field(levels.iter().copied(), "")).collect()
}
/// A latency at a statistic with both ends of its interval.
pub(crate) fn latency(levels: &[&Level], latency: Latency, statistic: Statistic) -> [Field; 3] {
    let estimates: Vec<Option<Estimate>> =
        levels.iter().map(|level| level_statistic(level, latency, statistic)).collect();
    let name = format!("{}_{}", latency.id(), statistic.id());
    let display = format!("{} {}", latency.label(), statistic.id());
    interval(&name, &display, "ms", Metric::Latency(latency).about(), &estimates)
}

/// An estimate as three columns: `name`, `name_lo` and `name_hi`.
pub(crate) fn interval(
    name: &str,
    display: &str,
    unit: &str,
    description: &str,
    estimates: &[Option<Estimate>],
) -> [Field; 3] {
    let column = |value: fn(&Estimate) -> Option<f64>| -> Vec<Option<f64>> {
        estimates.iter().map(|estimate| estimate.as_ref().and_then(value)).collect()
    };
    let end = |end: &str| {
        format!("{end} end of the 95 % confidence interval of {display}; empty where the data cannot give it.")
    };
    [
        described(Field::new(name, column(|estimate| Some(estimate.value))), unit, display, description),
        described(
            Field::new(format!("{name}_lo"), column(|estimate| estimate.lo)),
            unit,
            &format!("{display} (low)"),
            &end("Lower"),
        ),
        described(
            Field::new(format!("{name}_hi"), column(|estimate| estimate.hi)),
            unit,
            &format!("{display} (high)"),
            &end("Upper"),
        ),
    ]
}

/// Errors among finished requests.
pub(crate) fn error_rate(levels: &[&Level]) -> Field {
    let values: Vec<Option<f64>> = levels.iter().map(|level| level.requests.error_rate()).collect();
    described(Field::new("error_rate", values), "percentunit", "Error rate", "Errors among the requests that finished.")
}
