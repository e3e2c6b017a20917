//! What a query kind needs to know about the deployments in production, and what was observed of each.

use std::sync::Arc;
use std::time::Duration;

use headroom_base::tasks::in_order;
use headroom_engine::level::Level;
use headroom_engine::live::overlay::{Bin, gather};
use headroom_engine::live::presence::Presence;
use headroom_prometheus::Series;
use headroom_prometheus::dictionary::{Aggregate, Over, Quantity, Selector, Together};
use headroom_protocol::QueryError;
use headroom_protocol::frame::Notice;

use super::fleet::{Fleet, LiveDeployment};
use super::notices::{self, info, warning};
use super::span::Span;
use super::table::DeploymentRow;
use crate::production::{self, Lasting, Observed, Production, Target, Wanted, When, Windows, gpu_selector, time::Grid};

/// If a server answered more or fewer requests than the client sent, by more than this factor, it also served other
/// traffic.
const SAME_REQUESTS: f64 = 1.5;
/// The most levels of a benchmark that are looked up; each takes a dozen queries.
const MOST_LEVELS: usize = 64;

/// What the driver must find out for a kind.
#[derive(Debug, Default)]
pub(crate) struct Needs {
    /// What to observe of every deployment; the result is [`Seen::observed`].
    pub(crate) observe: Option<Observe>,
    /// What else to observe of it; the result is [`Seen::also`].
    pub(crate) also: Option<Observe>,
    /// Whether to look up the levels of its benchmark as its server measured them; the result is [`Seen::levels`].
    pub(crate) levels: LookUp,
    /// Whether to read the power of its accelerators; the result is [`Seen::power`].
    pub(crate) power: bool,
    /// Whether only warnings about the observations are shown: for marks on a time axis it does not matter, for
    /// example, what is unknown about GPUs.
    pub(crate) warnings_only: bool,
    /// Expressions that are sent to Prometheus unchanged.
    pub(crate) expressions: Vec<(String, When)>,
}

impl Needs {
    /// One observation of each deployment, and nothing else.
    pub(crate) fn observing(observe: Observe) -> Self {
        Self { observe: Some(observe), ..Self::default() }
    }
}

/// Quantities to observe, and the windows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Observe {
    /// What to observe besides the load.
    pub(crate) wanted: Wanted,
    /// The windows.
    pub(crate) over: WindowPlan,
}

/// How a time range is divided into windows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WindowPlan {
    /// A single window: the one at the end of the time range that counts as now.
    Now,
    /// The whole time range in windows. Each is as long as the longest of the following.
    Range {
        /// The length of the time range divided by this number.
        most: u32,
        /// This number of scrapes.
        scrapes: u32,
        /// The distance of two points in the panel, if the windows are drawn over time.
        as_panel: bool,
    },
}

/// Whether the server's metrics during a benchmark's levels are looked up in Prometheus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum LookUp {
    /// Never.
    #[default]
    No,
    /// If the benchmark overlaps with the time range.
    WithinRange,
    /// Always.
    Always,
}

/// What was observed of one deployment.
pub(crate) struct Seen {
    /// The deployment.
    pub(crate) deployment: Arc<LiveDeployment>,
    /// For [`Needs::observe`]; empty if nothing was to be observed.
    pub(crate) observed: Observed,
    /// For [`Needs::also`].
    pub(crate) also: Observed,
    /// The levels of its benchmark that are covered by its server's metrics.
    pub(crate) levels: Vec<ServerLevel>,
    /// The power of its accelerators; `None` if unknown.
    pub(crate) power: Option<Power>,
    /// What the user should know about the power and the levels.
    notices: Vec<Notice>,
}

/// One level of a benchmark as the server measured it.
pub(crate) struct ServerLevel {
    /// The offered load.
    pub(crate) offered: f64,
    /// The server's measurements.
    pub(crate) bin: Bin,
    /// Share of looked-up prompt tokens that were found in the prefix cache, 0 to 1.
    pub(crate) cache_hits: Option<f64>,
}

/// The accelerators of a deployment over the time range.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Power {
    /// Mean power of all of them together.
    pub(crate) watts: f64,
    /// How many there are.
    pub(crate) gpus: f64,
}

impl Seen {
    /// The deployment's name.
    pub(crate) fn name(&self) -> &str {
        self.deployment.name()
    }

    /// A row about the deployment for a table.
    pub(crate) fn row<T>(&self, presence: Presence, of: T) -> DeploymentRow<T> {
        DeploymentRow { deployment: Arc::clone(&self.deployment), presence, of }
    }

    /// Whether it serves in the window that counts as now, and if not, why not.
    pub(crate) fn presence(&self, span: Span) -> Presence {
        self.deployment.presence(&self.observed.observations, span.now_from_ms())
    }
}

/// Observes all deployments of a fleet together.
///
/// # Errors
/// If Prometheus does not answer, or the time range is too short for a window.
pub(crate) async fn observe(
    production: &Production,
    fleet: &Fleet,
    span: Span,
    needs: &Needs,
) -> Result<Vec<Seen>, QueryError> {
    let observed = observe_each(production, fleet, span, needs.observe).await?;
    let also = observe_each(production, fleet, span, needs.also).await?;
    let levels = levels_of_each(production, fleet, span, needs.levels).await?;
    let power = if needs.power {
        power_of_each(production, fleet, span).await?
    } else {
        fleet.deployments.iter().map(|_| (None, Vec::new())).collect()
    };
    let each = fleet.deployments.iter().zip(observed).zip(also).zip(levels).zip(power);
    let seen = each.map(|((((deployment, observed), also), levels), (power, notices))| Seen {
        deployment: Arc::clone(deployment),
        observed,
        also,
        levels,
        power,
        notices,
    });
    Ok(seen.collect())
}

/// One observation of each deployment.
async fn observe_each(
    production: &Production,
    fleet: &Fleet,
    span: Span,
    observe: Option<Observe>,
) -> Result<Vec<Observed>, QueryError> {
    let Some(Observe { wanted, over }) = observe else {
        return Ok(fleet.deployments.iter().map(|_| Observed::default()).collect());
    };
    let windows = windows(production, fleet, span, over).await?;
    let targets: Vec<(&Target, Windows)> =
        fleet.deployments.iter().map(|deployment| &deployment.target).zip(windows).collect();
    production::observe(production, &fleet.resolved, &targets, wanted, Lasting::Shortly).await
}

/// The windows of each deployment, which depend on its scrape interval.
async fn windows(
    production: &Production,
    fleet: &Fleet,
    span: Span,
    over: WindowPlan,
) -> Result<Vec<Windows>, QueryError> {
    let WindowPlan::Range { most, scrapes: least, as_panel } = over else {
        let now = Windows::one(span.now_from_ms(), span.to_ms);
        return Ok(vec![now; fleet.deployments.len()]);
    };
    let there: Vec<&Target> = fleet.deployments.iter().map(|deployment| &deployment.target).collect();
    let known = there.iter().filter(|target| !target.members.is_empty()).map(|target| target.scrape_selector());
    let known = production.scrape_intervals(known.collect(), span.from_ms, span.to_ms).await;
    let mut known = known.into_iter();
    let panel = if as_panel { span.interval } else { Duration::ZERO };
    let windows = there.into_iter().map(|target| {
        let known = if target.members.is_empty() { None } else { known.next() };
        let scrape = known.unwrap_or(production::time::SCRAPE);
        let step = (span.length() / most.max(1)).max(scrape * least).max(panel);
        Some(Windows::of(Grid::within(span.from_ms, span.to_ms, step)?, scrape))
    });
    let windows: Option<Vec<Windows>> = windows.collect();
    windows.ok_or_else(|| QueryError::bad_request("the time range is empty: choose one that ends after it begins"))
}

impl WindowPlan {
    /// As many windows as the panel has points.
    pub(crate) const POINTS: Self = Self::Range { most: u32::MAX, scrapes: 1, as_panel: true };
}

fn reaches_into_benchmark(deployment: &LiveDeployment, span: Span) -> bool {
    let measured = deployment.run().and_then(|run| run.provenance.started_ms.zip(run.provenance.ended_ms));
    measured.is_some_and(|(started, ended)| started < span.to_ms && ended > span.from_ms)
}

/// The levels of each deployment's benchmark, as far as they are needed.
async fn levels_of_each(
    production: &Production,
    fleet: &Fleet,
    span: Span,
    look_up: LookUp,
) -> Result<Vec<Vec<ServerLevel>>, QueryError> {
    let each = fleet.deployments.iter().map(|deployment| {
        let (production, deployment) = (production.clone(), Arc::clone(deployment));
        let wanted = match look_up {
            LookUp::No => false,
            LookUp::WithinRange => reaches_into_benchmark(&deployment, span),
            LookUp::Always => true,
        };
        async move { if wanted { server_levels(&production, &deployment).await } else { Ok(Vec::new()) } }
    });
    in_order(each).await
}

/// The levels of a deployment's benchmark that are covered by the server's metrics. Empty if they are not covered, or
/// if the server had other traffic at the same time. The results are kept, because the windows of a level do not
/// change.
async fn server_levels(production: &Production, deployment: &LiveDeployment) -> Result<Vec<ServerLevel>, QueryError> {
    let Some(run) = deployment.run() else { return Ok(Vec::new()) };
    let timed: Vec<(&Level, i64, i64)> = run
        .levels
        .iter()
        .filter_map(|level| Some((level, level.started_ms?, level.ended_ms?)))
        .filter(|(_, started_ms, ended_ms)| started_ms < ended_ms)
        .take(MOST_LEVELS)
        .collect();
    let (Some(from_ms), Some(to_ms)) = (timed.iter().map(|one| one.1).min(), timed.iter().map(|one| one.2).max())
    else {
        return Ok(Vec::new());
    };
    let resolved = production.resolved(from_ms, to_ms).await?;
    let wanted = Wanted { traffic: true, latencies: true, ..Wanted::default() };
    let mut found = Vec::new();
    for (level, started_ms, ended_ms) in timed {
        let window = [(&deployment.target, Windows::one(started_ms, ended_ms))];
        let observed = production::observe(production, &resolved, &window, wanted, Lasting::WhereSettled).await?;
        let Some(observed) = observed.into_iter().next() else { continue };
        let members: Vec<_> = observed.observations.iter().collect();
        let bin = gather(&members, run.load_model);
        if bin.windows == 0 {
            // If the first level has no data, the metrics do not go back that far, or it was another server. Later it
            // is a gap.
            if found.is_empty() {
                break;
            }
            continue;
        }
        if is_alone(level, &bin) {
            let cache_hits = observed.cache_hits.first().copied().flatten();
            found.push(ServerLevel { offered: level.load, bin, cache_hits });
        }
    }
    Ok(found)
}

/// Whether the server only had the traffic of this level.
fn is_alone(level: &Level, bin: &Bin) -> bool {
    let sent = (level.requests.ok + level.requests.incomplete) as f64;
    bin.requests.is_some_and(|answered| {
        answered > 0.0
            && answered <= sent.max(1.0) * SAME_REQUESTS
            && answered * SAME_REQUESTS >= level.requests.ok as f64
    })
}

/// Mean power of each deployment's accelerators over the time range, and their number. If unknown, a notice says why.
async fn power_of_each(
    production: &Production,
    fleet: &Fleet,
    span: Span,
) -> Result<Vec<(Option<Power>, Vec<Notice>)>, QueryError> {
    let selectors: Vec<Option<Selector>> =
        fleet.deployments.iter().map(|deployment| gpu_selector(&deployment.target)).collect();
    let together = Together::of(selectors.iter().flatten().cloned().collect());
    let mut found: Vec<(Option<Power>, Vec<Notice>)> = selectors
        .iter()
        .zip(&fleet.deployments)
        .map(|(selector, deployment)| {
            let unknown = selector.is_none().then(|| {
                info(format!(
                    "{}: its series have no `pod`, so its GPUs are not known; say which they are by `gpu_labels` under \
                     `production` of the deployment",
                    deployment.name()
                ))
            });
            (None, unknown.into_iter().collect())
        })
        .collect();
    let known: Vec<(usize, Selector)> =
        selectors.into_iter().enumerate().filter_map(|(at, selector)| Some((at, selector?))).collect();
    if known.is_empty() {
        return Ok(found);
    }
    let (all, length) = (together.selector(), span.length());
    let by: Vec<&str> =
        ["UUID"].into_iter().chain(together.labels().into_iter().filter(|label| *label != "UUID")).collect();
    // The energy counter misses nothing, unlike samples of the power.
    let query = fleet
        .resolved
        .rate(Quantity::GpuEnergy, all, length, &by)
        .or_else(|_| fleet.resolved.value_over(Quantity::GpuPower, Over::Mean, all, length, &by));
    let query = match query {
        Ok(query) => query,
        Err(missing) => {
            for (at, _) in known {
                found[at].1.push(info(missing.words.clone()));
            }
            return Ok(found);
        }
    };
    let answer = production.ask(&query, When::At(span.to_ms)).await?;
    let remarks: Vec<Notice> =
        answer.remarks.iter().map(|remark| notices::of_prometheus(remark.severity, &remark.text)).collect();
    let gpus = together.split_aggregated(&answer.data, Aggregate::Max, &["UUID"]);
    for ((at, selector), gpus) in known.into_iter().zip(gpus) {
        let (power, notices) = &mut found[at];
        notices.extend(remarks.iter().cloned());
        if gpus.is_empty() {
            notices.push(info(format!(
                "{}: no GPU has its pods in the exporter's labels {selector}; say which GPUs are its own by `gpu_labels` \
                 under `production` of the deployment",
                fleet.deployments[at].name()
            )));
            continue;
        }
        let watts: f64 = gpus.iter().filter_map(Series::last).filter(|watts| watts.is_finite()).sum();
        *power = Some(Power { watts, gpus: gpus.len() as f64 });
    }
    Ok(found)
}

/// What the user should know about the observations of [`Needs::observe`], each notice once. It names the deployments
/// that it concerns, unless it concerns all.
pub(crate) fn remarks(seen: &[Seen]) -> Vec<Notice> {
    let mut found = Vec::new();
    let mut push = |notice: Notice| {
        if !found.contains(&notice) {
            found.push(notice);
        }
    };
    // The missing quantities, and the deployments that lack them.
    let mut missing: Vec<(&str, Vec<&str>)> = Vec::new();
    for one in seen {
        for words in one.observed.missing.iter().map(|missing| missing.words.as_str()) {
            match missing.iter_mut().find(|(known, _)| *known == words) {
                Some((_, names)) if names.last() != Some(&one.name()) => names.push(one.name()),
                Some(_) => {}
                None => missing.push((words, vec![one.name()])),
            }
        }
    }
    let there = seen.iter().filter(|one| !one.deployment.target.members.is_empty()).count();
    for (words, names) in missing {
        let about_all = names.len() >= there;
        push(info(if about_all { words.to_owned() } else { format!("{}: {words}", names.join(", ")) }));
    }
    for one in seen {
        for (severity, text) in &one.observed.notices {
            push(notices::of_prometheus(*severity, text));
        }
        if one.observed.uneven {
            push(warning(format!(
                "{}: servers with different histogram bounds were added up, and their percentiles mislead; map each to a \
                 deployment of its own",
                one.name()
            )));
        }
    }
    seen.iter().flat_map(|one| &one.notices).cloned().for_each(push);
    found
}
