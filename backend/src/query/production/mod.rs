//! Queries of production: what a Prometheus says about deployments, read with their benchmarks.

mod annotations;
mod bottleneck;
mod cost;
mod drift;
mod energy;
mod headroom;
mod levels;
mod live;
mod overlay;
mod promql;
mod scene;
mod service;
mod table;
mod variables;

use std::sync::Arc;

use headroom_base::calendar;
use headroom_contract::frames::Drawn;
use headroom_contract::resources::InProduction;
use headroom_protocol::frame::Frame;
use headroom_protocol::{Query, QueryError, TimeRange};
use serde_json::json;

pub(super) use self::live::live_fields;
use self::scene::Scene;
use super::{About, Asked, Request};
use crate::instance::Instance;
use crate::production::Target;

/// What editors look at where no time is given.
const HOUR_MS: i64 = 3_600_000;

/// Answers a query of production. `reduced` asks for what alerting can evaluate.
///
/// # Errors
/// When no Prometheus is set or it does not answer, or the query names what does not exist.
pub async fn answer(
    instance: Arc<Instance>,
    request: Request,
    query: &Query,
    asked: Asked,
    reduced: bool,
) -> Result<Vec<Frame>, QueryError> {
    let about = match asked {
        Asked::Promql => return promql::frames(instance.production()?, &request.production, query).await,
        Asked::Annotations => return annotations::frames(instance, request, query).await,
        Asked::Deployments(about) => about,
    };
    let scene = Scene::of(instance, &request, query).await?;
    if scene.placed.is_empty() {
        return Ok(vec![nothing(scene)]);
    }
    match about {
        About::Live => live::frames(&scene, &request.production, reduced).await,
        About::Headroom => headroom::frames(&scene, request.production.form, reduced).await,
        About::Overlay => overlay::frames(&scene, reduced).await,
        About::Bottleneck => bottleneck::frames(&scene, reduced).await,
        About::Drift => drift::frames(&scene, reduced).await,
        About::Energy => energy::frames(&scene, reduced).await,
        About::CostNow => cost::frames(&scene, reduced).await,
    }
}

/// A deployment as queries of production show it.
pub(crate) struct Deployment {
    /// Its series.
    pub(crate) target: Arc<Target>,
    /// Whether a benchmark says what it holds.
    pub(crate) benchmark: bool,
}

impl Deployment {
    /// For editors, variables and "Save & test".
    pub(crate) fn listed(&self) -> InProduction {
        InProduction {
            name: self.target.name.clone(),
            model_name: self.target.model_name.clone(),
            namespace: self.target.namespace.clone(),
            servers: self.target.instances().len(),
            benchmark: self.benchmark,
        }
    }
}

/// What queries of production are about: deployments with benchmark runs, and models in Prometheus that none of them
/// claims. `range` is in milliseconds since the Unix epoch; the last hour without.
///
/// # Errors
/// When no Prometheus is set or it does not answer.
pub(crate) async fn deployments(
    instance: &Arc<Instance>,
    range: Option<(i64, i64)>,
) -> Result<Vec<Deployment>, QueryError> {
    let now_ms = calendar::now_ms();
    let (from_ms, to_ms) = range.unwrap_or((now_ms.saturating_sub(HOUR_MS), now_ms));
    let query = Query { time_range: TimeRange { from_ms, to_ms }, ..Query::default() };
    let request = Request::from_json(&json!({ "queryType": "live" }), "").map_err(QueryError::plugin)?;
    let scene = Scene::of(Arc::clone(instance), &request, &query).await?;
    let found = scene.placed.into_iter();
    Ok(found.map(|placed| Deployment { benchmark: placed.benchmark.is_some(), target: placed.target }).collect())
}

/// The answer without deployments, whose notices say why.
fn nothing(scene: Scene) -> Frame {
    let mut frame = Frame::new("");
    frame.meta.custom = json!({ "headroom": Drawn::Nothing.id() });
    frame.meta.notices = scene.notices;
    if frame.meta.notices.is_empty() {
        frame.meta.notices.push(super::notices::info(
            "no deployment: Prometheus has no series of a model server in this time, and the store no benchmark run",
        ));
    }
    frame
}
