//! Pareto fronts: every trap that other tools fell into.

use headroom_engine::pareto::{Better, Candidate, Yield, front, levels};
use headroom_engine::run::{Arrivals, DollarsPerHour, Known, LoadModel, Price, Run};
use headroom_engine::sheet::Sheet;
use proptest::prelude::*;

use crate::support::{published_bf16, published_int4, slo};

use Better::{Higher, Lower};

fn check(rows: &[[f64; 2]], directions: [Better; 2], expected: &[usize]) {
    assert_eq!(front(rows, directions), expected, "{rows:?}");
}

#[test]
fn each_metric_has_its_own_direction() {
    let rows = [[1.0, 10.0], [2.0, 20.0], [3.0, 30.0]];
    check(&rows, [Higher, Higher], &[2]);
    check(&rows, [Higher, Lower], &[0, 1, 2]);
    check(&rows, [Lower, Higher], &[0, 1, 2]);
    check(&rows, [Lower, Lower], &[0]);
}

#[test]
fn a_tie_in_one_metric_does_not_save_a_point() {
    check(&[[1.0, 5.0], [2.0, 5.0]], [Higher, Higher], &[1]);
    check(&[[2.0, 5.0], [2.0, 4.0], [1.0, 5.0]], [Higher, Higher], &[0]);
}

#[test]
fn of_duplicates_the_first_is_kept() {
    check(&[[1.0, 2.0], [1.0, 2.0], [2.0, 1.0], [2.0, 1.0]], [Higher, Higher], &[0, 2]);
}

#[test]
fn what_was_not_measured_neither_stands_nor_dominates() {
    check(&[[f64::NAN, 9.0], [1.0, 1.0], [9.0, f64::NAN]], [Higher, Higher], &[1]);
    check(&[[f64::NAN, f64::NAN]], [Higher, Higher], &[]);
}

fn sheet(run: &Run) -> Sheet {
    Sheet::of(run, &slo(&["ttft_p95=1s"]))
}

fn asked(mut run: Run, prompt: f64) -> Run {
    run.workload.prompt_tokens = Some(prompt);
    run.workload.output_tokens = Some(256.0);
    run.deployment.gpus = Some(Known { value: 1, source: "test".into() });
    run
}

#[test]
fn levels_of_other_workloads_never_beat_each_other() {
    let front_of = |prompt: f64| {
        let sheets = [asked(published_int4(), 256.0), asked(published_bf16(), prompt)].map(|run| sheet(&run));
        let points = levels(&[&sheets[0], &sheets[1]], Yield::PerGpu);
        let on_front = |sheet| points.iter().filter(|point| point.sheet == sheet && point.on_front).count();
        (on_front(0), on_front(1))
    };
    // BF16 taken for one accelerator yields more at every load but the lowest.
    let alone = front_of(4096.0);
    let together = front_of(256.0);
    assert_eq!(alone, (6, 5));
    assert!(together.0 + together.1 < 11, "{together:?}");
}

#[test]
fn gpus_and_prices_that_are_not_known_are_not_one() {
    let mut run = published_int4();
    let at = |run: &Run, by: Yield| -> Vec<Candidate> { levels(&[&sheet(run)], by) };
    assert!(at(&run, Yield::PerGpu).is_empty() && at(&run, Yield::PerDollar).is_empty());
    run.deployment.gpus = Some(Known { value: 4, source: "test".into() });
    run.deployment.price = Some(Price { per_hour: DollarsPerHour(2.0), source: None, region: None, date: None });
    let point = at(&run, Yield::PerGpu)[2];
    assert_eq!((point.load, point.per_user, point.yielded), (5.0, 207.0 / 5.0, 207.0 / 4.0));
    let dollars: Vec<f64> = at(&run, Yield::PerDollar).iter().map(|level| level.yielded).collect();
    assert!((dollars[2] - 207.0 * 1800.0 / 1e6).abs() < 1e-12, "{dollars:?}");
    run.load_model = LoadModel::Open(Arrivals::Constant);
    assert!(at(&run, Yield::PerGpu).is_empty(), "a rate is not a number of users");
    run.levels[2].concurrency = Some(4.0);
    assert!((at(&run, Yield::PerGpu)[0].per_user - 207.0 / 4.0).abs() < 1e-12);
}

proptest! {
    #[test]
    fn the_front_is_what_nothing_dominates(rows in prop::collection::vec([0..6_u8, 0..6_u8, 0..6_u8], 0..30)) {
        let rows: Vec<[f64; 3]> = rows.into_iter().map(|row| row.map(f64::from)).collect();
        let directions = [Higher, Lower, Higher];
        let dominates = |a: &[f64], b: &[f64]| {
            let good = [a[0] >= b[0], a[1] <= b[1], a[2] >= b[2]];
            good.iter().all(|good| *good) && a != b
        };
        let kept = front(&rows, directions);
        for (index, row) in rows.iter().enumerate() {
            let beaten = rows.iter().any(|other| dominates(other, row));
            let repeated = rows[..index].contains(row);
            prop_assert_eq!(kept.contains(&index), !beaten && !repeated);
        }
    }
}
