//! Reading files together: what stands beside a report may say what it leaves out.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use crate::inference_perf::{self, config};
use crate::{Reading, join, read_file};

/// Reads files, each with the name that is shown to people, and [joins](join()) what
/// belongs together. The order of the files does not matter.
#[must_use]
pub fn read_paths(files: &[(PathBuf, String)]) -> Reading {
    join(files.iter().map(|(path, source)| read_file(path, source)).collect())
}

/// Whether a file of this name completes what is read of the reports beside it (see
/// [`read_file`]): when it comes, changes or goes, they are to be read again.
#[must_use]
pub fn completes_others(source: &str) -> bool {
    source.rsplit('/').next() == Some(config::NAME)
}

/// Completes the runs of a report from the settings that its tool wrote beside it.
pub(crate) fn complete(reading: &mut Reading, path: &Path) {
    let open = |run: &&mut headroom_engine::run::Run| {
        run.provenance.tool == inference_perf::TOOL && run.deployment.model.is_none()
    };
    if !reading.runs.iter_mut().any(|run| open(&run)) {
        return;
    }
    let mut text = String::new();
    let beside = path.with_file_name(config::NAME);
    let Ok(file) = std::fs::File::open(beside) else { return };
    // Settings that cannot be read leave the model unknown, which is shown as such.
    if file.take(config::MAX_BYTES).read_to_string(&mut text).is_ok() {
        for run in reading.runs.iter_mut().filter(open) {
            config::apply(&text, run);
        }
    }
}
