//! Whether a run is slower than a baseline.
//!
//! The unit is the request, at every load that both runs measured. A slowdown counts if it is beyond chance, over all
//! comparisons together, and larger than tolerated. The absence of a slowdown counts only if one would have been seen:
//! a test that could not fail has not passed.

use headroom_engine::compare::{self, Cell};
use headroom_engine::cost::{LoadRule, load_ratio};
use headroom_engine::display;
use headroom_engine::run::Run;
use headroom_engine::slo::{Latency, Slo, Subject};
use headroom_engine::workload::{self, is_same_question};

use super::{Answer, Item};
use crate::analysis::Judged;
use crate::text::change;

/// The run that a new one is compared with.
pub(super) struct Baseline {
    /// `None` if no run of the baseline is comparable.
    before: Option<Judged>,
    /// The workload and load model of the baseline's runs, each once.
    asked: Vec<String>,
    /// Whether the baseline has runs of several deployments; then only the one of the same name is compared.
    several: bool,
}

/// A load that the baseline held.
pub(super) struct Held {
    pub(super) load: f64,
    /// Why this load is asked for, as a sentence.
    pub(super) why: String,
}

impl Baseline {
    /// Of the baseline's runs with the same workload and load model, and with the same deployment name if it has
    /// several: one that is alike in all known facts if there is one, then the one with the most levels in common, then
    /// the latest.
    pub(super) fn of(run: &Run, baseline: &[Run], slo: &Slo) -> Self {
        let several = baseline.iter().any(|other| other.deployment_label() != baseline[0].deployment_label());
        let best = baseline
            .iter()
            .filter(|other| is_same_question(other, run))
            // If the baseline has one deployment, that one is meant whatever its name, which often contains the
            // engine's version.
            .filter(|other| !several || other.deployment_label() == run.deployment_label())
            .max_by_key(|other| {
                let alike = other.deployment.is_alike(&run.deployment);
                (alike, compare::shared_loads(run, other), other.provenance.started_ms)
            });
        let mut asked: Vec<String> = baseline.iter().map(workload::question).collect();
        asked.sort_unstable();
        asked.dedup();
        Self { before: best.map(|other| Judged::new(other.clone(), slo)), asked, several }
    }

    /// The reason to give if there is no load that the baseline [held](Self::held).
    pub(super) fn held_none(&self) -> &'static str {
        if self.before.is_some() {
            "the baseline met its limits at no load, so there is no load to compare at."
        } else {
            "the baseline has no run to compare with, so no load is known that it held."
        }
    }

    /// The load that a repeated run of the baseline would hold too; else the highest measured one at which every limit
    /// held.
    pub(super) fn held(&self, unit: &str) -> Option<Held> {
        let Judged { run, verdict, .. } = self.before.as_ref()?;
        let at = |load: f64| display::load_with_unit(load, unit);
        let repeatable = verdict.repeatable_load(run).map(|load| Held {
            load,
            why: format!("Checked at {}, a load that a repeat of the baseline would hold too.", at(load)),
        });
        repeatable.or_else(|| {
            let load = verdict.max_passing_load?;
            let why = format!(
                "Checked at {}, the highest load at which the baseline held every limit; it may have by chance.",
                at(load)
            );
            Some(Held { load, why })
        })
    }

    /// The highest measured load at which the baseline met every limit. Requests are compared up to this load.
    pub(super) fn passed(&self) -> Option<f64> {
        self.before.as_ref()?.verdict.max_passing_load
    }

    /// What differs between the baseline and `run` besides the measured numbers, for example
    /// `engine: vLLM 0.31 → vLLM 0.32`.
    pub(super) fn differences(&self, run: &Run) -> Vec<String> {
        let Some(before) = &self.before else { return Vec::new() };
        let mut found = compare::differences(&before.run, run);
        // The measured loads are not a property of a deployment.
        found.retain(|difference| difference.factor != "levels");
        found.iter().map(|found| format!("{}: {} → {}", found.factor, found.a, found.b)).collect()
    }

    /// The questions, up to `load` if it is given: nobody relies on the deployment above it.
    pub(super) fn items(&self, after: &Judged, tolerance: f64, load: Option<f64>) -> Vec<Item> {
        let Some(before) = &self.before else {
            return vec![Item {
                name: "no slower than the baseline".to_owned(),
                answer: Answer::Unknown,
                found: format!(
                    "the baseline has no run of this {}workload and load model: this is {}, it has {}.",
                    if self.several { "deployment, " } else { "" },
                    workload::question(&after.run),
                    if self.asked.is_empty() { "none at all".to_owned() } else { self.asked.join("; ") }
                ),
                advice: "Measure both with the same prompts, outputs and kind of load.".to_owned(),
            }];
        };
        let limited = latencies(&after.verdict.slo);
        let unit = after.run.load_model.unit();
        let items: Vec<Item> = compare::compare(&before.run, &after.run)
            .cells
            .iter()
            .filter(|cell| limited.contains(&cell.latency) && load.is_none_or(|load| cell.load <= load))
            .map(|cell| slower(cell, tolerance, unit))
            .collect();
        if items.is_empty() { vec![held_less(before, after, tolerance)] } else { items }
    }
}

/// The latencies that have limits.
fn latencies(slo: &Slo) -> Vec<Latency> {
    slo.limits
        .iter()
        .filter_map(|limit| match limit.subject {
            Subject::Latency(latency, _) => Some(latency),
            _ => None,
        })
        .collect()
}

fn slower(cell: &Cell, tolerance: f64, unit: &str) -> Item {
    let ratio = cell.ratio;
    let seen = cell.smallest_seen();
    let measured = format!(
        "typical request {} ({} to {}), {} and {} requests",
        change(ratio.value),
        change(ratio.lo),
        change(ratio.hi),
        display::number(cell.counts[0] as f64),
        display::number(cell.counts[1] as f64)
    );
    let (answer, meaning, advice) = if cell.is_real() && ratio.value > 1.0 + tolerance {
        (Answer::Fail, "slower, and that is not chance.".to_owned(), String::new())
    } else if ratio.hi <= 1.0 + tolerance {
        (Answer::Pass, format!("less than {} slower.", display::percent(tolerance)), String::new())
    } else if seen <= tolerance {
        let meaning = format!("no slowdown of {} seen, and one would have been.", display::percent(tolerance));
        (Answer::Pass, meaning, String::new())
    } else if ratio.lo > 1.0 + tolerance {
        let meaning = "it looks slower, but so few show as much by chance more often than once in 10,000.".to_owned();
        (Answer::Unknown, meaning, "Measure both again with twice the requests.".to_owned())
    } else {
        let meaning = format!(
            "too few, because only a slowdown of {} or more would show, and {} matters.",
            display::percent(seen),
            display::percent(tolerance)
        );
        let advice = format!(
            "Measure about {} requests at this level in both runs, or tolerate more with --tolerate.",
            display::number(round_up(cell.requests_to_see(tolerance)))
        );
        (Answer::Unknown, meaning, advice)
    };
    Item {
        name: format!(
            "{} at {} no slower than the baseline",
            cell.latency.label(),
            display::load_with_unit(cell.load, unit)
        ),
        answer,
        found: format!("{measured}: {meaning}"),
        advice,
    }
}

/// Rounds up to two significant digits.
fn round_up(value: f64) -> f64 {
    let mut step = 1.0;
    while value / step > 100.0 {
        step *= 10.0;
    }
    (value / step).ceil() * step
}

/// Compares the loads that both runs hold, if they have no single requests of a limited latency at a common load.
fn held_less(before: &Judged, after: &Judged, tolerance: f64) -> Item {
    let name = "the load held is no lower than the baseline's".to_owned();
    let breaking = |judged: &Judged| (&judged.verdict).into();
    // No scatter between runs is assumed: `--tolerate` allows for it.
    let Some(ratio) = load_ratio(&breaking(after), &breaking(before), LoadRule::Interpolated, 0.0) else {
        return Item {
            name,
            answer: Answer::Unknown,
            found: "the reports lack single requests at the same loads, and one of the two has no breaking load.".to_owned(),
            advice: "Keep every request in the report (for vLLM --save-detailed), measure the same loads, and until a limit breaks."
                .to_owned(),
        };
    };
    let least = 1.0 / (1.0 + tolerance);
    let ends = match ratio.interval {
        [Some(low), Some(high)] => format!(" ({} to {})", change(low), change(high)),
        _ => String::new(),
    };
    let found = format!(
        "it holds {} load{ends}, judging by the breaking loads alone: the reports lack single requests at the same loads.",
        change(ratio.value)
    );
    let (answer, advice) = match ratio.interval {
        [_, Some(high)] if high < 1.0 && ratio.value < least => (Answer::Fail, ""),
        [Some(low), _] if low >= least => (Answer::Pass, ""),
        [None, _] | [_, None] => {
            (Answer::Unknown, "How much of that is chance is unknown. Keep every request in the report.")
        }
        _ => (
            Answer::Unknown,
            "That may be chance. Keep every request in the report, or measure more of them at each level.",
        ),
    };
    Item { name, answer, found, advice: advice.to_owned() }
}

#[cfg(test)]
mod tests {
    use headroom_engine::compare::Shift;

    use super::*;

    fn check(ratio: [f64; 3], p: f64, expected: Answer) {
        let [lo, value, hi] = ratio;
        let ratio = Shift { value, lo, hi };
        let cell =
            Cell { load: 8.0, latency: Latency::Ttft, counts: [300, 300], p, adjusted_p: p, shift_ms: ratio, ratio };
        let item = slower(&cell, 0.1, "users");
        assert_eq!(item.answer, expected, "{}", item.found);
    }

    #[test]
    fn only_what_would_have_been_seen_is_absent() {
        // In this order: real and large; real and small; too noisy to tell; precise enough to tell.
        check([1.15, 1.2, 1.25], 1e-9, Answer::Fail);
        check([1.01, 1.03, 1.05], 1e-9, Answer::Pass);
        check([0.9, 1.0, 1.11], 0.8, Answer::Unknown);
        check([1.0, 1.15, 1.3], 0.04, Answer::Unknown);
        // Larger than tolerated, but not beyond doubt.
        check([1.2, 1.7, 2.2], 0.001, Answer::Unknown);
        check([0.98, 1.0, 1.02], 0.8, Answer::Pass);
        // Faster is no regression.
        check([0.5, 0.6, 0.7], 1e-9, Answer::Pass);
    }

    #[test]
    fn advice_has_two_digits() {
        for (value, expected) in [(0.3, 1.0), (12.4, 13.0), (123.0, 130.0), (98_765.0, 99_000.0), (100.0, 100.0)] {
            assert!((round_up(value) - expected).abs() < 1e-9, "{value}: {}", round_up(value));
        }
    }
}
