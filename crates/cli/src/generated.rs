//! Shell completions and manual pages, generated from the definition of the command line.

use std::io::Write;

use anyhow::{Context as _, Result};
use clap_complete::{Shell, generate};

use crate::arguments::command;

/// Writes the completions of a shell.
pub(crate) fn completions(shell: Shell, out: &mut impl Write) -> Result<()> {
    let mut script = Vec::new();
    generate(shell, &mut command(), "headroom", &mut script);
    Ok(out.write_all(&script)?)
}

/// Writes the manual page of the program, or of one of its commands.
pub(crate) fn man_page(of: Option<&str>, out: &mut impl Write) -> Result<()> {
    let mut program = command();
    // Gives the commands the full names that the pages show.
    program.build();
    let page = match of {
        None => program,
        Some(name) => {
            let found = program.find_subcommand(name).with_context(|| format!("expected a command, found `{name}`"))?;
            // The name of a page must not have spaces: headroom-analyze(1).
            found.clone().display_name(format!("headroom-{name}"))
        }
    };
    Ok(clap_mangen::Man::new(page).render(out)?)
}
