//! `headroom`: how much load an LLM deployment holds before it breaks, read from benchmark reports.
//!
//! Exit codes: 0 if there is an answer, 2 if nothing could be read or the command line is wrong. `analyze` and `rules`
//! end with 1 if a damaged report was only read in part, and `rules` also if a run has no threshold. `check` ends with
//! 1 if something does not hold, and with 2 if the data cannot tell, `next`
//! with 1 if nothing more is to be measured. `push` ends with 1 if a report is damaged, and with 2 if one is not in the
//! store.

mod analysis;
mod arguments;
mod bench;
mod check;
mod compare;
mod csv;
mod generated;
mod history;
mod inputs;
mod insight;
mod json;
mod next;
mod push;
mod rules;
mod slos;
mod text;

use std::io::{self, BufWriter, ErrorKind, Write};
use std::process::ExitCode;

use anyhow::Result;
use headroom_reports::Problem;

use crate::arguments::{Analyze, Format, Request};
use crate::rules::Outcome;

/// The exit code when nothing could be read.
const NOTHING_READ: u8 = 2;

/// The exit code when a report was read in part.
const DAMAGED: u8 = 1;

/// The exit code when nothing more is to be measured.
const NOTHING_MORE: u8 = 1;

/// The exit code when a run has no load that rules could compare with.
const REFUSED: u8 = 1;

fn main() -> ExitCode {
    let request = arguments::parse();
    let mut out = BufWriter::new(io::stdout().lock());
    let outcome = respond(&request, &mut out).and_then(|code| Ok(out.flush().map(|()| code)?));
    match outcome {
        Ok(code) => code,
        // The reader of a pipe has closed it, as in `headroom analyze … | head`; it has what it wanted.
        Err(error) if closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&format!("headroom: {error:#}"));
            ExitCode::from(NOTHING_READ)
        }
    }
}

fn respond(request: &Request, out: &mut impl Write) -> Result<ExitCode> {
    match request {
        Request::Analyze(analyze) => return analyze_reports(analyze, out),
        Request::Compare(request) => complained(compare::write(request, out), out)?,
        Request::History(request) => complained(history::write(request, out), out)?,
        Request::Check(request) => {
            let answer = complained(check::write(request, out), out)?;
            return Ok(ExitCode::from(answer.status()));
        }
        Request::Next(request) => {
            let more = complained(next::write(request, out), out)?;
            return Ok(ExitCode::from(if more { 0 } else { NOTHING_MORE }));
        }
        Request::Bench(request) => {
            return match bench::run(request)? {
                bench::Ended::Measured => analyze_reports(&bench::analyze(request), out),
                bench::Ended::Planned => Ok(ExitCode::SUCCESS),
                bench::Ended::Stopped(status) => Ok(ExitCode::from(status)),
            };
        }
        Request::Push(request) => {
            return Ok(match push::run(request, out)? {
                push::Pushed::Whole => ExitCode::SUCCESS,
                push::Pushed::Damaged => told_damaged(),
                push::Pushed::Refused => ExitCode::from(NOTHING_READ),
            });
        }
        Request::Rules(request) => match complained(rules::write(request, out), out)? {
            Outcome::Refused(reasons) => {
                for reason in reasons {
                    complain(&format!("headroom: no rules: {reason}"));
                }
                return Ok(ExitCode::from(REFUSED));
            }
            Outcome::Written { damaged: true } => return Ok(told_damaged()),
            Outcome::Written { damaged: false } => {}
        },
        Request::Slos(format, color) => slos::write(*format, *color, out)?,
        Request::Completions(shell) => generated::completions(*shell, out)?,
        Request::Man(command) => generated::man_page(command.as_deref(), out)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn analyze_reports(request: &Analyze, out: &mut impl Write) -> Result<ExitCode> {
    let analysis = analysis::analyze(request)?;
    match request.format {
        Format::Text => text::write(&analysis, request.color, request.all_findings, out)?,
        Format::Json => json::write(&analysis, out)?,
        Format::Csv => csv::write(&analysis, out)?,
    }
    complain_of(&analysis.problems, out)?;
    if analysis.runs.is_empty() {
        complain("headroom: nothing could be read; expected benchmark reports such as GuideLLM's benchmarks.json");
        return Ok(ExitCode::from(NOTHING_READ));
    }
    if analysis.damaged {
        return Ok(told_damaged());
    }
    Ok(ExitCode::SUCCESS)
}

/// Reports that only a part of a report was read, and returns the exit code by which a script can tell.
fn told_damaged() -> ExitCode {
    complain("headroom: a report is damaged, and the answer is of the part of it that could be read");
    ExitCode::from(DAMAGED)
}

/// Prints the problems, then returns what became of the answer.
fn complained<T>((problems, written): (Vec<Problem>, Result<T>), out: &mut impl Write) -> Result<T> {
    complain_of(&problems, out)?;
    written
}

/// The problems on standard error, after everything on standard output.
fn complain_of(problems: &[Problem], out: &mut impl Write) -> Result<()> {
    out.flush()?;
    for line in inputs::complaints(problems) {
        complain(&line);
    }
    Ok(())
}

/// A line on standard error. If even that cannot be written, nothing more can be done.
fn complain(line: &str) {
    let written = writeln!(io::stderr(), "{line}");
    drop(written);
}

fn closed_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        let io = cause.downcast_ref::<io::Error>().map(io::Error::kind);
        let json = cause.downcast_ref::<serde_json::Error>().and_then(serde_json::Error::io_error_kind);
        io.or(json) == Some(ErrorKind::BrokenPipe)
    })
}
