//! Runs, service levels and verdicts in the contract's form, for `meta.custom` of frames and for resources.

use headroom_contract::run as objects;
use headroom_contract::run::{Finding, Judged, LimitVerdict, VerdictText};
use headroom_contract::words::Id;
use headroom_engine::run::Run;
use headroom_engine::slo::{Limit, Slo, Subject};
use headroom_engine::verdict::Verdict;
use headroom_engine::workload::output_tokens_error;
use serde::Serialize;
use serde_json::{Value, json};

use super::axis::Axis;
use super::judged::JudgedRun;
use super::parse::LoadKind;
use super::text;

/// The object `run`.
#[must_use]
pub(crate) fn run(run: &Run, label: &str) -> objects::Run {
    let (deployment, provenance) = (&run.deployment, &run.provenance);
    let price = deployment.price.as_ref();
    let text = |known: &Option<headroom_engine::run::Known<String>>| known.as_ref().map(|known| known.value.clone());
    objects::Run {
        id: run.id.clone(),
        label: label.to_owned(),
        deployment: run.deployment_label().to_owned(),
        model: text(&deployment.model),
        quantization: text(&deployment.quantization),
        hardware: text(&deployment.hardware),
        gpus: deployment.gpus.as_ref().map(|known| known.value),
        engine: text(&deployment.engine),
        price_per_hour: price.map(|price| price.per_hour.0),
        price_source: price.and_then(price_source),
        source: provenance.source.clone(),
        tool: provenance.tool.clone(),
        tool_version: provenance.tool_version.clone(),
        started_ms: provenance.started_ms,
        ended_ms: provenance.ended_ms,
        prompt_tokens: run.workload.prompt_tokens,
        output_tokens: run.workload.output_tokens,
        output_tokens_error: output_tokens_error(run),
        shape: run.workload.shape.clone(),
        load_model: LoadKind::of(run.load_model),
        load_unit: run.load_model.unit().to_owned(),
    }
}

/// The source, region and date of a price, as far as they are known.
#[must_use]
pub(crate) fn price_source(price: &headroom_engine::run::Price) -> Option<String> {
    let parts: Vec<&str> =
        [&price.source, &price.region, &price.date].into_iter().flatten().map(String::as_str).collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// The object `slo`.
#[must_use]
pub(crate) fn slo(slo: &Slo) -> objects::Slo {
    objects::Slo {
        id: slo.id.clone(),
        name: slo.name.clone(),
        source: slo.source.clone(),
        limits: slo.limits.iter().map(limit).collect(),
    }
}

fn limit(limit: &Limit) -> objects::Limit {
    let (subject, statistic) = match limit.subject {
        Subject::Latency(latency, statistic) => (latency.id().to_owned(), Some(Id(statistic))),
        other => (other.id(), None),
    };
    objects::Limit {
        id: limit.id(),
        subject,
        statistic,
        bound: limit.bound,
        unit: limit.unit().to_owned(),
        label: limit.label(),
    }
}

/// The object `verdict`. `unit` is the unit of the loads.
#[must_use]
pub(crate) fn verdict(verdict: &Verdict, unit: &str) -> objects::Verdict {
    let answer = text::breaking_load(verdict, unit);
    objects::Verdict {
        state: Id(verdict.state),
        breaking_load: verdict.breaking_load,
        interval: verdict.interval,
        binding: verdict.binding.map(|limit| limit.id()),
        max_passing_load: verdict.max_passing_load,
        first_failing_load: verdict.first_failing_load,
        next_level: verdict.next_level,
        text: VerdictText {
            breaking_load: answer.whole(),
            number: answer.number,
            unit: answer.unit,
            interval: text::interval(verdict, unit),
            next_level: text::next_level(verdict, unit),
        },
        sentence: verdict.sentence.clone(),
        limits: verdict
            .limits
            .iter()
            .map(|judged| LimitVerdict {
                id: judged.limit.id(),
                state: Id(judged.breaking.state),
                breaking_load: judged.breaking.load,
                interval: judged.breaking.interval,
            })
            .collect(),
        findings: verdict
            .findings
            .iter()
            .map(|finding| Finding {
                code: Id(finding.code),
                severity: Id(finding.severity),
                load: finding.load,
                message: finding.message.clone(),
            })
            .collect(),
        few_requests: verdict.few_requests(),
    }
}

/// Everything about one run of an answer.
#[must_use]
pub(crate) fn judged(judged: &JudgedRun, axis: Axis) -> Judged {
    Judged {
        run: run(&judged.run, &judged.label),
        metric: Id(axis.metric),
        statistic: axis.shown_statistic().map(Id),
        unit: axis.metric.unit().plain().to_owned(),
        slo: slo(&judged.verdict.slo),
        verdict: verdict(&judged.verdict, judged.run.load_model.unit()),
    }
}

/// The `meta.custom` of a frame: which frame it is, and what it is about.
#[must_use]
pub(crate) fn custom(headroom: &str, about: &impl Serialize) -> Value {
    let mut value = json!(about);
    value["headroom"] = json!(headroom);
    value
}
