//! Reading files together: what stands beside a report may say what it leaves out.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use crate::{Reading, formats, join, limits, read_file};

/// Reads files, each with the name that is shown to people, and [joins](join()) what
/// belongs together. The order of the files does not matter.
#[must_use]
pub fn read_paths(files: &[(PathBuf, String)]) -> Reading {
    join(files.iter().map(|(path, source)| read_file(path, source)).collect())
}

/// Opens a report, or says why it cannot be: `expected …; found …` and what to do.
///
/// A named pipe would hold up whoever opens it until something writes into it, and a device may never end. The
/// pipes that a shell makes (`<(zcat a.gz)` is `/dev/fd/63`) are in a folder of their own and have a writer.
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

/// Where the system shows what a process has open.
const SHELL_PIPES: [&str; 3] = ["/dev/fd", "/dev/stdin", "/proc/self/fd"];

/// What a file is that is neither a regular file nor a folder.
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

/// What a file is that is neither a regular file nor a folder.
#[cfg(not(unix))]
fn special(_: fs::FileType) -> &'static str {
    "something else"
}

/// Whether a file of this name completes what is read of the reports beside it (see
/// [`read_file`]): when it comes, changes or goes, they are to be read again.
#[must_use]
pub fn completes_others(source: &str) -> bool {
    let name = source.rsplit('/').next().unwrap_or(source);
    formats::FORMATS.iter().flat_map(|format| format.beside).any(|beside| beside.name.is(name))
}

/// Completes the runs of a report from the files that its tool wrote beside it.
pub(crate) fn complete(reading: &mut Reading, path: &Path) {
    let Some(report) = path.file_name().and_then(|name| name.to_str()) else { return };
    for run in &mut reading.runs {
        for beside in formats::beside(&run.provenance.tool) {
            // A file that is not there or cannot be read leaves what it would say unknown, which is shown as such.
            let file = beside.name.beside(report).map(|name| path.with_file_name(name));
            if let Some(text) = file.as_deref().and_then(text_of) {
                (beside.apply)(&text, run);
            }
        }
    }
}

/// The text of a small file; `None` when there is none.
fn text_of(path: &Path) -> Option<String> {
    let mut text = String::new();
    // A pipe of that name would hold this up for ever.
    let file = fs::metadata(path).ok()?.is_file().then(|| File::open(path).ok())??;
    file.take(limits::BESIDE_BYTES).read_to_string(&mut text).ok()?;
    Some(text)
}
