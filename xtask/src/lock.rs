//! Allows one build at a time: two would write the same files below `dist`, `panel/pkg` and `.cache`.

use std::fs::{self, File, TryLockError};

use anyhow::{Context as _, Result};

use crate::paths;
use crate::shell::say;

/// Waits until no other `cargo xtask` builds in this workspace. The lock lasts until the file is dropped; the system
/// releases it even if this process is killed.
pub(crate) fn build() -> Result<File> {
    let folder = paths::at(".cache");
    fs::create_dir_all(&folder)?;
    let path = folder.join("build.lock");
    let file = File::create(&path).with_context(|| format!("creating {}", path.display()))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            say("build", "waiting for another build in this workspace");
            file.lock()?;
        }
        Err(TryLockError::Error(error)) => return Err(error).context("locking the build"),
    }
    Ok(file)
}
