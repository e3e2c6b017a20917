//! Reads files together: a file beside a report may contain what the report leaves out.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use crate::{Reading, formats, join, limits, read_file};

/// Reads files, each with its name for people, and [joins](join()) those that belong together. The order of the files
/// does not matter.
#[must_use]
pub fn read_paths(files: &[(PathBuf, String)]) -> Reading {
    join(files.iter().map(|(path, source)| read_file(path, source)).collect())
}

/// Opens a report, or says why that is not possible: `expected …; found …` and what to do.
///
/// Opening a named pipe would block until something writes into it, and a device may never end. Pipes that a shell
/// creates (`<(zcat a.gz)` is `/dev/fd/63`) are in a folder of their own and have a writer.
pub(crate) fn open(path: &Path) -> Result<File, String> {
    let unreadable = |error| format!("expected a readable file; {error}. Check that it exists and may be read.");
    let kind = fs::metadata(path).map_err(unreadable)?.file_type();
    let of_shell = SHELL_PIPES.iter().any(|folder| path.starts_with(folder));
    if kind.is_file() || of_shell {
        return File::open(path).map_err(unreadable);
    }
    Err(if kind.is_dir() {
        "expected a file; found a folder. Give the report in it.".to_owned()
    } else {
        format!(
            "expected a file; found {}, which is not waited for. Write the report into a file, or give `-` and have it \
             on standard input.",
            special(kind)
        )
    })
}

/// The folders in which the system shows the open files of a process.
const SHELL_PIPES: [&str; 3] = ["/dev/fd", "/dev/stdin", "/proc/self/fd"];

/// The kind of a file that is neither a regular file nor a folder.
#[cfg(unix)]
fn special(kind: fs::FileType) -> &'static str {
    use std::os::unix::fs::FileTypeExt as _;
    if kind.is_fifo() {
        "a named pipe"
    } else if kind.is_socket() {
        "a socket"
    } else {
        "a device"
    }
}

/// The kind of a file that is neither a regular file nor a folder.
#[cfg(not(unix))]
fn special(_: fs::FileType) -> &'static str {
    "something else"
}

/// Whether a file with this name completes the reports beside it (see [`read_file`]). If it appears, changes or
/// disappears, they must be read again.
#[must_use]
pub fn completes_others(source: &str) -> bool {
    let name = source.rsplit('/').next().unwrap_or(source);
    formats::all_beside().any(|beside| beside.name.is(name))
}

/// Completes the runs of a report from the files that its tool wrote beside it.
pub(crate) fn complete(reading: &mut Reading, path: &Path) {
    let Some(report) = path.file_name().and_then(|name| name.to_str()) else { return };
    complete_from(reading, report, |name| text_of(&path.with_file_name(name)));
}

/// Completes the runs of the report with this file name. `beside` gives the text of a file in the report's folder; if
/// there is none, or it cannot be read, the facts in it stay unknown and are shown as unknown.
pub(crate) fn complete_from(reading: &mut Reading, report: &str, mut beside: impl FnMut(&str) -> Option<String>) {
    for run in &mut reading.runs {
        for known in formats::beside(&run.provenance.tool) {
            if let Some(text) = known.name.beside(report).and_then(|name| beside(&name)) {
                (known.apply)(&text, run);
            }
        }
    }
}

/// The text of a small file; `None` if it cannot be read.
fn text_of(path: &Path) -> Option<String> {
    let mut text = String::new();
    // Opening a pipe with that name would block forever.
    let file = fs::metadata(path).ok()?.is_file().then(|| File::open(path).ok())??;
    file.take(limits::BESIDE_BYTES).read_to_string(&mut text).ok()?;
    Some(text)
}
