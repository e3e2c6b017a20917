//! Which of several deployments is the cheapest as a function of a limit.

use super::sweep::{TIE, flips_by};
use super::{Figures, LoadRule};
use crate::sheet::Sheet;
use crate::tokens::TokenBasis;

/// A bound at which another deployment becomes the cheapest.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Succession {
    /// The bound.
    pub bound: f64,
    /// The cheapest just below it, an index of the sheets.
    pub below: usize,
    /// The cheapest from there on, an index of the sheets.
    pub above: usize,
}

/// Every bound between neighbouring `bounds`, which ascend, at which another one becomes the cheapest. The limit in
/// question of each is the one that moves. Two changes between the same two bounds are seen as one.
#[must_use]
pub fn successions(sheets: &[&Sheet], bounds: &[f64], basis: TokenBasis, rule: LoadRule) -> Vec<Succession> {
    let cheapest = |bound: f64| cheapest(sheets, bound, basis, rule);
    let mut found = Vec::new();
    let mut before: Option<(f64, usize)> = None;
    for &bound in bounds {
        let Some(leader) = cheapest(bound) else { continue };
        if let Some((from, below)) = before.filter(|(_, below)| *below != leader) {
            let still = |bound: f64| Some(cheapest(bound)? == below);
            let flip = flips_by(&[from, bound], still).into_iter().next();
            found.extend(flip.map(|flip| Succession { bound: flip.bound, below, above: leader }));
        }
        before = Some((bound, leader));
    }
    found
}

/// The one whose tokens cost least; `None` with fewer than two to compare, and in a tie.
fn cheapest(sheets: &[&Sheet], bound: f64, basis: TokenBasis, rule: LoadRule) -> Option<usize> {
    let mut least: Option<(usize, f64)> = None;
    let mut second = f64::INFINITY;
    for (index, sheet) in sheets.iter().enumerate() {
        let Some(cost) = Figures::at(sheet, bound, basis, rule).cost else { continue };
        let dollars = cost.dollars_per_million();
        match least {
            Some((_, cheaper)) if dollars >= cheaper => second = second.min(dollars),
            _ => {
                second = least.map_or(second, |(_, dollars)| dollars);
                least = Some((index, dollars));
            }
        }
    }
    let (index, dollars) = least?;
    (second.is_finite() && second / dollars - 1.0 > TIE).then_some(index)
}
