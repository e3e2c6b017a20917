//! The result of a comparison in sentences.

use headroom_engine::compare::Cell;
use headroom_engine::cost::{Contest, FEWEST_REPEATS, Ratio, Reach};
use headroom_engine::display;
use headroom_engine::findings::Code;
use headroom_engine::run::RUN_SCATTER;
use headroom_engine::throughput::peak;
use headroom_engine::workload;

use super::{Comparison, Repeats};
use crate::text::change;

/// A person who looks at one comparison takes a difference below this probability as real. A pipeline makes many
/// comparisons, so it uses [`ALARM_LEVEL`](headroom_engine::compare::ALARM_LEVEL).
pub(super) const LIKELY: f64 = 0.05;

/// The interval of a factor as changes, in brackets; empty if an end is unknown.
pub(super) fn change_interval(interval: [Option<f64>; 2]) -> String {
    match interval {
        [Some(low), Some(high)] => format!(" ({} to {})", change(low), change(high)),
        _ => String::new(),
    }
}

/// The answer, the most important sentence first.
pub(super) fn sentences(found: &Comparison) -> Vec<String> {
    let others = [load(found), peaks(found), money(found), repeats(found)];
    std::iter::once(requests(found)).chain(others.into_iter().flatten()).collect()
}

/// Whether requests differ, over all levels together.
fn requests(found: &Comparison) -> String {
    let cells = &found.requests.cells;
    if cells.is_empty() {
        return if found.requests.without_requests.is_empty() {
            "The two share no load, so requests cannot be compared one by one.".to_owned()
        } else {
            "A report lacks single requests, so whether latencies differ by more than chance cannot be tested."
                .to_owned()
        };
    }
    let likely: Vec<&Cell> = cells.iter().filter(|cell| cell.adjusted_p <= LIKELY).collect();
    let pairs = display::count(cells.len() as u64, "pair");
    if likely.is_empty() {
        return format!(
            "Compared request by request, none of {pairs} of latency and load differs by more than chance."
        );
    }
    let beyond_doubt = likely.iter().filter(|cell| cell.is_real()).count();
    let slower = likely.iter().filter(|cell| cell.ratio.value > 1.0).count();
    let direction = match (slower, likely.len() - slower) {
        (_, 0) => "B is slower in all of them".to_owned(),
        (0, _) => "B is faster in all of them".to_owned(),
        (slower, faster) => format!("B is slower in {slower} and faster in {faster}"),
    };
    format!(
        "Compared request by request, {} of {pairs} of latency and load differ by more than chance, {beyond_doubt} of them \
         beyond doubt: {direction}.",
        likely.len()
    )
}

fn load(found: &Comparison) -> Option<String> {
    let ratio = found.load_ratio?;
    let Ratio { value, interval, .. } = ratio;
    let certainty = match (interval, ratio.reach()) {
        (_, Reach::Open) => "; both sweeps ended while passing, so neither is known to hold more",
        _ if (value - 1.0).abs() < 1e-12 => "",
        ([Some(low), Some(high)], _) if low <= 1.0 && high >= 1.0 => ", which may be chance",
        ([Some(low), _], _) if low > 1.0 => "",
        ([_, Some(high)], _) if high < 1.0 => "",
        _ => "; how certain that is cannot be told from these data",
    };
    if (value - 1.0).abs() < 1e-12 {
        let held =
            if ratio.reach() == Reach::Exact { "Both hold the same load" } else { "Both passed the same highest load" };
        return Some(format!("{held}{certainty}."));
    }
    Some(format!(
        "B holds {} load than A: {}{}{}{certainty}.",
        if value > 1.0 { "more" } else { "less" },
        ratio.reach().words(),
        change(value),
        change_interval(interval)
    ))
}

fn peaks(found: &Comparison) -> Option<String> {
    let ratio = found.peak_ratio?;
    let rate = |side: &super::Side| peak(&side.judged.run).map(|peak| display::rate(peak.output_tokens_per_second));
    Some(format!(
        "B's peak output throughput is {} tokens per second against {} of A: {}. One run does not show how much a peak \
         scatters.",
        rate(&found.b)?,
        rate(&found.a)?,
        change(ratio)
    ))
}

fn money(found: &Comparison) -> Option<String> {
    let Some(money) = &found.money else { return not_comparable(found) };
    let tokens = money.tokens.first()?;
    let contest = &tokens.contest;
    let Ratio { value, interval, .. } = contest.ratio;
    let range = match interval {
        [Some(low), Some(high)] => format!(" ({}–{})", display::number(low), display::number(high)),
        _ => String::new(),
    };
    let impossible: Vec<&str> = [("A", &found.a), ("B", &found.b)]
        .into_iter()
        .filter(|(_, side)| side.judged.verdict.has(Code::ImpossibleThroughput))
        .map(|(name, _)| name)
        .collect();
    let doubt = if impossible.is_empty() {
        String::new()
    } else {
        format!(" The token rates of {} are impossible, so do not rely on this.", impossible.join(" and "))
    };
    Some(format!(
        "For the same money B yields {}{} times the {} of A{range}, each at its own load: {}.{}{doubt}",
        contest.ratio.reach().words(),
        display::number(value),
        tokens.a.served.basis.label(),
        winner(contest),
        other_work(contest)
    ))
}

/// Why two sides with prices are not set against money: they were not asked the same.
pub(super) fn not_comparable(found: &Comparison) -> Option<String> {
    let (a, b) = (&found.a.judged.run, &found.b.judged.run);
    let priced = [a, b].iter().all(|run| run.deployment.price.is_some());
    (priced && !workload::is_same(&a.workload, &b.workload))
        .then(|| format!("B and A cannot be compared by cost: {}.", workload::not_comparable(&b.workload, &a.workload)))
}

/// Which side is the cheaper one, or why that cannot be told and what would help.
fn winner(contest: &Contest) -> &'static str {
    // The engine compares with B as its first side here.
    match (contest.cheaper(), contest.ratio.interval, contest.ratio.reach()) {
        _ if contest.impossible.contains(&true) => "which one is cheaper cannot be told",
        (Some(true), ..) => "B is the cheaper one",
        (Some(false), ..) => "A is the cheaper one",
        (None, _, Reach::AtLeast | Reach::AtMost | Reach::Open) => {
            "which one is cheaper cannot be told, because a sweep ended while passing: measure higher loads"
        }
        (None, [Some(low), Some(high)], _) if low <= 1.0 && high >= 1.0 => {
            "which one is cheaper cannot be told, because the interval contains 1: repeat both sides"
        }
        (None, [Some(_), Some(_)], _) => "which one is cheaper cannot be told, because it may be the work that differs",
        (None, ..) => "how certain that is cannot be told from these data",
    }
}

/// A sentence that both sides did not, or may not have done, the same work, and what that does to the figures; empty if
/// they did.
fn other_work(contest: &Contest) -> String {
    let by_requests = contest.requests.map_or_else(String::new, |ratio| {
        let Ratio { value, interval, .. } = ratio;
        let range = match interval {
            [Some(low), Some(high)] => format!(" ({}–{})", display::number(low), display::number(high)),
            _ => String::new(),
        };
        format!(
            " For the same money B answers {}{} times the requests of A{range}.",
            ratio.reach().words(),
            display::number(value)
        )
    });
    contest.work.warning().map_or_else(String::new, |told| format!(" {told}{by_requests}"))
}

/// Where the scatter between runs comes from that the intervals of loads and costs include.
pub(super) fn run_to_run(by_repeats: bool) -> String {
    if by_repeats {
        return format!(
            "How much runs of one side differ is taken from the repeats; where they agree more closely, {} (standard deviation) \
             counts as one run more.",
            display::percent(RUN_SCATTER)
        );
    }
    format!(
        "One run of a side does not show how much its runs differ; {} (standard deviation) is assumed. {FEWEST_REPEATS} runs \
         of each side show it instead.",
        display::percent(RUN_SCATTER)
    )
}

fn repeats(found: &Comparison) -> Option<String> {
    let told: Vec<String> = found
        .repeats
        .iter()
        .filter_map(|repeats| {
            let welch = repeats.difference?;
            let [low, high] = welch.interval.map(display::number);
            let verdict = if welch.p <= LIKELY { "a real difference" } else { "no more than runs differ by chance" };
            Some(format!(
                "the {} by {} ({low} to {high}), {verdict}",
                repeats.metric,
                display::number(welch.difference)
            ))
        })
        .collect();
    let first = found.repeats.first()?;
    if told.is_empty() {
        let text = "How much runs of one side differ by chance is not known: repeat both sides, better three times.";
        return Some(text.to_owned());
    }
    let missing = |repeats: &&Repeats| repeats.a.iter().chain(&repeats.b).any(Option::is_none);
    let unknown: Vec<String> = found
        .repeats
        .iter()
        .filter(missing)
        .map(|repeats| format!(" A run has no {}, so how the means of it differ is not known.", repeats.metric))
        .collect();
    Some(format!(
        "Over {} runs of A and {} of B the means differ: {}.{}",
        first.a.len(),
        first.b.len(),
        told.join("; "),
        unknown.concat()
    ))
}
