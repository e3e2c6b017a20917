//! What the engine says about a run, in the words and shapes of the chart.

use crate::judged::{self, JudgedLimit};
use crate::model::{Break, BreakMark, LimitLine, Production, Replica, Series};
use crate::workload::Workload;
use headroom_engine::breaking::{Breaking, State};
use headroom_engine::curve::Curve;
use headroom_engine::display;
use headroom_engine::monotone::MonotoneCubic;
use headroom_engine::points::LevelPoint;

/// One level of a run as a frame has it. What was not measured is `NaN`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measured {
    /// Offered load.
    pub load: f64,
    /// The drawn quantity.
    pub drawn: Value,
    /// Requests answered in full; `NaN` where the frame does not say.
    pub ok: f64,
    /// Requests that failed; `NaN` where the frame does not say.
    pub errored: f64,
    /// Mean requests in flight.
    pub in_flight: f64,
    /// Tokens per second.
    pub tokens: f64,
}

/// A measured quantity. What was not measured is `NaN`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Value {
    /// The value.
    pub value: f64,
    /// Lower end of its interval.
    pub lo: f64,
    /// Upper end of its interval.
    pub hi: f64,
    /// Requests behind the value.
    pub count: f64,
}

/// A limit of the service level and what the levels measured of its subject.
#[derive(Debug, Clone, PartialEq)]
pub struct InputLimit {
    /// Bound and label.
    pub line: LimitLine,
    /// What is limited, for example `TTFT p95`.
    pub subject: String,
    /// Unit of the bound.
    pub unit: String,
    /// Whether the subject is a latency, which a level without a success does not have.
    pub latency: bool,
    /// What was measured of the subject, in the order of the levels.
    pub values: Vec<Value>,
    /// The verdict's state (by its id) and interval for exactly this limit.
    pub given: Option<(String, [Option<f64>; 2])>,
}

/// A run's measurements and limits, and what to call them.
#[derive(Debug, Clone, PartialEq)]
pub struct Input {
    /// What the legend calls it.
    pub name: String,
    /// All levels, ascending in load.
    pub levels: Vec<Measured>,
    /// `users` or `req/s`.
    pub load_unit: String,
    /// Whether the quantity can only rise with load, as latency does, so that a line may be
    /// fitted and has a breaking point. Throughput peaks and falls.
    pub monotone: bool,
    /// The limits of the service level.
    pub limits: Vec<InputLimit>,
    /// Which of the limits is on the drawn quantity.
    pub drawn: Option<usize>,
    /// Dollars per hour for one replica; `NaN` where unknown.
    pub price: f64,
    /// Who says so; empty where unknown.
    pub price_source: String,
    /// Accelerators of one replica; `NaN` where unknown.
    pub gpus: f64,
    /// What it was asked.
    pub workload: Workload,
    /// What production does, where that is known.
    pub production: Option<InputProduction>,
    /// Whether it is drawn.
    pub visible: bool,
}

/// Production in the coordinates of the chart.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct InputProduction {
    /// Load and value of every window of time.
    pub cloud: Vec<(f64, f64)>,
    /// Load and value of all windows of about the same load, ascending in load.
    pub bins: Vec<(f64, Value)>,
    /// Load of one replica now; `NaN` where unknown.
    pub now: f64,
}

/// A series and, for each of its points, the row of the frame it came from.
#[must_use]
pub fn analyse(input: Input) -> (Series, Vec<usize>) {
    let at_row = |row: usize, value: &Value| Some((row, point(input.levels.get(row)?.load, value)?));
    let points = |values: &mut dyn Iterator<Item = Value>| -> (Vec<usize>, Vec<LevelPoint>) {
        values.enumerate().filter_map(|(row, value)| at_row(row, &value)).unzip()
    };
    let collapse = collapse_load(&input.levels);
    let (rows, drawn) = points(&mut input.levels.iter().map(|level| level.drawn));
    let limits = input
        .limits
        .iter()
        .map(|limit| {
            let (_, points) = points(&mut limit.values.iter().copied());
            let given = limit.given.as_ref().and_then(|(state, interval)| Some((state_of(state)?, *interval)));
            let names = (limit.subject.clone(), limit.unit.clone());
            JudgedLimit::new(limit.line.clone(), names, points, collapse.filter(|_| limit.latency), given)
        })
        .collect();
    let mut series = Series {
        name: input.name,
        curve: Curve::fit(&drawn).filter(|_| input.monotone),
        points: drawn,
        limits,
        drawn: input.drawn.filter(|_| input.monotone),
        breaks: Vec::new(),
        load_unit: input.load_unit,
        replica: Replica {
            price: input.price,
            price_source: input.price_source,
            gpus: input.gpus,
            workload: input.workload,
            ..yielding(&input.levels)
        },
        production: input.production.map(|production| in_production(production, input.monotone)),
        visible: input.visible,
    };
    judge(&mut series);
    (series, rows)
}

/// Moves the limit that a what-if is about, or puts it back, and judges again.
pub fn move_limit(series: &mut Series, bound: Option<f64>) {
    if let Some(limit) = series.swept().and_then(|swept| series.limits.get_mut(swept)) {
        limit.move_to(bound);
        judge(series);
    }
}

/// Marks where the drawn limit breaks, and where the service level does when another limit breaks
/// first.
fn judge(series: &mut Series) {
    let (_, binding) = judged::verdict(&series.limits);
    let elsewhere = binding.filter(|binding| Some(*binding) != series.drawn);
    let unit = series.load_unit.as_str();
    let mut breaks = Vec::new();
    if let Some(limit) = series.drawn.and_then(|drawn| series.limits.get(drawn)) {
        let at = shape_of(&limit.breaking);
        // That this limit was not reached says nothing once another one broke.
        let told = at.filter(|at| elsewhere.is_none() || !matches!(at, Break::Floor { .. }));
        breaks.extend(told.map(|at| {
            let mut mark = mark(at, unit);
            if limit.by_level_bounds() && !mark.detail.is_empty() && matches!(at, Break::Edge { .. }) {
                mark.detail.push_str(", level bounds");
            }
            mark
        }));
    }
    if let Some(limit) = elsewhere.and_then(|elsewhere| series.limits.get(elsewhere)) {
        let at = shape_of(&limit.breaking);
        breaks.extend(at.map(|at| BreakMark { detail: limit.line.label.clone(), on_line: false, ..mark(at, unit) }));
    }
    series.breaks = breaks;
}

/// A level that measured the quantity; what was not measured is not a point.
fn point(load: f64, value: &Value) -> Option<LevelPoint> {
    let known = |value: f64| value.is_finite().then_some(value);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // a count, checked to be finite and not negative
    let count = known(value.count).map_or(0, |count| count.max(0.0) as u64);
    Some(LevelPoint { load: known(load)?, value: known(value.value)?, lo: known(value.lo), hi: known(value.hi), count })
}

/// Tokens over load, ascending and once a load, as
/// [`token_points`](headroom_engine::throughput::token_points) has them.
fn yielding(levels: &[Measured]) -> Replica {
    let (mut loads, mut rates, mut in_flight, mut rows) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (row, level) in levels.iter().enumerate() {
        let measured = level.load.is_finite() && level.tokens.is_finite() && level.tokens > 0.0;
        if measured && loads.last().is_none_or(|last| level.load > *last) {
            loads.push(level.load);
            rates.push(level.tokens);
            in_flight.push(level.in_flight);
            rows.push(row);
        }
    }
    Replica { tokens: MonotoneCubic::through(loads, rates), in_flight, rows, ..Replica::default() }
}

fn in_production(input: InputProduction, monotone: bool) -> Production {
    let points: Vec<LevelPoint> = input.bins.iter().filter_map(|(load, value)| point(*load, value)).collect();
    Production {
        cloud: input.cloud.into_iter().filter(|(load, value)| load.is_finite() && value.is_finite()).collect(),
        curve: Curve::fit(&points).filter(|_| monotone),
        points,
        now: Some(input.now).filter(|now| now.is_finite()),
    }
}

/// The lowest load above every success at which each request failed. Such a level has no
/// latency, so it is not a point, but a sweep that passes up to it broke there.
fn collapse_load(levels: &[Measured]) -> Option<f64> {
    let highest_success =
        levels.iter().filter(|level| level.ok > 0.0).map(|level| level.load).fold(f64::NEG_INFINITY, f64::max);
    levels
        .iter()
        .filter(|level| level.load > highest_success && level.ok == 0.0 && level.errored > 0.0)
        .map(|level| level.load)
        .min_by(f64::total_cmp)
}

/// Where a breaking point is drawn; `None` for a state without a place.
fn shape_of(breaking: &Breaking) -> Option<Break> {
    let [lo, hi] = breaking.interval;
    match breaking.state {
        State::Edge => Some(Break::Edge { load: breaking.load?, lo, hi }),
        State::Cliff => Some(Break::Cliff { lo: lo?, hi: hi? }),
        State::Floor => Some(Break::Floor { load: breaking.max_passing_load? }),
        State::NeverMet => Some(Break::NeverMet { load: breaking.first_failing_load? }),
        State::NotMeasured => None,
    }
}

/// A state by its id.
fn state_of(id: &str) -> Option<State> {
    [State::Edge, State::Floor, State::NeverMet, State::Cliff, State::NotMeasured]
        .into_iter()
        .find(|state| state.id() == id)
}

/// The words for a breaking point of the drawn limit.
#[must_use]
pub fn words(breaking: &Breaking, unit: &str) -> Option<BreakMark> {
    shape_of(breaking).map(|at| mark(at, unit))
}

/// A breaking point of the drawn limit with its words.
fn mark(at: Break, unit: &str) -> BreakMark {
    let (answer, detail) = match at {
        Break::Edge { load, lo, hi } => {
            let interval = if lo.is_none() && hi.is_none() { String::new() } else { display::interval([lo, hi]) };
            (display::load_with_unit(load, unit), interval)
        }
        Break::Cliff { lo, hi } => {
            (format!("{}–{}", display::load(lo), display::load_with_unit(hi, unit)), "cliff".to_owned())
        }
        Break::Floor { load } => (format!("≥ {}", display::load_with_unit(load, unit)), "not reached".to_owned()),
        Break::NeverMet { load } => (format!("< {}", display::load_with_unit(load, unit)), "never met".to_owned()),
    };
    BreakMark { at, answer, detail, on_line: true }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    /// A run of levels `(load, value, ok, errored)` under one limit on the drawn value.
    fn run(levels: &[(f64, f64, f64, f64)], bound: f64, given: Option<(String, [Option<f64>; 2])>) -> Input {
        let value = |value: f64, count: f64| Value { value, lo: value * 0.9, hi: value * 1.1, count };
        let limit = InputLimit {
            line: LimitLine { bound, label: format!("TTFT p95 ≤ {bound} ms") },
            subject: "TTFT p95".into(),
            unit: "ms".into(),
            latency: true,
            values: levels.iter().map(|level| value(level.1, level.2)).collect(),
            given,
        };
        Input {
            name: "a".into(),
            levels: levels
                .iter()
                .map(|&(load, drawn, ok, errored)| Measured {
                    load,
                    drawn: value(drawn, ok),
                    ok,
                    errored,
                    in_flight: load,
                    tokens: load * 10.0,
                })
                .collect(),
            load_unit: "users".into(),
            monotone: true,
            limits: vec![limit],
            drawn: Some(0),
            price: 2.0,
            price_source: "list".into(),
            gpus: 1.0,
            workload: Workload::default(),
            production: None,
            visible: true,
        }
    }

    fn labels(series: &Series) -> String {
        let labels: Vec<_> = series.breaks.iter().map(|mark| format!("{} ({})", mark.answer, mark.detail)).collect();
        labels.join(", ")
    }

    /// Levels `(load, value, ok, errored)` against a bound, as the label reads.
    fn check(levels: &[(f64, f64, f64, f64)], bound: f64, expected: &Expect) {
        let (series, rows) = analyse(run(levels, bound, None));
        expected.assert_eq(&format!("{} from rows {rows:?}", labels(&series)));
    }

    const RISING: [(f64, f64, f64, f64); 3] =
        [(1.0, 100.0, 50.0, 0.0), (2.0, 300.0, 50.0, 0.0), (4.0, 900.0, 50.0, 0.0)];

    #[test]
    fn the_verdicts_own_interval_is_drawn_where_it_is_known() {
        let given = Some(("edge".to_owned(), [Some(1.75), None]));
        let (series, _) = analyse(run(&RISING, 300.0, given.clone()));
        assert_eq!(series.breaks[0].at, Break::Edge { load: 2.0, lo: Some(1.75), hi: None });
        // Of another state than ours it is of another curve.
        let (series, _) = analyse(run(&RISING, 300.0, Some(("floor".to_owned(), [Some(1.75), None]))));
        assert_ne!(series.breaks[0].at, Break::Edge { load: 2.0, lo: Some(1.75), hi: None });
    }

    #[test]
    fn a_moved_limit_is_judged_again_and_put_back() {
        let (mut series, _) = analyse(run(&RISING, 300.0, Some(("edge".to_owned(), [Some(1.75), Some(2.25)]))));
        let before = labels(&series);
        move_limit(&mut series, Some(600.0));
        assert_eq!(labels(&series), "3.11 users (2.93–3.32, level bounds)");
        assert_eq!(series.limits[0].line.label, "TTFT p95 ≤ 600 ms");
        move_limit(&mut series, None);
        assert_eq!((labels(&series), before.as_str()), (before.clone(), "2 users (1.75–2.25)"));
    }

    #[test]
    fn tokens_know_the_rows_that_they_came_from() {
        let mut input = run(&RISING, 300.0, None);
        input.levels[0].tokens = f64::NAN;
        let (series, _) = analyse(input);
        let replica = &series.replica;
        assert_eq!((replica.rows.as_slice(), replica.in_flight.as_slice()), ([1, 2].as_slice(), [2.0, 4.0].as_slice()));
    }

    #[test]
    fn an_edge_has_a_load_and_an_interval() {
        check(
            &[(1.0, 100.0, 50.0, 0.0), (2.0, 180.0, 50.0, 0.0), (4.0, 400.0, 50.0, 0.0), (8.0, 900.0, 50.0, 0.0)],
            600.0,
            &expect!["5.68 users (5.23–6.21) from rows [0, 1, 2, 3]"],
        );
    }

    #[test]
    fn a_sweep_that_ends_while_passing_is_a_floor() {
        check(
            &[(1.0, 100.0, 50.0, 0.0), (32.0, 180.0, 50.0, 0.0)],
            600.0,
            &expect!["≥ 32 users (not reached) from rows [0, 1]"],
        );
    }

    #[test]
    fn a_limit_missed_from_the_start_is_never_met() {
        check(
            &[(1.0, 700.0, 50.0, 0.0), (2.0, 800.0, 50.0, 0.0)],
            600.0,
            &expect!["< 1 user (never met) from rows [0, 1]"],
        );
    }

    #[test]
    fn a_jump_is_a_bracket() {
        check(
            &[
                (1.0, 100.0, 50.0, 0.0),
                (4.0, 110.0, 50.0, 0.0),
                (6.0, 120.0, 50.0, 0.0),
                (8.0, 2000.0, 50.0, 0.0),
                (16.0, 2010.0, 50.0, 0.0),
            ],
            600.0,
            &expect!["6–8 users (cliff) from rows [0, 1, 2, 3, 4]"],
        );
    }

    #[test]
    fn a_level_where_everything_failed_ends_the_sweep() {
        check(
            &[(1.0, 100.0, 50.0, 0.0), (8.0, 180.0, 50.0, 0.0), (16.0, f64::NAN, 0.0, 40.0)],
            600.0,
            &expect!["8–16 users (cliff) from rows [0, 1]"],
        );
    }

    #[test]
    fn a_level_without_a_value_is_not_a_point() {
        check(
            &[(1.0, 100.0, 5.0, 0.0), (2.0, f64::NAN, 5.0, 0.0), (4.0, 700.0, 5.0, 0.0)],
            600.0,
            &expect!["1–4 users (cliff) from rows [0, 2]"],
        );
    }

    #[test]
    fn nothing_measured_has_no_breaking_point() {
        check(&[(1.0, f64::NAN, 0.0, 0.0)], 600.0, &expect![" from rows []"]);
    }
}
