//! A limit of a run's service level: judged where it is, and wherever it is moved to.

use crate::format;
use crate::model::LimitLine;
use headroom_engine::breaking::{Breaking, OneLimit, State, breaking_point, combined, first_to_break};
use headroom_engine::points::LevelPoint;

/// One limit with what it takes to judge it by any bound.
#[derive(Debug, Clone)]
pub struct JudgedLimit {
    /// The bound that holds now, with its label.
    pub line: LimitLine,
    /// What is limited, for example `TTFT p95`.
    pub subject: String,
    /// Unit of the bound.
    pub unit: String,
    /// What was measured of it.
    pub points: Vec<LevelPoint>,
    /// The lowest load at which every request failed, where the subject is a latency, which such
    /// a level does not have.
    pub collapse: Option<f64>,
    /// The breaking point at [`line`](Self::line).
    pub breaking: Breaking,
    /// The bound and the label that the service level gives.
    own: LimitLine,
    /// The verdict's state and interval for [`own`](Self::own). It had every request to resample
    /// for it, where the points have only each level's own bounds.
    given: Option<(State, [Option<f64>; 2])>,
}

impl JudgedLimit {
    /// A limit, judged.
    #[must_use]
    pub fn new(
        line: LimitLine,
        (subject, unit): (String, String),
        points: Vec<LevelPoint>,
        collapse: Option<f64>,
        given: Option<(State, [Option<f64>; 2])>,
    ) -> Self {
        let breaking = breaking_point(&points, line.bound);
        let mut limit = Self { own: line.clone(), line, subject, unit, points, collapse, breaking, given };
        limit.breaking = limit.at(limit.own.bound);
        limit
    }

    /// The breaking point for another bound; for its own with the verdict's interval.
    #[must_use]
    pub fn at(&self, bound: f64) -> Breaking {
        let breaking = breaking_point(&self.points, bound).with_collapse(self.collapse);
        let given = self.given.filter(|(state, _)| self.is_own(bound) && *state == breaking.state);
        match given {
            Some((_, interval)) => Breaking { interval, ..breaking },
            None => breaking,
        }
    }

    /// Whether an interval at the bound that holds now comes from the levels' own bounds alone.
    #[must_use]
    pub fn by_level_bounds(&self) -> bool {
        self.given.is_some() && !self.is_own(self.line.bound)
    }

    /// The bound that the service level gives.
    #[must_use]
    pub fn own_bound(&self) -> f64 {
        self.own.bound
    }

    /// Moves the limit, or puts it back.
    pub fn move_to(&mut self, bound: Option<f64>) {
        let bound = bound.unwrap_or(self.own.bound);
        self.line = if self.is_own(bound) {
            self.own.clone()
        } else {
            LimitLine { bound, label: format!("{} ≤ {}", self.subject, format::value(bound, &self.unit)) }
        };
        self.breaking = self.at(bound);
    }

    fn is_own(&self, bound: f64) -> bool {
        bound.total_cmp(&self.own.bound).is_eq()
    }

    fn one(&self, breaking: Breaking, bound: f64) -> OneLimit {
        let lowest_over_bound = self.points.first().map_or(0.0, |point| point.value / bound);
        OneLimit { breaking, lowest_over_bound }
    }
}

/// The answer over all limits as they are, and which of them breaks first.
#[must_use]
pub fn verdict(limits: &[JudgedLimit]) -> (Breaking, Option<usize>) {
    let all: Vec<OneLimit> = limits.iter().map(|limit| limit.one(limit.breaking, limit.line.bound)).collect();
    (combined(&all), first_to_break(&all))
}

/// The answer over all limits with one of them at another bound.
#[must_use]
pub fn verdict_at(limits: &[JudgedLimit], moved: usize, bound: f64) -> Breaking {
    let all: Vec<OneLimit> = limits
        .iter()
        .enumerate()
        .map(|(index, limit)| {
            if index == moved { limit.one(limit.at(bound), bound) } else { limit.one(limit.breaking, limit.line.bound) }
        })
        .collect();
    combined(&all)
}
