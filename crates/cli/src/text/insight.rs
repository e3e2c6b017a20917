//! What a run shows besides its breaking load, one labelled paragraph each.

use headroom_engine::bottleneck::BottleneckKind;
use headroom_engine::breaking::BreakingState;
use headroom_engine::cost::{LoadRule, Reach, Served, TokenCost};
use headroom_engine::display;
use headroom_engine::findings::{Code, Finding};
use headroom_engine::slo::Subject;
use headroom_engine::usl::Usl;
use headroom_engine::verdict::IntervalMethod;

use super::style::Style;
use super::{labelled, price};
use crate::analysis::Judged;

/// The paragraphs; those without data in the report are left out.
/// `all` adds the constants of the Universal Scalability Law.
pub(super) fn lines(judged: &Judged, all: bool, style: Style) -> Vec<String> {
    let paragraphs = [
        ("interval", interval(judged)),
        ("goodput", goodput(judged)),
        ("keep-up", keep_up(judged)),
        ("peak", peak(judged, all)),
        ("cost", cost(judged)),
        ("resource", resource(judged)),
        ("depends", depends(judged)),
    ];
    paragraphs
        .into_iter()
        .filter_map(|(label, text)| Some((label, text?)))
        .flat_map(|(label, text)| labelled(label, Style::dim, &text, style))
        .collect()
}

/// How the interval of the verdict was found, if it is a statistical one.
fn interval(judged: &Judged) -> Option<String> {
    let verdict = &judged.verdict;
    if verdict.state != BreakingState::Edge || verdict.interval == [None, None] {
        return None;
    }
    let unit = judged.run.load_model.unit();
    let how = match verdict.interval_method {
        IntervalMethod::Bootstrap => "by resampling every request (bootstrap)",
        IntervalMethod::LevelBounds => {
            "from the confidence bounds of the levels, which is wider than needed: single requests are not known"
        }
        IntervalMethod::Bracket | IntervalMethod::Unknown => return None,
    };
    Some(format!("{} {unit} with 95% confidence, {how}.", display::interval(verdict.interval)))
}

fn goodput(judged: &Judged) -> Option<String> {
    let best = judged.insight.best_goodput?;
    let unit = judged.run.load_model.unit();
    if best.good == 0 {
        let finished: u64 = judged.insight.goodput.iter().flatten().map(|one| one.finished).sum();
        return Some(format!("None of {} meets every limit.", display::count(finished, "request")));
    }
    let [low, high] = best.interval.map(display::percent);
    let most = format!(
        "Most requests that meet every limit at {}: {} per second, {} of all ({low}–{high}).",
        display::load_with_unit(best.load, unit),
        display::rate(best.per_second?),
        display::percent(best.share)
    );
    let last = judged.insight.goodput.iter().flatten().next_back().filter(|last| last.load > best.load);
    Some(match last {
        Some(last) => {
            let load = display::load_with_unit(last.load, unit);
            format!("{most} At {load} it is {}.", display::percent(last.share))
        }
        None => most,
    })
}

fn keep_up(judged: &Judged) -> Option<String> {
    let load = judged.insight.not_kept_up?;
    // If the unserved rate decides the verdict, the verdict says so itself.
    if judged.verdict.binding.is_some_and(|limit| limit.subject == Subject::Unserved) {
        return None;
    }
    // If the client did not offer the rate, the server did not fail to serve it; the finding about the client says so.
    let client = |finding: &Finding| finding.code == Code::ClientSaturated && finding.load.is_some_and(|at| at <= load);
    if judged.verdict.findings.iter().any(client) {
        return None;
    }
    let at = judged.run.levels.iter().position(|level| level.load >= load)?;
    let share = (*judged.insight.keep_up.get(at)?)?;
    Some(format!(
        "Of {} req/s offered {} were served ({}). From there on the queue grows for as long as a level lasts, and \
         latencies with it.",
        display::load(load),
        display::rate(share * judged.run.levels[at].load),
        display::percent(share)
    ))
}

fn peak(judged: &Judged, all: bool) -> Option<String> {
    let insight = &judged.insight;
    // A single level is shown in the table.
    let peak = insight.peak.filter(|_| judged.run.levels.len() > 1)?;
    let load = |load: f64| display::load_with_unit(load, judged.run.load_model.unit());
    let beyond = match insight.plateau {
        Some(flat) if flat.load < peak.load => format!("; from {} on more load gains less than 5%.", load(flat.load)),
        Some(_) => ".".to_owned(),
        None => "; it was still growing there.".to_owned(),
    };
    let rate = display::rate(peak.output_tokens_per_second);
    let mut sentences = vec![format!("{rate} output tokens per second at {}{beyond}", load(peak.load))];
    sentences.extend(insight.usl.as_ref().filter(|_| all).map(scalability));
    if let (Some(best), Some(allowed)) = (insight.recommended_load, allowed(judged))
        && best < allowed
    {
        sentences.push(format!(
            "The limits allow {}, but more load than {} yields less.",
            load(allowed),
            display::load(best)
        ));
    }
    sentences.extend(
        insight.knee.map(|(knee, _)| format!("The knee is at {}; the limits decide, not the knee.", load(knee))),
    );
    Some(sentences.join(" "))
}

fn scalability(usl: &Usl) -> String {
    let peak = usl.peak_concurrency().map_or_else(
        || "no peak near the measured loads".to_owned(),
        |peak| format!("a peak at {} in flight", display::load(peak)),
    );
    format!(
        "The Universal Scalability Law gives {peak} (contention σ {}, coherency κ {}, R² {}).",
        display::number(usl.sigma),
        display::number(usl.kappa),
        display::number(usl.r_squared)
    )
}

fn cost(judged: &Judged) -> Option<String> {
    let priced = judged.insight.served.iter().filter_map(|(served, cost)| Some((served, cost.as_ref()?)));
    let figures: Vec<(&Served, &TokenCost)> = priced.collect();
    let (served, first) = figures.first()?;
    let each: Vec<String> = figures
        .iter()
        .map(|(served, cost)| {
            let ends = match cost.dollars_interval() {
                [Some(low), Some(high)] => format!(" ({}–{})", display::dollars(low), display::dollars(high)),
                _ => String::new(),
            };
            let reach = Reach::of([served.at_least, false]);
            format!(
                "{}{}{ends} per million {}, {}{} per dollar",
                reach.inverse().words(),
                display::dollars(cost.dollars_per_million()),
                served.basis.label(),
                reach.words(),
                display::number(cost.tokens_per_dollar().round())
            )
        })
        .collect();
    let unit = judged.run.load_model.unit();
    let least = if served.at_least { ", the highest measured load" } else { "" };
    Some(format!(
        "{}. At {}{least}, for {}.",
        each.join("; "),
        display::load_with_unit(served.load, unit),
        price(&first.price)
    ))
}

fn resource(judged: &Judged) -> Option<String> {
    let found = &judged.insight.bottleneck;
    if matches!(found.kind, BottleneckKind::Unknown | BottleneckKind::NoneSeen) {
        return None;
    }
    let kind = match found.kind {
        BottleneckKind::KvCacheWall => "The KV cache limits it",
        BottleneckKind::ComputeWall => "Computing power limits it",
        BottleneckKind::LatencyFloor => "The speed of a single request limits it",
        _ => "Admission limits it: requests wait while those admitted are served as fast as ever",
    };
    let certainty = if found.from_shape_alone { ", judging by the curves alone" } else { "" };
    Some(format!("{kind}{certainty}. {} {}", found.evidence.join(" "), found.kind.remedy()))
}

/// The assumption that has the largest effect on the answer.
fn depends(judged: &Judged) -> Option<String> {
    let most = judged.insight.sensitivity.first().filter(|most| most.factor > 1.0)?;
    let now = allowed(judged)?;
    let told = |answer: &Option<f64>| answer.map_or_else(|| "no load".to_owned(), display::load);
    let answers: Vec<String> = most.answers.iter().map(told).collect();
    // If one of the two answers does not differ, the assumption matters in one direction only.
    let is_now = |answer: &String| *answer == display::load(now);
    let (assumption, gives) = match answers.as_slice() {
        [less, more] if is_now(less) => (most.assumption.replace('±', "+"), more.clone()),
        [less, more] if is_now(more) => (most.assumption.replace('±', "−"), less.clone()),
        all => (most.assumption.clone(), all.join(" and ")),
    };
    // If the sweep ended while passing, the load is a lower bound.
    let least = Reach::of([judged.verdict.state == BreakingState::Floor, false]).words();
    let now = display::load_with_unit(now, judged.run.load_model.unit());
    Some(format!("Most on one assumption: {assumption} gives {gives} instead of {least}{now}."))
}

/// The load that the limits allow, whatever the throughput there.
fn allowed(judged: &Judged) -> Option<f64> {
    LoadRule::Interpolated.load(&(&judged.verdict).into())
}
