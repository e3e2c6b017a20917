//! Reads what TypeScript passes in. A value of the wrong type is an error with a sentence that names it, instead of a
//! wrong picture.

use crate::draw::Palette;
use crate::js::{Column, read};
use crate::model::Options;
use crate::series::{Input, InputProduction};
use crate::views::{self, View};
use headroom_contract::panel::{self as contract, ChartLimit, ChartOptions, ChartProduction, ChartSeries, ChartTheme};
use headroom_contract::words::one_of;
use headroom_engine::run::{DollarsPerHour, Price, Workload};
use headroom_engine::sheet::{Bound, Columns, LevelColumns, LimitColumns, Measured, Quantity, RateColumns};
use headroom_engine::side_by_side::Question;
use headroom_engine::tokens::TokenBasis;
use wasm_bindgen::prelude::*;

/// Colours, fonts and the unit of spacing. The series' colours come with the series.
pub(crate) fn theme(theme: &JsValue) -> Result<(Palette, f64), JsError> {
    let theme: ChartTheme = read("theme", theme)?;
    let palette = Palette {
        text: theme.text,
        muted: theme.muted,
        grid: theme.grid,
        axis: theme.axis,
        surface: theme.surface,
        limit: theme.limit,
        series: Vec::new(),
        regular: theme.font_regular,
        strong: theme.font_strong,
        font_size: theme.font_size,
    };
    Ok((palette, theme.spacing))
}

/// The view and its options.
pub(crate) fn options(options: &JsValue) -> Result<(&'static dyn View, Options), JsError> {
    let options: ChartOptions = read("options", options)?;
    let view = views::named(options.view).ok_or_else(|| {
        let drawn = one_of(&views::ALL.map(|view| view.id().id()));
        JsError::new(&format!("options.view: expected {drawn}; found `{}`", options.view.id()))
    })?;
    let options = Options {
        x_kind: options.x_scale,
        y_kind: options.y_scale,
        intervals: options.show_interval,
        fit: options.show_fit,
        limit: options.show_limit,
        point_radius: options.point_size.clamp(1.0, 40.0) * 0.5,
        x_title: options.x_title,
        y_title: options.y_title,
        y_min: options.y_min,
        y_max: options.y_max,
        basis: options.basis.0,
        rule: options.load_rule.0,
        cost_unit: options.cost_unit.0,
        yield_per: options.yield_per.0,
    };
    Ok((view, options))
}

/// The question, and another bound for the limit in question.
pub(crate) fn question(question: &JsValue, options: &Options) -> Result<(Question, Option<f64>), JsError> {
    let asked: contract::Question = read("question", question)?;
    let question = Question {
        basis: options.basis,
        rule: options.rule,
        baseline: asked.baseline,
        load: asked.load,
        replicas: asked.replicas.map(whole),
        spare: whole(asked.spare),
        over_limits: asked.over_limits,
    };
    Ok((question, asked.bound))
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // `as` makes a negative count zero
fn whole(number: f64) -> u32 {
    number as u32
}

/// All runs with their colours. Their tokens are counted in `basis`.
pub(crate) fn series(series: &JsValue, basis: TokenBasis) -> Result<Vec<(Input, String)>, JsError> {
    let all: Vec<ChartSeries<Column>> = read("series", series)?;
    let mut wrong = None;
    let mut runs = Vec::with_capacity(all.len());
    for (index, one) in all.into_iter().enumerate() {
        runs.push(run(&format!("series[{index}]"), one, basis, &mut wrong));
    }
    wrong.map_or(Ok(runs), |told| Err(JsError::new(&told)))
}

/// Reads the columns of one object, which must all have as many rows as there are loads. The first wrong one is stored
/// in `wrong` and reading continues, so that there is one return with an error and not one for each column.
struct Rows<'a> {
    name: &'a str,
    length: usize,
    wrong: &'a mut Option<String>,
}

impl Rows<'_> {
    /// The column `key`.
    #[inline(never)] // for the size of the WebAssembly: it is called for every column
    fn of(&mut self, key: &str, column: &Column) -> Vec<f64> {
        let column = column.0.to_vec();
        if column.len() != self.length && self.wrong.is_none() {
            let Self { name, length, .. } = self;
            let told = format!("{name}.{key}: expected {length} rows as in load; found {}", column.len());
            *self.wrong = Some(told);
        }
        column
    }

    /// The columns of one quantity.
    fn measured(&mut self, [value, lo, hi, count]: [&Column; 4]) -> Measured {
        Measured {
            value: self.of("value", value),
            lo: self.of("lo", lo),
            hi: self.of("hi", hi),
            count: self.of("count", count),
        }
    }
}

fn limit(limit: ChartLimit<Column>, mut rows: Rows<'_>) -> LimitColumns {
    LimitColumns {
        measured: rows.measured([&limit.value, &limit.lo, &limit.hi, &limit.count]),
        at_least: rows.of("atLeast", &limit.at_least),
        at_most: rows.of("atMost", &limit.at_most),
        verdict: limit.verdict.map(|told| (told.state.0, [told.lo, told.hi])),
        quantity: Quantity { label: limit.subject, unit: limit.unit, is_latency: limit.latency },
        bound: Bound { value: limit.bound, label: limit.label },
    }
}

fn production(name: &str, from: &ChartProduction<Column>, wrong: &mut Option<String>) -> InputProduction {
    let load = from.load.0.to_vec();
    let cloud_load = from.cloud_load.0.to_vec();
    InputProduction {
        measured: Rows { name, length: load.len(), wrong }.measured([&from.value, &from.lo, &from.hi, &from.count]),
        load,
        cloud_value: Rows { name, length: cloud_load.len(), wrong }.of("cloudValue", &from.cloud_value),
        cloud_load,
        now: from.now,
        shedding: from.shedding,
    }
}

fn run(name: &str, from: ChartSeries<Column>, basis: TokenBasis, wrong: &mut Option<String>) -> (Input, String) {
    let load = from.load.0.to_vec();
    let length = load.len();
    let known = |number: f64| Some(number).filter(|number| number.is_finite());
    let source = Some(from.price_source).filter(|source| !source.is_empty());
    let mut rows = Rows { name, length, wrong };
    let drawn = rows.measured([&from.value, &from.lo, &from.hi, &from.count]);
    let levels = LevelColumns {
        ok: rows.of("ok", &from.ok),
        errored: rows.of("errored", &from.errored),
        in_flight: rows.of("inFlight", &from.in_flight),
        tokens: RateColumns {
            value: rows.of("tokens", &from.tokens),
            lo: rows.of("tokensLo", &from.tokens_lo),
            hi: rows.of("tokensHi", &from.tokens_hi),
        },
        requests: RateColumns {
            value: rows.of("requests", &from.requests),
            lo: rows.of("requestsLo", &from.requests_lo),
            hi: rows.of("requestsHi", &from.requests_hi),
        },
        load,
    };
    let mut limits = Vec::with_capacity(from.limits.len());
    for (index, one) in from.limits.into_iter().enumerate() {
        limits.push(limit(one, Rows { name: &format!("{name}.limits[{index}]"), length, wrong }));
    }
    let production = from.production.map(|one| production(&format!("{name}.production"), &one, wrong));
    let columns = Columns {
        name: from.name,
        load_unit: from.load_unit,
        levels,
        basis,
        limits,
        in_question: from.drawn,
        price: known(from.price).map(|dollars| Price {
            per_hour: DollarsPerHour(dollars),
            source,
            region: None,
            date: None,
        }),
        gpus: known(from.gpus),
        quantization: from.quantization,
        workload: Workload {
            prompt_tokens: known(from.prompt_tokens),
            output_tokens: known(from.output_tokens),
            shape: from.shape,
        },
        output_tokens_error: known(from.output_tokens_error),
        impossible_rates: from.impossible_rates,
        few_requests: from.few_requests.0.to_vec(),
    };
    (Input { columns, drawn, monotone: from.monotone, production, visible: from.visible }, from.color)
}
