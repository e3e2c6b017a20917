//! Runs side by side, as a table of texts: the load that each holds, what its tokens cost, and what it takes to serve a
//! load.

mod against;
mod fleet;
mod over;

use crate::breaking::BreakingState;
use crate::cost::{Figures, LoadRule, MILLION, cheapest_of_each};
use crate::display;
use crate::listed::joined;
use crate::run::DollarsPerHour;
use crate::sheet::Sheet;
use crate::tokens::TokenBasis;

/// A question about the runs. Loads are those of all replicas together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Question {
    /// Which tokens are counted.
    pub basis: TokenBasis,
    /// Which load a cost is taken at.
    pub rule: LoadRule,
    /// Index of the run that the others are compared with. If there is no such run, nothing is compared.
    pub baseline: usize,
    /// Load to serve.
    pub load: Option<f64>,
    /// Replicas of each deployment; `None` for as many as the load needs.
    pub replicas: Option<u32>,
    /// Spare replicas on top of those.
    pub spare: u32,
    /// Whether to also compare what a dollar buys under other bounds, which takes a hundred times as long as the rest.
    pub over_limits: bool,
}

/// How good or bad an answer is, for a mark beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mark {
    /// Neither good nor bad.
    #[default]
    None,
    /// The best of all runs of its workload, beyond doubt.
    Best,
    /// A limit does not hold, or a load is not served.
    Bad,
}

impl Mark {
    /// Every mark.
    pub const ALL: [Self; 3] = [Self::None, Self::Best, Self::Bad];

    /// `none`, `best` or `bad`.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Best => "best",
            Self::Bad => "bad",
        }
    }
}

/// The answer for one run.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Answer {
    /// The answer; empty if unknown.
    pub text: String,
    /// Its interval, its source or its reason; may be empty.
    pub detail: String,
    /// A mark beside it.
    pub mark: Mark,
}

/// One question with every run's answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Answers {
    /// Title of a section that begins at this row.
    pub section: Option<&'static str>,
    /// A stable name of the row, whatever its label says.
    pub id: &'static str,
    /// The question.
    pub label: String,
    /// One answer for each run.
    pub runs: Vec<Answer>,
}

/// Runs side by side.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SideBySide {
    /// The rows in reading order.
    pub answers: Vec<Answers>,
    /// What a dollar buys under other bounds of the limit in question, one row each, ascending; empty if there is
    /// nothing to compare or if it was not asked for.
    pub over: Vec<Answers>,
    /// What follows from them, one sentence each.
    pub sentences: Vec<String>,
    /// What else to know before deciding: who is ahead under which limits, where requests were too few, what nobody
    /// measured.
    pub notes: Vec<String>,
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
        if self.figures.breaking.state == BreakingState::Floor { "≥ " } else { "" }
    }
}

/// The answers for all runs.
#[must_use]
pub fn side_by_side(sheets: &[Sheet], question: &Question) -> SideBySide {
    let (basis, rule) = (question.basis, question.rule);
    let sides: Vec<Side<'_>> =
        sheets.iter().map(|sheet| Side { sheet, figures: Figures::of(sheet, basis, rule) }).collect();
    let mut table = SideBySide::default();
    table.section("Capacity under the service level", |table| capacity(&sides, question, table));
    table.section("Cost at that load", |table| economy(&sides, question, table));
    if sides.len() > 1 && question.baseline < sides.len() {
        table.section("Compared", |table| against::against(&sides, question, table));
        if question.over_limits {
            over::over(&sides, question, &mut table);
        }
        against::uncarried(&sides, question, &mut table);
    }
    if let Some(load) = question.load.filter(|load| load.is_finite() && *load > 0.0) {
        table.section("Fleet for the load to serve", |table| fleet::fleet(&sides, question, load, table));
    }
    table
}

impl SideBySide {
    /// Adds what `fill` adds, under a section title.
    fn section(&mut self, title: &'static str, fill: impl FnOnce(&mut Self)) {
        let begin = self.answers.len();
        fill(self);
        if let Some(first) = self.answers.get_mut(begin) {
            first.section = Some(title);
        }
    }

    /// Adds a row.
    #[inline(never)] // for the size of the WebAssembly: it is called for every row
    fn row<'a>(
        &mut self,
        sides: &'a [Side<'a>],
        id: &'static str,
        label: String,
        cell: &dyn Fn(&'a Side<'a>) -> Answer,
    ) {
        self.answers.push(row(sides, id, label, cell));
    }
}

fn row<'a>(sides: &'a [Side<'a>], id: &'static str, label: String, cell: &dyn Fn(&'a Side<'a>) -> Answer) -> Answers {
    Answers { section: None, id, label, runs: sides.iter().map(cell).collect() }
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
    table.row(sides, "load", "Load that one replica holds".into(), &|side| match side
        .figures
        .breaking
        .words(&side.sheet.load_unit)
    {
        Some(words) => cell(words.answer, words.detail),
        None => cell(String::new(), "cannot be judged".into()),
    });
    table.row(sides, "binding", "Limit that breaks first".into(), &|side| {
        let limits = &side.sheet.limits;
        if let Some(limit) = side.sheet.first_to_break().and_then(|first| limits.get(first)) {
            return cell(limit.bound.label.clone(), String::new());
        }
        if side.figures.breaking.state == BreakingState::NotMeasured {
            return cell(String::new(), "cannot be judged".into());
        }
        let all: Vec<&str> = limits.iter().map(|limit| limit.bound.label.as_str()).collect();
        cell("none was reached".into(), joined(&all, ", "))
    });
    table.row(sides, "rate", format!("{} per second", title_of(question)), &|side| {
        let rate = |rate: f64| format!("{} tok/s", display::rate(rate));
        match side.figures.served {
            Some(served) => cell(
                format!("{}{}", side.at_least(), rate(served.tokens_per_second)),
                interval(served.interval, &display::rate),
            ),
            None => Answer::default(),
        }
    });
    table.row(sides, "rate_per_gpu", "… per GPU".into(), &|side| match side
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
    });
}

fn economy(sides: &[Side<'_>], question: &Question, table: &mut SideBySide) {
    table.row(sides, "price", "Price of one replica".into(), &|side| match side.sheet.known_price() {
        Some(price) => {
            let source = price.source.as_deref().unwrap_or("source unknown");
            cell(format!("{} per hour", display::dollars(price.per_hour.0)), source.into())
        }
        None => cell(String::new(), "unknown: set it in deployments.yaml or the data source".into()),
    });
    let tokens = question.basis.label();
    let sheets: Vec<&Sheet> = sides.iter().map(|side| side.sheet).collect();
    let served: Vec<_> = sides.iter().map(|side| side.figures.served).collect();
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
    for best in cheapest_of_each(&sheets, &served, question.basis) {
        dollars.runs[best].mark = Mark::Best;
        per_dollar.runs[best].mark = Mark::Best;
    }
    table.answers.push(dollars);
    table.answers.push(per_dollar);
}

/// A number of things: `1 replica`, `4 replicas`.
fn counted(number: f64, singular: &str) -> String {
    let number = display::number(number);
    let plural = if number == "1" { "" } else { "s" };
    format!("{number} {singular}{plural}")
}

/// The name of what is counted, to begin a row with.
fn title_of(question: &Question) -> &'static str {
    match question.basis {
        TokenBasis::Output => "Output tokens",
        TokenBasis::Prompt => "Prompt tokens",
        TokenBasis::Total => "Prompt and output tokens",
    }
}
