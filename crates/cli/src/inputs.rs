//! From what the user typed to runs: files, folders and standard input.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use headroom_engine::run::Run;
use headroom_reports::deployments::{Deployments, Production};
use headroom_reports::{Code, Problem, Reading};

/// Names of the file in a folder of reports that states what the reports do not contain.
const DEPLOYMENTS: [&str; 2] = ["deployments.yaml", "deployments.yml"];

/// Endings of reports, the format with the most information first: tools write one run in several formats with the same
/// name, and only the first of them is read. A file named on the command line is read whatever its ending.
const ENDINGS: [&str; 5] = ["json", "jsonl", "yaml", "yml", "csv"];

/// Endings of compressed files, after the ending of the report.
const PACKED: [&str; 2] = [".zst", ".gz"];

/// Reads every input and joins the files of one sweep. `deployments` describes all runs; without it, the
/// `deployments.yaml` in a folder describes the runs below that folder.
pub(crate) fn read(inputs: &[PathBuf], deployments: Option<&Path>) -> Reading {
    let mut all = Reading::default();
    let given = deployments.map(|path| known(path, &mut all.problems));
    for input in inputs {
        let mut reading = Reading::default();
        let mut found = None;
        if input.as_os_str() == "-" {
            take(&mut reading, headroom_reports::read("standard input", io::stdin().lock()));
        } else if input.is_dir() {
            if let (None, Some(facts)) = (&given, facts_in(input)) {
                found = Some(known(&facts, &mut reading.problems));
            }
            walk(input, &mut HashSet::new(), &mut reading);
        } else {
            take(&mut reading, headroom_reports::read_file(input, &name(input)));
        }
        if let Some(facts) = given.as_ref().or(found.as_ref()) {
            reading.runs.iter_mut().for_each(|run| facts.apply(run));
        }
        take(&mut all, reading);
    }
    // After the facts are known, because the steps of one sweep are recognised by their deployment too.
    headroom_reports::join(vec![all])
}

/// The Prometheus series that belong to a run's deployment, from the files that [`read`] uses.
pub(crate) fn production(inputs: &[PathBuf], deployments: Option<&Path>, run: &Run) -> Option<Production> {
    let files: Vec<PathBuf> = match deployments {
        Some(path) => vec![path.to_owned()],
        None => inputs.iter().filter_map(|input| facts_in(input)).collect(),
    };
    // Problems of these files were reported when the reports were read.
    files.iter().find_map(|file| Deployments::read_file(file, &name(file)).0.production(run).cloned())
}

/// The file of facts in a folder.
fn facts_in(folder: &Path) -> Option<PathBuf> {
    DEPLOYMENTS.iter().map(|name| folder.join(name)).find(|path| path.is_file())
}

fn known(path: &Path, problems: &mut Vec<Problem>) -> Deployments {
    let (facts, found) = Deployments::read_file(path, &name(path));
    problems.extend(found);
    facts
}

/// Reads every file below a folder, in the order of names, so that the answer does not depend on the file system. A
/// folder that is linked into itself is read once.
fn walk(folder: &Path, visited: &mut HashSet<PathBuf>, reading: &mut Reading) {
    if fs::canonicalize(folder).is_ok_and(|real| !visited.insert(real)) {
        return;
    }
    let entries = match fs::read_dir(folder).and_then(Iterator::collect::<io::Result<Vec<_>>>) {
        Ok(entries) => entries,
        Err(error) => {
            let message = format!("expected a readable folder; {error}. Check that it exists and may be read.");
            reading.problems.push(Problem { source: name(folder), code: Code::Unreadable, path: None, message });
            return;
        }
    };
    let mut folders = Vec::new();
    // For each name without ending: the rank of the ending, and the file.
    let mut reports: BTreeMap<PathBuf, (usize, PathBuf)> = BTreeMap::new();
    for path in entries.iter().map(fs::DirEntry::path) {
        let file = path.file_name().unwrap_or_default().to_string_lossy();
        if file.starts_with('.') || DEPLOYMENTS.contains(&file.as_ref()) {
            continue;
        }
        if path.is_dir() {
            folders.push(path);
        } else if let Some((stem, rank)) = report_name(&file) {
            let found = (rank, path.clone());
            let best = reports.entry(folder.join(stem)).or_insert_with(|| found.clone());
            if found < *best {
                *best = found;
            }
        }
    }
    for (_, path) in reports.into_values() {
        take(reading, headroom_reports::read_file(&path, &name(&path)));
    }
    folders.sort();
    for folder in folders {
        walk(&folder, visited, reading);
    }
}

/// The name of a report without its ending, and the rank of the ending; `None` for other files.
fn report_name(file: &str) -> Option<(&str, usize)> {
    let unpacked = PACKED.iter().find_map(|packed| file.strip_suffix(packed)).unwrap_or(file);
    let (stem, ending) = unpacked.rsplit_once('.')?;
    let ending = ending.to_ascii_lowercase();
    Some((stem, ENDINGS.iter().position(|known| *known == ending)?))
}

fn take(all: &mut Reading, reading: Reading) {
    all.runs.extend(reading.runs);
    all.problems.extend(reading.problems);
}

/// Whether a run's tool wrote local time without a time zone, which was read as UTC.
pub(crate) fn assumes_utc(run: &Run) -> bool {
    let [key, value] = headroom_reports::ASSUMED_UTC;
    run.provenance.labels.iter().any(|label| label.0 == key && label.1 == value)
}

/// A path for display: with `/` on every system, so that patterns in `deployments.yaml` match.
pub(crate) fn name(path: &Path) -> String {
    path.to_string_lossy().replace('\\', "/")
}

/// The problems as lines for standard error, and one line with the supported formats if a file has none of them.
pub(crate) fn complaints(problems: &[Problem]) -> impl Iterator<Item = String> {
    let unknown = problems.iter().any(|problem| problem.code == Code::UnknownFormat);
    let formats = unknown.then(|| format!("headroom: these formats are read: {}", headroom_reports::format_names()));
    problems.iter().map(|problem| format!("{}: {problem}", problem.code.severity().id())).chain(formats)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_are_found_by_their_endings() {
        for (file, expected) in [
            ("benchmarks.json", Some(("benchmarks", 0))),
            ("benchmarks.json.zst", Some(("benchmarks", 0))),
            ("a.b.CSV", Some(("a.b", 4))),
            ("notes.txt", None),
            ("json", None),
            ("archive.gz", None),
        ] {
            assert_eq!(report_name(file), expected, "{file}");
        }
    }
}
