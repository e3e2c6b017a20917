//! Reads runs from the catalog, with exactly the stored values.

use headroom_contract::resources::ProblemSeverity;
use headroom_contract::words::Word as _;
use headroom_engine::level::{Distribution, Level, Rates, Requests, Samples, Server};
use headroom_engine::run::{
    Arrivals, Deployment, DollarsPerHour, LoadModel, OffCurve, Price, Provenance, Run, Workload,
};
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::{CatalogError, FileMark, FileProblem, Header, blocks, facts};

const HEADER_COLUMNS: &str = "runs.key, runs.id, runs.content_hash, runs.tool, runs.tool_version, runs.started_ms,
    runs.ended_ms, runs.load_model, runs.prompt_tokens, runs.output_tokens, runs.shape, runs.labels, runs.facts,
    runs.price_per_hour, runs.price_source, runs.price_region, runs.price_date, runs.level_count, runs.ok_count,
    (SELECT MIN(path) FROM files WHERE files.content_hash = runs.content_hash), runs.conclusions";

/// Every run without its levels, in the order of their sources and then as in the report.
///
/// # Errors
/// An error of SQLite, or [`CatalogError::Damaged`].
pub(super) fn headers(connection: &Connection) -> Result<Vec<Header>, CatalogError> {
    let mut statement =
        connection.prepare_cached(&format!("SELECT {HEADER_COLUMNS} FROM runs ORDER BY 20, runs.number"))?;
    let mut rows = statement.query([])?;
    let mut headers = Vec::new();
    while let Some(row) = rows.next()? {
        headers.push(header(row)?.1);
    }
    Ok(headers)
}

/// One run with its levels and samples; `None` if no run has this id.
///
/// # Errors
/// An error of SQLite, or [`CatalogError::Damaged`].
pub(super) fn run(connection: &Connection, id: &str) -> Result<Option<Run>, CatalogError> {
    let mut statement = connection.prepare_cached(&format!("SELECT {HEADER_COLUMNS} FROM runs WHERE runs.id = ?1"))?;
    let mut rows = statement.query([id])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let (key, header) = header(row)?;
    let mut run = header.run;
    let mut statement = connection.prepare_cached(
        "SELECT number, strategy, load, concurrency, duration_s, started_ms, ended_ms, ok, errored, incomplete,
             reported_requests, reported_output_tokens, reported_prompt_tokens, reported_total_tokens,
             requests_per_second, output_tokens_per_second, prompt_tokens_per_second, total_tokens_per_second,
             prompt_tokens, output_tokens, tool_warnings, queue_depth, kv_cache_use, power_w, asked_load
         FROM levels WHERE run = ?1 ORDER BY number",
    )?;
    let mut rows = statement.query([key])?;
    while let Some(row) = rows.next()? {
        let number: i64 = row.get(0)?;
        let level = level(connection, key, number, row)?;
        match row.get::<_, Option<String>>(1)? {
            None => run.levels.push(level),
            Some(strategy) => run.off_curve.push(OffCurve { strategy, level }),
        }
    }
    if run.levels.len() != header.level_count {
        return Err(CatalogError::Damaged {
            what: format!("run {id} has {} levels where {} were written", run.levels.len(), header.level_count),
        });
    }
    Ok(Some(run))
}

/// The files with this content, by path.
///
/// # Errors
/// An error of SQLite.
pub(super) fn with_content(connection: &Connection, hash: &str) -> Result<Vec<FileMark>, CatalogError> {
    let mut statement = connection
        .prepare_cached("SELECT path, size, modified_ns, tag FROM files WHERE content_hash = ?1 ORDER BY path")?;
    let mut rows = statement.query([hash])?;
    let mut files = Vec::new();
    while let Some(row) = rows.next()? {
        files.push(FileMark { path: row.get(0)?, size: row.get(1)?, changed_ns: row.get(2)?, tag: row.get(3)? });
    }
    Ok(files)
}

/// The files that were read so far, by path.
///
/// # Errors
/// An error of SQLite.
pub(super) fn files(connection: &Connection) -> Result<Vec<FileMark>, CatalogError> {
    let mut statement = connection.prepare_cached("SELECT path, size, modified_ns, tag FROM files ORDER BY path")?;
    let mut rows = statement.query([])?;
    let mut files = Vec::new();
    while let Some(row) = rows.next()? {
        files.push(FileMark { path: row.get(0)?, size: row.get(1)?, changed_ns: row.get(2)?, tag: row.get(3)? });
    }
    Ok(files)
}

/// Every problem with the path of its file, in the order of the paths.
///
/// # Errors
/// An error of SQLite, or [`CatalogError::Damaged`].
pub(super) fn problems(connection: &Connection) -> Result<Vec<(String, FileProblem)>, CatalogError> {
    let mut statement =
        connection.prepare_cached("SELECT path, severity, code, place, message FROM problems ORDER BY path, number")?;
    let mut rows = statement.query([])?;
    let mut problems = Vec::new();
    while let Some(row) = rows.next()? {
        let severity: String = row.get(1)?;
        let severity = ProblemSeverity::from_id(&severity)
            .ok_or_else(|| CatalogError::Damaged { what: format!("a problem of the severity {severity}") })?;
        problems
            .push((row.get(0)?, FileProblem { severity, code: row.get(2)?, place: row.get(3)?, message: row.get(4)? }));
    }
    Ok(problems)
}

fn header(row: &Row<'_>) -> Result<(i64, Header), CatalogError> {
    let id: String = row.get(1)?;
    let damaged = |what: &str, error: &dyn std::fmt::Display| CatalogError::Damaged {
        what: format!("the {what} of run {id}: {error}"),
    };
    let load_model = match row.get::<_, String>(7)?.as_str() {
        "closed" => LoadModel::Closed,
        "constant" => LoadModel::Open(Arrivals::Constant),
        "poisson" => LoadModel::Open(Arrivals::Poisson),
        other => return Err(damaged("load model", &other)),
    };
    let deployment = facts::from_json(&row.get::<_, String>(12)?).map_err(|error| damaged("facts", &error))?;
    let price = row.get::<_, Option<f64>>(13)?.map(|per_hour| {
        Ok::<_, rusqlite::Error>(Price {
            per_hour: DollarsPerHour(per_hour),
            source: row.get(14)?,
            region: row.get(15)?,
            date: row.get(16)?,
        })
    });
    let run = Run {
        provenance: Provenance {
            source: row.get::<_, Option<String>>(19)?.unwrap_or_default(),
            tool: row.get(3)?,
            tool_version: row.get(4)?,
            content_hash: row.get(2)?,
            started_ms: row.get(5)?,
            ended_ms: row.get(6)?,
            labels: serde_json::from_str(&row.get::<_, String>(11)?).map_err(|error| damaged("labels", &error))?,
            conclusions: facts::conclusions_from_json(&row.get::<_, String>(20)?)
                .map_err(|error| damaged("conclusions", &error))?,
        },
        deployment: Deployment { price: price.transpose()?, ..deployment },
        workload: Workload { prompt_tokens: row.get(8)?, output_tokens: row.get(9)?, shape: row.get(10)? },
        load_model,
        levels: Vec::new(),
        off_curve: Vec::new(),
        id,
    };
    Ok((row.get(0)?, Header { run, level_count: row.get(17)?, ok_count: row.get(18)?, members: Vec::new() }))
}

fn level(connection: &Connection, key: i64, number: i64, row: &Row<'_>) -> Result<Level, CatalogError> {
    let distribution = |metric| distribution(connection, key, number, metric);
    Ok(Level {
        load: row.get(2)?,
        concurrency: row.get(3)?,
        duration_s: row.get(4)?,
        started_ms: row.get(5)?,
        ended_ms: row.get(6)?,
        requests: Requests { ok: row.get(7)?, errored: row.get(8)?, incomplete: row.get(9)? },
        reported: Rates {
            requests: row.get(10)?,
            output_tokens: row.get(11)?,
            prompt_tokens: row.get(12)?,
            total_tokens: row.get(13)?,
        },
        rates: Rates {
            requests: row.get(14)?,
            output_tokens: row.get(15)?,
            prompt_tokens: row.get(16)?,
            total_tokens: row.get(17)?,
        },
        prompt_tokens: row.get(18)?,
        output_tokens: row.get(19)?,
        ttft: distribution("ttft")?,
        itl: distribution("itl")?,
        tpot: distribution("tpot")?,
        e2e: distribution("e2e")?,
        samples: samples(connection, key, number)?,
        server: Server { queue_depth: row.get(21)?, kv_cache_use: row.get(22)?, power_w: row.get(23)? },
        asked_load: row.get(24)?,
        tool_warnings: serde_json::from_str(&row.get::<_, String>(20)?)
            .map_err(|error| CatalogError::Damaged { what: format!("the warnings of level {number}: {error}") })?,
    })
}

fn distribution(
    connection: &Connection,
    key: i64,
    number: i64,
    metric: &str,
) -> Result<Option<Distribution>, CatalogError> {
    let found = connection
        .prepare_cached(
            "SELECT count, mean, std, min, max, quantiles FROM distributions
             WHERE run = ?1 AND number = ?2 AND metric = ?3",
        )?
        .query_row(params![key, number, metric], |row| {
            let distribution = Distribution {
                count: row.get(0)?,
                mean: row.get(1)?,
                std: row.get(2)?,
                min: row.get(3)?,
                max: row.get(4)?,
                quantiles: Vec::new(),
            };
            Ok((distribution, row.get::<_, Vec<u8>>(5)?))
        })
        .optional()?;
    let Some((mut distribution, quantiles)) = found else { return Ok(None) };
    let values = blocks::from_plain(&quantiles)?;
    let (pairs, rest) = values.as_chunks::<2>();
    if !rest.is_empty() {
        return Err(CatalogError::Damaged { what: format!("the quantiles of {metric} at level {number}") });
    }
    distribution.quantiles = pairs.iter().map(|&[q, value]| (q, value)).collect();
    Ok(Some(distribution))
}

fn samples(connection: &Connection, key: i64, number: i64) -> Result<Option<Samples>, CatalogError> {
    let mut statement =
        connection.prepare_cached("SELECT metric, length, block FROM samples WHERE run = ?1 AND number = ?2")?;
    let mut rows = statement.query([key, number])?;
    let mut samples: Option<Samples> = None;
    while let Some(row) = rows.next()? {
        let metric: String = row.get(0)?;
        let values = blocks::decode(&row.get::<_, Vec<u8>>(2)?, row.get(1)?)?;
        let into = samples.get_or_insert_default();
        match metric.as_str() {
            "start_s" => into.start_s = values,
            "ttft_ms" => into.ttft_ms = values,
            "itl_ms" => into.itl_ms = values,
            "tpot_ms" => into.tpot_ms = values,
            "e2e_ms" => into.e2e_ms = values,
            "output_tokens" => into.output_tokens = values,
            _ => return Err(CatalogError::Damaged { what: format!("a column of samples named {metric}") }),
        }
    }
    Ok(samples)
}
