//! The answer as CSV: one row per level, by RFC 4180. Numbers are not rounded; an empty cell is unknown.

use std::io::Write;

use anyhow::Result;
use headroom_engine::level::Level;
use headroom_engine::points::level_statistic;
use headroom_engine::slo::{Latency, Statistic};

use crate::analysis::{Analysis, Judged, outcome};

/// The columns before the latencies.
const RUN_AND_LEVEL: &[&str] = &[
    "source",
    "run",
    "deployment",
    "model",
    "quantization",
    "hardware",
    "gpus",
    "tool",
    "tool_version",
    "load_model",
    "load",
    "load_unit",
    "concurrency",
    "duration_s",
    "ok",
    "errored",
    "incomplete",
    "request_rate",
    "output_tokens_per_second",
    "prompt_tokens_per_second",
    "total_tokens_per_second",
    "queue_depth",
    "kv_cache_use",
    "power_w",
    "joules_per_output_token",
];

/// The columns after the latencies.
const VERDICT: &[&str] =
    &["slo", "outcome", "deciding_limits", "state", "breaking_load", "interval_lo", "interval_hi", "binding"];

/// Writes a header and one row per level of every run.
pub(crate) fn write(analysis: &Analysis, out: &mut impl Write) -> Result<()> {
    let mut header: Vec<String> = RUN_AND_LEVEL.iter().map(|name| (*name).to_owned()).collect();
    for latency in Latency::ALL {
        header.extend(Statistic::ALL.map(|statistic| format!("{}_{}_ms", latency.id(), statistic.id())));
    }
    header.extend(VERDICT.iter().map(|name| (*name).to_owned()));
    line(&header, out)?;
    for judged in &analysis.runs {
        for level in &judged.run.levels {
            line(&row(judged, level), out)?;
        }
    }
    Ok(())
}

fn row(judged: &Judged, level: &Level) -> Vec<String> {
    let Judged { run, verdict, .. } = judged;
    let deployment = &run.deployment;
    let text = |known: Option<&String>| known.cloned().unwrap_or_default();
    let number = |value: Option<f64>| value.map(|value| value.to_string()).unwrap_or_default();
    let mut cells = vec![
        run.provenance.source.clone(),
        run.id.clone(),
        run.deployment_label().to_owned(),
        text(deployment.model.as_ref().map(|known| &known.value)),
        text(deployment.quantization.as_ref().map(|known| &known.value)),
        text(deployment.hardware.as_ref().map(|known| &known.value)),
        deployment.gpus.as_ref().map(|known| known.value.to_string()).unwrap_or_default(),
        run.provenance.tool.clone(),
        text(run.provenance.tool_version.as_ref()),
        run.load_model.name().to_owned(),
        level.load.to_string(),
        run.load_model.unit().to_owned(),
        number(level.concurrency),
        number(level.duration_s),
        level.requests.ok.to_string(),
        level.requests.errored.to_string(),
        level.requests.incomplete.to_string(),
        number(level.rates.requests),
        number(level.rates.output_tokens),
        number(level.rates.prompt_tokens),
        number(level.rates.total_tokens),
        number(level.server.queue_depth),
        number(level.server.kv_cache_use),
        number(level.server.power_w),
        number(level.joules_per_output_token()),
    ];
    for latency in Latency::ALL {
        let value = |statistic| number(level_statistic(level, latency, statistic).map(|estimate| estimate.value));
        cells.extend(Statistic::ALL.map(value));
    }
    let (outcome, deciding) = outcome(level, run.load_model, &verdict.slo);
    let deciding: Vec<String> = deciding.iter().map(headroom_engine::slo::Limit::id).collect();
    cells.extend([
        verdict.slo.id.clone(),
        outcome.id().to_owned(),
        deciding.join(" "),
        verdict.state.id().to_owned(),
        number(verdict.breaking_load),
        number(verdict.interval[0]),
        number(verdict.interval[1]),
        verdict.binding.map(|limit| limit.id()).unwrap_or_default(),
    ]);
    cells
}

fn line(cells: &[String], out: &mut impl Write) -> Result<()> {
    let quoted: Vec<String> = cells.iter().map(|cell| quote(cell)).collect();
    Ok(write!(out, "{}\r\n", quoted.join(","))?)
}

fn quote(cell: &str) -> String {
    if cell.contains(['"', ',', '\r', '\n']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_only_where_they_must_be() {
        for (cell, expected) in [("a", "a"), ("a,b", "\"a,b\""), ("a\"b", "\"a\"\"b\""), ("", ""), ("a\nb", "\"a\nb\"")]
        {
            assert_eq!(quote(cell), expected);
        }
    }
}
