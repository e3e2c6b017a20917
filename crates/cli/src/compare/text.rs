//! A comparison as text.

use std::io::Write;

use anyhow::Result;
use headroom_engine::breaking::BreakingState;
use headroom_engine::compare::{ALARM_LEVEL, Cell};
use headroom_engine::cost::{Contest, Fleet, LoadRule, Ratio, Reach, Served, TokenCost, ahead};
use headroom_engine::display;
use headroom_engine::findings::{Finding, FindingSeverity};
use headroom_engine::run::Run;
use headroom_engine::slo::{Latency, Limit, Subject};
use headroom_engine::throughput::peak;
use headroom_engine::tokens::TokenBasis;

use super::money::Money;
use super::summary::{LIKELY, change_interval, not_comparable, run_to_run, sentences};
use super::{Comparison, Side};
use crate::arguments::Color;
use crate::text::grid::grid;
use crate::text::style::Style;
use crate::text::{change, findings, labelled, price, title, wrap};

/// Shown in a cell for unknown.
const NONE: &str = "–";

/// Writes the comparison.
pub(super) fn write(found: &Comparison, color: Color, out: &mut impl Write) -> Result<()> {
    let style = Style::new(color);
    let mut lines = Vec::new();
    let limits: Vec<String> = found.slo.limits.iter().map(Limit::label).collect();
    lines.push(style.bold(&format!("{}: {}", found.slo.name, limits.join(", "))));
    for (name, side) in [("A", &found.a), ("B", &found.b)] {
        lines.push(String::new());
        lines.extend(heading(name, side, style));
    }
    lines.push(String::new());
    for sentence in sentences(found) {
        lines.extend(wrap(&sentence, style.width(), "▸ ", "  "));
    }
    for section in
        [about(found, style), sizes(found, style), requests(found, style), over(found, style), doubts(found, style)]
    {
        if !section.is_empty() {
            lines.push(String::new());
            lines.extend(section);
        }
    }
    for line in lines {
        writeln!(out, "{line}")?;
    }
    Ok(())
}

/// One side: what it is, where it is from and how much it holds.
fn heading(name: &str, side: &Side, style: Style) -> Vec<String> {
    let run = &side.judged.run;
    let known = run.deployment.name.is_some() || run.deployment.model.is_some();
    let label = if known { run.deployment_label() } else { side.path.as_str() };
    let mut lines = title(&format!("{name}  {label}"), &run.deployment, style);
    let mut origin = vec![run.provenance.source.clone()];
    origin.extend(run.deployment.price.as_ref().map(price));
    if !side.repeats.is_empty() {
        origin.push(format!("and {}", display::count(side.repeats.len() as u64, "other run")));
    }
    lines.extend(wrap(&origin.join(" · "), style.width(), "  ", "    ").iter().map(|line| style.dim(line)));
    lines.extend(wrap(&side.judged.verdict.sentence, style.width(), "  ", "  "));
    lines
}

/// What else differs between the sides.
fn about(found: &Comparison, style: Style) -> Vec<String> {
    let mut lines = Vec::new();
    let differ: Vec<String> = found
        .differences
        .iter()
        .map(|difference| format!("{} ({} → {})", difference.factor, difference.a, difference.b))
        .collect();
    let differ = if differ.is_empty() { "nothing that the reports state".to_owned() } else { differ.join(", ") };
    lines.extend(labelled("differ", Style::dim, &format!("{differ}."), style));
    for warning in &found.warnings {
        lines.extend(labelled("warning", Style::careful, warning, style));
    }
    lines
}

/// Loads, throughput and money side by side.
fn sizes(found: &Comparison, style: Style) -> Vec<String> {
    let (a, b) = (&found.a.judged, &found.b.judged);
    let unit = a.run.load_model.unit();
    let row = |name: &str, a: Option<String>, b: Option<String>, change: Option<String>| {
        let cell = |text: Option<String>| text.unwrap_or_else(|| NONE.to_owned());
        vec![format!("  {name}"), cell(a), cell(b), cell(change)]
    };
    let load = |side: &Side| {
        let load = found.rule.load(&(&side.judged.verdict).into())?;
        let interval = match (found.rule, side.judged.verdict.interval) {
            (LoadRule::LastPassingLevel, _) | (_, [None, None]) => String::new(),
            (LoadRule::Interpolated, ends) => format!(" ({})", display::interval(ends)),
        };
        let reach = Reach::of([side.judged.verdict.state == BreakingState::Floor, false]);
        // The interval of a floor would only repeat the load.
        let interval = if reach == Reach::Exact { interval } else { String::new() };
        Some(format!("{}{}{interval}", reach.words(), display::load(load)))
    };
    let peak_of = |run: &Run| {
        let peak = peak(run)?;
        Some(format!("{} at {}", display::rate(peak.output_tokens_per_second), display::load(peak.load)))
    };
    let holds = match found.rule {
        LoadRule::Interpolated => format!("{unit} held"),
        LoadRule::LastPassingLevel => format!("{unit} at the last level that passed"),
    };
    let ratio = found.load_ratio.as_ref().map(ratio_change);
    let mut rows = vec![
        vec!["  ".to_owned(), "A".to_owned(), "B".to_owned(), "B against A".to_owned()],
        row(&holds, load(&found.a), load(&found.b), ratio),
        row("peak output tokens/s", peak_of(&a.run), peak_of(&b.run), found.peak_ratio.map(change)),
    ];
    rows.extend(found.money.iter().flat_map(|money| money_rows(money, unit)));
    let mut lines = grid(&rows, 4);
    if let Some(first) = lines.first_mut() {
        *first = style.dim(first);
    }
    if let Some(money) = &found.money {
        lines.extend(money_notes(money, style));
    } else {
        let priced = [a, b].iter().all(|side| side.run.deployment.price.is_some());
        let text = if not_comparable(found).is_some() {
            "What they were asked differs in length, or is not known: measure both with the same prompts and outputs."
        } else if priced {
            "A side holds no load or measured no tokens, so nothing can be set against money."
        } else {
            "Tokens per dollar need a price of both sides: give --price-a and --price-b, or a price in a deployments file."
        };
        let assumed = found.load_ratio.filter(|ratio| ratio.interval.iter().any(Option::is_some));
        let assumed = assumed.map_or_else(String::new, |ratio| format!(" {}", run_to_run(ratio.by_repeats)));
        lines.extend(labelled("cost", Style::dim, &format!("{text}{assumed}"), style));
    }
    lines
}

/// A ratio as a change with its interval, in brackets.
fn ratio_change(ratio: &Ratio) -> String {
    format!("{}{}{}", ratio.reach().words(), change(ratio.value), change_interval(ratio.interval))
}

fn money_rows(money: &Money, unit: &str) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    for tokens in &money.tokens {
        let (a, b) = (&tokens.a, &tokens.b);
        // The full name of the third kind is too long for a table.
        let name = match a.served.basis {
            TokenBasis::Total => "prompt + output",
            basis => basis.id(),
        };
        let reach = |cost: &TokenCost| Reach::of([cost.served.at_least, false]);
        let rate =
            |cost: &TokenCost| format!("{}{}", reach(cost).words(), display::rate(cost.served.tokens_per_second));
        let per = |cost: &TokenCost| {
            let (more, less) = (reach(cost).words(), reach(cost).inverse().words());
            let dollars = display::dollars(cost.dollars_per_million());
            format!("{more}{} ({less}{dollars}/M)", display::number(cost.tokens_per_dollar().round()))
        };
        let factor = b.served.tokens_per_second / a.served.tokens_per_second;
        let there = format!("{}{}", tokens.contest.ratio.reach().words(), change(factor));
        rows.push(vec![format!("  tokens/s there, {name}"), rate(a), rate(b), there]);
        rows.push(vec![format!("  tokens per dollar, {name}"), per(a), per(b), ratio_change(&tokens.contest.ratio)]);
    }
    if let Some((tokens, ratio)) = money.tokens.first().and_then(|tokens| Some((tokens, tokens.contest.requests?))) {
        let per = |cost: &TokenCost| {
            let more = Reach::of([cost.served.at_least, false]).words();
            let requests = cost.requests_per_dollar();
            requests.map_or_else(|| NONE.to_owned(), |requests| format!("{more}{}", display::number(requests.round())))
        };
        rows.push(vec!["  requests per dollar".to_owned(), per(&tokens.a), per(&tokens.b), ratio_change(&ratio)]);
    }
    rows.push(vec![
        format!("  {unit} for {}/h", display::dollars(money.spent.0)),
        fleet_text(money.fleets[0]),
        fleet_text(money.fleets[1]),
        money.fleet.map_or_else(|| NONE.to_owned(), |contest| ratio_change(&contest.ratio)),
    ]);
    rows
}

/// A fleet as its load, and its replicas times the load of each: `12 (4 × 3)`, `at least 60 (4 × 15)`.
fn fleet_text((reach, fleet): (Reach, Fleet)) -> String {
    let each = if fleet.replicas > 0.0 { fleet.load / fleet.replicas } else { 0.0 };
    let (load, replicas) = (display::load(fleet.load), display::number(fleet.replicas));
    format!("{}{load} ({replicas} × {})", reach.words(), display::load(each))
}

fn money_notes(money: &Money, style: Style) -> Vec<String> {
    let mut sentences = Vec::new();
    if let (Some((reach, price)), Some(tokens)) = (money.break_even_b, money.tokens.first()) {
        sentences.push(format!(
            "At {}{} per hour B's {} would cost what A's do.",
            reach.words(),
            display::dollars(price.0),
            tokens.a.served.basis.label()
        ));
    }
    if let Some(most) = money.sensitivity.first().filter(|most| most.factor > 1.0) {
        let answers: Vec<String> = most
            .answers
            .iter()
            .map(|answer| {
                answer.map_or_else(|| "no answer".to_owned(), |ratio| format!("{} times", display::number(ratio)))
            })
            .collect();
        sentences.push(format!(
            "The ratio depends most on one assumption: {} gives {}.",
            most.assumption,
            answers.join(" and ")
        ));
    }
    sentences.push(run_to_run(money.by_repeats()));
    labelled("cost", Style::dim, &sentences.join(" "), style)
}

/// The comparison of requests at every common load, for the limited latencies and the end-to-end latency.
fn requests(found: &Comparison, style: Style) -> Vec<String> {
    let cells = &found.requests.cells;
    if cells.is_empty() {
        return Vec::new();
    }
    let limited = |latency: Latency| {
        let subject = |limit: &Limit| matches!(limit.subject, Subject::Latency(of, _) if of == latency);
        latency == Latency::E2e || found.slo.limits.iter().any(subject)
    };
    let unit = found.a.judged.run.load_model.unit();
    let header = [unit, "latency", "requests", "B against A (95% interval)", "shift", "p", ""];
    let mut rows = vec![header.map(str::to_owned).to_vec()];
    rows.extend(cells.iter().filter(|cell| limited(cell.latency)).map(cell_row));
    let mut lines: Vec<String> = grid(&rows, 0).into_iter().map(|line| format!("  {line}")).collect();
    if let Some(first) = lines.first_mut() {
        *first = style.dim(first);
    }
    let mut notes = vec![format!(
        "A typical request of B against one of A (Hodges–Lehmann). p: how often chance alone gives as much (Mann–Whitney), \
         corrected for {} (Benjamini–Hochberg); beyond doubt from {} down.",
        display::count(cells.len() as u64, "comparison"),
        display::number(ALARM_LEVEL)
    )];
    if !found.requests.unmatched_loads.is_empty() {
        notes.push(format!(
            "Only one side measured {}.",
            display::loads_with_unit(&found.requests.unmatched_loads, unit)
        ));
    }
    lines.extend(wrap(&notes.join(" "), style.width(), "  ", "  ").iter().map(|line| style.dim(line)));
    lines
}

fn cell_row(cell: &Cell) -> Vec<String> {
    let ratio = cell.ratio;
    let shift = cell.shift_ms.value;
    let sign = if shift < 0.0 { "−" } else { "+" };
    let p = if cell.adjusted_p < 1e-4 { "<0.0001".to_owned() } else { display::number(cell.adjusted_p) };
    vec![
        display::load(cell.load),
        cell.latency.label().to_owned(),
        format!("{} · {}", cell.counts[0], cell.counts[1]),
        format!("{}{}", change(ratio.value), change_interval([Some(ratio.lo), Some(ratio.hi)])),
        format!("{sign}{}", display::milliseconds(shift.abs())),
        p,
        match cell.adjusted_p {
            _ if cell.is_real() => "beyond doubt",
            p if p <= LIKELY => "likely",
            _ => "may be chance",
        }
        .to_owned(),
    ]
}

/// Both sides as a function of one limit's bound.
fn over(found: &Comparison, style: Style) -> Vec<String> {
    let Some(over) = &found.over else { return Vec::new() };
    let unit = found.a.judged.run.load_model.unit();
    let priced = over.bounds.iter().any(|at| at.tokens.is_some());
    let mut header = vec![format!("{} ≤", over.subject.label()), format!("A {unit}"), format!("B {unit}")];
    if priced {
        header.extend(["tokens per dollar", "A fleet", "B fleet", "fleets"].map(str::to_owned));
    }
    let known = |text: Option<String>| text.unwrap_or_else(|| NONE.to_owned());
    let load =
        |served: &Served| format!("{}{}", Reach::of([served.at_least, false]).words(), display::load(served.load));
    let mut rows = vec![header];
    rows.extend(over.bounds.iter().map(|at| {
        let mut row =
            vec![over.subject.format(at.bound), known(at.a.as_ref().map(load)), known(at.b.as_ref().map(load))];
        if priced {
            let figure = |contest: &Contest, text: String| {
                let told = if contest.cheaper().is_some() { "" } else { " ?" };
                format!("{}{text}{told}", contest.ratio.reach().words())
            };
            let times = |contest: &Contest| figure(contest, format!("×{}", display::number(contest.ratio.value)));
            row.push(known(at.tokens.as_ref().map(times)));
            row.push(known(at.fleets.map(|[a, _]| fleet_text(a))));
            row.push(known(at.fleets.map(|[_, b]| fleet_text(b))));
            row.push(known(at.fleet.as_ref().map(|contest| figure(contest, change(contest.ratio.value)))));
        }
        row
    }));
    let mut lines: Vec<String> = grid(&rows, 0).into_iter().map(|line| format!("  {line}")).collect();
    if let Some(first) = lines.first_mut() {
        *first = style.dim(first);
    }
    let mut told: Vec<String> =
        [("By tokens per dollar", &over.tokens), ("By whole replicas for the same money", &over.fleets)]
            .into_iter()
            .filter(|(_, stretches)| !stretches.is_empty())
            // The engine compares with B as its first side here.
            .map(|(by, stretches)| {
                format!("{by} {}.", ahead(stretches, ["B", "A"], &|bound| over.subject.format(bound)))
            })
            .collect();
    if over.bounds.iter().any(|at| at.tokens.is_some_and(|contest| contest.cheaper().is_none())) {
        told.push("A figure with a ? is not beyond doubt.".to_owned());
    }
    lines.extend(
        wrap(&told.join(" "), style.width(), "  ", "  ").iter().filter(|line| !line.trim().is_empty()).cloned(),
    );
    lines
}

/// The findings that weaken the answer of each side.
fn doubts(found: &Comparison, style: Style) -> Vec<String> {
    let mut lines = Vec::new();
    for (name, side) in [("A", &found.a), ("B", &found.b)] {
        let grave: Vec<Finding> = side
            .judged
            .verdict
            .findings
            .iter()
            .filter(|finding| finding.severity >= FindingSeverity::Warning)
            .map(|finding| Finding { message: format!("{name}: {}", finding.message), ..finding.clone() })
            .collect();
        lines.extend(findings(&grave, side.judged.run.load_model.unit(), style));
    }
    lines
}
