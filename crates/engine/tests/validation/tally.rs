//! What became of the sweeps of a scenario, and whether that is what must come out.

use headroom_engine::findings::Code;
use headroom_engine::repeats::repeats;
use headroom_engine::verdict::assess;

use crate::scenarios::{Scenario, Sweep};

/// Columns of the table.
pub(crate) const HEAD: &str = "| server | a level | hold the truth | wholly above | wholly below | median width | both ends | levels differ | goal |\n\
     |---|---|---|---|---|---|---|---|---|";

/// Shares are of all sweeps, but for those that hold the truth: of the intervals that were given.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tally {
    sweeps: u32,
    given: u32,
    holds: u32,
    above: u32,
    below: u32,
    /// With the finding that levels differ.
    told: u32,
    /// Of intervals with both ends, as shares of the truth, ascending.
    widths: Vec<f64>,
}

fn percent(part: u32, whole: u32) -> f64 {
    100.0 * f64::from(part) / f64::from(whole.max(1))
}

impl Tally {
    /// Judges this many seeded sweeps.
    pub(crate) fn of(scenario: &Scenario, sweeps: u32) -> Self {
        let mut tally = Self { sweeps, ..Self::default() };
        for seed in 0..u64::from(sweeps) {
            tally.add(&scenario.sweep(seed));
        }
        tally.widths.sort_by(f64::total_cmp);
        tally
    }

    fn add(&mut self, sweep: &Sweep) {
        let verdicts: Vec<_> = sweep.runs.iter().map(|run| assess(run, &sweep.slo)).collect();
        let [low, high] = match &verdicts[..] {
            [one] => one.interval,
            all => {
                let together = repeats(&sweep.runs.iter().zip(all).collect::<Vec<_>>());
                together[0].mean.map_or([None, None], |mean| mean.interval.map(Some))
            }
        };
        self.told += u32::from(verdicts.iter().any(|verdict| verdict.has(Code::LevelsDiffer)));
        let above = low.is_some_and(|low| low > sweep.truth);
        let below = high.is_some_and(|high| high < sweep.truth);
        let given = low.is_some() || high.is_some();
        self.above += u32::from(above);
        self.below += u32::from(below);
        self.given += u32::from(given);
        self.holds += u32::from(given && !above && !below);
        if let (Some(low), Some(high)) = (low, high) {
            self.widths.push((high - low) / sweep.truth);
        }
    }

    fn covers(&self) -> f64 {
        percent(self.holds, self.given)
    }

    /// Half of the intervals with both ends are narrower, per cent of the truth.
    fn width(&self) -> f64 {
        self.widths.get(self.widths.len() / 2).map_or(f64::NAN, |width| 100.0 * width)
    }

    fn both(&self) -> f64 {
        percent(u32::try_from(self.widths.len()).unwrap(), self.sweeps)
    }

    /// A row of the table.
    pub(crate) fn row(&self, scenario: &Scenario) -> String {
        format!(
            "| {} | {} | {:.1} | {:.1} | {:.1} | {:.0} | {:.0} | {:.1} | {} |",
            scenario.name,
            scenario.size(),
            self.covers(),
            percent(self.above, self.sweeps),
            percent(self.below, self.sweeps),
            self.width(),
            self.both(),
            percent(self.told, self.sweeps),
            scenario.goal.label()
        )
    }

    /// What differs from the scenario's goal by more than so few sweeps explain (three standard errors; nothing of a
    /// full table is put down to chance).
    pub(crate) fn complaints(&self, scenario: &Scenario, full: bool) -> Vec<String> {
        let Some(goal) = scenario.goal.numbers() else { return Vec::new() };
        let room = |share: f64| {
            if full { 0.0 } else { 3.0 * (share * (100.0 - share) / f64::from(self.sweeps)).sqrt() }
        };
        let mut complaints = Vec::new();
        let mut expect = |what: &str, right: bool, found: f64| {
            if !right {
                complaints.push(format!("{} ({}): {what} {found:.1}", scenario.name, scenario.size()));
            }
        };
        let above = percent(self.above, self.sweeps);
        expect("hold the truth", self.covers() >= goal.covers - room(goal.covers), self.covers());
        expect("wholly above", above <= goal.above + room(goal.above), above);
        let wider = if full { 1.0 } else { 1.25 };
        expect("median width", self.width() <= wider * goal.width, self.width());
        expect("both ends", self.both() >= goal.both - room(goal.both), self.both());
        let told = percent(self.told, self.sweeps);
        if scenario.scatter > 0.0 {
            expect("told that levels differ", told >= goal.told - room(goal.told), told);
        } else {
            expect("told that levels differ", told <= goal.told + room(goal.told), told);
        }
        complaints
    }
}
