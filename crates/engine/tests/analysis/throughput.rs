//! Throughput over load, and the Universal Scalability Law.

use headroom_engine::level::{Level, Rates};
use headroom_engine::run::Run;
use headroom_engine::throughput::{Peak, peak, throughput_at, throughput_points};
use headroom_engine::usl::{Usl, fit, fit_run};

use crate::support::{published_bf16, run};

fn rates(rows: &[(f64, f64)]) -> Run {
    let level = |&(load, rate): &(f64, f64)| Level {
        load,
        rates: Rates { output_tokens: Some(rate), ..Rates::default() },
        ..Level::default()
    };
    run(rows.iter().map(level).collect())
}

#[test]
fn throughput_may_fall_past_its_peak() {
    let run = rates(&[(1.0, 100.0), (2.0, 180.0), (4.0, 300.0), (8.0, 240.0)]);
    assert_eq!(throughput_at(&run, 4.0), Some(300.0));
    assert!(throughput_at(&run, 6.0).is_some_and(|rate| rate > 240.0 && rate < 300.0));
    assert_eq!(throughput_at(&run, 0.5), None);
    assert_eq!(throughput_at(&run, 9.0), None);
    assert_eq!(peak(&run), Some(Peak { load: 4.0, output_tokens_per_second: 300.0 }));
}

#[test]
fn the_lowest_of_tied_peaks_is_the_peak_and_no_number_is_no_point() {
    let run = rates(&[(1.0, 100.0), (2.0, 300.0), (4.0, 300.0), (8.0, f64::NAN), (16.0, 0.0)]);
    assert_eq!(peak(&run).map(|peak| peak.load), Some(2.0));
    assert_eq!(throughput_points(&run).len(), 3);
    assert_eq!(peak(&rates(&[])), None);
}

fn check_usl(fit: Option<Usl>, lambda: f64, sigma: f64, kappa: f64, tolerance: f64) {
    let fit = fit.expect("a fit");
    for (name, got, expected) in [("λ", fit.lambda, lambda), ("σ", fit.sigma, sigma), ("κ", fit.kappa, kappa)] {
        assert!((got - expected).abs() <= tolerance * expected, "{name}: {got} is not {expected}");
    }
}

/// The Cisco benchmark in Gunther's analyses, with the values that usl4j documents for it.
#[test]
fn the_published_cisco_fit_is_reproduced() {
    let measured = [
        955.16, 1878.91, 2688.01, 3548.68, 4315.54, 5130.43, 5931.37, 6531.08, 7219.8, 7867.61, 8278.71, 8646.7,
        9047.84, 9426.55, 9645.37, 9897.24, 10097.6, 10240.5, 10532.39, 10798.52, 11151.43, 11518.63, 11806.0,
        12089.37, 12075.41, 12177.29, 12211.41, 12158.93, 12155.27, 12118.04, 12140.4, 12074.39,
    ];
    let points: Vec<(f64, f64)> = measured.iter().enumerate().map(|(i, &x)| (i as f64 + 1.0, x)).collect();
    let fitted = fit(&points);
    check_usl(fitted, 995.6486, 0.026_715_91, 7.690_945e-4, 1e-3);
    let fitted = fitted.unwrap();
    assert_eq!(fitted.peak_concurrency(), Some(35.0));
    assert!((fitted.throughput_at(35.0) - 12_341.0).abs() < 12.0, "{}", fitted.throughput_at(35.0));
    assert!(fitted.r_squared > 0.99);
}

#[test]
fn a_curve_made_from_the_law_is_found_again() {
    for (lambda, sigma, kappa) in [(50.0, 0.05, 0.002), (900.0, 0.3, 1e-4), (1.0, 0.01, 0.05)] {
        let law = Usl { lambda, sigma, kappa, r_squared: 1.0 };
        let points: Vec<(f64, f64)> =
            [1.0, 2.0, 4.0, 8.0, 16.0, 32.0].into_iter().map(|n| (n, law.throughput_at(n))).collect();
        check_usl(fit(&points), lambda, sigma, kappa, 1e-6);
    }
}

#[test]
fn without_a_fall_there_is_no_peak() {
    let linear: Vec<(f64, f64)> = (1..=8).map(|n| (f64::from(n), 10.0 * f64::from(n))).collect();
    let fitted = fit(&linear).unwrap();
    assert!(fitted.sigma.abs() < 1e-9 && fitted.kappa.abs() < 1e-9 && (fitted.lambda - 10.0).abs() < 1e-6);
    // Super-linear data would need a negative contention; the law has none.
    let more: Vec<(f64, f64)> = (1..=8).map(|n| (f64::from(n), f64::from(n * n))).collect();
    assert!(fit(&more).is_some_and(|fit| fit.sigma >= 0.0 && fit.kappa >= 0.0 && fit.peak_concurrency().is_none()));
}

#[test]
fn six_levels_are_needed() {
    assert_eq!(fit(&[(1.0, 1.0), (2.0, 2.0), (3.0, 3.0), (4.0, 4.0), (5.0, 5.0)]), None);
    assert_eq!(fit(&[(1.0, 1.0); 3]), None);
    assert_eq!(fit(&[(f64::NAN, 1.0); 8]), None);
    assert_eq!(fit_run(&rates(&[(1.0, 10.0), (2.0, 20.0)])), None);
    assert!(fit_run(&published_bf16()).is_some_and(|fit| fit.r_squared > 0.95));
}
