//! `promql`: any expression, with one frame per series.

use std::sync::Arc;
use std::time::Duration;

use headroom_contract::frames::{Column as About, DocumentedFrame};
use headroom_contract::query::{Group, Part, QuerySpec};
use headroom_contract::units::Unit;
use headroom_prometheus::{Series, stitched};
use headroom_protocol::QueryError;
use headroom_protocol::frame::{Field, Frame, FrameType, Notice, Values, ns_from_ms};
use serde_json::json;

use super::variables;
use crate::production::When;
use crate::production::time::{Grid, SCRAPE};
use crate::query::fleet::LiveDeployment;
use crate::query::kind::{Answer, Audience, Found, QueryKind, Question, Source};
use crate::query::notices::{self, warning};
use crate::query::parse::Request;
use crate::query::seen::Needs;

/// The most series in one answer. More lines cannot be told apart and are too many for a browser.
pub(crate) const MOST_SERIES: usize = 1_000;

/// Describes the query kind for editors and documents.
const KIND: QuerySpec = QuerySpec {
    id: "promql",
    label: "PromQL",
    about: "An expression of your own",
    group: Group::Other,
    needs_prometheus: true,
    takes: &[Part::Interval, Part::Promql],
    fields: QuerySpec::no_fields,
    frames: &[DocumentedFrame {
        id: "promql",
        rows: "One frame per series, one row per point; what `meta.custom` says is on the first",
        columns: || vec![TIME, VALUE],
    }],
    alert: None,
};

/// Named as in Grafana's own Prometheus data source.
const TIME: About = About::of("Time", Unit::None, "", "When.");
const VALUE: About = About::of("Value", Unit::None, "", "The value, with the labels of the series.");

/// `promql`.
pub(super) struct PromqlQuery;

/// What Prometheus is queried for.
struct Asked {
    expression: String,
    /// The times of the panel's points.
    grid: Grid,
    /// Whether the rest of the time range after the last of them is queried too.
    rest: bool,
}

impl QueryKind for PromqlQuery {
    fn kind(&self) -> &'static QuerySpec {
        &KIND
    }

    fn source(&self, _: &Request) -> Source {
        Source::Prometheus
    }

    fn needs(&self, question: &Question, _: &[Arc<LiveDeployment>], _: Audience) -> Result<Needs, QueryError> {
        let Asked { expression, grid, rest } = asked(question)?;
        let end = When::At(question.span.to_ms);
        let instant = question.request.production.promql.instant;
        let mut expressions = vec![(expression.clone(), if instant { end } else { When::Over(grid) })];
        if rest && !instant {
            // With long steps, all data of a recently started server may lie after the last point.
            expressions.push((expression, end));
        }
        Ok(Needs { expressions, ..Needs::default() })
    }

    fn frames(&self, question: &Question, found: &Found) -> Result<Answer, QueryError> {
        let options = &question.request.production.promql;
        let Asked { expression, grid, .. } = asked(question)?;
        let mut remarks: Vec<Notice> = Vec::new();
        let data = stitched(found.answers.iter().map(|answer| answer.data.clone()));
        for answer in &found.answers {
            let said = answer.remarks.iter().map(|notice| notices::remark(notice.severity, &notice.text));
            remarks.extend(said.filter(|notice| !remarks.contains(notice)).collect::<Vec<_>>());
        }
        if data.len() > MOST_SERIES {
            remarks.push(warning(format!(
                "more than {MOST_SERIES} series match; the first {MOST_SERIES} are shown. Aggregate or select more narrowly to see \
                 others"
            )));
        }
        let kind = if options.instant { FrameType::NumericMulti } else { FrameType::TimeSeriesMulti };
        let mut frames: Vec<Frame> =
            data.into_iter().take(MOST_SERIES).map(|series| frame(series, &options.legend, &kind, grid.step)).collect();
        if frames.is_empty() {
            let mut empty = Frame::new("");
            empty.meta.frame_type = Some(kind);
            empty.meta.type_version = [0, 1];
            frames.push(empty);
        }
        if let Some(first) = frames.first_mut() {
            first.meta.executed_query_string = format!("Expr: {expression}\nStep: {} s", grid.step.as_secs_f64());
            first.meta.custom =
                json!({ "headroom": KIND.id, "resultType": if options.instant { "vector" } else { "matrix" } });
        }
        Ok(Answer { frames, notices: remarks })
    }

    fn alert(&self, question: &Question, found: &Found) -> Result<Answer, QueryError> {
        self.frames(question, found)
    }
}

/// The expression with the interval variables replaced, and its times.
///
/// # Errors
/// If the time range is empty.
fn asked(question: &Question) -> Result<Asked, QueryError> {
    let (span, options) = (question.span, &question.request.production);
    let scrape = question.scrape_interval.unwrap_or(SCRAPE);
    // Without its own least distance, a query has no more points than there are scrapes.
    let wanted = span.interval.max(options.interval.unwrap_or(scrape));
    let Some(grid) = Grid::within(span.from_ms, span.to_ms, wanted) else {
        return Err(QueryError::bad_request("the time range is empty: choose one that ends after it begins"));
    };
    let expression = variables::replace(&options.promql.expr, grid.step, scrape, span.length());
    // As in Grafana's own data source, the first point is at the start of the range.
    let step_ms = grid.step_ms();
    let start_ms = (grid.start_ms - step_ms).max(span.from_ms.div_euclid(step_ms) * step_ms);
    Ok(Asked { expression, rest: grid.rest(scrape).is_some(), grid: Grid { start_ms, ..grid } })
}

fn frame(series: Series, legend: &str, kind: &FrameType, step: Duration) -> Frame {
    let name = name(&series, legend);
    let times: Vec<i64> = series.timestamps_ms.iter().copied().map(ns_from_ms).collect();
    let mut time = Field::new(TIME.name.as_ref(), Values::time(times));
    time.config.interval = (*kind == FrameType::TimeSeriesMulti).then_some(step.as_secs_f64() * 1_000.0);
    let mut value = Field::new(VALUE.name.as_ref(), series.values).with_display_name(name.as_str());
    value.labels = series.labels.into_iter().collect();
    let mut frame = Frame::new(name).with_field(time).with_field(value);
    frame.meta.frame_type = Some(kind.clone());
    frame.meta.type_version = [0, 1];
    frame
}

/// The legend with its labels filled in; without a legend the series as Prometheus writes it.
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
