//! `results.observability`: what the components of a deployment reported during a load step.
//!
//! Engines are in a list with their aggregates, and in real reports also under the names of vLLM's metrics, each with a
//! list of pods. A router has a queue too, but no KV cache: its requests have not reached a server yet and do not
//! count.

use headroom_engine::level::Server;

use crate::tree::Tree;

/// Means over the step and over all engines.
pub(super) fn read(observability: &Tree) -> Server {
    let components = observability.get("components").items().iter().map(|component| component.get("aggregate"));
    let engines: Vec<&Tree> = components.filter(|engine| !engine.get("kv_cache_usage").is_null()).collect();
    let each = |name: &str| engines.iter().filter_map(|engine| mean(engine.get(name))).collect::<Vec<f64>>();
    let pods = |name: &str| {
        let pods = observability.get(name).get("components").items().iter();
        pods.filter_map(|pod| mean(pod.get("statistics"))).collect::<Vec<f64>>()
    };
    let either = |first: Vec<f64>, second: Vec<f64>| if first.is_empty() { second } else { first };
    let sum = |values: Vec<f64>| (!values.is_empty()).then(|| values.iter().sum::<f64>());
    let highest = |values: Vec<f64>| values.into_iter().reduce(f64::max);
    Server {
        queue_depth: sum(either(each("waiting_requests"), pods("vllm_num_requests_waiting"))),
        kv_cache_use: highest(either(each("kv_cache_usage"), pods("vllm_kv_cache_usage_perc")))
            .filter(|&share| share <= 1.0),
        power_w: sum(each("power_consumption")).filter(|&power| power > 0.0),
    }
}

/// The mean of a statistic, converted from its unit: shares as 0 to 1, power in watts, requests unchanged.
fn mean(statistics: &Tree) -> Option<f64> {
    let scale = match statistics.get("units").text() {
        Some("percent") => 0.01,
        Some("kW" | "Kilowatts" | "kilowatts") => 1_000.0,
        Some("mW" | "Milliwatts" | "milliwatts") => 0.001,
        _ => 1.0,
    };
    statistics.get("mean").number().filter(|&mean| mean >= 0.0).map(|mean| mean * scale)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document;

    fn check(text: &str, expected: [Option<f64>; 3]) {
        let Server { queue_depth, kv_cache_use, power_w } = read(&document::small_yaml(text).unwrap());
        for (found, expected) in [queue_depth, kv_cache_use, power_w].into_iter().zip(expected) {
            let close = found.zip(expected).is_some_and(|(found, expected)| (found - expected).abs() < 1e-9);
            assert!(close || found == expected, "{found:?} {expected:?}");
        }
    }

    #[test]
    fn engines_count_together_and_routers_not() {
        check(
            "components:\n\
             - aggregate: {kv_cache_usage: {mean: 42.5, units: percent}, waiting_requests: {mean: 3.2, units: count}, power_consumption: {mean: 310, units: Watts}}\n\
             - aggregate: {kv_cache_usage: {mean: 0.5, units: fraction}, waiting_requests: {mean: 1.0, units: count}, power_consumption: {mean: 290, units: Watts}}\n\
             - aggregate: {waiting_requests: {mean: 40, units: count}}\n",
            [Some(4.2), Some(0.5), Some(600.0)],
        );
    }

    #[test]
    fn pods_of_vllm_stand_in_for_engines() {
        check(
            "vllm_num_requests_waiting: {components: [{statistics: {mean: 3}}, {statistics: {mean: 4}}]}\n\
             vllm_kv_cache_usage_perc: {components: [{statistics: {mean: 82.5, units: percent}}]}\n",
            [Some(7.0), Some(0.825), None],
        );
        check("{}", [None; 3]);
    }
}
