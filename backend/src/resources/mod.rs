//! The HTTP resources for editors, variables and the Runs page.

mod reports;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use headroom_contract::resources::{Deployment, Label, ListedRun, MetricChoice, Model, Problem, Resource, SloChoice};
use headroom_contract::words::{Id, Word as _};
use headroom_engine::run::{Known, Run};
use headroom_engine::slo::Statistic;
use headroom_prometheus::Window;
use headroom_protocol::{Context, Headers, QueryError, ResourceRequest, ResourceResponse};
use serde::Serialize;
use serde_json::json;

use crate::catalog::{FileProblem, Header};
use crate::instance::Instance;
use crate::library::Snapshot;
use crate::query::{self, Metric};

/// Answers a resource request.
pub(crate) async fn answer(instance: &Arc<Instance>, context: &Context, request: &ResourceRequest) -> ResourceResponse {
    let segments = request.segments();
    if let [path, rest @ ..] = segments.as_slice()
        && *path == Resource::Reports.id()
    {
        return reports::answer(instance, context, request, rest).await;
    }
    let found = match segments.as_slice() {
        [path] => Resource::from_id(path).map(|resource| (resource, None)),
        [path, id] if *path == Resource::Runs.id() => Some((Resource::Runs, Some(*id))),
        _ => None,
    };
    let Some((resource, id)) = found else {
        let known = Resource::ids().join(", ");
        return error(404, &format!("there is no resource `{}`; there are {known} and runs/<id>", request.path));
    };
    let method = request.method.as_str();
    let allowed = if resource == Resource::Refresh { "POST" } else { "GET" };
    // HEAD is a GET; the server in front drops the body.
    if method != allowed && !(method == "HEAD" && allowed == "GET") {
        let mut response = error(405, &format!("`{}` accepts {allowed} and not {method}", segments.join("/")));
        response.headers.append("Allow", allowed);
        return response;
    }
    match resource {
        Resource::Slos => ok(&slos(instance)),
        Resource::Metrics => ok(&metrics()),
        Resource::Refresh => refresh(instance, context).await,
        Resource::Namespaces => of_servers(instance, request, "namespace").await,
        Resource::ServedModels => of_servers(instance, request, "model_name").await,
        Resource::Production => in_production(instance, request).await,
        // `reports` is answered above.
        Resource::Reports | Resource::Runs | Resource::Deployments | Resource::Models | Resource::Problems => {
            // Using only production, without reports, is a valid choice and not an error.
            if id.is_none() && !instance.has_library() && instance.production().is_ok() {
                return ok(&json!([]));
            }
            match instance.fresh().await {
                Err(failure) => of_query_error(&failure),
                Ok(fresh) => listing(resource, id, &fresh.snapshot, &Filter::of(request)),
            }
        }
    }
}

/// A list about the reports in the store, or the run with this id.
fn listing(resource: Resource, id: Option<&str>, snapshot: &Snapshot, filter: &Filter) -> ResourceResponse {
    let headers = || snapshot.headers.iter().filter(|header| filter.holds(header));
    match (resource, id) {
        (Resource::Deployments, _) => ok(&deployments(headers())),
        (Resource::Models, _) => ok(&models(headers())),
        (Resource::Problems, _) => ok(&problems(snapshot, None)),
        (_, Some(id)) => match snapshot.headers.iter().find(|header| header.run.id == id) {
            None => error(404, &format!("there is no run `{id}`; its report may have been removed or changed")),
            Some(header) => {
                let mut run = run(header, &problem_counts(snapshot));
                run.problem_list = Some(problems(snapshot, Some(header)));
                ok(&run)
            }
        },
        _ => {
            let counts = problem_counts(snapshot);
            let mut headers: Vec<&Header> = headers().collect();
            headers.sort_by(|a, b| {
                b.run.provenance.started_ms.cmp(&a.run.provenance.started_ms).then_with(|| a.run.id.cmp(&b.run.id))
            });
            ok(&headers.into_iter().map(|header| run(header, &counts)).collect::<Vec<_>>())
        }
    }
}

/// Listing on demand takes disk time, and every dashboard refresh lists the store anyway, so it is only allowed for
/// those who may change reports.
async fn refresh(instance: &Instance, context: &Context) -> ResourceResponse {
    if !context.user.as_ref().is_some_and(headroom_protocol::User::can_edit) {
        return error(403, "only editors and administrators may have the store read anew; it is read regularly anyway");
    }
    match instance.refresh_now().await {
        Err(failure) => of_query_error(&failure),
        Ok(fresh) => ok(&json!({
            "reports": fresh.snapshot.reports,
            "runs": fresh.snapshot.headers.len(),
            "pending": fresh.snapshot.pending,
        })),
    }
}

/// The values of a label of model servers in production; empty without a Prometheus. `?from=…&to=…`, milliseconds since
/// the Unix epoch, restricts them to a time range.
async fn of_servers(instance: &Instance, request: &ResourceRequest, label: &str) -> ResourceResponse {
    let Ok(production) = instance.production() else { return ok(&json!([])) };
    let window = time(request).map(|(start_ms, end_ms)| Window { start_ms, end_ms });
    match production.of_servers(label, window).await {
        Err(failure) => of_query_error(&failure),
        Ok(names) => ok(&names.into_iter().map(|name| Label { name }).collect::<Vec<_>>()),
    }
}

/// The deployments that production queries can be about: those with benchmark runs, and models in Prometheus without
/// one. Empty without a Prometheus.
async fn in_production(instance: &Arc<Instance>, request: &ResourceRequest) -> ResourceResponse {
    if instance.production().is_err() {
        return ok(&json!([]));
    }
    match query::deployments(instance, time(request)).await {
        Err(failure) => of_query_error(&failure),
        Ok(deployments) => ok(&deployments.iter().map(query::in_production).collect::<Vec<_>>()),
    }
}

/// The time range `?from=…&to=…`, milliseconds since the Unix epoch.
fn time(request: &ResourceRequest) -> Option<(i64, i64)> {
    let pairs = request.query_pairs();
    let end = |name: &str| pairs.iter().find(|(key, _)| key == name).and_then(|(_, value)| value.parse().ok());
    end("from").zip(end("to"))
}

/// `?deployment=…&model=…`, each repeatable.
struct Filter {
    deployments: Vec<String>,
    models: Vec<String>,
}

impl Filter {
    fn of(request: &ResourceRequest) -> Self {
        let pairs = request.query_pairs();
        let all = |name: &str| -> Vec<String> {
            let values = pairs.iter().filter(|(key, _)| key == name).map(|(_, value)| value.clone());
            let values: Vec<String> = values.filter(|value| !value.is_empty()).collect();
            if values.iter().any(|value| value == "All" || value == "$__all") { Vec::new() } else { values }
        };
        Self { deployments: all("deployment"), models: all("model") }
    }

    fn holds(&self, header: &Header) -> bool {
        (self.deployments.is_empty() || self.deployments.iter().any(|name| name == header.run.deployment_label()))
            && (self.models.is_empty() || self.models.iter().any(|name| name == header.model()))
    }
}

fn deployments<'a>(headers: impl Iterator<Item = &'a Header>) -> Vec<Deployment> {
    let mut groups: BTreeMap<&str, Vec<&Run>> = BTreeMap::new();
    for header in headers {
        groups.entry(header.run.deployment_label()).or_default().push(&header.run);
    }
    groups
        .into_iter()
        .map(|(name, runs)| Deployment {
            name: name.to_owned(),
            model: agreed(&runs, |run| text_of(run.deployment.model.as_ref())),
            quantization: agreed(&runs, |run| text_of(run.deployment.quantization.as_ref())),
            hardware: agreed(&runs, |run| text_of(run.deployment.hardware.as_ref())),
            gpus: agreed(&runs, |run| run.deployment.gpus.as_ref().map(|known| known.value)),
            runs: runs.len(),
        })
        .collect()
}

/// A fact on which all runs of a deployment agree; `None` if they do not.
fn agreed<T: PartialEq>(runs: &[&Run], fact: impl Fn(&Run) -> Option<T>) -> Option<T> {
    let first = fact(runs.first()?);
    if runs.iter().all(|run| fact(run) == first) { first } else { None }
}

fn text_of(known: Option<&Known<String>>) -> Option<String> {
    known.map(|known| known.value.clone())
}

/// The models. Runs without a known model are last, under a word for that, so that they can be chosen too. If no model
/// is known at all, the list is empty.
fn models<'a>(headers: impl Iterator<Item = &'a Header>) -> Vec<Model> {
    let mut counts: BTreeMap<(bool, &str), usize> = BTreeMap::new();
    for header in headers {
        *counts.entry((header.run.deployment.model.is_none(), header.model())).or_default() += 1;
    }
    if counts.keys().all(|(is_unknown, _)| *is_unknown) {
        return Vec::new();
    }
    counts.into_iter().map(|((_, name), runs)| Model { name: name.to_owned(), runs }).collect()
}

fn slos(instance: &Instance) -> Vec<SloChoice> {
    let book = &instance.settings.slos;
    // The default is first, because a dashboard variable without a value takes the first choice.
    let (default, others): (Vec<_>, Vec<_>) = book.all().iter().partition(|slo| slo.id == book.default_id());
    default
        .into_iter()
        .chain(others)
        .map(|slo| SloChoice { slo: query::json::slo(slo), default: slo.id == book.default_id() })
        .collect()
}

fn metrics() -> Vec<MetricChoice> {
    Metric::ALL
        .iter()
        .map(|&metric| MetricChoice {
            id: Id(metric),
            label: metric.label().to_owned(),
            description: metric.description().to_owned(),
            unit: metric.unit().plain().to_owned(),
            statistics: match metric {
                Metric::Latency(_) => Statistic::ALL.into_iter().map(Id).collect(),
                Metric::RequestRate | Metric::OutputTokensPerSecond => Vec::new(),
            },
        })
        .collect()
}

fn run(header: &Header, problems: &HashMap<&str, usize>) -> ListedRun {
    ListedRun {
        run: query::json::run(&header.run, header.run.deployment_label()),
        levels: header.level_count,
        requests: header.ok_count,
        files: header.files().map(str::to_owned).collect(),
        problems: header.files().filter_map(|file| problems.get(file)).sum(),
        problem_list: None,
    }
}

fn problem_counts(snapshot: &Snapshot) -> HashMap<&str, usize> {
    let mut counts = HashMap::new();
    for (path, _) in snapshot.problems.iter() {
        *counts.entry(path.as_str()).or_default() += 1;
    }
    counts
}

/// The problems of the files of one run, or of all files. `run` of a problem is the first run of its file.
pub(crate) fn problems(snapshot: &Snapshot, of_run: Option<&Header>) -> Vec<Problem> {
    let mut runs: HashMap<&str, &str> = HashMap::new();
    for header in snapshot.headers.iter() {
        for file in header.files() {
            runs.entry(file).or_insert(&header.run.id);
        }
    }
    snapshot
        .problems
        .iter()
        .filter(|(path, _)| of_run.is_none_or(|run| run.files().any(|file| file == path)))
        .map(|(path, found)| problem(path, found, runs.get(path.as_str()).map(|&id| id.to_owned())))
        .collect()
}

/// A problem of the file at a path. `run` is the first run of the file.
fn problem(path: &str, problem: &FileProblem, run: Option<String>) -> Problem {
    Problem {
        source: path.to_owned(),
        severity: problem.severity,
        code: problem.code.clone(),
        place: problem.place.clone(),
        message: problem.message.clone(),
        run,
    }
}

fn ok(body: &impl Serialize) -> ResourceResponse {
    with_status(200, body)
}

fn with_status(status: u16, body: &impl Serialize) -> ResourceResponse {
    ResourceResponse::json(status, &json!(body))
}

/// An error, in `error` as documented and in `message`, where Grafana's front end expects the text of a toast.
pub(crate) fn error(status: u16, message: &str) -> ResourceResponse {
    let mut response = ResourceResponse::json(status, &json!({ "error": message, "message": message }));
    response.headers = Headers::new().with("Content-Type", "application/json");
    response
}

/// The response for a failure that queries have too.
pub(crate) fn of_query_error(failure: &QueryError) -> ResourceResponse {
    error(failure.status, &failure.message)
}
