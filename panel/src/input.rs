//! Reads what TypeScript passes in. A value of the wrong kind is an error with a sentence that
//! names it, not a picture of something else.

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

/// What is asked under these options, and another bound for the limit in question.
pub(crate) fn question(question: &JsValue, options: &Options) -> Result<(Question, Option<f64>), JsError> {
    let asked: contract::Question = read("question", question)?;
    let question = Question {
        basis: options.basis,
        rule: options.rule,
        baseline: asked.baseline,
        load: asked.load,
        replicas: asked.replicas.map(whole),
        spare: whole(asked.spare),
    };
    Ok((question, asked.bound))
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // `as` makes a negative count zero
fn whole(number: f64) -> u32 {
    number as u32
}

/// All runs with their colours, their tokens counted in `basis`.
pub(crate) fn series(series: &JsValue, basis: TokenBasis) -> Result<Vec<(Input, String)>, JsError> {
    let all: Vec<ChartSeries<Column>> = read("series", series)?;
    all.into_iter().enumerate().map(|(index, one)| run(&format!("series[{index}]"), one, basis)).collect()
}

/// The column `key` of the object `name`, which has as many rows as there are levels.
#[inline(never)] // for the size of the WebAssembly: it is called for every column
fn rows(name: &str, key: &str, column: &Column, rows: usize) -> Result<Vec<f64>, JsError> {
    let column = column.0.to_vec();
    if column.len() == rows {
        Ok(column)
    } else {
        Err(JsError::new(&format!("{name}.{key}: expected {rows} rows as in load; found {}", column.len())))
    }
}

/// The columns of one quantity.
fn measured(name: &str, [value, lo, hi, count]: [&Column; 4], length: usize) -> Result<Measured, JsError> {
    Ok(Measured {
        value: rows(name, "value", value, length)?,
        lo: rows(name, "lo", lo, length)?,
        hi: rows(name, "hi", hi, length)?,
        count: rows(name, "count", count, length)?,
    })
}

fn limit(name: &str, limit: ChartLimit<Column>, length: usize) -> Result<LimitColumns, JsError> {
    Ok(LimitColumns {
        measured: measured(name, [&limit.value, &limit.lo, &limit.hi, &limit.count], length)?,
        at_least: rows(name, "atLeast", &limit.at_least, length)?,
        at_most: rows(name, "atMost", &limit.at_most, length)?,
        verdict: limit.verdict.map(|told| (told.state.0, [told.lo, told.hi])),
        quantity: Quantity { label: limit.subject, unit: limit.unit, is_latency: limit.latency },
        bound: Bound { value: limit.bound, label: limit.label },
    })
}

fn production(name: &str, from: &ChartProduction<Column>) -> Result<InputProduction, JsError> {
    let load = from.load.0.to_vec();
    let cloud_load = from.cloud_load.0.to_vec();
    Ok(InputProduction {
        measured: measured(name, [&from.value, &from.lo, &from.hi, &from.count], load.len())?,
        load,
        cloud_value: rows(name, "cloudValue", &from.cloud_value, cloud_load.len())?,
        cloud_load,
        now: from.now,
    })
}

fn run(name: &str, from: ChartSeries<Column>, basis: TokenBasis) -> Result<(Input, String), JsError> {
    let load = from.load.0.to_vec();
    let length = load.len();
    let known = |number: f64| Some(number).filter(|number| number.is_finite());
    let source = Some(from.price_source).filter(|source| !source.is_empty());
    let drawn = measured(name, [&from.value, &from.lo, &from.hi, &from.count], length)?;
    let production = from.production.map(|one| production(&format!("{name}.production"), &one)).transpose()?;
    let levels = LevelColumns {
        ok: rows(name, "ok", &from.ok, length)?,
        errored: rows(name, "errored", &from.errored, length)?,
        in_flight: rows(name, "inFlight", &from.in_flight, length)?,
        tokens: RateColumns {
            value: rows(name, "tokens", &from.tokens, length)?,
            lo: rows(name, "tokensLo", &from.tokens_lo, length)?,
            hi: rows(name, "tokensHi", &from.tokens_hi, length)?,
        },
        requests: RateColumns {
            value: rows(name, "requests", &from.requests, length)?,
            lo: rows(name, "requestsLo", &from.requests_lo, length)?,
            hi: rows(name, "requestsHi", &from.requests_hi, length)?,
        },
        load,
    };
    let limits = from.limits.into_iter().enumerate();
    let limits = limits.map(|(index, one)| limit(&format!("{name}.limits[{index}]"), one, length));
    let columns = Columns {
        name: from.name,
        load_unit: from.load_unit,
        levels,
        basis,
        limits: limits.collect::<Result<_, _>>()?,
        in_question: from.drawn,
        price: known(from.price).map(|dollars| Price {
            per_hour: DollarsPerHour(dollars),
            source,
            region: None,
            date: None,
        }),
        gpus: known(from.gpus),
        workload: Workload {
            prompt_tokens: known(from.prompt_tokens),
            output_tokens: known(from.output_tokens),
            shape: from.shape,
        },
        output_tokens_error: known(from.output_tokens_error),
        impossible_rates: from.impossible_rates,
    };
    let input = Input { columns, drawn, monotone: from.monotone, production, visible: from.visible };
    Ok((input, from.color))
}
