//! One limit of a sheet, judged at its own bound and at any bound that it is moved to.

use crate::bounded::{self, BoundedLevel, bounded_levels};
use crate::breaking::{Breaking, BreakingState, OneLimit, breaking_point};
use crate::display;
use crate::points::{LevelPoint, level_points};
use crate::run::Run;
use crate::slo::{Limit, Subject};

/// What is limited: a subject of a service level, or a quantity of columns from elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quantity {
    /// Its name for people, for example `TTFT p95`.
    pub label: String,
    /// Unit of its values, as [`display::value`] takes it.
    pub unit: String,
    /// Whether it is a latency, which a level without a successful request does not have.
    pub is_latency: bool,
}

impl From<Subject> for Quantity {
    fn from(subject: Subject) -> Self {
        let is_latency = matches!(subject, Subject::Latency(..));
        Self { label: subject.label(), unit: subject.unit().to_owned(), is_latency }
    }
}

/// An upper bound with its name.
#[derive(Debug, Clone, PartialEq)]
pub struct Bound {
    /// The largest value that still passes, in the quantity's unit.
    pub value: f64,
    /// The name of the limit, for example `TTFT p95 ≤ 1,000 ms`.
    pub label: String,
}

/// One limit with everything that is needed to judge it at any bound.
#[derive(Debug, Clone, PartialEq)]
pub struct SheetLimit {
    /// What is limited.
    pub quantity: Quantity,
    /// The present bound.
    pub bound: Bound,
    /// What was measured of it, ascending in load.
    pub points: Vec<LevelPoint>,
    /// The levels that lack it but have other percentiles, ascending in load.
    pub bounded: Vec<BoundedLevel>,
    /// The breaking point at [`bound`](Self::bound).
    pub breaking: Breaking,
    /// The lowest load at which every request failed, if the quantity has no value there.
    collapse: Option<f64>,
    /// The bound of the service level.
    own: Bound,
    /// State and interval at that bound, as found from single requests instead of the points.
    refined: Option<(BreakingState, [Option<f64>; 2])>,
}

impl SheetLimit {
    /// A judged limit on these points. `collapse` is the lowest load at which every request failed.
    #[must_use]
    pub fn new(
        quantity: Quantity,
        bound: Bound,
        (points, bounded): (Vec<LevelPoint>, Vec<BoundedLevel>),
        collapse: Option<f64>,
    ) -> Self {
        // A collapsed level has an error rate like any other level, but no latency.
        let collapse = collapse.filter(|_| quantity.is_latency);
        let mut limit = Self {
            quantity,
            own: bound.clone(),
            bound,
            breaking: breaking_point(&[], f64::INFINITY),
            points,
            bounded,
            collapse,
            refined: None,
        };
        limit.breaking = limit.at(limit.bound.value);
        limit
    }

    /// A limit of a service level, judged on the levels of a run.
    pub(super) fn of(run: &Run, limit: Limit, collapse: Option<f64>) -> Self {
        let bound = Bound { value: limit.bound, label: limit.label() };
        let measured = (level_points(run, limit.subject), bounded_levels(run, limit.subject));
        Self::new(limit.subject.into(), bound, measured, collapse)
    }

    /// Takes over the state and the interval that were found at the service level's bound from single requests, which
    /// the points do not contain. An answer with another state belongs to another curve and changes nothing.
    pub fn refine(&mut self, state: BreakingState, interval: [Option<f64>; 2]) {
        self.refined = Some((state, interval));
        self.breaking = self.at(self.bound.value);
    }

    /// Drops the state and the interval that were found from single requests.
    pub(super) fn coarsen(&mut self) {
        self.refined = None;
        self.breaking = self.at(self.bound.value);
    }

    /// The breaking point for any bound. At the service level's bound it has the interval from single requests, if
    /// known.
    #[must_use]
    pub fn at(&self, bound: f64) -> Breaking {
        let exact = breaking_point(&self.points, bound);
        let breaking = bounded::breaking_point(&self.points, &self.bounded, bound, exact).with_collapse(self.collapse);
        let refined = self.refined.filter(|(state, _)| self.is_own(bound) && *state == breaking.state);
        match refined {
            Some((_, interval)) => Breaking { interval, ..breaking },
            None => breaking,
        }
    }

    /// Whether the limit was moved away from the service level's bound, the only one for which a verdict gave the
    /// interval ([`refine`](Self::refine)): at any other bound, the interval comes from the levels' own confidence
    /// bounds.
    #[must_use]
    pub fn by_level_bounds(&self) -> bool {
        self.refined.is_some() && !self.is_own(self.bound.value)
    }

    /// The bound that the service level gives, in the quantity's unit.
    #[must_use]
    pub fn own_bound(&self) -> f64 {
        self.own.value
    }

    /// Moves the limit to another bound; `None` moves it back to the bound of the service level.
    pub fn move_to(&mut self, bound: Option<f64>) {
        let value = bound.unwrap_or(self.own.value);
        self.bound = if self.is_own(value) {
            self.own.clone()
        } else {
            let Quantity { label, unit, .. } = &self.quantity;
            Bound { value, label: format!("{label} ≤ {}", display::value(value, unit)) }
        };
        self.breaking = self.at(value);
    }

    /// Whether a measured value passes. NaN never passes.
    #[must_use]
    pub fn holds(&self, value: f64) -> bool {
        value <= self.bound.value
    }

    /// What the answer over all limits needs to know about this limit at its present bound.
    pub(super) fn now(&self) -> OneLimit {
        self.one(self.breaking, self.bound.value)
    }

    /// The same at another bound.
    pub(super) fn moved(&self, bound: f64) -> OneLimit {
        self.one(self.at(bound), bound)
    }

    fn one(&self, breaking: Breaking, bound: f64) -> OneLimit {
        let measured = self.points.first().map(|point| (point.load, point.value));
        let between = self.bounded.first().and_then(|level| Some((level.load, level.at_least?)));
        let lowest = [measured, between].into_iter().flatten().min_by(|a, b| a.0.total_cmp(&b.0));
        // If no level decides the limit, it may break at any load.
        let known_to = match breaking.state {
            BreakingState::Floor => breaking.max_passing_load,
            BreakingState::NotMeasured => Some(f64::NEG_INFINITY),
            _ => None,
        };
        let is_above = |level: &&BoundedLevel| known_to.is_some_and(|known| level.load > known);
        let is_open = self.bounded.iter().filter(is_above).any(|level| level.holds(bound).is_none());
        OneLimit { breaking, lowest_over_bound: lowest.map_or(0.0, |(_, value)| value / bound), is_open }
    }

    fn is_own(&self, bound: f64) -> bool {
        bound.total_cmp(&self.own.value).is_eq()
    }
}

/// The lowest load, above every load with a successful request, at which requests were answered and all of them failed.
/// `levels` gives each load with its numbers of successful and of failed requests; NaN is unknown.
pub(super) fn collapse(levels: impl Iterator<Item = (f64, (f64, f64))> + Clone) -> Option<f64> {
    let succeeded = levels.clone().filter(|(_, (ok, _))| *ok > 0.0);
    let highest_success = succeeded.map(|(load, _)| load).fold(f64::NEG_INFINITY, f64::max);
    levels
        .filter(|(load, (ok, errored))| *load > highest_success && *ok <= 0.0 && *errored > 0.0)
        .map(|(load, _)| load)
        .min_by(f64::total_cmp)
}
