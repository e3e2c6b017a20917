//! The shipped dashboards as the front end opens them: what their variables and panels ask.

use anyhow::{Context as _, Result};
use headroom_dashboards::{Dashboard, dashboards, list, opened_on};
use headroom_protocol::{Query, TimeRange};
use serde_json::Value;

use crate::backend::{Asker, query};

/// How wide a dashboard is, in pixels of a usual screen, and in columns of its grid.
const WIDTH: i64 = 1_560;
const COLUMNS: i64 = 24;
/// Grafana's number for variables that are asked anew whenever the time range changes.
const ON_TIME_RANGE: i64 = 2;

/// All shipped dashboards, their variables at *All* or at their first choice.
pub(crate) struct Opened {
    dashboards: Vec<Dashboard>,
    /// Models as their servers call them.
    models: Vec<String>,
}

impl Opened {
    /// On the production that answers there in that time.
    ///
    /// # Errors
    /// When the models in production cannot be listed.
    pub(crate) async fn on(asker: &Asker, time: TimeRange) -> Result<Self> {
        let models = asker.list("served_models", Some(time)).await?;
        let name = |model: &Value| model["name"].as_str().map(str::to_owned).context("expected the name of a model");
        Ok(Self { dashboards: dashboards(), models: models.iter().map(name).collect::<Result<_>>()? })
    }

    /// How many models are served.
    pub(crate) fn models(&self) -> usize {
        self.models.len()
    }

    /// The files of the dashboards.
    pub(crate) fn files(&self) -> impl Iterator<Item = &str> {
        self.dashboards.iter().map(|one| one.file.as_str())
    }

    /// One request for each panel, those in collapsed rows too, with all its queries; none for a file that is not there.
    pub(crate) fn panels(&self, file: &str, time: TimeRange) -> Vec<Vec<Query>> {
        let models: Vec<&str> = self.models.iter().map(String::as_str).collect();
        let panels = self.dashboards.iter().filter(|one| one.file == file).flat_map(Dashboard::panels);
        panels
            .map(|panel| {
                let points = WIDTH * panel["gridPos"]["w"].as_i64().unwrap_or(COLUMNS) / COLUMNS;
                // In whole seconds, which is finer than anything is scraped.
                let seconds = ((time.to_ms - time.from_ms) / points / 1_000).max(1);
                let targets = list(&panel["targets"]).iter();
                targets
                    .map(|target| {
                        let ref_id = target["refId"].as_str().unwrap_or_default();
                        let mut query = query(ref_id, &opened_on(&models, target), time);
                        query.max_data_points = points;
                        query.interval_ms = seconds * 1_000;
                        query
                    })
                    .collect()
            })
            .filter(|queries: &Vec<Query>| !queries.is_empty())
            .collect()
    }

    /// Asks for the choices of the variables of a dashboard, as its opening does, or as the next refresh.
    ///
    /// # Errors
    /// When a list cannot be made.
    pub(crate) async fn ask_variables(&self, asker: &Asker, file: &str, time: TimeRange, opening: bool) -> Result<()> {
        let variables = self.dashboards.iter().filter(|one| one.file == file).flat_map(Dashboard::variables);
        for variable in variables.filter(|one| opening || one["refresh"] == ON_TIME_RANGE) {
            let Some(kind) = variable["query"]["kind"].as_str() else { continue };
            // As the front end does: lists of reports know no time.
            let time = matches!(kind, "namespaces" | "served_models").then_some(time);
            asker.list(kind, time).await?;
        }
        Ok(())
    }
}
