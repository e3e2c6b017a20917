//! The values that are returned to TypeScript, besides pictures.

use crate::model::{Model, Series};
use crate::production;
use crate::views::View;
use headroom_contract::panel::{
    Comparison, ComparisonCell, ComparisonRow, DrawnChart, Fact, LimitInQuestion, SeriesAnswer,
};
use headroom_contract::words::Id;
use headroom_engine::listed::listed;
use headroom_engine::live::headroom::Headroom;
use headroom_engine::sheet::SheetLimit;
use headroom_engine::side_by_side::{Answer, Answers, SideBySide};

/// The answers of all runs. `limit` is the limit in question.
pub(crate) fn comparison(found: SideBySide, limit: Option<&SheetLimit>) -> Comparison {
    let rows = |answers: Vec<Answers>| listed(answers.into_iter().map(row));
    Comparison {
        rows: rows(found.answers),
        over: rows(found.over),
        sentences: found.sentences,
        notes: found.notes,
        limit: limit.map(|limit| LimitInQuestion {
            subject: limit.quantity.label.clone(),
            unit: limit.quantity.unit.clone(),
            bound: limit.own_bound(),
        }),
    }
}

fn row(answers: Answers) -> ComparisonRow {
    ComparisonRow {
        section: answers.section.map(str::to_owned),
        id: answers.id.to_owned(),
        label: answers.label,
        cells: listed(answers.runs.into_iter().map(cell)),
    }
}

fn cell(Answer { text, detail, mark }: Answer) -> ComparisonCell {
    ComparisonCell { text, detail, mark: Id(mark) }
}

/// The texts for a drawn model.
pub(crate) fn drawn(view: &dyn View, model: &Model) -> DrawnChart {
    DrawnChart {
        x_title: model.options.x_title.clone(),
        y_title: model.options.y_title.clone(),
        heading: view.heading().unwrap_or_default().to_owned(),
        answers: model.series.iter().enumerate().map(|(index, series)| answer(view, model, index, series)).collect(),
    }
}

fn answer(view: &dyn View, model: &Model, index: usize, series: &Series) -> SeriesAnswer {
    // The last breaking point is that of the service level: that of the limit that breaks first.
    let (answer, detail) =
        series.breaks.last().map(|mark| (mark.answer.clone(), mark.detail.clone())).unwrap_or_default();
    let left = production::headroom(series).as_ref().and_then(Headroom::words);
    SeriesAnswer { answer, detail, headroom: left.unwrap_or_default(), legend: view.legend(model, index) }
}

/// Names with values.
pub(crate) fn facts(told: Vec<(String, String)>) -> Vec<Fact> {
    listed(told.into_iter().map(|(name, value)| Fact { name, value }))
}
