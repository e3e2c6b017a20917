//! Runs, service levels and verdicts as JSON: what frames carry in `meta.custom` and resources
//! answer. A number that is not known is `null`.

use headroom_engine::run::Run;
use headroom_engine::slo::{Limit, Slo, Subject};
use headroom_engine::verdict::Verdict;
use serde_json::{Value, json};

use super::axis::Axis;
use super::{Answered, text};

/// The object `run`.
#[must_use]
pub fn run(run: &Run, label: &str) -> Value {
    let deployment = &run.deployment;
    let price = deployment.price.as_ref();
    json!({
        "id": run.id,
        "label": label,
        "deployment": deployment.label(),
        "model": deployment.model.as_ref().map(|known| &known.value),
        "quantization": deployment.quantization.as_ref().map(|known| &known.value),
        "hardware": deployment.hardware.as_ref().map(|known| &known.value),
        "gpus": deployment.gpus.as_ref().map(|known| known.value),
        "engine": deployment.engine.as_ref().map(|known| &known.value),
        "price_per_hour": price.map(|price| price.per_hour.0),
        "price_source": price.and_then(price_source),
        "source": run.provenance.source,
        "tool": run.provenance.tool,
        "tool_version": run.provenance.tool_version,
        "started_ms": run.provenance.started_ms,
        "ended_ms": run.provenance.ended_ms,
        "prompt_tokens": run.workload.prompt_tokens,
        "output_tokens": run.workload.output_tokens,
        "load_model": run.load_model.name(),
        "load_unit": run.load_model.unit(),
    })
}

/// Who says what a replica costs: source, region and date, as far as they are known.
#[must_use]
pub fn price_source(price: &headroom_engine::run::Price) -> Option<String> {
    let parts: Vec<&str> =
        [&price.source, &price.region, &price.date].into_iter().flatten().map(String::as_str).collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// The object `slo`.
#[must_use]
pub fn slo(slo: &Slo) -> Value {
    json!({
        "id": slo.id,
        "name": slo.name,
        "source": slo.source,
        "limits": slo.limits.iter().map(limit).collect::<Vec<_>>(),
    })
}

fn limit(limit: &Limit) -> Value {
    let (subject, statistic) = match limit.subject {
        Subject::Latency(latency, statistic) => (latency.id().to_owned(), Some(statistic.id())),
        other => (other.id(), None),
    };
    json!({
        "id": limit.id(),
        "subject": subject,
        "statistic": statistic,
        "bound": limit.bound,
        "unit": limit.unit(),
        "label": limit.label(),
    })
}

/// The object `verdict`. `unit` is that of the load.
#[must_use]
pub fn verdict(verdict: &Verdict, unit: &str) -> Value {
    json!({
        "state": verdict.state.id(),
        "breaking_load": verdict.breaking_load,
        "interval": verdict.interval,
        "binding": verdict.binding.map(|limit| limit.id()),
        "max_passing_load": verdict.max_passing_load,
        "first_failing_load": verdict.first_failing_load,
        "next_level": verdict.next_level,
        "text": {
            "breaking_load": text::breaking_load(verdict, unit),
            "interval": text::interval(verdict, unit),
            "next_level": text::next_level(verdict, unit),
        },
        "sentence": verdict.sentence,
        "limits": verdict.limits.iter().map(|judged| json!({
            "id": judged.limit.id(),
            "state": judged.breaking.state.id(),
            "breaking_load": judged.breaking.load,
            "interval": judged.breaking.interval,
        })).collect::<Vec<_>>(),
        "findings": verdict.findings.iter().map(|finding| json!({
            "code": finding.code.id(),
            "severity": finding.severity.id(),
            "load": finding.load,
            "message": finding.message,
        })).collect::<Vec<_>>(),
    })
}

/// Everything about one run of an answer.
#[must_use]
pub fn answered(answered: &Answered, axis: Axis, headroom: &str) -> Value {
    json!({
        "headroom": headroom,
        "run": run(&answered.run, &answered.label),
        "metric": axis.metric.id(),
        "statistic": axis.shown_statistic().map(headroom_engine::slo::Statistic::id),
        "unit": axis.metric.plain_unit(),
        "slo": slo(&answered.verdict.slo),
        "verdict": verdict(&answered.verdict, answered.run.load_model.unit()),
    })
}
