//! `headroom history`: how the results of a deployment changed over time.

mod json;
mod metric;
mod text;

use std::collections::BTreeMap;
use std::io::Write;

use anyhow::{Result, bail};
use headroom_engine::run::Run;
use headroom_engine::slo::Slo;
use headroom_engine::verdict::assess;
use headroom_engine::workload;
use headroom_reports::Problem;

use crate::arguments::{Format, History};
use crate::inputs;
use metric::Metric;

/// Every series, and the runs that belong to none.
struct Report {
    slo: Slo,
    series: Vec<Series>,
    /// Sources of runs without a time of measurement.
    undated: Vec<String>,
}

/// The runs of one deployment with one workload and load model, the oldest first.
struct Series {
    deployment: String,
    workload: String,
    runs: Vec<Dated>,
    metrics: Vec<Metric>,
}

/// A run and when it started.
struct Dated {
    started_ms: i64,
    run: Run,
}

/// Reads the reports, groups the runs into series and writes them.
pub(crate) fn write(request: &History, out: &mut impl Write) -> (Vec<Problem>, Result<()>) {
    let reading = inputs::read(&request.inputs, request.deployments.as_deref());
    let written = arrange(reading.runs, &request.slo).and_then(|report| match request.format {
        Format::Json => json::write(&report, &reading.problems, out),
        _ => text::write(&report, request.color, out),
    });
    (reading.problems, written)
}

fn arrange(runs: Vec<Run>, slo: &Slo) -> Result<Report> {
    let mut undated = Vec::new();
    let mut dated = Vec::new();
    for run in runs {
        match run.provenance.started_ms {
            Some(started_ms) => dated.push(Dated { started_ms, run }),
            None => undated.push(run.provenance.source),
        }
    }
    if dated.is_empty() {
        bail!(
            "expected reports that say when they were measured, found {}",
            if undated.is_empty() { "none at all".to_owned() } else { format!("only {}", undated.join(", ")) }
        );
    }
    let groups = workload::groups(&dated, |a, b| {
        a.run.deployment_label() == b.run.deployment_label() && workload::is_same_question(&a.run, &b.run)
    });
    let mut series: BTreeMap<usize, Vec<Dated>> = BTreeMap::new();
    for (one, group) in dated.into_iter().zip(groups) {
        series.entry(group).or_default().push(one);
    }
    let mut series: Vec<Series> = series
        .into_values()
        .map(|mut runs| {
            let (deployment, workload) = (runs[0].run.deployment_label().to_owned(), workload::question(&runs[0].run));
            runs.sort_by(|a, b| a.started_ms.cmp(&b.started_ms).then_with(|| a.run.id.cmp(&b.run.id)));
            let verdicts: Vec<_> = runs.iter().map(|dated| assess(&dated.run, slo)).collect();
            let all: Vec<&Run> = runs.iter().map(|dated| &dated.run).collect();
            let metrics = metric::of(&all, &verdicts, slo);
            Series { deployment, workload, runs, metrics }
        })
        .collect();
    series.sort_by(|a, b| (&a.deployment, &a.workload).cmp(&(&b.deployment, &b.workload)));
    Ok(Report { slo: slo.clone(), series, undated })
}
