//! Which runs were asked the same.

use headroom_engine::compare::differences;
use headroom_engine::live::workload::{Traffic, mismatches};
use headroom_engine::pareto::{Yield, levels};
use headroom_engine::run::{Arrivals, Known, LoadModel, Run, Workload};
use headroom_engine::sheet::Sheet;
use headroom_engine::workload::{groups, is_same, is_same_question};

use crate::support::{published_int4, slo};

fn asked(prompt: Option<f64>, output: Option<f64>, shape: Option<&str>) -> Workload {
    Workload { prompt_tokens: prompt, output_tokens: output, shape: shape.map(str::to_owned) }
}

#[test]
fn lengths_decide_where_they_are_known_and_names_where_not() {
    let check = |a: Workload, b: Workload, expected: bool| {
        assert_eq!((is_same(&a, &b), is_same(&b, &a)), (expected, expected), "{a:?} and {b:?}");
    };
    let known = |prompt, output, shape| asked(Some(prompt), Some(output), shape);
    check(known(512.0, 128.0, None), known(512.0, 128.0, None), true);
    check(known(512.0, 128.0, None), known(550.0, 120.0, None), true);
    check(known(512.0, 128.0, None), known(580.0, 128.0, None), false);
    check(known(512.0, 128.0, None), known(512.0, 64.0, None), false);
    // Two tools name one synthetic workload differently, and some call all of them by one name.
    check(known(512.0, 128.0, Some("512 in / 128 out")), known(512.0, 128.0, Some("random")), true);
    check(known(512.0, 128.0, Some("random")), known(4096.0, 128.0, Some("random")), false);
    check(asked(None, None, Some("sharegpt")), asked(None, Some(200.0), Some("sharegpt")), true);
    check(asked(None, None, Some("sharegpt")), asked(None, None, Some("random")), false);
    check(asked(None, Some(100.0), Some("sharegpt")), asked(None, Some(200.0), Some("sharegpt")), false);
    check(asked(Some(512.0), None, None), asked(Some(512.0), None, None), false);
    check(Workload::default(), Workload::default(), false);
    check(known(0.0, 128.0, None), known(0.0, 128.0, None), false);
}

/// Two runs that differ in nothing but their mean prompt length.
fn pair(prompt_a: f64, prompt_b: f64) -> [Run; 2] {
    [prompt_a, prompt_b].map(|prompt| {
        let mut run = published_int4();
        run.workload = asked(Some(prompt), Some(256.0), None);
        run.deployment.gpus = Some(Known { value: 1, source: "test".into() });
        run
    })
}

#[test]
fn every_comparison_says_the_same_of_the_same_two_runs() {
    let check = |prompts: (f64, f64), expected: bool| {
        let [a, b] = pair(prompts.0, prompts.1);
        let sheets = [&a, &b].map(|run| Sheet::of(run, &slo(&["ttft_p95=1s"])));
        let fronts = levels(&[&sheets[0], &sheets[1]], Yield::PerGpu);
        let said = [
            is_same_question(&a, &b),
            sheets[0].is_comparable(&sheets[1]),
            fronts.iter().all(|point| point.group == 0),
            differences(&a, &b).is_empty(),
        ];
        assert_eq!(said, [expected; 4], "{prompts:?}");
    };
    check((256.2, 255.8), true);
    // Of this pair a list of differences said that the prompts differ, a front that the runs do, and a comparison of
    // costs that they are the same.
    check((512.0, 540.0), true);
    check((512.0, 600.0), false);
}

#[test]
fn a_length_of_production_wanders_more_than_one_that_is_set() {
    let [benchmark, _] = pair(512.0, 512.0);
    let told = |prompt: f64| {
        let traffic = Traffic { prompt_tokens: Some(prompt), output_tokens: Some(256.0), prefix_cache_hits: None };
        mismatches(&traffic, &benchmark, None).len()
    };
    assert_eq!((told(600.0), told(700.0)), (0, 1));
}

#[test]
fn users_and_a_rate_are_two_questions() {
    let [a, mut b] = pair(512.0, 512.0);
    assert!(is_same_question(&a, &b));
    b.load_model = LoadModel::Open(Arrivals::Poisson);
    assert!(!is_same_question(&a, &b));
}

#[test]
fn each_belongs_to_the_first_that_it_is_like() {
    let near = |a: &f64, b: &f64| (a - b).abs() <= 1.0;
    assert_eq!(groups(&[1.0, 5.0, 2.0, 3.0, 5.5], near), [0, 1, 0, 2, 1]);
}
