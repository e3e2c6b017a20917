//! An authority, a server and a client, made by openssl for one test.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;

use crate::servers::program;

/// A folder with certificates.
pub(crate) struct Certificates {
    folder: TempDir,
    openssl: PathBuf,
}

impl Certificates {
    /// An authority `ca`, a `server` for 127.0.0.1 and a `client` that it signed, and an authority `other` that signed
    /// nothing; `None` without openssl.
    pub(crate) fn make() -> Option<Self> {
        let openssl = program("openssl")?;
        let made = Self { folder: tempfile::tempdir().unwrap(), openssl };
        for authority in ["ca", "other"] {
            made.run(&format!(
                "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN={authority} \
                 -keyout {authority}.key -out {authority}.pem"
            ));
        }
        for (name, extension) in [("server", "subjectAltName=IP:127.0.0.1"), ("client", "extendedKeyUsage=clientAuth")]
        {
            fs::write(made.path("extension"), extension).unwrap();
            made.run(&format!(
                "req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN={name} -keyout {name}.key \
                 -out {name}.csr"
            ));
            made.run(&format!(
                "x509 -req -in {name}.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile extension -out \
                 {name}.pem"
            ));
        }
        Some(made)
    }

    fn run(&self, arguments: &str) {
        let output = Command::new(&self.openssl)
            .args(arguments.split_whitespace())
            .current_dir(self.folder.path())
            .output()
            .unwrap();
        assert!(output.status.success(), "openssl {arguments}: {}", String::from_utf8_lossy(&output.stderr));
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// Writes a file beside the certificates.
    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, text).unwrap();
        path
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }
}
