//! `energy`: joules per token of real traffic, the idle time included.

use headroom_engine::live::Presence;
use headroom_engine::live::economy::{EnergyNow, energy_now};
use headroom_prometheus::dictionary::{Over, Quantity};
use headroom_prometheus::{Series, Severity};
use headroom_protocol::QueryError;
use headroom_protocol::frame::{Frame, Notice};
use serde_json::json;

use super::cost::{Totals, totals, windows};
use super::scene::{Placed, Scene};
use super::table::{self, Table};
use crate::production::{Wanted, When, gpu_selector};
use crate::query::notices::{info, warning};

struct Row {
    presence: Presence,
    totals: Option<Totals>,
    /// Accelerators whose power was read.
    gpus: Option<f64>,
    energy: Option<EnergyNow>,
}

/// The frames: a table, or for an alert rule joules per output token.
pub(super) async fn frames(scene: &Scene, reduced: bool) -> Result<Vec<Frame>, QueryError> {
    let seen = scene.observe(Wanted { traffic: true, ..Wanted::default() }, windows(scene)).await?;
    let mut notices = scene.remarks(&seen);
    let mut rows: Vec<(&Placed, Row)> = Vec::new();
    for (placed, seen) in scene.placed.iter().zip(&seen) {
        let observations = &seen.observations;
        let power = power(scene, placed, &mut notices).await?;
        let totals = totals(observations);
        let energy = totals
            .as_ref()
            .zip(power)
            .and_then(|(totals, power)| energy_now(totals.output.tokens, totals.output.seconds, power.watts));
        let presence = match placed.presence(observations, scene.now_from_ms()) {
            Presence::Serving | Presence::Idle if power.is_none() => Presence::MetricMissing,
            presence => presence,
        };
        rows.push((placed, Row { presence, totals, gpus: power.map(|power| power.gpus), energy }));
    }
    if reduced {
        let values = rows.iter().map(|(placed, row)| (*placed, row.energy.and_then(|energy| energy.joules_per_token)));
        let description = "Energy per output token over the time range, idle time included.";
        let mut frame = table::numbers("joules_per_output_token", "joule", description, values);
        frame.meta.notices = notices;
        return Ok(vec![frame]);
    }
    Ok(vec![columns(rows).frame("energy", json!({}), notices)])
}

#[derive(Clone, Copy)]
struct Power {
    watts: f64,
    gpus: f64,
}

/// Mean power of a deployment's accelerators over the time range, and how many there are; why there is none is noted.
async fn power(scene: &Scene, placed: &Placed, notices: &mut Vec<Notice>) -> Result<Option<Power>, QueryError> {
    let name = &placed.target.name;
    let Some(selector) = gpu_selector(&placed.target) else {
        notices.push(info(format!(
            "{name}: its series have no `pod`, so its GPUs are not known; say which they are by `gpu_labels` under \
             `production` of the deployment"
        )));
        return Ok(None);
    };
    let range = std::time::Duration::from_millis(scene.to_ms.abs_diff(scene.from_ms));
    // The counter of energy misses nothing; samples of the power do.
    let query = scene
        .resolved
        .rate(Quantity::GpuEnergy, &selector, range, &["UUID"])
        .or_else(|_| scene.resolved.value_over(Quantity::GpuPower, Over::Mean, &selector, range, &["UUID"]));
    let query = match query {
        Ok(query) => query,
        Err(missing) => {
            let notice = info(missing.words);
            if !notices.contains(&notice) {
                notices.push(notice);
            }
            return Ok(None);
        }
    };
    let answer = scene.production()?.ask(&query, When::At(scene.to_ms)).await?;
    notices.extend(answer.notices.into_iter().map(|notice| match notice.severity {
        Severity::Info => info(format!("Prometheus: {}", notice.text)),
        Severity::Warning => warning(format!("Prometheus: {}", notice.text)),
    }));
    if answer.data.is_empty() {
        notices.push(info(format!(
            "{name}: no GPU has its pods in the exporter's labels {selector}; say which GPUs are its own by `gpu_labels` \
             under `production` of the deployment"
        )));
        return Ok(None);
    }
    let watts: f64 = answer.data.iter().filter_map(Series::last).filter(|watts| watts.is_finite()).sum();
    Ok(Some(Power { watts, gpus: answer.data.len() as f64 }))
}

fn columns(rows: Vec<(&Placed, Row)>) -> Table<'_, Row> {
    let mut table = Table::new(rows, |row: &Row| row.presence);
    let energy = |row: &Row| row.energy;
    table.number(
        "joules_per_output_token",
        "joule",
        "Per output token",
        "Energy per output token over the time range, idle time included.",
        |row| energy(row)?.joules_per_token,
    );
    table.number(
        "joules_per_token",
        "joule",
        "Per token",
        "Energy per token, prompt and output together, idle time included.",
        |row| {
            let totals = row.totals.as_ref()?;
            energy_now(totals.output.tokens + totals.prompt_tokens?, totals.output.seconds, energy(row)?.watts)?
                .joules_per_token
        },
    );
    table.number("watts", "watt", "Power", "Mean power of all of its GPUs.", |row| Some(energy(row)?.watts));
    table.number("joules", "joule", "Energy", "Energy over the time range.", |row| Some(energy(row)?.joules));
    table.number("gpus", "", "GPUs", "GPUs whose power was read.", |row| row.gpus);
    table.number("output_tokens", "short", "Output tokens", "Output tokens over the time range.", |row| {
        Some(row.totals.as_ref()?.output.tokens)
    });
    table.number("busy", "percentunit", "Time busy", "Share of the time in which anything was in flight.", |row| {
        row.totals.as_ref()?.busy
    });
    table
}
