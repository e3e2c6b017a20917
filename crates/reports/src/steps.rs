//! From the steps of tools that write one load step at a time to runs.

use headroom_engine::level::{Level, Rates};
use headroom_engine::run::{Arrivals, Deployment, Known, LoadModel, OffCurve, Run};

use crate::format::Report;
use crate::problem::{Code, Problem};
use crate::tree::Tree;
use crate::{curve, hints, sweep};

/// How a step offered its load.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Offer {
    /// A number of concurrent requests.
    Closed(f64),
    /// A number of arrivals per second.
    Open(Arrivals, f64),
    /// Not on a curve; with the tool's name for it, for example for everything at once.
    OffCurve(&'static str),
}

/// One measured load step and what is known about it.
pub(crate) struct Step {
    /// Its place in the document.
    pub(crate) path: Option<String>,
    pub(crate) offer: Offer,
    /// Its load is set later.
    pub(crate) level: Level,
    pub(crate) tool: &'static str,
    pub(crate) tool_version: Option<String>,
    pub(crate) model: Option<Known<String>>,
    /// Labels without secrets.
    pub(crate) labels: Vec<(String, String)>,
    pub(crate) shape: Option<String>,
    /// What the report states about the deployment; hints fill in the rest.
    pub(crate) stated: Deployment,
}

impl Step {
    /// A step of a tool with no other facts.
    pub(crate) fn new(tool: &'static str, offer: Offer, mut level: Level) -> Self {
        // A negative number is a mistake of the tool and not a length.
        for tokens in [&mut level.prompt_tokens, &mut level.output_tokens] {
            *tokens = tokens.filter(|&tokens| tokens >= 0.0);
        }
        Self {
            path: None,
            offer,
            level,
            tool,
            tool_version: None,
            model: None,
            labels: Vec::new(),
            shape: None,
            stated: Deployment::default(),
        }
    }

    fn into_run(self, source: &str) -> Run {
        let Self { offer, mut level, tool, tool_version, model, mut labels, shape, stated, .. } = self;
        labels.sort();
        let (load_model, load) = match offer {
            Offer::Closed(users) => (LoadModel::Closed, users),
            Offer::Open(arrivals, rate) => (LoadModel::Open(arrivals), rate),
            // A burst has no offered load; the concurrency that it reached is the closest to one.
            Offer::OffCurve(_) => (LoadModel::Closed, level.concurrency.unwrap_or(0.0)),
        };
        level.load = load;
        let mut run = curve::empty_run(load_model);
        tool.clone_into(&mut run.provenance.tool);
        run.provenance.tool_version = tool_version;
        let hinted = hints::deployment(model, &labels, source);
        run.deployment = Deployment {
            name: stated.name.or(hinted.name),
            model: stated.model.or(hinted.model),
            quantization: stated.quantization.or(hinted.quantization),
            hardware: stated.hardware.or(hinted.hardware),
            gpus: stated.gpus.or(hinted.gpus),
            tensor_parallel: stated.tensor_parallel.or(hinted.tensor_parallel),
            engine: stated.engine.or(hinted.engine),
            price: None,
        };
        run.provenance.labels = labels;
        run.workload = curve::workload(std::slice::from_ref(&level), shape);
        // A tool without counts still states the length of its requests.
        run.workload.prompt_tokens = run.workload.prompt_tokens.or(level.prompt_tokens);
        run.workload.output_tokens = run.workload.output_tokens.or(level.output_tokens);
        if let Offer::OffCurve(strategy) = offer {
            run.off_curve.push(OffCurve { strategy: strategy.to_owned(), level });
        } else {
            run.levels.push(level);
        }
        curve::span(&mut run);
        run
    }
}

/// Puts the steps of a report into runs: those of one deployment, workload and load model become one run. `whole`: the
/// report was read to its end.
pub(crate) fn finish(steps: Vec<Step>, whole: bool, report: &mut Report<'_>) {
    let told = !report.problems.is_empty();
    let (bursts, measured): (Vec<Step>, Vec<Step>) =
        steps.into_iter().partition(|step| matches!(step.offer, Offer::OffCurve(_)));
    let runs = measured.into_iter().map(|step| step.into_run(report.source)).collect();
    let mut runs: Vec<Run> = sweep::lanes(runs).into_iter().map(|joined| joined.run).collect();
    let burst = !bursts.is_empty();
    for step in bursts {
        let beside = step.into_run(report.source);
        for run in &mut runs {
            run.off_curve.extend(beside.off_curve.iter().cloned());
            curve::span(run);
        }
    }
    if runs.is_empty() && (burst || (whole && !told)) {
        let message = if burst {
            "expected a load; found requests that were all sent at once, which has no place on a curve. Run the \
             benchmark with a number of concurrent requests or with a request rate."
        } else {
            "expected at least one measured load step; found none. Run the benchmark again and give the file that it \
             wrote."
        };
        report.problems.push(Problem {
            source: report.source.to_owned(),
            code: Code::NoLevels,
            path: None,
            message: message.to_owned(),
        });
    }
    report.runs.extend(runs);
}

/// Throughput from counts and duration, because the figures of tools deviate from it. Token rates need a successful
/// request, and a sum that is not negative.
pub(crate) fn rates(ok: u64, duration_s: Option<f64>, prompt_sum: Option<f64>, output_sum: Option<f64>) -> Rates {
    let Some(duration) = duration_s else { return Rates::default() };
    let per_second = |sum: Option<f64>| ratio(sum.filter(|&sum| ok > 0 && sum >= 0.0)?, duration);
    let (prompt_tokens, output_tokens) = (per_second(prompt_sum), per_second(output_sum));
    Rates {
        requests: ratio(ok as f64, duration),
        prompt_tokens,
        output_tokens,
        total_tokens: prompt_tokens.zip(output_tokens).map(|(prompt, output)| prompt + output),
    }
}

/// Mean requests in flight by Little's law: arrivals per second times seconds in the system.
pub(crate) fn in_flight(level: &Level) -> Option<f64> {
    let e2e_ms = level.e2e.as_ref()?.mean?;
    ratio(level.rates.requests? * e2e_ms, crate::summary::MS_PER_S)
}

/// A quotient; `None` if it is not finite, as for a divisor of zero or close to it.
pub(crate) fn ratio(of: f64, by: f64) -> Option<f64> {
    Some(of / by).filter(|ratio| by > 0.0 && ratio.is_finite())
}

/// If the requests in flight are more than this multiple of the sessions, they are the load. Sessions with one request
/// at a time never have more, but rounding may make a mean larger.
const MORE_THAN_SESSIONS: f64 = 1.05;

/// The load of a closed loop in requests. In an agentic run a tool's concurrency counts sessions, and a session with
/// several subagents at work has more than one request in flight.
pub(crate) fn in_requests(sessions: f64, in_flight: Option<f64>, level: &mut Level) -> f64 {
    match in_flight {
        Some(in_flight) if in_flight > sessions * MORE_THAN_SESSIONS => {
            level.asked_load = Some(sessions);
            in_flight
        }
        _ => sessions,
    }
}

/// The concurrency of a step, and the number of its successful requests, each given with its path in the document.
/// `None`, with a problem, if one of them is missing.
pub(crate) fn users_and_ok(users: (&str, &Tree), ok: (&str, &Tree), report: &mut Report<'_>) -> Option<(f64, u64)> {
    let found = users.1.positive();
    if found.is_none() {
        unusable(report, None, users.0, "a concurrency above 0");
    }
    let (users, count) = (found?, ok.1.count());
    if count.is_none() {
        unusable(report, None, ok.0, "the number of successful requests");
    }
    Some((users, count?))
}

/// Adds the problem of a step that cannot be used.
pub(crate) fn unusable(report: &mut Report<'_>, path: Option<&str>, key: &str, expected: &str) {
    let path = match path {
        Some(path) if !path.is_empty() => format!("{path}.{key}"),
        _ => key.to_owned(),
    };
    report.problems.push(Problem {
        source: report.source.to_owned(),
        code: Code::MissingValue,
        path: Some(path),
        message: format!(
            "expected {expected}; found none. The load step is left out: check that the file is as the tool wrote it, or \
             run the benchmark again."
        ),
    });
}
