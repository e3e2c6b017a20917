//! Colours and width of a terminal.

use std::env;
use std::io::{self, IsTerminal as _};

use crate::arguments::Color;

/// The widest line that is easy to read, columns.
const WIDEST: usize = 100;
/// The least width that is assumed of a terminal, columns.
const NARROWEST: usize = 80;

/// How text is decorated. Colour alone never carries information.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Style {
    colors: bool,
    width: usize,
}

impl Style {
    /// The style of standard output. `NO_COLOR` is honoured as <https://no-color.org> asks.
    pub(crate) fn new(color: Color) -> Self {
        let colors = match color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => {
                let refused = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
                let dumb = env::var_os("TERM").is_some_and(|value| value == "dumb");
                io::stdout().is_terminal() && !refused && !dumb
            }
        };
        let columns = terminal_size::terminal_size().map_or(WIDEST, |(width, _)| usize::from(width.0));
        Self { colors, width: columns.clamp(NARROWEST, WIDEST) }
    }

    /// Width to fill, columns.
    pub(crate) fn width(self) -> usize {
        self.width
    }

    /// For the most important text.
    pub(crate) fn bold(self, text: &str) -> String {
        self.paint("1", text)
    }

    /// For less important text.
    pub(crate) fn dim(self, text: &str) -> String {
        self.paint("2", text)
    }

    /// For what holds.
    pub(crate) fn good(self, text: &str) -> String {
        self.paint("32", text)
    }

    /// For what needs care.
    pub(crate) fn careful(self, text: &str) -> String {
        self.paint("33", text)
    }

    /// For what breaks.
    pub(crate) fn bad(self, text: &str) -> String {
        self.paint("31", text)
    }

    fn paint(self, code: &str, text: &str) -> String {
        if self.colors && !text.is_empty() { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}
