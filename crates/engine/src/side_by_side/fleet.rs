//! What it takes to serve a load.

use super::{Answer, Mark, Question, Side, SideBySide, cell, counted};
use crate::breaking::BreakingState;
use crate::cost::{HOURS_PER_MONTH, fleet_for, replicas_for};
use crate::display;
use crate::live::headroom::headroom;
use crate::what_if::{AtLoad, at_load};

/// What each deployment needs to serve the load.
pub(super) fn fleet(sides: &[Side<'_>], question: &Question, target: f64, table: &mut SideBySide) {
    let unit = sides.first().map_or("", |side| side.sheet.load_unit.as_str());
    let asked = display::load_with_unit(target, unit);
    let replicas = |side: &Side<'_>| -> Option<(f64, f64)> {
        let spare = f64::from(question.spare);
        match question.replicas {
            Some(replicas) => Some((f64::from(replicas), spare)),
            None => Some((replicas_for(target, side.load(question.rule)?)?, spare)),
        }
    };
    table.row(sides, "replicas", format!("Replicas for {asked}"), &|side| match replicas(side) {
        Some((needed, spare)) => {
            let holds = side.load(question.rule).is_some_and(|load| load * needed >= target * (1.0 - 1e-9));
            let (detail, mark) = match side.figures.breaking.state {
                _ if holds && spare > 0.0 => (format!("and {} spare", display::number(spare)), Mark::None),
                _ if holds => (String::new(), Mark::None),
                BreakingState::NotMeasured => ("cannot be judged".into(), Mark::None),
                BreakingState::Floor => ("more than was measured".into(), Mark::None),
                BreakingState::Edge | BreakingState::Cliff | BreakingState::Bracket | BreakingState::NeverMet => {
                    ("does not hold it".into(), Mark::Bad)
                }
            };
            Answer { text: display::number(needed), detail, mark }
        }
        None if side.figures.breaking.state == BreakingState::NotMeasured => {
            cell(String::new(), "cannot be judged".into())
        }
        None => cell(String::new(), "no load passes".into()),
    });
    table.row(sides, "month", format!("A month at {asked}"), &|side| {
        let fleet =
            replicas(side).zip(side.price()).and_then(|((needed, spare), price)| fleet_for(needed + spare, 1.0, price));
        match fleet.zip(side.price()) {
            Some((fleet, price)) => cell(
                format!("${}", display::number((fleet.per_hour.0 * HOURS_PER_MONTH).round())),
                format!("{} × {}", counted(fleet.replicas, "replica"), display::dollars(price.0)),
            ),
            None => Answer::default(),
        }
    });
    let share = |side: &Side<'_>| replicas(side).map(|(needed, spare)| (target / (needed + spare), needed + spare));
    table.row(sides, "headroom", "Headroom of each replica then".into(), &|side| {
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
    });
    limits_at(sides, &share, table);
}

/// Every limit at the load per replica.
fn limits_at(sides: &[Side<'_>], share: &dyn Fn(&Side<'_>) -> Option<(f64, f64)>, table: &mut SideBySide) {
    let mut quantities: Vec<&str> = Vec::new();
    for limit in sides.iter().flat_map(|side| &side.sheet.limits) {
        if !quantities.contains(&limit.quantity.label.as_str()) && !limit.points.is_empty() {
            quantities.push(&limit.quantity.label);
        }
    }
    for quantity in quantities {
        table.row(sides, "limit_at_load", format!("{quantity} then"), &|side| {
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
        });
    }
}
