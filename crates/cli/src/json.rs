//! The answer as JSON. Numbers are not rounded; `null` is unknown.

mod insight;
mod repeats;
mod tool_conclusions;

use std::io::Write;

use anyhow::Result;
use headroom_engine::compare::Difference;
use headroom_engine::findings::Finding;
use headroom_engine::level::{Distribution, Level, Server};
use headroom_engine::points::level_statistic;
use headroom_engine::rates::{Counted, LevelRates, level_rates};
use headroom_engine::run::{Known, Price, Run};
use headroom_engine::slo::{Latency, Statistic};
use headroom_engine::tokens::TokenBasis;
use headroom_reports::Problem;
use serde::Serialize;

use self::insight::{BottleneckJson, GoodputJson, ThroughputJson};
pub(crate) use self::insight::{CostJson, SensitivityJson};
use self::repeats::RepeatsJson;
use self::tool_conclusions::ToolConclusionJson;
use crate::analysis::{Analysis, Judged, outcome};

#[derive(Serialize)]
struct Document<'a> {
    runs: Vec<RunJson<'a>>,
    repeats: Vec<RepeatsJson<'a>>,
    problems: Vec<ProblemJson<'a>>,
}

/// One run with its verdict.
#[derive(Serialize)]
pub(crate) struct RunJson<'a> {
    id: &'a str,
    source: &'a str,
    tool: &'a str,
    tool_version: Option<&'a str>,
    content_sha256: &'a str,
    started_ms: Option<i64>,
    ended_ms: Option<i64>,
    model: Option<&'a str>,
    deployment: DeploymentJson<'a>,
    workload: WorkloadJson<'a>,
    load_model: &'a str,
    load_unit: &'a str,
    levels: Vec<LevelJson>,
    off_curve: Vec<OffCurveJson<'a>>,
    throughput: ThroughputJson,
    cost: Vec<CostJson<'a>>,
    bottleneck: BottleneckJson<'a>,
    tool_conclusions: Vec<ToolConclusionJson<'a>>,
    verdict: VerdictJson<'a>,
}

#[derive(Serialize)]
struct DeploymentJson<'a> {
    name: &'a str,
    quantization: Option<Fact<&'a str>>,
    hardware: Option<Fact<&'a str>>,
    gpus: Option<Fact<u32>>,
    tensor_parallel: Option<Fact<u32>>,
    engine: Option<Fact<&'a str>>,
    price: Option<PriceJson<'a>>,
}

/// A fact and its source.
#[derive(Serialize)]
struct Fact<T> {
    value: T,
    source: String,
}

/// What one replica costs, and the source.
#[derive(Serialize)]
pub(crate) struct PriceJson<'a> {
    dollars_per_hour: f64,
    source: Option<&'a str>,
    region: Option<&'a str>,
    date: Option<&'a str>,
}

impl<'a> From<&'a Price> for PriceJson<'a> {
    fn from(price: &'a Price) -> Self {
        Self {
            dollars_per_hour: price.per_hour.0,
            source: price.source.as_deref(),
            region: price.region.as_deref(),
            date: price.date.as_deref(),
        }
    }
}

#[derive(Serialize)]
struct WorkloadJson<'a> {
    prompt_tokens: Option<f64>,
    output_tokens: Option<f64>,
    shape: Option<&'a str>,
}

#[derive(Serialize)]
struct OffCurveJson<'a> {
    strategy: &'a str,
    #[serde(flatten)]
    level: LevelJson,
}

#[derive(Serialize)]
struct LevelJson {
    load: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    asked_load: Option<f64>,
    concurrency: Option<f64>,
    duration_s: Option<f64>,
    requests: RequestsJson,
    request_rate: Option<f64>,
    output_tokens_per_second: Option<f64>,
    prompt_tokens_per_second: Option<f64>,
    total_tokens_per_second: Option<f64>,
    ttft_ms: Option<DistributionJson>,
    itl_ms: Option<DistributionJson>,
    tpot_ms: Option<DistributionJson>,
    e2e_ms: Option<DistributionJson>,
    #[serde(skip_serializing_if = "Option::is_none")]
    server: Option<ServerJson>,
    /// The rates that costs are computed from: those of the level's steady part.
    #[serde(skip_serializing_if = "Option::is_none")]
    steady: Option<SteadyJson>,
    keep_up: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<&'static str>,
    goodput: Option<GoodputJson>,
}

/// The rates per second that costs are computed from: those of the steady part if the report has every request.
#[derive(Serialize)]
struct SteadyJson {
    request_rate: Option<f64>,
    output_tokens_per_second: Option<f64>,
    prompt_tokens_per_second: Option<f64>,
    total_tokens_per_second: Option<f64>,
}

impl From<LevelRates> for SteadyJson {
    fn from(rates: LevelRates) -> Self {
        let of = |counted| rates.of(counted).map(|rate| rate.value);
        Self {
            request_rate: of(Counted::Requests),
            output_tokens_per_second: of(Counted::Tokens(TokenBasis::Output)),
            prompt_tokens_per_second: of(Counted::Tokens(TokenBasis::Prompt)),
            total_tokens_per_second: of(Counted::Tokens(TokenBasis::Total)),
        }
    }
}

/// What the server's metrics said, if the report contains any.
#[derive(Serialize)]
struct ServerJson {
    queue_depth: Option<f64>,
    kv_cache_use: Option<f64>,
    power_w: Option<f64>,
    joules_per_output_token: Option<f64>,
}

#[derive(Serialize)]
struct RequestsJson {
    ok: u64,
    errored: u64,
    incomplete: u64,
}

#[derive(Serialize)]
struct DistributionJson {
    count: u64,
    mean: Option<f64>,
    p50: Option<f64>,
    p90: Option<f64>,
    p95: Option<f64>,
    p99: Option<f64>,
}

#[derive(Serialize)]
struct VerdictJson<'a> {
    slo: &'a str,
    slo_source: &'a str,
    state: &'a str,
    breaking_load: Option<f64>,
    interval: [Option<f64>; 2],
    interval_method: &'static str,
    binding: Option<String>,
    max_passing_load: Option<f64>,
    first_failing_load: Option<f64>,
    recommended_load: Option<f64>,
    next_level: Option<f64>,
    next_level_effect: Option<EffectJson>,
    sentence: &'a str,
    limits: Vec<LimitJson>,
    sensitivity: Vec<SensitivityJson<'a>>,
    findings: Vec<FindingJson<'a>>,
}

/// A width now, and after the next level.
#[derive(Serialize)]
struct EffectJson {
    gap: [f64; 2],
    interval_width: Option<[f64; 2]>,
}

#[derive(Serialize)]
struct LimitJson {
    id: String,
    bound: f64,
    unit: &'static str,
    state: &'static str,
    breaking_load: Option<f64>,
    interval: [Option<f64>; 2],
    interval_method: &'static str,
}

#[derive(Serialize)]
struct FindingJson<'a> {
    code: &'a str,
    severity: &'a str,
    load: Option<f64>,
    message: &'a str,
}

/// A problem: what could not be read.
#[derive(Serialize)]
pub(crate) struct ProblemJson<'a> {
    source: &'a str,
    code: &'a str,
    severity: &'a str,
    path: Option<&'a str>,
    message: &'a str,
}

/// A factor in which two runs differ.
#[derive(Serialize)]
pub(crate) struct DifferenceJson<'a> {
    factor: &'a str,
    a: &'a str,
    b: &'a str,
    certain: bool,
}

/// Writes the whole analysis as one JSON document.
pub(crate) fn write(analysis: &Analysis, out: &mut impl Write) -> Result<()> {
    let document = Document {
        runs: analysis.runs.iter().map(run).collect(),
        repeats: repeats::json(analysis),
        problems: analysis.problems.iter().map(problem).collect(),
    };
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)?;
    Ok(())
}

/// A run with its verdict.
pub(crate) fn run(judged: &Judged) -> RunJson<'_> {
    let Judged { run, verdict, insight } = judged;
    let Run { id, provenance, deployment, workload, load_model, levels, off_curve } = run;
    RunJson {
        id,
        source: &provenance.source,
        tool: &provenance.tool,
        tool_version: provenance.tool_version.as_deref(),
        content_sha256: &provenance.content_hash,
        started_ms: provenance.started_ms,
        ended_ms: provenance.ended_ms,
        model: deployment.model.as_ref().map(|model| model.value.as_str()),
        deployment: facts(run),
        workload: WorkloadJson {
            prompt_tokens: workload.prompt_tokens,
            output_tokens: workload.output_tokens,
            shape: workload.shape.as_deref(),
        },
        load_model: load_model.name(),
        load_unit: load_model.unit(),
        levels: levels
            .iter()
            .zip(&insight.goodput)
            .zip(&insight.keep_up)
            .zip(level_rates(run))
            .map(|(((one, goodput), &keep_up), rates)| LevelJson {
                steady: Some(rates.into()),
                keep_up,
                outcome: Some(outcome(one, *load_model, &verdict.slo).0.id()),
                goodput: goodput.as_ref().map(GoodputJson::from),
                ..level(one)
            })
            .collect(),
        off_curve: off_curve
            .iter()
            .map(|off| OffCurveJson { strategy: &off.strategy, level: level(&off.level) })
            .collect(),
        throughput: insight::throughput(judged),
        cost: insight::costs(judged),
        bottleneck: insight::bottleneck(judged),
        tool_conclusions: tool_conclusions::json(run),
        verdict: verdict_json(judged),
    }
}

fn facts(run: &Run) -> DeploymentJson<'_> {
    fn text(known: Option<&Known<String>>) -> Option<Fact<&str>> {
        known.map(|known| Fact { value: known.value.as_str(), source: known.source.clone() })
    }
    fn number(known: Option<&Known<u32>>) -> Option<Fact<u32>> {
        known.map(|known| Fact { value: known.value, source: known.source.clone() })
    }
    let deployment = &run.deployment;
    DeploymentJson {
        name: run.deployment_label(),
        quantization: text(deployment.quantization.as_ref()),
        hardware: text(deployment.hardware.as_ref()),
        gpus: number(deployment.gpus.as_ref()),
        tensor_parallel: number(deployment.tensor_parallel.as_ref()),
        engine: text(deployment.engine.as_ref()),
        price: deployment.price.as_ref().map(PriceJson::from),
    }
}

fn level(level: &Level) -> LevelJson {
    let latency = |latency: Latency| level.distribution(latency).map(|summary| distribution(level, latency, summary));
    LevelJson {
        load: level.load,
        asked_load: level.asked_load,
        concurrency: level.concurrency,
        duration_s: level.duration_s,
        requests: RequestsJson {
            ok: level.requests.ok,
            errored: level.requests.errored,
            incomplete: level.requests.incomplete,
        },
        request_rate: level.rates.requests,
        output_tokens_per_second: level.rates.output_tokens,
        prompt_tokens_per_second: level.rates.prompt_tokens,
        total_tokens_per_second: level.rates.total_tokens,
        ttft_ms: latency(Latency::Ttft),
        itl_ms: latency(Latency::Itl),
        tpot_ms: latency(Latency::Tpot),
        e2e_ms: latency(Latency::E2e),
        server: server(level),
        steady: None,
        keep_up: None,
        outcome: None,
        goodput: None,
    }
}

fn server(level: &Level) -> Option<ServerJson> {
    let Server { queue_depth, kv_cache_use, power_w } = level.server;
    (level.server != Server::default()).then(|| ServerJson {
        queue_depth,
        kv_cache_use,
        power_w,
        joules_per_output_token: level.joules_per_output_token(),
    })
}

/// The statistics that verdicts use.
fn distribution(level: &Level, latency: Latency, summary: &Distribution) -> DistributionJson {
    let value = |statistic| level_statistic(level, latency, statistic).map(|estimate| estimate.value);
    DistributionJson {
        count: summary.count,
        mean: value(Statistic::Mean),
        p50: value(Statistic::P50),
        p90: value(Statistic::P90),
        p95: value(Statistic::P95),
        p99: value(Statistic::P99),
    }
}

fn verdict_json(judged: &Judged) -> VerdictJson<'_> {
    let Judged { run: _, verdict, insight } = judged;
    VerdictJson {
        slo: &verdict.slo.id,
        slo_source: &verdict.slo.source,
        state: verdict.state.id(),
        breaking_load: verdict.breaking_load,
        interval: verdict.interval,
        interval_method: verdict.interval_method.id(),
        binding: verdict.binding.map(|limit| limit.id()),
        max_passing_load: verdict.max_passing_load,
        first_failing_load: verdict.first_failing_load,
        recommended_load: insight.recommended_load,
        next_level: verdict.next_level,
        next_level_effect: verdict
            .narrowing
            .map(|narrowing| EffectJson { gap: narrowing.gap, interval_width: narrowing.interval }),
        sentence: &verdict.sentence,
        limits: verdict
            .limits
            .iter()
            .map(|one| LimitJson {
                id: one.limit.id(),
                bound: one.limit.bound,
                unit: one.limit.unit(),
                state: one.breaking.state.id(),
                breaking_load: one.breaking.load,
                interval: one.breaking.interval,
                interval_method: one.interval_method.id(),
            })
            .collect(),
        sensitivity: insight.sensitivity.iter().map(SensitivityJson::from).collect(),
        findings: verdict.findings.iter().map(finding).collect(),
    }
}

fn finding(finding: &Finding) -> FindingJson<'_> {
    FindingJson {
        code: finding.code.id(),
        severity: finding.severity.id(),
        load: finding.load,
        message: &finding.message,
    }
}

/// A problem: what could not be read.
pub(crate) fn problem(problem: &Problem) -> ProblemJson<'_> {
    ProblemJson {
        source: &problem.source,
        code: problem.code.id(),
        severity: problem.code.severity().id(),
        path: problem.path.as_deref(),
        message: &problem.message,
    }
}

/// A factor in which two runs differ.
pub(crate) fn difference(difference: &Difference) -> DifferenceJson<'_> {
    DifferenceJson { factor: difference.factor, a: &difference.a, b: &difference.b, certain: difference.certain }
}
