//! Which of two deployments is cheaper, if that can be told. Only this module decides that.

use super::ratio::{Measure, Ratio, cheaper, ratio_of};
use super::{Figures, LoadRule, Served};
use crate::sheet::Sheet;
use crate::workload::Work;

/// A against B by one measure, with all that is needed to name the cheaper one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Contest {
    /// What is bought.
    pub measure: Measure,
    /// A over B.
    pub ratio: Ratio,
    /// Requests per dollar of A over those of B; `None` if a request rate is unknown.
    pub requests: Option<Ratio>,
    /// Whether both did the same work.
    pub work: Work,
    /// Whether the token rates of A, and those of B, are impossible; see [`Sheet::impossible_rates`].
    pub impossible: [bool; 2],
}

impl Contest {
    /// Compares the two at what each serves. `None` if a price, a load or a rate is unknown.
    #[must_use]
    pub fn of(measure: Measure, a: (&Sheet, &Served), b: (&Sheet, &Served)) -> Option<Self> {
        let side = |(sheet, served)| Some((served, Sheet::known_price(sheet)?.per_hour));
        let (priced_a, priced_b) = (side(a)?, side(b)?);
        Some(Self {
            measure,
            ratio: ratio_of(measure, priced_a, priced_b)?,
            requests: ratio_of(Measure::Requests, priced_a, priced_b),
            work: a.0.work(b.0),
            impossible: [a.0.impossible_rates, b.0.impossible_rates],
        })
    }

    /// Compares the two with the limit in question of each moved to another bound.
    #[must_use]
    pub fn at(measure: Measure, rule: LoadRule, a: &Sheet, b: &Sheet, bound: f64) -> Option<Self> {
        let [of_a, of_b] = [a, b].map(|sheet| Figures::at(sheet, bound, measure.basis(), rule).served);
        Self::of(measure, (a, &of_a?), (b, &of_b?))
    }

    /// Which one is cheaper beyond doubt: `Some(true)` for A, `Some(false)` for B.
    ///
    /// With longer answers, the same server gives more tokens and fewer requests for the same money. So if the work
    /// differed, or may have differed, one side must be cheaper both by tokens and by requests; and loads of different
    /// work cannot be compared. Nor do impossible token rates say anything.
    #[must_use]
    pub fn cheaper(&self) -> Option<bool> {
        let told = cheaper(&self.ratio);
        match (self.work, self.measure) {
            (_, Measure::Tokens(_)) if self.impossible.contains(&true) => None,
            (Work::Same, _) => told,
            (_, Measure::Tokens(_) | Measure::Requests) => {
                told.filter(|_| told == self.requests.as_ref().and_then(cheaper))
            }
            (_, Measure::Load | Measure::WholeReplicas) => None,
        }
    }
}
