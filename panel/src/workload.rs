//! Which runs were asked the same: only those can be compared.

use crate::model::Series;
use headroom_engine::display;

/// Mean lengths that differ by more than this factor are two workloads. Those of one synthetic
/// workload scatter by a few per cent.
const SAME_LENGTH: f64 = 1.1;

/// What a run was asked.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Workload {
    /// Mean tokens of a prompt; `NaN` where unknown.
    pub prompt: f64,
    /// Mean tokens of an answer; `NaN` where unknown.
    pub output: f64,
}

impl Default for Workload {
    fn default() -> Self {
        Self { prompt: f64::NAN, output: f64::NAN }
    }
}

impl Workload {
    fn is_like(self, other: Self) -> bool {
        let alike = |a: f64, b: f64| a > 0.0 && b > 0.0 && a <= b * SAME_LENGTH && b <= a * SAME_LENGTH;
        alike(self.prompt, other.prompt) && alike(self.output, other.output)
    }

    /// `128 in / 64 out`; `unknown lengths` where either is not known.
    #[must_use]
    pub fn words(self) -> String {
        if self.prompt.is_finite() && self.output.is_finite() {
            format!("{} in / {} out", display::number(self.prompt.round()), display::number(self.output.round()))
        } else {
            "unknown lengths".to_owned()
        }
    }
}

/// Whether two runs were asked the same under the same kind of load. What is not known is the
/// same as nothing else.
#[must_use]
pub fn comparable(a: &Series, b: &Series) -> bool {
    a.load_unit == b.load_unit && a.replica.workload.is_like(b.replica.workload)
}

/// A number for each series; those that share it can be compared.
#[must_use]
pub fn groups<'a>(series: impl Iterator<Item = &'a Series>) -> Vec<usize> {
    let mut first: Vec<&Series> = Vec::new();
    series
        .map(|one| {
            first.iter().position(|other| comparable(one, other)).unwrap_or_else(|| {
                first.push(one);
                first.len() - 1
            })
        })
        .collect()
}
