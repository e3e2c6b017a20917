//! The folder of a sweep: whose it is, what its files are called, and how a level gets into it whole.
//!
//! The reports are all that there is of a sweep. Whoever ends at whatever moment leaves reports that are whole, and what is not
//! whole has a hidden name that nobody reads.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context as _, Result, bail};
use headroom_base::calendar;

use crate::arguments::{Bench, Profile};
use crate::inputs;

/// Held for as long as something measures into a folder.
const LOCK: &str = ".headroom-bench.lock";
/// How folders begin in which a tool writes what is not whole yet.
const PART: &str = ".part-";

/// A folder that nobody else measures into.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    lock: File,
}

impl Folder {
    /// Makes the folder where it is missing and takes it.
    ///
    /// # Errors
    /// When it cannot be written to, or a benchmark measures into it.
    pub(crate) fn take(path: &Path) -> Result<Self> {
        fs::create_dir_all(path).with_context(|| format!("expected a folder to write to, {}", inputs::name(path)))?;
        let file = path.join(LOCK);
        let lock = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&file);
        let mut lock = lock.with_context(|| format!("expected a folder to write to, {}", inputs::name(path)))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                // Who holds it is told where it can be read, and is no reason to fail otherwise.
                let read = lock.read_to_string(&mut holder);
                let holder = if read.is_ok() && !holder.is_empty() { holder } else { "another process".to_owned() };
                bail!(
                    "expected to be alone in {}, found {holder} measuring there: two at once would measure each other. Wait for it, \
                     or end it. A tool whose `headroom bench` was killed measures its level to the end.",
                    inputs::name(path)
                );
            }
            Err(TryLockError::Error(error)) => return Err(error).context("expected a folder that can be locked"),
        }
        lock.set_len(0)?;
        lock.seek(SeekFrom::Start(0))?;
        write!(lock, "process {}", std::process::id())?;
        Ok(Self { path: path.to_owned(), lock })
    }

    /// What a tool gets as its standard input: the lock. The tool holds it too, for as long as it lives, so that nobody measures
    /// beside a tool whose driver was killed.
    pub(crate) fn held(&self) -> Result<Stdio> {
        let mut held = self.lock.try_clone()?;
        // There is nothing to read.
        held.seek(SeekFrom::End(0))?;
        Ok(Stdio::from(held))
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Takes away what a benchmark that was ended left half written; says how many levels that were.
    pub(crate) fn tidy(&self) -> Result<usize> {
        let mut found = 0;
        for entry in fs::read_dir(&self.path)? {
            let entry = entry?;
            if entry.file_name().to_string_lossy().starts_with(PART) {
                fs::remove_dir_all(entry.path())?;
                found += 1;
            }
        }
        Ok(found)
    }

    /// The sweep to go on with: the newest of this model, tool, profile and shape; a new one where there is none.
    pub(crate) fn sweep(&self, request: &Bench) -> Result<Sweep> {
        let (before, after) = around_time(request);
        let mut newest: Option<String> = None;
        for entry in fs::read_dir(&self.path)? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            let time = name.strip_prefix(&before).and_then(|rest| Some(rest.split_once(&after)?.0.to_owned()));
            newest = newest.max(time.filter(|time| is_time(time)));
        }
        let time = newest.unwrap_or_else(|| compact(calendar::now_ms()));
        Ok(Sweep { stem: format!("{before}{time}{after}"), profile: request.profile })
    }

    /// A new hidden folder for one level, that only its owner may read: a tool's settings may hold a key.
    pub(crate) fn part(&self, level: &str) -> Result<PathBuf> {
        let part = self.path.join(format!("{PART}{level}"));
        let mut builder = fs::DirBuilder::new();
        #[cfg(unix)]
        {
            use std::os::unix::fs::DirBuilderExt as _;
            builder.mode(0o700);
        }
        builder.create(&part).with_context(|| format!("expected to make {}", inputs::name(&part)))?;
        Ok(part)
    }

    /// Makes a level visible: first what stands beside the report, then the report, so that a report never lacks it.
    pub(crate) fn publish(&self, level: &str, report: &Path, evidence: &[u8]) -> Result<PathBuf> {
        let beside = self.path.join(format!("{level}.server.json"));
        let aside = self.path.join(format!("{PART}{level}")).join("evidence");
        let written = File::create(&aside).and_then(|mut file| {
            file.write_all(evidence)?;
            file.sync_all()
        });
        written.with_context(|| format!("expected to write {}", inputs::name(&aside)))?;
        fs::rename(&aside, &beside)?;
        File::open(report)?.sync_all()?;
        let whole = self.path.join(format!("{level}.json"));
        fs::rename(report, &whole).with_context(|| format!("expected to write {}", inputs::name(&whole)))?;
        Ok(whole)
    }
}

/// The levels of one sweep, by what their files are called.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sweep {
    stem: String,
    profile: Profile,
}

impl Sweep {
    /// What the next measurement at a load is called: `…-c16`, `…-r2.5`, and `…-c16-2` where it was measured before.
    pub(crate) fn level(&self, folder: &Path, load: f64) -> String {
        let mark = if self.profile == Profile::Concurrent { 'c' } else { 'r' };
        let first = format!("{}{mark}{load}", self.stem);
        let is_free = |name: &String| !folder.join(format!("{name}.json")).exists();
        if is_free(&first) {
            return first;
        }
        (2..=u32::MAX).map(|again| format!("{first}-{again}")).find(is_free).unwrap_or(first)
    }

    /// Whether a report is of this sweep.
    pub(crate) fn has(&self, source: &str) -> bool {
        source.rsplit('/').next().is_some_and(|name| name.starts_with(&self.stem))
    }

    /// What all its files begin with.
    pub(crate) fn stem(&self) -> &str {
        &self.stem
    }
}

/// What stands before and after the time in the names of a sweep's files.
fn around_time(request: &Bench) -> (String, String) {
    let plain = |text: &str| -> String {
        text.chars().map(|one| if one.is_ascii_alphanumeric() || "._".contains(one) { one } else { '-' }).collect()
    };
    let Bench { model, tool, profile, prompt_tokens, output_tokens, .. } = request;
    let model = plain(model);
    let model = model.trim_start_matches(['.', '-']);
    (format!("{model}-"), format!("-{}-{}-p{prompt_tokens}-o{output_tokens}-", plain(tool.id()), profile.id()))
}

/// `20261124T042108Z`.
fn compact(ms: i64) -> String {
    let second = calendar::utc_second(ms);
    let digits: String = second.chars().filter(char::is_ascii_digit).collect();
    let (day, time) = digits.split_at(digits.len().min(8));
    format!("{day}T{time}Z")
}

fn is_time(text: &str) -> bool {
    text.len() == 16
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 => byte == b'T',
            15 => byte == b'Z',
            _ => byte.is_ascii_digit(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_sort_as_names_do() {
        assert_eq!(compact(1_795_490_830_781), "20261124T032710Z");
        assert!(is_time("20261124T032710Z") && !is_time("int4") && !is_time("20261124-032710Z"));
    }

    #[test]
    fn a_folder_is_taken_once_and_what_is_half_written_goes() {
        let folder = tempfile::tempdir().unwrap();
        let taken = Folder::take(folder.path()).unwrap();
        let refused = Folder::take(folder.path()).unwrap_err().to_string();
        assert!(refused.contains(&format!("found process {}", std::process::id())), "{refused}");
        // A tool that outlives its driver keeps the folder taken.
        let mut tool = std::process::Command::new("sleep").arg("60").stdin(taken.held().unwrap()).spawn().unwrap();
        drop(taken);
        assert!(Folder::take(folder.path()).is_err());
        tool.kill().unwrap();
        tool.wait().unwrap();
        let taken = Folder::take(folder.path()).unwrap();
        let part = taken.part("m-c4").unwrap();
        fs::write(part.join("report.json"), "{").unwrap();
        assert_eq!(taken.tidy().unwrap(), 1);
        assert!(!part.exists());
    }
}
