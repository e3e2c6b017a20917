//! What the engine says about a run, in the words and shapes of the chart.

use crate::model::{Break, BreakMark, LimitLine, Series};
use headroom_engine::breaking::{Breaking, State, breaking_point};
use headroom_engine::curve::Curve;
use headroom_engine::display;
use headroom_engine::points::LevelPoint;

/// One level of a run as a frame has it. A value that was not measured is `NaN`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measured {
    /// Offered load.
    pub load: f64,
    /// The drawn quantity.
    pub value: f64,
    /// Lower end of its interval.
    pub lo: f64,
    /// Upper end of its interval.
    pub hi: f64,
    /// Requests behind the value.
    pub count: f64,
    /// Requests answered in full; `NaN` where the frame does not say.
    pub ok: f64,
    /// Requests that failed; `NaN` where the frame does not say.
    pub errored: f64,
}

/// Another limit than the drawn one that breaks first, as the verdict found it.
#[derive(Debug, Clone, PartialEq)]
pub struct Elsewhere {
    /// State, breaking load and interval.
    pub at: Break,
    /// The limit's name, for example `E2E p95 ≤ 10,000 ms`.
    pub limit: String,
}

/// A run's measurements and limits, and what to call them.
#[derive(Debug, Clone, PartialEq)]
pub struct Input {
    /// All levels, ascending in load.
    pub levels: Vec<Measured>,
    /// `users` or `req/s`.
    pub load_unit: String,
    /// Whether the quantity can only rise with load, as latency does, so that a line may be
    /// fitted and has a breaking point. Throughput peaks and falls.
    pub monotone: bool,
    /// The limit on the drawn quantity.
    pub limit: Option<LimitLine>,
    /// The interval that the verdict gives for exactly that limit. It had every request to
    /// resample, where the columns here have only each level's own bounds.
    pub interval: Option<[Option<f64>; 2]>,
    /// The limit that breaks first, where that is another.
    pub elsewhere: Option<Elsewhere>,
    /// Whether it is drawn.
    pub visible: bool,
}

/// A series and, for each of its points, the row of the frame it came from.
#[must_use]
pub fn analyse(input: Input) -> (Series, Vec<usize>) {
    let (rows, points): (Vec<usize>, Vec<LevelPoint>) =
        input.levels.iter().enumerate().filter_map(|(row, level)| Some((row, point(level)?))).unzip();
    let unit = input.load_unit.as_str();
    let mut breaks = Vec::new();
    if let Some(limit) = input.limit.as_ref().filter(|_| input.monotone) {
        let breaking = breaking_point(&points, limit.bound).with_collapse(collapse_load(&input.levels));
        let interval = input.interval.filter(|_| breaking.state == State::Edge).unwrap_or(breaking.interval);
        let at = shape_of(&Breaking { interval, ..breaking }, &points);
        // That this limit was not reached says nothing once another one broke.
        let told = at.filter(|at| input.elsewhere.is_none() || !matches!(at, Break::Floor { .. }));
        breaks.extend(told.map(|at| mark(at, unit, None)));
    }
    if let Some(Elsewhere { at, limit }) = &input.elsewhere {
        breaks.push(mark(*at, unit, Some(limit)));
    }
    let curve = Curve::fit(&points).filter(|_| input.monotone);
    (Series { points, curve, limit: input.limit, breaks, visible: input.visible }, rows)
}

/// A level that measured the quantity; what was not measured is not a point.
fn point(level: &Measured) -> Option<LevelPoint> {
    let known = |value: f64| value.is_finite().then_some(value);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // a count, checked to be finite and not negative
    let count = known(level.count).map_or(0, |count| count.max(0.0) as u64);
    Some(LevelPoint {
        load: known(level.load)?,
        value: known(level.value)?,
        lo: known(level.lo),
        hi: known(level.hi),
        count,
    })
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

fn shape_of(breaking: &Breaking, points: &[LevelPoint]) -> Option<Break> {
    let [lo, hi] = breaking.interval;
    match breaking.state {
        State::Edge => Some(Break::Edge { load: breaking.load?, lo, hi }),
        State::Cliff => Some(Break::Cliff { lo: lo?, hi: hi? }),
        State::Floor => {
            Some(Break::Floor { load: breaking.max_passing_load.or(points.last().map(|point| point.load))? })
        }
        State::NeverMet => {
            Some(Break::NeverMet { load: breaking.first_failing_load.or(points.first().map(|point| point.load))? })
        }
        State::NotMeasured => None,
    }
}

/// A breaking point from the columns of a verdict: its state's id, its load and its interval
/// (`NaN` where unknown). `None` for a state without a place, or without its numbers.
#[must_use]
pub fn break_of(state: &str, load: f64, lo: f64, hi: f64) -> Option<Break> {
    let known = |value: f64| value.is_finite().then_some(value);
    match state {
        "edge" => Some(Break::Edge { load: known(load)?, lo: known(lo), hi: known(hi) }),
        "cliff" => Some(Break::Cliff { lo: known(lo)?, hi: known(hi)? }),
        "floor" => Some(Break::Floor { load: known(lo)? }),
        "never_met" => Some(Break::NeverMet { load: known(hi)? }),
        _ => None,
    }
}

/// A breaking point with its words. `limit` names the limit when it is not the drawn one.
fn mark(at: Break, unit: &str, limit: Option<&str>) -> BreakMark {
    let (answer, own) = match at {
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
    let detail = match limit {
        None => own,
        Some(limit) => limit.to_owned(),
    };
    BreakMark { at, answer, detail, on_line: limit.is_none() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    /// Levels `(load, value, ok, errored)` against a bound, as the label reads.
    fn check(levels: &[(f64, f64, f64, f64)], bound: f64, expected: &Expect) {
        let levels = levels
            .iter()
            .map(|&(load, value, ok, errored)| Measured {
                load,
                value,
                lo: value * 0.9,
                hi: value * 1.1,
                count: ok,
                ok,
                errored,
            })
            .collect();
        let limit = Some(LimitLine { bound, label: String::new() });
        let (series, rows) = analyse(Input {
            levels,
            load_unit: "users".into(),
            monotone: true,
            limit,
            interval: None,
            elsewhere: None,
            visible: true,
        });
        let labels: Vec<_> = series.breaks.iter().map(|mark| format!("{} ({})", mark.answer, mark.detail)).collect();
        expected.assert_eq(&format!("{} from rows {rows:?}", labels.join(", ")));
    }

    #[test]
    fn the_verdicts_own_interval_is_drawn_where_it_is_known() {
        let level = |load: f64, value: f64| Measured {
            load,
            value,
            lo: value * 0.9,
            hi: value * 1.1,
            count: 50.0,
            ok: 50.0,
            errored: 0.0,
        };
        let (series, _) = analyse(Input {
            levels: vec![level(1.0, 100.0), level(2.0, 300.0), level(4.0, 900.0)],
            load_unit: "users".into(),
            monotone: true,
            limit: Some(LimitLine { bound: 300.0, label: String::new() }),
            interval: Some([Some(1.75), None]),
            elsewhere: None,
            visible: true,
        });
        assert_eq!(series.breaks[0].at, Break::Edge { load: 2.0, lo: Some(1.75), hi: None });
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
