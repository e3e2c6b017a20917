//! The load that a replica certainly holds, from a verdict, or why there is none.

use headroom_engine::breaking::BreakingState;
use headroom_engine::display;
use headroom_engine::findings::{Code, FindingSeverity};
use headroom_engine::run::{LoadModel, Run};
use headroom_engine::slo::Subject;
use headroom_engine::verdict::{IntervalMethod, Verdict};

/// The loads per replica that rules compare with, in the unit of the run's loads.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Threshold {
    /// The load that a replica certainly holds, rounded down to three digits.
    pub(super) holds: f64,
    /// The load at which to act before that: `holds` less the margin, rounded down to three digits.
    pub(super) act_at: f64,
    /// Which number of the verdict `holds` is.
    pub(super) basis: Basis,
    /// The most likely breaking load, as Headroom's queries return it; for a floor the highest load that passed.
    pub(super) breaking: f64,
}

/// The number of a verdict that a threshold is taken from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Basis {
    /// The lower end of the 95 % interval of the breaking load.
    LowerEnd,
    /// The highest measured load that passed: the interval has no lower end.
    LastPassing,
    /// The highest measured load that passed: above it the curve jumps over the limit.
    Cliff,
    /// The highest measured load that passed: the percentile itself is not in the report.
    Bracket,
    /// The highest measured load that is known to pass: levels above it are undecided.
    Undecided,
    /// The highest measured load: the benchmark ended while every limit held.
    Floor,
    /// The highest offered rate that was kept up with: beyond it a queue grows, whatever the limits say.
    KeptUp,
}

impl Basis {
    /// The number in words.
    pub(super) fn text(self) -> &'static str {
        match self {
            Self::LowerEnd => "the lower end of the 95% interval of the breaking load",
            Self::LastPassing => {
                "the highest measured load that passed, because the interval of the breaking load has no lower end"
            }
            Self::Cliff => "the highest measured load that passed, because a limit is jumped over above it",
            Self::Bracket => {
                "the highest measured load that is known to pass, because the report lacks the percentile and others decide it"
            }
            Self::Undecided => {
                "a lower bound: the highest load that is known to pass, because the report lacks the percentile and leaves higher \
                 ones open. Have the tool write that percentile and write the rules again"
            }
            Self::Floor => {
                "a lower bound: the benchmark ended at this load while every limit still held, so a replica may hold more. \
                 Measure higher loads and write the rules again"
            }
            Self::KeptUp => {
                "the highest offered rate that was kept up with, because beyond it the queue grows for as long as the load lasts"
            }
        }
    }
}

impl Threshold {
    /// The threshold from a verdict, with the share `margin` of the load kept free.
    ///
    /// # Errors
    ///
    /// A text that says why there is no load for rules to compare with, and what to do about it.
    pub(super) fn of(run: &Run, verdict: &Verdict, margin: f64) -> Result<Self, String> {
        let says = &verdict.sentence;
        // Errors about throughput alone affect the cost of a token but not the load. If a limit was not measured, that
        // has its own message.
        let about_the_load = [Code::ErrorsHigh, Code::PercentilesOutOfOrder, Code::ImpossibleUnits];
        let unreliable = verdict
            .findings
            .iter()
            .find(|found| found.severity == FindingSeverity::Error && about_the_load.contains(&found.code));
        if let Some(found) = unreliable {
            return Err(format!("{says} {}", found.message));
        }
        let passing = match (verdict.state, verdict.max_passing_load) {
            (BreakingState::NeverMet, _) => {
                return Err(format!(
                    "{says} No measured load passes, so there is none to take a threshold from. Measure lower loads, make the \
                     deployment faster, or judge by another service level (--slo, --limit)."
                ));
            }
            (BreakingState::NotMeasured, _) | (_, None) => {
                let missing: Vec<String> = verdict
                    .limits
                    .iter()
                    .filter(|one| one.breaking.state == BreakingState::NotMeasured)
                    .map(|one| one.limit.label())
                    .collect();
                return Err(format!(
                    "{says} What was not measured never passes, so no load is known to hold {}. Measure it, or judge by limits \
                     that were measured (--slo, --limit).",
                    if missing.is_empty() { "every limit".to_owned() } else { missing.join(" and ") }
                ));
            }
            (_, Some(passing)) => passing,
        };
        let low = verdict.interval[0].filter(|low| *low > 0.0);
        let unserved = verdict.binding.is_some_and(|limit| limit.subject == Subject::Unserved);
        let (holds, basis) = match (verdict.state, low) {
            _ if unserved => (passing, Basis::KeptUp),
            (BreakingState::Floor, _) if verdict.has(Code::PercentileMissing) => (passing, Basis::Undecided),
            (BreakingState::Floor, _) => (passing, Basis::Floor),
            (BreakingState::Cliff, _) => (passing, Basis::Cliff),
            (BreakingState::Bracket, _) => (passing, Basis::Bracket),
            // A bracket is not a statistical interval: its end is the measured load itself.
            (_, Some(low)) if verdict.interval_method != IntervalMethod::Bracket => (low, Basis::LowerEnd),
            _ => (passing, Basis::LastPassing),
        };
        let (holds, act_at) = (down(holds), down(holds * (1.0 - margin)));
        if act_at <= 0.0 {
            return Err(format!(
                "{says} Of {} nothing is left to act at. Measure lower loads, or choose a smaller --margin.",
                display::load_with_unit(holds, run.load_model.unit())
            ));
        }
        Ok(Self { holds, act_at, basis, breaking: verdict.breaking_load.unwrap_or(passing) })
    }
}

/// Requests in flight of one replica at the load that it holds. For an open loop they are those measured at the highest
/// load up to that one.
///
/// # Errors
///
/// When the report does not say how many requests were in flight.
pub(super) fn in_flight(run: &Run, threshold: &Threshold) -> Result<f64, String> {
    if run.load_model == LoadModel::Closed {
        return Ok(threshold.holds);
    }
    run.levels
        .iter()
        .rfind(|level| down(level.load) <= threshold.holds)
        .and_then(|level| level.concurrency)
        .filter(|concurrency| concurrency.is_finite() && *concurrency > 0.0)
        .map(down)
        .ok_or_else(|| {
            "The benchmark offered requests per second and its report does not say how many were in flight, which a \
             concurrency quota needs. Write it from a closed-loop benchmark."
                .to_owned()
        })
}

/// Rounds down to three digits, so that a cautious load stays cautious.
fn down(value: f64) -> f64 {
    if !value.is_finite() || value <= 0.0 {
        return value;
    }
    // From 100 on, whole numbers; below, as many decimals as three digits need.
    let mut scale = 1.0;
    while value * scale < 100.0 {
        scale *= 10.0;
    }
    // 0.29 times 100 is 28.999…: a number of three digits must stay the same.
    (value * scale * (1.0 + 4.0 * f64::EPSILON)).floor() / scale
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loads_are_rounded_down_to_three_digits() {
        for (value, expected) in [
            (9.873_343, 9.87),
            (9.879_999, 9.87),
            (0.29, 0.29),
            (0.001_239_9, 0.001_23),
            (6.0, 6.0),
            (128.0, 128.0),
            (1999.9, 1999.0),
            (0.0, 0.0),
        ] {
            assert_eq!(down(value).to_bits(), f64::to_bits(expected), "{value}");
        }
    }
}
