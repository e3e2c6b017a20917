//! Which of several deployments is the cheapest, as a function of a limit.

use super::sweep::change;
use super::{Contest, Figures, LoadRule, Measure, Served};
use crate::listed::listed;
use crate::sheet::Sheet;
use crate::tokens::TokenBasis;
use crate::workload;

/// A bound at which another deployment becomes the cheapest.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Succession {
    /// The lowest bound from which on the other one is the cheapest beyond doubt, in the unit of the limit.
    pub bound: f64,
    /// Index of the sheet that was the cheapest below this bound.
    pub below: usize,
    /// Index of the sheet that is the cheapest from this bound on.
    pub above: usize,
}

/// The bounds at which the cheapest sheet of a workload changes, each found between two neighbouring `bounds`, which
/// must ascend. Only sheets that are the cheapest beyond doubt count; between one such sheet and the next it cannot be
/// told. Each sheet's limit in question is the one that moves. Two changes between the same two bounds are seen as one.
#[must_use]
pub fn successions(sheets: &[&Sheet], bounds: &[f64], basis: TokenBasis, rule: LoadRule) -> Vec<Succession> {
    let mut found = Vec::new();
    for members in alike(sheets) {
        let leader = |bound: f64| {
            // A sheet without a limit in question costs the same at every bound, which says nothing.
            let served = |&index: &usize| {
                sheets[index].limit_in_question()?;
                Some((index, Figures::at(sheets[index], bound, basis, rule).served?))
            };
            cheapest(sheets, &listed(members.iter().filter_map(served)), basis)
        };
        let mut before: Option<usize> = None;
        let mut earlier = f64::NAN;
        for &bound in bounds {
            if let Some(above) = leader(bound) {
                if let Some(below) = before.filter(|below| *below != above) {
                    let [_, first] = change([earlier, bound], |bound| leader(bound) != Some(above));
                    found.push(Succession { bound: first, below, above });
                }
                before = Some(above);
            }
            earlier = bound;
        }
    }
    found
}

/// For each workload that several sheets share, the index of the sheet whose tokens cost less than those of every other
/// sheet with a known cost, if that is beyond doubt. `served` is what each sheet serves.
#[must_use]
pub fn cheapest_of_each(sheets: &[&Sheet], served: &[Option<Served>], basis: TokenBasis) -> Vec<usize> {
    let known = |members: Vec<usize>| -> Vec<(usize, Served)> {
        listed(members.into_iter().filter_map(|index| Some((index, (*served.get(index)?)?))))
    };
    listed(alike(sheets).filter_map(|members| cheapest(sheets, &known(members), basis)))
}

/// Indices of the sheets, grouped by workload.
fn alike(sheets: &[&Sheet]) -> impl Iterator<Item = Vec<usize>> {
    let groups = workload::groups(sheets, |a, b| a.is_comparable(b));
    (0..sheets.len()).map(move |group| listed((0..groups.len()).filter(|&index| groups[index] == group)))
}

fn cheapest(sheets: &[&Sheet], served: &[(usize, Served)], basis: TokenBasis) -> Option<usize> {
    let priced = |&(index, served): &(usize, Served)| {
        let dollars = sheets[index].known_price()?.per_hour.0 / served.tokens_per_second;
        Some((index, served, dollars))
    };
    let known: Vec<(usize, Served, f64)> = listed(served.iter().filter_map(priced));
    let (least, yielded, _) = known.iter().min_by(|a, b| a.2.total_cmp(&b.2))?;
    let beats = |&(other, ref served, _): &(usize, Served, f64)| {
        let contest = Contest::of(Measure::Tokens(basis), (sheets[*least], yielded), (sheets[other], served));
        contest.is_some_and(|contest| contest.cheaper() == Some(true))
    };
    let others = || known.iter().filter(|(index, ..)| index != least);
    (others().count() > 0 && others().all(beats)).then_some(*least)
}
