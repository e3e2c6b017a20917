//! Skips a step whose inputs have not changed since it last succeeded.
//!
//! A stamp is the SHA-256 of the inputs' names and contents, stored in `.cache/stamps`. Contents are used instead of
//! modification times, because a checkout or a switch of branches changes the times of all files.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use sha2::{Digest as _, Sha256};

use crate::paths;

/// What to store when the step has succeeded.
pub(crate) struct Stamp {
    file: PathBuf,
    digest: String,
}

impl Stamp {
    /// `None` if every output exists and the inputs are those of the last success; otherwise the stamp to
    /// [`write`](Stamp::write) afterwards.
    ///
    /// `inputs` are files or folders (with all their files; missing ones count as empty). `extra` is anything else that
    /// the result depends on, such as a version or a flag.
    pub(crate) fn stale(step: &str, inputs: &[PathBuf], extra: &str, outputs: &[PathBuf]) -> Result<Option<Self>> {
        let mut files = Vec::new();
        for input in inputs {
            walk(input, &mut files)?;
        }
        files.sort();
        let mut hash = Sha256::new();
        hash.update(extra.as_bytes());
        for file in &files {
            let bytes = fs::read(file).with_context(|| format!("reading {}", file.display()))?;
            hash.update(file.to_string_lossy().as_bytes());
            hash.update((bytes.len() as u64).to_le_bytes());
            hash.update(&bytes);
        }
        let mut digest = String::new();
        for byte in hash.finalize() {
            write!(digest, "{byte:02x}")?;
        }
        let file = paths::at(".cache/stamps").join(step);
        let unchanged = fs::read_to_string(&file).is_ok_and(|last| last == digest);
        let complete = outputs.iter().all(|output| output.exists());
        Ok((!unchanged || !complete).then_some(Self { file, digest }))
    }

    /// Stores the stamp of a success.
    pub(crate) fn write(self) -> Result<()> {
        if let Some(folder) = self.file.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(&self.file, self.digest).with_context(|| format!("writing {}", self.file.display()))
    }
}

/// Every file below `path`, or `path` itself.
pub(crate) fn walk(path: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    if path.is_file() {
        files.push(path.to_owned());
    } else if path.is_dir() {
        for entry in fs::read_dir(path).with_context(|| format!("listing {}", path.display()))? {
            walk(&entry?.path(), files)?;
        }
    }
    Ok(())
}
