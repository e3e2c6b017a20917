//! Folders of reports: recorded ones, as they are or with one thing changed, and typed tables.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde_json::Value;

/// The folder of a store that its reports are in, so that a deployment which nobody named has one to be called by.
pub(crate) const LAB: &str = "lab";

/// A store in a temporary folder.
pub(crate) struct Store(tempfile::TempDir);

impl Store {
    /// One of files, each by its path in [`LAB`].
    pub(crate) fn of<'a>(files: impl IntoIterator<Item = (&'a str, Vec<u8>)>) -> Self {
        let root = tempfile::tempdir().unwrap();
        for (name, content) in files {
            let path = root.path().join(LAB).join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, content).unwrap();
            // A report that was touched seconds ago may still be written, and is left for later.
            let hour_ago = SystemTime::now() - Duration::from_hours(1);
            File::options().write(true).open(&path).unwrap().set_modified(hour_ago).unwrap();
        }
        Self(root)
    }

    pub(crate) fn root(&self) -> &Path {
        self.0.path()
    }
}

/// The repository.
fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A report of the demonstration.
pub(crate) fn demo(path: &str) -> Vec<u8> {
    fs::read(workspace().join("demo/reports").join(path)).unwrap()
}

/// A recorded report of some tool.
pub(crate) fn recorded(path: &str) -> Vec<u8> {
    fs::read(workspace().join("crates/reports/tests/data").join(path)).unwrap()
}

/// The same report with something changed.
pub(crate) fn changed(report: &[u8], change: impl FnOnce(&mut Value)) -> Vec<u8> {
    let mut value: Value = serde_json::from_slice(report).unwrap();
    change(&mut value);
    serde_json::to_vec(&value).unwrap()
}

/// A level table. `deployment` is what the braces of it hold, `tokens` the mean lengths, and `levels` a line each.
pub(crate) fn table(deployment: &str, tokens: [u32; 2], levels: &[String]) -> Vec<u8> {
    let [prompt, output] = tokens;
    let levels = levels.iter().map(|level| format!("  - {{ {level} }}\n")).collect::<Vec<_>>().concat();
    let head =
        format!("deployment: {{ {deployment} }}\nworkload: {{ prompt_tokens: {prompt}, output_tokens: {output} }}\n");
    format!("{head}levels:\n{levels}").into_bytes()
}
