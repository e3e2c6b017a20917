//! Repeated runs as one answer.

use headroom_engine::compare::mean_of_repeats;
use headroom_engine::random::Random;
use headroom_engine::repeats::{Repeats, repeats};
use headroom_engine::run::{Arrivals, Deployment, Known, LoadModel, Run, Workload};
use headroom_engine::verdict::{Verdict, assess};

use crate::support::{level, run, slo};

/// A run that crosses 1,000 ms at `breaking` users, from a straight line.
fn breaking_at(breaking: f64) -> Run {
    let levels = [2.0, 6.0, 10.0, 14.0, 18.0].map(|load| level(load, 1000.0 * load / breaking, 400)).to_vec();
    let mut run = run(levels);
    run.workload.shape = Some("128 in / 64 out".into());
    run.deployment.model = known("llama");
    run.provenance.source = "sweeps/one.json".into();
    run
}

fn known<T>(value: impl Into<T>) -> Option<Known<T>> {
    Some(Known { value: value.into(), source: "test".into() })
}

fn found(runs: &[Run], limit: &str) -> Vec<Repeats> {
    let verdicts: Vec<Verdict> = runs.iter().map(|run| assess(run, &slo(&[limit]))).collect();
    repeats(&runs.iter().zip(&verdicts).collect::<Vec<_>>())
}

#[test]
fn the_mean_is_that_of_the_runs_with_students_interval() {
    let runs = [9.0, 10.0, 11.0].map(breaking_at);
    let all = found(&runs, "ttft_p95=1s");
    assert_eq!(all.len(), 1);
    let loads: Vec<f64> = all[0].breaking_loads.iter().map(|load| load.unwrap()).collect();
    assert!(loads.iter().zip([9.0, 10.0, 11.0]).all(|(got, expected)| (got - expected).abs() < 1e-9), "{loads:?}");
    assert_eq!(all[0].mean, mean_of_repeats(&loads));
    // t(0.975, 2) = 4.3027, and the standard error of 9, 10, 11 is 1/√3.
    let [low, high] = all[0].mean.unwrap().interval;
    assert!((low - 7.5159).abs() < 1e-3 && (high - 12.4841).abs() < 1e-3, "{low} {high}");
}

#[test]
fn what_differs_in_anything_but_its_results_is_no_repeat() {
    let one = breaking_at(10.0);
    let changed = |change: fn(&mut Run)| {
        let mut other = breaking_at(11.0);
        change(&mut other);
        found(&[one.clone(), other], "ttft_p95=1s").len()
    };
    assert_eq!(changed(|_| ()), 1);
    assert_eq!(changed(|run| run.workload.shape = Some("512 in / 64 out".into())), 0);
    assert_eq!(changed(|run| run.load_model = LoadModel::Open(Arrivals::Poisson)), 0);
    assert_eq!(changed(|run| run.provenance.tool_version = Some("0.5.4".into())), 0);
    assert_eq!(changed(|run| run.deployment.name = known("b")), 0);
    // A fact that only one of them has may differ.
    assert_eq!(changed(|run| run.deployment.quantization = known("w4a16")), 0);
    assert_eq!(changed(|run| run.deployment.hardware = known("NVIDIA L4")), 0);
    assert_eq!(changed(|run| run.deployment.gpus = known(4_u32)), 0);
    assert_eq!(changed(|run| run.deployment.tensor_parallel = known(4_u32)), 0);
    assert_eq!(changed(|run| run.deployment.engine = known("vllm 0.32.0")), 0);
    assert_eq!(changed(|run| run.provenance.source = "others/one.json".into()), 0);
    assert_eq!(changed(|run| run.provenance.source = "sweeps/two-1.json, two-2.json".into()), 1);
}

#[test]
fn a_name_holds_across_folders_and_an_unknown_deployment_repeats_nothing() {
    let pair = |change: fn(&mut Run)| {
        let mut runs = [10.0, 11.0].map(breaking_at);
        runs[1].provenance.source = "monday/one.json".into();
        runs.iter_mut().for_each(change);
        found(&runs, "ttft_p95=1s").len()
    };
    assert_eq!(pair(|run| run.deployment.name = known("production")), 1);
    assert_eq!(pair(|_| ()), 0);
    assert_eq!(
        pair(|run| {
            run.deployment = Deployment::default();
            run.provenance.source = "one.json".into();
        }),
        0
    );
}

#[test]
fn lengths_that_scatter_from_run_to_run_are_one_workload() {
    let mut runs = [10.0, 11.0].map(breaking_at);
    for (run, (prompt, output)) in runs.iter_mut().zip([(204.0, 62.0), (202.0, 63.0)]) {
        run.workload = Workload { prompt_tokens: Some(prompt), output_tokens: Some(output), shape: None };
    }
    assert_eq!(found(&runs, "ttft_p95=1s").len(), 1);
}

#[test]
fn a_run_without_a_breaking_load_leaves_the_mean_unknown() {
    // 40 is beyond what was measured: at least 18.
    let all = found(&[10.0, 40.0].map(breaking_at), "ttft_p95=1s");
    assert_eq!((all[0].breaking_loads[1], all[0].mean), (None, None));
}

#[test]
fn levels_that_scatter_on_their_own_are_the_unit() {
    // Each level of each run is off by its own 10 %; three runs of five levels know that better than three breaking loads do.
    let mut random = Random::seeded(13);
    let mut runs = [10.0; 3].map(breaking_at);
    for level in runs.iter_mut().flat_map(|run| &mut run.levels) {
        for (_, value) in &mut level.ttft.as_mut().unwrap().quantiles {
            *value *= libm::exp(0.1 * random.normal());
        }
    }
    let all = found(&runs, "ttft_p95=1s");
    let known: Vec<f64> = all[0].breaking_loads.iter().map(|load| load.unwrap()).collect();
    let mean = all[0].mean.unwrap();
    let students = mean_of_repeats(&known).unwrap();
    assert_eq!(mean.value.to_bits(), students.value.to_bits());
    assert_ne!(mean.interval.map(f64::to_bits), students.interval.map(f64::to_bits));
    assert!(mean.interval[0] < 10.0 && 10.0 < mean.interval[1], "{mean:?}");
    // What is the same in all levels of a run is no scatter of its levels.
    let shifted = found(&[9.0, 10.0, 11.0].map(breaking_at), "ttft_p95=1s");
    let [low, high] = shifted[0].mean.unwrap().interval;
    assert!((low - 7.5159).abs() < 1e-3 && (high - 12.4841).abs() < 1e-3, "{low} {high}");
}

#[test]
fn an_interval_never_goes_below_no_load() {
    let all = found(&[4.0, 16.0].map(breaking_at), "ttft_p95=1s");
    assert_eq!(all[0].mean.unwrap().interval[0].to_bits(), 0.0_f64.to_bits());
}

#[test]
fn runs_that_their_own_noise_does_not_explain_are_apart() {
    let sampled = |factor: f64, seed: u64| {
        let mut random = Random::seeded(seed);
        let mut run = breaking_at(10.0);
        for level in &mut run.levels {
            let values: Vec<f64> =
                (0..400).map(|_| 70.0 * factor * level.load * (1.0 + 0.1 * random.normal())).collect();
            let start_s = (0..400).map(f64::from).collect();
            level.ttft = None;
            level.samples = Some(headroom_engine::level::Samples {
                start_s,
                ttft_ms: values.clone(),
                e2e_ms: values,
                ..headroom_engine::level::Samples::default()
            });
        }
        run
    };
    assert!(!found(&[sampled(1.0, 1), sampled(1.0, 2)], "ttft_p95=1s")[0].apart);
    assert!(found(&[sampled(1.0, 1), sampled(1.3, 2)], "ttft_p95=1s")[0].apart);
}

/// Runs that scatter around a true load: the interval covers it as often as it says.
#[test]
fn the_interval_covers_the_true_load() {
    let mut random = Random::seeded(11);
    let cases = 1000;
    let covered = (0..cases)
        .filter(|_| {
            let runs: Vec<Run> = (0..4).map(|_| breaking_at(10.0 * (1.0 + 0.05 * random.normal()))).collect();
            let [low, high] = found(&runs, "ttft_p95=1s")[0].mean.unwrap().interval;
            low <= 10.0 && 10.0 <= high
        })
        .count();
    // Nominal 95 % with three standard errors of room.
    assert!((929..=971).contains(&covered), "{covered} of {cases}");
}
