//! The columns of a level, shared by the frames of a curve and the table of levels.

use headroom_contract::frames::{Beside, Column as About, Read};
use headroom_contract::units::Unit;
use headroom_engine::bounded::{BoundedLevel, bounded_levels};
use headroom_engine::level::Level;
use headroom_engine::points::{Estimate, level_estimate, level_statistic};
use headroom_engine::rates::{Counted, Rate, level_rates};
use headroom_engine::run::{LoadModel, Run};
use headroom_engine::slo::{Latency, Limit, Statistic, Subject};
use headroom_engine::tokens::TokenBasis;
use headroom_protocol::frame::Field;

use super::axis::Metric;
use super::table::{Column, Units, count, documented, field_of, load_unit, number};

/// The column of a level's offered load.
pub(crate) const LOAD: About = About::of(Read::Load.id(), Unit::Load, "Load", "Offered load.");

/// The offered load. `model` determines its name and unit.
pub(crate) fn load(levels: &[&Level], model: LoadModel) -> Field {
    let (title, about) = match model {
        LoadModel::Closed => ("Users", "Offered load: requests that users keep in flight at the same time."),
        LoadModel::Open(_) => ("Offered req/s", "Offered load: requests that arrive per second."),
    };
    let about = About { title: title.into(), about: about.into(), ..LOAD };
    field_of(&about, levels.iter().map(|level| level.load).collect::<Vec<f64>>(), Units::of_load(load_unit(model)))
}

/// The other measured values of a level, except latencies.
const MEASURED: &[Column<Level>] = &[
    number(
        Read::Concurrency.id(),
        Unit::Requests,
        "In flight",
        "Mean number of requests in flight, as measured.",
        |level| level.concurrency,
    ),
    number(Read::DurationS.id(), Unit::Seconds, "Duration", "Length of the measurement window.", |level| {
        level.duration_s
    }),
    count(Read::Ok.id(), Unit::Requests, "OK", "Requests that were answered in full.", |level| level.requests.ok),
    count(Read::Errored.id(), Unit::Requests, "Errors", "Requests that failed or were refused.", |level| {
        level.requests.errored
    }),
    count(
        Read::Incomplete.id(),
        Unit::Requests,
        "Cut off",
        "Requests in flight when the clock ran out: neither a success nor an error.",
        |level| level.requests.incomplete,
    ),
    number(Read::RequestRate.id(), Metric::RequestRate.unit(), "Req/s", Metric::RequestRate.description(), |level| {
        level.rates.requests
    }),
    number(
        Read::OutputRate.id(),
        Metric::OutputTokensPerSecond.unit(),
        "Output tok/s",
        Metric::OutputTokensPerSecond.description(),
        |level| level.rates.output_tokens,
    ),
    number(
        Read::PromptRate.id(),
        Unit::TokensPerSecond,
        "Prompt tok/s",
        "Prompt tokens per second, recomputed from counts and duration.",
        |level| level.rates.prompt_tokens,
    ),
    number(
        Read::TotalRate.id(),
        Unit::TokensPerSecond,
        "Total tok/s",
        "Prompt and output tokens per second, recomputed from counts and duration.",
        |level| level.rates.total_tokens,
    ),
];

/// The share of errors among finished requests; it follows the latencies.
const ERROR_RATE: Column<Level> =
    number("error_rate", Unit::Share, "Error rate", "Errors among the requests that finished.", |level| {
        level.requests.error_rate()
    });

/// The columns of a level from [`MEASURED`] on, for the documents.
pub(crate) fn documented_of_levels() -> Vec<About> {
    let latencies = Latency::ALL.into_iter().flat_map(|latency| Statistic::ALL.map(|at| about(latency, at)));
    documented(MEASURED)
        .into_iter()
        .chain(latencies.flat_map(About::with_ends))
        .chain([ERROR_RATE.about.clone(), not_served_about()])
        .collect()
}

/// The column of a rate over the levels' steady parts.
fn steady_rate(counted: Counted) -> About {
    let (name, title) = match counted {
        Counted::Tokens(TokenBasis::Output) => (Read::SteadyOutputRate, "Output tok/s while steady"),
        Counted::Tokens(TokenBasis::Prompt) => (Read::SteadyPromptRate, "Prompt tok/s while steady"),
        Counted::Tokens(TokenBasis::Total) => (Read::SteadyTotalRate, "Total tok/s while steady"),
        Counted::Requests => (Read::SteadyRequestRate, "Req/s while steady"),
    };
    let unit = if counted == Counted::Requests { Unit::RequestsPerSecond } else { Unit::TokensPerSecond };
    About::of(
        name.id(),
        unit,
        title,
        "What costs are computed from: the rate of the level's steady part, where the report has every request.",
    )
}

/// The rates that costs are computed from, each with both ends of its interval.
pub(crate) fn steady_rates(run: &Run) -> Vec<Field> {
    let levels = level_rates(run);
    let of = |counted: Counted| {
        let estimates: Vec<Option<Estimate>> = levels
            .iter()
            .map(|level| {
                let Rate { value, interval: [lo, hi] } = level.of(counted)?;
                Some(Estimate { value, lo, hi, count: 0 })
            })
            .collect();
        interval(steady_rate(counted), &estimates)
    };
    Counted::ALL.into_iter().flat_map(of).collect()
}

/// The columns of [`steady_rates`], for the documents.
pub(crate) fn documented_of_steady_rates() -> impl Iterator<Item = About> {
    Counted::ALL.into_iter().flat_map(|counted| steady_rate(counted).with_ends())
}

/// What the levels measured, with the latencies at these statistics.
pub(crate) fn measured(levels: &[&Level], statistics: &[Statistic]) -> Vec<Field> {
    let column = |column: &Column<Level>| column.field(levels.iter().copied(), Units::FIXED);
    let mut fields: Vec<Field> = MEASURED.iter().map(column).collect();
    for latency in Latency::ALL {
        for &statistic in statistics {
            let estimates: Vec<Option<Estimate>> =
                levels.iter().map(|level| level_statistic(level, latency, statistic)).collect();
            fields.extend(interval(about(latency, statistic), &estimates));
        }
    }
    fields.push(column(&ERROR_RATE));
    fields
}

fn about(latency: Latency, statistic: Statistic) -> About {
    let metric = Metric::Latency(latency);
    About {
        name: format!("{}_{}", latency.id(), statistic.id()).into(),
        unit: metric.unit(),
        title: format!("{} {}", latency.label(), statistic.id()).into(),
        about: metric.description().into(),
    }
}

/// An estimate as three columns: the value and both ends of its interval.
pub(crate) fn interval(about: About, estimates: &[Option<Estimate>]) -> [Field; 3] {
    let title = about.title.clone();
    let [value, low, high] = about.with_ends();
    let end = |column: About, end: &str, sign: &str| About {
        title: format!("{title} ({sign})").into(),
        about: format!("{end} end of the 95 % confidence interval of {title}; empty where the data cannot give it.")
            .into(),
        ..column
    };
    let field = |about: &About, value: fn(&Estimate) -> Option<f64>| {
        let values: Vec<Option<f64>> = estimates.iter().map(|estimate| estimate.as_ref().and_then(value)).collect();
        field_of(about, values, Units::FIXED)
    };
    [
        field(&value, |estimate| Some(estimate.value)),
        field(&end(low, "Lower", "low"), |estimate| estimate.lo),
        field(&end(high, "Upper", "high"), |estimate| estimate.hi),
    ]
}

/// For levels that lack a percentile, what other percentiles say about it: `at_least` and `at_most`. Empty if every
/// level has it.
pub(crate) fn bounded(run: &Run, limit: &Limit) -> Vec<Field> {
    let all: Vec<BoundedLevel> = bounded_levels(run, limit.subject);
    if all.is_empty() {
        return Vec::new();
    }
    let column = |value: fn(&BoundedLevel) -> Option<f64>| -> Vec<Option<f64>> {
        let of = |level: &Level| all.iter().find(|one| one.load.total_cmp(&level.load).is_eq()).and_then(value);
        run.levels.iter().map(of).collect()
    };
    let (id, label) = (limit.id(), limit.subject.label());
    let about = |end: Beside, title: &str, side: &str| About {
        name: format!("{id}{}", end.id()).into(),
        unit: Unit::Milliseconds,
        title: format!("{label}, {title}").into(),
        about: format!("{label} is not in the report; the nearest percentile {side} it that is.").into(),
    };
    vec![
        field_of(&about(Beside::AtLeast, "at least", "below"), column(|level| level.at_least), Units::FIXED),
        field_of(&about(Beside::AtMost, "at most", "above"), column(|level| level.at_most), Units::FIXED),
    ]
}

/// The columns of [`bounded`], for the documents.
pub(crate) fn documented_of_bounds() -> [About; 2] {
    [(Beside::AtLeast, "below"), (Beside::AtMost, "above")].map(|(end, side)| About {
        name: format!("<limit>{}", end.id()).into(),
        unit: Unit::Milliseconds,
        title: "".into(),
        about: format!(
            "For a limit on a percentile that levels lack, such as `ttft_p95`: the nearest percentile {side} it that they \
             have. Absent where every level has it."
        )
        .into(),
    })
}

/// The numbers from the server's metrics at a level, if the report has them.
const SERVER: &[Column<Level>] = &[
    number(
        "queue_depth",
        Unit::Requests,
        "Queue",
        "Requests that waited in the server on average, where the report says.",
        |level| level.server.queue_depth,
    ),
    number(
        "kv_cache_use",
        Unit::Share,
        "KV cache",
        "Share of the key-value cache in use on average, where the report says.",
        |level| level.server.kv_cache_use,
    ),
    number(
        "power_w",
        Unit::Watts,
        "Power",
        "Mean power of all accelerators together, where the report says.",
        |level| level.server.power_w,
    ),
    number(
        "joules_per_output_token",
        Unit::Joules,
        "Energy per output token",
        "Energy of an output token at this level, where the report says how much power the accelerators took.",
        Level::joules_per_output_token,
    ),
];

/// The column of the requests behind a limit's value, which are its weight in the fit.
fn count_of(about: &About) -> About {
    About {
        name: format!("{}{}", about.name, Beside::Count.id()).into(),
        unit: Unit::Requests,
        title: format!("{} (requests)", about.title).into(),
        about: format!("Requests that {} comes from: its weight in the fit.", about.title.to_lowercase()).into(),
    }
}

/// The shares that can be limited, besides latencies.
fn shares() -> [(Subject, About); 2] {
    [(Subject::ErrorRate, ERROR_RATE.about.clone()), (Subject::Unserved, not_served_about())]
}

/// What limits are judged by, besides latencies: the ends and the weights of the shares, and the server's numbers.
pub(crate) fn judged_by(levels: &[&Level], model: LoadModel) -> Vec<Field> {
    let mut fields = Vec::new();
    for (subject, about) in shares() {
        let estimates: Vec<Option<Estimate>> =
            levels.iter().map(|level| level_estimate(level, model, subject)).collect();
        let count = count_of(&about);
        fields.extend(interval(about, &estimates).into_iter().skip(1));
        let counts: Vec<Option<u64>> = estimates.iter().map(|one| one.as_ref().map(|one| one.count)).collect();
        fields.push(field_of(&count, counts, Units::FIXED));
    }
    fields.extend(SERVER.iter().map(|column| column.field(levels.iter().copied(), Units::FIXED)));
    fields
}

/// The columns of [`judged_by`], for the documents.
pub(crate) fn documented_of_judged() -> Vec<About> {
    let of_share = |(_, about): (Subject, About)| {
        let count = count_of(&about);
        about.with_ends().into_iter().skip(1).chain([count])
    };
    shares().into_iter().flat_map(of_share).chain(documented(SERVER)).collect()
}

/// The column of the share of the offered rate that was not served.
fn not_served_about() -> About {
    About {
        name: Subject::Unserved.id().into(),
        unit: Unit::Share,
        title: "Unserved load".into(),
        about: "Share of the offered rate that was not served; empty in a closed loop, which offers what is served."
            .into(),
    }
}

/// The share of the offered rate that was not served; empty in a closed loop.
pub(crate) fn not_served(levels: &[&Level], model: LoadModel) -> Field {
    let share = |level: &&Level| level_estimate(level, model, Subject::Unserved).map(|estimate| estimate.value);
    field_of(&not_served_about(), levels.iter().map(share).collect::<Vec<Option<f64>>>(), Units::FIXED)
}
