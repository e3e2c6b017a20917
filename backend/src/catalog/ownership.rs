//! Determines whether a file is a catalog of ours. A path in the settings may name anything: a report, a text, another
//! program's database. Only a catalog of ours is ever written to, and a damaged one is kept under another name.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};

/// SQLite's `application_id` of a catalog: "HDRM" in ASCII. SQLite keeps it in the header of the file for this purpose.
pub(super) const APPLICATION_ID: i32 = 0x4844_524d;

/// The start of an SQLite file, and the position of the application's id in it (big-endian).
///
/// Source: <https://www.sqlite.org/fileformat.html#the_database_header>
const MAGIC: &[u8; 16] = b"SQLite format 3\0";
const APPLICATION_ID_AT: usize = 68;

/// Tables of every catalog since the first version. A catalog without our id is recognised by them.
const TABLES: [&str; 4] = ["about", "files", "levels", "runs"];

/// How many damaged catalogs are kept at most.
const KEPT: usize = 3;

/// What is at the path of a catalog.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// No file, or an empty one: a catalog can be made there.
    Nothing,
    /// A catalog.
    Ours,
    /// Something else; a text that continues "the file …".
    Foreign(&'static str),
}

/// Examines a file without opening it as a database, because opening could already write to it.
///
/// # Errors
/// An error of the operating system.
pub(super) fn look(path: &Path) -> std::io::Result<Found> {
    // This follows links. A pipe must not be opened, because that would wait for somebody to write into it.
    let metadata = match fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Found::Nothing),
        Err(error) => return Err(error),
    };
    if !metadata.is_file() {
        return Ok(Found::Foreign("is not a regular file"));
    }
    let mut header = Vec::new();
    File::open(path)?.take(100).read_to_end(&mut header)?;
    if header.is_empty() {
        return Ok(Found::Nothing);
    }
    let Some(number) = header.get(APPLICATION_ID_AT..APPLICATION_ID_AT + 4).filter(|_| header.starts_with(MAGIC))
    else {
        return Ok(Found::Foreign("is not an SQLite file"));
    };
    Ok(if number == APPLICATION_ID.to_be_bytes() || (number == [0; 4] && has_tables_of_a_catalog(path)) {
        Found::Ours
    } else {
        Found::Foreign("is another program's SQLite file")
    })
}

/// Whether a database without our id is a catalog from before catalogs had one. It is read as an immutable file, so
/// that SQLite creates no files beside it.
fn has_tables_of_a_catalog(path: &Path) -> bool {
    let Some(path) = path.to_str() else { return false };
    let escaped = path.replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let names = || -> rusqlite::Result<Vec<String>> {
        Connection::open_with_flags(format!("file:{escaped}?immutable=1"), flags)?
            .prepare("SELECT name FROM sqlite_master WHERE type = 'table'")?
            .query_map([], |row| row.get(0))?
            .collect()
    };
    names().is_ok_and(|names| TABLES.iter().all(|table| names.iter().any(|name| name == table)))
}

/// Renames a damaged catalog and SQLite's files beside it, so that nothing is lost and a new one can be created.
/// Returns the new name.
///
/// # Errors
/// A sentence that says what is in the way.
pub(super) fn set_aside(path: &Path) -> Result<PathBuf, String> {
    let named = |number: usize| with_suffix(path, &format!(".damaged-{number}"));
    let Some(aside) = (1..=KEPT).map(named).find(|aside| fs::symlink_metadata(aside).is_err()) else {
        return Err(format!(
            "{KEPT} damaged catalogs have been set aside as {}.damaged-1 to -{KEPT} and are kept: look why the disk \
             damages them, and remove them",
            path.display()
        ));
    };
    for suffix in ["", "-wal", "-shm", "-journal"] {
        match fs::rename(with_suffix(path, suffix), with_suffix(&aside, suffix)) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(format!("the damaged catalog {} cannot be set aside: {error}", path.display()));
            }
            _ => {}
        }
    }
    Ok(aside)
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(make: fn(&Path), expected: &Found) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a ?#%41.sqlite");
        make(&path);
        let content = |path: &Path| fs::read(path).ok();
        let before = content(&path);
        assert_eq!(&look(&path).unwrap(), expected);
        assert_eq!(content(&path), before, "looking writes nothing");
        let beside = fs::read_dir(folder.path()).unwrap().count();
        assert!(beside <= 1, "nothing is made beside the file");
    }

    fn database(path: &Path, sql: &str) {
        Connection::open(path).unwrap().execute_batch(sql).unwrap();
    }

    #[test]
    fn only_catalogs_are_ours() {
        check(|_| {}, &Found::Nothing);
        check(|path| fs::write(path, "").unwrap(), &Found::Nothing);
        check(|path| fs::write(path, "a text").unwrap(), &Found::Foreign("is not an SQLite file"));
        check(|path| fs::write(path, MAGIC).unwrap(), &Found::Foreign("is not an SQLite file"));
        check(|path| fs::create_dir(path).unwrap(), &Found::Foreign("is not a regular file"));
        check(
            |path| database(path, "CREATE TABLE files (a); CREATE TABLE runs (b);"),
            &Found::Foreign("is another program's SQLite file"),
        );
        check(
            |path| database(path, "PRAGMA application_id = 7; CREATE TABLE a (b);"),
            &Found::Foreign("is another program's SQLite file"),
        );
        check(|path| database(path, &format!("PRAGMA application_id = {APPLICATION_ID};")), &Found::Ours);
        // A catalog from before catalogs had an id.
        check(
            |path| {
                database(
                    path,
                    "CREATE TABLE about (a); CREATE TABLE files (a); CREATE TABLE levels (a); CREATE TABLE runs (a);",
                );
            },
            &Found::Ours,
        );
    }

    #[test]
    fn damaged_catalogs_are_kept_until_they_are_too_many() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("c.sqlite");
        for number in 1..=KEPT {
            fs::write(&path, number.to_string()).unwrap();
            fs::write(with_suffix(&path, "-wal"), "log").unwrap();
            let aside = set_aside(&path).unwrap();
            assert_eq!(fs::read_to_string(&aside).unwrap(), number.to_string());
            assert_eq!(fs::read_to_string(with_suffix(&aside, "-wal")).unwrap(), "log");
        }
        fs::write(&path, "one more").unwrap();
        assert!(set_aside(&path).unwrap_err().contains("remove them"));
        assert_eq!(fs::read_to_string(&path).unwrap(), "one more");
    }
}
