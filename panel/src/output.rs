//! What is passed out to TypeScript besides pictures.

use crate::judged::JudgedLimit;
use crate::question::{Cell, Mark, Row, Table};
use js_sys::{Array, Object, Reflect};
use wasm_bindgen::prelude::*;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
/** What a row says of one run. Texts may be empty. */
export interface ComparisonCell {
  text: string;
  detail: string;
  mark: '' | 'best' | 'bad';
}

/** One question with the answer of every run. */
export interface ComparisonRow {
  id: string;
  label: string;
  cells: ComparisonCell[];
}

/** Runs side by side. */
export interface Comparison {
  rows: ComparisonRow[];
  sentences: string[];
  /** The limit in question, as the service level gives it. */
  limit?: { subject: string; unit: string; bound: number };
}
"#;

#[wasm_bindgen]
extern "C" {
    /// Runs side by side.
    #[wasm_bindgen(typescript_type = "Comparison")]
    pub type JsComparison;
}

/// A table as objects. `limit` is the one in question.
pub(crate) fn comparison(table: &Table, limit: Option<&JudgedLimit>) -> Result<JsComparison, JsValue> {
    let limit = match limit {
        Some(limit) => object(&[
            ("subject", limit.subject.as_str().into()),
            ("unit", limit.unit.as_str().into()),
            ("bound", limit.own_bound().into()),
        ])?,
        None => JsValue::UNDEFINED,
    };
    let sentences: Array = table.sentences.iter().map(|sentence| JsValue::from_str(sentence)).collect();
    let rows = table.rows.iter().map(row).collect::<Result<Array, _>>()?;
    Ok(object(&[("rows", rows.into()), ("sentences", sentences.into()), ("limit", limit)])?.unchecked_into())
}

fn row(row: &Row) -> Result<JsValue, JsValue> {
    let cells = row.cells.iter().map(cell).collect::<Result<Array, _>>()?;
    object(&[("id", row.id.into()), ("label", row.label.as_str().into()), ("cells", cells.into())])
}

fn cell(cell: &Cell) -> Result<JsValue, JsValue> {
    let mark = match cell.mark {
        Mark::None => "",
        Mark::Best => "best",
        Mark::Bad => "bad",
    };
    object(&[("text", cell.text.as_str().into()), ("detail", cell.detail.as_str().into()), ("mark", mark.into())])
}

fn object(fields: &[(&str, JsValue)]) -> Result<JsValue, JsValue> {
    let object = Object::new();
    for (key, value) in fields {
        Reflect::set(&object, &JsValue::from_str(key), value)?;
    }
    Ok(object.into())
}
