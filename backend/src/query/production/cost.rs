//! `cost_now`: what the tokens of real traffic cost, the idle time included.

use headroom_engine::cost::recommended_load;
use headroom_engine::live::economy::{CostNow, Served, cost_now, utilization};
use headroom_engine::live::{Observation, Presence};
use headroom_engine::throughput::throughput_at;
use headroom_protocol::QueryError;
use headroom_protocol::frame::Frame;
use serde_json::json;

use super::scene::{Placed, Scene};
use super::table::{self, Table};
use crate::production::{Observed, Wanted, Windows, time::Grid};
use crate::query::json as objects;
use crate::query::notices::info;

/// Windows that the time range is cut into: replicas are counted once in each.
const WINDOWS: u32 = 240;

struct Row {
    presence: Presence,
    totals: Option<Totals>,
    cost: Option<CostNow>,
    /// Share of what full replicas would have served.
    used: Option<f64>,
}

/// What was served in a time, and with what.
pub(super) struct Totals {
    /// Output tokens.
    pub(super) output: Served,
    /// Prompt tokens; `None` where the server does not count them.
    pub(super) prompt_tokens: Option<f64>,
    /// Finished requests; `None` where the server does not count them.
    pub(super) requests: Option<f64>,
    /// Share of the time in which something was in flight or finished.
    pub(super) busy: Option<f64>,
}

/// Windows over the whole time range.
pub(super) fn windows(scene: &Scene) -> impl Fn(std::time::Duration) -> Option<Windows> + use<> {
    let (from_ms, to_ms) = (scene.from_ms, scene.to_ms);
    move |scrape| {
        let range = std::time::Duration::from_millis(to_ms.abs_diff(from_ms));
        Some(Windows::of(Grid::within(from_ms, to_ms, (range / WINDOWS).max(scrape))?, scrape))
    }
}

/// Sums over all windows; `None` when nothing was there at any time, or nothing is known of its output.
pub(super) fn totals(observations: &[Observation]) -> Option<Totals> {
    let there: Vec<&Observation> = observations.iter().filter(|one| one.replicas.is_some()).collect();
    let sum = |value: fn(&Observation) -> Option<f64>| there.iter().filter_map(|one| value(one)).reduce(|a, b| a + b);
    let seconds: f64 = there.iter().map(|one| one.seconds).sum();
    let active: Vec<bool> = there.iter().filter_map(|one| one.is_active()).collect();
    let tokens = sum(|one| one.output_tokens)?;
    (seconds > 0.0).then(|| Totals {
        output: Served {
            tokens,
            seconds,
            replica_seconds: there.iter().map(|one| one.replicas.unwrap_or(0.0) * one.seconds).sum(),
        },
        prompt_tokens: sum(|one| one.prompt_tokens),
        requests: sum(|one| one.requests),
        busy: (!active.is_empty())
            .then(|| active.iter().filter(|active| **active).count() as f64 / active.len() as f64),
    })
}

/// The frames: a table, or for an alert rule dollars per million output tokens.
pub(super) async fn frames(scene: &Scene, reduced: bool) -> Result<Vec<Frame>, QueryError> {
    let seen = scene.observe(Wanted { traffic: true, ..Wanted::default() }, windows(scene)).await?;
    let mut notices = scene.remarks(&seen);
    let mut rows: Vec<(&Placed, Row)> = Vec::new();
    for (placed, seen) in scene.placed.iter().zip(&seen) {
        if placed.run().is_none_or(|run| run.deployment.price.is_none()) {
            notices.push(info(format!(
                "{} has no price: give its deployment `price: {{ dollars_per_hour: … }}`",
                placed.target.name
            )));
        }
        rows.push((placed, row(scene, placed, seen)));
    }
    if reduced {
        let values = rows.iter().map(|(placed, row)| (*placed, row.cost.and_then(|cost| cost.dollars_per_million)));
        let mut frame = table::numbers(
            "dollars_per_million_output_tokens",
            "currencyUSD",
            "What a million output tokens cost over the time range, idle time included.",
            values,
        );
        frame.meta.notices = notices;
        return Ok(vec![frame]);
    }
    Ok(vec![columns(rows).frame("cost_now", json!({}), notices)])
}

fn row(scene: &Scene, placed: &Placed, seen: &Observed) -> Row {
    let observations = &seen.observations;
    let presence = placed.presence(observations, scene.now_from_ms());
    let totals = totals(observations);
    let price = placed.run().and_then(|run| run.deployment.price.as_ref());
    let cost = totals.as_ref().zip(price).and_then(|(totals, price)| cost_now(&totals.output, price.per_hour));
    let used = totals.as_ref().zip(placed.benchmark.as_ref()).and_then(|(totals, benchmark)| {
        let load = recommended_load(&benchmark.run, &benchmark.verdict)?;
        utilization(&totals.output, throughput_at(&benchmark.run, load)?)
    });
    Row { presence, totals, cost, used }
}

fn columns(rows: Vec<(&Placed, Row)>) -> Table<'_, Row> {
    let mut table = Table::new(rows, |row: &Row| row.presence);
    let output = |row: &Row| row.totals.as_ref().map(|totals| totals.output);
    table.number(
        "tokens_per_dollar",
        "short",
        "Output tokens per dollar",
        "Output tokens that a dollar bought over the time range, idle time included.",
        |row| Some(row.cost?.tokens_per_dollar),
    );
    table.number(
        "dollars_per_million_output_tokens",
        "currencyUSD",
        "Per million output tokens",
        "What a million output tokens cost over the time range, idle time included.",
        |row| row.cost?.dollars_per_million,
    );
    table.number("dollars_per_hour", "currencyUSD", "Per hour", "What all replicas cost an hour.", |row| {
        Some(row.cost?.dollars_per_hour)
    });
    table.number(
        "output_tokens_per_second",
        "tok/s",
        "Output tok/s",
        "Output tokens per second, mean over the time range.",
        |row| {
            let output = output(row)?;
            Some(output.tokens / output.seconds)
        },
    );
    table.number("output_tokens", "short", "Output tokens", "Output tokens over the time range.", |row| {
        Some(output(row)?.tokens)
    });
    table.number("prompt_tokens", "short", "Prompt tokens", "Prompt tokens over the time range.", |row| {
        row.totals.as_ref()?.prompt_tokens
    });
    table.number("requests", "short", "Requests", "Requests that finished in the time range.", |row| {
        row.totals.as_ref()?.requests
    });
    table.number("replica_hours", "h", "Replica hours", "Replicas times hours that were paid for.", |row| {
        Some(output(row)?.replica_seconds / 3_600.0)
    });
    table.number("busy", "percentunit", "Time busy", "Share of the time in which anything was in flight.", |row| {
        row.totals.as_ref()?.busy
    });
    table.number(
        "used",
        "percentunit",
        "Capacity used",
        "Output tokens over those that the same replica hours give at the recommended load of the benchmark.",
        |row| row.used,
    );
    table.fact("price_source", "Price according to", "Who says what a replica costs, where and when.", |placed| {
        objects::price_source(placed.run()?.deployment.price.as_ref()?)
    });
    table.fact("run", "Run", "Identity of the run whose deployment has the price.", |placed| {
        Some(placed.run()?.id.clone())
    });
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_counted_is_not_none() {
        let window = Observation { seconds: 60.0, replicas: Some(2.0), ..Observation::default() };
        assert!(
            totals(std::slice::from_ref(&window)).is_none(),
            "a deployment without a known output cost nothing a token"
        );
        let served = Observation { output_tokens: Some(600.0), requests: Some(3.0), ..window.clone() };
        let found = totals(&[window, served.clone(), served]).unwrap();
        assert_eq!((found.output.tokens, found.output.seconds, found.output.replica_seconds), (1_200.0, 180.0, 360.0));
        assert_eq!((found.prompt_tokens, found.requests), (None, Some(6.0)));
    }
}
