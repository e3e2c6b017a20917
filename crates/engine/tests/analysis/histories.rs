//! Change points in a series of results.

use headroom_engine::history::{ChangePoint, LONGEST, change_points};
use headroom_engine::random::Random;

/// Segments of `(count, level)` with noise of `spread`, relative.
fn series(segments: &[(usize, f64)], spread: f64, seed: u64) -> Vec<f64> {
    let mut random = Random::seeded(seed);
    segments
        .iter()
        .flat_map(|&(count, level)| vec![level; count])
        .map(|level| level * (1.0 + spread * random.normal()))
        .collect()
}

fn indices(found: &[ChangePoint]) -> Vec<usize> {
    found.iter().map(|change| change.index).collect()
}

#[test]
fn a_change_is_found_within_one_run() {
    for seed in 0..20 {
        let found = change_points(&series(&[(15, 500.0), (12, 550.0)], 0.02, seed));
        let nearest = found.iter().min_by_key(|change| change.index.abs_diff(15)).unwrap();
        assert!(nearest.index.abs_diff(15) <= 1, "{seed}: {found:?}");
        assert!((nearest.ratio().unwrap() - 1.1).abs() < 0.04, "{seed}: {found:?}");
        assert!(nearest.p <= 0.01);
    }
}

#[test]
fn changes_up_and_down_are_both_found() {
    let found = change_points(&series(&[(20, 100.0), (15, 130.0), (20, 100.0)], 0.03, 7));
    assert_eq!(indices(&found).len(), 2, "{found:?}");
    assert!(found[0].index.abs_diff(20) <= 1 && found[1].index.abs_diff(35) <= 1, "{found:?}");
    assert!(found[0].ratio().unwrap() > 1.2 && found[1].ratio().unwrap() < 0.85, "{found:?}");
}

#[test]
fn noise_alone_is_rarely_a_change() {
    let alarms = (0..100).filter(|&seed| !change_points(&series(&[(30, 100.0)], 0.05, seed)).is_empty()).count();
    // At a level of 1 %: four of a hundred are three standard errors.
    assert!(alarms <= 4, "{alarms} of 100");
}

#[test]
fn one_outlier_is_not_a_change() {
    let mut values = series(&[(30, 100.0)], 0.02, 3);
    values[14] = 400.0;
    assert!(change_points(&values).is_empty());
}

#[test]
fn a_change_of_spread_alone_is_found() {
    let mut values = series(&[(40, 100.0)], 0.005, 1);
    values.extend(series(&[(40, 100.0)], 0.2, 2));
    assert!(change_points(&values).iter().any(|change| change.index.abs_diff(40) <= 8));
}

#[test]
fn missing_results_keep_their_places_and_short_series_say_nothing() {
    let mut values = series(&[(12, 100.0), (12, 200.0)], 0.02, 5);
    values.insert(4, f64::NAN);
    assert_eq!(indices(&change_points(&values)), [13]);
    assert!(change_points(&[1.0, 1.0, 9.0, 9.0, 9.0]).is_empty());
    assert!(change_points(&[]).is_empty());
    assert!(change_points(&[5.0; 40]).is_empty());
    assert_eq!(change_points(&values), change_points(&values));
}

#[test]
fn of_a_long_history_the_latest_part_is_searched() {
    let long = series(&[(100, 100.0), (LONGEST - 30, 200.0), (30, 300.0)], 0.01, 9);
    assert_eq!(indices(&change_points(&long)), [LONGEST + 70]);
}
