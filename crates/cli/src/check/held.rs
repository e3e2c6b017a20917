//! Whether a limit holds at a load, beyond chance.

use headroom_engine::breaking::BreakingState;
use headroom_engine::display;
use headroom_engine::points::LevelPoint;
use headroom_engine::slo::Limit;
use headroom_engine::verdict::LimitVerdict;

use super::{Answer, Item, limit_name};

/// The question whether a limit holds at `load`, answered from its breaking point. `points` are those of the limit's
/// subject.
///
/// The ends of the interval decide, not the breaking load: between them the data cannot tell. If there is no load, the
/// error of `load` says why.
pub(super) fn item(verdict: &LimitVerdict, points: &[LevelPoint], load: Result<f64, &str>, unit: &str) -> Item {
    let at = |load: f64| display::load_with_unit(load, unit);
    let name = limit_name(&verdict.limit, load.ok().map(at).as_deref());
    let load = match load {
        Ok(load) => load,
        Err(why) => {
            let advice = "Give one with --load.".to_owned();
            return Item { name, answer: Answer::Unknown, found: why.to_owned(), advice };
        }
    };
    let breaking = &verdict.breaking;
    // Levels above the highest one that is known to pass were measured, but they do not decide the limit.
    let is_open = breaking.state == BreakingState::Floor
        && points.iter().any(|point| breaking.max_passing_load.is_some_and(|highest| point.load > highest));
    let measured = match breaking.state {
        BreakingState::NotMeasured
            if !points.is_empty() && breaking.first_failing_load.is_none_or(|failing| load < failing) =>
        {
            let found = "the report lacks this percentile, and those that it has do not decide the limit.".to_owned();
            return Item {
                name,
                answer: Answer::Unknown,
                found,
                advice: "Set the limit on a percentile that the report has.".to_owned(),
            };
        }
        BreakingState::NotMeasured if !points.is_empty() => breaking
            .first_failing_load
            .map_or_else(String::new, |failing| format!("is broken at {} and beyond.", at(failing))),
        BreakingState::NotMeasured => {
            return Item {
                name,
                answer: Answer::Unknown,
                found: "the report does not have it.".to_owned(),
                advice: "Judge by a limit that it has.".to_owned(),
            };
        }
        BreakingState::NeverMet => {
            let lowest = breaking.first_failing_load.unwrap_or(load);
            format!("is broken at {} already, the lowest load measured.", at(lowest))
        }
        BreakingState::Floor => {
            let highest = breaking.max_passing_load.unwrap_or(0.0);
            if is_open {
                format!(
                    "holds at {}; above that the report lacks this percentile, and those that it has do not decide it.",
                    at(highest)
                )
            } else {
                format!("holds at {}, the highest load measured.", at(highest))
            }
        }
        BreakingState::Edge => breaking.load.map_or_else(String::new, |load| {
            let interval = match breaking.interval {
                [None, None] => String::new(),
                ends => format!(" ({})", display::interval(ends)),
            };
            format!("breaks at {}{interval}.", at(load))
        }),
        // The last load that passes is not one at which the limit breaks.
        BreakingState::Cliff | BreakingState::Bracket => match (breaking.max_passing_load, breaking.first_failing_load)
        {
            (Some(passing), Some(failing)) => {
                format!("holds at {} and breaks at or before {}.", at(passing), at(failing))
            }
            _ => String::new(),
        },
    };
    let beyond = match breaking.state {
        BreakingState::NeverMet => breaking.first_failing_load.is_some_and(|lowest| load < lowest),
        BreakingState::Floor => breaking.max_passing_load.is_some_and(|highest| load > highest),
        _ => false,
    };
    let [holds, breaks] = breaking.certain(points, verdict.limit.bound);
    let (answer, found, advice) = if holds.is_some_and(|holds| load <= holds) {
        (Answer::Pass, measured, String::new())
    } else if breaks.is_some_and(|breaks| load >= breaks) {
        (Answer::Fail, measured, String::new())
    } else if beyond && is_open {
        (Answer::Unknown, measured, "Set the limit on a percentile that the report has.".to_owned())
    } else if beyond {
        (Answer::Unknown, measured, format!("Measure {}.", at(load)))
    } else {
        let point = points.iter().find(|point| point.load.total_cmp(&load).is_eq());
        let (doubt, advice) = doubt(verdict.limit, point, load, unit);
        (Answer::Unknown, format!("{measured} {doubt}"), advice)
    };
    Item { name, answer, found, advice }
}

/// Why the data cannot tell at `load`, and what to do about it. `point` is what was measured there.
fn doubt(limit: Limit, point: Option<&LevelPoint>, load: f64, unit: &str) -> (String, String) {
    let at = display::load_with_unit(load, unit);
    let close = format!("That is too close to {at} to tell.");
    let Some(point) = point else { return (close, "Measure the levels around it longer.".to_owned()) };
    let more = format!("Measure {at} with more requests.");
    let holds = limit.holds(point.value);
    // The end of its interval on the side of the limit.
    let Some(end) = (if holds { point.hi } else { point.lo }) else {
        let few = if point.count > 0 {
            format!("{} at {at} are too few to be sure.", display::count(point.count, "request"))
        } else {
            format!("How sure that is at {at} the report does not say.")
        };
        return (few, format!("Measure {at} with more requests, and keep each of them in the report."));
    };
    if limit.holds(end) == holds {
        return (close, more);
    }
    let [value, end] = [point.value, end].map(|value| limit.subject.format(value));
    (format!("At {at} it is {value}, and by chance may be {end} (95% confidence)."), more)
}

#[cfg(test)]
mod tests {
    use headroom_engine::breaking::breaking_point;
    use headroom_engine::slo::parse_limit;
    use headroom_engine::verdict::IntervalMethod;

    use super::*;

    /// Levels of 1, 2, 4 and 8 users with values in milliseconds, each known to ±10 %.
    fn check(values: [f64; 4], bound: &str, expected: &[(f64, Answer)]) {
        check_known([Some(0.9), Some(1.1)], values, bound, expected);
    }

    /// As `check`, with each value known to lie between these factors of it.
    fn check_known(ends: [Option<f64>; 2], values: [f64; 4], bound: &str, expected: &[(f64, Answer)]) {
        let limit = parse_limit(&format!("ttft_p95={bound}")).unwrap();
        let [lo, hi] = ends;
        let point = |(load, value): (f64, f64)| LevelPoint {
            load,
            value,
            lo: lo.map(|lo| lo * value),
            hi: hi.map(|hi| hi * value),
            count: 100,
        };
        let points: Vec<LevelPoint> = [1.0, 2.0, 4.0, 8.0].into_iter().zip(values).map(point).collect();
        let breaking = breaking_point(&points, limit.bound);
        let verdict = LimitVerdict { limit, breaking, interval_method: IntervalMethod::of(&breaking) };
        for &(load, answer) in expected {
            let item = item(&verdict, &points, Ok(load), "users");
            assert_eq!(item.answer, answer, "{load}: {}", item.found);
        }
    }

    #[test]
    fn an_answer_needs_the_interval() {
        use Answer::{Fail, Pass, Unknown};
        let rising = [100.0, 200.0, 400.0, 800.0];
        check(rising, "600ms", &[(1.0, Pass), (4.0, Pass), (6.0, Unknown), (8.0, Fail), (9.0, Fail)]);
        check(rising, "1s", &[(8.0, Pass), (9.0, Unknown)]);
        check(rising, "50ms", &[(0.5, Unknown), (1.0, Fail), (2.0, Fail)]);
        check([100.0, 110.0, 120.0, 9_000.0], "500ms", &[(4.0, Pass), (6.0, Unknown), (8.0, Fail)]);
        check([f64::NAN; 4], "500ms", &[(1.0, Unknown)]);
    }

    #[test]
    fn what_may_be_chance_is_no_answer_at_the_ends_of_the_sweep_either() {
        use Answer::{Fail, Pass, Unknown};
        let rising = [100.0, 200.0, 400.0, 800.0];
        // With ±10 %, 800 ms may be 880 ms and 100 ms may be 90 ms.
        check(rising, "850ms", &[(4.0, Pass), (8.0, Unknown)]);
        check(rising, "95ms", &[(1.0, Unknown), (2.0, Fail)]);
        // With 120 ms, which may be 132 ms, 4 users are uncertain; with 9,000 ms, which may be 8,100 ms, 8 users fail.
        check([100.0, 110.0, 120.0, 9_000.0], "125ms", &[(2.0, Pass), (4.0, Unknown), (8.0, Fail)]);
        // If there are too few requests for an end, nothing is certain on that side.
        check_known([Some(0.9), None], rising, "600ms", &[(1.0, Unknown), (8.0, Fail)]);
        check_known([None, Some(1.1)], rising, "600ms", &[(4.0, Pass), (8.0, Unknown)]);
        check_known([None, None], rising, "1s", &[(8.0, Unknown)]);
    }

    /// The text and the advice for levels of 1, 2, 4 and 8 users, each known to ±10 %.
    fn told(values: [f64; 4], bound: &str, load: f64) -> String {
        let limit = parse_limit(&format!("ttft_p95={bound}")).unwrap();
        let points: Vec<LevelPoint> = [1.0, 2.0, 4.0, 8.0]
            .into_iter()
            .zip(values)
            .map(|(load, value)| LevelPoint { load, value, lo: Some(0.9 * value), hi: Some(1.1 * value), count: 100 })
            .collect();
        let breaking = breaking_point(&points, limit.bound);
        let verdict = LimitVerdict { limit, breaking, interval_method: IntervalMethod::of(&breaking) };
        let Item { found, advice, .. } = item(&verdict, &points, Ok(load), "users");
        format!("{found} {advice}").trim_end().to_owned()
    }

    #[test]
    fn every_answer_says_what_was_found_and_what_to_do() {
        let (rising, jump) = ([100.0, 200.0, 400.0, 800.0], [100.0, 110.0, 120.0, 9_000.0]);
        for (values, bound, load, expected) in [
            (rising, "600ms", 4.0, "breaks at 6 users (5.36–7.03)."),
            (
                rising,
                "600ms",
                6.0,
                "breaks at 6 users (5.36–7.03). That is too close to 6 users to tell. Measure the levels around it longer.",
            ),
            // A load that passes is not one at which the limit breaks.
            (jump, "500ms", 4.0, "holds at 4 users and breaks at or before 8 users."),
            (
                jump,
                "500ms",
                6.0,
                "holds at 4 users and breaks at or before 8 users. That is too close to 6 users to tell. Measure the levels around it longer.",
            ),
            (rising, "1s", 8.0, "holds at 8 users, the highest load measured."),
            (
                rising,
                "850ms",
                8.0,
                "holds at 8 users, the highest load measured. At 8 users it is 800 ms, and by chance may be 880 ms (95% confidence). Measure 8 users with more requests.",
            ),
            (rising, "1s", 9.0, "holds at 8 users, the highest load measured. Measure 9 users."),
            (rising, "50ms", 1.0, "is broken at 1 user already, the lowest load measured."),
        ] {
            assert_eq!(told(values, bound, load), expected);
        }
    }

    #[test]
    fn without_a_load_nothing_is_told() {
        let limit = parse_limit("ttft_p95=1s").unwrap();
        let breaking = breaking_point(&[], 1000.0);
        let verdict = LimitVerdict { limit, breaking, interval_method: IntervalMethod::of(&breaking) };
        assert_eq!(item(&verdict, &[], Err("none was held"), "users").answer, Answer::Unknown);
    }
}
