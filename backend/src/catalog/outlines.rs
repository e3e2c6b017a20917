//! Runs of many files at once, with only those parts of their levels that joining uses: no quantiles and no samples.

use std::collections::HashMap;

use headroom_engine::level::{Distribution, Level, Requests};
use headroom_engine::run::OffCurve;
use rusqlite::{Connection, Row, params_from_iter};

use super::CatalogError;

/// What joining needs to know about a run besides its header.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Outline {
    /// Every file with the content of the run's report, in order.
    pub paths: Vec<String>,
    /// The levels, with only loads, counts, times, token lengths and mean latencies.
    pub levels: Vec<Level>,
    /// The levels off the curve, in the same form.
    pub off_curve: Vec<OffCurve>,
}

/// The outlines of all runs of these tools, by the runs' ids.
///
/// # Errors
/// An error of SQLite.
pub(super) fn of_tools(connection: &Connection, tools: &[&str]) -> Result<HashMap<String, Outline>, CatalogError> {
    let mut outlines: HashMap<String, Outline> = HashMap::new();
    let among = format!("runs.tool IN ({})", vec!["?"; tools.len()].join(", "));
    let mut statement = connection.prepare_cached(&format!(
        "SELECT runs.id, files.path FROM runs JOIN files ON files.content_hash = runs.content_hash
         WHERE {among} ORDER BY files.path"
    ))?;
    let mut rows = statement.query(params_from_iter(tools))?;
    while let Some(row) = rows.next()? {
        outlines.entry(row.get(0)?).or_default().paths.push(row.get(1)?);
    }
    let mean = |metric: &str| {
        format!(
            "(SELECT mean FROM distributions
              WHERE run = levels.run AND number = levels.number AND metric = '{metric}')"
        )
    };
    let mut statement = connection.prepare_cached(&format!(
        "SELECT runs.id, levels.strategy, levels.load, levels.duration_s, levels.started_ms, levels.ended_ms,
             levels.ok, levels.errored, levels.incomplete, levels.prompt_tokens, levels.output_tokens, {}, {}, {}
         FROM runs JOIN levels ON levels.run = runs.key WHERE {among} ORDER BY levels.run, levels.number",
        mean("ttft"),
        mean("itl"),
        mean("e2e"),
    ))?;
    let mut rows = statement.query(params_from_iter(tools))?;
    while let Some(row) = rows.next()? {
        let outline = outlines.entry(row.get(0)?).or_default();
        let level = level(row)?;
        match row.get::<_, Option<String>>(1)? {
            None => outline.levels.push(level),
            Some(strategy) => outline.off_curve.push(OffCurve { strategy, level }),
        }
    }
    Ok(outlines)
}

fn level(row: &Row<'_>) -> Result<Level, CatalogError> {
    let latency = |column: usize| -> Result<Option<Distribution>, CatalogError> {
        let mean: Option<f64> = row.get(column)?;
        Ok(mean.map(|mean| Distribution { mean: Some(mean), ..Distribution::default() }))
    };
    Ok(Level {
        load: row.get(2)?,
        duration_s: row.get(3)?,
        started_ms: row.get(4)?,
        ended_ms: row.get(5)?,
        requests: Requests { ok: row.get(6)?, errored: row.get(7)?, incomplete: row.get(8)? },
        prompt_tokens: row.get(9)?,
        output_tokens: row.get(10)?,
        ttft: latency(11)?,
        itl: latency(12)?,
        e2e: latency(13)?,
        ..Level::default()
    })
}
