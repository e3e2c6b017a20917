//! Pareto fronts: every trap that other tools fell into.

use headroom_engine::pareto::{Better, Tradeoff, front, fronts, group_of, tradeoffs};
use headroom_engine::run::{Arrivals, DollarsPerHour, Known, LoadModel};
use headroom_engine::what_if::with_price;
use proptest::prelude::*;

use crate::support::published_int4;

use Better::{Higher, Lower};

fn check(rows: &[[f64; 2]], directions: [Better; 2], expected: &[usize]) {
    let rows: Vec<Vec<f64>> = rows.iter().map(|row| row.to_vec()).collect();
    assert_eq!(front(&rows, &directions), expected, "{rows:?}");
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
    assert_eq!(front(&[vec![1.0], vec![1.0, 2.0]], &[Higher, Higher]), [1]);
    assert!(front(&[vec![]], &[]).is_empty());
}

#[test]
fn groups_never_dominate_each_other() {
    let rows = [[1.0, 1.0], [9.0, 9.0], [2.0, 2.0]].map(|row| row.to_vec());
    let found = fronts(&["short prompts", "long prompts", "short prompts"], &rows, &[Higher, Higher]);
    assert_eq!(found["short prompts"], [2]);
    assert_eq!(found["long prompts"], [1]);
}

#[test]
fn runs_are_grouped_by_shape_and_load_model() {
    let mut a = published_int4();
    a.workload.prompt_tokens = Some(256.2);
    a.workload.output_tokens = Some(256.0);
    let mut b = a.clone();
    b.workload.prompt_tokens = Some(255.8);
    assert_eq!(group_of(&a), group_of(&b));
    b.load_model = LoadModel::Open(Arrivals::Poisson);
    assert_ne!(group_of(&a), group_of(&b));
    b.load_model = LoadModel::Closed;
    b.workload.output_tokens = Some(64.0);
    assert_ne!(group_of(&a), group_of(&b));
    // Two unknown shapes are not one shape.
    let (mut c, mut d) = (published_int4(), published_int4());
    c.id = "c".into();
    d.id = "d".into();
    assert_ne!(group_of(&c), group_of(&d));
}

#[test]
fn gpus_and_prices_that_are_not_known_are_not_one() {
    let mut run = published_int4();
    assert!(tradeoffs(&run).iter().all(|point| point.per_gpu.is_nan() && point.per_dollar.is_nan()));
    run.deployment.gpus = Some(Known { value: 4, source: "test".into() });
    let at = |run: &_| -> Tradeoff { tradeoffs(run)[2] };
    let point = at(&with_price(&run, DollarsPerHour(2.0), "test"));
    assert_eq!(point, Tradeoff { load: 5.0, per_user: 207.0 / 5.0, per_gpu: 207.0 / 4.0, per_dollar: 207.0 * 1800.0 });
    run.load_model = LoadModel::Open(Arrivals::Constant);
    assert!(at(&run).per_user.is_nan(), "a rate is not a number of users");
    run.levels[2].concurrency = Some(4.0);
    assert!((at(&run).per_user - 207.0 / 4.0).abs() < 1e-12);
}

proptest! {
    #[test]
    fn the_front_is_what_nothing_dominates(rows in prop::collection::vec(prop::collection::vec(0..6_u8, 3), 0..30)) {
        let rows: Vec<Vec<f64>> = rows.into_iter().map(|row| row.into_iter().map(f64::from).collect()).collect();
        let directions = [Higher, Lower, Higher];
        let dominates = |a: &[f64], b: &[f64]| {
            let good = [a[0] >= b[0], a[1] <= b[1], a[2] >= b[2]];
            good.iter().all(|good| *good) && a != b
        };
        let kept = front(&rows, &directions);
        for (index, row) in rows.iter().enumerate() {
            let beaten = rows.iter().any(|other| dominates(other, row));
            let repeated = rows[..index].contains(row);
            prop_assert_eq!(kept.contains(&index), !beaten && !repeated);
        }
    }
}
