//! What every reader promises for every file: it does not panic, it takes at most so long and
//! so much memory, and what it returns can be relied on.

mod memory;
#[cfg(test)]
mod replay;
mod sound;

use std::time::Duration;

use cpu_time::ThreadTime;
use headroom_reports::deployments::Deployments;
use headroom_reports::{read, read_as};

/// The readers take at most a second per megabyte as they are shipped.
const SECONDS_PER_BYTE: f64 = 1e-6;

/// How much slower they are under a sanitizer, with assertions and coverage.
const SLOWER: f64 = 20.0;

/// Time that even the smallest file may take.
const LEAST: Duration = Duration::from_millis(100);

/// Memory beyond what is proportional to the file.
const MOST_BYTES: usize = 64 << 20;

/// What a target reads a file as.
enum Target {
    /// As one format, named as the readers name it.
    Format(&'static str),
    /// As whatever it is.
    Any,
    /// As a `deployments.yaml`.
    Deployments,
}

/// Every target: its name, which is also that of its folder in `corpus`.
const TARGETS: &[(&str, Target)] = &[
    ("aiperf", Target::Format("AIPerf profile export (JSON)")),
    ("aiperf_sweep", Target::Format("AIPerf sweep aggregate (JSON)")),
    ("guidellm_csv", Target::Format("GuideLLM CSV (0.2 to 0.8)")),
    ("guidellm_html", Target::Format("GuideLLM HTML (0.8)")),
    ("guidellm_json", Target::Format("GuideLLM JSON (0.2 to 0.8)")),
    ("guidellm_yaml", Target::Format("GuideLLM YAML (0.2 to 0.8)")),
    ("inference_perf", Target::Format("inference-perf stage (JSON, YAML)")),
    ("inferencex", Target::Format("InferenceX result (JSON)")),
    ("llm_d", Target::Format("llm-d Benchmark Report 0.1, 0.2 and 0.2.1 (YAML, JSON)")),
    ("sglang", Target::Format("SGLang bench_serving (JSON lines)")),
    ("table_csv", Target::Format("Headroom level table (CSV)")),
    ("table_yaml", Target::Format("Headroom level table (YAML)")),
    ("vllm_bench", Target::Format("vllm bench serve and sweep (JSON)")),
    ("any", Target::Any),
    ("deployments", Target::Deployments),
];

/// Reads a file as a target does.
///
/// # Panics
/// When a reader breaks a promise, or there is no such target.
pub fn check(target: &str, data: &[u8]) {
    read_as_target(target, data);
}

/// [`check`]; returns how many runs or deployments were read.
fn read_as_target(target: &str, data: &[u8]) -> usize {
    // A packed file is read in the time of its content, which zstd makes up to 2^15 times as
    // large as the file is.
    if data.starts_with(&[0x1f, 0x8b]) || data.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
        return with_little_memory(data.len(), || read_target(target, data));
    }
    within_bounds(data.len(), || read_target(target, data))
}

/// Reads and checks what was read.
fn read_target(target: &str, data: &[u8]) -> usize {
    let Some((_, target)) = TARGETS.iter().find(|(name, _)| *name == target) else { panic!("no target `{target}`") };
    let reading = match target {
        Target::Format(format) => read_as(format, "fuzz", data),
        Target::Any => {
            let reading = read("fuzz", data);
            assert!(!reading.runs.is_empty() || !reading.problems.is_empty(), "neither runs nor a reason");
            reading
        }
        Target::Deployments => {
            let text = String::from_utf8_lossy(data);
            let (deployments, problems) = Deployments::from_yaml(&text, "fuzz");
            assert!(deployments.len() <= text.len(), "more deployments than characters");
            sound::check_problems(&problems);
            return deployments.len();
        }
    };
    sound::check(&reading);
    reading.runs.len()
}

/// The time of the quickest of some tries: whatever else the machine does makes the others slower.
const TRIES: usize = 3;

fn within_bounds<T>(bytes: usize, work: impl Fn() -> T) -> T {
    let most = LEAST + Duration::from_secs_f64(bytes as f64 * SECONDS_PER_BYTE * SLOWER);
    let mut took = Duration::MAX;
    for _ in 0..TRIES {
        let start = ThreadTime::now();
        let result = with_little_memory(bytes, &work);
        took = took.min(start.elapsed());
        if took <= most {
            return result;
        }
    }
    panic!("{bytes} bytes took {took:?}, at most {most:?} are promised");
}

fn with_little_memory<T>(bytes: usize, work: impl FnOnce() -> T) -> T {
    let (result, peak) = memory::peak_of(work);
    let most = MOST_BYTES + 2 * bytes;
    assert!(peak <= most, "{bytes} bytes took {peak} bytes of memory, at most {most} are promised");
    result
}
