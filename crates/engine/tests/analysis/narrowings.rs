//! What the level to measure next is worth; its table in `docs/validation.md` is written from here.

use headroom_engine::display;

use headroom_engine::findings::Code;
use headroom_engine::level::{Level, Samples};
use headroom_engine::narrowing::Narrowing;
use headroom_engine::random::Random;
use headroom_engine::run::Run;
use headroom_engine::verdict::{IntervalMethod, Verdict, assess};

use crate::support::{check_table, level, run, slo};

/// A level of exponential latencies whose mean grows with the square of the load.
fn exponential(load: f64, count: usize, random: &mut Random) -> Level {
    let values: Vec<f64> = (0..count).map(|_| (100.0 + load * load) * random.exponential()).collect();
    let start_s = (0..count).map(|row| row as f64).collect();
    let samples = Samples { start_s, ttft_ms: values.clone(), e2e_ms: values, ..Samples::default() };
    Level { load, samples: Some(samples), ..Level::default() }
}

/// Width of the interval.
fn width(verdict: &Verdict) -> Option<f64> {
    let [low, high] = verdict.interval;
    Some(high? - low?)
}

/// Mean widths over `seeds` of a sweep now, as expected with the level that it asks for, and as
/// found when that level is measured.
fn widths(seeds: u64, loads: &[f64], count: usize) -> [f64; 3] {
    let limit = slo(&["ttft_p95=806ms"]);
    let mut sums = [0.0; 3];
    let mut cases = 0.0;
    for seed in 0..seeds {
        let mut random = Random::seeded(seed);
        let mut levels: Vec<Level> = loads.iter().map(|&load| exponential(load, count, &mut random)).collect();
        let now = assess(&run(levels.clone()), &limit);
        let Some(([before, expected], next)) =
            now.narrowing.and_then(|narrowing| narrowing.interval).zip(now.next_level)
        else {
            continue;
        };
        assert_eq!(now.interval_method, IntervalMethod::Bootstrap);
        assert!((before - width(&now).unwrap()).abs() < 1e-12);
        levels.push(exponential(next, count, &mut random));
        levels.sort_by(|a, b| a.load.total_cmp(&b.load));
        let Some(found) = width(&assess(&run(levels), &limit)) else { continue };
        cases += 1.0;
        for (sum, value) in sums.iter_mut().zip([before, expected, found]) {
            *sum += value;
        }
    }
    assert!(cases > 0.9 * seeds as f64, "{cases} of {seeds}");
    sums.map(|sum| sum / cases)
}

/// What is promised is what is found, on the average and to a tenth: `share` of the width before. Returns a row of the table.
fn check(loads: &[f64], count: usize, share: f64) -> String {
    let [before, expected, found] = widths(150, loads, count);
    assert!((expected / found - 1.0).abs() < 0.1, "{loads:?}: {expected} was promised, {found} came");
    assert!((expected / before - share).abs() < 0.05, "{loads:?}: {before} to {expected}");
    let named = |load: &f64| display::number(*load);
    let (first, last) = (loads[..3].iter().map(named).collect::<Vec<_>>().join(", "), named(&loads[loads.len() - 1]));
    let count = display::number(count as f64);
    format!("| {first} … {last} | {count} | {before:.2} | {expected:.2} | {found:.2} |\n")
}

#[test]
fn the_interval_becomes_as_wide_as_promised() {
    let rows = [
        check(&[1.0, 4.0, 8.0, 12.0, 16.0, 20.0, 24.0], 300, 1.0),
        // Where the gap is wide against the noise, a level in it is what helps.
        check(&[1.0, 5.0, 11.0, 17.0, 23.0, 29.0], 800, 0.9),
        check(&[1.0, 2.0, 4.0, 8.0, 16.0, 32.0], 300, 0.93),
        check(&[1.0, 2.0, 4.0, 8.0, 16.0, 32.0], 3000, 0.54),
    ];
    let head = "| loads | requests a level | width before | promised | found |\n|---|---|---|---|---|\n";
    check_table("narrowings", &format!("{head}{}", rows.concat()));
}

fn narrowing(run: &Run, limit: &str) -> Option<Narrowing> {
    assess(run, &slo(&[limit])).narrowing
}

#[test]
fn the_gap_shrinks_whatever_the_curve_does_in_it() {
    let of = |rows: &[(f64, f64)]| run(rows.iter().map(|&(load, ms)| level(load, ms, 400)).collect());
    let gap = |rows: &[(f64, f64)], limit| narrowing(&of(rows), limit).map(|narrowing| narrowing.gap);
    let rising = [(2.0, 400.0), (4.0, 700.0), (7.0, 1100.0), (8.0, 1500.0)];
    // Between 4 and 7 users 5 is next: it lies 1 above and 2 below.
    assert_eq!(gap(&rising, "ttft_p95=1s"), Some([3.0, 2.0]));
    // Between neighbours nothing can be measured, and above the highest there is no gap.
    assert_eq!(gap(&rising, "ttft_p95=1200ms"), None);
    assert_eq!(gap(&rising, "ttft_p95=2s"), None);
    // Below the lowest level it reaches down to no load at all.
    assert_eq!(gap(&rising, "ttft_p95=100ms"), Some([2.0, 1.0]));
    assert_eq!(gap(&[(2.0, 100.0), (4.0, 110.0), (8.0, 9000.0), (12.0, 9100.0)], "ttft_p95=1s"), Some([4.0, 2.0]));
    // A single percentile without a distribution has no interval to narrow.
    assert_eq!(narrowing(&of(&rising), "ttft_p95=1s").unwrap().interval, None);
}

#[test]
fn bounds_of_levels_are_narrowed_too() {
    // Summaries without requests: the bounds come from what the report states of the distribution.
    let at = |load: f64, ms: f64| {
        let mut level = level(load, ms, 1000);
        let quantiles = [(0.9, 0.9), (0.95, 1.0), (0.97, 1.1), (0.99, 1.2)].map(|(q, factor)| (q, factor * ms));
        level.ttft.as_mut().unwrap().quantiles = quantiles.to_vec();
        level
    };
    let run = run([2.0, 6.0, 10.0, 14.0, 18.0, 22.0].map(|load| at(load, 100.0 * load)).to_vec());
    let verdict = assess(&run, &slo(&["ttft_p95=1200ms"]));
    assert_eq!(verdict.interval_method, IntervalMethod::LevelBounds);
    let [before, after] = verdict.narrowing.unwrap().interval.unwrap();
    // On a straight line whose bounds are a fixed share of the value one more level leaves them as they are; what becomes
    // narrower is what a curve may do between two levels.
    assert!((0.95..0.98).contains(&(after / before)), "{before} {after}");
    // That is too little to advise it.
    assert!(!verdict.has(Code::NextLevel) && !verdict.sentence.contains("narrows"), "{}", verdict.sentence);
}
