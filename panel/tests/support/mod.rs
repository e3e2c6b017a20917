//! Runs, and pictures as text.

use expect_test::Expect;
use headroom_contract::panel as contract;
use headroom_engine::run::Workload;
use headroom_engine::sheet::{Bound, Columns, LevelColumns, LimitColumns, Measured, Quantity, RateColumns};
use headroom_engine::tokens::TokenBasis;
use headroom_panel::format::tick;
use headroom_panel::layout::Texts;
use headroom_panel::model::Model;
use headroom_panel::scene::{Font, Measure, Scene};
use headroom_panel::series::Input;
use headroom_panel::views::{View, draw, named};

/// How texts are measured and ticks written.
pub(crate) const TEXTS: Texts<'static> = Texts { measure: &Monospace, x: &tick, y: &tick };

/// Every character is 7 pixels wide.
struct Monospace;

impl Measure for Monospace {
    fn width(&self, text: &str, _: Font) -> f64 {
        text.chars().count() as f64 * 7.0
    }

    fn height(&self) -> f64 {
        12.0
    }
}

/// The picture of a view.
pub(crate) fn called(id: contract::View) -> &'static dyn View {
    let Some(view) = named(id) else { panic!("{} is no picture", id.id()) };
    view
}

/// Draws as a view and keeps the lines that contain one of `words`.
pub(crate) fn check(view: contract::View, model: &Model, words: &[&str], expected: &Expect) {
    let mut scene = Scene::default();
    draw(called(view), model, &TEXTS, &mut scene, &mut Vec::new());
    let text = scene.to_string();
    let kept: Vec<_> = text.lines().filter(|line| words.iter().any(|word| line.contains(word))).collect();
    expected.assert_eq(&kept.join("\n"));
}

/// Values whose intervals reach a share of them to either side.
pub(crate) fn measured(values: &[f64], share: f64, count: f64) -> Measured {
    let times = |factor: f64| values.iter().map(|value| value * factor).collect();
    Measured {
        value: values.to_vec(),
        lo: times(1.0 - share),
        hi: times(1.0 + share),
        count: vec![count; values.len()],
    }
}

/// Rates that are known to one per cent.
fn rates(value: Vec<f64>) -> RateColumns {
    let times = |factor: f64| value.iter().map(|value| factor * value).collect();
    RateColumns { lo: times(0.99), hi: times(1.01), value }
}

/// A limit in milliseconds.
pub(crate) fn limit(subject: &str, bound: f64, measured: Measured) -> LimitColumns {
    LimitColumns {
        quantity: Quantity { label: subject.into(), unit: "ms".into(), is_latency: true },
        bound: Bound { value: bound, label: format!("{subject} ≤ {bound} ms") },
        measured,
        at_least: Vec::new(),
        at_most: Vec::new(),
        verdict: None,
    }
}

/// A run of users with levels `(load, drawn value, tokens per second)`, all requests of which succeeded, under one limit
/// on the drawn value.
pub(crate) fn run_of(name: &str, levels: &[(f64, f64, f64)], drawn: Measured, bound: f64) -> Input {
    let column = |of: fn(&(f64, f64, f64)) -> f64| levels.iter().map(of).collect::<Vec<f64>>();
    let columns = Columns {
        name: name.into(),
        load_unit: "users".into(),
        levels: LevelColumns {
            load: column(|level| level.0),
            ok: drawn.count.clone(),
            errored: vec![0.0; levels.len()],
            in_flight: column(|level| level.0),
            tokens: rates(column(|level| level.2)),
            // 64 tokens an answer.
            requests: rates(column(|level| level.2 / 64.0)),
        },
        basis: TokenBasis::Output,
        limits: vec![limit("TTFT p95", bound, drawn.clone())],
        in_question: Some(0),
        price: None,
        gpus: None,
        quantization: None,
        workload: asked(128.0, 64.0),
        output_tokens_error: None,
        impossible_rates: false,
        few_requests: Vec::new(),
    };
    Input { columns, drawn, monotone: true, production: None, visible: true }
}

/// Mean lengths in tokens.
pub(crate) fn asked(prompt: f64, output: f64) -> Workload {
    Workload { prompt_tokens: Some(prompt), output_tokens: Some(output), shape: None }
}
