//! `config.yaml`, which inference-perf writes beside its reports: the only place that names
//! the model and the arrival process.

use headroom_engine::run::{Arrivals, Known, LoadModel, Run};

use crate::tree::Tree;
use crate::{document, hints};

/// The source of the facts, as shown to people.
const NAME: &str = "config.yaml";

/// Puts the settings into a run. A text that is not the settings of this tool changes nothing, because other tools have
/// files with this name too.
pub(super) fn apply(text: &str, run: &mut Run) {
    let Some(tree) = document::small_yaml(text) else { return };
    if run.deployment.model.is_none()
        && let Some(name) = tree.at("server.model_name").text()
    {
        let model = Known { value: name.to_owned(), source: NAME.to_owned() };
        hints::name_model(run, model);
    }
    if run.deployment.engine.is_none() {
        let engine = tree.at("server.type").text();
        run.deployment.engine = engine.map(|name| Known { value: name.to_owned(), source: NAME.to_owned() });
    }
    if run.load_model == LoadModel::Open(Arrivals::Constant) && tree.at("load.type").text() == Some("poisson") {
        run.load_model = LoadModel::Open(Arrivals::Poisson);
    }
    run.workload.shape = run.workload.shape.take().or_else(|| shape(tree.get("data")));
}

/// For example `random 48 in / 24 out`.
fn shape(data: &Tree) -> Option<String> {
    let kind = data.get("type").text()?;
    let length = |key: &str| data.get(key).get("mean").positive();
    Some(match (length("input_distribution"), length("output_distribution")) {
        (Some(prompt), Some(output)) => format!("{kind} {prompt} in / {output} out"),
        _ => kind.to_owned(),
    })
}
