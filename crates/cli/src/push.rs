//! `headroom push`: sends reports to a data source and prints the verdicts.

mod content;
mod server;

use std::io::{self, IsTerminal as _, Read as _, Write};
use std::path::Path;

use anyhow::{Context as _, Result, anyhow, bail};
use headroom_prometheus::{Outgoing, Verb};
use headroom_reports::{Reading, completes_others};
use serde_json::{Value, json};

use self::content::{Content, sha256};
use self::server::{Answer, Server};
use crate::arguments::{Format, Push};
use crate::inputs;

/// What became of all reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Pushed {
    /// Every report is in the store.
    Whole,
    /// Every report is in the store, and one of them was read in part.
    Damaged,
    /// A report was refused, or could not be sent.
    Refused,
}

/// The headers of a report: no form, whose body somebody on the way might read for parameters.
const BINARY: (&str, &str) = ("Content-Type", "application/octet-stream");

/// Sends every report, one after the other.
///
/// # Errors
/// If the answer cannot be written, or the arguments do not go together.
pub(crate) fn run(request: &Push, out: &mut impl Write) -> Result<Pushed> {
    if request.name.is_some() && request.files.len() > 1 {
        bail!(
            "expected one file with --name, found {}: give --folder, and the files keep their names",
            request.files.len()
        );
    }
    let server = Server::new(request)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("expected to start")?;
    let mut worst = Pushed::Whole;
    let mut answers = Vec::new();
    for path in &request.files {
        let (name, pushed) = match name_of(request, path) {
            Ok(name) => {
                let pushed = runtime.block_on(push(request, &server, path, &name));
                (name, pushed)
            }
            Err(error) => (inputs::name(path), Err(error)),
        };
        let answer = pushed.unwrap_or_else(|error| refused(&name, &format!("{error:#}")));
        worst = worst.max(outcome(&answer));
        if request.format == Format::Text {
            tell(&answer, out)?;
        }
        answers.push(answer);
    }
    if request.format == Format::Json {
        serde_json::to_writer_pretty(&mut *out, &json!({ "reports": answers }))?;
        writeln!(out)?;
    }
    Ok(worst)
}

/// The report's path in the store.
fn name_of(request: &Push, path: &Path) -> Result<String> {
    let own = path.file_name().and_then(|name| name.to_str());
    let name = request.name.as_deref().or(own).with_context(|| {
        format!("expected a file with a name in UTF-8, found {}: give it one by --name", path.display())
    })?;
    Ok(match &request.folder {
        Some(folder) => format!("{folder}/{name}"),
        None => name.to_owned(),
    })
}

/// Sends a report, unless it is there; what the server says of it.
async fn push(request: &Push, server: &Server, path: &Path, name: &str) -> Result<Value> {
    let plain = completes_others(name);
    let reading = headroom_reports::read_file(path, &inputs::name(path));
    if reading.runs.is_empty() && !plain {
        return Ok(unread(name, &reading));
    }
    if let Some(run) = reading.runs.first() {
        let parameters = [("content", run.provenance.content_hash.as_str())];
        let outgoing = Outgoing { parameters: &parameters, ..Outgoing::default() };
        let known = server.call(Verb::Get, "reports", outgoing).await?;
        // Where there is no such data source either, what is sent next is told so.
        if known.status != 404 {
            return report(name, &known);
        }
    }
    let content = Content::of(path, plain).with_context(|| format!("expected to read {}", inputs::name(path)))?;
    if content.bytes <= request.part_bytes {
        let mut body = Vec::new();
        content.open()?.read_to_end(&mut body)?;
        let parameters = [("name", name)];
        let outgoing = Outgoing { parameters: &parameters, headers: &[BINARY], body };
        return report(name, &server.call(Verb::Post, "reports", outgoing).await?);
    }
    in_parts(request, server, &content, name).await
}

/// Sends the parts that are not there yet, then has them taken together.
async fn in_parts(request: &Push, server: &Server, content: &Content, name: &str) -> Result<Value> {
    let about = json!({
        "name": name, "bytes": content.bytes, "sha256": content.sha256, "part_bytes": request.part_bytes,
    });
    let outgoing = Outgoing {
        headers: &[("Content-Type", "application/json")],
        body: about.to_string().into(),
        ..Outgoing::default()
    };
    let begun = server.call(Verb::Post, "reports/uploads", outgoing).await?;
    let (Some(id), Some(missing)) = (begun.body["id"].as_str(), begun.body["missing"].as_array()) else {
        return report(name, &begun);
    };
    let missing: Vec<u64> = missing.iter().filter_map(Value::as_u64).collect();
    let parts = content.bytes.div_ceil(request.part_bytes);
    let mut progress = Progress::new(name, content.bytes);
    let mut from = content.open()?;
    for number in 1..=parts {
        let mut body = Vec::new();
        from.by_ref().take(request.part_bytes).read_to_end(&mut body)?;
        let length = body.len() as u64;
        if missing.contains(&number) {
            let hash = sha256(&body);
            let parameters = [("sha256", hash.as_str())];
            let outgoing = Outgoing { parameters: &parameters, headers: &[BINARY], body };
            let sent = server.call(Verb::Put, &format!("reports/uploads/{id}/{number}"), outgoing).await?;
            if sent.status != 200 {
                return report(name, &sent);
            }
        }
        progress.add(length);
    }
    drop(progress);
    report(name, &server.call(Verb::Post, &format!("reports/uploads/{id}/commit"), Outgoing::default()).await?)
}

/// What a server says of the one report of a request.
fn report(name: &str, answer: &Answer) -> Result<Value> {
    match answer.body.pointer("/reports/0") {
        Some(report) => Ok(report.clone()),
        None if answer.status >= 400 => Ok(refused(name, answer.message())),
        None => Err(anyhow!("expected an answer of a Headroom data source; found another one ({})", answer.status)),
    }
}

/// A report that was not sent, in the form of the server's answers.
fn refused(name: &str, why: &str) -> Value {
    json!({ "name": name, "outcome": "refused", "path": null, "message": why, "runs": [], "problems": [] })
}

fn unread(name: &str, reading: &Reading) -> Value {
    let why = reading.problems.first().map_or_else(|| "expected a benchmark report".to_owned(), ToString::to_string);
    refused(name, &why)
}

fn outcome(report: &Value) -> Pushed {
    let problems = report["problems"].as_array().map_or(&[][..], Vec::as_slice);
    if !matches!(report["outcome"].as_str(), Some("stored" | "known")) {
        Pushed::Refused
    } else if problems.iter().any(|problem| problem["severity"] == "error") {
        Pushed::Damaged
    } else {
        Pushed::Whole
    }
}

/// What became of a report, for people. What is wrong goes to standard error.
fn tell(report: &Value, out: &mut impl Write) -> Result<()> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let name = text(&report["name"]);
    let path = text(&report["path"]);
    match report["outcome"].as_str() {
        Some("stored") => writeln!(out, "{path}: stored")?,
        Some("known") => writeln!(out, "{path}: in the store already")?,
        _ => {
            out.flush()?;
            crate::complain(&format!("headroom: {name} is not in the store: {}", text(&report["message"])));
        }
    }
    for run in report["runs"].as_array().into_iter().flatten() {
        let label = text(&run["run"]["label"]);
        match run["verdict"]["sentence"].as_str() {
            Some(sentence) => writeln!(out, "  {label} ({}): {sentence}", text(&run["slo"]["name"]))?,
            None => {
                writeln!(out, "  {label}: not judged, because the data source's default service level cannot be used")?;
            }
        }
    }
    out.flush()?;
    for problem in report["problems"].as_array().into_iter().flatten() {
        let place = problem["place"].as_str().map_or_else(String::new, |place| format!("{place}: "));
        crate::complain(&format!("{}: {place}{}", text(&problem["source"]), text(&problem["message"])));
    }
    Ok(())
}

/// How much of a report is sent, on a terminal.
struct Progress<'a> {
    name: &'a str,
    sent: u64,
    of: u64,
    shown: bool,
}

impl<'a> Progress<'a> {
    fn new(name: &'a str, of: u64) -> Self {
        Self { name, sent: 0, of, shown: io::stderr().is_terminal() }
    }

    fn add(&mut self, bytes: u64) {
        self.sent += bytes;
        if self.shown {
            let percent = self.sent.saturating_mul(100) / self.of.max(1);
            show(&format!("\r{}: {percent} % of {} MiB", self.name, self.of >> 20));
        }
    }
}

impl Drop for Progress<'_> {
    fn drop(&mut self) {
        if self.shown {
            show("\r\x1b[K");
        }
    }
}

/// Writes on the terminal. If it cannot be written, nobody looks.
fn show(text: &str) {
    let mut terminal = io::stderr();
    let written = terminal.write_all(text.as_bytes()).and_then(|()| terminal.flush());
    drop(written);
}
