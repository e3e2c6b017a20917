//! Folders as paths, for systems on which names cannot be looked up in an open folder.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::{is_link, is_other};

/// A folder.
#[derive(Debug)]
pub(in crate::store) struct Folder {
    path: PathBuf,
}

impl Folder {
    /// The root. It may itself be a link: it is what an administrator set.
    ///
    /// # Errors
    /// If there is no such folder.
    pub(in crate::store) fn root(path: &Path) -> io::Result<Self> {
        if fs::metadata(path)?.is_dir() { Ok(Self { path: path.to_owned() }) } else { Err(is_other(".", "folder")) }
    }

    /// A folder in this one.
    ///
    /// # Errors
    /// If there is none of this name, or a link.
    pub(in crate::store) fn child(&self, name: &str) -> io::Result<Self> {
        let path = self.path.join(name);
        let kind = fs::symlink_metadata(&path)?.file_type();
        match (kind.is_symlink(), kind.is_dir()) {
            (true, _) => Err(is_link(name)),
            (false, true) => Ok(Self { path }),
            (false, false) => Err(is_other(name, "folder")),
        }
    }

    /// A folder in this one, created if there is none.
    ///
    /// # Errors
    /// If it cannot be created, or something else has its name.
    pub(in crate::store) fn child_or_new(&self, name: &str) -> io::Result<Self> {
        match self.child(name) {
            Err(error) if error.kind() == ErrorKind::NotFound => match fs::create_dir(self.path.join(name)) {
                Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
                _ => self.child(name),
            },
            found => found,
        }
    }

    /// A new file for writing.
    ///
    /// # Errors
    /// If it cannot be created, or something has its name.
    pub(in crate::store) fn create(&self, name: &str) -> io::Result<File> {
        File::options().write(true).create_new(true).open(self.path.join(name))
    }

    /// A regular file for reading.
    ///
    /// # Errors
    /// If there is none, or it is a link.
    pub(in crate::store) fn open(&self, name: &str) -> io::Result<File> {
        let path = self.path.join(name);
        let kind = fs::symlink_metadata(&path)?.file_type();
        match (kind.is_symlink(), kind.is_file()) {
            (true, _) => Err(is_link(name)),
            (false, true) => File::open(path),
            (false, false) => Err(is_other(name, "file")),
        }
    }

    /// Gives a file its final name in one step.
    ///
    /// # Errors
    /// [`ErrorKind::AlreadyExists`] if something has the name: nothing is ever replaced.
    pub(in crate::store) fn publish(&self, hidden: &str, name: &str) -> io::Result<()> {
        fs::hard_link(self.path.join(hidden), self.path.join(name))?;
        self.remove(hidden)
    }

    /// Gives a file another name; a file of that name is replaced.
    ///
    /// # Errors
    /// An error of the disk.
    pub(in crate::store) fn replace(&self, hidden: &str, name: &str) -> io::Result<()> {
        fs::rename(self.path.join(hidden), self.path.join(name))
    }

    /// Removes a file.
    ///
    /// # Errors
    /// If there is none, or it cannot be removed.
    pub(in crate::store) fn remove(&self, name: &str) -> io::Result<()> {
        fs::remove_file(self.path.join(name))
    }

    /// Removes an empty folder.
    ///
    /// # Errors
    /// If there is none, or it is not empty.
    pub(in crate::store) fn remove_folder(&self, name: &str) -> io::Result<()> {
        fs::remove_dir(self.path.join(name))
    }

    /// The names in the folder, in no order. Those that are not UTF-8 are left out: nothing here has such a name.
    ///
    /// # Errors
    /// If the folder cannot be read.
    pub(in crate::store) fn names(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.path)? {
            names.extend(entry?.file_name().into_string().ok());
        }
        Ok(names)
    }

    /// Whether this process may create files in the folder.
    pub(in crate::store) fn is_writable(&self) -> bool {
        fs::metadata(&self.path).is_ok_and(|metadata| !metadata.permissions().readonly())
    }

    /// When a file or a folder was last written to.
    ///
    /// # Errors
    /// If there is none.
    pub(in crate::store) fn modified(&self, name: &str) -> io::Result<SystemTime> {
        fs::symlink_metadata(self.path.join(name))?.modified()
    }
}
