//! Findings about levels that did not reach a steady state.

use super::{Case, Code, Finding, FindingSeverity};
use crate::display;
use crate::level::Level;
use crate::points::statistic_of;
use crate::slo::Statistic;

/// If requests arrive faster than they are served, each waits longer than the one before it. A percentile over such a
/// level shows how long the level lasted and nothing about the server. Only for levels that count as passing or decide
/// the answer.
pub(super) fn check(case: &Case<'_>, findings: &mut Vec<Finding>) {
    let counts = |level: &&Level| {
        case.decides(level.load) || case.breaking.max_passing_load.is_some_and(|passing| level.load <= passing)
    };
    for level in case.run.levels.iter().filter(counts) {
        let Some(quarters) = climb(level) else { continue };
        let [first, second, third, last] = quarters.map(display::milliseconds);
        findings.push(Finding {
            code: Code::NotSteady,
            severity: FindingSeverity::Warning,
            load: Some(level.load),
            message: format!(
                "The level at {} was not steady: the median TTFT of its requests climbed from quarter to quarter, {first}, \
                 {second}, {third} and {last}. A longer level would show more, so what this one shows may not hold. Measure it \
                 for several times as long.",
                display::load_with_unit(level.load, case.unit())
            ),
        });
    }
}

/// The median TTFT of each quarter of a level's requests, in the order of their starts, if it rises from quarter to
/// quarter by more than chance. `None` otherwise, and if single requests are not known.
fn climb(level: &Level) -> Option<[f64; 4]> {
    /// With fewer requests per quarter, a median is chance.
    const FEWEST: usize = 15;
    /// A queue without a steady state keeps growing. Less growth over a whole level is the warm-up of its first
    /// requests.
    const GROWS: f64 = 1.5;
    let samples = level.samples.as_ref()?;
    let mut rows: Vec<(f64, f64)> = samples
        .start_s
        .iter()
        .copied()
        .zip(samples.ttft_ms.iter().copied())
        .filter(|(start, ttft)| start.is_finite() && ttft.is_finite())
        .collect();
    rows.sort_by(|a, b| a.0.total_cmp(&b.0));
    let size = rows.len() / 4;
    if size < FEWEST {
        return None;
    }
    let quarter = |index: usize| {
        let end = if index == 3 { rows.len() } else { (index + 1) * size };
        let mut values: Vec<f64> = rows[index * size..end].iter().map(|row| row.1).collect();
        values.sort_by(f64::total_cmp);
        values
    };
    let quarters = [0, 1, 2, 3].map(quarter);
    let median = |sorted: &Vec<f64>| statistic_of(sorted, Statistic::P50);
    let medians = [&quarters[0], &quarters[1], &quarters[2], &quarters[3]].map(median);
    let climbs = medians.is_sorted_by(|a, b| a < b) && medians[3] >= GROWS * medians[0];
    // Three quarters of the last quarter's requests waited longer than three quarters of the first quarter's.
    let apart = quarters[3][quarters[3].len() / 4] > quarters[0][3 * quarters[0].len() / 4];
    (climbs && apart).then_some(medians)
}
