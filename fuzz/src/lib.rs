//! What every reader promises for every file: it does not panic, it takes at most so long and
//! so much memory, and what it returns can be relied on.

#[cfg(test)]
mod many;
mod memory;
#[cfg(test)]
mod replay;
mod sound;

use std::sync::LazyLock;
use std::time::Duration;

use cpu_time::ThreadTime;
use headroom_engine::run::{Deployment, Run};
use headroom_reports::deployments::Deployments;
use headroom_reports::{complete_from, read, read_as};

/// The readers take at most a second per megabyte as they are shipped.
const SECONDS_PER_BYTE: f64 = 1e-6;

/// How much slower they are under a sanitizer, with assertions and coverage.
const SLOWER: f64 = 20.0;

/// Time that even the smallest file may take.
const LEAST: Duration = Duration::from_millis(100);

/// Memory beyond what is proportional to the file.
const MOST_BYTES: usize = 64 << 20;

/// The target that reads a file as whatever it is.
pub const ANY: &str = "any";

/// The target that reads a file as a `deployments.yaml`.
const DEPLOYMENTS: &str = "deployments";

/// The target that reads a file as each of those that complete a report beside them.
const BESIDE: &str = "beside";

/// What they complete: a run of one level that a tool wrote, of which nobody said what was benchmarked and with what.
static STEP: LazyLock<Run> = LazyLock::new(|| {
    let mut run = read("fuzz", &include_bytes!("../corpus/aiperf/0.13.0.json")[..]).runs.remove(0);
    run.deployment = Deployment::default();
    run.workload.shape = None;
    run
});

/// Every target: the id of each format, [`ANY`], [`DEPLOYMENTS`] and [`BESIDE`].
#[cfg(test)]
fn targets() -> impl Iterator<Item = &'static str> {
    headroom_reports::formats().map(|format| format.id).chain([ANY, DEPLOYMENTS, BESIDE])
}

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
    let reading = match target {
        ANY => {
            let reading = read("fuzz", data);
            assert!(!reading.runs.is_empty() || !reading.problems.is_empty(), "neither runs nor a reason");
            reading
        }
        DEPLOYMENTS => {
            let text = String::from_utf8_lossy(data);
            let (deployments, problems) = Deployments::from_yaml(&text, "fuzz");
            assert!(deployments.len() <= text.len(), "more deployments than characters");
            sound::check_problems(&problems);
            return deployments.len();
        }
        BESIDE => {
            let completed = complete_from(&String::from_utf8_lossy(data), &STEP);
            completed.iter().for_each(sound::check_run);
            return completed.iter().filter(|run| **run != *STEP).count();
        }
        format => {
            assert!(headroom_reports::formats().any(|known| known.id == format), "no target `{format}`");
            read_as(format, "fuzz", data)
        }
    };
    sound::check(&reading);
    reading.runs.len()
}

/// The time of the quickest of some tries: whatever else the machine does makes the others slower.
const TRIES: usize = 3;

/// How long a file of so many bytes may take.
fn most_time(bytes: usize) -> Duration {
    LEAST + Duration::from_secs_f64(bytes as f64 * SECONDS_PER_BYTE * SLOWER)
}

fn within_bounds<T>(bytes: usize, work: impl Fn() -> T) -> T {
    let most = most_time(bytes);
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
