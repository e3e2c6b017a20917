//! Two runs of one and the same deployment: what is said of the second with the first as its baseline.

use headroom_engine::compare::{Cell, compare};
use headroom_engine::run::Run;
use headroom_engine::verdict::{Verdict, assess};

use crate::asked;
use crate::scenarios::{Goal, SCENARIOS, Scenario, Sweep};

/// What became of pairs of alike runs.
#[derive(Debug, Default)]
struct Pairs {
    /// How many there were.
    all: u32,
    /// With a load to ask of the second run.
    asked: u32,
    /// Of these the second run certainly holds it too.
    held: u32,
    /// Of these it certainly does not.
    broken: u32,
    /// In which some cell is called different beyond doubt.
    alarms: u32,
}

/// Whether every limit of the second run holds at a load beyond chance, or one is broken; `None` where that cannot be told.
fn holds(run: &Run, verdict: &Verdict, load: f64) -> Option<bool> {
    let certain = verdict.limits.iter().map(|one| {
        let points = headroom_engine::points::level_points(run, one.limit.subject);
        one.breaking.certain(&points, one.limit.bound)
    });
    let ends: Vec<[Option<f64>; 2]> = certain.collect();
    if ends.iter().any(|[_, breaks]| breaks.is_some_and(|breaks| load >= breaks)) {
        Some(false)
    } else {
        ends.iter().all(|[holds, _]| holds.is_some_and(|holds| load <= holds)).then_some(true)
    }
}

impl Pairs {
    fn of(scenario: &Scenario, pairs: u32) -> Self {
        let mut found = Self { all: pairs, ..Self::default() };
        for seed in 0..pairs {
            let Sweep { runs, slo, .. } = Scenario { repeats: 2, ..*scenario }.sweep(u64::from(seed));
            let [first, second] = [0, 1].map(|run: usize| assess(&runs[run], &slo));
            if let Some(load) = first.repeatable_load(&runs[0]) {
                let answer = holds(&runs[1], &second, load);
                found.asked += 1;
                found.held += u32::from(answer == Some(true));
                found.broken += u32::from(answer == Some(false));
            }
            found.alarms += u32::from(compare(&runs[0], &runs[1]).cells.iter().any(Cell::is_real));
        }
        found
    }
}

pub(crate) fn check() {
    // One in ten thousand is none of so few, and a second one would be chance in one of a thousand of these tests.
    let pairs = if asked("full") { 400 } else { 30 };
    let (mut all, mut alarms, mut complaints) = (0, 0, Vec::new());
    for scenario in SCENARIOS.iter().filter(|one| one.goal != Goal::Shown && one.repeats == 1 && one.scatter == 0.0) {
        let found = Pairs::of(scenario, pairs);
        println!("{} {}: {found:?}", scenario.name, scenario.size());
        let share = |part: u32| f64::from(part) / f64::from(found.asked.max(1));
        if share(found.broken) > 0.05 || 1.0 - share(found.held) - share(found.broken) > 0.2 {
            complaints.push(format!("{} ({}): {found:?}", scenario.name, scenario.size()));
        }
        (all, alarms) = (all + found.all, alarms + found.alarms);
    }
    assert!(complaints.is_empty(), "{complaints:#?}");
    assert!(alarms <= 2, "{alarms} of {all} pairs of alike runs are called different beyond doubt");
}
