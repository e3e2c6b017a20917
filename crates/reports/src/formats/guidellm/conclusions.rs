//! GuideLLM's conclusions from a whole run, from 0.8 on (`benchmark/analysis/knee.py`).
//!
//! Its `knee` profile writes two analyses, one before it measures further loads and one after; the last one is used.
//! Each has three parts, which become three conclusions: where throughput stops rising, from which load on the server
//! is over-saturated, and how the two agree.

use headroom_engine::run::ToolConclusion;

use crate::json::{Parser, Stop};
use crate::limits;
use crate::tree::Tree;

/// The parts of an analysis, and the key of the load that each is about.
const PARTS: [(&str, &str); 3] =
    [("throughput", "knee"), ("saturation", "first_oversaturated_concurrency"), ("assessment", "selection_center")];

/// Reads `conclusions`.
pub(super) fn read(parser: &mut Parser<'_, '_>, into: &mut Vec<ToolConclusion>) -> Result<(), Stop> {
    parser.array(|parser, _| {
        if into.len() >= limits::LABELS {
            return parser.skip();
        }
        let tree = Tree::read(parser)?;
        let Some(kind) = tree.get("kind").text() else { return Ok(()) };
        let parts = PARTS.iter().filter_map(|(name, load)| part(kind, name, load, tree.get("final").get(name)));
        let before = into.len();
        into.extend(parts);
        if into.len() == before {
            // A part of a later release is read in the same way.
            into.extend(said(kind.to_owned(), None, &tree));
        }
        Ok(())
    })?;
    Ok(())
}

fn part(kind: &str, name: &str, load: &str, tree: &Tree) -> Option<ToolConclusion> {
    said(format!("{kind}.{name}"), tree.get(load).positive(), tree)
}

fn said(kind: String, load: Option<f64>, tree: &Tree) -> Option<ToolConclusion> {
    let message = tree.get("reason").text()?.to_owned();
    Some(ToolConclusion { kind, status: tree.get("status").text().map(str::to_owned), load, message })
}
