//! Frames from tables of columns. The description of each column is next to the code for its cells.

use std::sync::Arc;

use headroom_contract::frames::Column as About;
use headroom_contract::units::Unit;
use headroom_engine::live::Presence;
use headroom_engine::run::LoadModel;
use headroom_protocol::frame::{Field, Frame, FrameType, Values, ns_from_ms};
use serde_json::{Value, json};

use super::fleet::LiveDeployment;

/// A column of a table whose rows are `R`.
pub(crate) struct Column<R: 'static> {
    /// Its name, description and unit.
    pub(crate) about: About,
    /// Its content.
    pub(crate) cell: Cell<R>,
}

/// The content of a column in one row.
pub(crate) enum Cell<R: 'static> {
    /// A number; one that is not finite counts as unknown.
    Number(fn(&R) -> Option<f64>),
    /// A count of things.
    Count(fn(&R) -> u64),
    /// A whole number.
    Whole(fn(&R) -> Option<u32>),
    /// A text that every row has.
    Name(fn(&R) -> String),
    /// A text that rows may lack.
    Text(fn(&R) -> Option<String>),
    /// A time, milliseconds since the Unix epoch.
    Time(fn(&R) -> Option<i64>),
}

/// A column of numbers.
pub(crate) const fn number<R>(
    name: &'static str,
    unit: Unit,
    title: &'static str,
    about: &'static str,
    cell: fn(&R) -> Option<f64>,
) -> Column<R> {
    Column { about: About::of(name, unit, title, about), cell: Cell::Number(cell) }
}

/// A column of something other than measured numbers.
pub(crate) const fn column<R>(
    name: &'static str,
    title: &'static str,
    about: &'static str,
    cell: Cell<R>,
) -> Column<R> {
    Column { about: About::of(name, Unit::None, title, about), cell }
}

/// A column of texts.
pub(crate) const fn text<R>(
    name: &'static str,
    title: &'static str,
    about: &'static str,
    cell: fn(&R) -> Option<String>,
) -> Column<R> {
    column(name, title, about, Cell::Text(cell))
}

/// A column of texts that every row has.
pub(crate) const fn name<R>(
    name: &'static str,
    title: &'static str,
    about: &'static str,
    cell: fn(&R) -> String,
) -> Column<R> {
    column(name, title, about, Cell::Name(cell))
}

/// A column of counts of these things.
pub(crate) const fn count<R>(
    name: &'static str,
    unit: Unit,
    title: &'static str,
    about: &'static str,
    cell: fn(&R) -> u64,
) -> Column<R> {
    Column { about: About::of(name, unit, title, about), cell: Cell::Count(cell) }
}

/// The descriptions of columns, for the documents.
pub(crate) fn documented<R>(columns: &[Column<R>]) -> Vec<About> {
    columns.iter().map(|column| column.about.clone()).collect()
}

impl<R> Column<R> {
    /// The field of these rows.
    pub(crate) fn field<'r>(&self, rows: impl Iterator<Item = &'r R>, units: Units) -> Field {
        let values = match self.cell {
            Cell::Number(cell) => {
                Values::from(rows.map(|row| cell(row).filter(|value| value.is_finite())).collect::<Vec<_>>())
            }
            Cell::Count(cell) => Values::from(rows.map(cell).collect::<Vec<_>>()),
            Cell::Whole(cell) => Values::from(rows.map(cell).collect::<Vec<_>>()),
            Cell::Name(cell) => Values::from(rows.map(cell).collect::<Vec<_>>()),
            Cell::Text(cell) => Values::from(rows.map(cell).collect::<Vec<_>>()),
            Cell::Time(cell) => Values::time_nullable(rows.map(|row| cell(row).map(ns_from_ms)).collect()),
        };
        field_of(&self.about, values, units)
    }
}

/// The units that depend on the query and on its results.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Units {
    /// The meaning of [`Unit::Load`].
    pub(crate) load: Unit,
    /// The meaning of [`Unit::Value`].
    pub(crate) value: Unit,
}

impl Units {
    /// For loads with this unit, without a requested metric.
    pub(crate) fn of_load(load: Unit) -> Self {
        Self { load, value: Unit::None }
    }

    /// For frames whose numbers do not depend on a query.
    pub(crate) const FIXED: Self = Self { load: Unit::None, value: Unit::None };

    fn of(self, unit: Unit) -> Unit {
        match unit {
            Unit::Load => self.load,
            Unit::Value => self.value,
            other => other,
        }
    }
}

/// A field with the name, unit and texts of its column.
pub(crate) fn field_of(about: &About, values: impl Into<Values>, units: Units) -> Field {
    described(Field::new(about.name.as_ref(), values), units.of(about.unit), &about.title, &about.about)
}

/// A field with its unit, display name and description.
pub(crate) fn described(field: Field, unit: Unit, display: &str, description: &str) -> Field {
    let field = field.with_display_name(display).with_description(description);
    match unit.grafana() {
        "" => field,
        unit => field.with_unit(unit),
    }
}

/// The unit of a load.
pub(crate) fn load_unit(model: LoadModel) -> Unit {
    match model {
        LoadModel::Closed => Unit::Users,
        LoadModel::Open(_) => Unit::RequestsPerSecond,
    }
}

/// A row about a deployment in production.
pub(crate) struct DeploymentRow<T> {
    /// The deployment.
    pub(crate) deployment: Arc<LiveDeployment>,
    /// Whether it serves, and if not, why not.
    pub(crate) presence: Presence,
    /// The other content of the row.
    pub(crate) of: T,
}

impl<T> DeploymentRow<T> {
    /// The first columns of each such table: the deployment of the row, and whether it serves.
    fn columns() -> [Column<Self>; 4] {
        [
            text(
                "deployment",
                "Deployment",
                "The deployment; a model that no benchmark claims goes by its own name.",
                |row| Some(row.deployment.name().to_owned()),
            ),
            text(
                "model_name",
                "Model",
                "The model as its server calls it; empty when several are counted together.",
                |row| row.deployment.target.model_name.clone(),
            ),
            text("namespace", "Namespace", "The namespace; empty when there is none, or several.", |row| {
                row.deployment.target.namespace.clone()
            }),
            text(
                "presence",
                "State",
                "serving, shedding (it refuses requests for want of capacity), idle, down (its scrape fails or it is gone), \
                 metric_missing (scraped, but not this metric) or no_data (no series match).",
                |row| Some(row.presence.id().to_owned()),
            ),
        ]
    }
}

/// The descriptions of the columns of a table of deployments, for the documents.
pub(crate) fn documented_of_deployments<T>(columns: &[Column<DeploymentRow<T>>]) -> Vec<About> {
    DeploymentRow::columns().iter().chain(columns).map(|column| column.about.clone()).collect()
}

/// A table with one row per deployment. `more` is added to `meta.custom`.
pub(crate) fn of_deployments<T>(
    name: &str,
    columns: &[Column<DeploymentRow<T>>],
    rows: &[DeploymentRow<T>],
    more: Value,
) -> Frame {
    let units = Units::of_load(shared_load_unit(rows.iter().map(|row| row.deployment.load_model())));
    let mut frame = Frame::new(name);
    frame.fields =
        DeploymentRow::columns().iter().chain(columns).map(|column| column.field(rows.iter(), units)).collect();
    frame.meta.frame_type = Some(FrameType::NumericLong);
    frame.meta.type_version = [0, 1];
    frame.meta.custom = json!({ "headroom": name });
    if let (Value::Object(all), Value::Object(more)) = (&mut frame.meta.custom, more) {
        all.extend(more);
    }
    frame
}

/// The unit of loads in one column; none if some are users and others requests per second.
pub(crate) fn shared_load_unit(mut models: impl Iterator<Item = LoadModel>) -> Unit {
    let Some(unit) = models.next().map(load_unit) else { return Unit::None };
    if models.all(|model| load_unit(model) == unit) { unit } else { Unit::None }
}

/// The number that an alert rule gets of each deployment.
pub(crate) struct AlertNumber<T: 'static> {
    /// The name of the fields and of the frame.
    pub(crate) name: &'static str,
    /// Its unit.
    pub(crate) unit: Unit,
    /// Its description, in a sentence or two.
    pub(crate) about: &'static str,
    /// The number; `None` if unknown, which a rule treats as no data.
    pub(crate) value: fn(&DeploymentRow<T>) -> Option<f64>,
}

impl<T> AlertNumber<T> {
    /// One number field per deployment, distinguished by labels.
    pub(crate) fn frame(&self, rows: &[DeploymentRow<T>]) -> Frame {
        let fields = rows.iter().map(|row| {
            let value = (self.value)(row).filter(|value| value.is_finite());
            let mut field = Field::new(self.name, vec![value]);
            if let Some(benchmark) = &row.deployment.benchmark {
                field = field.with_label("slo", benchmark.verdict.slo.id.as_str());
            }
            row.deployment.labelled(described(field, self.unit, row.deployment.title(), self.about))
        });
        of_alert(self.name, fields.collect(), rows.iter().map(|row| row.deployment.as_ref()))
    }
}

/// The numbers that an alert rule gets for deployments in production, and which run each deployment is judged by. The
/// run is not a label; see [`LiveDeployment::labelled`].
pub(crate) fn of_alert<'d>(
    name: &str,
    fields: Vec<Field>,
    deployments: impl Iterator<Item = &'d LiveDeployment>,
) -> Frame {
    let mut frame = Frame::new(name);
    frame.fields = fields;
    let runs: Vec<Value> = deployments
        .filter_map(|deployment| Some(json!({ "deployment": deployment.name(), "run": deployment.run()?.id })))
        .collect();
    frame.meta.custom = json!({ "headroom": "alert", "runs": runs });
    wide(frame)
}

/// Marks a frame with one row as numbers.
pub(crate) fn wide(mut frame: Frame) -> Frame {
    frame.meta.frame_type = Some(FrameType::NumericWide);
    frame.meta.type_version = [0, 1];
    frame
}

/// The column of the end of a window.
pub(crate) const TIME: About = About::of("time", Unit::None, "Time", "End of the window.");

/// A frame over time: number fields, and the end of each window.
pub(crate) fn series(name: &str, at_ms: &[i64], fields: Vec<Field>) -> Frame {
    let times: Vec<i64> = at_ms.iter().copied().map(ns_from_ms).collect();
    let mut frame = Frame::new(name);
    frame.fields.push(field_of(&TIME, Values::time(times), Units::FIXED));
    frame.fields.extend(fields);
    frame.meta.frame_type = Some(FrameType::TimeSeriesWide);
    frame.meta.type_version = [0, 1];
    frame
}
