//! Reports that come in parts: kept in a hidden folder of the store until all parts are there.
//!
//! In the store and not in a folder of this machine, so that several Grafana servers with one store may each take parts
//! of one report, and a restart loses none. What is there is seen from the files alone.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Write as _};
use std::ops::RangeInclusive;
use std::time::SystemTime;

use headroom_base::hexadecimal;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use thiserror::Error;

use super::directory::Directory;
use super::folder::Folder;
use super::put::{ABANDONED, Content, PutError, create};
use super::{ReportPath, Store};

/// The folder of unfinished uploads, at the root of the store. It is hidden, so no listing shows what is in it.
const UPLOADS: &str = ".headroom-uploads";
/// The file that says what an upload is to become.
const ABOUT: &str = "upload.json";
/// The most bytes of that file.
const MAX_ABOUT: u64 = 64 << 10;

/// The most bytes of a report in parts, as sent. The longest reports have half of that before compression; it is also how
/// far any compressed report may expand.
const MAX_BYTES: u64 = 1 << 30;
/// The least and the most bytes of a part, but for the last one. A part is one request, and one message to this process
/// with at most 16 MiB; the least keeps the number of files in check.
const PART_BYTES: RangeInclusive<u64> = (256 << 10)..=(15 << 20);
/// The bytes of a part where nothing else is asked for.
const USUAL_PART_BYTES: u64 = 8 << 20;
/// The most unfinished uploads of a store, so that they take 8 GiB at most.
const MAX_OPEN: usize = 8;

/// What an upload is to become.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The path of the report in the store.
    pub name: String,
    /// Its bytes as sent.
    pub bytes: u64,
    /// Their SHA-256, in lower-case hexadecimal.
    pub sha256: String,
    /// The bytes of each part but the last one.
    #[serde(default = "usual_part_bytes")]
    pub part_bytes: u64,
}

fn usual_part_bytes() -> u64 {
    USUAL_PART_BYTES
}

impl Manifest {
    /// Checks it, and gives the path that it names.
    ///
    /// # Errors
    /// What was expected and what was found.
    pub fn check(&self) -> Result<ReportPath, String> {
        if !(1..=MAX_BYTES).contains(&self.bytes) {
            return Err(format!(
                "expected `bytes` of at least 1 and at most {MAX_BYTES}, a report of 1 GiB; found {}. Compress it, or \
                 give fewer loads a report",
                self.bytes
            ));
        }
        if !PART_BYTES.contains(&self.part_bytes) {
            let (least, most) = (PART_BYTES.start(), PART_BYTES.end());
            return Err(format!("expected `part_bytes` from {least} to {most}; found {}", self.part_bytes));
        }
        if !is_hexadecimal(&self.sha256, 64) {
            return Err("expected `sha256` with 64 digits in lower-case hexadecimal, as sha256sum prints it".to_owned());
        }
        ReportPath::parse(&self.name)
    }

    /// How many parts there are.
    #[must_use]
    pub fn parts(&self) -> u64 {
        self.bytes.div_ceil(self.part_bytes)
    }

    /// The bytes of a part, counted from 1; `None` if there is no such part.
    #[must_use]
    pub fn part_length(&self, number: u64) -> Option<u64> {
        let before = number.checked_sub(1)?.checked_mul(self.part_bytes)?;
        let left = self.bytes.checked_sub(before).filter(|left| *left > 0)?;
        Some(left.min(self.part_bytes))
    }

    /// The id of an upload follows from what it is to become, so that who begins the same one again goes on with it.
    fn id(&self) -> String {
        let text = format!("{}\n{}\n{}\n{}", self.name, self.bytes, self.sha256, self.part_bytes);
        let mut id = hexadecimal(&Sha256::digest(text));
        id.truncate(ID_DIGITS);
        id
    }
}

/// Digits of an id.
const ID_DIGITS: usize = 32;

/// How far an upload is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadState {
    /// Its id.
    pub id: String,
    /// What it is to become.
    pub manifest: Manifest,
    /// The numbers of the parts that are there, ascending, counted from 1.
    pub there: Vec<u64>,
}

impl UploadState {
    /// The numbers of the parts that are not there yet, ascending.
    #[must_use]
    pub fn missing(&self) -> Vec<u64> {
        (1..=self.manifest.parts()).filter(|number| self.there.binary_search(number).is_err()).collect()
    }
}

/// Why a part, or the whole of an upload, is refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum UploadError {
    /// There is no such upload.
    #[error("there is no upload `{0}`: it was finished, removed, or lay still for a day. Begin it anew")]
    Unknown(String),
    /// Too many are unfinished.
    #[error("{MAX_OPEN} uploads are unfinished, and no more are kept: finish or remove one, or wait a day")]
    TooMany,
    /// The part does not belong to the upload, or is not what was announced.
    #[error("{0}")]
    Wrong(String),
    /// Parts are missing.
    #[error("parts of the report are missing: {0}. Send them, then commit again")]
    Incomplete(String),
    /// The parts together are not the report.
    #[error(
        "the parts together are not the report that was announced: their SHA-256 is {found}. Did the file change \
         meanwhile? The upload is removed: begin it anew"
    )]
    Changed {
        /// The hash of all parts.
        found: String,
    },
    /// The store cannot be written to.
    #[error(transparent)]
    Store(#[from] PutError),
}

/// The parts of an upload, one after the other.
#[derive(Debug)]
pub struct Parts {
    folder: Folder,
    count: u64,
}

impl Content for Parts {
    fn open(&self) -> io::Result<Box<dyn Read + '_>> {
        Ok(Box::new(PartsReader { parts: self, next: 1, file: None }))
    }
}

struct PartsReader<'a> {
    parts: &'a Parts,
    next: u64,
    file: Option<File>,
}

impl Read for PartsReader<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            if let Some(file) = &mut self.file {
                let count = file.read(into)?;
                if count > 0 || into.is_empty() {
                    return Ok(count);
                }
            }
            if self.next > self.parts.count {
                return Ok(0);
            }
            self.file = Some(self.parts.folder.open(&self.next.to_string())?);
            self.next += 1;
        }
    }
}

impl Store {
    /// Begins an upload, or goes on with one. Removes those that were abandoned.
    ///
    /// # Errors
    /// If too many are unfinished, or the store cannot be written to.
    pub fn begin_upload(&self, manifest: &Manifest) -> Result<UploadState, UploadError> {
        let directory = self.folder()?;
        let id = manifest.id();
        drop_abandoned(directory);
        let begun = || -> io::Result<bool> {
            let uploads = Folder::root(directory.root())?.child_or_new(UPLOADS)?;
            let names = uploads.names()?;
            if names.len() >= MAX_OPEN && !names.contains(&id) {
                return Ok(false);
            }
            let folder = uploads.child_or_new(&id)?;
            let (hidden, mut file) = create(&folder)?;
            file.write_all(&serde_json::to_vec(manifest)?)?;
            file.sync_all()?;
            folder.replace(&hidden, ABOUT)?;
            Ok(true)
        };
        match begun() {
            Ok(true) => self.upload(&id),
            Ok(false) => Err(UploadError::TooMany),
            Err(error) => Err(failed(directory, &manifest.name, &error)),
        }
    }

    /// How far an upload is.
    ///
    /// # Errors
    /// If there is none of this id, or the store cannot be read.
    pub fn upload(&self, id: &str) -> Result<UploadState, UploadError> {
        let directory = self.folder()?;
        let (folder, manifest) = opened(directory, id)?;
        let failed = |error: &io::Error| failed(directory, &manifest.name, error);
        let mut there = Vec::new();
        for name in folder.names().map_err(|error| failed(&error))? {
            let Some((number, length)) =
                name.parse().ok().and_then(|number| Some((number, manifest.part_length(number)?)))
            else {
                continue;
            };
            let metadata = folder.open(&name).and_then(|file| file.metadata()).map_err(|error| failed(&error))?;
            if metadata.len() == length {
                there.push(number);
            }
        }
        there.sort_unstable();
        Ok(UploadState { id: id.to_owned(), manifest, there })
    }

    /// Keeps a part. Sending one again replaces it.
    ///
    /// # Errors
    /// If there is no such upload or part, its length or hash is not what was announced, or the store cannot be written to.
    pub fn put_part(&self, id: &str, number: u64, sha256: &str, bytes: &[u8]) -> Result<(), UploadError> {
        let directory = self.folder()?;
        let (folder, manifest) = opened(directory, id)?;
        let Some(length) = manifest.part_length(number) else {
            let parts = manifest.parts();
            return Err(UploadError::Wrong(format!("expected a part from 1 to {parts}; found {number}")));
        };
        let found = bytes.len();
        if found as u64 != length {
            return Err(UploadError::Wrong(format!(
                "expected {length} bytes in part {number}; found {found}. Send it again"
            )));
        }
        let hash = hexadecimal(&Sha256::digest(bytes));
        if hash != sha256 {
            return Err(UploadError::Wrong(format!(
                "expected part {number} with the SHA-256 {hash}, which its bytes have here; found `{}` announced. Was it \
                 changed on its way? Send it again",
                sha256.chars().take(64).collect::<String>()
            )));
        }
        let written = || -> io::Result<()> {
            let (hidden, mut file) = create(&folder)?;
            let written = file
                .write_all(bytes)
                .and_then(|()| file.sync_all())
                .and_then(|()| folder.replace(&hidden, &number.to_string()));
            if written.is_err() {
                // What cannot be removed goes with the upload.
                folder.remove(&hidden).ok();
            }
            written
        };
        written().map_err(|error| failed(directory, &manifest.name, &error))
    }

    /// All parts of an upload, if they are there and are what was announced.
    ///
    /// # Errors
    /// If parts are missing, or together are something else. In the latter case the upload is removed.
    pub fn parts(&self, id: &str) -> Result<(Manifest, Parts), UploadError> {
        let directory = self.folder()?;
        let state = self.upload(id)?;
        let missing = state.missing();
        if !missing.is_empty() {
            return Err(UploadError::Incomplete(shown(&missing)));
        }
        let (folder, manifest) = opened(directory, id)?;
        let parts = Parts { folder, count: manifest.parts() };
        let found = hash(&parts).map_err(|error| failed(directory, &manifest.name, &error))?;
        if found != manifest.sha256 {
            self.drop_upload(id)?;
            return Err(UploadError::Changed { found });
        }
        Ok((manifest, parts))
    }

    /// Removes an upload with its parts.
    ///
    /// # Errors
    /// If there is none, or the store cannot be written to.
    pub fn drop_upload(&self, id: &str) -> Result<(), UploadError> {
        let directory = self.folder()?;
        let (_, manifest) = opened(directory, id)?;
        let removed = || remove(&Folder::root(directory.root())?.child(UPLOADS)?, id);
        removed().map_err(|error| failed(directory, &manifest.name, &error))
    }

    /// Removes the uploads of which no part came for a day.
    pub fn drop_abandoned_uploads(&self) {
        if let Self::Directory(directory) = self {
            drop_abandoned(directory);
        }
    }
}

fn failed(directory: &Directory, path: &str, error: &io::Error) -> UploadError {
    PutError::of(error, directory.shown(), path).into()
}

/// The folder of an upload, and what it is to become.
fn opened(directory: &Directory, id: &str) -> Result<(Folder, Manifest), UploadError> {
    let unknown = || UploadError::Unknown(id.chars().take(ID_DIGITS).collect());
    if !is_hexadecimal(id, ID_DIGITS) {
        return Err(unknown());
    }
    let open = || -> io::Result<(Folder, Manifest)> {
        let folder = Folder::root(directory.root())?.child(UPLOADS)?.child(id)?;
        let about = serde_json::from_reader(folder.open(ABOUT)?.take(MAX_ABOUT))?;
        Ok((folder, about))
    };
    match open() {
        Ok(opened) => Ok(opened),
        Err(error) if error.kind() == ErrorKind::NotFound => Err(unknown()),
        Err(error) => Err(failed(directory, id, &error)),
    }
}

/// A store without uploads, or one that cannot be written to, has nothing to remove.
fn drop_abandoned(directory: &Directory) {
    let Ok(uploads) = Folder::root(directory.root()).and_then(|root| root.child(UPLOADS)) else { return };
    for name in uploads.names().unwrap_or_default() {
        let old = uploads
            .modified(&name)
            .is_ok_and(|modified| SystemTime::now().duration_since(modified).is_ok_and(|age| age > ABANDONED));
        if old && let Err(error) = remove(&uploads, &name) {
            log::warn!("the abandoned upload {UPLOADS}/{name} cannot be removed: {error}");
        }
    }
}

/// Removes an upload's files, what it is to become at last, so that a kill in between leaves something to remove again.
fn remove(uploads: &Folder, id: &str) -> io::Result<()> {
    let folder = uploads.child(id)?;
    let (about, parts): (Vec<_>, Vec<_>) = folder.names()?.into_iter().partition(|name| name == ABOUT);
    for name in parts.into_iter().chain(about) {
        match folder.remove(&name) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    uploads.remove_folder(id)
}

fn hash(content: &impl Content) -> io::Result<String> {
    let mut from = content.open()?;
    let (mut hash, mut chunk) = (Sha256::new(), vec![0; 256 << 10]);
    loop {
        match from.read(&mut chunk) {
            Ok(0) => return Ok(hexadecimal(&hash.finalize())),
            Ok(count) => hash.update(&chunk[..count]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

fn is_hexadecimal(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// The first few numbers, and how many more there are.
fn shown(numbers: &[u64]) -> String {
    const NAMED: usize = 10;
    let named: Vec<String> = numbers.iter().take(NAMED).map(u64::to_string).collect();
    let more = numbers.len().saturating_sub(NAMED);
    if more > 0 { format!("{} and {more} more", named.join(", ")) } else { named.join(", ") }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::time::Duration;

    use super::*;
    use crate::settings::StoreSettings;

    fn store(root: &Path) -> Store {
        Store::new(&StoreSettings::Directory { typed: root.display().to_string(), path: root.to_owned() })
    }

    const PART: usize = 256 << 10;

    fn content() -> Vec<u8> {
        (0..=250).cycle().take(2 * PART + 100).collect()
    }

    fn manifest(content: &[u8]) -> Manifest {
        Manifest {
            name: "a/x.json".to_owned(),
            bytes: content.len() as u64,
            sha256: hexadecimal(&Sha256::digest(content)),
            part_bytes: PART as u64,
        }
    }

    fn send(store: &Store, id: &str, number: u64, bytes: &[u8]) -> Result<(), UploadError> {
        store.put_part(id, number, &hexadecimal(&Sha256::digest(bytes)), bytes)
    }

    #[test]
    fn parts_come_in_any_order_and_go_on_after_a_restart() {
        let root = tempfile::tempdir().unwrap();
        let content = content();
        let parts: Vec<&[u8]> = content.chunks(PART).collect();
        let begun = store(root.path()).begin_upload(&manifest(&content)).unwrap();
        assert_eq!((begun.there.as_slice(), begun.missing()), ([].as_slice(), vec![1, 2, 3]));
        let id = &begun.id;
        send(&store(root.path()), id, 3, parts[2]).unwrap();
        send(&store(root.path()), id, 1, parts[0]).unwrap();
        let again = store(root.path()).begin_upload(&manifest(&content)).unwrap();
        assert_eq!((&again.id, again.there.as_slice()), (id, [1, 3].as_slice()));
        let incomplete = store(root.path()).parts(id).unwrap_err();
        assert_eq!(incomplete, UploadError::Incomplete("2".to_owned()));
        send(&store(root.path()), id, 2, parts[1]).unwrap();
        let (_, whole) = store(root.path()).parts(id).unwrap();
        let mut read = Vec::new();
        whole.open().unwrap().read_to_end(&mut read).unwrap();
        assert!(read == content);
        store(root.path()).drop_upload(id).unwrap();
        assert_eq!(store(root.path()).upload(id), Err(UploadError::Unknown(id.clone())));
        assert!(store(root.path()).list(&crate::cancel::Cancel::default()).unwrap().reports.is_empty());
    }

    #[test]
    fn a_part_that_is_not_what_was_announced_is_refused() {
        let root = tempfile::tempdir().unwrap();
        let store = store(root.path());
        let content = content();
        let id = store.begin_upload(&manifest(&content)).unwrap().id;
        let wrong = |result: Result<(), UploadError>, part: &str| {
            let error = result.unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        };
        wrong(send(&store, &id, 0, b"x"), "from 1 to 3");
        wrong(send(&store, &id, 4, b"x"), "from 1 to 3");
        wrong(send(&store, &id, u64::MAX, b"x"), "from 1 to 3");
        wrong(send(&store, &id, 3, &content[..99]), "expected 100 bytes in part 3; found 99");
        wrong(store.put_part(&id, 3, &"0".repeat(64), &content[..100]), "changed on its way");
        wrong(send(&store, "../../etc", 1, b"x"), "there is no upload");
        wrong(send(&store, &"0".repeat(32), 1, b"x"), "there is no upload");
        assert_eq!(store.upload(&id).unwrap().there, Vec::<u64>::new());
        // Parts that are each as announced, of another file.
        for (number, length) in [(1, PART), (2, PART), (3, 100)] {
            send(&store, &id, number, &vec![7; length]).unwrap();
        }
        let changed = store.parts(&id).unwrap_err();
        assert!(matches!(changed, UploadError::Changed { .. }), "{changed}");
        assert_eq!(store.upload(&id), Err(UploadError::Unknown(id.clone())));
    }

    #[test]
    fn announcements_are_bounded() {
        let good = manifest(&content());
        assert_eq!(good.check().unwrap().to_string(), "a/x.json");
        for (bad, part) in [
            (Manifest { bytes: 0, ..good.clone() }, "`bytes`"),
            (Manifest { bytes: MAX_BYTES + 1, ..good.clone() }, "`bytes`"),
            (Manifest { part_bytes: 1, ..good.clone() }, "`part_bytes`"),
            (Manifest { part_bytes: 16 << 20, ..good.clone() }, "`part_bytes`"),
            (Manifest { sha256: "ABC".to_owned(), ..good.clone() }, "`sha256`"),
            (Manifest { name: "../x.json".to_owned(), ..good.clone() }, "`..`"),
        ] {
            let message = bad.check().unwrap_err();
            assert!(message.contains(part), "{message}");
        }
    }

    #[test]
    fn unfinished_uploads_are_bounded_and_removed_after_a_day() {
        let root = tempfile::tempdir().unwrap();
        let store = store(root.path());
        let numbered = |number: usize| Manifest { name: format!("{number}.json"), ..manifest(&content()) };
        let begun: Vec<UploadState> =
            (0..MAX_OPEN).map(|number| store.begin_upload(&numbered(number)).unwrap()).collect();
        assert_eq!(store.begin_upload(&numbered(MAX_OPEN)), Err(UploadError::TooMany));
        assert!(store.begin_upload(&numbered(0)).is_ok(), "going on is no new one");
        let folder = root.path().join(UPLOADS).join(&begun[3].id);
        File::open(&folder).unwrap().set_modified(SystemTime::now() - Duration::from_hours(25)).unwrap();
        store.begin_upload(&numbered(MAX_OPEN)).unwrap();
        assert!(!folder.exists());
        assert_eq!(store.upload(&begun[3].id), Err(UploadError::Unknown(begun[3].id.clone())));
        assert!(store.upload(&begun[4].id).is_ok());
    }
}
