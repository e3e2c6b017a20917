//! Folders as open descriptors.

use std::fs::File;
use std::io::{self, ErrorKind};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::time::SystemTime;

use rustix::fs::{
    Access, AtFlags, CWD, Dir, Mode, OFlags, accessat, fsync, linkat, mkdirat, openat, renameat, statat, unlinkat,
};
use rustix::io::Errno;

use super::{is_link, is_other};

/// Rights of new files and folders, before the process' mask: everybody may read reports, as with files that a
/// benchmark tool writes.
const FILE: Mode = Mode::from_raw_mode(0o644);
const FOLDER: Mode = Mode::from_raw_mode(0o755);

/// An open folder.
#[derive(Debug)]
pub(in crate::store) struct Folder {
    descriptor: OwnedFd,
}

impl Folder {
    /// The root. It may itself be a link: it is what an administrator set.
    ///
    /// # Errors
    /// If there is no such folder, or it may not be opened.
    pub(in crate::store) fn root(path: &Path) -> io::Result<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        Ok(Self { descriptor: openat(CWD, path, flags, Mode::empty())? })
    }

    /// A folder in this one.
    ///
    /// # Errors
    /// If there is none of this name, or a link.
    pub(in crate::store) fn child(&self, name: &str) -> io::Result<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        match openat(&self.descriptor, name, flags, Mode::empty()) {
            Ok(descriptor) => Ok(Self { descriptor }),
            Err(Errno::NOTDIR | Errno::LOOP) if self.has_link(name) => Err(is_link(name)),
            Err(Errno::NOTDIR) => Err(is_other(name, "folder")),
            Err(error) => Err(error.into()),
        }
    }

    /// A folder in this one, created if there is none.
    ///
    /// # Errors
    /// If it cannot be created, or something else has its name.
    pub(in crate::store) fn child_or_new(&self, name: &str) -> io::Result<Self> {
        match self.child(name) {
            Err(error) if error.kind() == ErrorKind::NotFound => match mkdirat(&self.descriptor, name, FOLDER) {
                Ok(()) => {
                    self.sync()?;
                    self.child(name)
                }
                Err(Errno::EXIST) => self.child(name),
                Err(error) => Err(error.into()),
            },
            found => found,
        }
    }

    /// A new file for writing.
    ///
    /// # Errors
    /// If it cannot be created, or something has its name.
    pub(in crate::store) fn create(&self, name: &str) -> io::Result<File> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(openat(&self.descriptor, name, flags, FILE)?.into())
    }

    /// A regular file for reading. Does not wait, as opening a named pipe would.
    ///
    /// # Errors
    /// If there is none, or it is a link.
    pub(in crate::store) fn open(&self, name: &str) -> io::Result<File> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file: File = match openat(&self.descriptor, name, flags, Mode::empty()) {
            Ok(descriptor) => descriptor.into(),
            Err(Errno::LOOP) => return Err(is_link(name)),
            Err(error) => return Err(error.into()),
        };
        if file.metadata()?.is_file() { Ok(file) } else { Err(is_other(name, "file")) }
    }

    /// Gives a file its final name in one step.
    ///
    /// # Errors
    /// [`ErrorKind::AlreadyExists`] if something has the name: nothing is ever replaced.
    pub(in crate::store) fn publish(&self, hidden: &str, name: &str) -> io::Result<()> {
        let here = &self.descriptor;
        match linkat(here, hidden, here, name, AtFlags::empty()) {
            Ok(()) => unlinkat(here, hidden, AtFlags::empty())?,
            Err(Errno::EXIST) => return Err(Errno::EXIST.into()),
            // Some file systems have no second names for a file. There a file of the same name that another machine
            // writes at this very moment is not seen.
            Err(_) => match statat(here, name, AtFlags::SYMLINK_NOFOLLOW) {
                Err(Errno::NOENT) => renameat(here, hidden, here, name)?,
                Ok(_) => return Err(Errno::EXIST.into()),
                Err(error) => return Err(error.into()),
            },
        }
        self.sync()
    }

    /// Gives a file another name; a file of that name is replaced.
    ///
    /// # Errors
    /// An error of the disk.
    pub(in crate::store) fn replace(&self, hidden: &str, name: &str) -> io::Result<()> {
        renameat(&self.descriptor, hidden, &self.descriptor, name)?;
        self.sync()
    }

    /// Removes a file.
    ///
    /// # Errors
    /// If there is none, or it cannot be removed.
    pub(in crate::store) fn remove(&self, name: &str) -> io::Result<()> {
        Ok(unlinkat(&self.descriptor, name, AtFlags::empty())?)
    }

    /// Removes an empty folder.
    ///
    /// # Errors
    /// If there is none, or it is not empty.
    pub(in crate::store) fn remove_folder(&self, name: &str) -> io::Result<()> {
        Ok(unlinkat(&self.descriptor, name, AtFlags::REMOVEDIR)?)
    }

    /// The names in the folder, in no order. Those that are not UTF-8 are left out: nothing here has such a name.
    ///
    /// # Errors
    /// If the folder cannot be read.
    pub(in crate::store) fn names(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in Dir::read_from(&self.descriptor)? {
            if let Ok(name) = entry?.file_name().to_str()
                && name != "."
                && name != ".."
            {
                names.push(name.to_owned());
            }
        }
        Ok(names)
    }

    /// When a file or a folder was last written to.
    ///
    /// # Errors
    /// If there is none.
    pub(in crate::store) fn modified(&self, name: &str) -> io::Result<SystemTime> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        File::from(openat(&self.descriptor, name, flags, Mode::empty())?).metadata()?.modified()
    }

    /// Whether this process may create files in the folder.
    pub(in crate::store) fn is_writable(&self) -> bool {
        accessat(&self.descriptor, ".", Access::WRITE_OK | Access::EXEC_OK, AtFlags::empty()).is_ok()
    }

    /// Makes the names in the folder last through a power failure. A file system that cannot is taken as it is.
    fn sync(&self) -> io::Result<()> {
        match fsync(&self.descriptor) {
            Ok(()) | Err(Errno::INVAL | Errno::NOTSUP) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    fn has_link(&self, name: &str) -> bool {
        statat(&self.descriptor, name, AtFlags::SYMLINK_NOFOLLOW)
            .is_ok_and(|stat| rustix::fs::FileType::from_raw_mode(stat.st_mode).is_symlink())
    }
}
