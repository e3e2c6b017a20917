//! Production in the coordinates of the curve: time windows by their load.

use headroom_engine::live::Observation;
use headroom_engine::live::overlay::{Bin, bin_width, bins, gather};

use crate::production::{Observed, Wanted};
use crate::query::seen::{Observe, Seen, ServerLevel, WindowPlan};

/// As many windows as can be distinguished. Each is long enough for a rate, so that the rate uses no samples of other
/// windows: its load is the mean of four scrapes.
pub(super) const OBSERVE: Observe = Observe {
    wanted: Wanted { traffic: true, latencies: true, queue: false, pressure: false, gpu: false, refusals: true },
    over: WindowPlan::Range { most: 500, scrapes: 4, as_panel: true },
};

/// Windows in which the server was up throughout.
pub(super) fn usable(observed: &Observed) -> impl Iterator<Item = &Observation> {
    observed.observations.iter().filter(|one| one.up != Some(false) && !one.restarted && one.replicas.is_some())
}

/// The usable windows of a deployment by load, and all of them together.
pub(super) fn binned(seen: &Seen) -> (Vec<Bin>, Bin) {
    let model = seen.deployment.load_model();
    let usable: Vec<Observation> = usable(&seen.observed).cloned().collect();
    let highest = usable.iter().filter_map(|one| one.load(model)).fold(0.0, f64::max);
    let all: Vec<&Observation> = usable.iter().collect();
    (bins(&usable, model, bin_width(highest, model)), gather(&all, model))
}

/// The share of prefix-cache hits over all levels of a benchmark, 0 to 1, weighted by prompt tokens.
pub(super) fn cache_hits(levels: &[ServerLevel]) -> Option<f64> {
    let known: Vec<(f64, f64)> =
        levels.iter().filter_map(|level| Some((level.cache_hits?, level.bin.prompt_tokens?))).collect();
    let tokens: f64 = known.iter().map(|one| one.1).sum();
    (tokens > 0.0).then(|| known.iter().map(|(hits, tokens)| hits * tokens).sum::<f64>() / tokens)
}
