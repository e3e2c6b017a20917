//! A report of a few kilobytes, JSON or YAML, read into one tree.

use crate::format::Report;
use crate::input::Input;
use crate::json::Parser;
use crate::problem::{Code, Problem};
use crate::transcode;
use crate::tree::Tree;

/// Reads the whole report; `None`, with a problem, if it is damaged.
pub(crate) fn read(input: &mut Input<'_>, report: &mut Report<'_>) -> Option<Tree> {
    let first = input.window()[input.at..].iter().find(|byte| !byte.is_ascii_whitespace());
    if matches!(first, Some(b'{' | b'[')) {
        return parse(input, report);
    }
    let json = yaml_as_json(input, report)?;
    parse(&mut Input::of(json), report)
}

/// Converts a YAML report to JSON; `None`, with a problem, if that is not possible.
pub(crate) fn yaml_as_json(input: &mut Input<'_>, report: &mut Report<'_>) -> Option<Vec<u8>> {
    let problem = match input.rest(transcode::MAX_BYTES) {
        Ok(Some(bytes)) => match transcode::json(&String::from_utf8_lossy(&bytes), report.source) {
            Ok(json) => return Some(json),
            Err(problem) => problem,
        },
        Ok(None) => Problem {
            source: report.source.to_owned(),
            code: Code::OutOfRange,
            path: None,
            message: format!(
                "expected a YAML report of at most {} bytes; found more. Give the JSON that the tool wrote beside it.",
                transcode::MAX_BYTES
            ),
        },
        Err(error) => input.problem(&error, report.source),
    };
    report.problems.push(problem);
    None
}

/// The value of a small JSON text; `None` if it is not JSON.
pub(crate) fn small_json(text: &str) -> Option<Tree> {
    Tree::read(&mut Parser::new(&mut Input::over(text.as_bytes()))).ok()
}

/// A small YAML document of any structure; `None` if it is not YAML.
pub(crate) fn small_yaml(text: &str) -> Option<Tree> {
    let json = transcode::json(text, "").ok()?;
    Tree::read(&mut Parser::new(&mut Input::over(&json))).ok()
}

fn parse(input: &mut Input<'_>, report: &mut Report<'_>) -> Option<Tree> {
    let mut parser = Parser::new(input);
    let outcome = Tree::read(&mut parser).and_then(|tree| parser.end().map(|()| tree));
    let outcome = outcome.map_err(|stop| parser.problem(&stop, report.source));
    report.problems.extend(parser.into_problems(report.source));
    outcome.map_err(|problem| report.problems.push(problem)).ok()
}
