//! The tools: how each is asked for one level, and where it leaves its report.

mod aiperf;
mod guidellm;
mod inference_perf;
mod vllm;

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde_json::Value;

use super::child::Prepared;
use crate::arguments::{Bench, Tool};

/// One level to measure.
pub(crate) struct Job<'a> {
    /// What is measured, and how.
    pub(crate) request: &'a Bench,
    /// Users, or requests per second.
    pub(crate) load: f64,
    /// How long, seconds.
    pub(crate) seconds: f64,
    /// Another one for every level, so that no prompt is asked twice.
    pub(crate) seed: u32,
    /// The hidden folder for what is not whole.
    pub(crate) part: &'a Path,
    /// Requests per second that are expected at this load; `None` before anything was measured.
    pub(crate) request_rate: Option<f64>,
}

impl Job<'_> {
    /// The program to start: the one that was named, or the tool's own.
    fn program(&self, usual: &str) -> String {
        self.request.program.as_ref().map_or_else(|| usual.to_owned(), |path| path.to_string_lossy().into_owned())
    }

    /// Writes the tool's settings into the hidden folder.
    fn settings(&self, name: &str, content: &str) -> Result<PathBuf> {
        let path = self.part.join(name);
        let written = File::create(&path).and_then(|mut file| file.write_all(content.as_bytes()));
        written.with_context(|| format!("expected to write {}", path.display()))?;
        Ok(path)
    }
}

/// What to start for a level.
///
/// # Errors
/// When the tool's settings cannot be written, or it cannot be asked for that.
pub(crate) fn prepare(job: &Job<'_>) -> Result<Prepared> {
    let mut prepared = match job.request.tool {
        Tool::GuideLlm => guidellm::prepare(job),
        Tool::Vllm => Ok(vllm::prepare(job)),
        Tool::AiPerf => aiperf::prepare(job),
        Tool::InferencePerf => inference_perf::prepare(job),
    }?;
    prepared.arguments.extend(job.request.extra.iter().cloned());
    Ok(prepared)
}

/// Where the tool leaves its report in the hidden folder.
pub(crate) fn report(tool: Tool, part: &Path) -> PathBuf {
    match tool {
        Tool::GuideLlm | Tool::Vllm => part.join(REPORT),
        Tool::AiPerf => part.join("profile_export_aiperf.json"),
        Tool::InferencePerf => part.join("stage_0_lifecycle_metrics.json"),
    }
}

/// What a tool takes beside the level itself before anything was measured, seconds: to start, to make prompts, to write.
pub(crate) fn usual_overhead_s(tool: Tool) -> f64 {
    match tool {
        Tool::GuideLlm => 25.0,
        Tool::Vllm => 20.0,
        Tool::AiPerf | Tool::InferencePerf => 30.0,
    }
}

/// What stays beside the reports for all of them.
///
/// # Errors
/// When it cannot be written.
pub(crate) fn beside(request: &Bench, folder: &Path) -> Result<()> {
    if request.tool == Tool::InferencePerf { inference_perf::beside(request, folder) } else { Ok(()) }
}

const REPORT: &str = "report.json";

/// A load as tools take it: users without a point.
fn number(load: f64) -> Value {
    // Written by us it is always a number again.
    serde_json::from_str(&load.to_string()).unwrap_or(Value::Null)
}

/// `--name value` for each.
fn pairs(list: &[(&str, String)]) -> Vec<String> {
    list.iter().flat_map(|(name, value)| [(*name).to_owned(), value.clone()]).collect()
}
