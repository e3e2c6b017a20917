//! The `requests` of a GuideLLM benchmark: one row per request, nine tenths of the file. The numbers that are needed go
//! into columns; prompts and answers are skipped.

use headroom_engine::level::Samples;

use super::metrics::MS_PER_S;
use crate::json::{JsonType, Parser, Stop};
use crate::limits;
use crate::problem::Code;

/// Bytes of a request's arguments that are searched for the model's name.
const ARGUMENTS: usize = 64 * 1024;

/// The rows of the successful requests as columns; NaN if a row lacks the value.
#[derive(Default)]
pub(super) struct Rows {
    /// Request start, seconds since the Unix epoch.
    start_s: Vec<f64>,
    ttft_ms: Vec<f64>,
    itl_ms: Vec<f64>,
    tpot_ms: Vec<f64>,
    e2e_ms: Vec<f64>,
    output_tokens: Vec<f64>,
}

impl Rows {
    /// The samples of a level, if there is one row for each of its `ok` successful requests. GuideLLM can be set to
    /// keep only some rows, and these are not a representative sample.
    pub(super) fn samples(self, ok: u64, level_start_s: Option<f64>) -> Option<Samples> {
        if ok == 0 || self.e2e_ms.len() as u64 != ok {
            return None;
        }
        let start = level_start_s.unwrap_or(f64::NAN);
        Some(Samples {
            start_s: self.start_s.into_iter().map(|at| at - start).collect(),
            ttft_ms: self.ttft_ms,
            itl_ms: self.itl_ms,
            tpot_ms: self.tpot_ms,
            e2e_ms: self.e2e_ms,
            output_tokens: self.output_tokens,
        })
    }
}

/// Reads `requests`. The arguments of the first successful one are put into `arguments`, because they name the model.
pub(super) fn read(
    parser: &mut Parser<'_, '_>,
    rows: &mut Rows,
    arguments: &mut Option<String>,
    requests: &mut usize,
) -> Result<(), Stop> {
    parser.object(|parser, key| {
        if key == "successful" {
            parser.array(|parser, _| {
                if *requests >= limits::REQUESTS {
                    parser.note(Code::OutOfRange, limits::more_requests);
                    return parser.skip();
                }
                *requests += 1;
                row(parser, rows, arguments)
            })?;
        }
        Ok(())
    })?;
    Ok(())
}

/// The members of a row that are read.
const MEMBERS: &[&str] = &[
    "request_start_time",
    "start_time",
    "time_to_first_token_ms",
    "inter_token_latency_ms",
    "time_per_output_token_ms",
    "request_latency",
    "output_tokens",
    "request_args",
];

fn row(parser: &mut Parser<'_, '_>, rows: &mut Rows, arguments: &mut Option<String>) -> Result<(), Stop> {
    let missing = f64::NAN;
    let (mut start, mut ttft, mut itl, mut tpot, mut e2e, mut tokens) =
        (missing, missing, missing, missing, missing, missing);
    let found = parser.members(MEMBERS, |parser, which| {
        let slot = match which {
            // `start_time` up to 0.3
            0 | 1 => &mut start,
            2 => &mut ttft,
            3 => &mut itl,
            4 => &mut tpot,
            5 => &mut e2e,
            6 => &mut tokens,
            _ if arguments.is_none() && parser.kind()? == JsonType::Text => {
                *arguments = parser.text(ARGUMENTS)?.map(|text| text.value);
                return Ok(());
            }
            _ => return Ok(()),
        };
        *slot = parser.number()?.unwrap_or(missing);
        Ok(())
    })?;
    if found {
        rows.start_s.push(start);
        rows.ttft_ms.push(ttft);
        rows.itl_ms.push(itl);
        rows.tpot_ms.push(tpot);
        rows.e2e_ms.push(e2e * MS_PER_S);
        rows.output_tokens.push(tokens);
    }
    Ok(())
}
