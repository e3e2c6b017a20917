//! Tables with one row a deployment, and the same as numbers for alert rules.

use headroom_engine::live::Presence;
use headroom_protocol::frame::{Field, Frame, FrameType, Notice, Values};
use serde_json::{Value, json};

use super::scene::Placed;
use crate::query::columns::described;

/// Rows of one kind `R`, each with its deployment.
pub(super) struct Table<'a, R> {
    rows: Vec<(&'a Placed, R)>,
    fields: Vec<Field>,
}

impl<'a, R> Table<'a, R> {
    /// A table that begins with what deployment a row is about and whether it is there.
    pub(super) fn new(rows: Vec<(&'a Placed, R)>, presence: impl Fn(&R) -> Presence) -> Self {
        let mut table = Self { rows, fields: Vec::new() };
        let names = table.rows.iter().map(|(placed, _)| placed.target.name.clone()).collect::<Vec<_>>();
        table.push(
            Field::new("deployment", names),
            "",
            "Deployment",
            "The deployment; a model that no benchmark claims goes by its own name.",
        );
        let labels = |value: fn(&Placed) -> Option<String>| -> Vec<Option<String>> {
            table.rows.iter().map(|(placed, _)| value(placed)).collect()
        };
        let models = labels(|placed| placed.target.model_name.clone());
        let namespaces = labels(|placed| placed.target.namespace.clone());
        table.push(
            Field::new("model_name", models),
            "",
            "Model",
            "The model as its server calls it; empty when several are counted together.",
        );
        table.push(
            Field::new("namespace", namespaces),
            "",
            "Namespace",
            "The namespace; empty when there is none, or several.",
        );
        table.text("presence", "State", "serving, idle, down (its scrape fails or it is gone), metric_missing (scraped, but not this metric) or no_data (no series match).", |row| {
            Some(presence(row).id().to_owned())
        });
        table
    }

    /// A column of numbers.
    pub(super) fn number(
        &mut self,
        name: &str,
        unit: &str,
        display: &str,
        description: &str,
        value: impl Fn(&R) -> Option<f64>,
    ) {
        let values: Vec<Option<f64>> =
            self.rows.iter().map(|(_, row)| value(row).filter(|value| value.is_finite())).collect();
        self.push(Field::new(name, values), unit, display, description);
    }

    /// A column of texts.
    pub(super) fn text(&mut self, name: &str, display: &str, description: &str, value: impl Fn(&R) -> Option<String>) {
        let values: Vec<Option<String>> = self.rows.iter().map(|(_, row)| value(row)).collect();
        self.push(Field::new(name, values), "", display, description);
    }

    /// A column of texts about the deployment itself.
    pub(super) fn fact(
        &mut self,
        name: &str,
        display: &str,
        description: &str,
        value: impl Fn(&Placed) -> Option<String>,
    ) {
        let values: Vec<Option<String>> = self.rows.iter().map(|(placed, _)| value(placed)).collect();
        self.push(Field::new(name, values), "", display, description);
    }

    fn push(&mut self, field: Field, unit: &str, display: &str, description: &str) {
        self.fields.push(described(field, unit, display, description));
    }

    /// The frame.
    pub(super) fn frame(self, name: &str, custom: Value, notices: Vec<Notice>) -> Frame {
        let mut frame = Frame::new(name);
        frame.fields = self.fields;
        frame.meta.frame_type = Some(FrameType::NumericLong);
        frame.meta.type_version = [0, 1];
        frame.meta.custom = json!({ "headroom": name });
        if let (Value::Object(all), Value::Object(more)) = (&mut frame.meta.custom, custom) {
            all.extend(more);
        }
        frame.meta.notices = notices;
        frame
    }
}

/// One number field a deployment, told apart by labels, for an alert rule. The run is no label: the labels are an alert's
/// identity, and the next benchmark of a deployment must not end its alerts and start others.
pub(super) fn numbers<'a>(
    name: &str,
    unit: &str,
    description: &str,
    values: impl Iterator<Item = (&'a Placed, Option<f64>)>,
) -> Frame {
    let mut frame = Frame::new(name);
    let mut runs = Vec::new();
    frame.fields = values
        .map(|(placed, value)| {
            let mut field = Field::new(name, vec![value.filter(|value| value.is_finite())]);
            if let Some(benchmark) = &placed.benchmark {
                field = field.with_label("slo", benchmark.verdict.slo.id.as_str());
                runs.push(json!({ "deployment": placed.target.name, "run": benchmark.run.id }));
            }
            placed.labelled(described(field, unit, &placed.target.name, description))
        })
        .collect();
    frame.meta.custom = json!({ "headroom": "alert", "runs": runs });
    wide(frame)
}

/// Marks a frame of one row as numbers.
pub(super) fn wide(mut frame: Frame) -> Frame {
    frame.meta.frame_type = Some(FrameType::NumericWide);
    frame.meta.type_version = [0, 1];
    frame
}

/// A frame over time: the fields of several deployments beside one time column.
pub(super) fn series(name: &str, at_ms: &[i64], fields: Vec<Field>) -> Frame {
    let times: Vec<i64> = at_ms.iter().copied().map(headroom_protocol::frame::ns_from_ms).collect();
    let mut frame = Frame::new(name);
    frame
        .fields
        .push(Field::new("time", Values::time(times)).with_display_name("Time").with_description("End of the window."));
    frame.fields.extend(fields);
    frame.meta.frame_type = Some(FrameType::TimeSeriesWide);
    frame.meta.type_version = [0, 1];
    frame
}
