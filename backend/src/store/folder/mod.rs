//! A folder that is written to without ever leaving it: no link below the root is followed.
//!
//! A name here is one name and no path. Between two looks at a path somebody else may put a link in its place, so on
//! Unix every folder is held open and names are looked up in it; elsewhere the path is looked at before it is used.

#[cfg(unix)]
mod by_descriptor;
#[cfg(not(unix))]
mod by_path;

#[cfg(unix)]
pub(super) use by_descriptor::Folder;
#[cfg(not(unix))]
pub(super) use by_path::Folder;

use std::io::{self, ErrorKind};

/// The error for a link where a folder or a file is expected.
fn is_link(name: &str) -> io::Error {
    io::Error::new(ErrorKind::InvalidInput, format!("`{name}` is a link, and links are not followed when writing"))
}

/// The error for something that is neither a folder nor a file, or the other of the two.
fn is_other(name: &str, expected: &str) -> io::Error {
    io::Error::new(ErrorKind::InvalidInput, format!("`{name}` is there and is no {expected}"))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::{Read as _, Write as _};

    use super::*;

    #[test]
    fn a_file_appears_under_its_name_when_it_is_published_and_replaces_nothing() {
        let root = tempfile::tempdir().unwrap();
        let folder = Folder::root(root.path()).unwrap().child_or_new("a").unwrap();
        folder.create(".hidden").unwrap().write_all(b"one").unwrap();
        assert_eq!(folder.create(".hidden").unwrap_err().kind(), ErrorKind::AlreadyExists);
        folder.publish(".hidden", "report.json").unwrap();
        folder.create(".hidden").unwrap().write_all(b"two").unwrap();
        assert_eq!(folder.publish(".hidden", "report.json").unwrap_err().kind(), ErrorKind::AlreadyExists);
        let mut text = String::new();
        folder.open("report.json").unwrap().read_to_string(&mut text).unwrap();
        assert_eq!(text, "one");
        let mut names = folder.names().unwrap();
        names.sort();
        assert_eq!(names, [".hidden", "report.json"]);
        assert!(folder.modified(".hidden").is_ok());
        folder.remove(".hidden").unwrap();
        assert_eq!(fs::read(root.path().join("a/report.json")).unwrap(), b"one");
        assert_eq!(folder.remove(".hidden").unwrap_err().kind(), ErrorKind::NotFound);
    }

    #[cfg(unix)]
    #[test]
    fn links_are_not_followed_and_what_is_no_file_is_not_opened() {
        use std::os::unix::fs::symlink;
        let (root, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::write(outside.path().join("secret"), "s").unwrap();
        symlink(outside.path(), root.path().join("folder")).unwrap();
        symlink(outside.path().join("secret"), root.path().join("file")).unwrap();
        symlink(outside.path().join("none"), root.path().join("dangling")).unwrap();
        fs::write(root.path().join("plain"), "p").unwrap();
        let folder = Folder::root(root.path()).unwrap();
        for error in [
            folder.child("folder").err(),
            folder.child_or_new("folder").err(),
            folder.child_or_new("dangling").err(),
            folder.open("file").err(),
        ] {
            let error = error.unwrap();
            assert!(error.to_string().contains("is a link"), "{error}");
        }
        assert!(folder.child_or_new("plain").unwrap_err().to_string().contains("is no folder"));
        assert!(folder.open("folder").unwrap_err().to_string().contains("is a link"));
        folder.create(".new").unwrap();
        assert_eq!(folder.publish(".new", "dangling").unwrap_err().kind(), ErrorKind::AlreadyExists);
        assert!(!outside.path().join("none").exists());
        rustix::fs::mknodat(
            rustix::fs::CWD,
            root.path().join("pipe"),
            rustix::fs::FileType::Fifo,
            rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR,
            0,
        )
        .unwrap();
        assert!(
            folder.open("pipe").unwrap_err().to_string().contains("is no file"),
            "and it does not wait for a writer"
        );
    }
}
