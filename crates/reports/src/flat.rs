//! Reports of vLLM, SGLang and InferenceX: one flat object for each load step, alone in a file, in an array, or one
//! after the other (`--append-result` and JSON lines).
//!
//! The object may contain columns with one value for each request. The texts of requests are skipped.

use headroom_engine::level::Samples;
use headroom_engine::run::Arrivals;

use crate::format::Report;
use crate::input::Input;
use crate::json::{JsonType, Parser, Stop};
use crate::limits;
use crate::problem::Code;
use crate::secrets;
use crate::steps::{self, Offer};
use crate::summary::MS_PER_S;
use crate::tree::{Room, Tree};

/// Arrival gaps count as even up to this squared coefficient of variation. vLLM draws gaps from a gamma distribution with
/// shape `burstiness`, for which it is `1 / shape`.
const EVEN: f64 = 0.25;

/// One object, that is, one load step.
pub(crate) struct Entry {
    /// Its place in the document: `[2]` in an array, `entry 3` among several documents.
    pub(crate) path: Option<String>,
    /// Its settings and summaries, in the order of the file.
    pub(crate) fields: Tree,
    pub(crate) rows: Rows,
}

/// The per-request columns of an object, in seconds and tokens.
#[derive(Default)]
pub(crate) struct Rows {
    output_tokens: Vec<f64>,
    ttft_s: Vec<f64>,
    /// Sum of the gaps between chunks, for each request.
    decode_s: Vec<f64>,
    e2e_s: Vec<f64>,
    start_s: Vec<f64>,
    failed: Vec<bool>,
}

/// Reads every object of a report; `true` if the report was read to its end.
pub(crate) fn read(
    input: &mut Input<'_>,
    report: &mut Report<'_>,
    mut each: impl FnMut(Entry, &mut Report<'_>),
) -> bool {
    let mut number = 0;
    let mut room = Keep { levels: limits::LEVELS, requests: limits::REQUESTS };
    loop {
        match input.is_used_up() {
            Ok(true) => return true,
            Ok(false) => {}
            Err(error) => {
                report.problems.push(input.problem(&error, report.source));
                return false;
            }
        }
        number += 1;
        let mut entries = Vec::new();
        let mut parser = Parser::new(input);
        let outcome = document(&mut parser, &mut entries, &mut room);
        let stopped = outcome.err().map(|stop| parser.problem(&stop, report.source));
        report.problems.extend(parser.into_problems(report.source));
        for mut entry in entries {
            if number > 1 && entry.path.is_none() {
                entry.path = Some(format!("entry {number}"));
            }
            each(entry, report);
        }
        if let Some(problem) = stopped {
            report.problems.push(problem);
            return false;
        }
    }
}

/// How much of a report may still be kept.
struct Keep {
    levels: usize,
    /// Number of requests whose values may still be kept.
    requests: usize,
}

fn document(parser: &mut Parser<'_, '_>, entries: &mut Vec<Entry>, keep: &mut Keep) -> Result<(), Stop> {
    let mut room = Room::default();
    let mut each = |parser: &mut Parser<'_, '_>| {
        if keep.levels == 0 {
            parser.note(Code::OutOfRange, limits::more_levels);
            return parser.skip();
        }
        keep.levels -= 1;
        entries.extend(entry(parser, &mut room, keep)?);
        Ok(())
    };
    if parser.kind()? == JsonType::Array {
        parser.array(|parser, _| each(parser))?;
        return Ok(());
    }
    each(parser)
}

fn entry(parser: &mut Parser<'_, '_>, room: &mut Room, keep: &mut Keep) -> Result<Option<Entry>, Stop> {
    let path = parser.path();
    let mut fields = Vec::new();
    let mut rows = Rows::default();
    let most = keep.requests;
    let found = parser.object(|parser, key| {
        match key {
            "output_lens" => column(parser, &mut rows.output_tokens, most)?,
            "ttfts" => column(parser, &mut rows.ttft_s, most)?,
            "latencies" => column(parser, &mut rows.e2e_s, most)?,
            "start_times" => column(parser, &mut rows.start_s, most)?,
            "itls" => {
                rows.decode_s.clear();
                parser.array(|parser, index| {
                    if index >= most {
                        return too_many(parser);
                    }
                    let mut sum = 0.0;
                    parser.array(|parser, _| {
                        sum += parser.number()?.unwrap_or(0.0);
                        Ok(())
                    })?;
                    rows.decode_s.push(sum);
                    Ok(())
                })?;
            }
            "errors" => {
                rows.failed.clear();
                parser.array(|parser, index| {
                    if index >= most {
                        return too_many(parser);
                    }
                    let failed = parser.kind()? == JsonType::Text
                        && parser.text(1)?.is_some_and(|text| text.cut || !text.value.is_empty());
                    rows.failed.push(failed);
                    Ok(())
                })?;
            }
            // Prompts and answers are private, and waiting times of the client are not latencies.
            "generated_texts" | "input_lens" | "queue_times" => {}
            _ => fields.push((key.to_owned(), Tree::read_within(parser, room)?)),
        }
        Ok(())
    })?;
    keep.requests -= rows.longest();
    Ok(found.then_some(Entry { path, fields: Tree::Map(fields), rows }))
}

/// Skips the values of requests beyond the limit.
fn too_many(parser: &mut Parser<'_, '_>) -> Result<(), Stop> {
    parser.note(Code::OutOfRange, limits::more_requests);
    parser.skip()
}

fn column(parser: &mut Parser<'_, '_>, into: &mut Vec<f64>, most: usize) -> Result<(), Stop> {
    into.clear();
    parser.array(|parser, index| {
        if index >= most {
            return too_many(parser);
        }
        into.push(parser.number()?.unwrap_or(f64::NAN));
        Ok(())
    })?;
    Ok(())
}

/// How vLLM and SGLang offered the load. A rate with a cap on concurrency counts as a rate: arrivals do not wait for
/// answers until the cap is reached, and then the level visibly falls behind its rate.
pub(crate) fn offer(fields: &Tree) -> Offer {
    if let Some(rate) = fields.get("request_rate").positive() {
        let arrivals = match fields.get("burstiness").positive() {
            Some(shape) if 1.0 / shape <= EVEN => Arrivals::Constant,
            _ => Arrivals::Poisson,
        };
        return Offer::Open(arrivals, rate);
    }
    fields.get("max_concurrency").positive().map_or(Offer::OffCurve("burst"), Offer::Closed)
}

/// The number of successful requests of an object and its duration in seconds; `None`, with a problem, if one of them
/// is missing.
pub(crate) fn completed(entry: &Entry, report: &mut Report<'_>) -> Option<(u64, f64)> {
    let path = entry.path.as_deref();
    let ok = entry.fields.get("completed").count();
    if ok.is_none() {
        steps::unusable(report, path, "completed", "the number of completed requests");
    }
    let (ok, duration_s) = (ok?, entry.fields.get("duration").positive());
    if duration_s.is_none() {
        steps::unusable(report, path, "duration", "a duration above 0 seconds");
    }
    Some((ok, duration_s?))
}

impl Entry {
    /// The free labels of an object: scalars under unknown names, without secrets.
    pub(crate) fn labels(&self, is_known: impl Fn(&str) -> bool) -> Vec<(String, String)> {
        self.fields
            .entries()
            .iter()
            .filter(|(key, _)| !is_known(key))
            .filter_map(|(key, value)| Some((key.clone(), value.scalar()?)))
            .filter(|(key, value)| !secrets::is_secret(key, value))
            .collect()
    }
}

impl Rows {
    /// The length of the longest column.
    fn longest(&self) -> usize {
        let columns = [&self.output_tokens, &self.ttft_s, &self.decode_s, &self.e2e_s, &self.start_s];
        columns.iter().map(|column| column.len()).chain([self.failed.len()]).max().unwrap_or(0)
    }

    /// One sample for each of the `ok` successful requests, if the object has all of them.
    ///
    /// vLLM and SGLang compute a request's time per output token as `(latency − TTFT) / (tokens − 1)`. If the latency
    /// is missing, it is the TTFT plus all gaps.
    pub(crate) fn samples(&self, ok: u64) -> Option<Samples> {
        let rows = self.ttft_s.len();
        let fits = |column: &[f64]| column.is_empty() || column.len() == rows;
        let failed = |row: usize| self.failed.get(row).copied().unwrap_or(false);
        let kept: Vec<usize> = (0..rows).filter(|&row| !failed(row)).collect();
        let columns = [&self.output_tokens, &self.decode_s, &self.e2e_s, &self.start_s];
        if ok == 0 || kept.len() as u64 != ok || !columns.iter().all(|column| fits(column)) {
            return None;
        }
        let at = |column: &[f64], row: usize| column.get(row).copied().unwrap_or(f64::NAN);
        let first = kept.iter().map(|&row| at(&self.start_s, row)).fold(f64::NAN, f64::min);
        let new = || Vec::with_capacity(kept.len());
        let mut samples = Samples {
            start_s: new(),
            ttft_ms: new(),
            itl_ms: new(),
            tpot_ms: new(),
            e2e_ms: new(),
            output_tokens: new(),
        };
        for row in kept {
            let ttft = at(&self.ttft_s, row);
            let e2e = if self.e2e_s.is_empty() { ttft + at(&self.decode_s, row) } else { at(&self.e2e_s, row) };
            let tokens = at(&self.output_tokens, row);
            let gap = if tokens > 1.0 { (e2e - ttft) / (tokens - 1.0) } else { f64::NAN };
            samples.start_s.push(at(&self.start_s, row) - first);
            samples.ttft_ms.push(ttft * MS_PER_S);
            samples.itl_ms.push(gap * MS_PER_S);
            // A time per output token that includes the first token is given only by GuideLLM.
            samples.tpot_ms.push(f64::NAN);
            samples.e2e_ms.push(e2e * MS_PER_S);
            samples.output_tokens.push(tokens);
        }
        Some(samples)
    }
}
