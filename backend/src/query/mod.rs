//! From queries to frames, as described in `docs/frames.md`.
//!
//! A query kind is one file in [`benchmarks`] or [`production`] that implements [`QueryKind`], and two lines in the
//! `mod.rs` beside it: its module, and its place in the list of kinds.
//! Shared code is beside them: [`parse`] reads a query, [`judged`] and [`select`] choose and judge runs, [`fleet`]
//! finds deployments in production, [`seen`] observes them, and [`answer`] drives all of it.

mod axis;
mod benchmarks;
mod columns;
mod computing;
mod fleet;
pub(crate) mod json;
mod judged;
mod kind;
mod notices;
pub mod panel;
mod parse;
mod production;
mod seen;
mod select;
mod span;
mod table;
mod text;

use std::sync::Arc;

use headroom_base::tasks::in_order;
use headroom_contract::frames::Drawn;
use headroom_contract::query::QuerySpec;
use headroom_engine::slo::Slo;
use headroom_protocol::frame::{Frame, Notice, NoticeSeverity};
use headroom_protocol::{Query, QueryError};
use serde_json::{Value, json};

use self::fleet::Fleet;
use self::judged::{every_run, judged, service_level};
use self::kind::{Found, ProductionNeed, QueryKind, Question, Source};
use self::notices::info;
use self::production::MOST_SERIES;
use self::seen::Seen;
use self::select::select;
use crate::instance::Instance;
use crate::production::{Ledger, Production};
use crate::usage::Usage;

pub(crate) use axis::Metric;
pub(crate) use computing::computing;
pub(crate) use fleet::{deployments, in_production};
pub(crate) use judged::judge;
pub(crate) use kind::Audience;
pub(crate) use parse::Request;

/// Every query kind, in the order in which editors list them.
fn all() -> impl Iterator<Item = &'static dyn QueryKind> {
    benchmarks::KINDS.iter().chain(production::KINDS).copied()
}

/// The descriptions of all query kinds, for editors and documents.
#[must_use]
pub fn kinds() -> Vec<QuerySpec> {
    all().map(|kind| *kind.kind()).collect()
}

/// A parsed query: its kind, and what it asks for.
pub(crate) struct Parsed {
    kind: &'static dyn QueryKind,
    request: Request,
}

impl Parsed {
    /// The name of its kind.
    pub(crate) fn kind(&self) -> &'static str {
        self.kind.kind().id
    }
}

/// Reads a query. `query_type` names its kind if the JSON does not.
///
/// # Errors
/// Every invalid value, one sentence each.
pub(crate) fn read(json: &Value, query_type: &str) -> Result<Parsed, String> {
    let kinds: Vec<(&'static str, &'static dyn QueryKind)> = all().map(|kind| (kind.kind().id, kind)).collect();
    let (kind, request) = parse::read(json, query_type, &kinds, QueryKind::kind)?;
    Ok(Parsed { kind, request })
}

/// Answers a query: finds what it is about, observes what its kind needs, and lets the kind create the frames.
///
/// # Errors
/// If the query asks for something that does not exist, or the store or Prometheus cannot answer.
pub(crate) async fn answer(
    instance: Arc<Instance>,
    Parsed { kind, request }: Parsed,
    query: &Query,
    audience: Audience,
    usage: &Usage,
) -> Result<Vec<Frame>, QueryError> {
    let source = kind.source(&request);
    // Expressions are not judged, so an invalid default service level must not matter for them.
    let slo =
        if source == Source::Prometheus { Slo::custom(Vec::new()) } else { service_level(&instance, &request.slo)? };
    let scrape_interval = instance.production().ok().and_then(Production::set_scrape_interval);
    let mut question = Question::new(request, query, slo, scrape_interval);
    if source != Source::Prometheus {
        question.span = question.span.to_share();
    }
    let mut notices = Vec::new();
    let ledger = Arc::new(Ledger::default());
    let found = find(&instance, &ledger, kind, source, &question, audience, &mut notices).await;
    usage.asked(ledger.sent(), ledger.shared());
    let found = found?;
    let mut frames = match found {
        None => vec![nothing()],
        Some(found) => {
            let answered = computing(move || match audience {
                Audience::Panel => kind.frames(&question, &found),
                Audience::AlertRule => kind.alert(&question, &found),
            });
            let answer = answered.await?;
            join(&mut notices, answer.notices);
            answer.frames
        }
    };
    if let Some(first) = frames.first_mut() {
        first.meta.notices = notices;
        let executed = &mut first.meta.executed_query_string;
        if executed.is_empty() {
            *executed = ledger.executed();
        } else {
            // The user's own expression is shown as it was sent.
            *executed = format!("{executed}\n{}", ledger.summary());
        }
    }
    if audience == Audience::Panel && kind.drawn_by_panel() {
        panel::prefer(&mut frames);
    }
    Ok(frames)
}

/// Finds what a kind needs for its answer; `None` if there is nothing that the query is about, in which case the
/// notices say so.
async fn find(
    instance: &Arc<Instance>,
    ledger: &Arc<Ledger>,
    kind: &dyn QueryKind,
    source: Source,
    question: &Question,
    audience: Audience,
    notices: &mut Vec<Notice>,
) -> Result<Option<Found>, QueryError> {
    let mut found = Found::default();
    let connection = || instance.production().map(|production| production.counted_by(ledger));
    if audience == Audience::AlertRule && source != Source::Prometheus {
        instance.known().await?;
    }
    match source {
        Source::Runs => {
            let fresh = instance.fresh().await?;
            join(notices, notices::of_library(instance, &fresh));
            let (instance, request, slo) = (Arc::clone(instance), question.request.clone(), question.slo.clone());
            let (runs, remarks) =
                computing(move || judged(&instance, select(&fresh.snapshot.headers, &request), &slo)).await?;
            join(notices, remarks);
            if runs.is_empty() && audience == Audience::Panel {
                return Ok(None);
            }
            found.runs = runs;
        }
        Source::Deployments => {
            let span = question.span.checked()?;
            let production = connection()?;
            let fleet = Fleet::find(instance, &production, &question.request, &question.slo, span).await?;
            if fleet.deployments.is_empty() {
                join(notices, fleet.notices);
                if notices.is_empty() {
                    notices.push(info(
                        "no deployment: Prometheus has no series of a model server in this time, and the store no \
                         benchmark run",
                    ));
                }
                return Ok(None);
            }
            found.seen = observed(&production, kind, question, fleet, audience, notices).await?;
        }
        Source::Both { runs, production } => {
            let span = question.span.checked()?;
            if runs && instance.has_library() {
                let (runs, remarks) = every_run(instance, &question.request, &question.slo).await?;
                join(notices, remarks);
                found.runs = runs;
            }
            let asked = match production {
                ProductionNeed::No => false,
                ProductionNeed::WhereThereIs => instance.production().is_ok(),
                ProductionNeed::Needed => true,
            };
            if asked {
                let production = connection()?;
                let fleet = Fleet::find(instance, &production, &question.request, &question.slo, span).await?;
                found.seen = observed(&production, kind, question, fleet, audience, notices).await?;
            }
        }
        Source::Prometheus => {
            question.span.checked()?;
            let production = connection()?;
            let asked = kind.needs(question, &[], audience)?.expressions.into_iter().map(|(expression, when)| {
                let production = production.clone();
                async move { production.ask_to_show(MOST_SERIES, &expression, when).await }
            });
            found.answers = in_order(asked).await?;
        }
    }
    Ok(Some(found))
}

/// What was observed of each deployment, as far as the kind needs it.
async fn observed(
    production: &Production,
    kind: &dyn QueryKind,
    question: &Question,
    fleet: Fleet,
    audience: Audience,
    notices: &mut Vec<Notice>,
) -> Result<Vec<Seen>, QueryError> {
    let needs = kind.needs(question, &fleet.deployments, audience)?;
    let seen = seen::observe(production, &fleet, question.span, &needs).await?;
    let mut said = fleet.notices;
    join(&mut said, seen::remarks(&seen));
    if needs.warnings_only {
        said.retain(|notice| notice.severity != NoticeSeverity::Info);
    }
    join(notices, said);
    Ok(seen)
}

/// Adds notices that are not there yet.
fn join(notices: &mut Vec<Notice>, more: Vec<Notice>) {
    for notice in more {
        if !notices.contains(&notice) {
            notices.push(notice);
        }
    }
}

/// The answer without runs or deployments: a frame without fields. Its notices say why.
fn nothing() -> Frame {
    let mut frame = Frame::new("");
    frame.meta.custom = json!({ "headroom": Drawn::Nothing.id() });
    frame
}

#[cfg(test)]
mod tests;
