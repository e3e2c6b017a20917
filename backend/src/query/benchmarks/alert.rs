//! The numbers of benchmarks for alert rules: one per run.

use headroom_base::calendar;
use headroom_contract::query::Alert;
use headroom_contract::units::Unit;
use headroom_engine::breaking::BreakingState;
use headroom_engine::verdict::Verdict;
use headroom_protocol::QueryError;
use headroom_protocol::frame::{Field, Frame};
use serde_json::json;

use crate::query::judged::JudgedRun;
use crate::query::kind::{Answer, Question};
use crate::query::table::{described, load_unit, wide};

/// The numbers that an alert rule on benchmarks can get, from any of these kinds.
pub(super) const ALERT: Alert = Alert {
    number: "breaking_load",
    about: "the load that the deployment is known to hold",
    others: &[(AGE_DAYS, "days since the benchmark ended")],
};
const AGE_DAYS: &str = "age_days";

/// The number for the rule.
#[derive(Clone, Copy)]
enum Number {
    BreakingLoad,
    AgeDays,
}

impl Number {
    /// The number with this name.
    ///
    /// # Errors
    /// If there is no such number, or more than one is asked for.
    fn of(fields: &[String]) -> Result<Self, QueryError> {
        match fields {
            [] => Ok(Self::BreakingLoad),
            [one] if one == ALERT.number => Ok(Self::BreakingLoad),
            [one] if one == AGE_DAYS => Ok(Self::AgeDays),
            other => Err(QueryError::bad_request(format!(
                "fields: an alert rule on benchmarks gets {} or {AGE_DAYS}; found `{}`",
                ALERT.number,
                other.join(", ")
            ))),
        }
    }

    fn field(self, run: &JudgedRun, now_ms: i64) -> Field {
        match self {
            Self::BreakingLoad => described(
                Field::new(ALERT.number, vec![known_to_hold(&run.verdict)]),
                load_unit(run.run.load_model),
                &run.label,
                "The load that the deployment is known to hold.",
            ),
            Self::AgeDays => {
                let provenance = &run.run.provenance;
                let days =
                    provenance.ended_ms.or(provenance.started_ms).map(|at_ms| days(now_ms.saturating_sub(at_ms)));
                described(Field::new(AGE_DAYS, vec![days]), Unit::Days, &run.label, "Days since the benchmark ended.")
            }
        }
    }
}

fn days(ms: i64) -> f64 {
    std::time::Duration::from_millis(ms.max(0).unsigned_abs()).as_secs_f64() / 86_400.0
}

/// One number field per run, distinguished by labels. The query's `fields` says which number; if it is empty, it is the
/// load that the deployment holds.
///
/// Labels identify an alert. So the run is a label only if [`by_run`](crate::query::Request::by_run) says so: the next
/// benchmark of a deployment must not end its alerts and start others.
///
/// # Errors
/// If `fields` names something that does not exist.
pub(super) fn numbers(question: &Question, runs: &[JudgedRun]) -> Result<Answer, QueryError> {
    let request = &question.request;
    let (number, now_ms) = (Number::of(&request.production.fields)?, calendar::now_ms());
    let by_run = request.by_run();
    let mut frame = Frame::new("verdict");
    frame.fields = runs
        .iter()
        .map(|run| {
            let deployment = &run.run.deployment;
            let field = number.field(run, now_ms).with_label("deployment", run.run.deployment_label());
            let field = field
                .with_label("model", deployment.model.as_ref().map_or("unknown", |model| model.value.as_str()))
                .with_label("slo", run.verdict.slo.id.as_str());
            if by_run { field.with_label("run", run.run.id.as_str()) } else { field }
        })
        .collect();
    let named = |run: &JudgedRun| json!({ "deployment": run.run.deployment_label(), "run": run.run.id });
    frame.meta.custom = json!({ "headroom": "alert", "runs": runs.iter().map(named).collect::<Vec<_>>() });
    Ok(wide(frame).into())
}

/// The number to compare with a load: the breaking load; the highest load that passed if the sweep ended while passing;
/// zero if even the lowest load fails. If it was not measured, it stays unknown, so that the rule's "no data" applies.
fn known_to_hold(verdict: &Verdict) -> Option<f64> {
    match verdict.state {
        BreakingState::Edge | BreakingState::Cliff | BreakingState::Bracket => verdict.breaking_load,
        BreakingState::Floor => verdict.max_passing_load,
        BreakingState::NeverMet => Some(0.0),
        BreakingState::NotMeasured => None,
    }
}
