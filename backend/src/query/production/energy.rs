//! `energy`: joules per token of real traffic, including idle time.

use std::sync::Arc;

use headroom_contract::frames::DocumentedFrame;
use headroom_contract::query::{Alert, Group, Part, QuerySpec};
use headroom_contract::units::Unit;
use headroom_engine::live::Presence;
use headroom_engine::live::economy::{EnergyNow, energy_now};
use headroom_protocol::QueryError;
use serde_json::json;

use super::traffic::{self, Traffic};
use crate::query::fleet::LiveDeployment;
use crate::query::kind::{Answer, Audience, Found, QueryKind, Question, Source};
use crate::query::parse::Request;
use crate::query::seen::{Needs, Seen};
use crate::query::table::{self, AlertNumber, Column, DeploymentRow, number};

/// Describes the query kind for editors and documents.
const KIND: QuerySpec = QuerySpec {
    id: "energy",
    label: "Energy",
    about: "Joules per token of real traffic, idle time included",
    group: Group::Production,
    needs_prometheus: true,
    takes: &[Part::Deployments, Part::Namespaces, Part::Runs, Part::Limits, Part::Load, Part::Window],
    fields: QuerySpec::no_fields,
    frames: &[DocumentedFrame {
        id: "energy",
        rows: "One frame, one row per deployment",
        columns: || table::documented_of_deployments(COLUMNS),
    }],
    alert: Some(Alert::of(ALERT.name, "of real traffic, idle time included")),
};

/// `energy`.
pub(super) struct EnergyQuery;

struct Energy {
    traffic: Option<Traffic>,
    /// Number of accelerators whose power was read.
    gpus: Option<f64>,
    now: Option<EnergyNow>,
}

type Row = DeploymentRow<Energy>;

impl QueryKind for EnergyQuery {
    fn kind(&self) -> &'static QuerySpec {
        &KIND
    }

    fn source(&self, _: &Request) -> Source {
        Source::Deployments
    }

    fn needs(&self, _: &Question, _: &[Arc<LiveDeployment>], _: Audience) -> Result<Needs, QueryError> {
        Ok(Needs { power: true, ..Needs::observing(traffic::OBSERVE) })
    }

    fn frames(&self, question: &Question, found: &Found) -> Result<Answer, QueryError> {
        Ok(table::of_deployments(KIND.id, COLUMNS, &found.rows(|seen| row(question, seen)), json!({})).into())
    }

    fn alert(&self, question: &Question, found: &Found) -> Result<Answer, QueryError> {
        Ok(ALERT.frame(&found.rows(|seen| row(question, seen))).into())
    }
}

fn row(question: &Question, seen: &Seen) -> Row {
    let traffic = Traffic::of(&seen.observed.observations);
    let now = traffic
        .as_ref()
        .zip(seen.power)
        .and_then(|(traffic, power)| energy_now(traffic.output.tokens, traffic.output.seconds, power.watts));
    let presence = match seen.presence(question.span) {
        presence if presence.is_there() && seen.power.is_none() => Presence::MetricMissing,
        presence => presence,
    };
    seen.row(presence, Energy { traffic, gpus: seen.power.map(|power| power.gpus), now })
}

const ALERT: AlertNumber<Energy> = AlertNumber {
    name: "joules_per_output_token",
    unit: Unit::Joules,
    about: "Energy per output token over the time range, idle time included.",
    value: |row| row.of.now.and_then(|energy| energy.joules_per_token),
};

const COLUMNS: &[Column<Row>] = &[
    number(
        "joules_per_output_token",
        Unit::Joules,
        "Per output token",
        "Energy per output token over the time range, idle time included.",
        |row| row.of.now?.joules_per_token,
    ),
    number(
        "joules_per_token",
        Unit::Joules,
        "Per token",
        "Energy per token, prompt and output together, idle time included.",
        |row| {
            let traffic = row.of.traffic.as_ref()?;
            let tokens = traffic.output.tokens + traffic.prompt_tokens?;
            energy_now(tokens, traffic.output.seconds, row.of.now?.watts)?.joules_per_token
        },
    ),
    number("watts", Unit::Watts, "Power", "Mean power of all of its GPUs.", |row| Some(row.of.now?.watts)),
    number("joules", Unit::Joules, "Energy", "Energy over the time range.", |row| Some(row.of.now?.joules)),
    number("gpus", Unit::None, "GPUs", "GPUs whose power was read.", |row| row.of.gpus),
    number("output_tokens", Unit::Count, "Output tokens", "Output tokens over the time range.", |row| {
        Some(row.of.traffic.as_ref()?.output.tokens)
    }),
    number("busy", Unit::Share, "Time busy", "Share of the time in which anything was in flight.", |row| {
        row.of.traffic.as_ref()?.busy
    }),
];
