//! What every reader promises for every file: it does not panic, it takes at most so long and
//! so much memory, and what it returns can be relied on.

mod memory;
mod sound;

use std::time::Duration;

use cpu_time::ThreadTime;
use headroom_reports::deployments::Deployments;
use headroom_reports::{Reading, read, read_as};

/// The readers take at most a second per megabyte as they are shipped.
const SECONDS_PER_BYTE: f64 = 1e-6;

/// How much slower they are under a sanitizer, with assertions and coverage.
const SLOWER: f64 = 20.0;

/// Time that even the smallest file may take.
const LEAST: Duration = Duration::from_millis(100);

/// Memory beyond what is proportional to the file.
const MOST_BYTES: usize = 64 << 20;

/// Reads a file as one format, named as the readers name it.
///
/// # Panics
/// When the reader breaks a promise.
pub fn check(format: &str, data: &[u8]) {
    let reading = within_bounds(data.len(), || read_as(format, "fuzz", data));
    sound::check(&reading);
}

/// Reads a file as whatever it is.
///
/// # Panics
/// When a reader breaks a promise.
pub fn check_any(data: &[u8]) {
    // A packed file is read in the time of its content, which zstd makes up to 2^15 times as
    // large as the file is.
    let packed = data.starts_with(&[0x1f, 0x8b]) || data.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]);
    let reading: Reading = if packed {
        with_little_memory(data.len(), || read("fuzz", data))
    } else {
        within_bounds(data.len(), || read("fuzz", data))
    };
    sound::check(&reading);
    assert!(!reading.runs.is_empty() || !reading.problems.is_empty(), "neither runs nor a reason");
}

/// Reads a `deployments.yaml`.
///
/// # Panics
/// When the reader breaks a promise.
pub fn check_deployments(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (deployments, problems) = within_bounds(data.len(), || Deployments::from_yaml(&text, "fuzz"));
    assert!(deployments.len() <= text.len(), "more deployments than characters");
    sound::check_problems(&problems);
}

fn within_bounds<T>(bytes: usize, work: impl FnOnce() -> T) -> T {
    let most = LEAST + Duration::from_secs_f64(bytes as f64 * SECONDS_PER_BYTE * SLOWER);
    let start = ThreadTime::now();
    let result = with_little_memory(bytes, work);
    let took = start.elapsed();
    assert!(took <= most, "{bytes} bytes took {took:?}, at most {most:?} are promised");
    result
}

fn with_little_memory<T>(bytes: usize, work: impl FnOnce() -> T) -> T {
    let (result, peak) = memory::peak_of(work);
    let most = MOST_BYTES + 2 * bytes;
    assert!(peak <= most, "{bytes} bytes took {peak} bytes of memory, at most {most} are promised");
    result
}
