//! The deployments in production that a query is about: found in Prometheus and joined with their benchmarks.

use std::sync::Arc;

use headroom_base::calendar;
use headroom_base::tasks::blocking;
use headroom_contract::resources::InProduction;
use headroom_engine::live::Observation;
use headroom_engine::live::presence::{Presence, presence};
use headroom_engine::run::{LoadModel, Run};
use headroom_engine::slo::Slo;
use headroom_prometheus::dictionary::Resolved;
use headroom_protocol::frame::{Field, Notice};
use headroom_protocol::{Query, QueryError, TimeRange};

use super::judged::{JudgedRun, judged, service_level};
use super::notices::{self, info, warning};
use super::parse::Request;
use super::select::select_each;
use super::span::Span;
use crate::instance::Instance;
use crate::production::{self, Candidate, Target};

/// More deployments than this are not asked for at once: each takes a dozen queries.
const MOST: usize = 60;

/// A deployment in production with its benchmark.
pub(crate) struct LiveDeployment {
    /// Its series in Prometheus.
    pub(crate) target: Target,
    /// The run that it is judged by; `None` for a model that no benchmark claims.
    pub(crate) benchmark: Option<JudgedRun>,
}

impl LiveDeployment {
    /// Its name; for series that no deployment claims, their model's.
    pub(crate) fn name(&self) -> &str {
        &self.target.name
    }

    /// What editors and variables are told of it.
    pub(crate) fn in_production(&self) -> InProduction {
        InProduction {
            name: self.target.name.clone(),
            model_name: self.target.model_name.clone(),
            namespace: self.target.namespace.clone(),
            servers: self.target.instances().len(),
            benchmark: self.benchmark.is_some(),
        }
    }

    /// How its load is counted: as in its benchmark, else in users.
    pub(crate) fn load_model(&self) -> LoadModel {
        self.run().map_or(LoadModel::Closed, |run| run.load_model)
    }

    /// The benchmark's run.
    pub(crate) fn run(&self) -> Option<&Run> {
        self.benchmark.as_ref().map(|benchmark| benchmark.run.as_ref())
    }

    /// A field with the labels that tell this deployment from others.
    pub(crate) fn labelled(&self, mut field: Field) -> Field {
        field = field.with_label("deployment", self.name());
        if let Some(model_name) = &self.target.model_name {
            field = field.with_label("model_name", model_name.as_str());
        }
        if let Some(namespace) = &self.target.namespace {
            field = field.with_label("namespace", namespace.as_str());
        }
        field
    }

    /// Whether it serves, and if not, why not. Windows that end before `since_ms` do not count, apart from the last one.
    pub(crate) fn presence(&self, observations: &[Observation], since_ms: i64) -> Presence {
        let first = observations.iter().position(|one| one.at_ms > since_ms).unwrap_or(observations.len());
        let recent = &observations[first.min(observations.len().saturating_sub(1))..];
        presence(&production::sighting(&self.target, recent))
    }
}

/// The deployments of a query.
pub(crate) struct Fleet {
    /// The deployments, by name.
    pub(crate) deployments: Vec<Arc<LiveDeployment>>,
    /// What Prometheus has of the dictionary of metrics in the query's time.
    pub(crate) resolved: Arc<Resolved>,
    /// What the user should know about how they were found.
    pub(crate) notices: Vec<Notice>,
}

impl Fleet {
    /// Finds the deployments that a query is about.
    ///
    /// # Errors
    /// If no Prometheus is set or it does not answer.
    pub(crate) async fn find(
        instance: &Arc<Instance>,
        request: &Request,
        slo: &Slo,
        span: Span,
    ) -> Result<Self, QueryError> {
        let mut notices = Vec::new();
        let (benchmarks, candidates) = benchmarks(instance, request, slo, &mut notices).await?;
        let production = instance.production()?;
        let resolved = production.resolved(span.from_ms, span.to_ms).await?;
        let namespaces = &request.production.namespaces;
        let time = (span.from_ms, span.to_ms);
        let mut targets = production::find(production, &resolved, &candidates, namespaces, time).await?;
        targets.retain(|target| wanted(target, request));
        notices.extend(unknown(&targets, request));
        if targets.len() > MOST {
            notices.push(warning(format!(
                "{} deployments match; the first {MOST} are shown. Choose deployments, models or namespaces to see others",
                targets.len()
            )));
            targets.truncate(MOST);
        }
        notices.extend(targets.iter().flat_map(|target| &target.notices).map(|text| info(text.as_str())));
        let mut benchmarks: Vec<Option<JudgedRun>> = benchmarks.into_iter().map(Some).collect();
        let deployments = targets.into_iter().map(|target| {
            let benchmark = target.candidate.and_then(|index| benchmarks.get_mut(index)?.take());
            Arc::new(LiveDeployment { target, benchmark })
        });
        Ok(Self { deployments: deployments.collect(), resolved, notices })
    }
}

/// The runs that deployments are judged by, and what is known to find each deployment by. Without a store, or while it
/// cannot be read, there are none, and production is shown alone.
async fn benchmarks(
    instance: &Arc<Instance>,
    request: &Request,
    slo: &Slo,
    notices: &mut Vec<Notice>,
) -> Result<(Vec<JudgedRun>, Vec<Candidate>), QueryError> {
    if !instance.has_library() {
        return Ok((Vec::new(), Vec::new()));
    }
    let fresh = match instance.at_hand().await {
        Ok(fresh) => fresh,
        Err(error) => {
            notices.push(warning(format!("no benchmark to judge by: {}", error.message)));
            return Ok((Vec::new(), Vec::new()));
        }
    };
    notices.extend(notices::of_library(instance, &fresh));
    let (instance, request, slo) = (Arc::clone(instance), request.clone(), slo.clone());
    let facts = fresh.snapshot.facts().clone();
    let selected = move || judged(&instance, select_each(&fresh.snapshot.headers, &request), &slo);
    let (runs, _) = blocking(selected).await?;
    let candidates = runs
        .iter()
        .map(|judged| Candidate {
            name: judged.run.deployment.label().to_owned(),
            model: judged.run.deployment.model.as_ref().map(|model| model.value.clone()),
            mapping: facts.production(&judged.run).cloned(),
        })
        .collect();
    Ok((runs, candidates))
}

/// Whether the filters of a query let a target through. Benchmarks were filtered before.
fn wanted(target: &Target, request: &Request) -> bool {
    let named = |names: &[String], name: Option<&str>| {
        names.is_empty() || name.is_some_and(|name| names.iter().any(|known| known == name))
    };
    target.candidate.is_some()
        || (request.runs.is_empty()
            && named(&request.deployments, Some(&target.name))
            && named(&request.models, target.model_name.as_deref()))
}

fn unknown(targets: &[Target], request: &Request) -> Vec<Notice> {
    let missing: Vec<&str> = request
        .deployments
        .iter()
        .map(String::as_str)
        .filter(|name| !targets.iter().any(|target| target.name == *name))
        .collect();
    if missing.is_empty() {
        return Vec::new();
    }
    vec![warning(format!(
        "there is no deployment {}: neither a benchmark run nor a `model_name` in Prometheus goes by that name",
        missing.join(", ")
    ))]
}

/// What editors look at where no time is given.
const HOUR_MS: i64 = 3_600_000;

/// Every deployment in production: those with benchmark runs, and models in Prometheus that none of them claims. `range` is
/// in milliseconds since the Unix epoch; the last hour without.
///
/// # Errors
/// If no Prometheus is set or it does not answer.
pub(crate) async fn deployments(
    instance: &Arc<Instance>,
    range: Option<(i64, i64)>,
) -> Result<Vec<Arc<LiveDeployment>>, QueryError> {
    let now_ms = calendar::now_ms();
    let (from_ms, to_ms) = range.unwrap_or((now_ms.saturating_sub(HOUR_MS), now_ms));
    let query = Query { time_range: TimeRange { from_ms, to_ms }, ..Query::default() };
    let request = Request::default();
    let slo = service_level(instance, &request.slo)?;
    let span = Span::of(&query, None, None).checked()?;
    Ok(Fleet::find(instance, &request, &slo, span).await?.deployments)
}
