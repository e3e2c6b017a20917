//! A history as text.

use std::io::Write;

use anyhow::Result;
use headroom_base::calendar;
use headroom_engine::display;
use headroom_engine::history::FEWEST;
use headroom_engine::slo::Limit;

use super::metric::{Change, Metric};
use super::{Report, Series};
use crate::arguments::Color;
use crate::inputs;
use crate::text::change;
use crate::text::grid::grid;
use crate::text::style::Style;
use crate::text::{labelled, wrap};

/// Number of runs that are listed one by one; the JSON has all of them.
const LISTED: usize = 20;

/// Writes every series.
pub(super) fn write(report: &Report, color: Color, out: &mut impl Write) -> Result<()> {
    let style = Style::new(color);
    let limits: Vec<String> = report.slo.limits.iter().map(Limit::label).collect();
    writeln!(out, "{}", style.bold(&format!("{}: {}", report.slo.name, limits.join(", "))))?;
    for series in &report.series {
        writeln!(out)?;
        for line in lines(series, style) {
            writeln!(out, "{line}")?;
        }
    }
    let assumed: Vec<&str> = report
        .series
        .iter()
        .flat_map(|series| &series.runs)
        .filter(|dated| inputs::assumes_utc(&dated.run))
        .map(|dated| dated.run.provenance.source.as_str())
        .collect();
    if let Some(first) = assumed.first() {
        let others = match assumed.len() {
            1 => String::new(),
            count => format!(" and {} more", count - 1),
        };
        let text = format!("Times without a zone are taken as UTC: {first}{others}. Only their order is sure.");
        writeln!(out)?;
        for line in labelled("note", Style::dim, &text, style) {
            writeln!(out, "{line}")?;
        }
    }
    if !report.undated.is_empty() {
        let text = format!(
            "Not in a series, because the report does not say when it was measured: {}.",
            report.undated.join(", ")
        );
        writeln!(out)?;
        for line in labelled("note", Style::dim, &text, style) {
            writeln!(out, "{line}")?;
        }
    }
    Ok(())
}

fn lines(series: &Series, style: Style) -> Vec<String> {
    let count = display::count(series.runs.len() as u64, "run");
    let mut lines = vec![style.bold(&series.deployment)];
    lines.extend(
        wrap(&format!("{} · {count}", series.workload), style.width(), "  ", "  ").iter().map(|line| style.dim(line)),
    );
    lines.push(String::new());
    lines.extend(table(series, style));
    lines.push(String::new());
    let changes: Vec<String> = series
        .metrics
        .iter()
        .flat_map(|metric| metric.changes.iter().map(move |change| (metric, change)))
        .flat_map(|(metric, change)| told(series, metric, change, style))
        .collect();
    if changes.is_empty() {
        let enough = series.runs.len() >= 2 * FEWEST;
        let text = if enough {
            "Nothing changed.".to_owned()
        } else {
            format!("A change needs {FEWEST} runs on either side; with {count} none can be seen.")
        };
        lines.extend(labelled("note", Style::dim, &text, style));
    }
    lines.extend(changes);
    lines
}

/// The runs as rows, and the mean below them. A `◆` marks a number from which on the value has changed.
fn table(series: &Series, style: Style) -> Vec<String> {
    let mut header = vec!["  ".to_owned(), "measured".to_owned()];
    header.extend(series.metrics.iter().map(|metric| metric.column.clone()));
    let skipped = series.runs.len().saturating_sub(LISTED);
    let mut rows = vec![header];
    for (index, dated) in series.runs.iter().enumerate().skip(skipped) {
        let mut row = vec!["  ".to_owned(), calendar::utc_second(dated.started_ms)];
        row.extend(series.metrics.iter().map(|metric| {
            let value = metric.values[index].map_or_else(|| "–".to_owned(), |value| format(metric, value));
            let changed = metric.changes.iter().any(|change| change.point.index == index);
            if changed { format!("◆ {value}") } else { value }
        }));
        rows.push(row);
    }
    let since = series.metrics.iter().any(|metric| !metric.changes.is_empty());
    let mut mean = vec!["  ".to_owned(), if since { "mean since ◆" } else { "mean" }.to_owned()];
    mean.extend(series.metrics.iter().map(|metric| {
        metric.mean.map_or_else(
            || "–".to_owned(),
            |mean| {
                let half = 0.5 * (mean.interval[1] - mean.interval[0]);
                format!("{} ± {}", format(metric, mean.value), display::number(half))
            },
        )
    }));
    rows.push(mean);
    let mut lines = grid(&rows, 2);
    if let Some(at) = series.metrics.iter().find(|metric| metric.subject.is_some()) {
        // The names of all latencies end with the same load.
        let load = at.name.strip_prefix(&at.column).unwrap_or_default().trim();
        lines.push(style.dim(&format!("    Latencies {load}; ± is the 95% interval of a mean of runs (Student's t).")));
    }
    if let Some(first) = lines.first_mut() {
        *first = style.dim(first);
    }
    if skipped > 0 {
        lines.insert(1, style.dim(&format!("    … {} before", display::count(skipped as u64, "run"))));
    }
    lines
}

fn format(metric: &Metric, value: f64) -> String {
    metric.subject.map_or_else(|| display::number(value), |subject| subject.format(value))
}

/// One change in words.
fn told(series: &Series, metric: &Metric, found: &Change, style: Style) -> Vec<String> {
    let point = &found.point;
    let since = series.runs.get(point.index).map_or_else(String::new, |dated| {
        format!("Since {} ({}) ", calendar::utc_second(dated.started_ms), dated.run.provenance.source)
    });
    let factor = point.ratio().map_or_else(String::new, |ratio| format!(" ({})", change(ratio)));
    let others: Vec<String> = found
        .differences
        .iter()
        .map(|difference| format!("{} ({} → {})", difference.factor, difference.a, difference.b))
        .collect();
    let others = if others.is_empty() {
        "the reports state no other difference to the run before.".to_owned()
    } else {
        format!("also different from the run before: {}.", others.join(", "))
    };
    let text = format!(
        "{since}{} is {} instead of {}{factor}; {others}",
        metric.name,
        format(metric, point.after),
        format(metric, point.before)
    );
    if metric.is_worse(point) {
        labelled("worse", Style::bad, &text, style)
    } else {
        labelled("better", Style::good, &text, style)
    }
}
