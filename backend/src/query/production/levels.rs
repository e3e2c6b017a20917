//! A benchmark as the server saw it: the windows of its levels in the same Prometheus.

use headroom_engine::level::Level;
use headroom_engine::live::drift::server_point;
use headroom_engine::live::overlay::{Bin, gather};
use headroom_engine::points::LevelPoint;
use headroom_engine::run::Run;
use headroom_engine::slo::{Latency, Statistic};
use headroom_protocol::QueryError;

use super::scene::{Placed, Scene};
use crate::production::{self, Wanted, Windows};

/// A server that answered fewer or more requests than this factor of the client's did something else as well.
const SAME_REQUESTS: f64 = 1.5;
/// Levels that are looked up; each takes a dozen queries.
const MOST: usize = 64;

/// One level as the server saw it.
pub(super) struct ServerLevel {
    /// The offered load.
    pub(super) offered: f64,
    /// What the server saw.
    pub(super) bin: Bin,
    /// Share of looked-up prompt tokens that the prefix cache had.
    pub(super) cache_hits: Option<f64>,
}

/// The levels of a deployment's benchmark that the server's metrics cover; none where they do not, or where the server
/// answered something else at the same time.
pub(super) async fn server_levels(scene: &Scene, placed: &Placed) -> Result<Vec<ServerLevel>, QueryError> {
    let Some(run) = placed.run() else { return Ok(Vec::new()) };
    let timed: Vec<(&Level, i64, i64)> = run
        .levels
        .iter()
        .filter_map(|level| Some((level, level.started_ms?, level.ended_ms?)))
        .filter(|(_, started_ms, ended_ms)| started_ms < ended_ms)
        .take(MOST)
        .collect();
    let (Some(from_ms), Some(to_ms)) = (timed.iter().map(|one| one.1).min(), timed.iter().map(|one| one.2).max())
    else {
        return Ok(Vec::new());
    };
    let production = scene.production()?;
    let resolved = production.resolved(from_ms, to_ms).await?;
    let wanted = Wanted { traffic: true, latencies: true, ..Wanted::default() };
    let mut found = Vec::new();
    for (level, started_ms, ended_ms) in timed {
        let windows = Windows::one(started_ms, ended_ms);
        let observed = production::observe(production, &resolved, &placed.target, windows, wanted).await?;
        let members: Vec<_> = observed.observations.iter().collect();
        let bin = gather(&members, run.load_model);
        if bin.windows == 0 {
            // Nothing at the first level: the metrics do not go back so far, or it was another server. Later, a gap.
            if found.is_empty() {
                break;
            }
            continue;
        }
        if is_alone(level, &bin) {
            let cache_hits = observed.cache_hits.first().copied().flatten();
            found.push(ServerLevel { offered: level.load, bin, cache_hits });
        }
    }
    Ok(found)
}

/// Whether the server did this level and nothing else.
fn is_alone(level: &Level, bin: &Bin) -> bool {
    let sent = (level.requests.ok + level.requests.incomplete) as f64;
    bin.requests.is_some_and(|answered| {
        answered > 0.0
            && answered <= sent.max(1.0) * SAME_REQUESTS
            && answered * SAME_REQUESTS >= level.requests.ok as f64
    })
}

/// The levels as points to compare with.
pub(super) fn points(levels: &[ServerLevel], latency: Latency, statistic: Statistic) -> Vec<LevelPoint> {
    levels.iter().filter_map(|level| server_point(&level.bin, level.offered, latency, statistic)).collect()
}

/// The share of prefix-cache hits over all levels, weighted by prompt tokens.
pub(super) fn cache_hits(levels: &[ServerLevel]) -> Option<f64> {
    let known: Vec<(f64, f64)> =
        levels.iter().filter_map(|level| Some((level.cache_hits?, level.bin.prompt_tokens?))).collect();
    let tokens: f64 = known.iter().map(|one| one.1).sum();
    (tokens > 0.0).then(|| known.iter().map(|(hits, tokens)| hits * tokens).sum::<f64>() / tokens)
}

/// What is compared with: the server's own view of the benchmark where there is one of enough levels, else the
/// client's.
pub(super) fn is_server_side(run: &Run, levels: &[ServerLevel]) -> bool {
    levels.len() >= 2 && levels.len() * 2 >= run.levels.len()
}
