//! The deployments in production that a query is about: found in Prometheus, and combined with their benchmarks.

use std::collections::HashMap;
use std::sync::Arc;

use headroom_base::calendar;
use headroom_contract::resources::InProduction;
use headroom_engine::live::Observation;
use headroom_engine::live::presence::{Presence, presence};
use headroom_engine::run::{LoadModel, Run};
use headroom_engine::slo::Slo;
use headroom_prometheus::dictionary::Resolved;
use headroom_protocol::QueryError;
use headroom_protocol::frame::{Field, Notice};

use super::computing::computing;
use super::judged::{JudgedRun, judge};
use super::notices::{self, info, warning};
use super::parse::Request;
use super::select::{labelled, select_each};
use super::span::{Span, checked};
use crate::catalog::Header;
use crate::instance::Instance;
use crate::production::{self, Candidate, Production, Target};

/// The most deployments that are shown at once: nobody reads more rows, and an expression names each of them.
const MOST: usize = 60;

/// A deployment in production with its benchmark.
pub(crate) struct LiveDeployment {
    /// Its series in Prometheus.
    pub(crate) target: Target,
    /// The run that it is judged by; `None` for a model without a benchmark.
    pub(crate) benchmark: Option<JudgedRun>,
    /// Whether the query asks for runs, so that a deployment may occur several times, once for each of its runs.
    by_run: bool,
}

impl LiveDeployment {
    /// Its name; for series that belong to no deployment, their model's name.
    pub(crate) fn name(&self) -> &str {
        &self.target.name
    }

    /// Its name in a legend: its name, with what distinguishes its run from others if there are several.
    pub(crate) fn title(&self) -> &str {
        self.benchmark.as_ref().filter(|_| self.by_run).map_or(self.name(), |benchmark| &benchmark.label)
    }

    /// The load model of its benchmark; without one a closed loop, whose load is in users.
    pub(crate) fn load_model(&self) -> LoadModel {
        self.run().map_or(LoadModel::Closed, |run| run.load_model)
    }

    /// The benchmark's run.
    pub(crate) fn run(&self) -> Option<&Run> {
        self.benchmark.as_ref().map(|benchmark| benchmark.run.as_ref())
    }

    /// A field with labels that distinguish this deployment from others.
    ///
    /// Labels identify series and alerts. So the run is a label only if [`Request::by_run`] says that runs are asked
    /// for. Otherwise the next benchmark of a deployment must not end its alerts and start others.
    pub(crate) fn labelled(&self, mut field: Field) -> Field {
        field = field.with_label("deployment", self.name());
        if let Some(model_name) = &self.target.model_name {
            field = field.with_label("model_name", model_name.as_str());
        }
        if let Some(namespace) = &self.target.namespace {
            field = field.with_label("namespace", namespace.as_str());
        }
        match self.run().filter(|_| self.by_run) {
            Some(run) => field.with_label("run", run.id.as_str()),
            None => field,
        }
    }

    /// Whether it serves, and if not, why not. Windows that end before `since_ms` do not count, except the last one.
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
    /// The part of the dictionary of metrics that Prometheus has in the query's time range.
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
        production: &Production,
        request: &Request,
        slo: &Slo,
        span: Span,
    ) -> Result<Self, QueryError> {
        let mut notices = Vec::new();
        let benchmarks = Benchmarks::find(instance, request, &mut notices).await?;
        let time = (span.from_ms, span.to_ms);
        let (mut targets, resolved) = targets(production, request, &benchmarks, time).await?;
        notices.extend(unknown(&targets, request));
        if targets.len() > MOST {
            notices.push(warning(format!(
                "{} deployments match; the first {MOST} are shown. Choose deployments, models or namespaces to see others",
                targets.len()
            )));
            targets.truncate(MOST);
        }
        notices.extend(targets.iter().flat_map(|target| &target.notices).map(|text| info(text.as_str())));
        let mut judged = benchmarks.judged(instance, &targets, slo, &mut notices).await?;
        let by_run = request.by_run();
        let deployments = targets.into_iter().map(|target| {
            let benchmark = target.candidate.and_then(|index| judged.remove(&index));
            Arc::new(LiveDeployment { target, benchmark, by_run })
        });
        Ok(Self { deployments: deployments.collect(), resolved, notices })
    }
}

/// The runs that deployments may be judged by.
#[derive(Default)]
struct Benchmarks {
    runs: Vec<Header>,
    /// What is known for finding the deployment of each run, in the order of the runs.
    candidates: Vec<Candidate>,
}

impl Benchmarks {
    /// Finds the runs that a query asks for. Without a store, or as long as it cannot be read, there are none, and only
    /// production is shown.
    async fn find(instance: &Arc<Instance>, request: &Request, notices: &mut Vec<Notice>) -> Result<Self, QueryError> {
        if !instance.has_library() {
            return Ok(Self::default());
        }
        let fresh = match instance.at_hand().await {
            Ok(fresh) => fresh,
            Err(error) => {
                notices.push(warning(format!("no benchmark to judge by: {}", error.message)));
                return Ok(Self::default());
            }
        };
        notices.extend(notices::of_library(instance, &fresh));
        let request = request.clone();
        let found = computing(move || {
            let snapshot = fresh.snapshot;
            let selected = select_each(&snapshot.headers, &request);
            let runs: Vec<Header> = selected.runs.into_iter().cloned().collect();
            let candidate = |Header { run, .. }: &Header| Candidate {
                name: run.deployment_label().to_owned(),
                model: run.deployment.model.as_ref().map(|model| model.value.clone()),
                mapping: snapshot.facts().production(run).cloned(),
            };
            let candidates = runs.iter().map(candidate).collect();
            Ok::<_, QueryError>((Self { runs, candidates }, selected.notices))
        });
        let (found, said) = found.await?;
        notices.extend(said);
        Ok(found)
    }

    /// The judged runs of these targets, by their indices among the candidates.
    async fn judged(
        self,
        instance: &Arc<Instance>,
        targets: &[Target],
        slo: &Slo,
        notices: &mut Vec<Notice>,
    ) -> Result<HashMap<usize, JudgedRun>, QueryError> {
        let wanted: Vec<usize> = targets.iter().filter_map(|target| target.candidate).collect();
        if wanted.is_empty() {
            return Ok(HashMap::new());
        }
        let (instance, slo, runs) = (Arc::clone(instance), slo.clone(), self.runs);
        let found = computing(move || {
            let headers: Vec<&Header> = wanted.iter().filter_map(|at| runs.get(*at)).collect();
            let places: HashMap<&str, usize> =
                headers.iter().zip(&wanted).map(|(header, at)| (header.run.id.as_str(), *at)).collect();
            let (judged, removed) = judge(&instance, labelled(headers), &slo)?;
            let judged = judged.into_iter().filter_map(|one| Some((*places.get(one.run.id.as_str())?, one)));
            Ok::<_, QueryError>((judged.collect(), removed))
        });
        let (judged, removed) = found.await?;
        notices.extend(removed);
        Ok(judged)
    }
}

/// The targets in production, with and without a benchmark, that pass the query's filters, by name; and the part of the
/// dictionary that Prometheus has in the time range.
async fn targets(
    production: &Production,
    request: &Request,
    benchmarks: &Benchmarks,
    (from_ms, to_ms): (i64, i64),
) -> Result<(Vec<Target>, Arc<Resolved>), QueryError> {
    let resolved = production.resolved(from_ms, to_ms).await?;
    let namespaces = &request.production.namespaces;
    let mut targets =
        production::find(production, &resolved, &benchmarks.candidates, namespaces, (from_ms, to_ms)).await?;
    targets.retain(|target| wanted(target, request));
    Ok((targets, resolved))
}

/// Whether a target passes the filters of a query. Benchmarks were filtered before.
fn wanted(target: &Target, request: &Request) -> bool {
    let named = |names: &[String], name: Option<&str>| {
        names.is_empty() || name.is_some_and(|name| names.iter().any(|known| known == name))
    };
    target.candidate.is_some()
        || (request.runs.is_empty()
            && named(&request.deployments, Some(&target.name))
            && named(&request.models, target.model_name.as_deref()))
}

/// The names in the query that neither a benchmark nor production has.
fn unknown(targets: &[Target], request: &Request) -> Option<Notice> {
    let missing: Vec<&str> = request
        .deployments
        .iter()
        .map(String::as_str)
        .filter(|name| !targets.iter().any(|target| target.name == *name))
        .collect();
    (!missing.is_empty()).then(|| {
        warning(format!(
            "there is no deployment {}: neither a benchmark run nor a `model_name` in Prometheus goes by that name",
            missing.join(", ")
        ))
    })
}

/// The time range that editors use if none is given, milliseconds.
const HOUR_MS: i64 = 3_600_000;

/// Every deployment in production, by name: those with benchmark runs, and models in Prometheus without one. `range` is
/// in milliseconds since the Unix epoch; by default the last hour. Nothing is judged, so it does not matter whether the
/// default service level is valid. The list has no limit.
///
/// # Errors
/// If no Prometheus is set or it does not answer.
pub(crate) async fn deployments(
    instance: &Arc<Instance>,
    range: Option<(i64, i64)>,
) -> Result<Vec<Target>, QueryError> {
    let now_ms = calendar::now_ms();
    let time = checked(range.unwrap_or((now_ms.saturating_sub(HOUR_MS), now_ms)))?;
    let request = Request::default();
    let benchmarks = Benchmarks::find(instance, &request, &mut Vec::new()).await?;
    Ok(targets(instance.production()?, &request, &benchmarks, time).await?.0)
}

/// What editors, variables and "Save & test" show about a deployment in production.
pub(crate) fn in_production(target: &Target) -> InProduction {
    InProduction {
        name: target.name.clone(),
        model_name: target.model_name.clone(),
        namespace: target.namespace.clone(),
        servers: target.instances().len(),
        benchmark: target.candidate.is_some(),
    }
}
