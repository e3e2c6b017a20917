//! What limits a deployment: from the server's metrics if they are known, else from the shape of its curves alone; then
//! the answer says that no server metric was used.

use crate::breaking::BreakingState;
use crate::display;
use crate::points::level_statistic;
use crate::run::{LoadModel, Run};
use crate::slo::{Latency, Statistic};
use crate::throughput::plateau;
use crate::verdict::Verdict;

/// What limits a deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum BottleneckKind {
    /// The KV cache is full while the accelerator has computing power left.
    KvCacheWall,
    /// The accelerator computes all the time, and every token gets slower.
    ComputeWall,
    /// Even a single request alone is too slow.
    LatencyFloor,
    /// Requests wait to be admitted; those admitted are served as fast as ever.
    Queueing,
    /// The server refuses requests at an admission limit of its own while no resource inside of it is used up.
    AdmissionLimit,
    /// Nothing limits it within the measured loads.
    NoneSeen,
    /// The measurements do not show it.
    Unknown,
}

impl BottleneckKind {
    /// Every kind.
    pub const ALL: [Self; 7] = [
        Self::KvCacheWall,
        Self::ComputeWall,
        Self::LatencyFloor,
        Self::Queueing,
        Self::AdmissionLimit,
        Self::NoneSeen,
        Self::Unknown,
    ];

    /// `kv_cache_wall`, `compute_wall`, `latency_floor`, `queueing`, `admission_limit`, `none_seen` or `unknown`.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::KvCacheWall => "kv_cache_wall",
            Self::ComputeWall => "compute_wall",
            Self::LatencyFloor => "latency_floor",
            Self::Queueing => "queueing",
            Self::AdmissionLimit => "admission_limit",
            Self::NoneSeen => "none_seen",
            Self::Unknown => "unknown",
        }
    }

    /// What usually helps.
    #[must_use]
    pub fn remedy(self) -> &'static str {
        match self {
            Self::KvCacheWall => {
                "Give the cache more room: a quantized KV cache, a larger share of memory, tensor parallelism, or more replicas."
            }
            Self::ComputeWall => "Add accelerators or replicas, or serve a smaller or quantized model.",
            Self::LatencyFloor => {
                "Make a single request faster: more tensor parallelism, a smaller or quantized model, shorter prompts."
            }
            Self::Queueing => {
                "Raise the number of sequences served at once if memory allows it, else add replicas; the server's KV cache \
                 metrics tell which."
            }
            Self::AdmissionLimit => {
                "Raise the limit on admission up to the load that the benchmark holds (vLLM: --max-num-queued-reqs, \
                 --max-num-queued-tokens), and add replicas for what is still refused."
            }
            Self::NoneSeen => "Measure higher loads.",
            Self::Unknown => "Benchmark with TTFT and ITL, and keep the server's metrics of that time.",
        }
    }
}

/// What the server's own metrics said while the highest loads were measured; `None` is unknown.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct ServerMetrics {
    /// Highest share of the KV cache in use, 0 to 1.
    pub kv_cache_use: Option<f64>,
    /// Mean number of requests waiting for capacity.
    pub waiting: Option<f64>,
    /// Mean utilization of the accelerators, 0 to 1.
    pub gpu_utilization: Option<f64>,
}

/// What limits a deployment, and the evidence for it.
#[derive(Debug, Clone, PartialEq)]
pub struct Bottleneck {
    /// The limiting resource.
    pub kind: BottleneckKind,
    /// What was seen, in sentences.
    pub evidence: Vec<String>,
    /// What was not known and could change the answer.
    pub missing: Vec<&'static str>,
    /// Whether no server metric was used: then memory and computing power cannot be told apart.
    pub from_shape_alone: bool,
}

/// From this share on a KV cache counts as full: vLLM preempts and queues before the last block is used.
const FULL: f64 = 0.95;
/// Below this utilization an accelerator has computing power left.
const IDLE: f64 = 0.5;
/// Above this utilization it has none left.
const BUSY: f64 = 0.95;
/// A latency that doubles over the sweep has grown.
const GROWN: f64 = 2.0;
/// A latency that grows by less than a quarter over the sweep has not grown.
const FLAT: f64 = 1.25;

/// Classifies what limits `run`. `verdict` is the verdict on that run.
#[must_use]
pub fn bottleneck(run: &Run, verdict: &Verdict, server: &ServerMetrics) -> Bottleneck {
    let ttft = growth(run, Latency::Ttft);
    let itl = growth(run, Latency::Itl).or_else(|| growth(run, Latency::Tpot));
    let flattens = plateau(run);
    let mut evidence = Vec::new();
    let unit = run.load_model.unit();
    let mut tell = |name: &str, growth: Option<Growth>| {
        if let Some(growth) = growth {
            evidence.push(format!(
                "{name} is {} times as long at {} as at {}.",
                display::number(growth.factor),
                display::load_with_unit(growth.to, unit),
                display::load(growth.from)
            ));
        }
    };
    tell("TTFT", ttft);
    tell("Time between tokens", itl);
    if let Some(flat) = flattens {
        evidence.push(format!(
            "Output tokens per second grow no further from {} on.",
            display::load_with_unit(flat.load, unit)
        ));
    }
    let missing: Vec<&'static str> = [
        (server.kv_cache_use.is_none(), "KV cache use"),
        (server.waiting.is_none(), "waiting requests"),
        (server.gpu_utilization.is_none(), "accelerator utilization"),
        (ttft.is_none(), "TTFT over load"),
        (itl.is_none(), "ITL over load"),
    ]
    .into_iter()
    .filter_map(|(absent, name)| absent.then_some(name))
    .collect();
    if verdict.state == BreakingState::NeverMet && lowest_is_single(run) {
        evidence.push("The lowest measured load is a single request at a time, and it misses the limit.".into());
        return Bottleneck { kind: BottleneckKind::LatencyFloor, evidence, missing, from_shape_alone: true };
    }
    if let Some(kind) = from_server(server, itl, &mut evidence) {
        return Bottleneck { kind, evidence, missing, from_shape_alone: false };
    }
    let kind = match (ttft.map(|growth| growth.factor), itl.map(|growth| growth.factor)) {
        (_, Some(itl)) if itl >= GROWN && flattens.is_some() => BottleneckKind::ComputeWall,
        (Some(ttft), Some(itl)) if ttft >= GROWN && itl < FLAT => BottleneckKind::Queueing,
        (Some(ttft), Some(itl)) if ttft < FLAT && itl < FLAT && flattens.is_none() => BottleneckKind::NoneSeen,
        _ => BottleneckKind::Unknown,
    };
    Bottleneck { kind, evidence, missing, from_shape_alone: true }
}

/// The rules that need the server's metrics.
fn from_server(server: &ServerMetrics, itl: Option<Growth>, evidence: &mut Vec<String>) -> Option<BottleneckKind> {
    let full = server.kv_cache_use.filter(|share| *share >= FULL);
    let busy = server.gpu_utilization.filter(|share| *share > BUSY);
    let idle = server.gpu_utilization.filter(|share| *share < IDLE);
    let waiting = server.waiting.filter(|count| *count > 0.0);
    if let Some(share) = full {
        evidence.push(format!("{} of the KV cache was in use.", display::percent(share)));
    }
    if let Some(share) = server.gpu_utilization {
        evidence.push(format!("The accelerators were busy for {} of the time.", display::percent(share)));
    }
    if let Some(count) = waiting {
        evidence.push(format!("{} requests waited for capacity on average.", display::number(count)));
    }
    let tokens_slower = itl.is_some_and(|growth| growth.factor >= FLAT);
    if full.is_some() && (idle.is_some() || (busy.is_none() && waiting.is_some())) {
        Some(BottleneckKind::KvCacheWall)
    } else if busy.is_some() && tokens_slower {
        Some(BottleneckKind::ComputeWall)
    } else if waiting.is_some() && !tokens_slower {
        Some(BottleneckKind::Queueing)
    } else {
        None
    }
}

/// How a latency grows from the lowest to the highest load.
#[derive(Debug, Clone, Copy)]
struct Growth {
    from: f64,
    to: f64,
    factor: f64,
}

/// Uses the median if it was measured, because tails are noisy; else the mean, else p95.
fn growth(run: &Run, latency: Latency) -> Option<Growth> {
    [Statistic::P50, Statistic::Mean, Statistic::P95].into_iter().find_map(|statistic| {
        let measured: Vec<(f64, f64)> = run
            .levels
            .iter()
            .filter_map(|level| Some((level.load, level_statistic(level, latency, statistic)?.value)))
            .collect();
        let (from, to) = (measured.first()?, measured.last()?);
        // The first level is often slow from a cold start, so the lowest value of all levels is the base.
        let base = measured.iter().map(|point| point.1).fold(f64::INFINITY, f64::min);
        (measured.len() >= 3).then(|| Growth { from: from.0, to: to.0, factor: to.1 / base })
    })
}

/// Whether the lowest load is one request at a time.
fn lowest_is_single(run: &Run) -> bool {
    run.levels.first().is_some_and(|level| match run.load_model {
        LoadModel::Closed => level.load <= 1.0,
        LoadModel::Open(_) => level.concurrency.is_some_and(|concurrency| concurrency <= 1.0),
    })
}
