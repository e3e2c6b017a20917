//! What limits a deployment now: applies the rules of [`bottleneck`](crate::bottleneck) to a window of production.

use super::observation::{Observation, QUEUE, refused_share};
use super::overlay::gather;
use crate::bottleneck::{Bottleneck, BottleneckKind, ServerMetrics, bottleneck};
use crate::breaking::BreakingState;
use crate::display;
use crate::run::{Deployment, LoadModel, Provenance, Run, Workload};
use crate::slo::{Slo, Subject};
use crate::verdict::{Verdict, assess};

/// The benchmark that helps to interpret a window of production.
#[derive(Debug, Clone, Copy)]
pub struct Benchmark<'a> {
    /// The run.
    pub run: &'a Run,
    /// The verdict on that run.
    pub verdict: &'a Verdict,
}

/// What limits a deployment in a window, and the evidence for it.
#[derive(Debug, Clone, PartialEq)]
pub struct Limiting {
    /// What limits it now. [`BottleneckKind::NoneSeen`] if nothing does; [`BottleneckKind::Unknown`] if something does
    /// but the rules cannot tell what, or if its load was never seen.
    pub kind: BottleneckKind,
    /// What will limit it first according to the benchmark; `None` without a benchmark that shows it.
    pub next: Option<BottleneckKind>,
    /// What was seen, in sentences.
    pub evidence: Vec<String>,
    /// What was not known and could change the answer.
    pub missing: Vec<&'static str>,
}

/// With fewer waiting requests on average there is no queue.
const SOME_WAIT: f64 = 0.1;
/// Above this utilization an accelerator has no power left.
const BUSY: f64 = 0.95;

/// What limits a deployment over `observations`. `slo` adds whether its latencies are missed.
#[must_use]
pub fn limiting(observations: &[Observation], benchmark: Option<Benchmark<'_>>, slo: Option<&Slo>) -> Limiting {
    let members: Vec<&Observation> = observations.iter().filter(|one| one.up != Some(false)).collect();
    let server = server_metrics(&members);
    let mut evidence = window_evidence(&members);
    let missed = slo.map_or_else(Vec::new, |slo| missed(&members, slo));
    evidence.extend(missed.iter().cloned());
    let next = benchmark.map(|benchmark| bottleneck(benchmark.run, benchmark.verdict, &ServerMetrics::default()).kind);
    let queues = server.waiting.is_some_and(|waiting| waiting >= SOME_WAIT);
    let sheds = members.iter().any(|one| one.sheds() == Some(true));
    let busy = server.gpu_utilization.is_some_and(|share| share > BUSY);
    let found = found(benchmark, &server);
    let mut missing = found.missing;
    // An accelerator is busy as soon as a single request is served. So high utilization alone counts as a limit only if
    // the rules say which one.
    let kind = if queues || (busy && found.kind != BottleneckKind::Unknown) {
        evidence.extend(found.evidence);
        found.kind
    } else if !missed.is_empty() {
        let alone = mean(&members, Observation::concurrency)
            .zip(mean(&members, |one| one.replicas))
            .is_some_and(|(in_flight, replicas)| in_flight <= replicas);
        evidence.extend(found.evidence);
        if alone { BottleneckKind::LatencyFloor } else { found.kind }
    } else if sheds {
        // No resource is used up and no limit is missed, so the admission limit itself is what refuses requests.
        BottleneckKind::AdmissionLimit
    } else if mean(&members, Observation::concurrency).is_some() {
        BottleneckKind::NoneSeen
    } else {
        // No load was seen at all.
        BottleneckKind::Unknown
    };
    if benchmark.is_none() {
        missing.retain(|what| !what.ends_with("over load"));
        missing.push("a benchmark of this deployment");
    }
    let mut seen: Vec<String> = Vec::with_capacity(evidence.len());
    for sentence in evidence {
        if !seen.contains(&sentence) {
            seen.push(sentence);
        }
    }
    Limiting { kind, next: next.filter(|next| *next != BottleneckKind::Unknown), evidence: seen, missing }
}

/// The rules that need only the server's metrics.
pub(super) fn from_server(server: &ServerMetrics) -> (BottleneckKind, Vec<String>) {
    let found = found(None, server);
    (found.kind, found.evidence)
}

fn found(benchmark: Option<Benchmark<'_>>, server: &ServerMetrics) -> Bottleneck {
    if let Some(benchmark) = benchmark {
        return bottleneck(benchmark.run, benchmark.verdict, server);
    }
    let run = nothing_measured();
    bottleneck(&run, &assess(&run, &Slo::custom(Vec::new())), server)
}

/// The metrics of a window as the rules take them: the highest KV cache use, the mean queue and the mean utilization.
pub(super) fn server_metrics(members: &[&Observation]) -> ServerMetrics {
    ServerMetrics {
        kv_cache_use: members.iter().filter_map(|one| one.kv_cache_use).reduce(f64::max),
        waiting: mean(members, |one| one.waiting),
        gpu_utilization: mean(members, |one| one.gpu_utilization),
    }
}

fn mean(members: &[&Observation], value: impl Fn(&Observation) -> Option<f64>) -> Option<f64> {
    let known: Vec<(f64, f64)> =
        members.iter().filter_map(|one| Some((value(one)?, one.seconds))).filter(|one| one.1 > 0.0).collect();
    let seconds: f64 = known.iter().map(|one| one.1).sum();
    (seconds > 0.0).then(|| known.iter().map(|(value, seconds)| value * seconds).sum::<f64>() / seconds)
}

fn window_evidence(members: &[&Observation]) -> Vec<String> {
    let mut evidence = Vec::new();
    if let Some(in_flight) = mean(members, Observation::concurrency) {
        let replicas = mean(members, |one| one.replicas).unwrap_or(1.0);
        evidence.push(format!(
            "{} requests were in flight on average, on {} {}.",
            display::number(in_flight),
            display::number(replicas),
            if replicas > 1.0 { "replicas" } else { "replica" }
        ));
    }
    if let Some(share) = mean(members, |one| one.waiting.map(|waiting| f64::from(u8::from(waiting >= QUEUE))))
        .filter(|share| *share > 0.0)
    {
        evidence.push(format!("Requests waited for capacity {} of the time.", display::percent(share)));
    }
    evidence.extend(refusals(members));
    if let Some(count) = members.iter().filter_map(|one| one.preemptions).reduce(|a, b| a + b).filter(|n| *n >= 1.0) {
        evidence
            .push(format!("{} requests were put back to make room in the KV cache.", display::number(count.round())));
    }
    evidence
}

/// What was refused in some windows, in a sentence; `None` if nothing was or that is unknown.
pub(super) fn refusals(members: &[&Observation]) -> Option<String> {
    let refused = members.iter().filter_map(|one| one.refused).reduce(|a, b| a + b).filter(|refused| *refused > 0.0)?;
    Some(match refused_share(members.iter().copied()) {
        Some(share) => format!("{} of the requests that arrived were refused.", display::percent(share)),
        // A single refusal near a restart or between two scrapes shows as a fraction of a request in the rate.
        None => format!("{} requests were refused.", display::number(refused.ceil())),
    })
}

/// The latency limits that were certainly missed, judged by the lower end of what the histograms allow.
fn missed(members: &[&Observation], slo: &Slo) -> Vec<String> {
    let all = gather(members, LoadModel::Closed);
    slo.limits
        .iter()
        .filter_map(|limit| {
            let Subject::Latency(latency, statistic) = limit.subject else { return None };
            let histogram = all.latencies.get(latency)?;
            let (lowest, is_missed) = match statistic.quantile() {
                // The lower bound of a bucket is not part of it.
                Some(q) => histogram.quantile(q).map(|found| (found.lo, found.lo >= limit.bound))?,
                None => histogram.mean().map(|mean| (mean, !limit.holds(mean)))?,
            };
            is_missed.then(|| {
                format!(
                    "{} was at least {}, above {}.",
                    limit.subject.label(),
                    limit.subject.format(lowest),
                    limit.label()
                )
            })
        })
        .collect()
}

/// A run without levels, so that the rules see only the server's metrics.
fn nothing_measured() -> Run {
    Run {
        id: String::new(),
        provenance: Provenance::default(),
        deployment: Deployment::default(),
        workload: Workload::default(),
        load_model: LoadModel::Closed,
        levels: Vec::new(),
        off_curve: Vec::new(),
    }
}

/// Whether an episode of this kind contradicts the benchmark: the server queues at a load that passed in the benchmark.
#[must_use]
pub fn contradicts(kind: BottleneckKind, load: f64, verdict: &Verdict) -> bool {
    let queues = matches!(kind, BottleneckKind::KvCacheWall | BottleneckKind::Queueing | BottleneckKind::ComputeWall);
    let passes = match verdict.state {
        BreakingState::Edge | BreakingState::Cliff | BreakingState::Bracket => {
            verdict.interval[0].or(verdict.breaking_load)
        }
        BreakingState::Floor => verdict.max_passing_load,
        BreakingState::NeverMet | BreakingState::NotMeasured => None,
    };
    queues && passes.is_some_and(|passes| load < passes)
}
