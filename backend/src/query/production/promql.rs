//! `promql`: any expression, one frame a series.

use std::time::Duration;

use headroom_prometheus::{Answer, Series, Severity};
use headroom_protocol::frame::{Field, Frame, FrameType, Notice, Values, ns_from_ms};
use headroom_protocol::{Query, QueryError};
use serde_json::json;

use super::variables;
use crate::production::time::{Grid, SCRAPE};
use crate::production::{Production, When};
use crate::query::ProductionOptions;
use crate::query::notices::{info, warning};

/// More lines than this in one answer are too many to tell apart, and too many for a browser.
const MOST: usize = 1_000;

/// The frames of an expression.
pub(super) async fn frames(
    production: &Production,
    options: &ProductionOptions,
    query: &Query,
) -> Result<Vec<Frame>, QueryError> {
    let (from_ms, to_ms) = super::scene::range(query)?;
    let scrape = production.set_scrape_interval().unwrap_or(SCRAPE);
    let suggested = Duration::from_millis(query.interval_ms.max(0).unsigned_abs());
    let wanted = suggested.max(options.interval.unwrap_or(scrape));
    let Some(grid) = Grid::within(from_ms, to_ms, wanted) else {
        return Err(QueryError::bad_request("the time range is empty: choose one that ends after it begins"));
    };
    let range = Duration::from_millis(to_ms.abs_diff(from_ms));
    let expression = variables::replace(&options.promql.expr, grid.step, scrape, range);
    // As Grafana's own data source has it: the first point lies at the beginning of the range.
    let grid = Grid {
        start_ms: (grid.start_ms - grid.step_ms()).max(from_ms.div_euclid(grid.step_ms()) * grid.step_ms()),
        ..grid
    };
    let when = if options.promql.instant { When::At(to_ms) } else { When::Over(grid) };
    let Answer { mut data, mut notices } = production.ask(&expression, when).await?;
    if !options.promql.instant && grid.rest(scrape).is_some() {
        // Long steps may leave out all that there is of a server that was started a while ago.
        let last = production.ask(&expression, When::At(to_ms)).await?;
        append(&mut data, last.data);
        notices.extend(last.notices.into_iter().filter(|notice| !notices.contains(notice)).collect::<Vec<_>>());
    }
    let mut remarks: Vec<Notice> = notices
        .into_iter()
        .map(|notice| match notice.severity {
            Severity::Info => info(notice.text),
            Severity::Warning => warning(notice.text),
        })
        .collect();
    if data.len() > MOST {
        remarks.push(warning(format!(
            "{} series match; the first {MOST} are shown. Aggregate or select more narrowly to see others",
            data.len()
        )));
    }
    let kind = if options.promql.instant { FrameType::NumericMulti } else { FrameType::TimeSeriesMulti };
    let executed = format!("Expr: {expression}\nStep: {} s", grid.step.as_secs_f64());
    let mut frames: Vec<Frame> =
        data.into_iter().take(MOST).map(|series| frame(series, &options.promql.legend, &kind, grid.step)).collect();
    if frames.is_empty() {
        let mut empty = Frame::new("");
        empty.meta.frame_type = Some(kind);
        empty.meta.type_version = [0, 1];
        frames.push(empty);
    }
    if let Some(first) = frames.first_mut() {
        first.meta.notices = remarks;
        first.meta.executed_query_string = executed;
        first.meta.custom =
            json!({ "headroom": "promql", "resultType": if options.promql.instant { "vector" } else { "matrix" } });
    }
    Ok(frames)
}

/// Adds the points of later series to those of the same labels; others become series of their own.
fn append(data: &mut Vec<Series>, later: Vec<Series>) {
    for mut series in later {
        match data.iter_mut().find(|known| known.labels == series.labels) {
            Some(known) => {
                known.timestamps_ms.append(&mut series.timestamps_ms);
                known.values.append(&mut series.values);
            }
            None => data.push(series),
        }
    }
}

fn frame(series: Series, legend: &str, kind: &FrameType, step: Duration) -> Frame {
    let name = name(&series, legend);
    let times: Vec<i64> = series.timestamps_ms.iter().copied().map(ns_from_ms).collect();
    let mut time = Field::new("Time", Values::time(times));
    time.config.interval = (*kind == FrameType::TimeSeriesMulti).then_some(step.as_secs_f64() * 1_000.0);
    let mut value = Field::new("Value", series.values).with_display_name(name.as_str());
    value.labels = series.labels.into_iter().collect();
    let mut frame = Frame::new(name).with_field(time).with_field(value);
    frame.meta.frame_type = Some(kind.clone());
    frame.meta.type_version = [0, 1];
    frame
}

/// The legend with its labels filled in, else the series as Prometheus writes it.
fn name(series: &Series, legend: &str) -> String {
    if legend.is_empty() || legend == "__auto" {
        let metric = series.label("__name__").unwrap_or_default();
        let labels: Vec<String> = series
            .labels
            .iter()
            .filter(|(label, _)| label != "__name__")
            .map(|(label, value)| format!("{label}=\"{value}\""))
            .collect();
        return match (metric.is_empty(), labels.is_empty()) {
            (true, true) => "Value".to_owned(),
            (false, true) => metric.to_owned(),
            _ => format!("{metric}{{{}}}", labels.join(", ")),
        };
    }
    let mut text = String::with_capacity(legend.len());
    let mut rest = legend;
    while let Some((before, inner)) = rest.split_once("{{") {
        text.push_str(before);
        let Some((label, after)) = inner.split_once("}}") else {
            text.push_str("{{");
            rest = inner;
            continue;
        };
        text.push_str(series.label(label.trim()).unwrap_or_default());
        rest = after;
    }
    text.push_str(rest);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn legends_are_filled_in() {
        let series = Series {
            labels: vec![
                ("__name__".to_owned(), "up".to_owned()),
                ("job".to_owned(), "vllm".to_owned()),
                ("pod".to_owned(), "a-0".to_owned()),
            ],
            ..Series::default()
        };
        for (legend, expected) in [
            ("", "up{job=\"vllm\", pod=\"a-0\"}"),
            ("__auto", "up{job=\"vllm\", pod=\"a-0\"}"),
            ("{{pod}} of {{ job }}", "a-0 of vllm"),
            ("{{none}}x", "x"),
            ("{{pod", "{{pod"),
            ("plain", "plain"),
        ] {
            assert_eq!(name(&series, legend), expected, "{legend}");
        }
        assert_eq!(name(&Series::default(), ""), "Value");
    }
}
