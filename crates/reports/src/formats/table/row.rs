//! From rows to levels and their run.

use headroom_engine::level::{Distribution, Level, Rates, Server};
use headroom_engine::run::{LoadModel, Run};

use super::TOOL;
use super::column::{Column, Metric, Statistic};
use crate::curve::{self, Placed};
use crate::format::Report;
use crate::problem::{Code, Problem};
use crate::steps;

/// The rows of a table, collected for a run.
#[derive(Default)]
pub(super) struct Rows {
    run: Option<Run>,
    placed: Vec<Placed>,
}

impl Rows {
    /// Adds a row, read at `path`. `complete` adds what the table says about all its levels. `Err` says why the row
    /// cannot be used.
    pub(super) fn add(
        &mut self,
        cells: &[(Column, f64)],
        path: String,
        complete: impl FnOnce(&mut Level),
    ) -> Result<(), String> {
        let (load_model, mut level) = level(cells)?;
        complete(&mut level);
        let run = self.run.get_or_insert_with(|| curve::empty_run(load_model));
        if run.load_model != load_model {
            return Err(
                "expected the same kind of load in every row; found another. Put it in a table of its own".to_owned()
            );
        }
        self.placed.push(Placed { strategy: "table", path, level });
        Ok(())
    }

    /// The run from the rows; `None`, with a problem, if there are no rows.
    pub(super) fn run(self, report: &mut Report<'_>) -> Option<Run> {
        let Some(mut run) = self.run else {
            report.problems.push(Problem {
                source: report.source.to_owned(),
                code: Code::NoLevels,
                path: None,
                message:
                    "expected at least one level with a load; found none that can be used. Write one row a level, \
                          as in `users,ttft_p95_ms` and below it `1,574`."
                        .to_owned(),
            });
            return None;
        };
        TOOL.clone_into(&mut run.provenance.tool);
        curve::place(&mut run, self.placed, report.source, &mut report.problems);
        Some(run)
    }
}

/// Creates a level from the cells of a row that have a value.
fn level(cells: &[(Column, f64)]) -> Result<(LoadModel, Level), String> {
    let cell = |wanted: Column| cells.iter().find(|(column, _)| *column == wanted).map(|&(_, value)| value);
    let loads: Vec<(LoadModel, f64)> = cells
        .iter()
        .filter_map(|&(column, value)| match column {
            Column::Load(model) => Some((model, value)),
            _ => None,
        })
        .collect();
    let (load_model, load) = match loads.as_slice() {
        [(model, load)] if *load > 0.0 => (*model, *load),
        [_] => return Err("expected a load above 0".to_owned()),
        [] => return Err("expected a load (users, constant_rate or poisson_rate)".to_owned()),
        _ => return Err("expected one load, not several".to_owned()),
    };
    let count = |column| cell(column).map(whole).transpose().map(Option::unwrap_or_default);
    let mut level = Level {
        load,
        concurrency: cell(Column::Concurrency),
        duration_s: cell(Column::Duration).filter(|&duration| duration > 0.0),
        prompt_tokens: cell(Column::PromptTokens),
        output_tokens: cell(Column::OutputTokens),
        ..Level::default()
    };
    level.requests.ok = count(Column::Ok)?;
    level.requests.errored = count(Column::Errored)?;
    level.requests.incomplete = count(Column::Incomplete)?;
    let requests = level.requests.ok;
    let latency = |metric| distribution(cells, metric, requests);
    (level.ttft, level.itl) = (latency(Metric::Ttft), latency(Metric::Itl));
    (level.tpot, level.e2e) = (latency(Metric::Tpot), latency(Metric::E2e));
    level.server = Server {
        queue_depth: cell(Column::QueueDepth),
        kv_cache_use: cell(Column::KvCacheUse).map(share).transpose()?,
        power_w: cell(Column::Power).filter(|&power| power > 0.0),
    };
    level.reported = Rates {
        requests: cell(Column::RequestRate),
        output_tokens: cell(Column::OutputRate),
        prompt_tokens: cell(Column::PromptRate),
        total_tokens: cell(Column::TotalRate),
    };
    let counted = cell(Column::Ok).zip(level.duration_s).and_then(|(ok, duration)| steps::ratio(ok, duration));
    let tokens = |mean: Option<f64>| counted.zip(mean).map(|(rate, mean)| rate * mean).filter(|rate| rate.is_finite());
    let (prompt, output) = (
        level.reported.prompt_tokens.or_else(|| tokens(level.prompt_tokens)),
        level.reported.output_tokens.or_else(|| tokens(level.output_tokens)),
    );
    level.rates = Rates {
        requests: level.reported.requests.or(counted),
        output_tokens: output,
        prompt_tokens: prompt,
        total_tokens: level.reported.total_tokens.or_else(|| prompt.zip(output).map(|(a, b)| a + b)),
    };
    Ok((load_model, level))
}

fn distribution(cells: &[(Column, f64)], wanted: Metric, requests: u64) -> Option<Distribution> {
    let mut distribution = Distribution { count: requests, ..Distribution::default() };
    let mut any = false;
    for &(column, value) in cells {
        let Column::Latency(metric, statistic) = column else { continue };
        if metric != wanted {
            continue;
        }
        any = true;
        match statistic {
            Statistic::Mean => distribution.mean = Some(value),
            Statistic::Std => distribution.std = Some(value),
            Statistic::Min => distribution.min = Some(value),
            Statistic::Max => distribution.max = Some(value),
            Statistic::Quantile(q) => distribution.quantiles.push((q, value)),
        }
    }
    distribution.quantiles.sort_by(|a, b| a.0.total_cmp(&b.0));
    any.then_some(distribution)
}

fn share(value: f64) -> Result<f64, String> {
    if value <= 1.0 { Ok(value) } else { Err(format!("expected a share of the KV cache from 0 to 1, not {value}")) }
}

fn whole(value: f64) -> Result<u64, String> {
    if value.fract() == 0.0 && value < 9.0e15 {
        // Whole, in range, and not negative: cells are zero or more.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        return Ok(value as u64);
    }
    Err(format!("expected a whole number of requests, not {value}"))
}
