//! Runs side by side: what each holds, what its tokens cost, and what serving a load takes, as a table of texts.

use crate::breaking::State;
use crate::cost::{
    Figures, HOURS_PER_MONTH, LoadRule, MILLION, Measure, Ratio, Served, break_even_price, cheaper, fleet_for,
    fleet_for_money, ratio_of, replicas_for,
};
use crate::display;
use crate::live::headroom::headroom;
use crate::run::DollarsPerHour;
use crate::sheet::Sheet;
use crate::tokens::TokenBasis;
use crate::what_if::{AtLoad, at_load};
use crate::workload;

/// What is asked. A load is one of all replicas together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Question {
    /// Which tokens are counted.
    pub basis: TokenBasis,
    /// Which load a cost is taken at.
    pub rule: LoadRule,
    /// Which of the runs the others are compared with; with none where it is not among them.
    pub baseline: usize,
    /// Load to serve.
    pub load: Option<f64>,
    /// Replicas of each deployment; as many as the load needs where absent.
    pub replicas: Option<u32>,
    /// Replicas on top of those.
    pub spare: u32,
}

/// How good or bad an answer is, for a mark beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mark {
    /// Neither.
    #[default]
    None,
    /// The best of all runs, beyond doubt.
    Best,
    /// It does not hold.
    Bad,
}

/// What is said of one run.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Answer {
    /// The answer; empty where it is not known.
    pub text: String,
    /// Its interval, its source or its reason; may be empty.
    pub detail: String,
    /// A mark beside it.
    pub mark: Mark,
}

/// One thing asked, with the answer of every run.
#[derive(Debug, Clone, PartialEq)]
pub struct Answers {
    /// A name that does not change with the words.
    pub id: &'static str,
    /// What is asked.
    pub label: String,
    /// One a run.
    pub runs: Vec<Answer>,
}

/// Runs side by side.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SideBySide {
    /// In reading order.
    pub answers: Vec<Answers>,
    /// What follows from them, one sentence each.
    pub sentences: Vec<String>,
}

/// One run with what follows from its limits.
struct Side<'a> {
    sheet: &'a Sheet,
    figures: Figures,
}

impl Side<'_> {
    fn price(&self) -> Option<DollarsPerHour> {
        self.sheet.known_price().map(|price| price.per_hour)
    }

    fn load(&self, rule: LoadRule) -> Option<f64> {
        rule.load(&self.figures.breaking)
    }

    fn at_least(&self) -> &'static str {
        if self.figures.breaking.state == State::Floor { "≥ " } else { "" }
    }
}

/// The answers for all runs.
#[must_use]
pub fn side_by_side(sheets: &[Sheet], question: &Question) -> SideBySide {
    let (basis, rule) = (question.basis, question.rule);
    let sides: Vec<Side<'_>> =
        sheets.iter().map(|sheet| Side { sheet, figures: Figures::of(sheet, basis, rule) }).collect();
    let mut table = SideBySide::default();
    capacity(&sides, question, &mut table);
    economy(&sides, question, &mut table);
    if let Some(baseline) = sides.get(question.baseline).filter(|_| sides.len() > 1) {
        against(&sides, (question.baseline, baseline), question, &mut table);
    }
    if let Some(load) = question.load.filter(|load| load.is_finite() && *load > 0.0) {
        fleet(&sides, question, load, &mut table);
    }
    table
}

fn row<'a>(sides: &'a [Side<'a>], id: &'static str, label: String, cell: &dyn Fn(&'a Side<'a>) -> Answer) -> Answers {
    Answers { id, label, runs: sides.iter().map(cell).collect() }
}

fn cell(text: String, detail: String) -> Answer {
    Answer { text, detail, mark: Mark::None }
}

/// An interval of texts: `1.2 – 1.4`; empty unless both ends are known.
fn interval(ends: [Option<f64>; 2], text: &dyn Fn(f64) -> String) -> String {
    match ends {
        [Some(low), Some(high)] => format!("{} – {}", text(low), text(high)),
        _ => String::new(),
    }
}

fn capacity(sides: &[Side<'_>], question: &Question, table: &mut SideBySide) {
    table.answers.push(row(sides, "load", "Load that one replica holds".into(), &|side| match side
        .figures
        .breaking
        .words(&side.sheet.load_unit)
    {
        Some(words) => cell(words.answer, words.detail),
        None => cell(String::new(), "cannot be judged".into()),
    }));
    table.answers.push(row(sides, "binding", "Limit that breaks first".into(), &|side| {
        let limits = &side.sheet.limits;
        if let Some(limit) = side.sheet.first_to_break().and_then(|first| limits.get(first)) {
            return cell(limit.bound.label.clone(), String::new());
        }
        if side.figures.breaking.state == State::NotMeasured {
            return cell(String::new(), "cannot be judged".into());
        }
        let all: Vec<&str> = limits.iter().map(|limit| limit.bound.label.as_str()).collect();
        cell("none was reached".into(), all.join(", "))
    }));
    table.answers.push(row(sides, "rate", format!("{} per second", title_of(question)), &|side| {
        let rate = |rate: f64| format!("{} tok/s", display::rate(rate));
        match side.figures.served {
            Some(served) => cell(
                format!("{}{}", side.at_least(), rate(served.tokens_per_second)),
                interval(served.interval, &display::rate),
            ),
            None => Answer::default(),
        }
    }));
    table.answers.push(row(sides, "rate_per_gpu", "… per GPU".into(), &|side| match side
        .figures
        .served
        .zip(side.sheet.gpus.filter(|gpus| *gpus > 0.0))
    {
        Some((served, gpus)) => cell(
            format!("{}{} tok/s", side.at_least(), display::rate(served.tokens_per_second / gpus)),
            counted(gpus, "GPU"),
        ),
        None if side.figures.served.is_some() => cell(String::new(), "number of GPUs unknown".into()),
        None => Answer::default(),
    }));
}

fn economy(sides: &[Side<'_>], question: &Question, table: &mut SideBySide) {
    table.answers.push(row(sides, "price", "Price of one replica".into(), &|side| match side.sheet.known_price() {
        Some(price) => {
            let source = price.source.as_deref().unwrap_or("source unknown");
            cell(format!("{} per hour", display::dollars(price.per_hour.0)), source.into())
        }
        None => cell(String::new(), "unknown: set it in deployments.yaml or the data source".into()),
    }));
    let tokens = question.basis.label();
    let costs: Vec<Option<f64>> =
        sides.iter().map(|side| Some(side.figures.cost.as_ref()?.dollars_per_million())).collect();
    let best = best(sides, question, &costs);
    let mut dollars =
        row(sides, "dollars", format!("Dollars per million {tokens}"), &|side| match &side.figures.cost {
            Some(cost) => {
                let at_most = if cost.served.at_least { "≤ " } else { "" };
                cell(
                    format!("{at_most}{}", display::dollars(cost.dollars_per_million())),
                    interval(cost.dollars_interval(), &display::dollars),
                )
            }
            None => Answer::default(),
        });
    let mut per_dollar =
        row(sides, "per_dollar", format!("{} per dollar", title_of(question)), &|side| match &side.figures.cost {
            Some(cost) => {
                let millions = |tokens: f64| format!("{} million", display::number(tokens / MILLION));
                let [low, high] = cost.dollars_interval();
                let ends = [high, low].map(|dollars| dollars.map(|dollars| MILLION / dollars));
                cell(
                    format!("{}{}", side.at_least(), millions(cost.tokens_per_dollar())),
                    interval(ends, &|tokens| display::number(tokens / MILLION)),
                )
            }
            None => Answer::default(),
        });
    if let Some(best) = best {
        dollars.runs[best].mark = Mark::Best;
        per_dollar.runs[best].mark = Mark::Best;
    }
    table.answers.push(dollars);
    table.answers.push(per_dollar);
}

/// The run whose tokens cost less than those of every other one, beyond doubt.
fn best(sides: &[Side<'_>], question: &Question, costs: &[Option<f64>]) -> Option<usize> {
    let known = || costs.iter().enumerate().filter_map(|(index, cost)| Some((index, (*cost)?)));
    let (least, _) = known().min_by(|a, b| a.1.total_cmp(&b.1))?;
    let beats = |other: usize| {
        let ratio = ratio(Measure::Tokens(question.basis), &sides[least], &sides[other], question.rule);
        ratio.is_some_and(|ratio| cheaper(&ratio) == Some(true))
    };
    let others = || known().filter(|(index, _)| *index != least);
    (others().count() > 0 && others().all(|(index, _)| beats(index))).then_some(least)
}

fn ratio(measure: Measure, a: &Side<'_>, b: &Side<'_>, rule: LoadRule) -> Option<Ratio> {
    if !a.sheet.is_comparable(b.sheet) {
        return None;
    }
    let one = |side: &Side<'_>| -> Option<(Served, [Option<f64>; 2], DollarsPerHour)> {
        Some((side.figures.served?, rule.interval(&side.figures.breaking), side.price()?))
    };
    let (a, b) = (one(a)?, one(b)?);
    ratio_of(measure, (&a.0, a.1, a.2), (&b.0, b.1, b.2))
}

fn against(sides: &[Side<'_>], (at, baseline): (usize, &Side<'_>), question: &Question, table: &mut SideBySide) {
    let name = &baseline.sheet.name;

    let measures = [
        ("ratio", format!("{} per dollar, against {name}", title_of(question)), Measure::Tokens(question.basis)),
        ("load_ratio", format!("Load per dollar, against {name}"), Measure::Load),
    ];
    for (id, label, measure) in measures {
        let cells = sides.iter().enumerate().map(|(index, side)| {
            if index == at {
                return cell("1×".into(), String::new());
            }
            let Some(ratio) = ratio(measure, side, baseline, question.rule) else {
                return cell(String::new(), missing(side, baseline));
            };
            let times = |value: f64| format!("{}×", display::number(value));
            let doubt = if cheaper(&ratio).is_some() {
                interval(ratio.interval, &times)
            } else {
                let known = interval(ratio.interval, &times);
                if known.is_empty() { "how sure is not known".into() } else { format!("{known}: too close to tell") }
            };
            cell(times(ratio.value), doubt)
        });
        table.answers.push(Answers { id, label, runs: cells.collect() });
    }
    same_money(sides, question, table);
    let even = sides.iter().enumerate().map(|(index, side)| {
        let price = (index != at).then(|| {
            let (own, other) = (side.figures.served?, baseline.figures.served?);
            break_even_price(own.tokens_per_second, other.tokens_per_second, baseline.price()?)
        });
        match price.flatten().filter(|_| side.sheet.is_comparable(baseline.sheet)) {
            Some(price) => cell(format!("{} per hour", display::dollars(price.0)), String::new()),
            None => Answer::default(),
        }
    });
    table.answers.push(Answers {
        id: "break_even",
        label: format!("Price at which it is as cheap as {name}"),
        runs: even.collect(),
    });
    for (_, side) in sides.iter().enumerate().filter(|(index, _)| *index != at) {
        table.sentences.push(verdict(sides, side, baseline, question));
    }
}

/// Whole replicas for the price of the dearest one.
fn same_money(sides: &[Side<'_>], question: &Question, table: &mut SideBySide) {
    let Some(money) = sides.iter().filter_map(Side::price).map(|price| price.0).max_by(f64::total_cmp) else { return };
    table.answers.push(row(
        sides,
        "same_money",
        format!("For {} per hour, whole replicas", display::dollars(money)),
        &|side| {
            let fleet = side
                .price()
                .zip(side.load(question.rule))
                .and_then(|(price, load)| fleet_for_money(DollarsPerHour(money), load, price));
            match fleet {
                Some(fleet) => cell(
                    format!("{}{}", side.at_least(), display::load_with_unit(fleet.load, &side.sheet.load_unit)),
                    counted(fleet.replicas, "replica"),
                ),
                None => Answer::default(),
            }
        },
    ));
}

/// Why there is no ratio.
fn missing(side: &Side<'_>, baseline: &Side<'_>) -> String {
    if !side.sheet.is_comparable(baseline.sheet) {
        let words =
            |side: &Side<'_>| workload::lengths(&side.sheet.workload).unwrap_or_else(|| "unknown lengths".to_owned());
        return format!("not comparable: {} against {}", words(side), words(baseline));
    }
    if side.price().is_none() || baseline.price().is_none() { "price unknown".into() } else { "not measured".into() }
}

/// One run against the other in a sentence.
fn verdict(sides: &[Side<'_>], side: &Side<'_>, baseline: &Side<'_>, question: &Question) -> String {
    let (name, other) = (&side.sheet.name, &baseline.sheet.name);
    let tokens = question.basis.label();
    let Some(ratio) = ratio(Measure::Tokens(question.basis), side, baseline, question.rule) else {
        return format!("{name} and {other} cannot be compared by cost: {}.", missing(side, baseline));
    };
    let at = sides.iter().filter_map(|side| side.sheet.limit_in_question().map(|limit| limit.bound.label.clone()));
    let mut limits: Vec<String> = at.collect();
    limits.dedup();
    let under = if limits.len() == 1 { format!(" under {}", limits[0]) } else { String::new() };
    let times = |value: f64| format!("{} times", display::number(value));
    let between = interval(ratio.interval, &display::number);
    let sure = if between.is_empty() { String::new() } else { format!(" (95 % interval {between})") };
    match cheaper(&ratio) {
        Some(true) => {
            format!("A dollar buys {} as many {tokens} with {name} as with {other}{sure}{under}.", times(ratio.value))
        }
        Some(false) => format!(
            "A dollar buys {} as many {tokens} with {other} as with {name}{under}: {name} yields {} of it{sure}.",
            times(1.0 / ratio.value),
            display::percent(ratio.value)
        ),
        None => format!(
            "A dollar buys {} as many {tokens} with {name} as with {other}{sure}{under}, but the measurements cannot tell \
             which is cheaper.",
            times(ratio.value)
        ),
    }
}

/// What serving a load takes of each.
fn fleet(sides: &[Side<'_>], question: &Question, target: f64, table: &mut SideBySide) {
    let unit = sides.first().map_or("", |side| side.sheet.load_unit.as_str());
    let asked = display::load_with_unit(target, unit);
    let replicas = |side: &Side<'_>| -> Option<(f64, f64)> {
        let spare = f64::from(question.spare);
        match question.replicas {
            Some(replicas) => Some((f64::from(replicas), spare)),
            None => Some((replicas_for(target, side.load(question.rule)?)?, spare)),
        }
    };
    table.answers.push(row(sides, "replicas", format!("Replicas for {asked}"), &|side| match replicas(side) {
        Some((needed, spare)) => {
            let holds = side.load(question.rule).is_some_and(|load| load * needed >= target * (1.0 - 1e-9));
            let (detail, mark) = match side.figures.breaking.state {
                _ if holds && spare > 0.0 => (format!("and {} spare", display::number(spare)), Mark::None),
                _ if holds => (String::new(), Mark::None),
                State::NotMeasured => ("cannot be judged".into(), Mark::None),
                State::Floor => ("more than was measured".into(), Mark::None),
                State::Edge | State::Cliff | State::Bracket | State::NeverMet => ("does not hold it".into(), Mark::Bad),
            };
            Answer { text: display::number(needed), detail, mark }
        }
        None if side.figures.breaking.state == State::NotMeasured => cell(String::new(), "cannot be judged".into()),
        None => cell(String::new(), "no load passes".into()),
    }));
    table.answers.push(row(sides, "month", format!("A month at {asked}"), &|side| {
        let fleet =
            replicas(side).zip(side.price()).and_then(|((needed, spare), price)| fleet_for(needed + spare, 1.0, price));
        match fleet.zip(side.price()) {
            Some((fleet, price)) => cell(
                format!("${}", display::number((fleet.per_hour.0 * HOURS_PER_MONTH).round())),
                format!("{} × {}", counted(fleet.replicas, "replica"), display::dollars(price.0)),
            ),
            None => Answer::default(),
        }
    }));
    let share = |side: &Side<'_>| replicas(side).map(|(needed, spare)| (target / (needed + spare), needed + spare));
    table.answers.push(row(sides, "headroom", "Headroom of each replica then".into(), &|side| {
        let Some((load, replicas)) = share(side) else { return Answer::default() };
        let left = headroom(load, replicas, side.figures.breaking);
        let detail = display::load_with_unit(load, &side.sheet.load_unit);
        match left.value {
            Some(value) => Answer {
                text: format!("{}{}", side.at_least(), display::percent(value)),
                detail,
                mark: if value < 0.0 && !left.at_least { Mark::Bad } else { Mark::None },
            },
            None => cell(String::new(), detail),
        }
    }));
    limits_at(sides, &share, table);
}

/// Every limit at the load of one replica.
fn limits_at(sides: &[Side<'_>], share: &dyn Fn(&Side<'_>) -> Option<(f64, f64)>, table: &mut SideBySide) {
    let mut quantities: Vec<&str> = Vec::new();
    for limit in sides.iter().flat_map(|side| &side.sheet.limits) {
        if !quantities.contains(&limit.quantity.label.as_str()) && !limit.points.is_empty() {
            quantities.push(&limit.quantity.label);
        }
    }
    for quantity in quantities {
        table.answers.push(row(sides, "limit_at_load", format!("{quantity} then"), &|side| {
            let limit = side.sheet.limits.iter().find(|limit| limit.quantity.label == *quantity);
            let Some((limit, (load, _))) = limit.zip(share(side)) else { return Answer::default() };
            let text = |value: f64| display::value(value, &limit.quantity.unit);
            let over = || format!("over {}", text(limit.bound.value));
            match at_load(limit, load) {
                AtLoad::NotMeasured => Answer::default(),
                AtLoad::Beyond => cell(String::new(), "beyond the measured loads".into()),
                AtLoad::Value { value, holds: true } => cell(text(value), "holds".into()),
                AtLoad::Value { value, holds: false } => Answer { text: text(value), detail: over(), mark: Mark::Bad },
                AtLoad::AtMost { value, holds } => {
                    let detail = if holds { "holds" } else { "below the measured loads" };
                    cell(format!("≤ {}", text(value)), detail.into())
                }
            }
        }));
    }
}

/// `1 replica`, `4 replicas`.
fn counted(number: f64, singular: &str) -> String {
    let number = display::number(number);
    let plural = if number == "1" { "" } else { "s" };
    format!("{number} {singular}{plural}")
}

/// What is counted, at the beginning of a row.
fn title_of(question: &Question) -> &'static str {
    match question.basis {
        TokenBasis::Output => "Output tokens",
        TokenBasis::Prompt => "Prompt tokens",
        TokenBasis::Total => "Prompt and output tokens",
    }
}
