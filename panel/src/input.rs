//! Reads what TypeScript passes in. A value of the wrong kind is an error with a sentence that
//! names it, not a picture of something else.

use crate::analysis::{Input, InputLimit, InputProduction, Measured, Value};
use crate::draw::Palette;
use crate::model::{CostUnit, LimitLine, Options, View, Yield};
use crate::question::Question;
use crate::scale::Kind;
use crate::workload::Workload;
use headroom_engine::cost::LoadRule;
use headroom_engine::tokens::TokenBasis;
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
  view: 'saturation' | 'cost' | 'pareto';
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
  /** Which tokens `tokens` counts. */
  basis: 'output' | 'prompt' | 'total';
  /** Which load a cost is taken at. */
  loadRule: 'interpolated' | 'last_passing_level';
  costUnit: 'tokens_per_dollar' | 'dollars_per_million';
  yieldPer: 'gpu' | 'dollar';
}

/** A quantity of every level. Columns have one row a level; NaN is "not measured". */
export interface ChartColumns {
  value: Float64Array;
  lo: Float64Array;
  hi: Float64Array;
  /** Requests behind the value. */
  count: Float64Array;
}

/** A limit of the service level. */
export interface ChartLimit extends ChartColumns {
  bound: number;
  /** For example `TTFT p95 ≤ 1,000 ms`. */
  label: string;
  /** For example `TTFT p95`. */
  subject: string;
  unit: string;
  /** Whether the subject is a latency, which a level without a success does not have. */
  latency: boolean;
  /** What the verdict says of exactly this limit; either end of its interval may be unknown. */
  verdict?: { state: string; lo: number | null; hi: number | null };
}

/** One run. Rows ascend in load. */
export interface ChartSeries extends ChartColumns {
  name: string;
  color: string;
  visible: boolean;
  load: Float64Array;
  ok: Float64Array;
  errored: Float64Array;
  /** Mean requests in flight. */
  inFlight: Float64Array;
  /** Tokens per second, in the basis of the options. */
  tokens: Float64Array;
  loadUnit: string;
  /** Whether the quantity can only rise with load, so that a line may be fitted. */
  monotone: boolean;
  limits: ChartLimit[];
  /** Which of `limits` is on the drawn quantity. */
  drawn?: number;
  /** US dollars per hour for one replica; NaN is unknown. */
  price: number;
  /** Who says so; empty is unknown. */
  priceSource: string;
  /** Accelerators of one replica; NaN is unknown. */
  gpus: number;
  /** Mean tokens of a prompt and of an answer; NaN is unknown. */
  promptTokens: number;
  outputTokens: number;
  production?: ChartProduction;
}

/** What is asked about runs side by side. */
export interface Question {
  /** Index of the run that the others are compared with. */
  baseline: number;
  /** Another bound for the limit in question. */
  bound?: number;
  /** Load that all replicas serve together. */
  load?: number;
  /** Replicas of each deployment; as many as the load needs where absent. */
  replicas?: number;
  /** Replicas on top of those. */
  spare: number;
}

/** Live traffic in the coordinates of the curve. The columns have one row for all windows of about the same load. */
export interface ChartProduction extends ChartColumns {
  load: Float64Array;
  /** One row a window of time. */
  cloudLoad: Float64Array;
  cloudValue: Float64Array;
  /** Load of one replica now; NaN is unknown. */
  now: number;
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
    /// What is asked about runs side by side.
    #[wasm_bindgen(typescript_type = "Question")]
    pub type JsQuestion;
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

    /// Which of `words` a field is, as its index.
    fn choice(&self, key: &str, words: &[&str]) -> Result<usize, JsError> {
        let found = self.string(key)?;
        words.iter().position(|word| *word == found).ok_or_else(|| {
            JsError::new(&format!("{}.{key}: expected {}, found {found}", self.name, words.join(" or ")))
        })
    }

    fn scale(&self, key: &str) -> Result<Kind, JsError> {
        Ok([Kind::Linear, Kind::Log][self.choice(key, &["linear", "log"])?])
    }

    fn column(&self, key: &str) -> Result<Vec<f64>, JsError> {
        let value = self.get(key)?;
        value
            .dyn_ref::<Float64Array>()
            .map(Float64Array::to_vec)
            .ok_or_else(|| self.wrong(key, "a Float64Array", &value))
    }

    /// A column with as many rows as there are levels.
    fn rows(&self, key: &str, rows: usize) -> Result<Vec<f64>, JsError> {
        let column = self.column(key)?;
        if column.len() == rows {
            Ok(column)
        } else {
            let found = column.len();
            Err(JsError::new(&format!("{}.{key}: expected {rows} rows as in load, found {found}", self.name)))
        }
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
        view: [View::Saturation, View::Cost, View::Pareto][object.choice("view", &["saturation", "cost", "pareto"])?],
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
        basis: TokenBasis::ALL[object.choice("basis", &TokenBasis::ALL.map(TokenBasis::id))?],
        rule: {
            let rules = [LoadRule::Interpolated, LoadRule::LastPassingLevel];
            rules[object.choice("loadRule", &rules.map(LoadRule::id))?]
        },
        cost_unit: [CostUnit::TokensPerDollar, CostUnit::DollarsPerMillion]
            [object.choice("costUnit", &["tokens_per_dollar", "dollars_per_million"])?],
        yield_per: [Yield::PerGpu, Yield::PerDollar][object.choice("yieldPer", &["gpu", "dollar"])?],
    };
    Ok((options, format.transpose()?))
}

/// What is asked, and another bound for the limit in question.
pub(crate) fn question(question: &JsQuestion) -> Result<(Question, Option<f64>), JsError> {
    let object = Object { name: "question", value: question.as_ref() };
    let number = |key| Ok::<_, JsError>(object.optional(key)?.and_then(|value| value.as_f64()));
    let question = Question {
        baseline: index(object.number("baseline")?),
        load: number("load")?,
        replicas: number("replicas")?.map(whole),
        spare: whole(object.number("spare")?),
    };
    Ok((question, number("bound")?))
}

/// An index; what is none finds nothing, where a cast alone would find the first.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // checked
fn index(number: f64) -> usize {
    if number >= 0.0 { number as usize } else { usize::MAX }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // a count; negative ones become none
fn whole(number: f64) -> u32 {
    number as u32
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

/// The columns of one quantity, row by row.
fn values(object: &Object<'_>, rows: usize) -> Result<Vec<Value>, JsError> {
    let column = |key| object.rows(key, rows);
    let (value, lo, hi, count) = (column("value")?, column("lo")?, column("hi")?, column("count")?);
    Ok((0..rows).map(|row| Value { value: value[row], lo: lo[row], hi: hi[row], count: count[row] }).collect())
}

fn limit(limit: &Object<'_>, rows: usize) -> Result<InputLimit, JsError> {
    let verdict = limit.optional("verdict")?;
    let given = verdict.as_ref().map(|value| {
        let verdict = Object { name: &format!("{}.verdict", limit.name), value };
        let end = |key| Ok::<_, JsError>(verdict.optional(key)?.and_then(|end| end.as_f64()));
        Ok::<_, JsError>((verdict.string("state")?, [end("lo")?, end("hi")?]))
    });
    Ok(InputLimit {
        line: LimitLine { bound: limit.number("bound")?, label: limit.string("label")? },
        subject: limit.string("subject")?,
        unit: limit.string("unit")?,
        latency: limit.boolean("latency")?,
        values: values(limit, rows)?,
        given: given.transpose()?,
    })
}

fn production(run: &Object<'_>) -> Result<Option<InputProduction>, JsError> {
    let Some(value) = run.optional("production")? else { return Ok(None) };
    let production = Object { name: &format!("{}.production", run.name), value: &value };
    let loads = production.column("load")?;
    let bins = values(&production, loads.len())?;
    let cloud = production.column("cloudLoad")?;
    let heights = production.rows("cloudValue", cloud.len())?;
    Ok(Some(InputProduction {
        cloud: cloud.into_iter().zip(heights).collect(),
        bins: loads.into_iter().zip(bins).collect(),
        now: production.number("now")?,
    }))
}

fn one(run: &Object<'_>) -> Result<(Input, String), JsError> {
    let load = run.column("load")?;
    let rows = load.len();
    let drawn = values(run, rows)?;
    let (ok, errored) = (run.rows("ok", rows)?, run.rows("errored", rows)?);
    let (in_flight, tokens) = (run.rows("inFlight", rows)?, run.rows("tokens", rows)?);
    let levels = (0..rows)
        .map(|row| Measured {
            load: load[row],
            drawn: drawn[row],
            ok: ok[row],
            errored: errored[row],
            in_flight: in_flight[row],
            tokens: tokens[row],
        })
        .collect();
    let limits = run.get("limits")?;
    let limits = limits.dyn_ref::<Array>().ok_or_else(|| run.wrong("limits", "a list", &limits))?;
    let limits = limits
        .iter()
        .enumerate()
        .map(|(index, value)| limit(&Object { name: &format!("{}.limits[{index}]", run.name), value: &value }, rows))
        .collect::<Result<Vec<_>, _>>()?;
    let which = run.optional("drawn")?.and_then(|which| which.as_f64()).map(index);
    let input = Input {
        name: run.string("name")?,
        levels,
        load_unit: run.string("loadUnit")?,
        monotone: run.boolean("monotone")?,
        drawn: which.filter(|index| *index < limits.len()),
        limits,
        price: run.number("price")?,
        price_source: run.string("priceSource")?,
        gpus: run.number("gpus")?,
        workload: Workload { prompt: run.number("promptTokens")?, output: run.number("outputTokens")? },
        production: production(run)?,
        visible: run.boolean("visible")?,
    };
    Ok((input, run.string("color")?))
}
