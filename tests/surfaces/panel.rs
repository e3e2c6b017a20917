//! What the panel makes of a frame: its own series, marks and comparison, from the columns that it reads by their names.
//!
//! The columns are put together here as `src/panel/frames.ts` and `chartSeries.ts` do it; from there on it is the panel's code.

use headroom_contract::frames::{Beside, Drawn as Frames, Read};
use headroom_engine::breaking::BreakingState;
use headroom_engine::cost::LoadRule;
use headroom_engine::findings::Code;
use headroom_engine::run::{DollarsPerHour, Price, Workload};
use headroom_engine::sheet::{Bound, Columns, LevelColumns, LimitColumns, Measured, Quantity, RateColumns, Sheet};
use headroom_engine::side_by_side::{Question, SideBySide, side_by_side};
use headroom_engine::tokens::TokenBasis;
use headroom_panel::model::Series;
use headroom_panel::series::Input;
use headroom_protocol::frame::Frame;
use serde_json::Value;

use crate::source::{beside, column};

/// Whether the panel draws the levels of this run from the frame.
pub(crate) fn is_levels_of(frame: &Frame, run: &str) -> bool {
    frame.meta.custom["headroom"] == Frames::Levels.id() && frame.meta.custom["run"]["id"] == run
}

/// A run in the panel.
pub(crate) struct Drawn {
    /// What is judged and compared.
    pub(crate) sheet: Sheet,
    /// What is drawn.
    pub(crate) series: Series,
}

impl Drawn {
    pub(crate) fn of(frame: &Frame) -> Self {
        let input = input(frame);
        Self { sheet: Sheet::from(input.clone()), series: Series::from(input) }
    }
}

/// Runs side by side, each against the first.
pub(crate) fn compared(all: &[&Drawn]) -> SideBySide {
    let sheets: Vec<Sheet> = all.iter().map(|drawn| drawn.sheet.clone()).collect();
    let question = Question {
        basis: TokenBasis::Output,
        rule: LoadRule::Interpolated,
        baseline: 0,
        load: None,
        replicas: None,
        spare: 0,
        over_limits: false,
    };
    side_by_side(&sheets, &question)
}

fn number(value: &Value) -> Option<f64> {
    value.as_f64()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn input(frame: &Frame) -> Input {
    let about = &frame.meta.custom;
    let run = &about["run"];
    let load = column(frame, Read::Load.id()).unwrap();
    let none = vec![f64::NAN; load.len()];
    let of = |name: &str| column(frame, name).unwrap_or_else(|| none.clone());
    let around = |name: &str, what: Beside| beside(frame, name, what).unwrap_or_else(|| none.clone());
    let ok = of(Read::Ok.id());
    let measured = |name: &str, count: Vec<f64>| Measured {
        value: of(name),
        lo: around(name, Beside::Low),
        hi: around(name, Beside::High),
        count,
    };
    let rates = |steady: Read, whole: Read| RateColumns {
        value: column(frame, steady.id()).unwrap_or_else(|| of(whole.id())),
        lo: around(steady.id(), Beside::Low),
        hi: around(steady.id(), Beside::High),
    };
    let drawn = measured(Read::Value.id(), of(Read::ValueCount.id()));
    let all = about["slo"]["limits"].as_array().unwrap();
    let in_question =
        all.iter().position(|limit| limit["subject"] == about["metric"] && limit["statistic"] == about["statistic"]);
    let limits = all.iter().enumerate().map(|(at, limit)| {
        let id = limit["id"].as_str().unwrap();
        let label = text(&limit["label"]);
        let judged = about["verdict"]["limits"].as_array().unwrap().iter().find(|judged| judged["id"] == id);
        LimitColumns {
            quantity: Quantity {
                label: label.split(" ≤ ").next().unwrap_or_default().to_owned(),
                unit: text(&limit["unit"]),
                is_latency: !limit["statistic"].is_null(),
            },
            bound: Bound { value: number(&limit["bound"]).unwrap(), label },
            measured: if Some(at) == in_question {
                drawn.clone()
            } else {
                measured(id, beside(frame, id, Beside::Count).unwrap_or_else(|| ok.clone()))
            },
            at_least: around(id, Beside::AtLeast),
            at_most: around(id, Beside::AtMost),
            verdict: judged
                .map(|judged| (state_of(&judged["state"]), [0, 1].map(|end| number(&judged["interval"][end])))),
        }
    });
    let findings = about["verdict"]["findings"].as_array().unwrap();
    let few = about["verdict"]["few_requests"].as_array().unwrap();
    let columns = Columns {
        name: text(&run["label"]),
        load_unit: text(&run["load_unit"]),
        levels: LevelColumns {
            ok: ok.clone(),
            errored: of(Read::Errored.id()),
            in_flight: of(Read::Concurrency.id()),
            tokens: rates(Read::SteadyOutputRate, Read::OutputRate),
            requests: rates(Read::SteadyRequestRate, Read::RequestRate),
            load,
        },
        basis: TokenBasis::Output,
        limits: limits.collect(),
        in_question,
        price: number(&run["price_per_hour"]).map(|dollars| Price {
            per_hour: DollarsPerHour(dollars),
            source: run["price_source"].as_str().map(str::to_owned),
            region: None,
            date: None,
        }),
        gpus: number(&run["gpus"]),
        quantization: run["quantization"].as_str().map(str::to_owned),
        workload: Workload {
            prompt_tokens: number(&run["prompt_tokens"]),
            output_tokens: number(&run["output_tokens"]),
            shape: run["shape"].as_str().map(str::to_owned),
        },
        output_tokens_error: number(&run["output_tokens_error"]),
        impossible_rates: findings.iter().any(|finding| finding["code"] == Code::ImpossibleThroughput.id()),
        few_requests: few.iter().filter_map(Value::as_f64).collect(),
    };
    Input { columns, drawn, monotone: true, production: None, visible: true }
}

fn state_of(id: &Value) -> BreakingState {
    BreakingState::ALL.into_iter().find(|state| state.id() == id).unwrap()
}
