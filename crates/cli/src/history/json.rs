//! A history as JSON.

use std::io::Write;

use anyhow::Result;
use headroom_reports::Problem;
use serde::Serialize;

use super::metric::{Change, Metric};
use super::{Dated, Report, Series};
use crate::json::{DifferenceJson, ProblemJson, difference, problem};

#[derive(Serialize)]
struct Document<'a> {
    slo: &'a str,
    series: Vec<SeriesJson<'a>>,
    undated: &'a [String],
    problems: Vec<ProblemJson<'a>>,
}

#[derive(Serialize)]
struct SeriesJson<'a> {
    deployment: &'a str,
    workload: &'a str,
    runs: Vec<RunJson<'a>>,
    metrics: Vec<MetricJson<'a>>,
}

#[derive(Serialize)]
struct RunJson<'a> {
    id: &'a str,
    source: &'a str,
    started_ms: i64,
    tool: &'a str,
    tool_version: Option<&'a str>,
    engine: Option<&'a str>,
}

#[derive(Serialize)]
struct MetricJson<'a> {
    metric: &'a str,
    better: &'static str,
    values: &'a [Option<f64>],
    mean_since_change: Option<f64>,
    mean_interval: Option<[f64; 2]>,
    changes: Vec<ChangeJson<'a>>,
}

#[derive(Serialize)]
struct ChangeJson<'a> {
    index: usize,
    run: Option<&'a str>,
    started_ms: Option<i64>,
    before: f64,
    after: f64,
    ratio: Option<f64>,
    p: f64,
    worse: bool,
    differences: Vec<DifferenceJson<'a>>,
}

/// Writes the history as one JSON document.
pub(super) fn write(report: &Report, problems: &[Problem], out: &mut impl Write) -> Result<()> {
    let document = Document {
        slo: &report.slo.id,
        series: report.series.iter().map(series).collect(),
        undated: &report.undated,
        problems: problems.iter().map(problem).collect(),
    };
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)?;
    Ok(())
}

fn series(series: &Series) -> SeriesJson<'_> {
    SeriesJson {
        deployment: &series.deployment,
        workload: &series.workload,
        runs: series.runs.iter().map(run).collect(),
        metrics: series.metrics.iter().map(|metric| metric_json(metric, series)).collect(),
    }
}

fn run(dated: &Dated) -> RunJson<'_> {
    let origin = &dated.run.provenance;
    RunJson {
        id: &dated.run.id,
        source: &origin.source,
        started_ms: dated.started_ms,
        tool: &origin.tool,
        tool_version: origin.tool_version.as_deref(),
        engine: dated.run.deployment.engine.as_ref().map(|engine| engine.value.as_str()),
    }
}

fn metric_json<'a>(metric: &'a Metric, series: &'a Series) -> MetricJson<'a> {
    let change = |change: &'a Change| {
        let at = series.runs.get(change.point.index);
        ChangeJson {
            index: change.point.index,
            run: at.map(|dated| dated.run.id.as_str()),
            started_ms: at.map(|dated| dated.started_ms),
            before: change.point.before,
            after: change.point.after,
            ratio: change.point.ratio(),
            p: change.point.p,
            worse: metric.is_worse(&change.point),
            differences: change.differences.iter().map(difference).collect(),
        }
    };
    MetricJson {
        metric: &metric.name,
        better: if metric.higher_is_better { "higher" } else { "lower" },
        values: &metric.values,
        mean_since_change: metric.mean.map(|mean| mean.value),
        mean_interval: metric.mean.map(|mean| mean.interval),
        changes: metric.changes.iter().map(change).collect(),
    }
}
