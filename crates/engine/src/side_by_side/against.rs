//! Runs against each other: what the same money buys, and which one is cheaper.

use super::{Answer, Answers, Question, Side, SideBySide, cell, counted, interval, title_of};
use crate::compare::unmeasured_quality;
use crate::cost::{Contest, Measure, Reach, break_even_price, fleet_for_money};
use crate::display;
use crate::listed::{joined, listed};
use crate::run::{DollarsPerHour, RUN_SCATTER};
use crate::sheet::Sheet;
use crate::workload;

/// One run against another; `None` if they are not comparable, or a figure or a price is unknown.
fn contest(measure: Measure, a: &Side<'_>, b: &Side<'_>) -> Option<Contest> {
    let both = (a.sheet, a.figures.served.as_ref()?, b.figures.served.as_ref()?);
    a.sheet.is_comparable(b.sheet).then(|| Contest::of(measure, (both.0, both.1), (b.sheet, both.2)))?
}

/// For each run, the index of the run that it is compared with: the baseline if both have the same workload, else the
/// first run with the same workload. A run that is comparable to no other is compared with the baseline all the same,
/// and the answer says why that is not possible.
pub(super) fn baselines(sides: &[Side<'_>], baseline: usize) -> Vec<usize> {
    let sheets: Vec<&Sheet> = sides.iter().map(|side| side.sheet).collect();
    let groups = workload::groups(&sheets, |a, b| a.is_comparable(b));
    let own = |index: usize| {
        let alike = |other: &usize| groups[*other] == groups[index];
        let several = (0..sides.len()).filter(alike).count() > 1;
        if alike(&baseline) || !several { baseline } else { (0..sides.len()).find(alike).unwrap_or(baseline) }
    };
    (0..sides.len()).map(own).collect()
}

pub(super) fn against(sides: &[Side<'_>], question: &Question, table: &mut SideBySide) {
    let baselines = baselines(sides, question.baseline);
    // The row's label names the baseline if all runs have the same one; else the cells do.
    let one = baselines.iter().all(|&baseline| baseline == question.baseline);
    let name = if one { sides[question.baseline].sheet.name.as_str() } else { "the first of its workload" };
    let pairs = || sides.iter().zip(&baselines).enumerate().map(|(index, (side, &at))| (index == at, side, &sides[at]));
    let measures = [
        ("ratio", format!("{} per dollar, against {name}", title_of(question)), Measure::Tokens(question.basis)),
        ("request_ratio", format!("Requests per dollar, against {name}"), Measure::Requests),
        ("load_ratio", format!("Load per dollar, against {name}"), Measure::Load),
    ];
    for (id, label, measure) in measures {
        let cells = pairs().map(|(itself, side, baseline)| match contest(measure, side, baseline) {
            Some(_) if itself => cell("1×".into(), String::new()),
            Some(contest) => against_one(&contest),
            None => cell(String::new(), missing(side, baseline)),
        });
        table.answers.push(Answers { section: None, id, label, runs: cells.collect() });
    }
    same_money(sides, &baselines, question, table);
    let even = pairs().map(|(itself, side, baseline)| {
        let price = (!itself && side.sheet.is_comparable(baseline.sheet)).then(|| {
            let (own, other) = (side.figures.served?, baseline.figures.served?);
            let price = break_even_price(own.tokens_per_second, other.tokens_per_second, baseline.price()?)?;
            Some((Reach::of([own.at_least, other.at_least]), price))
        });
        match price.flatten() {
            Some((reach, price)) => {
                cell(format!("{}{} per hour", reach.sign(), display::dollars(price.0)), String::new())
            }
            None => Answer::default(),
        }
    });
    table.answers.push(Answers {
        section: None,
        id: "break_even",
        label: format!("Price at which it is as cheap as {name}"),
        runs: even.collect(),
    });
    let told = pairs().filter(|(itself, ..)| !itself);
    told.for_each(|(_, side, baseline)| table.sentences.push(verdict(side, baseline, question)));
}

/// What no figure of the table shows but readers must know: too few requests, and that nobody checked the answers'
/// quality.
pub(super) fn uncarried(sides: &[Side<'_>], question: &Question, table: &mut SideBySide) {
    let few: Vec<String> = sides.iter().filter_map(few_requests).collect();
    if !few.is_empty() {
        table.notes.push(format!("Too few requests to be sure of the load: {}.", joined(&few, "; ")));
    }
    for (side, at) in sides.iter().zip(baselines(sides, question.baseline)) {
        let [a, b] = [&sides[at], side].map(|side| side.sheet.quantization.as_deref());
        match unmeasured_quality(a, b) {
            Some(told) if !table.notes.contains(&told) => table.notes.push(told),
            _ => {}
        }
    }
}

/// For example `a at 5, 10 users`. `None` if there are enough requests, and if the limit was moved, because few
/// requests are known only for the service level's own bound.
fn few_requests(side: &Side<'_>) -> Option<String> {
    let Sheet { name, few_requests: loads, load_unit, .. } = side.sheet;
    let moved =
        side.sheet.limit_in_question().is_some_and(|limit| limit.bound.value.total_cmp(&limit.own_bound()).is_ne());
    (!loads.is_empty() && !moved).then(|| format!("{name} at {}", display::loads_with_unit(loads, load_unit)))
}

/// A ratio with what is known about its uncertainty.
fn against_one(contest: &Contest) -> Answer {
    let times = format!("{}{}×", contest.ratio.reach().sign(), display::number(contest.ratio.value));
    cell(times, doubt(contest))
}

/// What is known about a ratio's uncertainty; empty if the ratio is beyond doubt but its interval is unknown.
pub(super) fn doubt(contest: &Contest) -> String {
    let known = interval(contest.ratio.interval, &|value| format!("{}×", display::number(value)));
    let impossible = matches!(contest.measure, Measure::Tokens(_)) && contest.impossible.contains(&true);
    match (contest.cheaper(), known.is_empty(), contest.ratio.reach()) {
        _ if impossible => "impossible token rates".into(),
        (Some(_), false, _) => known,
        (Some(_), true, _) => String::new(),
        (None, false, _) => format!("{known}: cannot be told, repeat"),
        (None, true, Reach::Exact) => "how sure is not known".into(),
        (None, true, _) => "cannot be told: a sweep ended while passing".into(),
    }
}

/// Whole replicas for the price of the most expensive one of the same workload.
fn same_money(sides: &[Side<'_>], baselines: &[usize], question: &Question, table: &mut SideBySide) {
    let dearest = |baseline: usize| {
        let alike = sides.iter().zip(baselines).filter(|(_, other)| **other == baseline);
        alike.filter_map(|(side, _)| side.price()).map(|price| price.0).max_by(f64::total_cmp)
    };
    let spent: Vec<Option<f64>> = baselines.iter().map(|&baseline| dearest(baseline)).collect();
    let Some(first) = spent.iter().flatten().next() else { return };
    // If workloads have different sums of money, the cells name them.
    let one = spent.iter().flatten().all(|money| money.total_cmp(first).is_eq());
    let label =
        if one { format!("For {} per hour", display::dollars(*first)) } else { "For the same money".to_owned() };
    let cells = sides.iter().zip(&spent).map(|(side, money)| {
        let money = DollarsPerHour((*money)?);
        let fleet = fleet_for_money(money, side.load(question.rule)?, side.price()?)?;
        let sum = if one { String::new() } else { format!(" for {} per hour", display::dollars(money.0)) };
        Some(cell(
            format!("{}{}", side.at_least(), display::load_with_unit(fleet.load, &side.sheet.load_unit)),
            format!("{}{sum}", counted(fleet.replicas, "replica")),
        ))
    });
    let runs = cells.map(Option::unwrap_or_default).collect();
    table.answers.push(Answers { section: None, id: "same_money", label: format!("{label}, whole replicas"), runs });
}

/// Why there is no ratio.
fn missing(side: &Side<'_>, baseline: &Side<'_>) -> String {
    if !side.sheet.is_comparable(baseline.sheet) {
        return workload::not_comparable(&side.sheet.workload, &baseline.sheet.workload);
    }
    if side.price().is_none() || baseline.price().is_none() { "price unknown".into() } else { "not measured".into() }
}

/// One run compared with the other, in a sentence.
fn verdict(side: &Side<'_>, baseline: &Side<'_>, question: &Question) -> String {
    let (name, other) = (&side.sheet.name, &baseline.sheet.name);
    let tokens = question.basis.label();
    let Some(contest) = contest(Measure::Tokens(question.basis), side, baseline) else {
        return format!("{name} and {other} cannot be compared by cost: {}.", missing(side, baseline));
    };
    let at = [side, baseline].map(|side| side.sheet.limit_in_question().map(|limit| limit.bound.label.clone()));
    let mut limits: Vec<String> = listed(at.into_iter().flatten());
    limits.dedup();
    let under = if limits.len() == 1 { format!(" under {}", limits[0]) } else { String::new() };
    let ratio = contest.ratio;
    let times = |reach: Reach, value: f64| format!("{}{} times", reach.words(), display::number(value));
    let between = interval(ratio.interval, &display::number);
    let sure = if between.is_empty() { String::new() } else { format!(" (95 % interval {between})") };
    let told = match contest.cheaper() {
        Some(true) => {
            let times = times(ratio.reach(), ratio.value);
            format!("A dollar buys {times} as many {tokens} with {name} as with {other}{sure}{under}.")
        }
        Some(false) => format!(
            "A dollar buys {} as many {tokens} with {other} as with {name}{under}: {name} yields {}{} of it{sure}.",
            times(ratio.reach().inverse(), 1.0 / ratio.value),
            ratio.reach().words(),
            display::percent(ratio.value)
        ),
        None => format!(
            "A dollar buys {} as many {tokens} with {name} as with {other}{sure}{under}, but which is cheaper cannot be told{}.",
            times(ratio.reach(), ratio.value),
            untold(&contest, [name, other])
        ),
    };
    let assumed = if between.is_empty() { String::new() } else { format!(" {}", assumption()) };
    format!("{told}{}{assumed}", other_work(&contest))
}

/// Why it cannot be told which one is cheaper, and what would help.
fn untold(contest: &Contest, names: [&str; 2]) -> String {
    let impossible = names.into_iter().zip(contest.impossible).filter(|(_, impossible)| *impossible);
    let impossible: Vec<&str> = listed(impossible.map(|(name, _)| name));
    if !impossible.is_empty() {
        return format!(
            ", because the token rates of {} are more than their latencies allow: find out what they count",
            joined(&impossible, " and ")
        );
    }
    match (contest.ratio.interval, contest.ratio.reach()) {
        (_, reach) if reach != Reach::Exact => ", because a sweep ended while passing: measure higher loads".into(),
        ([None, None], _) => ", because the reports do not say how far their figures scatter: repeat the runs".into(),
        _ => ": repeat the runs".into(),
    }
}

/// The assumption about the scatter between runs, which single runs do not show.
fn assumption() -> String {
    format!(
        "Two runs of one deployment are taken to differ by {} (standard deviation): one run of each cannot show it.",
        display::percent(RUN_SCATTER)
    )
}

/// A sentence that both did not do the same work, and what that does to the figures; empty if they did.
fn other_work(contest: &Contest) -> String {
    let by_requests = contest.requests.map_or_else(String::new, |ratio| {
        format!(" By requests it is {}{} times.", ratio.reach().words(), display::number(ratio.value))
    });
    contest.work.warning().map_or_else(String::new, |told| format!(" {told}{by_requests}"))
}
