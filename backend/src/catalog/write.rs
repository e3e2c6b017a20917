//! Writes reports into the catalog. Each file is one transaction, so that a kill at any moment leaves either the whole
//! report or none of it.

use std::collections::HashSet;

use headroom_engine::level::{Distribution, Level, Samples};
use headroom_engine::run::{Arrivals, LoadModel, Run};
use rusqlite::{Connection, OptionalExtension as _, Transaction, TransactionBehavior, params};

use super::{CatalogError, FileMark, FileProblem, blocks, facts};

/// The time of change that marks a file as to be read again: no file has it.
const NEVER_NS: i64 = i64::MIN;

/// What was read from one file.
#[derive(Debug, Clone, Default)]
pub struct FileReading {
    /// SHA-256 of the report; `None` if nothing could be read.
    pub content_hash: Option<String>,
    /// The runs, in the order of the report.
    pub runs: Vec<Run>,
    /// What was wrong.
    pub problems: Vec<FileProblem>,
}

/// Stores a file and what was read from it, in place of what was stored for its path. A report with the same content as
/// one at another path is not stored twice: the reading of the first of these paths is kept.
///
/// # Errors
/// An error of SQLite; the catalog is then unchanged.
pub(super) fn ingest(connection: &mut Connection, mark: &FileMark, reading: &FileReading) -> Result<(), CatalogError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let before = known_hash(&transaction, &mark.path)?;
    transaction
        .prepare_cached(
            "INSERT INTO files (path, size, modified_ns, content_hash, tag) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (path) DO UPDATE SET size = ?2, modified_ns = ?3, content_hash = ?4, tag = ?5",
        )?
        .execute(params![mark.path, mark.size, mark.changed_ns, reading.content_hash, mark.tag])?;
    transaction.prepare_cached("DELETE FROM problems WHERE path = ?1")?.execute([&mark.path])?;
    for (number, problem) in reading.problems.iter().enumerate() {
        transaction
            .prepare_cached(
                "INSERT INTO problems (path, number, severity, code, place, message) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute(params![mark.path, number, problem.severity.id(), problem.code, problem.place, problem.message])?;
    }
    if let Some(hash) = &reading.content_hash {
        let known = transaction
            .prepare_cached("SELECT 1 FROM runs WHERE content_hash = ?1 LIMIT 1")?
            .query_row([hash], |_| Ok(()))
            .optional()?;
        // The files beside the report, and the report's name, may say something else than at the last reading.
        if known.is_none() || first_path(&transaction, hash)?.as_ref() == Some(&mark.path) {
            transaction.prepare_cached("DELETE FROM runs WHERE content_hash = ?1")?.execute([hash])?;
            for (number, run) in reading.runs.iter().enumerate() {
                insert_run(&transaction, hash, number, run)?;
            }
        }
    }
    if let Some(before) = before.filter(|before| Some(before) != reading.content_hash.as_ref()) {
        let_go(&transaction, &before, &mark.path)?;
    }
    transaction.commit()?;
    Ok(())
}

/// Removes files that are no longer in the store, and the runs that only they contained. If the stored reading of other
/// files with the same content is that of a removed file, their paths are returned, because they must be read again.
///
/// # Errors
/// An error of SQLite; the catalog is then unchanged.
pub(super) fn forget(connection: &mut Connection, paths: &[String]) -> Result<Vec<String>, CatalogError> {
    if paths.is_empty() {
        return Ok(Vec::new());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut stale = Vec::new();
    for path in paths {
        let before = known_hash(&transaction, path)?;
        transaction.prepare_cached("DELETE FROM files WHERE path = ?1")?.execute([path])?;
        if let Some(before) = before {
            stale.extend(let_go(&transaction, &before, path)?);
        }
    }
    transaction.commit()?;
    let gone: HashSet<&String> = paths.iter().collect();
    stale.retain(|path| !gone.contains(path));
    Ok(stale)
}

/// Removes everything that was read, and the version of the readers. The owner is kept.
///
/// # Errors
/// An error of SQLite; the catalog is then unchanged.
pub(super) fn clear(connection: &mut Connection) -> Result<(), CatalogError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute_batch("DELETE FROM files; DELETE FROM runs; DELETE FROM about WHERE name = 'reader';")?;
    transaction.commit()?;
    Ok(())
}

/// The content hash stored for a path.
fn known_hash(transaction: &Transaction<'_>, path: &str) -> Result<Option<String>, CatalogError> {
    let known = transaction
        .prepare_cached("SELECT content_hash FROM files WHERE path = ?1")?
        .query_row([path], |row| row.get::<_, Option<String>>(0))
        .optional()?;
    Ok(known.flatten())
}

/// The first of the files with this content. Its reading is used for all of them: a reading may depend on the file's
/// name and on the files beside it, so the choice must not depend on the order in which they were read.
fn first_path(transaction: &Transaction<'_>, hash: &str) -> Result<Option<String>, CatalogError> {
    let first = transaction
        .prepare_cached("SELECT MIN(path) FROM files WHERE content_hash = ?1")?
        .query_row([hash], |row| row.get(0))?;
    Ok(first)
}

/// Removes the runs of a report if no file has it any more, now that `path` does not. If other files have it and `path`
/// was the first of them, the next one is marked as not read and returned. This handles one report and does not search
/// all, so that reading a hundred thousand reports takes a hundred thousand steps.
fn let_go(transaction: &Transaction<'_>, hash: &str, path: &str) -> Result<Option<String>, CatalogError> {
    let Some(first) = first_path(transaction, hash)? else {
        transaction.prepare_cached("DELETE FROM runs WHERE content_hash = ?1")?.execute([hash])?;
        return Ok(None);
    };
    if first.as_str() < path {
        return Ok(None);
    }
    transaction
        .prepare_cached("UPDATE files SET modified_ns = ?2 WHERE path = ?1")?
        .execute(params![first, NEVER_NS])?;
    Ok(Some(first))
}

fn insert_run(transaction: &Transaction<'_>, hash: &str, number: usize, run: &Run) -> Result<(), CatalogError> {
    let load_model = match run.load_model {
        LoadModel::Closed => "closed",
        LoadModel::Open(Arrivals::Constant) => "constant",
        LoadModel::Open(Arrivals::Poisson) => "poisson",
    };
    let price = run.deployment.price.as_ref();
    // Two different reports may have the same run id, if a tool writes a run in two formats. The one read last is kept,
    // so that a corrected file replaces its older copy.
    transaction.prepare_cached("DELETE FROM runs WHERE id = ?1")?.execute([&run.id])?;
    transaction
        .prepare_cached(
            "INSERT INTO runs (id, content_hash, number, tool, tool_version, started_ms, ended_ms, load_model,
                 prompt_tokens, output_tokens, shape, labels, facts, price_per_hour, price_source, price_region,
                 price_date, level_count, ok_count, conclusions)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20)",
        )?
        .execute(params![
            run.id,
            hash,
            number,
            run.provenance.tool,
            run.provenance.tool_version,
            run.provenance.started_ms,
            run.provenance.ended_ms,
            load_model,
            run.workload.prompt_tokens,
            run.workload.output_tokens,
            run.workload.shape,
            serde_json::to_string(&run.provenance.labels)?,
            facts::to_json(&run.deployment)?,
            price.map(|price| price.per_hour.0),
            price.and_then(|price| price.source.as_deref()),
            price.and_then(|price| price.region.as_deref()),
            price.and_then(|price| price.date.as_deref()),
            run.levels.len(),
            run.levels.iter().map(|level| level.requests.ok).sum::<u64>(),
            facts::conclusions_to_json(&run.provenance.conclusions)?,
        ])?;
    let key = transaction.last_insert_rowid();
    let on = run.levels.iter().map(|level| (None, level));
    let off = run.off_curve.iter().map(|off| (Some(off.strategy.as_str()), &off.level));
    for (number, (strategy, level)) in on.chain(off).enumerate() {
        insert_level(transaction, key, number, strategy, level)?;
    }
    Ok(())
}

fn insert_level(
    transaction: &Transaction<'_>,
    key: i64,
    number: usize,
    strategy: Option<&str>,
    level: &Level,
) -> Result<(), CatalogError> {
    transaction
        .prepare_cached(
            "INSERT INTO levels (run, number, strategy, load, concurrency, duration_s, started_ms, ended_ms, ok, errored,
                 incomplete, reported_requests, reported_output_tokens, reported_prompt_tokens, reported_total_tokens,
                 requests_per_second, output_tokens_per_second, prompt_tokens_per_second, total_tokens_per_second,
                 prompt_tokens, output_tokens, tool_warnings, queue_depth, kv_cache_use, power_w, asked_load)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22,
                 ?23, ?24, ?25, ?26)",
        )?
        .execute(params![
            key,
            number,
            strategy,
            level.load,
            level.concurrency,
            level.duration_s,
            level.started_ms,
            level.ended_ms,
            level.requests.ok,
            level.requests.errored,
            level.requests.incomplete,
            level.reported.requests,
            level.reported.output_tokens,
            level.reported.prompt_tokens,
            level.reported.total_tokens,
            level.rates.requests,
            level.rates.output_tokens,
            level.rates.prompt_tokens,
            level.rates.total_tokens,
            level.prompt_tokens,
            level.output_tokens,
            serde_json::to_string(&level.tool_warnings)?,
            level.server.queue_depth,
            level.server.kv_cache_use,
            level.server.power_w,
            level.asked_load,
        ])?;
    let latencies = [("ttft", &level.ttft), ("itl", &level.itl), ("tpot", &level.tpot), ("e2e", &level.e2e)];
    for (metric, distribution) in latencies {
        if let Some(distribution) = distribution {
            insert_distribution(transaction, key, number, metric, distribution)?;
        }
    }
    if let Some(samples) = &level.samples {
        for (metric, values) in columns(samples) {
            transaction
                .prepare_cached("INSERT INTO samples (run, number, metric, length, block) VALUES (?1, ?2, ?3, ?4, ?5)")?
                .execute(params![key, number, metric, values.len(), blocks::encode(values)?])?;
        }
    }
    Ok(())
}

fn insert_distribution(
    transaction: &Transaction<'_>,
    key: i64,
    number: usize,
    metric: &str,
    distribution: &Distribution,
) -> Result<(), CatalogError> {
    transaction
        .prepare_cached(
            "INSERT INTO distributions (run, number, metric, count, mean, std, min, max, quantiles)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?
        .execute(params![
            key,
            number,
            metric,
            distribution.count,
            distribution.mean,
            distribution.std,
            distribution.min,
            distribution.max,
            blocks::plain(distribution.quantiles.iter().flat_map(|&(q, value)| [q, value])),
        ])?;
    Ok(())
}

/// The sample columns, with their names in the catalog.
fn columns(samples: &Samples) -> [(&'static str, &[f64]); 6] {
    [
        ("start_s", &samples.start_s),
        ("ttft_ms", &samples.ttft_ms),
        ("itl_ms", &samples.itl_ms),
        ("tpot_ms", &samples.tpot_ms),
        ("e2e_ms", &samples.e2e_ms),
        ("output_tokens", &samples.output_tokens),
    ]
}
