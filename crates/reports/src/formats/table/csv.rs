//! The table as comma-separated values.

use std::borrow::Cow;

use super::TOOL;
use super::column::{Column, NAMES, repeats};
use super::row::Rows;
use crate::cells::cells;
use crate::curve;
use crate::format::{Format, Report, Steps};
use crate::hints;
use crate::input::Input;
use crate::limits;
use crate::problem::{Code, Problem, Problems};
use crate::sniff::Sniff;
use crate::yaml::MAX_BYTES;

pub(crate) const CSV: Format = Format {
    id: "table_csv",
    name: "Headroom level table (CSV)",
    tool: TOOL,
    steps: Steps::AsGiven,
    documentation: "published numbers that you type in, one row a load",
    recognises,
    read,
    companions: &[],
    beside: &[],
};

fn recognises(sniff: &Sniff<'_>) -> bool {
    let Some(header) = sniff.lines().next() else { return false };
    let names = row_cells(header);
    let is_load = |column: Option<Column>| matches!(column, Some(Column::Load(_)));
    // Two columns, one of them a load, are no coincidence, even if one is misspelt; the misspelling is then reported.
    let near = |name: &str| Column::nearly(name).and_then(Column::named);
    let known = names.iter().filter(|name| Column::named(name).is_some()).count();
    let meant = names.iter().filter(|name| Column::named(name).or_else(|| near(name)).is_some()).count();
    known > 0 && meant > 1 && names.iter().any(|name| is_load(Column::named(name).or_else(|| near(name))))
}

/// The cells of a line. Columns are separated by commas or, as in Markdown, by `|`.
fn row_cells(line: &str) -> Vec<Cow<'_, str>> {
    let Some(row) = line.trim().strip_prefix('|') else { return cells(line) };
    row.strip_suffix('|').unwrap_or(row).split('|').take(limits::CELLS).map(|cell| Cow::Borrowed(cell.trim())).collect()
}

/// Whether a line is the separator between header and rows of a Markdown table: `|---|:--|`.
fn is_rule(line: &str) -> bool {
    line.trim().starts_with('|') && line.contains('-') && line.chars().all(|c| matches!(c, '|' | '-' | ':' | ' '))
}

fn read(input: &mut Input<'_>, report: &mut Report<'_>) {
    let problem =
        |code, path: Option<String>, message| Problem { source: report.source.to_owned(), code, path, message };
    let text = match input.rest(MAX_BYTES) {
        Ok(Some(bytes)) => String::from_utf8_lossy(&bytes).into_owned(),
        Ok(None) => {
            let message = format!("expected a table of at most {MAX_BYTES} bytes; found more. Keep one row a level.");
            report.problems.push(problem(Code::OutOfRange, None, message));
            return;
        }
        Err(error) => {
            report.problems.push(input.problem(&error, report.source));
            return;
        }
    };
    let mut lines = text
        .lines()
        .enumerate()
        .map(|(index, line)| (index + 1, line.trim_end()))
        .filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#') && !is_rule(line));
    let Some((header_line, header)) = lines.next() else { return };
    let mut problems = Problems::default();
    let header = row_cells(header);
    let mut columns: Vec<Option<Column>> = Vec::with_capacity(header.len());
    for name in &header {
        let column = Column::named(name);
        let repeated = column.is_some() && columns.contains(&column);
        let message = match column {
            None if Column::is_remark(name) => None,
            None => {
                let advice = match Column::nearly(name) {
                    Some(near) => format!(". Did you mean `{near}`?"),
                    None => format!("; the known ones are {NAMES}. Correct or remove it."),
                };
                Some(format!("`{name}` is not a known column{advice}"))
            }
            Some(_) if repeated => Some(format!("{}. Remove one of the two columns.", repeats(name))),
            Some(_) => None,
        };
        let place = Some(format!("line {header_line}"));
        let assumed = Column::assumption(name).filter(|_| !repeated);
        problems.extend(assumed.map(|message| problem(Code::Assumed, place.clone(), message)));
        problems.extend(message.map(|message| problem(Code::UnknownKey, place, message)));
        columns.push(column.filter(|_| !repeated));
    }

    if !columns.iter().flatten().any(|column| matches!(column, Column::Load(_))) {
        report.problems.absorb(problems);
        report.problems.push(Problem {
            source: report.source.to_owned(),
            code: Code::NoLevels,
            path: Some(format!("line {header_line}")),
            message:
                "expected a column with the load (users, constant_rate or poisson_rate); found none. Nothing is read: \
                      correct the header."
                    .to_owned(),
        });
        return;
    }

    let mut rows = Rows::default();
    for (index, (number, line)) in lines.enumerate() {
        if index >= limits::LEVELS {
            problems.push(problem(Code::OutOfRange, Some(format!("line {number}")), limits::more_levels()));
            break;
        }
        let place = || Some(format!("line {number}"));
        let cells = row_cells(line);
        if cells.len() != columns.len() {
            problems.push(problem(
                Code::BadValue,
                place(),
                format!(
                    "expected {} cells as in the header; found {}. The row is left out: correct it.",
                    columns.len(),
                    cells.len()
                ),
            ));
            continue;
        }
        let mut values = Vec::with_capacity(columns.len());
        for ((cell, column), name) in cells.iter().zip(&columns).zip(&header) {
            let (Some(column), false) = (column, cell.is_empty()) else { continue };
            match cell.parse::<f64>() {
                Ok(value) if (0.0..=limits::LARGEST).contains(&value) => values.push((*column, value)),
                _ => problems.push(problem(
                    Code::BadValue,
                    place(),
                    format!(
                        "expected a number that is zero or more in column `{name}`; found something else. The cell is \
                         treated as not measured: correct it or leave it empty."
                    ),
                )),
            }
        }
        if let Err(reason) = rows.add(&values, format!("line {number}"), |_| {}) {
            let message = format!("{reason}. The row is left out: correct it.");
            problems.push(problem(Code::MissingValue, place(), message));
        }
    }
    report.problems.absorb(problems);
    if let Some(mut run) = rows.run(report) {
        run.deployment = hints::deployment(None, &[], report.source);
        run.workload = curve::workload(&run.levels, None);
        report.runs.push(run);
    }
}
