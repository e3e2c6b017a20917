//! `bottleneck`: what limits production over the time range, and the evidence for it.

use std::sync::Arc;

use headroom_contract::frames::DocumentedFrame;
use headroom_contract::query::{Alert, Group, Part, QuerySpec};
use headroom_contract::units::Unit;
use headroom_engine::bottleneck::BottleneckKind as Limit;
use headroom_engine::live::limits::{Benchmark, Limiting, limiting};
use headroom_engine::live::phases::{Phase, phases};
use headroom_engine::live::{Observation, Presence};
use headroom_protocol::QueryError;
use serde_json::json;

use super::down::until;
use super::traffic::mean_over_time;
use crate::production::Wanted;
use crate::query::fleet::LiveDeployment;
use crate::query::kind::{Answer, Audience, Found, QueryKind, Question, Source};
use crate::query::parse::Request;
use crate::query::seen::{Needs, Observe, Seen, WindowPlan};
use crate::query::table::{self, AlertNumber, Column, DeploymentRow, number, text};
use crate::query::text::paragraph;

/// Enough windows to see episodes, few enough to be fast.
const OBSERVE: Observe = Observe {
    wanted: Wanted { traffic: true, latencies: true, queue: false, pressure: true, gpu: true, refusals: true },
    over: WindowPlan::Range { most: 240, scrapes: 1, as_panel: false },
};

/// Describes the query kind for editors and documents.
const KIND: QuerySpec = QuerySpec {
    id: "bottleneck",
    label: "Bottleneck",
    about: "What limits each deployment, with the evidence",
    group: Group::Production,
    needs_prometheus: true,
    takes: &[Part::Deployments, Part::Namespaces, Part::Runs, Part::Limits, Part::Load, Part::Window],
    fields: QuerySpec::no_fields,
    frames: &[DocumentedFrame {
        id: "bottleneck",
        rows: "One frame, one row per deployment",
        columns: || table::documented_of_deployments(COLUMNS),
    }],
    alert: Some(Alert::of(
        ALERT.name,
        "1 while something limits, 0 while nothing does, `null` where the deployment is down or not seen; the label `bottleneck` says \
         what, `unknown` where requests wait or a limit is missed and the rules do not tell why",
    )),
};

/// `bottleneck`.
pub(super) struct BottleneckQuery;

struct Bottleneck {
    limiting: Limiting,
    phases: Vec<Phase>,
    /// Means and peaks over the time range.
    whole: Observation,
}

type Row = DeploymentRow<Bottleneck>;

impl QueryKind for BottleneckQuery {
    fn kind(&self) -> &'static QuerySpec {
        &KIND
    }

    fn source(&self, _: &Request) -> Source {
        Source::Deployments
    }

    fn needs(&self, _: &Question, _: &[Arc<LiveDeployment>], _: Audience) -> Result<Needs, QueryError> {
        Ok(Needs::observing(OBSERVE))
    }

    fn frames(&self, question: &Question, found: &Found) -> Result<Answer, QueryError> {
        let rows = found.rows(|seen| row(question, seen));
        let custom = json!({
            "deployments": rows.iter().map(|row| json!({
                "deployment": row.deployment.name(),
                "presence": row.presence.id(),
                "bottleneck": now(row).map(Limit::id),
                "next": row.of.limiting.next.map(Limit::id),
                "evidence": row.of.limiting.evidence,
                "missing": row.of.limiting.missing,
                "phases": row.of.phases.iter().map(|phase| json!({
                    "phase": phase.kind.id(), "from_ms": phase.from_ms, "to_ms": phase.to_ms,
                })).collect::<Vec<_>>(),
            })).collect::<Vec<_>>(),
        });
        Ok(table::of_deployments(KIND.id, COLUMNS, &rows, custom).into())
    }

    fn alert(&self, question: &Question, found: &Found) -> Result<Answer, QueryError> {
        let rows = found.rows(|seen| row(question, seen));
        let mut frame = ALERT.frame(&rows);
        for (field, row) in frame.fields.iter_mut().zip(&rows) {
            let limit = now(row).unwrap_or(Limit::Unknown);
            field.labels.insert("bottleneck".to_owned(), limit.id().to_owned());
        }
        Ok(frame.into())
    }
}

fn row(question: &Question, seen: &Seen) -> Row {
    let observations = &seen.observed.observations;
    let benchmark = seen.deployment.benchmark.as_ref();
    let benchmark = benchmark.map(|judged| Benchmark { run: &judged.run, verdict: &judged.verdict });
    let presence = seen.presence(question.span);
    let mut limiting = limiting(observations, benchmark, Some(&question.slo));
    if presence == Presence::Down {
        limiting.evidence.insert(0, until(observations));
    }
    let of = Bottleneck { limiting, phases: phases(observations), whole: whole(observations) };
    seen.row(presence, of)
}

/// What limits it now; `None` if it is down, because what limited it before no longer does.
fn now(row: &Row) -> Option<Limit> {
    (row.presence != Presence::Down).then_some(row.of.limiting.kind)
}

/// Means and peaks over all windows, weighted by their lengths, because the last one may be shorter.
fn whole(observations: &[Observation]) -> Observation {
    let mean = |value: fn(&Observation) -> Option<f64>| mean_over_time(observations, value);
    Observation {
        running: mean(|one| one.running),
        waiting: mean(|one| one.waiting),
        replicas: mean(|one| one.replicas),
        gpu_utilization: mean(|one| one.gpu_utilization),
        kv_cache_use: observations.iter().filter_map(|one| one.kv_cache_use).reduce(f64::max),
        preemptions: observations.iter().filter_map(|one| one.preemptions).reduce(|a, b| a + b),
        ..Observation::default()
    }
}

const ALERT: AlertNumber<Bottleneck> = AlertNumber {
    name: "limited",
    unit: Unit::None,
    about: "1 while something limits the deployment, also where it is not known what; 0 while nothing does.",
    value: |row| row.presence.is_there().then(|| f64::from(u8::from(row.of.limiting.kind != Limit::NoneSeen))),
};

const COLUMNS: &[Column<Row>] = &[
    text(
        "bottleneck",
        "Bottleneck",
        "What limits it: kv_cache_wall, compute_wall, latency_floor, queueing, admission_limit (it refuses requests at a limit of \
         its own), none_seen (nothing now), unknown; empty while it is down.",
        |row| Some(now(row)?.id().to_owned()),
    ),
    text(
        "next",
        "Would limit first",
        "What its benchmark says will limit it first; empty when that is not known.",
        |row| row.of.limiting.next.map(|limit| limit.id().to_owned()),
    ),
    text("evidence", "Evidence", "What was seen, as sentences; of a deployment that is down, until when.", |row| {
        Some(paragraph(&row.of.limiting.evidence))
    }),
    text("missing", "Not known", "What could change the answer, with commas between.", |row| {
        Some(row.of.limiting.missing.join(", "))
    }),
    text("remedy", "What helps", "What usually helps against it; empty while nothing limits.", |row| {
        let limit = now(row)?;
        (limit != Limit::NoneSeen).then(|| limit.remedy().to_owned())
    }),
    text(
        "phase",
        "Phase",
        "What it is doing at the end of the time range: idle, calm, saturated, shedding, recovered, restarted, down.",
        |row| Some(row.of.phases.last()?.kind.id().to_owned()),
    ),
    number(
        "concurrency",
        Unit::Requests,
        "In flight",
        "Requests running or waiting, mean over the time range.",
        |row| row.of.whole.concurrency(),
    ),
    number("waiting", Unit::Requests, "Waiting", "Requests waiting, mean over the time range.", |row| {
        row.of.whole.waiting
    }),
    number("kv_cache_use", Unit::Share, "KV cache, highest", "Highest share of a replica's KV cache in use.", |row| {
        row.of.whole.kv_cache_use
    }),
    number("gpu_utilization", Unit::Share, "GPU use", "Mean share of time in which the GPUs ran anything.", |row| {
        row.of.whole.gpu_utilization
    }),
    number("preemptions", Unit::Requests, "Preemptions", "Requests put back to make room in the KV cache.", |row| {
        row.of.whole.preemptions
    }),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_window_counts_as_long_as_it_is() {
        let window = |seconds, waiting| Observation { seconds, waiting: Some(waiting), ..Observation::default() };
        let found = whole(&[window(3_600.0, 0.0), window(3_600.0, 0.0), window(360.0, 42.0)]);
        assert_eq!(found.waiting, Some(2.0), "six minutes of 7,560 seconds");
        assert_eq!(whole(&[Observation::default()]).waiting, None, "what was never known is not zero");
    }
}
