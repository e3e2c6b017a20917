//! Compares the recorded reports of a format with a second reading by another parser, without the reader's own tables.
//! For the tests of the formats.

use std::path::{Path, PathBuf};

use headroom_engine::level::{Distribution, Level};
use serde_json::Value;

use crate::Reading;
use crate::numbers::{Numbers, compare};

/// The folder of the recorded reports of a format.
pub(crate) fn folder(id: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(id)
}

/// Every file in a folder and its subfolders, in the order of their paths.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

/// A JSON file, read by another parser than the reader's.
pub(crate) fn json(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// The number at a JSON pointer.
pub(crate) fn number(value: &Value, pointer: &str) -> Option<f64> {
    value.pointer(pointer).and_then(Value::as_f64)
}

/// Reads the recorded reports of a format and compares every number of every level with the numbers that `walk` finds.
/// `walk` returns one list for each file that is a report and `None` for others. Returns what was read from each
/// report.
pub(crate) fn check(id: &str, walk: impl Fn(&Path) -> Option<Vec<Numbers>>) -> Vec<Reading> {
    let mut readings = Vec::new();
    for path in files(&folder(id)) {
        let Some(expected) = walk(&path) else { continue };
        let name = path.strip_prefix(folder(id)).unwrap().to_string_lossy().into_owned();
        let reading = crate::read_file(&path, &name);
        assert_eq!(reading.problems, vec![], "{name}");
        let levels: Vec<&Level> = reading.runs.iter().flat_map(|run| &run.levels).collect();
        compare(&name, &levels, expected);
        readings.push(reading);
    }
    assert!(!readings.is_empty(), "no report of {id} is recorded");
    readings
}

/// The quantile of ascending values, linear between ranks as numpy does by default.
pub(crate) fn linear(sorted: &[f64], q: f64) -> f64 {
    let (low, high, share) = around(sorted, q);
    low + (high - low) * share
}

/// The values at the ranks around a quantile, and the quantile's position between them.
fn around(sorted: &[f64], q: f64) -> (f64, f64, f64) {
    let at = q * (sorted.len() - 1) as f64;
    let rank = (0..sorted.len()).take_while(|&rank| rank as f64 <= at).last().unwrap();
    let next = if at.fract() > 0.0 { rank + 1 } else { rank };
    (sorted[rank], sorted[next], at.fract())
}

/// Whether a quantile of a latency lies between the samples around its rank, within a relative `tolerance`.
pub(crate) fn agrees(of: &Distribution, samples: &[f64], q: f64, tolerance: f64) -> bool {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    let (low, high, _) = around(&sorted, q);
    let told = of.quantile(q).unwrap();
    told >= low * (1.0 - tolerance) && told <= high * (1.0 + tolerance)
}
