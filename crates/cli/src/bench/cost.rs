//! What measuring has cost and may cost, in numbers and in words.

use std::fs;
use std::path::Path;

use headroom_engine::display;
use headroom_engine::level::Level;
use headroom_engine::plan::{Budget, Cost, LONGEST, dollars_of};
use headroom_engine::run::Run;

use super::server::Evidence;

/// What the levels of these runs have cost. Tokens are known where every level that answered anything has counted them.
pub(crate) fn spent(runs: &[Run], evidence: &[Evidence], dollars_per_hour: Option<f64>) -> Cost {
    let levels = || runs.iter().flat_map(|run| run.levels.iter().chain(run.off_curve.iter().map(|off| &off.level)));
    let measured: f64 = levels().filter_map(|level| level.duration_s).sum();
    // On the clock, with the starts of the tool, where that was written down.
    let seconds = measured.max(evidence.iter().map(|one| one.server_evidence.took_s).sum());
    let tokens: Option<f64> = levels().filter(|level| level.requests.ok > 0).map(tokens).sum();
    Cost {
        seconds,
        tokens,
        dollars: dollars_per_hour.map(|price| dollars_of(price, seconds)),
        levels: u32::try_from(levels().count()).unwrap_or(u32::MAX),
    }
}

/// Prompt and output tokens of a level; those of requests that were cut off are in no report.
fn tokens(level: &Level) -> Option<f64> {
    Some(level.requests.ok as f64 * (level.prompt_tokens? + level.output_tokens?))
}

/// What a tool takes beside the measured time of a level, seconds; `None` before anything was measured.
pub(crate) fn overhead_s(runs: &[Run], evidence: &[Evidence]) -> Option<f64> {
    let measured: f64 = runs.iter().flat_map(|run| &run.levels).filter_map(|level| level.duration_s).sum();
    let took: f64 = evidence.iter().map(|one| one.server_evidence.took_s).sum();
    (!evidence.is_empty()).then(|| (took - measured).max(0.0) / evidence.len() as f64)
}

/// The files beside the reports of a sweep, in the order of their names. One that cannot be read leaves what it would say unknown.
pub(crate) fn evidence(folder: &Path, is_of: impl Fn(&str) -> bool) -> Vec<Evidence> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<_> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| {
            path.file_name()
                .and_then(|name| name.to_str())
                .is_some_and(|name| name.ends_with(".server.json") && is_of(name))
        })
        // Without its report it is of a level that was never published.
        .filter(|path| path.with_extension("").with_extension("json").exists())
        .collect();
    paths.sort();
    paths.iter().filter_map(|path| serde_json::from_slice(&fs::read(path).ok()?).ok()).collect()
}

/// What it may cost from here on at most, in a sentence. `levels_s` and `overhead_s` are of one ordinary level.
pub(crate) fn at_most(
    budget: &Budget,
    spent: &Cost,
    level_s: f64,
    overhead_s: f64,
    dollars_per_hour: Option<f64>,
) -> String {
    let levels = budget.levels.unwrap_or(u32::MAX).saturating_sub(spent.levels);
    let longest = f64::from(levels) * (LONGEST * level_s + overhead_s);
    let seconds = budget.seconds.map_or(longest, |most| (most - spent.seconds).max(0.0).min(longest));
    let mut parts = vec![format!(
        "{} ({} of up to {}, and about {} of each for the tool to start)",
        time(seconds),
        display::count(u64::from(levels), "level"),
        time(LONGEST * level_s),
        time(overhead_s)
    )];
    parts.push(match budget.tokens {
        Some(most) => format!("{} tokens", display::number((most - spent.tokens.unwrap_or(0.0)).max(0.0))),
        None => "as many tokens as the server answers meanwhile (bound them by --max-tokens)".to_owned(),
    });
    parts.push(match (budget.dollars, dollars_per_hour) {
        (Some(most), Some(price)) => {
            display::dollars((most - spent.dollars.unwrap_or(0.0)).max(0.0).min(dollars_of(price, seconds)))
        }
        (None, Some(price)) => display::dollars(dollars_of(price, seconds)),
        (_, None) => "dollars not known (--price)".to_owned(),
    });
    format!("at most {}", parts.join("; "))
}

/// What was spent, in a few words.
pub(crate) fn shown(cost: &Cost) -> String {
    let mut parts = vec![time(cost.seconds)];
    parts.extend(cost.tokens.map(|tokens| format!("{} tokens", display::number(tokens.round()))));
    parts.extend(cost.dollars.map(display::dollars));
    parts.join(", ")
}

/// `45 s`, `12 min`.
pub(crate) fn time(seconds: f64) -> String {
    const MINUTE: f64 = 60.0;
    if seconds < 2.0 * MINUTE {
        format!("{} s", display::number(seconds.round()))
    } else {
        format!("{} min", display::number((seconds / MINUTE).round()))
    }
}

#[cfg(test)]
mod tests {
    use headroom_engine::level::Requests;
    use headroom_engine::run::{Deployment, LoadModel, Provenance, Workload};

    use super::*;

    #[track_caller]
    fn check(levels: &[(u64, Option<f64>)], expected: Option<f64>) {
        let level = |&(ok, tokens): &(u64, Option<f64>)| Level {
            requests: Requests { ok, ..Requests::default() },
            prompt_tokens: tokens,
            output_tokens: tokens,
            ..Level::default()
        };
        let run = Run {
            id: String::new(),
            provenance: Provenance::default(),
            deployment: Deployment::default(),
            workload: Workload::default(),
            load_model: LoadModel::Closed,
            levels: levels.iter().map(level).collect(),
            off_curve: Vec::new(),
        };
        assert_eq!(spent(&[run], &[], None).tokens, expected, "{levels:?}");
    }

    #[test]
    fn tokens_that_a_level_did_not_count_are_not_known() {
        check(&[], Some(0.0));
        check(&[(10, Some(50.0)), (20, Some(50.0))], Some(3000.0));
        check(&[(10, Some(50.0)), (20, None)], None);
        // Nothing was answered, and so nothing is to be counted.
        check(&[(10, Some(50.0)), (0, None)], Some(1000.0));
    }
}
