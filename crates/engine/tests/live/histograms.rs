//! Quantiles of a server's histograms and the range that they lie in.

use headroom_engine::live::{Bucketed, Histogram};

use super::support::{TTFT_BOUNDS, histogram};

/// vLLM's bounds of queue time, in milliseconds, cut at 5 s.
const QUEUE_BOUNDS: &[f64] = &[300.0, 500.0, 800.0, 1000.0, 1500.0, 2000.0, 2500.0, 5000.0];

fn bucketed(value: Option<f64>, lo: f64, hi: Option<f64>) -> Bucketed {
    Bucketed { value, lo, hi }
}

#[test]
fn a_quantile_says_which_bucket_it_is_in() {
    let check = |bounds: &[f64], values: &[f64], q: f64, expected: Option<Bucketed>| {
        assert_eq!(histogram(bounds, values).quantile(q), expected, "{q} of {values:?}");
    };
    let ten: Vec<f64> = (1..=10).map(|at| 100.0 * f64::from(at)).collect();
    check(QUEUE_BOUNDS, &ten, 0.5, Some(bucketed(Some(500.0), 300.0, Some(500.0))));
    check(QUEUE_BOUNDS, &ten, 0.9, Some(bucketed(Some(900.0), 800.0, Some(1000.0))));
    check(QUEUE_BOUNDS, &[], 0.95, None);
    check(QUEUE_BOUNDS, &[400.0], f64::NAN, None);
    check(QUEUE_BOUNDS, &[9000.0; 4], 0.5, Some(bucketed(Some(5000.0), 5000.0, Some(18_000.0))));
}

#[test]
fn an_idle_queue_never_reads_the_width_of_its_first_bucket() {
    let idle = histogram(QUEUE_BOUNDS, &[0.01; 200]).quantile(0.95).unwrap();
    assert!(idle.value.unwrap() < 0.21 && idle.lo == 0.0 && idle.hi.unwrap() < 0.21, "{idle:?}");
    let cumulative: Vec<(f64, f64)> = QUEUE_BOUNDS.iter().map(|&bound| (bound, 200.0)).collect();
    let without_sum = Histogram::from_cumulative(&cumulative, None).quantile(0.95).unwrap();
    assert_eq!(without_sum, bucketed(None, 0.0, Some(300.0)), "nothing but the bucket is known");
}

#[test]
fn the_range_holds_the_true_quantile_whatever_the_values() {
    // Any values: the exact order statistic must lie in the range, and the guess too.
    let mut state = 7_u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f64 / f64::from(1_u32 << 24)
    };
    for case in 1..=400_u32 {
        let mut values: Vec<f64> = (0..case).map(|_| 4_000.0 * next() * next() * next()).collect();
        let histogram = histogram(TTFT_BOUNDS, &values);
        values.sort_by(f64::total_cmp);
        for (q, per_cent) in [(0.5, 50), (0.9, 90), (0.95, 95), (0.99, 99)] {
            let rank = (case * per_cent).div_ceil(100).max(1) as usize;
            let truth = values[rank - 1];
            let found = histogram.quantile(q).unwrap();
            let hi = found.hi.unwrap_or(f64::INFINITY);
            assert!(found.lo <= truth && truth <= hi, "{case} {q}: {truth} in {found:?}");
            let value = found.value.unwrap();
            assert!(found.lo <= value && value <= hi, "{case} {q}: {found:?}");
            let wide = histogram.quantile_interval(q, None).unwrap();
            assert!(wide.lo <= found.lo && wide.hi.is_none_or(|wide| wide >= hi), "{case} {q}: {wide:?}");
        }
    }
}

#[test]
fn few_requests_leave_the_ends_open() {
    let few = histogram(TTFT_BOUNDS, &[120.0; 20]);
    assert_eq!(few.quantile(0.95).unwrap().hi, Some(250.0));
    let interval = few.quantile_interval(0.95, None).unwrap();
    assert_eq!((interval.lo, interval.hi), (100.0, None), "20 requests bound a 95th percentile from below only");
    let many = histogram(TTFT_BOUNDS, &[120.0; 200]);
    assert_eq!(many.quantile_interval(0.95, None).unwrap().hi, Some(250.0));
    assert_eq!(
        many.quantile_interval(0.95, Some(20.0)).unwrap().hi,
        None,
        "200 gaps between the tokens of 20 requests"
    );
}

#[test]
fn histograms_add_up_when_their_bounds_agree() {
    let mut sum = histogram(TTFT_BOUNDS, &[30.0, 300.0]);
    assert!(sum.add(&histogram(TTFT_BOUNDS, &[30.0, 700.0])));
    assert_eq!(sum, histogram(TTFT_BOUNDS, &[30.0, 300.0, 30.0, 700.0]));
    assert!(!sum.add(&histogram(QUEUE_BOUNDS, &[400.0])), "other bounds");
    assert_eq!((sum.count(), sum.mean()), (4.0, Some(265.0)));
    let mut empty = Histogram::default();
    assert!(empty.add(&sum) && empty == sum);
    assert!(sum.add(&Histogram::default()) && empty == sum);
    let seconds = histogram(&[0.3, 0.5], &[0.4]);
    assert_eq!(seconds.scaled(1000.0).quantile(1.0).unwrap().hi, Some(500.0));
}

#[test]
fn what_a_server_may_send_is_put_in_order() {
    let pairs = [(f64::INFINITY, 10.0), (0.5, 4.0), (0.3, 4.000_000_1), (f64::NAN, 3.0), (1.0, f64::NAN)];
    let histogram = Histogram::from_cumulative(&pairs, Some(f64::NAN));
    assert!((histogram.count() - 10.0).abs() < 1e-9);
    assert_eq!(histogram.mean(), None);
    assert_eq!(histogram.quantile(0.9), Some(bucketed(Some(0.5), 0.5, None)), "above the last bound");
}
