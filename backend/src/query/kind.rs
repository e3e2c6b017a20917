//! The interface of a query kind: each has a file with its [`QuerySpec`] and its [`QueryKind`].
//!
//! A kind says where its answer comes from, what must be observed for it, and how it looks. It does no I/O itself: the
//! driver finds runs and deployments, observes them, collects the notices and passes everything to the kind. So
//! everything that saves requests (one expression for all deployments, kept answers) is in the driver, for all kinds at
//! once.

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
    /// Describes the kind for editors and documents.
    fn kind(&self) -> &'static QuerySpec;

    /// Where the answer comes from.
    fn source(&self, request: &Request) -> Source;

    /// Whether the Headroom panel draws the frames, so that Explore and new panels start with it instead of with a
    /// table.
    fn drawn_by_panel(&self) -> bool {
        false
    }

    /// What the driver must find out about the deployments, or query from Prometheus, before the kind can answer. Empty
    /// for a kind that is only about runs.
    ///
    /// # Errors
    /// If the query asks for something that this kind cannot give.
    fn needs(&self, _: &Question, _: &[Arc<LiveDeployment>], _: Audience) -> Result<Needs, QueryError> {
        Ok(Needs::default())
    }

    /// The frames for panels.
    ///
    /// # Errors
    /// If the query asks for something that this kind cannot give.
    fn frames(&self, question: &Question, found: &Found) -> Result<Answer, QueryError>;

    /// The answer for an alert rule. For a kind with [`QuerySpec::alert`]: numbers without time, a field for each run
    /// or deployment. For other kinds: the same as for a panel.
    ///
    /// # Errors
    /// As [`frames`](Self::frames).
    fn alert(&self, question: &Question, found: &Found) -> Result<Answer, QueryError>;
}

/// Who gets the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Audience {
    /// A panel, Explore or a variable.
    Panel,
    /// An alert rule, which only accepts numbers.
    AlertRule,
}

/// Where an answer comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// The benchmark runs that the query selects.
    Runs,
    /// The deployments in production, each with the run that it is judged by.
    Deployments,
    /// Every benchmark run, and the deployments in production, if they are needed.
    Both {
        /// Whether runs are needed. Without a store there are none.
        runs: bool,
        /// Whether production is needed.
        production: ProductionNeed,
    },
    /// The query's own expressions: [`Needs::expressions`].
    Prometheus,
}

/// Whether an answer also needs production.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ProductionNeed {
    /// It does not use production.
    No,
    /// It uses production if the data source has a Prometheus.
    WhereThereIs,
    /// Without a Prometheus there is no answer.
    Needed,
}

/// A checked query with its limits and its time range.
pub(crate) struct Question {
    /// What the query asks for.
    pub(crate) request: Request,
    /// The limits to judge by.
    pub(crate) slo: Slo,
    /// What is on the y axis.
    pub(crate) axis: Axis,
    /// The time range. Runs do not need it, and it may be empty then.
    pub(crate) span: Span,
    /// The scrape interval in the settings; `None` if it must be read from the data.
    pub(crate) scrape_interval: Option<Duration>,
}

impl Question {
    /// From a checked query.
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
    /// The deployments in production, with what was observed of them, by name.
    pub(crate) seen: Vec<Seen>,
    /// The answers to [`Needs::expressions`], in their order.
    pub(crate) answers: Vec<Arc<Answered<Vec<Series>>>>,
}

impl Found {
    /// A row for each deployment.
    pub(crate) fn rows<R>(&self, row: impl Fn(&Seen) -> R) -> Vec<R> {
        self.seen.iter().map(row).collect()
    }
}

/// The answer of a kind.
#[derive(Default)]
pub(crate) struct Answer {
    /// The frames.
    pub(crate) frames: Vec<Frame>,
    /// What the user should know, besides the driver's notices.
    pub(crate) notices: Vec<Notice>,
}

impl Answer {
    /// An answer with one frame.
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
