//! The fitted curve.

use headroom_engine::curve::{Crossing, Curve};
use headroom_engine::points::LevelPoint;
use proptest::prelude::*;

use crate::support::points;

fn check_crossing(values: &[(f64, f64)], bound: f64, expected: Crossing) {
    let curve = Curve::fit(&points(values)).unwrap();
    let got = curve.crossing(bound);
    match (got, expected) {
        (Crossing::At(got), Crossing::At(expected)) => {
            assert!((got - expected).abs() < 1e-6, "{got} is not {expected}");
        }
        _ => assert_eq!(got, expected, "{values:?} at {bound}"),
    }
}

#[test]
fn ties_and_flat_pieces_end_where_the_fit_first_exceeds_the_bound() {
    let line = [(1.0, 100.0), (2.0, 200.0), (3.0, 300.0)];
    check_crossing(&line, 150.0, Crossing::At(1.5));
    check_crossing(&line, 200.0, Crossing::At(2.0));
    check_crossing(&line, 99.0, Crossing::BelowRange);
    check_crossing(&line, 100.0, Crossing::At(1.0));
    check_crossing(&line, 300.0, Crossing::AboveRange);
    let flat = [(1.0, 100.0), (2.0, 100.0), (4.0, 100.0), (5.0, 300.0)];
    check_crossing(&flat, 100.0, Crossing::At(4.0));
    check_crossing(&flat, 99.9, Crossing::BelowRange);
    let step = [(1.0, 50.0), (2.0, 100.0), (3.0, 100.0), (4.0, 150.0)];
    check_crossing(&step, 100.0, Crossing::At(3.0));
    check_crossing(&[(5.0, 100.0)], 100.0, Crossing::AboveRange);
    check_crossing(&[(5.0, 100.0)], 99.0, Crossing::BelowRange);
    // The two middle levels pool to 150.
    check_crossing(&[(1.0, 50.0), (2.0, 200.0), (3.0, 100.0), (4.0, 300.0)], 150.0, Crossing::At(3.0));
}

#[test]
fn a_pooled_stretch_does_not_delay_the_rise_after_it() {
    // With slope zero carried over the kink the crossing would be near 4.05.
    let curve = Curve::fit(&points(&[(1.0, 100.0), (3.0, 100.0), (5.0, 300.0), (7.0, 500.0)])).unwrap();
    assert_eq!(curve.crossing(150.0), Crossing::At(3.5));
    assert_eq!(curve.value_at(2.0), Some(100.0));
}

#[test]
fn nothing_is_known_outside_the_measured_range() {
    let curve = Curve::fit(&points(&[(2.0, 10.0), (4.0, 20.0)])).unwrap();
    assert_eq!(curve.value_at(1.999), None);
    assert_eq!(curve.value_at(4.001), None);
    assert_eq!(curve.value_at(f64::NAN), None);
    assert_eq!(curve.value_at(3.0), Some(15.0));
    let lone = Curve::fit(&points(&[(2.0, 10.0)])).unwrap();
    assert_eq!((lone.value_at(2.0), lone.value_at(2.1)), (Some(10.0), None));
    assert_eq!(Curve::fit(&[]), None);
    assert_eq!(Curve::fit(&points(&[(f64::NAN, 1.0), (1.0, f64::NAN), (1.0, f64::INFINITY)])), None);
}

#[test]
fn order_and_repetition_do_not_matter() {
    let ascending = Curve::fit(&points(&[(1.0, 10.0), (2.0, 25.0), (3.0, 40.0)]));
    assert_eq!(Curve::fit(&points(&[(3.0, 40.0), (2.0, 30.0), (1.0, 10.0), (2.0, 20.0)])), ascending);
}

#[test]
fn drawing_passes_every_measured_load() {
    let curve = Curve::fit(&points(&[(1.0, 10.0), (2.3, 20.0), (9.0, 40.0)])).unwrap();
    let drawn = curve.sample(200);
    assert!(drawn.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 <= pair[1].1));
    assert!(drawn.len() <= 203 && drawn.len() >= 200);
    for point in curve.points() {
        assert!(drawn.contains(point));
    }
    assert_eq!(Curve::fit(&points(&[(2.0, 10.0)])).unwrap().sample(200), [(2.0, 10.0)]);
}

fn measured() -> impl Strategy<Value = Vec<LevelPoint>> {
    prop::collection::vec((0.5..64.0_f64, 1.0..5000.0_f64, 0..300_u64), 1..14).prop_map(|rows| {
        rows.into_iter().map(|(load, value, count)| LevelPoint { load, value, lo: None, hi: None, count }).collect()
    })
}

proptest! {
    #[test]
    fn the_line_that_is_drawn_is_the_line_that_is_judged(points in measured(), share in -0.1..1.1_f64) {
        let curve = Curve::fit(&points).unwrap();
        let fitted = curve.points();
        prop_assert!(fitted.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 <= pair[1].1));
        for &(load, value) in fitted {
            prop_assert_eq!(curve.value_at(load), Some(value));
        }
        let (lowest, highest) = (fitted[0].1, fitted[fitted.len() - 1].1);
        let bound = lowest + share * (highest - lowest);
        match curve.crossing(bound) {
            Crossing::BelowRange => prop_assert!(lowest > bound),
            Crossing::AboveRange => prop_assert!(highest <= bound),
            Crossing::At(load) => {
                prop_assert!(curve.value_at(load).unwrap() <= bound);
                prop_assert!(curve.value_at(load.next_up()).unwrap() > bound);
            }
        }
    }
}
