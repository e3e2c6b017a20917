//! What a query of production is about: deployments with their series, their benchmarks and the time.

use std::sync::Arc;
use std::time::Duration;

use headroom_base::tasks::{blocking, in_order};
use headroom_contract::query::DEFAULTS;
use headroom_engine::live::Observation;
use headroom_engine::live::presence::{Presence, presence};
use headroom_engine::run::{LoadModel, Run};
use headroom_engine::slo::Slo;
use headroom_prometheus::dictionary::Resolved;
use headroom_protocol::frame::{Field, Notice};
use headroom_protocol::{Query, QueryError};

use crate::instance::Instance;
use crate::production::{self, Candidate, Observed, Production, Target, Wanted, Windows};
use crate::query::notices::{self, info, warning};
use crate::query::{Answered, Axis, Request, answered, select_each, service_level};

/// More deployments than this are not asked for at once: each takes a dozen queries.
const MOST: usize = 60;

/// A deployment in production with its benchmark.
pub(super) struct Placed {
    /// Its series.
    pub(super) target: Arc<Target>,
    /// The run that it is judged by.
    pub(super) benchmark: Option<Answered>,
}

/// Everything that a query of production is about.
pub(super) struct Scene {
    pub(super) instance: Arc<Instance>,
    pub(super) resolved: Arc<Resolved>,
    pub(super) placed: Vec<Placed>,
    pub(super) slo: Slo,
    pub(super) axis: Axis,
    pub(super) from_ms: i64,
    pub(super) to_ms: i64,
    /// The suggested distance of two points.
    pub(super) interval: Duration,
    /// What counts as now.
    pub(super) now: Duration,
    pub(super) notices: Vec<Notice>,
}

impl Placed {
    /// How the load of this deployment is counted: as in its benchmark, else in users.
    pub(super) fn load_model(&self) -> LoadModel {
        self.benchmark.as_ref().map_or(LoadModel::Closed, |benchmark| benchmark.run.load_model)
    }

    /// The benchmark's run.
    pub(super) fn run(&self) -> Option<&Run> {
        self.benchmark.as_ref().map(|benchmark| benchmark.run.as_ref())
    }

    /// A field with the labels that tell this deployment from others.
    pub(super) fn labelled(&self, mut field: Field) -> Field {
        field = field.with_label("deployment", self.target.name.as_str());
        if let Some(model_name) = &self.target.model_name {
            field = field.with_label("model_name", model_name.as_str());
        }
        if let Some(namespace) = &self.target.namespace {
            field = field.with_label("namespace", namespace.as_str());
        }
        field
    }

    /// Whether it serves, and if not, why not. Windows before `since_ms` are not looked at, but for the last.
    pub(super) fn presence(&self, observations: &[Observation], since_ms: i64) -> Presence {
        let first = observations.iter().position(|one| one.at_ms > since_ms).unwrap_or(observations.len());
        let recent = &observations[first.min(observations.len().saturating_sub(1))..];
        presence(&production::sighting(&self.target, recent))
    }
}

impl Scene {
    /// Finds what a query is about.
    ///
    /// # Errors
    /// When no Prometheus is set or it does not answer, the time range is none, or the service level is unknown.
    pub(super) async fn of(instance: Arc<Instance>, request: &Request, query: &Query) -> Result<Self, QueryError> {
        let (from_ms, to_ms) = range(query)?;
        let slo = service_level(&instance, &request.slo)?;
        let axis = Axis::of(request.metric, request.statistic, &slo);
        let mut notices = Vec::new();
        let (benchmarks, candidates) = benchmarks(&instance, request, &slo, &mut notices).await?;
        let production = instance.production()?;
        let resolved = production.resolved(from_ms, to_ms).await?;
        let options = &request.production;
        let mut targets =
            production::find(production, &resolved, &candidates, &options.namespaces, (from_ms, to_ms)).await?;
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
        let mut benchmarks: Vec<Option<Answered>> = benchmarks.into_iter().map(Some).collect();
        let placed: Vec<Placed> = targets
            .into_iter()
            .map(|target| Placed {
                benchmark: target.candidate.and_then(|index| benchmarks.get_mut(index)?.take()),
                target: Arc::new(target),
            })
            .collect();
        let interval = Duration::from_millis(query.interval_ms.max(0).unsigned_abs());
        let range = Duration::from_millis(to_ms.abs_diff(from_ms));
        Ok(Self {
            resolved,
            placed,
            slo,
            axis,
            from_ms,
            to_ms,
            interval: options.interval.map_or(interval, |least| interval.max(least)),
            now: options.window.unwrap_or(DEFAULTS.window).min(range),
            notices,
            instance,
        })
    }

    /// The Prometheus.
    pub(super) fn production(&self) -> Result<&Production, QueryError> {
        self.instance.production()
    }

    /// Where now begins.
    pub(super) fn now_from_ms(&self) -> i64 {
        self.to_ms - i64::try_from(self.now.as_millis()).unwrap_or(i64::MAX)
    }

    /// Observes every deployment, in their order, several at a time. `windows` says which windows, by how often the
    /// deployment is scraped.
    pub(super) async fn observe(
        &self,
        wanted: Wanted,
        windows: impl Fn(Duration) -> Option<Windows>,
    ) -> Result<Vec<Observed>, QueryError> {
        let observed = self.placed.iter().zip(self.windows(windows).await?).map(|(placed, windows)| {
            let (instance, resolved) = (Arc::clone(&self.instance), Arc::clone(&self.resolved));
            let target = Arc::clone(&placed.target);
            async move { production::observe(instance.production()?, &resolved, &target, windows, wanted).await }
        });
        in_order(observed).await
    }

    /// Observes every deployment in the one window that counts as now.
    pub(super) async fn observe_now(&self, wanted: Wanted) -> Result<Vec<Observed>, QueryError> {
        let (from_ms, to_ms) = (self.now_from_ms(), self.to_ms);
        self.observe(wanted, |_| Some(Windows::one(from_ms, to_ms))).await
    }

    /// The windows of every deployment, in their order.
    async fn windows(&self, windows: impl Fn(Duration) -> Option<Windows>) -> Result<Vec<Windows>, QueryError> {
        let (from_ms, to_ms) = (self.from_ms, self.to_ms);
        let scrapes = self.placed.iter().map(|placed| {
            let (instance, target) = (Arc::clone(&self.instance), Arc::clone(&placed.target));
            async move {
                let instances = target.instances();
                if instances.is_empty() {
                    return Ok(production::time::SCRAPE);
                }
                Ok::<_, QueryError>(instance.production()?.scrape_interval(&instances, from_ms, to_ms).await)
            }
        });
        let scrapes: Vec<Duration> = in_order(scrapes).await?;
        let windows: Option<Vec<Windows>> = scrapes.into_iter().map(windows).collect();
        windows.ok_or_else(|| QueryError::bad_request("the time range is empty: choose one that ends after it begins"))
    }

    /// The notices of the scene and of what was seen, each once, with the names of the deployments that it is about
    /// where it is not about all.
    pub(super) fn remarks(&self, seen: &[Observed]) -> Vec<Notice> {
        let mut found = self.notices.clone();
        // What is missing, and where.
        let mut missing: Vec<(&str, Vec<&str>)> = Vec::new();
        for (placed, seen) in self.placed.iter().zip(seen) {
            let name = placed.target.name.as_str();
            for one in &seen.missing {
                match missing.iter_mut().find(|(words, _)| *words == one.words) {
                    Some((_, names)) if names.last() != Some(&name) => names.push(name),
                    Some(_) => {}
                    None => missing.push((&one.words, vec![name])),
                }
            }
        }
        let there = self.placed.iter().filter(|placed| !placed.target.members.is_empty()).count();
        for (words, names) in missing {
            let about_all = names.len() >= there;
            push(&mut found, info(if about_all { words.to_owned() } else { format!("{}: {words}", names.join(", ")) }));
        }
        for (placed, seen) in self.placed.iter().zip(seen) {
            for (severity, text) in &seen.notices {
                push(
                    &mut found,
                    match severity {
                        headroom_prometheus::Severity::Info => info(format!("Prometheus: {text}")),
                        headroom_prometheus::Severity::Warning => warning(format!("Prometheus: {text}")),
                    },
                );
            }
            if seen.uneven {
                push(
                    &mut found,
                    warning(format!(
                        "{}: servers with different histogram bounds were added up, and their percentiles mislead; map \
                         each to a deployment of its own",
                        placed.target.name
                    )),
                );
            }
        }
        found
    }
}

fn push(notices: &mut Vec<Notice>, notice: Notice) {
    if !notices.contains(&notice) {
        notices.push(notice);
    }
}

/// The time range of a query, milliseconds since the Unix epoch.
///
/// # Errors
/// When it is none.
pub(super) fn range(query: &Query) -> Result<(i64, i64), QueryError> {
    // Anything beyond the year 5138 is no time that someone meant, and adding to it would not be safe.
    const FARTHEST: i64 = 100_000_000_000_000;
    let (from_ms, to_ms) = (query.time_range.from_ms, query.time_range.to_ms);
    if from_ms >= to_ms || from_ms < -FARTHEST || to_ms > FARTHEST {
        return Err(QueryError::bad_request(format!(
            "expected a time range that ends after it begins; found {from_ms} to {to_ms} ms"
        )));
    }
    Ok((from_ms, to_ms))
}

/// The runs that deployments are judged by, and the deployments. Without a store, or while it cannot be read, there are
/// none, and production is shown alone.
async fn benchmarks(
    instance: &Arc<Instance>,
    request: &Request,
    slo: &Slo,
    notices: &mut Vec<Notice>,
) -> Result<(Vec<Answered>, Vec<Candidate>), QueryError> {
    if !instance.has_library() {
        return Ok((Vec::new(), Vec::new()));
    }
    let fresh = match instance.fresh().await {
        Ok(fresh) => fresh,
        Err(error) => {
            notices.push(warning(format!("no benchmark to judge by: {}", error.message)));
            return Ok((Vec::new(), Vec::new()));
        }
    };
    notices.extend(notices::of_library(instance, &fresh));
    let (instance, request, slo) = (Arc::clone(instance), request.clone(), slo.clone());
    let facts = fresh.snapshot.facts().clone();
    let (runs, _) = blocking(move || answered(&instance, select_each(&fresh.snapshot.headers, &request), &slo)).await?;
    let candidates = runs
        .iter()
        .map(|answered| Candidate {
            name: answered.run.deployment.label().to_owned(),
            model: answered.run.deployment.model.as_ref().map(|model| model.value.clone()),
            mapping: facts.production(&answered.run).cloned(),
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
