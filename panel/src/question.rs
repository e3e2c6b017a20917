//! What a user asks about runs side by side, and the answer as a table.

use crate::analysis::words;
use crate::figures::{Figures, MILLION, figures};
use crate::format;
use crate::judged;
use crate::model::{Options, Series};
use crate::workload;
use headroom_engine::breaking::State;
use headroom_engine::cost::{
    HOURS_PER_MONTH, LoadRule, Measure, Ratio, Served, break_even_price, cheaper, fleet_for, fleet_for_money, monthly,
    ratio_of,
};
use headroom_engine::curve::Curve;
use headroom_engine::display;
use headroom_engine::live::headroom::headroom_under;
use headroom_engine::run::DollarsPerHour;
use headroom_engine::tokens::TokenBasis;

/// What is asked. A load is one of all replicas together.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Question {
    /// Which of the runs the others are compared with.
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
    /// The best of its row, beyond doubt.
    Best,
    /// It does not hold.
    Bad,
}

/// What a row says of one run.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Cell {
    /// The answer; empty where it is not known.
    pub text: String,
    /// Its interval, its source or its reason; may be empty.
    pub detail: String,
    /// A mark beside it.
    pub mark: Mark,
}

/// One question with the answer of every run.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// A name that does not change with the words.
    pub id: &'static str,
    /// What is asked.
    pub label: String,
    /// One a run.
    pub cells: Vec<Cell>,
}

/// Runs side by side.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Table {
    /// In reading order.
    pub rows: Vec<Row>,
    /// What follows from them, one sentence each.
    pub sentences: Vec<String>,
}

/// One run with what follows from its limits.
struct Side<'a> {
    series: &'a Series,
    figures: Figures,
}

impl Side<'_> {
    fn price(&self) -> Option<DollarsPerHour> {
        let price = self.series.replica.price;
        (price > 0.0 && price.is_finite()).then_some(DollarsPerHour(price))
    }

    fn load(&self, rule: LoadRule) -> Option<f64> {
        rule.load(&self.figures.breaking)
    }

    fn load_interval(&self, rule: LoadRule) -> [Option<f64>; 2] {
        if rule == LoadRule::Interpolated && self.figures.breaking.state == State::Edge {
            self.figures.breaking.interval
        } else {
            [None, None]
        }
    }

    fn at_least(&self) -> &'static str {
        if self.figures.breaking.state == State::Floor { "≥ " } else { "" }
    }
}

/// The table for all runs, visible or not.
#[must_use]
pub fn answer(series: &[Series], options: &Options, question: &Question) -> Table {
    let sides: Vec<Side<'_>> =
        series.iter().map(|series| Side { series, figures: figures(series, options, None) }).collect();
    let mut table = Table::default();
    capacity(&sides, options, &mut table);
    economy(&sides, options, &mut table);
    if let Some(baseline) = sides.get(question.baseline).filter(|_| sides.len() > 1) {
        against(&sides, (question.baseline, baseline), options, &mut table);
    }
    if let Some(load) = question.load.filter(|load| load.is_finite() && *load > 0.0) {
        fleet(&sides, options, question, load, &mut table);
    }
    table
}

fn row<'a>(sides: &'a [Side<'a>], id: &'static str, label: String, cell: &dyn Fn(&'a Side<'a>) -> Cell) -> Row {
    Row { id, label, cells: sides.iter().map(cell).collect() }
}

fn cell(text: String, detail: String) -> Cell {
    Cell { text, detail, mark: Mark::None }
}

/// An interval of texts: `1.2 – 1.4`; empty unless both ends are known.
fn interval(ends: [Option<f64>; 2], text: &dyn Fn(f64) -> String) -> String {
    match ends {
        [Some(low), Some(high)] => format!("{} – {}", text(low), text(high)),
        _ => String::new(),
    }
}

fn capacity(sides: &[Side<'_>], options: &Options, table: &mut Table) {
    table.rows.push(row(sides, "load", "Load that one replica holds".into(), &|side| match words(
        &side.figures.breaking,
        &side.series.load_unit,
    ) {
        Some(mark) => cell(mark.answer, mark.detail),
        None => cell(String::new(), "cannot be judged".into()),
    }));
    table.rows.push(row(sides, "binding", "Limit that breaks first".into(), &|side| {
        let limits = &side.series.limits;
        if let Some(limit) = judged::verdict(limits).1.and_then(|first| limits.get(first)) {
            return cell(limit.line.label.clone(), String::new());
        }
        if side.figures.breaking.state == State::NotMeasured {
            return cell(String::new(), "cannot be judged".into());
        }
        let all: Vec<&str> = limits.iter().map(|limit| limit.line.label.as_str()).collect();
        cell("none was reached".into(), all.join(", "))
    }));
    table.rows.push(row(sides, "rate", format!("{} per second", title_of(options)), &|side| {
        let rate = |rate: f64| format!("{} tok/s", display::rate(rate));
        match side.figures.served {
            Some(served) => cell(
                format!("{}{}", side.at_least(), rate(served.tokens_per_second)),
                interval(served.interval, &display::rate),
            ),
            None => Cell::default(),
        }
    }));
    table.rows.push(row(sides, "rate_per_gpu", "… per GPU".into(), &|side| {
        let gpus = side.series.replica.gpus;
        match side.figures.served {
            Some(served) if gpus > 0.0 => cell(
                format!("{}{} tok/s", side.at_least(), display::rate(served.tokens_per_second / gpus)),
                counted(gpus, "GPU"),
            ),
            Some(_) => cell(String::new(), "number of GPUs unknown".into()),
            None => Cell::default(),
        }
    }));
}

fn economy(sides: &[Side<'_>], options: &Options, table: &mut Table) {
    table.rows.push(row(sides, "price", "Price of one replica".into(), &|side| match side.price() {
        Some(price) => {
            let source = &side.series.replica.price_source;
            let source = if source.is_empty() { "source unknown" } else { source };
            cell(format!("{} per hour", display::dollars(price.0)), source.into())
        }
        None => cell(String::new(), "unknown: set it in deployments.yaml or the data source".into()),
    }));
    let tokens = options.basis.label();
    let costs: Vec<Option<f64>> =
        sides.iter().map(|side| Some(side.figures.cost.as_ref()?.dollars_per_million())).collect();
    let best = best(sides, options, &costs);
    let mut dollars =
        row(sides, "dollars", format!("Dollars per million {tokens}"), &|side| match &side.figures.cost {
            Some(cost) => {
                let at_most = if cost.served.at_least { "≤ " } else { "" };
                cell(
                    format!("{at_most}{}", display::dollars(cost.dollars_per_million())),
                    interval(cost.dollars_interval(), &display::dollars),
                )
            }
            None => Cell::default(),
        });
    let mut per_dollar =
        row(sides, "per_dollar", format!("{} per dollar", title_of(options)), &|side| match &side.figures.cost {
            Some(cost) => {
                let millions = |tokens: f64| format!("{} million", display::number(tokens / MILLION));
                let [low, high] = cost.dollars_interval();
                let ends = [high, low].map(|dollars| dollars.map(|dollars| MILLION / dollars));
                cell(
                    format!("{}{}", side.at_least(), millions(cost.tokens_per_dollar())),
                    interval(ends, &|tokens| display::number(tokens / MILLION)),
                )
            }
            None => Cell::default(),
        });
    if let Some(best) = best {
        dollars.cells[best].mark = Mark::Best;
        per_dollar.cells[best].mark = Mark::Best;
    }
    table.rows.push(dollars);
    table.rows.push(per_dollar);
}

/// The run whose tokens cost less than those of every other one, beyond doubt.
fn best(sides: &[Side<'_>], options: &Options, costs: &[Option<f64>]) -> Option<usize> {
    let known = || costs.iter().enumerate().filter_map(|(index, cost)| Some((index, (*cost)?)));
    let (least, _) = known().min_by(|a, b| a.1.total_cmp(&b.1))?;
    let beats = |other: usize| {
        let ratio = ratio(Measure::Tokens(options.basis), &sides[least], &sides[other], options.rule);
        ratio.is_some_and(|ratio| cheaper(&ratio) == Some(true))
    };
    let others = || known().filter(|(index, _)| *index != least);
    (others().count() > 0 && others().all(|(index, _)| beats(index))).then_some(least)
}

fn ratio(measure: Measure, a: &Side<'_>, b: &Side<'_>, rule: LoadRule) -> Option<Ratio> {
    if !workload::comparable(a.series, b.series) {
        return None;
    }
    let one = |side: &Side<'_>| -> Option<(Served, [Option<f64>; 2], DollarsPerHour)> {
        Some((side.figures.served?, side.load_interval(rule), side.price()?))
    };
    let (a, b) = (one(a)?, one(b)?);
    ratio_of(measure, (&a.0, a.1, a.2), (&b.0, b.1, b.2))
}

fn against(sides: &[Side<'_>], (at, baseline): (usize, &Side<'_>), options: &Options, table: &mut Table) {
    let name = &baseline.series.name;

    let measures = [
        ("ratio", format!("{} per dollar, against {name}", title_of(options)), Measure::Tokens(options.basis)),
        ("load_ratio", format!("Load per dollar, against {name}"), Measure::Load),
    ];
    for (id, label, measure) in measures {
        let cells = sides.iter().enumerate().map(|(index, side)| {
            if index == at {
                return cell("1×".into(), String::new());
            }
            let Some(ratio) = ratio(measure, side, baseline, options.rule) else {
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
        table.rows.push(Row { id, label, cells: cells.collect() });
    }
    same_money(sides, options, table);
    let even = sides.iter().enumerate().map(|(index, side)| {
        let price = (index != at).then(|| {
            let (own, other) = (side.figures.served?, baseline.figures.served?);
            break_even_price(own.tokens_per_second, other.tokens_per_second, baseline.price()?)
        });
        match price.flatten().filter(|_| workload::comparable(side.series, baseline.series)) {
            Some(price) => cell(format!("{} per hour", display::dollars(price.0)), String::new()),
            None => Cell::default(),
        }
    });
    table.rows.push(Row {
        id: "break_even",
        label: format!("Price at which it is as cheap as {name}"),
        cells: even.collect(),
    });
    for (_, side) in sides.iter().enumerate().filter(|(index, _)| *index != at) {
        table.sentences.push(verdict(sides, side, baseline, options));
    }
}

/// Whole replicas for the price of the dearest one.
fn same_money(sides: &[Side<'_>], options: &Options, table: &mut Table) {
    let Some(money) = sides.iter().filter_map(Side::price).map(|price| price.0).max_by(f64::total_cmp) else { return };
    table.rows.push(row(
        sides,
        "same_money",
        format!("For {} per hour, whole replicas", display::dollars(money)),
        &|side| {
            let fleet = side
                .price()
                .zip(side.load(options.rule))
                .and_then(|(price, load)| fleet_for_money(DollarsPerHour(money), load, price));
            match fleet {
                Some(fleet) => cell(
                    format!("{}{}", side.at_least(), display::load_with_unit(fleet.load, &side.series.load_unit)),
                    counted(fleet.replicas, "replica"),
                ),
                None => Cell::default(),
            }
        },
    ));
}

/// Why there is no ratio.
fn missing(side: &Side<'_>, baseline: &Side<'_>) -> String {
    if !workload::comparable(side.series, baseline.series) {
        let words = |side: &Side<'_>| side.series.replica.workload.words();
        return format!("not comparable: {} against {}", words(side), words(baseline));
    }
    if side.price().is_none() || baseline.price().is_none() { "price unknown".into() } else { "not measured".into() }
}

/// One run against the other in a sentence.
fn verdict(sides: &[Side<'_>], side: &Side<'_>, baseline: &Side<'_>, options: &Options) -> String {
    let (name, other) = (&side.series.name, &baseline.series.name);
    let tokens = options.basis.label();
    let Some(ratio) = ratio(Measure::Tokens(options.basis), side, baseline, options.rule) else {
        return format!("{name} and {other} cannot be compared by cost: {}.", missing(side, baseline));
    };
    let at = sides.iter().filter_map(|side| {
        let limit = side.series.swept().and_then(|swept| side.series.limits.get(swept));
        limit.map(|limit| limit.line.label.clone())
    });
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
fn fleet(sides: &[Side<'_>], options: &Options, question: &Question, target: f64, table: &mut Table) {
    let unit = sides.first().map_or("", |side| side.series.load_unit.as_str());
    let asked = display::load_with_unit(target, unit);
    let replicas = |side: &Side<'_>| -> Option<(f64, f64)> {
        let spare = f64::from(question.spare);
        match question.replicas {
            Some(replicas) => Some((f64::from(replicas), spare)),
            None => Some((monthly(target, side.load(options.rule)?, DollarsPerHour(1.0), 0)?.needed, spare)),
        }
    };
    table.rows.push(row(sides, "replicas", format!("Replicas for {asked}"), &|side| match replicas(side) {
        Some((needed, spare)) => {
            let holds = side.load(options.rule).is_some_and(|load| load * needed >= target * (1.0 - 1e-9));
            let (detail, mark) = match side.figures.breaking.state {
                _ if holds && spare > 0.0 => (format!("and {} spare", display::number(spare)), Mark::None),
                _ if holds => (String::new(), Mark::None),
                State::NotMeasured => ("cannot be judged".into(), Mark::None),
                State::Floor => ("more than was measured".into(), Mark::None),
                State::Edge | State::Cliff | State::NeverMet => ("does not hold it".into(), Mark::Bad),
            };
            Cell { text: display::number(needed), detail, mark }
        }
        None if side.figures.breaking.state == State::NotMeasured => cell(String::new(), "cannot be judged".into()),
        None => cell(String::new(), "no load passes".into()),
    }));
    table.rows.push(row(sides, "month", format!("A month at {asked}"), &|side| {
        let fleet =
            replicas(side).zip(side.price()).and_then(|((needed, spare), price)| fleet_for(needed + spare, 1.0, price));
        match fleet {
            Some(fleet) => cell(
                format!("${}", display::number((fleet.per_hour.0 * HOURS_PER_MONTH).round())),
                format!("{} × {}", counted(fleet.replicas, "replica"), display::dollars(side.series.replica.price)),
            ),
            None => Cell::default(),
        }
    }));
    let share = |side: &Side<'_>| replicas(side).map(|(needed, spare)| (target / (needed + spare), needed + spare));
    table.rows.push(row(sides, "headroom", "Headroom of each replica then".into(), &|side| {
        let Some((load, replicas)) = share(side) else { return Cell::default() };
        let left = headroom_under(load, replicas, &side.figures.breaking);
        let detail = display::load_with_unit(load, &side.series.load_unit);
        match left.value {
            Some(value) => Cell {
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
fn limits_at(sides: &[Side<'_>], share: &dyn Fn(&Side<'_>) -> Option<(f64, f64)>, table: &mut Table) {
    let mut subjects: Vec<&str> = Vec::new();
    for limit in sides.iter().flat_map(|side| &side.series.limits) {
        if !subjects.contains(&limit.subject.as_str()) && !limit.points.is_empty() {
            subjects.push(&limit.subject);
        }
    }
    for subject in subjects {
        table.rows.push(row(sides, "limit_at_load", format!("{subject} then"), &|side| {
            let limit = side.series.limits.iter().find(|limit| limit.subject == *subject);
            let Some((limit, (load, _))) = limit.zip(share(side)) else { return Cell::default() };
            let Some(curve) = Curve::fit(&limit.points) else { return Cell::default() };
            let (lowest, highest) = curve.range();
            if load > highest {
                return cell(String::new(), "beyond the measured loads".into());
            }
            // Below the lowest level it is at most what was measured there.
            let Some(value) = curve.value_at(load.max(lowest)) else { return Cell::default() };
            let at_most = load < lowest;
            let bound = format::value(limit.line.bound, &limit.unit);
            let (detail, mark) = if value <= limit.line.bound {
                ("holds".into(), Mark::None)
            } else if at_most {
                ("below the measured loads".into(), Mark::None)
            } else {
                (format!("over {bound}"), Mark::Bad)
            };
            Cell {
                text: format!("{}{}", if at_most { "≤ " } else { "" }, format::value(value, &limit.unit)),
                detail,
                mark,
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
fn title_of(options: &Options) -> &'static str {
    match options.basis {
        TokenBasis::Output => "Output tokens",
        TokenBasis::Prompt => "Prompt tokens",
        TokenBasis::Total => "Prompt and output tokens",
    }
}
