//! Reads what TypeScript passes in. A value of the wrong kind is an error with a sentence that
//! names it, not a picture of something else.

use crate::analysis::{Elsewhere, Input, Measured, break_of};
use crate::draw::Palette;
use crate::model::{LimitLine, Options};
use crate::scale::Kind;
use js_sys::{Array, Float64Array, Function, Reflect};
use wasm_bindgen::prelude::*;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
/** Colours and fonts of the chart, as CSS writes them. */
export interface ChartTheme {
  text: string;
  muted: string;
  grid: string;
  axis: string;
  surface: string;
  limit: string;
  /** Size of both fonts, pixels. */
  fontSize: number;
  /** Font of ticks and details, as CSS writes a font. */
  fontRegular: string;
  /** Font of the numbers that the picture is about. */
  fontStrong: string;
  /** One step of Grafana's spacing, pixels. */
  spacing: number;
}

export interface ChartOptions {
  xScale: 'linear' | 'log';
  yScale: 'linear' | 'log';
  showInterval: boolean;
  showFit: boolean;
  showLimit: boolean;
  /** Diameter of a measured point, pixels. */
  pointSize: number;
  xTitle: string;
  yTitle: string;
  yMin?: number;
  yMax?: number;
  /** Writes a tick of the value axis; without it the chart writes plain numbers. */
  formatTick?: (value: number, decimals: number) => string;
}

/** One run. Columns have one row a level, ascending in load; NaN is "not measured". */
export interface ChartSeries {
  color: string;
  visible: boolean;
  load: Float64Array;
  value: Float64Array;
  lo: Float64Array;
  hi: Float64Array;
  /** Requests behind the value. */
  count: Float64Array;
  ok: Float64Array;
  errored: Float64Array;
  loadUnit: string;
  /** Whether the quantity can only rise with load, so that a line may be fitted. */
  monotone: boolean;
  /** `interval` is what the verdict says of exactly this limit; either end may be unknown. */
  limit?: { bound: number; label: string; interval?: [number | null, number | null] };
  /** The limit that breaks first, where it is on another quantity. */
  elsewhere?: { state: string; load: number; lo: number; hi: number; label: string };
}
"#;

#[wasm_bindgen]
extern "C" {
    /// Colours and fonts.
    #[wasm_bindgen(typescript_type = "ChartTheme")]
    pub type JsTheme;
    /// The view.
    #[wasm_bindgen(typescript_type = "ChartOptions")]
    pub type JsOptions;
    /// All runs.
    #[wasm_bindgen(typescript_type = "ChartSeries[]")]
    pub type JsSeries;
}

/// An object and what to call it in an error.
struct Object<'a> {
    name: &'a str,
    value: &'a JsValue,
}

impl Object<'_> {
    fn get(&self, key: &str) -> Result<JsValue, JsError> {
        Reflect::get(self.value, &JsValue::from_str(key))
            .map_err(|_| JsError::new(&format!("{}: expected an object, found {}", self.name, kind_of(self.value))))
    }

    /// A field, or `None` where it is `undefined` or `null`.
    fn optional(&self, key: &str) -> Result<Option<JsValue>, JsError> {
        Ok(Some(self.get(key)?).filter(|value| !value.is_undefined() && !value.is_null()))
    }

    fn wrong(&self, key: &str, expected: &str, found: &JsValue) -> JsError {
        JsError::new(&format!("{}.{key}: expected {expected}, found {}", self.name, kind_of(found)))
    }

    fn string(&self, key: &str) -> Result<String, JsError> {
        let value = self.get(key)?;
        value.as_string().ok_or_else(|| self.wrong(key, "a text", &value))
    }

    fn number(&self, key: &str) -> Result<f64, JsError> {
        let value = self.get(key)?;
        value.as_f64().ok_or_else(|| self.wrong(key, "a number", &value))
    }

    fn boolean(&self, key: &str) -> Result<bool, JsError> {
        let value = self.get(key)?;
        value.as_bool().ok_or_else(|| self.wrong(key, "true or false", &value))
    }

    fn scale(&self, key: &str) -> Result<Kind, JsError> {
        match self.string(key)?.as_str() {
            "linear" => Ok(Kind::Linear),
            "log" => Ok(Kind::Log),
            other => Err(JsError::new(&format!("{}.{key}: expected linear or log, found {other}", self.name))),
        }
    }

    fn column(&self, key: &str) -> Result<Vec<f64>, JsError> {
        let value = self.get(key)?;
        value
            .dyn_ref::<Float64Array>()
            .map(Float64Array::to_vec)
            .ok_or_else(|| self.wrong(key, "a Float64Array", &value))
    }
}

fn kind_of(value: &JsValue) -> String {
    if value.is_null() { "null".to_owned() } else { value.js_typeof().as_string().unwrap_or_default() }
}

/// Colours, fonts and the unit of spacing. The series' colours come with the series.
pub(crate) fn theme(theme: &JsTheme) -> Result<(Palette, f64), JsError> {
    let theme = Object { name: "theme", value: theme.as_ref() };
    let palette = Palette {
        text: theme.string("text")?,
        muted: theme.string("muted")?,
        grid: theme.string("grid")?,
        axis: theme.string("axis")?,
        surface: theme.string("surface")?,
        limit: theme.string("limit")?,
        series: Vec::new(),
        regular: theme.string("fontRegular")?,
        strong: theme.string("fontStrong")?,
        font_size: theme.number("fontSize")?,
    };
    Ok((palette, theme.number("spacing")?))
}

/// The view, and what writes the ticks of the value axis.
pub(crate) fn options(options: &JsOptions) -> Result<(Options, Option<Function>), JsError> {
    let object = Object { name: "options", value: options.as_ref() };
    let number = |key| object.optional(key).map(|value| value.and_then(|value| value.as_f64()));
    let format = object
        .optional("formatTick")?
        .map(|value| value.dyn_into::<Function>().map_err(|value| object.wrong("formatTick", "a function", &value)));
    let options = Options {
        x_kind: object.scale("xScale")?,
        y_kind: object.scale("yScale")?,
        intervals: object.boolean("showInterval")?,
        fit: object.boolean("showFit")?,
        limit: object.boolean("showLimit")?,
        point_radius: object.number("pointSize")?.clamp(1.0, 40.0) * 0.5,
        x_title: object.string("xTitle")?,
        y_title: object.string("yTitle")?,
        y_min: number("yMin")?,
        y_max: number("yMax")?,
    };
    Ok((options, format.transpose()?))
}

/// All runs with their colours.
pub(crate) fn series(series: &JsSeries) -> Result<Vec<(Input, String)>, JsError> {
    let series: &JsValue = series.as_ref();
    let Some(list) = series.dyn_ref::<Array>() else {
        return Err(JsError::new(&format!("series: expected a list, found {}", kind_of(series))));
    };
    list.iter()
        .enumerate()
        .map(|(index, value)| one(&Object { name: &format!("series[{index}]"), value: &value }))
        .collect()
}

fn one(run: &Object<'_>) -> Result<(Input, String), JsError> {
    let load = run.column("load")?;
    let column = |key| {
        let column = run.column(key)?;
        if column.len() == load.len() {
            Ok(column)
        } else {
            Err(JsError::new(&format!(
                "{}.{key}: expected {} rows as in load, found {}",
                run.name,
                load.len(),
                column.len()
            )))
        }
    };
    let (value, lo, hi) = (column("value")?, column("lo")?, column("hi")?);
    let (count, ok, errored) = (column("count")?, column("ok")?, column("errored")?);
    let levels = (0..load.len())
        .map(|row| Measured {
            load: load[row],
            value: value[row],
            lo: lo[row],
            hi: hi[row],
            count: count[row],
            ok: ok[row],
            errored: errored[row],
        })
        .collect();
    let limit = run.optional("limit")?;
    let limit = limit.as_ref().map(|value| {
        let limit = Object { name: &format!("{}.limit", run.name), value };
        let line = LimitLine { bound: limit.number("bound")?, label: limit.string("label")? };
        let interval = limit.optional("interval")?.map(|ends| Array::from(&ends));
        Ok::<_, JsError>((line, interval.map(|ends| [0, 1].map(|end| ends.get(end).as_f64()))))
    });
    let (limit, interval) = limit.transpose()?.unzip();
    let elsewhere = run.optional("elsewhere")?;
    let elsewhere = elsewhere.as_ref().map(|value| {
        let other = Object { name: &format!("{}.elsewhere", run.name), value };
        let at = break_of(&other.string("state")?, other.number("load")?, other.number("lo")?, other.number("hi")?);
        let limit = other.string("label")?;
        Ok::<_, JsError>(at.map(|at| Elsewhere { at, limit }))
    });
    let input = Input {
        levels,
        load_unit: run.string("loadUnit")?,
        monotone: run.boolean("monotone")?,
        limit,
        interval: interval.flatten(),
        elsewhere: elsewhere.transpose()?.flatten(),
        visible: run.boolean("visible")?,
    };
    Ok((input, run.string("color")?))
}
