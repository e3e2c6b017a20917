//! One form for everything that judges: whether it came from a run or from the columns of a frame.

use headroom_engine::bounded::{BoundedLevel, bounded};
use headroom_engine::breaking::{Breaking, BreakingState};
use headroom_engine::cost::{Figures, LoadRule};
use headroom_engine::findings::Code;
use headroom_engine::level::{Distribution, Level, Rates, Requests};
use headroom_engine::points::{LevelPoint, level_estimate};
use headroom_engine::rates::{Counted, Rate, level_rates};
use headroom_engine::run::{DollarsPerHour, Known, Price, Run};
use headroom_engine::sheet::{Columns, LevelColumns, LimitColumns, Measured, RateColumns, Sheet};
use headroom_engine::side_by_side::{Question, side_by_side};
use headroom_engine::slo::{Slo, Subject, parse_subject};
use headroom_engine::tokens::TokenBasis;
use headroom_engine::verdict::{Verdict, assess};
use headroom_engine::workload::output_tokens_error;

use crate::support::{level, published_bf16, published_int4, run, slo};

/// The columns that a data frame has of a run, with what a verdict found.
fn columns(run: &Run, verdict: &Verdict) -> Columns {
    let column = |of: fn(&Level) -> Option<f64>| run.levels.iter().map(|level| of(level).unwrap_or(f64::NAN)).collect();
    let measured = |subject: Subject| {
        let estimates: Vec<_> = run.levels.iter().map(|level| level_estimate(level, run.load_model, subject)).collect();
        let part = |of: fn(&headroom_engine::points::Estimate) -> Option<f64>| {
            estimates.iter().map(|one| one.as_ref().and_then(of).unwrap_or(f64::NAN)).collect()
        };
        Measured {
            value: part(|one| Some(one.value)),
            lo: part(|one| one.lo),
            hi: part(|one| one.hi),
            count: part(|one| Some(one.count as f64)),
        }
    };
    let between = |subject: Subject, end: fn(&BoundedLevel) -> Option<f64>| {
        let end = |level: &Level| bounded(level, subject).as_ref().and_then(end);
        run.levels.iter().map(|level| end(level).unwrap_or(f64::NAN)).collect()
    };
    let levels = level_rates(run);
    let rates = |counted: Counted| {
        let part = |of: fn(Rate) -> Option<f64>| {
            levels.iter().map(|level| level.of(counted).and_then(of).unwrap_or(f64::NAN)).collect()
        };
        RateColumns {
            value: part(|rate| Some(rate.value)),
            lo: part(|rate| rate.interval[0]),
            hi: part(|rate| rate.interval[1]),
        }
    };
    let limits = verdict.limits.iter().map(|judged| LimitColumns {
        quantity: judged.limit.subject.into(),
        bound: Sheet::of(run, &Slo::custom(vec![judged.limit])).limits[0].bound.clone(),
        measured: measured(judged.limit.subject),
        at_least: between(judged.limit.subject, |level| level.at_least),
        at_most: between(judged.limit.subject, |level| level.at_most),
        verdict: Some((judged.breaking.state, judged.breaking.interval)),
    });
    Columns {
        name: run.deployment_label().to_owned(),
        load_unit: run.load_model.unit().to_owned(),
        levels: LevelColumns {
            load: column(|level| Some(level.load)),
            ok: column(|level| Some(level.requests.ok as f64)),
            errored: column(|level| Some(level.requests.errored as f64)),
            in_flight: column(|level| level.concurrency),
            tokens: rates(Counted::Tokens(TokenBasis::Output)),
            requests: rates(Counted::Requests),
        },
        basis: TokenBasis::Output,
        limits: limits.collect(),
        in_question: None,
        price: run.deployment.price.clone(),
        gpus: run.deployment.gpus.as_ref().map(|gpus| f64::from(gpus.value)),
        quantization: run.deployment.quantization.as_ref().map(|known| known.value.clone()),
        workload: run.workload.clone(),
        output_tokens_error: output_tokens_error(run),
        impossible_rates: verdict.has(Code::ImpossibleThroughput),
        few_requests: verdict.few_requests(),
    }
}

fn priced(mut run: Run, per_hour: f64) -> Run {
    let source = Some("list".to_owned());
    run.deployment.price = Some(Price { per_hour: DollarsPerHour(per_hour), source, region: None, date: None });
    run.deployment.gpus = Some(Known { value: 1, source: "test".into() });
    run.workload.prompt_tokens = Some(256.0);
    run.workload.output_tokens = Some(256.0);
    run
}

/// A sweep whose last level answered nothing.
fn collapsed() -> Run {
    let dead = Level { requests: Requests { errored: 40, ..Requests::default() }, ..level(16.0, f64::NAN, 0) };
    let rated = |load: f64, ttft: f64| Level {
        rates: Rates { output_tokens: Some(20.0 * load), ..Rates::default() },
        ..level(load, ttft, 200)
    };
    run(vec![rated(1.0, 100.0), rated(4.0, 150.0), rated(8.0, 200.0), dead])
}

/// A report that has the median and p99 of its latencies alone.
fn without_p95() -> Run {
    let levels = [(1.0, 300.0), (4.0, 700.0), (8.0, 1100.0), (12.0, 2200.0)];
    let level = |(load, median): (f64, f64)| {
        let quantiles = vec![(0.5, median), (0.99, 1.4 * median)];
        let ttft = Some(Distribution { count: 200, quantiles, ..Distribution::default() });
        Level { ttft, rates: Rates { output_tokens: Some(20.0 * load), ..Rates::default() }, ..level(load, 0.0, 200) }
    };
    priced(run(levels.map(level).to_vec()), 2.0)
}

#[test]
fn columns_and_the_run_that_they_came_from_come_to_the_same() {
    for run in [priced(published_int4(), 0.85), priced(published_bf16(), 3.4), priced(collapsed(), 1.0), without_p95()]
    {
        for limits in [&["ttft_p95=1s"][..], &["ttft_p95=1500ms", "tpot_p95=65ms"], &["ttft_p95=10s"], &["e2e_p99=1s"]]
        {
            let verdict = assess(&run, &slo(limits));
            let (own, read) = (verdict.sheet(&run), Sheet::from(columns(&run, &verdict)));
            assert_eq!(own.limits, read.limits, "{limits:?}");
            assert_eq!(own.breaking(), Breaking::from(&verdict), "{limits:?}");
            let figures = |sheet: &Sheet| Figures::of(sheet, TokenBasis::Output, LoadRule::Interpolated);
            assert_eq!(figures(&own), figures(&read), "{limits:?}");
            for bound in [400.0, 1200.0, 2500.0] {
                let moved = |sheet: &Sheet| Figures::at(sheet, bound, TokenBasis::Output, LoadRule::Interpolated);
                assert_eq!(moved(&own), moved(&read), "{limits:?} at {bound}");
            }
            let question = Question {
                basis: TokenBasis::Output,
                rule: LoadRule::Interpolated,
                baseline: 0,
                load: Some(20.0),
                replicas: None,
                spare: 1,
                over_limits: false,
            };
            let other = Sheet::of(&priced(published_bf16(), 3.4), &slo(limits));
            let told = |sheet: Sheet| side_by_side(&[sheet, other.clone()], &question);
            assert_eq!(told(own), told(read), "{limits:?}");
        }
    }
}

#[test]
fn a_level_where_every_request_failed_ends_the_sweep() {
    let sheet = Sheet::of(&collapsed(), &slo(&["ttft_p95=1s"]));
    let breaking = sheet.breaking();
    assert_eq!((breaking.state, breaking.interval), (BreakingState::Cliff, [Some(8.0), Some(16.0)]));
}

#[test]
fn a_moved_limit_is_judged_again_and_put_back() {
    let subject = parse_subject("ttft_p95").unwrap();
    let verdict = assess(&published_int4(), &slo(&["tpot_p95=80ms", "ttft_p95=2s"]));
    let mut sheet = verdict.sheet(&published_int4()).asking(subject);
    assert_eq!(sheet.in_question, Some(1));
    let before = sheet.limits.clone();
    sheet.move_limit(Some(1489.0));
    assert_eq!(sheet.limits[1].bound.label, "TTFT p95 ≤ 1,489 ms");
    assert_eq!((sheet.breaking().load, sheet.limits[1].own_bound()), (Some(5.0), 2000.0));
    assert_eq!(sheet.breaking_at(1, 2000.0), Breaking::from(&verdict));
    sheet.move_limit(None);
    assert_eq!(sheet.limits, before);
}

#[test]
fn an_interval_from_every_request_holds_at_its_own_bound_and_state_alone() {
    let points: Vec<LevelPoint> = [(1.0, 100.0), (2.0, 300.0), (4.0, 900.0)]
        .into_iter()
        .map(|(load, value)| LevelPoint { load, value, lo: Some(value * 0.9), hi: Some(value * 1.1), count: 50 })
        .collect();
    let sheet = Sheet::of(&run(vec![]), &slo(&["ttft_p95=300ms"]));
    let limit = &sheet.limits[0];
    let judged = |state| {
        let (quantity, bound) = (limit.quantity.clone(), limit.bound.clone());
        let mut limit = headroom_engine::sheet::SheetLimit::new(quantity, bound, (points.clone(), Vec::new()), None);
        limit.refine(state, [Some(1.75), None]);
        limit
    };
    assert_eq!(judged(BreakingState::Edge).breaking.interval, [Some(1.75), None]);
    assert_ne!(judged(BreakingState::Floor).breaking.interval, [Some(1.75), None]);
    let mut moved = judged(BreakingState::Edge);
    moved.move_to(Some(600.0));
    assert!(moved.by_level_bounds() && moved.breaking.interval[1].is_some());
}
