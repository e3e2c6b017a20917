//! Frames from tables of columns: what a column is called stands beside what is in it.

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
    /// What it is called and what its numbers are.
    pub(crate) about: About,
    /// What is in it.
    pub(crate) cell: Cell<R>,
}

/// What a row has in a column.
pub(crate) enum Cell<R: 'static> {
    /// A number; one that is not finite counts as not known.
    Number(fn(&R) -> Option<f64>),
    /// A count of things.
    Count(fn(&R) -> u64),
    /// A whole number.
    Whole(fn(&R) -> Option<u32>),
    /// A text that every row has.
    Name(fn(&R) -> String),
    /// A text.
    Text(fn(&R) -> Option<String>),
    /// A moment, milliseconds since the Unix epoch.
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

/// A column of something else than measured numbers.
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

/// What columns are called, for the documents.
pub(crate) fn documented<R>(columns: &[Column<R>]) -> Vec<About> {
    columns.iter().map(|column| column.about.clone()).collect()
}

impl<R> Column<R> {
    /// The column of these rows.
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

/// What the units stand for that depend on the query and on what it found.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Units {
    /// [`Unit::Load`].
    pub(crate) load: Unit,
    /// [`Unit::Value`].
    pub(crate) value: Unit,
}

impl Units {
    /// Loads are counted so, and there is no metric that was asked for.
    pub(crate) fn of_load(load: Unit) -> Self {
        Self { load, value: Unit::None }
    }

    /// No number of the frame depends on a query.
    pub(crate) const FIXED: Self = Self { load: Unit::None, value: Unit::None };

    fn of(self, unit: Unit) -> Unit {
        match unit {
            Unit::Load => self.load,
            Unit::Value => self.value,
            other => other,
        }
    }
}

/// A field with the texts of its column.
pub(crate) fn field_of(about: &About, values: impl Into<Values>, units: Units) -> Field {
    described(Field::new(about.name.as_ref(), values), units.of(about.unit), &about.title, &about.about)
}

/// A field with all of its texts.
pub(crate) fn described(field: Field, unit: Unit, display: &str, description: &str) -> Field {
    let field = field.with_display_name(display).with_description(description);
    match unit.grafana() {
        "" => field,
        unit => field.with_unit(unit),
    }
}

/// What a load is counted in.
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
    /// What else the row says.
    pub(crate) of: T,
}

impl<T> DeploymentRow<T> {
    /// What each such table begins with: which deployment a row is about, and whether it is there.
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

/// What the columns of a table of deployments are called, for the documents.
pub(crate) fn documented_of_deployments<T>(columns: &[Column<DeploymentRow<T>>]) -> Vec<About> {
    DeploymentRow::columns().iter().chain(columns).map(|column| column.about.clone()).collect()
}

/// A table with one row a deployment. `more` joins what `meta.custom` says.
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

/// The unit of loads that stand in one column: none where some are users and others requests per second.
pub(crate) fn shared_load_unit(mut models: impl Iterator<Item = LoadModel>) -> Unit {
    let Some(unit) = models.next().map(load_unit) else { return Unit::None };
    if models.all(|model| load_unit(model) == unit) { unit } else { Unit::None }
}

/// The number that an alert rule gets of each deployment.
pub(crate) struct AlertNumber<T: 'static> {
    /// The fields' name, and the frame's.
    pub(crate) name: &'static str,
    /// What it is measured in.
    pub(crate) unit: Unit,
    /// What it is, in a sentence or two.
    pub(crate) about: &'static str,
    /// The number; `None` where it is not known, which a rule handles as no data.
    pub(crate) value: fn(&DeploymentRow<T>) -> Option<f64>,
}

impl<T> AlertNumber<T> {
    /// One number field a deployment, told apart by labels.
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

/// The numbers that an alert rule gets of deployments in production, and which run each deployment is judged by: that is no
/// label, see [`LiveDeployment::labelled`].
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

/// Marks a frame of one row as numbers.
pub(crate) fn wide(mut frame: Frame) -> Frame {
    frame.meta.frame_type = Some(FrameType::NumericWide);
    frame.meta.type_version = [0, 1];
    frame
}

/// When a window of time ended.
pub(crate) const TIME: About = About::of("time", Unit::None, "Time", "End of the window.");

/// A frame over time: number fields beside the time at which each window ends.
pub(crate) fn series(name: &str, at_ms: &[i64], fields: Vec<Field>) -> Frame {
    let times: Vec<i64> = at_ms.iter().copied().map(ns_from_ms).collect();
    let mut frame = Frame::new(name);
    frame.fields.push(field_of(&TIME, Values::time(times), Units::FIXED));
    frame.fields.extend(fields);
    frame.meta.frame_type = Some(FrameType::TimeSeriesWide);
    frame.meta.type_version = [0, 1];
    frame
}
