//! What was measured, beside what was promised.

use std::fmt;

/// What a figure may be.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Budget {
    /// At least this.
    AtLeast(f64),
    /// At most this.
    AtMost(f64),
    /// Shown for comparison.
    None,
}

struct Row {
    what: String,
    value: f64,
    unit: &'static str,
    budget: Budget,
}

/// Rows in the order they were measured.
#[derive(Default)]
pub(crate) struct Table {
    rows: Vec<Row>,
    notes: Vec<String>,
}

impl Table {
    /// Adds a figure.
    pub(crate) fn add(&mut self, what: impl Into<String>, value: f64, unit: &'static str, budget: Budget) {
        self.rows.push(Row { what: what.into(), value, unit, budget });
    }

    /// Adds something to know about the figures.
    pub(crate) fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.rows.iter().map(|row| row.what.chars().count()).max().unwrap_or(0);
        writeln!(f, "{:width$}  {:>14}  {:>16}", "", "measured", "budget")?;
        for Row { what, value, unit, budget } in &self.rows {
            let (limit, verdict) = match budget {
                Budget::AtLeast(least) => {
                    (format!("≥ {}", figure(*least, unit)), if value >= least { "ok" } else { "OVER" })
                }
                Budget::AtMost(most) => {
                    (format!("≤ {}", figure(*most, unit)), if value <= most { "ok" } else { "OVER" })
                }
                Budget::None => (String::new(), ""),
            };
            let line = format!("{what:width$}  {:>14}  {limit:>16}  {verdict}", figure(*value, unit));
            writeln!(f, "{}", line.trim_end())?;
        }
        for note in &self.notes {
            writeln!(f, "{note}")?;
        }
        Ok(())
    }
}

fn figure(value: f64, unit: &str) -> String {
    let decimals = if value >= 100.0 || value.fract() == 0.0 { 0 } else { 2 };
    format!("{value:.decimals$} {unit}")
}
