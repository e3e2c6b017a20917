//! Whether a limit holds at a load, beyond what chance explains.

use headroom_engine::breaking::State;
use headroom_engine::display;
use headroom_engine::verdict::LimitVerdict;

use super::{Answer, Item, limit_name};

/// The question whether a limit holds at `load`, answered from where it breaks.
///
/// The ends of the interval decide and not the breaking load: between them the data cannot tell.
pub(super) fn item(verdict: &LimitVerdict, load: Option<f64>, unit: &str) -> Item {
    let at = |load: f64| display::load_with_unit(load, unit);
    let name = limit_name(&verdict.limit, load.map(at).as_deref());
    let Some(load) = load else {
        return Item {
            name,
            answer: Answer::Unknown,
            found: "the baseline holds no load, so there is none to hold the limit at.".to_owned(),
            advice: "Give one with --load.".to_owned(),
        };
    };
    let breaking = &verdict.breaking;
    let breaks_at = breaking
        .load
        .map_or_else(String::new, |load| format!("breaks at {} ({}).", at(load), display::interval(breaking.interval)));
    let (answer, found, advice) = match breaking.state {
        State::NotMeasured => {
            (Answer::Unknown, "the report does not have it.".to_owned(), "Judge by a limit that it has.".to_owned())
        }
        State::NeverMet => {
            let lowest = breaking.first_failing_load.unwrap_or(load);
            let found = format!("is broken at {} already, the lowest load measured.", at(lowest));
            if load >= lowest {
                (Answer::Fail, found, String::new())
            } else {
                (Answer::Unknown, found, format!("Measure {}.", at(load)))
            }
        }
        State::Floor => {
            let highest = breaking.max_passing_load.unwrap_or(0.0);
            let found = format!("holds at {}, the highest load measured.", at(highest));
            if load <= highest {
                (Answer::Pass, found, String::new())
            } else {
                (Answer::Unknown, found, format!("Measure {}.", at(load)))
            }
        }
        State::Edge | State::Cliff => {
            let passing = breaking.interval[0].or(breaking.max_passing_load);
            let failing = breaking.interval[1].or(breaking.first_failing_load);
            if passing.is_some_and(|passing| load <= passing) {
                (Answer::Pass, breaks_at, String::new())
            } else if failing.is_some_and(|failing| load >= failing) {
                (Answer::Fail, breaks_at, String::new())
            } else {
                let advice = format!("Measure {} with more requests.", at(load));
                (Answer::Unknown, format!("{breaks_at} That is too close to {} to tell.", at(load)), advice)
            }
        }
    };
    Item { name, answer, found, advice }
}

#[cfg(test)]
mod tests {
    use headroom_engine::breaking::breaking_point;
    use headroom_engine::points::LevelPoint;
    use headroom_engine::slo::parse_limit;
    use headroom_engine::verdict::IntervalMethod;

    use super::*;

    /// Levels of 1, 2, 4 and 8 users with values in milliseconds, each known to ±10 %.
    fn check(values: [f64; 4], bound: &str, expected: &[(f64, Answer)]) {
        let limit = parse_limit(&format!("ttft_p95={bound}")).unwrap();
        let point = |(load, value): (f64, f64)| LevelPoint {
            load,
            value,
            lo: Some(0.9 * value),
            hi: Some(1.1 * value),
            count: 100,
        };
        let points: Vec<LevelPoint> = [1.0, 2.0, 4.0, 8.0].into_iter().zip(values).map(point).collect();
        let breaking = breaking_point(&points, limit.bound);
        let verdict = LimitVerdict { limit, breaking, interval_method: IntervalMethod::of(&breaking) };
        for &(load, answer) in expected {
            let item = item(&verdict, Some(load), "users");
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
    fn without_a_load_nothing_is_told() {
        let limit = parse_limit("ttft_p95=1s").unwrap();
        let breaking = breaking_point(&[], 1000.0);
        let verdict = LimitVerdict { limit, breaking, interval_method: IntervalMethod::of(&breaking) };
        assert_eq!(item(&verdict, None, "users").answer, Answer::Unknown);
    }
}
