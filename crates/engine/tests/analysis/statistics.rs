//! Distributions, intervals, the isotonic fit and the monotone cubic.

use headroom_engine::dependence::{INDEPENDENT, dependence, dependence_of_exceedances};
use headroom_engine::distributions::{
    CONFIDENCE, beta_regularized, normal_cdf, normal_quantile, quantile_ranks, student_cdf, student_quantile,
    wilson_interval,
};
use headroom_engine::interval::{mean_interval, mean_of_dependent, quantile_from_dependent, quantile_from_summary};
use headroom_engine::isotonic::isotonic_fit;
use headroom_engine::level::Distribution;
use headroom_engine::monotone::MonotoneCubic;
use headroom_engine::random::Random;
use proptest::prelude::*;

fn check_close(got: f64, expected: f64, tolerance: f64) {
    assert!((got - expected).abs() <= tolerance, "got {got}, expected {expected} ± {tolerance}");
}

#[test]
fn quantiles_agree_with_printed_tables() {
    // Abramowitz & Stegun, tables 26.1 and 26.10.
    check_close(normal_quantile(0.975), 1.959_963_985, 1e-8);
    check_close(normal_quantile(0.5), 0.0, 1e-15);
    check_close(normal_quantile(1e-6), -4.753_424_309, 1e-8);
    assert!(normal_quantile(0.0).is_infinite() && normal_quantile(f64::NAN).is_nan());
    for (degrees, expected) in [(1.0, 12.706_204_74), (2.0, 4.302_652_73), (10.0, 2.228_138_85), (30.0, 2.042_272_46)] {
        check_close(student_quantile(0.975, degrees), expected, 1e-7);
    }
    check_close(student_quantile(0.975, 1e6), normal_quantile(0.975), 1e-5);
    check_close(student_cdf(student_quantile(0.2, 7.0), 7.0), 0.2, 1e-12);
    check_close(normal_cdf(1.0), 0.841_344_746, 1e-9);
    check_close(beta_regularized(2.0, 3.0, 0.4), 0.5248, 1e-12);
    check_close(beta_regularized(2.0, 3.0, 0.9), 0.9963, 1e-12);
}

/// A quantile is where the distribution function has its share, for every share and every number of degrees of freedom.
#[test]
fn a_quantile_has_its_share_below_it() {
    let check = |p: f64, found: f64, cdf: &dyn Fn(f64) -> f64| {
        // The upper tail by the lower one of its mirror, where f64 has the digits.
        let error = if p < 0.5 { cdf(found) / p } else { cdf(-found) / (1.0 - p) } - 1.0;
        assert!(error.abs() < 1e-9, "{p}: {found} has {} below it", cdf(found));
    };
    for exponent in 1..=60 {
        let p = libm::pow(10.0, -f64::from(exponent)) * 4.9;
        check(p, normal_quantile(p), &normal_cdf);
        // Student's tails are so heavy that one degree of freedom reaches 10⁵⁹.
        for degrees in [1.0, 1.5, 2.0, 3.7, 12.0, 100.0, 5_000.0] {
            check(p, student_quantile(p, degrees), &|t| student_cdf(t, degrees));
        }
    }
    for p in [0.3, 0.499_999, 0.500_001, 0.8, 0.975, 0.999_9] {
        check(p, normal_quantile(p), &normal_cdf);
    }
}

#[test]
fn ranks_are_the_exact_binomial_ones() {
    let ranks = |count, q| quantile_ranks(count, q, CONFIDENCE);
    // The median's are tabulated: Conover, Practical Nonparametric Statistics.
    assert_eq!(ranks(5, 0.5), (None, None));
    assert_eq!(ranks(6, 0.5), (Some(1), Some(6)));
    assert_eq!(ranks(10, 0.5), (Some(2), Some(9)));
    assert_eq!(ranks(100, 0.5), (Some(40), Some(61)));
    // 0.95ⁿ ≤ 0.025 from n = 72 on, 0.99ⁿ from 368.
    assert_eq!(ranks(71, 0.95).1, None);
    assert_eq!(ranks(72, 0.95).1, Some(72));
    assert_eq!(ranks(367, 0.99).1, None);
    assert_eq!(ranks(368, 0.99).1, Some(368));
    assert_eq!(ranks(0, 0.95), (None, None));
    assert_eq!(ranks(10, 0.0), (None, None));
}

#[test]
fn ranks_of_many_values_approach_the_normal_ones() {
    let (n, q) = (1_000_000.0, 0.99);
    let (low, high) = quantile_ranks(1_000_000, q, CONFIDENCE);
    let half = 1.959_964 * (n * q * (1.0 - q)).sqrt();
    check_close(low.unwrap() as f64, n * q - half, 2.0);
    check_close(high.unwrap() as f64, n * q + half, 2.0);
    // Of absurdly many they are the normal ones, without a step where that begins.
    let width = |count: u64| {
        let (low, high) = quantile_ranks(count, 0.5, CONFIDENCE);
        (high.unwrap() - low.unwrap()) as f64 / (count as f64).sqrt()
    };
    check_close(width(400_000_000), width(400_000_004), 1e-3);
    check_close(width(u64::MAX), 1.959_964, 1e-3);
}

/// The share of seeded samples whose interval does not contain the true quantile, below and
/// above.
fn misses(n: usize, q: f64, interval: impl Fn(&[f64]) -> (Option<f64>, Option<f64>)) -> (f64, f64) {
    const CASES: u32 = 4000;
    let truth = -libm::log(1.0 - q);
    let mut random = Random::seeded(n as u64 * 1000 + (q * 100.0) as u64);
    let (mut above, mut below) = (0, 0);
    for _ in 0..CASES {
        let mut sample: Vec<f64> = (0..n).map(|_| random.exponential()).collect();
        sample.sort_by(f64::total_cmp);
        let (low, high) = interval(&sample);
        above += u32::from(low.is_some_and(|low| low > truth));
        below += u32::from(high.is_some_and(|high| high < truth));
    }
    (f64::from(above) / f64::from(CASES), f64::from(below) / f64::from(CASES))
}

#[test]
fn intervals_from_samples_cover_what_they_promise() {
    for n in [20, 80, 400] {
        for q in [0.5, 0.9, 0.95, 0.99] {
            let (above, below) = misses(n, q, |sample| quantile_from_dependent(sample, q, INDEPENDENT));
            // Nominal 2.5 % each side at most; 0.8 % is over three standard errors of 4,000 cases.
            assert!(above <= 0.033 && below <= 0.033, "n {n}, q {q}: {above} {below}");
        }
    }
    // Not so wide as to be useless either: at n = 400 the two sides together are near 5 %.
    let (above, below) = misses(400, 0.5, |sample| quantile_from_dependent(sample, 0.5, INDEPENDENT));
    assert!(above + below > 0.03, "{above} {below}");
}

/// Standard normal values of which each correlates by `rho` with the one before.
fn autoregression(count: usize, rho: f64, random: &mut Random) -> Vec<f64> {
    let mut value = random.normal();
    (0..count)
        .map(|_| {
            value = rho * value + (1.0 - rho * rho).sqrt() * random.normal();
            value
        })
        .collect()
}

/// The shares of seeded series whose interval misses the truth: by what the values are worth, and taken for independent.
fn misses_of_dependent(rho: f64, truth: f64, interval: impl Fn(&[f64]) -> [(Option<f64>, Option<f64>); 2]) -> [f64; 2] {
    const CASES: u32 = 2000;
    let mut random = Random::seeded(17);
    let mut missed = [0; 2];
    for _ in 0..CASES {
        let intervals = interval(&autoregression(400, rho, &mut random));
        for (missed, (low, high)) in missed.iter_mut().zip(intervals) {
            *missed += u32::from(low.is_some_and(|low| low > truth) || high.is_some_and(|high| high < truth));
        }
    }
    missed.map(|missed| f64::from(missed) / f64::from(CASES))
}

#[test]
fn intervals_of_values_that_depend_on_each_other_cover_too() {
    for (rho, q) in [(0.6, 0.5), (0.6, 0.9), (0.85, 0.9), (0.85, 0.95)] {
        let [worth, independent] = misses_of_dependent(rho, normal_quantile(q), |values| {
            let mut sorted = values.to_vec();
            sorted.sort_by(f64::total_cmp);
            let quantile = sorted[(q * 400.0) as usize];
            [dependence_of_exceedances(values, quantile), INDEPENDENT]
                .map(|dependence| quantile_from_dependent(&sorted, q, dependence))
        });
        assert!(worth < 0.09, "ρ {rho}, q {q}: {worth}");
        assert!(independent > 0.12, "ρ {rho}, q {q}: {independent}");
    }
    for rho in [0.6, 0.85] {
        let [worth, independent] = misses_of_dependent(rho, 0.0, |values| {
            let mean = values.iter().sum::<f64>() / 400.0;
            let std = (values.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / 400.0).sqrt();
            [dependence(values), INDEPENDENT].map(|dependence| mean_of_dependent(mean, Some(std), 400, dependence))
        });
        assert!(worth < 0.09 && independent > 0.25, "ρ {rho}: {worth} {independent}");
    }
}

#[test]
fn the_dependence_of_exceedances_is_that_of_ones_and_zeros() {
    let mut random = Random::seeded(23);
    for (count, rho) in [(60, 0.5), (400, 0.85), (400, 0.0), (4000, 0.97)] {
        let values = autoregression(count, rho, &mut random);
        for threshold in [-9.0, 0.0, 1.5, 9.0] {
            let ones: Vec<f64> = values.iter().map(|&value| f64::from(u8::from(value > threshold))).collect();
            let (counted, summed) = (dependence_of_exceedances(&values, threshold), dependence(&ones));
            assert!((counted.tau / summed.tau - 1.0).abs() < 1e-9, "{count} {rho} {threshold}: {counted:?} {summed:?}");
            assert_eq!((counted.degrees.to_bits(), counted.signs), (summed.degrees.to_bits(), summed.signs));
        }
    }
}

#[test]
fn of_a_series_that_remembers_for_long_one_lag_stands_for_many() {
    // τ of ρ = 0.995 is 399, so the window of five halves of it is far beyond the lags that count one by one.
    let values = autoregression(40_000, 0.995, &mut Random::seeded(29));
    let mean = values.iter().sum::<f64>() / 40_000.0;
    let spread: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
    let correlation =
        |lag: usize| values[lag..].iter().zip(&values).map(|(a, b)| (a - mean) * (b - mean)).sum::<f64>() / spread;
    let (mut each, mut window) = (1.0, 0.0);
    while window < 2.5 * each {
        window += 1.0;
        each += 2.0 * correlation(window as usize);
    }
    each *= 1.0 + (2.0 * window + 1.0) / 40_000.0;
    let found = dependence(&values).tau;
    assert!(window > 500.0 && (found / each - 1.0).abs() < 0.02, "{window} lags: {each} by each of them, {found}");
}

#[test]
fn intervals_from_a_summary_are_wider_never_narrower() {
    let summarise = |sorted: &[f64]| Distribution {
        count: sorted.len() as u64,
        min: sorted.first().copied(),
        max: sorted.last().copied(),
        quantiles: [0.5, 0.75, 0.9, 0.95, 0.99]
            .into_iter()
            .map(|p| (p, sorted[((sorted.len() - 1) as f64 * p).round() as usize]))
            .collect(),
        ..Distribution::default()
    };
    for n in [20, 80, 400] {
        for q in [0.5, 0.9, 0.95] {
            let (above, below) = misses(n, q, |sample| {
                let wide = quantile_from_summary(&summarise(sample), q);
                let narrow = quantile_from_dependent(sample, q, INDEPENDENT);
                assert!(wide.0.zip(narrow.0).is_none_or(|(wide, narrow)| wide <= narrow));
                assert!(wide.1.zip(narrow.1).is_none_or(|(wide, narrow)| wide >= narrow));
                wide
            });
            assert!(above <= 0.033 && below <= 0.033, "n {n}, q {q}: {above} {below}");
        }
    }
}

#[test]
fn a_summary_gives_only_the_ends_that_it_has() {
    let with = |count, min, max, quantiles: &[(f64, f64)]| {
        let summary = Distribution { count, min, max, quantiles: quantiles.to_vec(), ..Distribution::default() };
        quantile_from_summary(&summary, 0.95)
    };
    let quantiles = [(0.5, 50.0), (0.9, 90.0), (0.95, 95.0), (0.99, 99.0)];
    // Of 4 values the third bounds p95 from below, and their median is not above the third.
    assert_eq!(with(4, Some(1.0), Some(100.0), &quantiles), (Some(50.0), None), "4 values have no upper bound");
    assert_eq!(with(4, Some(1.0), Some(100.0), &quantiles[2..]), (Some(1.0), None), "p95 of 4 is no lower bound");
    assert_eq!(with(4, None, Some(100.0), &quantiles[2..]), (None, None), "and without a minimum there is none");
    assert_eq!(with(100, Some(1.0), Some(100.0), &quantiles), (Some(50.0), Some(100.0)));
    assert_eq!(
        with(100, Some(1.0), None, &quantiles),
        (Some(50.0), None),
        "p99 of 100 may be the 99th, k is the 100th"
    );
    assert_eq!(with(2000, Some(1.0), Some(100.0), &quantiles), (Some(90.0), Some(99.0)));
    assert_eq!(with(2000, None, None, &[(0.95, 95.0)]), (None, None), "the quantile alone bounds nothing");
    assert_eq!(with(2000, None, None, &[(0.9, f64::NAN), (0.99, f64::INFINITY)]), (None, None));
}

#[test]
fn the_interval_of_a_mean_covers() {
    let mut random = Random::seeded(7);
    for n in [2_u64, 5, 30] {
        let cases = 4000_u32;
        let missed: u32 = (0..cases)
            .map(|_| {
                let sample: Vec<f64> = (0..n).map(|_| 10.0 + random.normal()).collect();
                let mean = sample.iter().sum::<f64>() / n as f64;
                let std = (sample.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / n as f64).sqrt();
                let (low, high) = mean_interval(mean, Some(std), n);
                u32::from(low.unwrap() > 10.0 || high.unwrap() < 10.0)
            })
            .sum();
        check_close(f64::from(missed) / f64::from(cases), 0.05, 0.012);
    }
    assert_eq!(mean_interval(5.0, Some(1.0), 1), (None, None));
    assert_eq!(mean_interval(5.0, None, 10), (None, None));
    assert_eq!(mean_interval(5.0, Some(f64::NAN), 10), (None, None));
}

#[test]
fn the_interval_of_a_share_is_wilsons() {
    // Newcombe 1998, table I: 81 of 263 and 0 of 20.
    let (low, high) = wilson_interval(81, 263, CONFIDENCE).unwrap();
    check_close(low, 0.2553, 5e-5);
    check_close(high, 0.3662, 5e-5);
    let (low, high) = wilson_interval(0, 20, CONFIDENCE).unwrap();
    check_close(low, 0.0, 0.0);
    check_close(high, 0.1611, 5e-5);
    assert_eq!(wilson_interval(0, 0, CONFIDENCE), None);
}

#[test]
fn the_isotonic_fit_pools_by_weight() {
    fn check(values: &[f64], weights: &[f64], expected: &[f64]) {
        assert_eq!(isotonic_fit(values, weights), expected);
    }
    check(&[], &[], &[]);
    check(&[3.0], &[1.0], &[3.0]);
    check(&[1.0, 2.0, 2.0, 5.0], &[1.0; 4], &[1.0, 2.0, 2.0, 5.0]);
    check(&[4.0, 2.0], &[1.0, 3.0], &[2.5, 2.5]);
    check(&[1.0, 5.0, 3.0, 4.0], &[1.0; 4], &[1.0, 4.0, 4.0, 4.0]);
    check(&[9.0, 6.0, 3.0], &[1.0; 3], &[6.0, 6.0, 6.0]);
    // Unknown and impossible weights count as one.
    check(&[4.0, 2.0], &[0.0, f64::NAN], &[3.0, 3.0]);
    check(&[4.0, 2.0], &[], &[3.0, 3.0]);
}

fn columns() -> impl Strategy<Value = (Vec<f64>, Vec<f64>)> {
    prop::collection::vec((-1e3..1e3_f64, 0.5..200.0_f64), 1..20).prop_map(|pairs| pairs.into_iter().unzip())
}

proptest! {
    #[test]
    fn the_isotonic_fit_rises_keeps_the_mean_and_settles((values, weights) in columns()) {
        let fit = isotonic_fit(&values, &weights);
        prop_assert_eq!(fit.len(), values.len());
        prop_assert!(fit.windows(2).all(|pair| pair[0] <= pair[1]));
        let mean = |column: &[f64]| column.iter().zip(&weights).map(|(x, w)| x * w).sum::<f64>() / weights.iter().sum::<f64>();
        prop_assert!((mean(&fit) - mean(&values)).abs() < 1e-9);
        prop_assert_eq!(isotonic_fit(&fit, &weights), fit.clone());
        // Nothing non-decreasing is nearer: not the sorted values, not the mean, not the fit
        // moved towards either.
        let cost = |column: &[f64]| column.iter().zip(&values).zip(&weights).map(|((f, v), w)| w * (f - v) * (f - v)).sum::<f64>();
        let mut sorted = values.clone();
        sorted.sort_by(f64::total_cmp);
        for other in [sorted, vec![mean(&values); values.len()]] {
            for share in [0.01, 0.5, 1.0] {
                let moved: Vec<f64> = fit.iter().zip(&other).map(|(a, b)| a + share * (b - a)).collect();
                prop_assert!(cost(&fit) <= cost(&moved) + 1e-6);
            }
        }
    }

    #[test]
    fn a_larger_measurement_never_lowers_the_fit((values, weights) in columns(), at in 0..20_usize, more in 0.0..500.0_f64) {
        let mut raised = values.clone();
        let at = at % raised.len();
        raised[at] += more;
        let (before, after) = (isotonic_fit(&values, &weights), isotonic_fit(&raised, &weights));
        prop_assert!(before.iter().zip(&after).all(|(before, after)| *after >= before - 1e-9));
    }

    #[test]
    fn the_cubic_meets_its_points_and_never_overshoots(steps in prop::collection::vec((0.01..50.0_f64, -100.0..100.0_f64), 1..15)) {
        let mut x = 0.0;
        let xs: Vec<f64> = steps.iter().map(|(step, _)| { x += step; x }).collect();
        let ys: Vec<f64> = steps.iter().map(|(_, y)| *y).collect();
        let cubic = MonotoneCubic::through(xs.clone(), ys.clone()).unwrap();
        for (x, y) in xs.iter().zip(&ys) {
            prop_assert_eq!(cubic.eval(*x), Some(*y));
        }
        for (xs, ys) in xs.windows(2).zip(ys.windows(2)) {
            let mut last = ys[0];
            for step in 1..=32 {
                let y = cubic.eval(xs[0] + (xs[1] - xs[0]) * f64::from(step) / 32.0).unwrap();
                prop_assert!(y >= ys[0].min(ys[1]) && y <= ys[0].max(ys[1]));
                prop_assert!((y - last) * (ys[1] - ys[0]) >= -1e-9, "monotone inside a piece");
                last = y;
            }
        }
        let (first, end) = cubic.range();
        prop_assert_eq!(cubic.eval(first - 1e-6), None);
        prop_assert_eq!(cubic.eval(end + 1e-6), None);
        prop_assert_eq!(cubic.eval(f64::NAN), None);
    }

    #[test]
    fn the_root_is_a_root(steps in prop::collection::vec((0.01..50.0_f64, 0.01..100.0_f64), 2..15), share in 0.001..0.999_f64) {
        let (mut x, mut y) = (0.0, 0.0);
        let (xs, ys): (Vec<f64>, Vec<f64>) = steps.iter().map(|(dx, dy)| { x += dx; y += dy; (x, y) }).unzip();
        let bound = ys[0] + share * (ys[ys.len() - 1] - ys[0]);
        let cubic = MonotoneCubic::through(xs, ys).unwrap();
        let root = cubic.last_at_most(bound).unwrap();
        prop_assert!(cubic.eval(root).unwrap() <= bound);
        prop_assert!(cubic.eval(root.next_up()).unwrap() > bound);
    }
}

#[test]
fn what_is_no_curve_is_refused() {
    for (xs, ys) in [
        (vec![], vec![]),
        (vec![1.0], vec![1.0, 2.0]),
        (vec![1.0, 1.0], vec![1.0, 2.0]),
        (vec![2.0, 1.0], vec![1.0, 2.0]),
        (vec![1.0, f64::NAN], vec![1.0, 2.0]),
        (vec![1.0, 2.0], vec![1.0, f64::INFINITY]),
    ] {
        assert_eq!(MonotoneCubic::through(xs, ys), None);
    }
}
