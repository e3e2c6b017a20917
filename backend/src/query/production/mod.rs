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

use headroom_protocol::frame::Frame;
use headroom_protocol::{Query, QueryError};
use serde_json::json;

use self::scene::Scene;
use super::{About, Asked, Request};
use crate::instance::Instance;

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

/// The answer without deployments, whose notices say why.
fn nothing(scene: Scene) -> Frame {
    let mut frame = Frame::new("");
    frame.meta.custom = json!({ "headroom": "nothing" });
    frame.meta.notices = scene.notices;
    if frame.meta.notices.is_empty() {
        frame.meta.notices.push(super::notices::info(
            "no deployment: Prometheus has no series of a model server in this time, and the store no benchmark run",
        ));
    }
    frame
}
