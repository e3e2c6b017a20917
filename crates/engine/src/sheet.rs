//! The sheet: one run under one service level, in the form that all analyses use.
//!
//! A verdict, a cost, a comparison and a what-if need the same few things about a run: what each limit measured over
//! load, how fast tokens came, what a replica costs and what the workload was. All of them take these from a sheet,
//! whether it came from a report ([`Sheet::of`]) or from the columns of a data frame ([`Columns`]), so that the command
//! line, the backend and the panel cannot disagree.

mod columns;
mod limit;
mod shown;

pub use columns::{Columns, LevelColumns, LimitColumns, Measured, RateColumns};
pub use limit::{Bound, Quantity, SheetLimit};
pub use shown::ShownBreak;

use crate::breaking::{Breaking, OneLimit, combined, first_to_break};
use crate::findings::has_impossible_rates;
use crate::judging::judging;
use crate::level::Requests;
use crate::rates::{Counted, RateCurve};
use crate::run::{Price, Run, Workload};
use crate::slo::{Slo, Subject};
use crate::workload::{self, Work};

/// One run under one service level. `None` is unknown.
#[derive(Debug, Clone)]
pub struct Sheet {
    /// Its name for people.
    pub name: String,
    /// Unit of all loads: `users` or `req/s`; columns from elsewhere may have another one.
    pub load_unit: String,
    /// Every limit of the service level, in its order.
    pub limits: Vec<SheetLimit>,
    /// Index in [`limits`](Self::limits) of the limit that a what-if changes and that costs are drawn over: the one
    /// that the picture is about, else the first latency that was measured.
    pub in_question: Option<usize>,
    /// Rates over load, one curve for each counted quantity.
    pub rates: Vec<RateCurve>,
    /// What one replica costs. A price that is not positive counts as unknown.
    pub price: Option<Price>,
    /// Accelerators of one replica.
    pub gpus: Option<f64>,
    /// Quantization of its weights, for example `w4a16`.
    pub quantization: Option<String>,
    /// What its requests were like.
    pub workload: Workload,
    /// Standard error of the workload's mean output length, tokens; `None` if the lengths of single answers are
    /// unknown.
    pub output_tokens_error: Option<f64>,
    /// Whether its token rates are higher than its latencies allow (Little's law), so that they say nothing about cost.
    pub impossible_rates: bool,
    /// The loads that decide the answer and have too few requests, ascending; empty if no verdict was computed.
    pub few_requests: Vec<f64>,
}

impl Sheet {
    /// The sheet of a run under a service level, as [`judging`] applies it, judged from the levels' own confidence bounds.
    #[must_use]
    pub fn of(run: &Run, slo: &Slo) -> Self {
        let slo = judging(run, slo);
        let counts = |of: fn(&Requests) -> u64| run.levels.iter().map(move |level| of(&level.requests) as f64);
        let loads = run.levels.iter().map(|level| level.load);
        let collapse =
            limit::collapse(loads.zip(counts(|requests| requests.ok).zip(counts(|requests| requests.errored))));
        Self {
            name: run.deployment_label().to_owned(),
            load_unit: run.load_model.unit().to_owned(),
            rates: RateCurve::all_of(run),
            price: run.deployment.price.clone(),
            gpus: run.deployment.gpus.as_ref().map(|gpus| f64::from(gpus.value)),
            quantization: run.deployment.quantization.as_ref().map(|known| known.value.clone()),
            workload: run.workload.clone(),
            output_tokens_error: workload::output_tokens_error(run),
            impossible_rates: has_impossible_rates(run),
            ..Self::under(slo.limits.iter().map(|limit| SheetLimit::of(run, *limit, collapse)).collect(), None)
        }
    }

    /// The sheet with the limit on `subject` in question; with no limit in question if none is on it.
    #[must_use]
    pub fn asking(self, subject: Subject) -> Self {
        let quantity = Quantity::from(subject);
        Self { in_question: self.limits.iter().position(|limit| limit.quantity == quantity), ..self }
    }

    /// The sheet judged from the levels' own confidence bounds at every bound of a limit. A verdict's interval, from
    /// single requests, exists only for one bound; beside the others it would look like a change.
    #[must_use]
    pub fn by_level_bounds(mut self) -> Self {
        self.limits.iter_mut().for_each(SheetLimit::coarsen);
        self
    }

    /// A sheet with nothing but limits.
    fn under(limits: Vec<SheetLimit>, in_question: Option<usize>) -> Self {
        let is_known = |limit: &SheetLimit| !limit.points.is_empty() || !limit.bounded.is_empty();
        let latency = || limits.iter().position(|limit| limit.quantity.is_latency && is_known(limit));
        Self {
            name: String::new(),
            load_unit: String::new(),
            in_question: in_question.filter(|index| *index < limits.len()).or_else(latency),
            limits,
            rates: Vec::new(),
            price: None,
            gpus: None,
            quantization: None,
            workload: Workload::default(),
            output_tokens_error: None,
            impossible_rates: false,
            few_requests: Vec::new(),
        }
    }

    /// The answer over all limits: every one of them must hold.
    #[must_use]
    pub fn breaking(&self) -> Breaking {
        combined(&self.all())
    }

    /// Index of the limit that breaks first; `None` if none was seen to break.
    #[must_use]
    pub fn first_to_break(&self) -> Option<usize> {
        first_to_break(&self.all())
    }

    /// The answer over all limits, with one of them moved to another bound.
    #[must_use]
    pub fn breaking_at(&self, limit: usize, bound: f64) -> Breaking {
        let mut all = self.all();
        if let (Some(one), Some(moved)) = (all.get_mut(limit), self.limits.get(limit)) {
            *one = moved.moved(bound);
        }
        combined(&all)
    }

    /// The limit in question.
    #[must_use]
    pub fn limit_in_question(&self) -> Option<&SheetLimit> {
        self.limits.get(self.in_question?)
    }

    /// Moves the limit in question to another bound; `None` moves it back to the bound of the service level.
    pub fn move_limit(&mut self, bound: Option<f64>) {
        if let Some(limit) = self.in_question.and_then(|index| self.limits.get_mut(index)) {
            limit.move_to(bound);
        }
    }

    /// The rates of this quantity over load; `None` if not measured.
    #[must_use]
    pub fn rates(&self, counted: impl Into<Counted>) -> Option<&RateCurve> {
        let counted = counted.into();
        self.rates.iter().find(|rates| rates.counted == counted)
    }

    /// The price of one replica if it is a finite amount above zero: an unknown price is not a price of zero.
    #[must_use]
    pub fn known_price(&self) -> Option<&Price> {
        self.price.as_ref().filter(|price| price.positive().is_some())
    }

    /// Whether this and the other sheet had the same workload and the same kind of load, so that their costs and loads
    /// may be compared.
    #[must_use]
    pub fn is_comparable(&self, other: &Self) -> bool {
        self.load_unit == other.load_unit && workload::is_same(&self.workload, &other.workload)
    }

    /// Whether this and the other sheet did the same work, so that their tokens are comparable.
    #[must_use]
    pub fn work(&self, other: &Self) -> Work {
        workload::work((&self.workload, self.output_tokens_error), (&other.workload, other.output_tokens_error))
    }

    fn all(&self) -> Vec<OneLimit> {
        self.limits.iter().map(SheetLimit::now).collect()
    }
}
