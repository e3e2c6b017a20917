//! What a query kind is: one file with its [`QuerySpec`] and its [`QueryKind`].
//!
//! A kind says where its answer comes from, what of it is to be observed, and how it looks. It asks nobody itself: the
//! driver finds runs and deployments, observes them, gathers the notices, and hands everything to the kind. So whatever
//! saves requests (one expression for all deployments, answers that are kept) is done in the driver, for all kinds at once.

use std::sync::Arc;
use std::time::Duration;

use headroom_contract::query::QuerySpec;
use headroom_engine::slo::Slo;
use headroom_prometheus::{Answer as Answered, Series};
use headroom_protocol::frame::{Frame, Notice};
use headroom_protocol::{Query, QueryError};

use super::axis::Axis;
use super::fleet::LiveDeployment;
use super::judged::JudgedRun;
use super::parse::Request;
use super::seen::{Needs, Seen};
use super::span::Span;

/// One kind of query.
pub(crate) trait QueryKind: Sync {
    /// What it is to editors and documents.
    fn kind(&self) -> &'static QuerySpec;

    /// Where the answer comes from.
    fn source(&self, request: &Request) -> Source;

    /// Whether the Headroom panel draws the frames, so that Explore and a new panel begin with it instead of with a table.
    fn drawn_by_panel(&self) -> bool {
        false
    }

    /// What the driver is to find out about the deployments, or to ask Prometheus, before the kind can answer. Nothing for
    /// a kind that is about runs alone.
    ///
    /// # Errors
    /// When the query asks for what this kind cannot give.
    fn needs(&self, _: &Question, _: &[Arc<LiveDeployment>], _: Audience) -> Result<Needs, QueryError> {
        Ok(Needs::default())
    }

    /// The frames for panels.
    ///
    /// # Errors
    /// When the query asks for what this kind cannot give.
    fn frames(&self, question: &Question, found: &Found) -> Result<Answer, QueryError>;

    /// What an alert rule gets: for a kind with [`QuerySpec::alert`] numbers without time, a field for each run or deployment; for
    /// the others what a panel gets.
    ///
    /// # Errors
    /// As [`frames`](Self::frames).
    fn alert(&self, question: &Question, found: &Found) -> Result<Answer, QueryError>;
}

/// Who gets an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Audience {
    /// A panel, Explore, a variable.
    Panel,
    /// An alert rule, which takes numbers alone.
    AlertRule,
}

/// Where an answer comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// The benchmark runs that the query selects.
    Runs,
    /// The deployments in production, each with the run that it is judged by.
    Deployments,
    /// Every benchmark run and the deployments in production, as far as either is wanted.
    Both {
        /// Whether runs are wanted. Without a store there are none.
        runs: bool,
        /// Whether production is wanted.
        production: ProductionNeed,
    },
    /// Expressions that the query brings itself: [`Needs::expressions`].
    Prometheus,
}

/// Whether an answer also needs production.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ProductionNeed {
    /// It says nothing about production.
    No,
    /// It says more where the data source has a Prometheus.
    WhereThereIs,
    /// Without a Prometheus there is no answer.
    Needed,
}

/// A query that was checked, with its limits and its time.
pub(crate) struct Question {
    /// What the query says.
    pub(crate) request: Request,
    /// The limits to judge by.
    pub(crate) slo: Slo,
    /// What is on the y axis.
    pub(crate) axis: Axis,
    /// The time that is asked about. Runs answer without it, and it may be empty then.
    pub(crate) span: Span,
    /// How often targets are scraped by the settings; `None` where they leave it to the data.
    pub(crate) scrape_interval: Option<Duration>,
}

impl Question {
    /// The question of a checked query.
    pub(crate) fn new(request: Request, query: &Query, slo: Slo, scrape_interval: Option<Duration>) -> Self {
        let axis = Axis::of(request.metric, request.statistic, &slo);
        let options = &request.production;
        let span = Span::of(query, options.interval, options.window);
        Self { request, slo, axis, span, scrape_interval }
    }
}

/// What the driver found.
#[derive(Default)]
pub(crate) struct Found {
    /// The runs, judged.
    pub(crate) runs: Vec<JudgedRun>,
    /// The deployments in production with what was seen of them, by name.
    pub(crate) seen: Vec<Seen>,
    /// The answers to [`Needs::expressions`], in their order.
    pub(crate) answers: Vec<Arc<Answered<Vec<Series>>>>,
}

impl Found {
    /// A row of each deployment.
    pub(crate) fn rows<R>(&self, row: impl Fn(&Seen) -> R) -> Vec<R> {
        self.seen.iter().map(row).collect()
    }
}

/// What a kind answers.
#[derive(Default)]
pub(crate) struct Answer {
    /// The frames.
    pub(crate) frames: Vec<Frame>,
    /// What the user should know beside what the driver says already.
    pub(crate) notices: Vec<Notice>,
}

impl Answer {
    /// One frame.
    pub(crate) fn of(frame: Frame, notices: Vec<Notice>) -> Self {
        Self { frames: vec![frame], notices }
    }
}

impl From<Frame> for Answer {
    fn from(frame: Frame) -> Self {
        Self { frames: vec![frame], notices: Vec::new() }
    }
}

impl From<Vec<Frame>> for Answer {
    fn from(frames: Vec<Frame>) -> Self {
        Self { frames, notices: Vec::new() }
    }
}
