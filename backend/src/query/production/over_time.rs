//! Frames over time, one per deployment.

use headroom_contract::frames::Column as About;
use headroom_protocol::frame::{Field, Frame};
use serde_json::{Value, json};

use crate::query::json as objects;
use crate::query::seen::Seen;
use crate::query::span::Span;
use crate::query::table::{self, Units, field_of};

/// A field with one number per window and the labels of the deployment.
pub(super) fn line(seen: &Seen, column: &About, units: Units, values: impl Iterator<Item = Option<f64>>) -> Field {
    let values: Vec<Option<f64>> = values.map(|value| value.filter(|value| value.is_finite())).collect();
    seen.deployment.labelled(field_of(column, values, units))
}

/// A frame of these fields, each with one value per window. `more` is added to `meta.custom`.
pub(super) fn frame(id: &str, span: Span, seen: &Seen, fields: Vec<Field>, more: Value) -> Frame {
    let times: Vec<i64> = seen.observed.observations.iter().map(|one| one.at_ms).collect();
    let mut frame = table::series(seen.deployment.title(), &times, fields);
    let presence = seen.presence(span);
    frame.meta.custom = json!({
        "headroom": id,
        "deployment": seen.name(),
        "presence": presence.id(),
        "presence_text": presence.sentence(),
        "run": seen.deployment.benchmark.as_ref().map(|benchmark| objects::run(&benchmark.run, &benchmark.label)),
    });
    if let (Value::Object(all), Value::Object(more)) = (&mut frame.meta.custom, more) {
        all.extend(more);
    }
    frame
}
