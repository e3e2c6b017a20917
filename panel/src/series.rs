//! A run as a line of the chart: its points, its curve, and its breaking points.

use crate::model::{Break, BreakMark, Production, Series};
use headroom_engine::breaking::{Breaking, BreakingState};
use headroom_engine::curve::Curve;
use headroom_engine::listed::listed;
use headroom_engine::sheet::{Columns, Measured, Sheet, ShownBreak};

/// A run from a data frame.
#[derive(Debug, Clone, PartialEq)]
pub struct Input {
    /// The columns that it is judged by. Its limit in question is the one on the drawn quantity.
    pub columns: Columns,
    /// The drawn quantity at every level.
    pub drawn: Measured,
    /// Whether the quantity can only rise with load, as latency does, so that a line may be fitted and may have a
    /// breaking point. Throughput peaks and falls.
    pub monotone: bool,
    /// Production traffic, if known.
    pub production: Option<InputProduction>,
    /// Whether it is drawn.
    pub visible: bool,
}

/// Production traffic in the coordinates of the chart. `NaN` is unknown.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct InputProduction {
    /// Load of every time window.
    pub cloud_load: Vec<f64>,
    /// Value of every time window.
    pub cloud_value: Vec<f64>,
    /// Load of production's own curve, ascending. Each point covers all time windows at about that load.
    pub load: Vec<f64>,
    /// Values of production's own curve.
    pub measured: Measured,
    /// Load of one replica now.
    pub now: f64,
    /// Whether requests are being refused.
    pub shedding: bool,
}

impl Input {
    /// A limit is only in question if there is one on the drawn quantity: without a curve, no limit can be moved.
    fn settle(mut self) -> Self {
        let limits = self.columns.limits.len();
        self.columns.in_question = self.columns.in_question.filter(|index| self.monotone && *index < limits);
        self
    }
}

impl From<Input> for Sheet {
    fn from(input: Input) -> Self {
        Self::from(input.settle().columns)
    }
}

impl From<Input> for Series {
    fn from(input: Input) -> Self {
        let Input { columns, drawn, monotone, production, visible } = input.settle();
        let drawn_limit = columns.in_question;
        let (rows, points) = drawn.points(&columns.levels.load);
        let mut series = Series {
            curve: Curve::fit(&points).filter(|_| monotone),
            points,
            rows,
            sheet: Sheet::from(columns),
            drawn: drawn_limit,
            breaks: Vec::new(),
            production: production.map(|production| in_production(production, monotone)),
            visible,
        };
        mark(&mut series);
        series
    }
}

impl Series {
    /// Moves the limit in question to another bound (without one, back to its own), and marks the breaking points.
    pub fn move_limit(&mut self, bound: Option<f64>) {
        self.sheet.move_limit(bound);
        mark(self);
    }
}

/// Marks the breaking points of the series.
fn mark(series: &mut Series) {
    series.breaks.clear();
    for ShownBreak { breaking, words, on_curve } in series.sheet.shown_breaks(series.drawn) {
        if let Some(at) = shape_of(&breaking) {
            series.breaks.push(BreakMark { at, answer: words.answer, detail: words.detail, on_line: on_curve });
        }
    }
}

fn in_production(input: InputProduction, monotone: bool) -> Production {
    let (_, points) = input.measured.points(&input.load);
    let cloud = input.cloud_load.into_iter().zip(input.cloud_value);
    Production {
        cloud: listed(cloud.filter(|(load, value)| load.is_finite() && value.is_finite())),
        curve: Curve::fit(&points).filter(|_| monotone),
        points,
        now: Some(input.now).filter(|now| now.is_finite()),
        shedding: input.shedding,
    }
}

/// The breaking point to draw; `None` for a state without one.
fn shape_of(breaking: &Breaking) -> Option<Break> {
    match breaking.state {
        BreakingState::Edge => {
            let [lo, hi] = breaking.interval;
            Some(Break::Edge { load: breaking.load?, lo, hi })
        }
        BreakingState::Cliff | BreakingState::Bracket => {
            Some(Break::Cliff { lo: breaking.max_passing_load?, hi: breaking.first_failing_load? })
        }
        BreakingState::Floor => Some(Break::Floor { load: breaking.max_passing_load? }),
        BreakingState::NeverMet => Some(Break::NeverMet { load: breaking.first_failing_load? }),
        BreakingState::NotMeasured => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};
    use headroom_engine::run::Workload;
    use headroom_engine::sheet::{Bound, LevelColumns, LimitColumns, Quantity};
    use headroom_engine::tokens::TokenBasis;

    /// A run with levels `(load, value, ok, errored)` and one limit on the drawn value.
    fn run(levels: &[(f64, f64, f64, f64)], bound: f64, verdict: Option<(BreakingState, [Option<f64>; 2])>) -> Input {
        let column = |of: fn(&(f64, f64, f64, f64)) -> f64| levels.iter().map(of).collect::<Vec<f64>>();
        let drawn = Measured {
            value: column(|level| level.1),
            lo: column(|level| level.1 * 0.9),
            hi: column(|level| level.1 * 1.1),
            count: column(|level| level.2),
        };
        let limit = LimitColumns {
            quantity: Quantity { label: "TTFT p95".into(), unit: "ms".into(), is_latency: true },
            bound: Bound { value: bound, label: format!("TTFT p95 ≤ {bound} ms") },
            measured: drawn.clone(),
            at_least: Vec::new(),
            at_most: Vec::new(),
            verdict,
        };
        let columns = Columns {
            name: "a".into(),
            load_unit: "users".into(),
            levels: LevelColumns {
                load: column(|level| level.0),
                ok: column(|level| level.2),
                errored: column(|level| level.3),
                in_flight: column(|level| level.0),
                ..LevelColumns::default()
            },
            basis: TokenBasis::Output,
            limits: vec![limit],
            in_question: Some(0),
            price: None,
            gpus: Some(1.0),
            quantization: None,
            workload: Workload::default(),
            output_tokens_error: None,
            impossible_rates: false,
            few_requests: Vec::new(),
        };
        Input { columns, drawn, monotone: true, production: None, visible: true }
    }

    fn labels(series: &Series) -> String {
        let labels: Vec<_> = series.breaks.iter().map(|mark| format!("{} ({})", mark.answer, mark.detail)).collect();
        labels.join(", ")
    }

    /// Checks levels `(load, value, ok, errored)` with a bound: `expected` has the texts of the label.
    fn check(levels: &[(f64, f64, f64, f64)], bound: f64, expected: &Expect) {
        let series = Series::from(run(levels, bound, None));
        expected.assert_eq(&format!("{} from rows {:?}", labels(&series), series.rows));
    }

    const RISING: [(f64, f64, f64, f64); 3] =
        [(1.0, 100.0, 50.0, 0.0), (2.0, 300.0, 50.0, 0.0), (4.0, 900.0, 50.0, 0.0)];

    #[test]
    fn the_verdicts_own_interval_is_drawn_where_it_is_known() {
        let given = Some((BreakingState::Edge, [Some(1.75), None]));
        let series = Series::from(run(&RISING, 300.0, given));
        assert_eq!(series.breaks[0].at, Break::Edge { load: 2.0, lo: Some(1.75), hi: None });
        // An answer with another state than the computed one belongs to another curve.
        let series = Series::from(run(&RISING, 300.0, Some((BreakingState::Floor, [Some(1.75), None]))));
        assert_ne!(series.breaks[0].at, Break::Edge { load: 2.0, lo: Some(1.75), hi: None });
    }

    #[test]
    fn a_moved_limit_is_judged_again_and_put_back() {
        let mut series = Series::from(run(&RISING, 300.0, Some((BreakingState::Edge, [Some(1.75), Some(2.25)]))));
        let before = labels(&series);
        series.move_limit(Some(600.0));
        assert_eq!(labels(&series), "3.11 users (2.70–4, level bounds)");
        assert_eq!(series.sheet.limits[0].bound.label, "TTFT p95 ≤ 600 ms");
        series.move_limit(None);
        assert_eq!((labels(&series), before.as_str()), (before.clone(), "2 users (1.75–2.25)"));
    }

    #[test]
    fn an_edge_has_a_load_and_an_interval() {
        check(
            &[(1.0, 100.0, 50.0, 0.0), (2.0, 180.0, 50.0, 0.0), (4.0, 400.0, 50.0, 0.0), (8.0, 900.0, 50.0, 0.0)],
            600.0,
            &expect!["5.68 users (5.06–6.63) from rows [0, 1, 2, 3]"],
        );
    }

    #[test]
    fn a_sweep_that_ends_while_passing_is_a_floor() {
        check(
            &[(1.0, 100.0, 50.0, 0.0), (32.0, 180.0, 50.0, 0.0)],
            600.0,
            &expect!["≥ 32 users (not reached) from rows [0, 1]"],
        );
    }

    #[test]
    fn a_limit_missed_from_the_start_is_never_met() {
        check(
            &[(1.0, 700.0, 50.0, 0.0), (2.0, 800.0, 50.0, 0.0)],
            600.0,
            &expect!["< 1 user (never met) from rows [0, 1]"],
        );
    }

    #[test]
    fn a_jump_is_a_bracket() {
        check(
            &[
                (1.0, 100.0, 50.0, 0.0),
                (4.0, 110.0, 50.0, 0.0),
                (6.0, 120.0, 50.0, 0.0),
                (8.0, 2000.0, 50.0, 0.0),
                (16.0, 2010.0, 50.0, 0.0),
            ],
            600.0,
            &expect!["6–8 users (cliff) from rows [0, 1, 2, 3, 4]"],
        );
    }

    #[test]
    fn a_level_where_everything_failed_ends_the_sweep() {
        check(
            &[(1.0, 100.0, 50.0, 0.0), (8.0, 180.0, 50.0, 0.0), (16.0, f64::NAN, 0.0, 40.0)],
            600.0,
            &expect!["8–16 users (cliff) from rows [0, 1]"],
        );
    }

    #[test]
    fn a_level_without_a_value_is_not_a_point() {
        check(
            &[(1.0, 100.0, 5.0, 0.0), (2.0, f64::NAN, 5.0, 0.0), (4.0, 700.0, 5.0, 0.0)],
            600.0,
            &expect!["1–4 users (cliff) from rows [0, 2]"],
        );
    }

    #[test]
    fn nothing_measured_has_no_breaking_point() {
        check(&[(1.0, f64::NAN, 0.0, 0.0)], 600.0, &expect![" from rows []"]);
    }
}
