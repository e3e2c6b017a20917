//! `stage_N_prometheus_metrics.json`: what a Prometheus measured at the server during a stage.
//!
//! The tool writes 0 for everything that the Prometheus does not have, and some releases query vLLM metrics by names
//! that the server no longer has (0.11 has no `gpu_cache_usage_perc`). So a KV cache use of 0 counts as unknown, and so
//! does a queue if the Prometheus saw no request at all.

use headroom_engine::run::Run;

use crate::document;
use crate::tree::Tree;

/// Puts queue and KV cache use into the only level of a stage. A document of another kind changes nothing.
pub(super) fn apply(text: &str, run: &mut Run) {
    let Some(tree) = document::small_json(text) else { return };
    let [level] = run.levels.as_mut_slice() else { return };
    let successes = tree.get("successes");
    let mean = |name: &str| successes.get(name).get("mean");
    if successes.get("count").positive().is_some() {
        level.server.queue_depth = mean("queue_len").number().filter(|&depth| depth >= 0.0);
    }
    level.server.kv_cache_use = share(mean("kv_cache_usage_percentage"));
}

/// A share from 0 to 1, as servers write it.
fn share(tree: &Tree) -> Option<f64> {
    tree.positive().filter(|&share| share <= 1.0)
}

#[cfg(test)]
mod tests {
    use headroom_engine::run::{Arrivals, LoadModel};
    use serde_json::json;

    use super::*;
    use crate::curve;

    #[test]
    fn zeros_of_metrics_that_are_not_there_are_not_known() {
        for (count, queue, kv, expected) in [
            (937, 254.0, 0.92, (Some(254.0), Some(0.92))),
            (937, 0.0, 0.0, (Some(0.0), None)),
            (0, 0.0, 0.0, (None, None)),
            // A share above 1 has another unit than the server's.
            (937, 1.5, 92.0, (Some(1.5), None)),
        ] {
            let text = json!({ "load_summary": {}, "failures": {}, "successes": { "count": count, "queue_len": { "mean": queue },
                "kv_cache_usage_percentage": { "mean": kv, "p90": kv } } });
            let mut run = curve::empty_run(LoadModel::Open(Arrivals::Constant));
            run.levels.push(headroom_engine::level::Level::default());
            apply(&text.to_string(), &mut run);
            assert_eq!((run.levels[0].server.queue_depth, run.levels[0].server.kv_cache_use), expected);
        }
    }
}
