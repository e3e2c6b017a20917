//! Several files that are one sweep, one load step a file, become one run.

use std::path::Path;

use headroom_engine::level::Level;
use headroom_engine::run::{Deployment, Known, Run, Workload};

use crate::Reading;
use crate::content_hash::ContentHash;
use crate::curve;
use crate::identity::DIGITS;
use crate::problem::Code;

/// Tools that write one load step a file. A GuideLLM report or a table is a whole run.
const STEPWISE: &[&str] =
    &["vllm bench", "sglang bench_serving", "inference-perf", "aiperf", "inferencex", "llm-d benchmark report"];

/// How far the mean tokens of two steps of one workload may lie apart: random lengths give
/// every step another mean, another data set differs by more.
const SAME_TOKENS: f64 = 1.25;

/// Joins what was read of the files of a directory tree. Runs of tools that write one load
/// step a file are joined when they agree in tool, model, deployment, labels, workload, load
/// model, directory and file name, leaving out what only names the load (`conc16`, `10qps`,
/// `stage_2`, dates). A load that was measured again goes to a second run, because a curve has
/// one value at a load; the same measurement given twice (a sweep's summary beside its files)
/// is taken once.
///
/// A joined run's id is made of its members' ids, so it is the same on every machine and in
/// every order of the files. Its source names every file.
#[must_use]
pub fn join(readings: Vec<Reading>) -> Reading {
    let mut joined = Reading::default();
    let mut steps = Vec::new();
    let folders: Vec<String> =
        readings.iter().flat_map(|reading| &reading.runs).map(|run| folder(&run.provenance.source)).collect();
    for reading in readings {
        joined.problems.extend(reading.problems);
        for run in reading.runs {
            if STEPWISE.contains(&run.provenance.tool.as_str()) {
                steps.push(run);
            } else {
                joined.runs.push(run);
            }
        }
    }
    steps.sort_by(|a, b| a.provenance.source.cmp(&b.provenance.source).then_with(|| a.id.cmp(&b.id)));
    joined.runs.extend(lanes(steps));
    // What stands beside a benchmark needs no word once the benchmark itself is read.
    let is_read = |at: &str| folders.iter().any(|folder| folder == at || within(folder, at));
    joined.problems.retain(|problem| problem.code != Code::Companion || !is_read(&folder(&problem.source)));
    joined.runs.sort_by(|a, b| a.provenance.source.cmp(&b.provenance.source));
    joined
}

/// A run that grows, with the runs that it is made of.
struct Lane {
    run: Run,
    members: Vec<(String, String, String)>,
}

/// Joins runs that belong together; see [`join`].
pub(crate) fn lanes(runs: Vec<Run>) -> Vec<Run> {
    let mut lanes: Vec<Lane> = Vec::new();
    for run in runs {
        let member = (run.provenance.source.clone(), run.provenance.content_hash.clone(), run.id.clone());
        let fits = |lane: &&mut Lane| belong(&lane.run, &run);
        let known = |lane: &Lane, level: &Level| lane.run.levels.iter().any(|other| same(other, level));
        // The summary of a sweep may say less about the deployment than the files that it sums up.
        if run.levels.iter().all(|level| lanes.iter().any(|lane| beside(&lane.run, &run) && known(lane, level))) {
            continue;
        }
        let free = lanes.iter_mut().filter(fits).find(|lane| {
            run.levels.iter().all(|level| {
                known(lane, level) || lane.run.levels.iter().all(|other| other.load.total_cmp(&level.load).is_ne())
            })
        });
        match free {
            Some(lane) => {
                for level in run.levels {
                    if !lane.run.levels.iter().any(|other| same(other, &level)) {
                        lane.run.levels.push(level);
                    }
                }
                lane.run.off_curve.extend(run.off_curve);
                lane.run.provenance.labels.retain(|label| run.provenance.labels.contains(label));
                if lane.run.provenance.tool_version != run.provenance.tool_version {
                    lane.run.provenance.tool_version = None;
                }
                lane.members.push(member);
            }
            None => lanes.push(Lane { run, members: vec![member] }),
        }
    }
    lanes.into_iter().map(Lane::finish).collect()
}

impl Lane {
    fn finish(self) -> Run {
        let Self { mut run, mut members } = self;
        if members.len() == 1 {
            return run;
        }
        run.levels.sort_by(|a, b| a.load.total_cmp(&b.load));
        let workload = curve::workload(&run.levels, run.workload.shape.take());
        run.workload = Workload {
            prompt_tokens: workload.prompt_tokens.or(run.workload.prompt_tokens),
            output_tokens: workload.output_tokens.or(run.workload.output_tokens),
            shape: workload.shape,
        };
        run.provenance.labels.retain(|(key, _)| !is_occasion(key));
        curve::span(&mut run);
        members.sort();
        members.dedup();
        if members.iter().all(|(_, hash, _)| hash.is_empty()) {
            // Steps of one file, whose identity is given when the file is read to its end.
            return run;
        }
        let mut hash = ContentHash::new();
        let mut ids: Vec<&str> = members.iter().map(|(_, _, id)| id.as_str()).collect();
        ids.sort_unstable();
        for id in ids {
            hash.update(id.as_bytes());
            hash.update(b"\n");
        }
        run.provenance.content_hash = hash.finish();
        run.provenance.content_hash.get(..DIGITS).unwrap_or_default().clone_into(&mut run.id);
        run.provenance.source = sources(members.iter().map(|(source, _, _)| source.as_str()));
        run
    }
}

/// `sweep/c1.json, c4.json` for files of one folder; whole paths where folders differ.
fn sources<'s>(sources: impl Iterator<Item = &'s str>) -> String {
    let mut sources: Vec<&str> = sources.collect();
    sources.dedup();
    let first = sources.first().map(|source| folder(source)).unwrap_or_default();
    let one_folder = !first.is_empty() && sources.iter().all(|source| folder(source) == first);
    let short: Vec<&str> = sources
        .iter()
        .enumerate()
        .map(|(index, source)| if one_folder && index > 0 { name(source) } else { source })
        .collect();
    short.join(", ")
}

fn folder(source: &str) -> String {
    Path::new(source).parent().map(|parent| parent.to_string_lossy().into_owned()).unwrap_or_default()
}

/// Whether a folder lies somewhere in another.
fn within(folder: &str, outer: &str) -> bool {
    outer.is_empty() || folder.strip_prefix(outer).is_some_and(|rest| rest.starts_with('/'))
}

fn name(source: &str) -> &str {
    source.rsplit('/').next().unwrap_or(source)
}

/// Whether two runs are of one tool and of files of one sweep.
fn beside(a: &Run, b: &Run) -> bool {
    a.provenance.tool == b.provenance.tool
        && a.load_model == b.load_model
        && sweep(&a.provenance.source) == sweep(&b.provenance.source)
}

/// Whether two runs are steps of one sweep.
fn belong(a: &Run, b: &Run) -> bool {
    let close = |a: Option<f64>, b: Option<f64>| match (a, b) {
        (Some(a), Some(b)) => a <= b * SAME_TOKENS && b <= a * SAME_TOKENS,
        _ => true,
    };
    beside(a, b)
        && facts(&a.deployment) == facts(&b.deployment)
        && settings(&a.provenance.labels).eq(settings(&b.provenance.labels))
        && a.workload.shape == b.workload.shape
        && close(a.workload.prompt_tokens, b.workload.prompt_tokens)
        && close(a.workload.output_tokens, b.workload.output_tokens)
}

fn facts(deployment: &Deployment) -> impl PartialEq + use<> {
    let text = |known: &Option<Known<String>>| known.as_ref().map(|known| known.value.clone());
    let number = |known: &Option<Known<u32>>| known.as_ref().map(|known| known.value);
    (
        text(&deployment.name),
        text(&deployment.model),
        text(&deployment.quantization),
        text(&deployment.hardware),
        number(&deployment.gpus),
        number(&deployment.tensor_parallel),
        text(&deployment.engine),
    )
}

/// Labels without those that say when, or which repetition.
fn settings(labels: &[(String, String)]) -> impl Iterator<Item = &(String, String)> {
    labels.iter().filter(|(key, _)| !is_occasion(key))
}

fn is_occasion(key: &str) -> bool {
    matches!(key, "date" | "timestamp" | "run_number")
}

/// The path of a file without what names the load: the same for every file of one sweep.
fn sweep(source: &str) -> Vec<String> {
    // A source that is joined already names several files of one sweep.
    let first = source.split(", ").next().unwrap_or(source);
    let mut parts: Vec<&str> = first.split('/').collect();
    let file = parts.pop().unwrap_or_default();
    let mut key: Vec<String> = parts
        .into_iter()
        // The sweep of vLLM names a folder `SERVE--k=v-BENCH--k=v`; the second half is the load.
        .map(|part| part.split("BENCH--").next().unwrap_or(part).trim_end_matches(['-', '_']))
        .filter(|part| *part != "sweep_aggregate" && !part.is_empty())
        // What the server was started with is never the load.
        .map(|part| if part.starts_with("SERVE--") { part.to_owned() } else { without_load(part) })
        .filter(|part| !part.is_empty())
        .collect();
    key.push(without_load(file));
    key
}

fn without_load(name: &str) -> String {
    let mut words: Vec<&str> =
        name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty() && !is_load(word)).collect();
    words.dedup();
    words.join(" ")
}

/// Whether a word of a file's name says the load, a date or a repetition.
fn is_load(word: &str) -> bool {
    const BEFORE: &[&str] =
        &["conc", "concurrency", "c", "u", "users", "rate", "r", "rps", "qps", "stage", "run", "request", "max", "n"];
    const AFTER: &[&str] = &["qps", "rps", "users", "u"];
    let word = word.to_ascii_lowercase();
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    BEFORE.iter().any(|before| word.strip_prefix(before).is_some_and(digits))
        || AFTER.iter().any(|after| word.strip_suffix(after).is_some_and(digits))
        || digits(&word)
        || matches!(word.as_str(), "summary" | "sweep")
}

/// Whether two levels are one measurement.
fn same(a: &Level, b: &Level) -> bool {
    let mean = |level: &Level| {
        [&level.ttft, &level.itl, &level.e2e].map(|of| of.as_ref().and_then(|of| of.mean).map(f64::to_bits))
    };
    a.load.total_cmp(&b.load).is_eq()
        && a.requests == b.requests
        && a.duration_s.map(f64::to_bits) == b.duration_s.map(f64::to_bits)
        && mean(a) == mean(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_one_sweep() {
        let together: &[&[&str]] = &[
            &["d/m_fp8_isl1024_conc4.json", "d/m_fp8_isl1024_conc16.json"],
            &[
                "d/openai-chat-8.0qps-m-20261124-032516.json",
                "d/openai-chat-10.0qps-concurrency4-m-20261124-032242.json",
            ],
            &["e/BENCH--max_concurrency=1/run=0.json", "e/BENCH--max_concurrency=16/summary.json"],
            &["a/concurrency_1/p.json", "a/concurrency_16/p.json", "a/sweep_aggregate/p_sweep.json"],
            &["s/stage_0_lifecycle.json", "s/stage_12_lifecycle.json"],
            &["b/benchmark_2025-05-13_04-37-51.json", "b/benchmark_2025-05-13_05-00-45.json"],
        ];
        for files in together {
            assert!(files.iter().all(|file| sweep(file) == sweep(files[0])), "{files:?}");
        }
        let apart = [
            ("d/m_tep8_conc4.json", "d/m_dep8_conc4.json"),
            ("d/m_isl1024_conc4.json", "d/m_isl4096_conc4.json"),
            ("a/c4.json", "b/c4.json"),
            ("e/SERVE--max_num_seqs=8-BENCH--c=1/run=0.json", "e/BENCH--c=1/run=0.json"),
        ];
        for (a, b) in apart {
            assert_ne!(sweep(a), sweep(b), "{a} {b}");
        }
    }

    #[test]
    fn sources_name_every_file() {
        assert_eq!(sources(["d/a.json", "d/b.json"].into_iter()), "d/a.json, b.json");
        assert_eq!(sources(["d/a.json", "e/b.json"].into_iter()), "d/a.json, e/b.json");
    }
}
