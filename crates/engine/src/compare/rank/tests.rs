//! Tests against published tables, and against a list of all pairs.

use proptest::prelude::*;

use super::{Shift, mann_whitney, ratio_of_typical, shift};
use crate::dependence::Queue;
use crate::random::Random;

/// The test for requests that did not queue.
fn p_value(a: &[f64], b: &[f64]) -> Option<f64> {
    mann_whitney(a, b, [Queue::NONE; 2])
}

fn typical(a: &[f64], b: &[f64]) -> Option<Shift> {
    shift(a, b, [Queue::NONE; 2])
}

fn ratio(a: &[f64], b: &[f64]) -> Option<Shift> {
    ratio_of_typical(a, b, [Queue::NONE; 2])
}

fn close(got: f64, expected: f64, tolerance: f64) {
    assert!((got - expected).abs() <= tolerance, "got {got}, expected {expected}");
}

#[test]
fn mann_whitney_agrees_with_printed_tables() {
    // Lehmann's table B: P(U ≤ 2) for 4 and 5 is 4/126; ours is two-sided.
    close(p_value(&[1.0, 2.0, 3.0, 6.0], &[4.0, 5.0, 7.0, 8.0, 9.0]).unwrap(), 2.0 * 4.0 / 126.0, 1e-12);
    // Complete separation of 3 and 3: 2 · 1/20.
    close(p_value(&[1.0, 2.0, 3.0], &[4.0, 5.0, 6.0]).unwrap(), 0.1, 1e-12);
    assert_eq!(p_value(&[1.0, 2.0, 3.0], &[1.0, 2.0, 3.0]), Some(1.0));
    assert_eq!(p_value(&[5.0; 30], &[5.0; 30]), Some(1.0));
    assert_eq!(p_value(&[], &[1.0]), None);
    assert_eq!(p_value(&[f64::NAN], &[1.0]), None);
}

#[test]
fn the_normal_approximation_meets_the_exact_distribution() {
    // 20 by 20 is exact, 20 by 21 is not: the same shift gives nearly the same answer.
    let a: Vec<f64> = (0..20).map(|i| f64::from(i) * 2.0).collect();
    let b: Vec<f64> = (0..20).map(|i| f64::from(i) * 2.0 + 9.0).collect();
    let mut random = Random::seeded(4);
    let mut shuffled = |values: &[f64]| {
        let mut values = values.to_vec();
        random.shuffle(&mut values);
        values
    };
    let (a, mut b) = (shuffled(&a), shuffled(&b));
    let exact = p_value(&a, &b).unwrap();
    b.push(28.5);
    close(p_value(&a, &b).unwrap(), exact, 0.03);
}

#[test]
fn the_shift_is_the_median_of_all_differences() {
    let found = typical(&[1.0, 2.0, 4.0], &[10.0, 20.0]).unwrap();
    // The sorted differences are 6, 8, 9, 16, 18, 19.
    close(found.value, 12.5, 1e-9);
    close(typical(&[1.0, 2.0, 4.0], &[10.0]).unwrap().value, 8.0, 1e-9);
    close(ratio(&[1.0, 2.0, 4.0], &[2.0, 4.0, 8.0]).unwrap().value, 2.0, 1e-9);
    assert_eq!(ratio(&[0.0, 1.0], &[1.0]), None);
}

proptest! {
    #[test]
    fn order_statistics_of_differences_are_those_of_the_listed_pairs(
        a in prop::collection::vec(0.0..100.0_f64, 1..12),
        b in prop::collection::vec(0.0..100.0_f64, 1..12),
    ) {
        let mut all: Vec<f64> = a.iter().flat_map(|a| b.iter().map(move |b| b - a)).collect();
        all.sort_by(f64::total_cmp);
        let middle = 0.5 * (all[(all.len() - 1) / 2] + all[all.len() / 2]);
        let got = typical(&a, &b).unwrap();
        prop_assert!((got.value - middle).abs() < 1e-9);
        prop_assert!(got.lo <= got.value && got.value <= got.hi);
    }
}

#[test]
fn requests_in_bursts_raise_no_alarm() {
    // Two identical servers whose latency drifts: with every request taken as independent, they look different.
    let wandering = |random: &mut Random| {
        let mut state = 0.0;
        (0..300)
            .map(|_| {
                state = 0.95 * state + 0.3 * random.normal();
                500.0 * libm::exp(0.1 * state)
            })
            .collect::<Vec<f64>>()
    };
    let alarms = (0..200)
        .filter(|&seed| {
            let mut random = Random::seeded(seed);
            let (a, b) = (wandering(&mut random), wandering(&mut random));
            p_value(&a, &b).unwrap() < 1e-3
        })
        .count();
    assert!(alarms <= 6, "{alarms} of 200");
    // The interval must be as cautious as the test: it must not exclude zero when nothing shifted.
    let covers = (0..200)
        .filter(|&seed| {
            let mut random = Random::seeded(seed);
            let (a, b) = (wandering(&mut random), wandering(&mut random));
            let found = typical(&a, &b).unwrap();
            found.lo <= 0.0 && found.hi >= 0.0
        })
        .count();
    assert!(covers >= 170, "{covers} of 200");
}
