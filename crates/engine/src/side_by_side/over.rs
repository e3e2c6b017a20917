//! The same comparison under other bounds of the limit in question, because the cheaper one may change.

use super::against::{baselines, doubt};
use super::{Answer, Answers, Question, Side, SideBySide, cell, title_of};
use crate::cost::{BOUND_FACTORS, Contest, Figures, MILLION, Measure, Reach, TokenCost, ahead, searched, stretches};
use crate::display;
use crate::listed::listed;
use crate::sheet::{Sheet, SheetLimit};

/// What a dollar buys from each run at every bound, and who is ahead between the bounds.
pub(super) fn over(sides: &[Side<'_>], question: &Question, table: &mut SideBySide) {
    let baselines = baselines(sides, question.baseline);
    let Some(limit) = sides[question.baseline].sheet.limit_in_question() else { return };
    let own = limit.own_bound();
    if !(own > 0.0 && own.is_finite()) {
        return;
    }
    let sheets: Vec<Sheet> = sides.iter().map(|side| side.sheet.clone().by_level_bounds()).collect();
    // Each run with the one that it is compared with; the baseline itself with none.
    let pairs = || {
        sheets.iter().zip(&baselines).enumerate().map(|(index, (own, &at))| (own, (index != at).then(|| &sheets[at])))
    };
    let begins = |factor: f64| (factor <= BOUND_FACTORS[0]).then_some("What a dollar buys, under each limit");
    for factor in BOUND_FACTORS {
        let runs = listed(pairs().map(|(sheet, baseline)| at_bound(sheet, baseline, own * factor, question)));
        table.over.push(Answers { section: begins(factor), id: "over", label: label(limit, own * factor), runs });
    }
    for (sheet, baseline) in pairs() {
        let lead = baseline.and_then(|baseline| leads(sheet, baseline, limit, question));
        if let Some(lead) = lead {
            table.notes.push(lead);
        }
    }
}

fn label(limit: &SheetLimit, bound: f64) -> String {
    format!("{} ≤ {}", limit.quantity.label, display::value(bound, &limit.quantity.unit))
}

/// The answer for one run at a bound: for the baseline its tokens per dollar, for other runs the multiple of the
/// baseline's.
fn at_bound(sheet: &Sheet, baseline: Option<&Sheet>, bound: f64, question: &Question) -> Answer {
    let figures = |sheet: &Sheet| Figures::at(sheet, bound, question.basis, question.rule);
    let own = figures(sheet);
    let Some(served) = own.served else { return cell(String::new(), "no load passes".into()) };
    let sign = Reach::of([served.at_least, false]).sign();
    let load = format!("{sign}{}", display::load_with_unit(served.load, &sheet.load_unit));
    let Some(baseline) = baseline else {
        let million = |cost: &TokenCost| {
            let millions = display::number(cost.tokens_per_dollar() / MILLION);
            format!("{sign}{millions} million {}", question.basis.label())
        };
        return cell(own.cost.as_ref().map_or_else(String::new, million), load);
    };
    if !sheet.is_comparable(baseline) {
        return cell(String::new(), format!("{load}; not comparable"));
    }
    let measure = Measure::Tokens(question.basis);
    let contest = figures(baseline).served.and_then(|other| Contest::of(measure, (sheet, &served), (baseline, &other)));
    match contest {
        Some(contest) => {
            let times = format!("{}{}×", contest.ratio.reach().sign(), display::number(contest.ratio.value));
            let doubt = doubt(&contest);
            cell(times, if doubt.is_empty() { load } else { format!("{load}; {doubt}") })
        }
        None => cell(String::new(), load),
    }
}

/// Who of two is ahead between the lowest and the highest bound; `None` if at no bound both have an answer and a price.
fn leads(sheet: &Sheet, baseline: &Sheet, limit: &SheetLimit, question: &Question) -> Option<String> {
    if !sheet.is_comparable(baseline) {
        return None;
    }
    let told = BOUND_FACTORS.map(|factor| factor * limit.own_bound());
    let [low, .., high] = told;
    let found =
        stretches(sheet, baseline, &searched([low, high], &told), Measure::Tokens(question.basis), question.rule);
    let text = |bound: f64| display::value(bound, &limit.quantity.unit);
    let (first, last) = (found.first()?, found.last()?);
    let told = ahead(&found, [&sheet.name, &baseline.name], &text);
    let rest = if first.from > low || last.to < high {
        format!(
            " Elsewhere between {} and {} one of the two has no answer, or one that may be more.",
            text(low),
            text(high)
        )
    } else {
        String::new()
    };
    let (tokens, subject) = (title_of(question).to_ascii_lowercase(), &limit.quantity.label);
    Some(format!("By {tokens} per dollar, over the limit on {subject}: {told}.{rest}"))
}
