//! `cost_now`: what the tokens of real traffic cost, including idle time.

use std::sync::Arc;

use headroom_contract::frames::DocumentedFrame;
use headroom_contract::query::{Alert, Group, Part, QuerySpec};
use headroom_contract::units::Unit;
use headroom_engine::cost::recommended_load;
use headroom_engine::live::economy::{CostNow, cost_now, utilization};
use headroom_engine::throughput::throughput_at;
use headroom_protocol::QueryError;
use headroom_protocol::frame::Notice;
use serde_json::json;

use super::traffic::{self, Traffic};
use crate::query::fleet::LiveDeployment;
use crate::query::json::price_source;
use crate::query::kind::{Answer, Audience, Found, QueryKind, Question, Source};
use crate::query::notices::info;
use crate::query::parse::Request;
use crate::query::seen::{Needs, Seen};
use crate::query::table::{self, AlertNumber, Column, DeploymentRow, number, text};

/// Describes the query kind for editors and documents.
const KIND: QuerySpec = QuerySpec {
    id: "cost_now",
    label: "Cost now",
    about: "What the tokens of real traffic cost, idle time included",
    group: Group::Production,
    needs_prometheus: true,
    takes: &[Part::Deployments, Part::Namespaces, Part::Runs, Part::Limits, Part::Load, Part::Window],
    fields: QuerySpec::no_fields,
    frames: &[DocumentedFrame {
        id: "cost_now",
        rows: "One frame, one row per deployment",
        columns: || table::documented_of_deployments(COLUMNS),
    }],
    alert: Some(Alert::of(ALERT.name, "of real traffic, idle time included")),
};

/// `cost_now`.
pub(super) struct CostNowQuery;

struct Cost {
    traffic: Option<Traffic>,
    now: Option<CostNow>,
    /// Share of what fully loaded replicas would have served, 0 to 1.
    used: Option<f64>,
}

type Row = DeploymentRow<Cost>;

impl QueryKind for CostNowQuery {
    fn kind(&self) -> &'static QuerySpec {
        &KIND
    }

    fn source(&self, _: &Request) -> Source {
        Source::Deployments
    }

    fn needs(&self, _: &Question, _: &[Arc<LiveDeployment>], _: Audience) -> Result<Needs, QueryError> {
        Ok(Needs::observing(traffic::OBSERVE))
    }

    fn frames(&self, question: &Question, found: &Found) -> Result<Answer, QueryError> {
        let rows = found.rows(|seen| row(question, seen));
        let frame = table::of_deployments(KIND.id, COLUMNS, &rows, json!({}));
        Ok(Answer::of(frame, without_price(found)))
    }

    fn alert(&self, question: &Question, found: &Found) -> Result<Answer, QueryError> {
        Ok(Answer::of(ALERT.frame(&found.rows(|seen| row(question, seen))), without_price(found)))
    }
}

fn without_price(found: &Found) -> Vec<Notice> {
    let without =
        found.seen.iter().filter(|seen| seen.deployment.run().is_none_or(|run| run.deployment.price.is_none()));
    without
        .map(|seen| {
            info(format!("{} has no price: give its deployment `price: {{ dollars_per_hour: … }}`", seen.name()))
        })
        .collect()
}

fn row(question: &Question, seen: &Seen) -> Row {
    let traffic = Traffic::of(&seen.observed.observations);
    let price = seen.deployment.run().and_then(|run| run.deployment.price.as_ref());
    let now = traffic.as_ref().zip(price).and_then(|(traffic, price)| cost_now(&traffic.output, price.per_hour));
    let used = traffic.as_ref().zip(seen.deployment.benchmark.as_ref()).and_then(|(traffic, benchmark)| {
        let load = recommended_load(&benchmark.run, &benchmark.verdict)?;
        utilization(&traffic.output, throughput_at(&benchmark.run, load)?)
    });
    seen.row(seen.presence(question.span), Cost { traffic, now, used })
}

const ALERT: AlertNumber<Cost> = AlertNumber {
    name: "dollars_per_million_output_tokens",
    unit: Unit::Dollars,
    about: "What a million output tokens cost over the time range, idle time included.",
    value: |row| row.of.now.and_then(|cost| cost.dollars_per_million),
};

const COLUMNS: &[Column<Row>] = &[
    number(
        "tokens_per_dollar",
        Unit::Count,
        "Output tokens per dollar",
        "Output tokens that a dollar bought over the time range, idle time included.",
        |row| Some(row.of.now?.tokens_per_dollar),
    ),
    number(
        "dollars_per_million_output_tokens",
        Unit::Dollars,
        "Per million output tokens",
        "What a million output tokens cost over the time range, idle time included.",
        |row| row.of.now?.dollars_per_million,
    ),
    number("dollars_per_hour", Unit::Dollars, "Per hour", "What all replicas cost an hour.", |row| {
        Some(row.of.now?.dollars_per_hour)
    }),
    number(
        "output_tokens_per_second",
        Unit::TokensPerSecond,
        "Output tok/s",
        "Output tokens per second, mean over the time range.",
        |row| {
            let output = row.of.traffic.as_ref()?.output;
            Some(output.tokens / output.seconds)
        },
    ),
    number("output_tokens", Unit::Count, "Output tokens", "Output tokens over the time range.", |row| {
        Some(row.of.traffic.as_ref()?.output.tokens)
    }),
    number("prompt_tokens", Unit::Count, "Prompt tokens", "Prompt tokens over the time range.", |row| {
        row.of.traffic.as_ref()?.prompt_tokens
    }),
    number("requests", Unit::Count, "Requests", "Requests that finished in the time range.", |row| {
        row.of.traffic.as_ref()?.requests
    }),
    number("replica_hours", Unit::Hours, "Replica hours", "Replicas times hours that were paid for.", |row| {
        Some(row.of.traffic.as_ref()?.output.replica_seconds / 3_600.0)
    }),
    number("busy", Unit::Share, "Time busy", "Share of the time in which anything was in flight.", |row| {
        row.of.traffic.as_ref()?.busy
    }),
    number(
        "used",
        Unit::Share,
        "Capacity used",
        "Output tokens over those that the same replica hours give at the recommended load of the benchmark.",
        |row| row.of.used,
    ),
    text("price_source", "Price according to", "Who says what a replica costs, where and when.", |row| {
        price_source(row.deployment.run()?.deployment.price.as_ref()?)
    }),
    text("run", "Run", "Identity of the run whose deployment has the price.", |row| {
        Some(row.deployment.run()?.id.clone())
    }),
];
