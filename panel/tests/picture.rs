//! Whole pictures as text: what a reader would see for each kind of answer.

#![allow(clippy::needless_raw_string_hashes, reason = "expect-test writes them")]

mod support;

use expect_test::{Expect, expect};
use headroom_contract::panel::{ScaleKind, View};
use headroom_panel::model::{Model, Options, Series};
use headroom_panel::scene::Scene;
use headroom_panel::series::Input;
use headroom_panel::views::{ALL, draw};
use support::{TEXTS, limit, measured, run_of};

/// A run with `(load, value)` levels whose intervals reach a tenth to either side.
fn run(levels: &[(f64, f64)], bound: f64) -> Input {
    let values: Vec<f64> = levels.iter().map(|level| level.1).collect();
    let levels: Vec<(f64, f64, f64)> = levels.iter().map(|&(load, value)| (load, value, 100.0 * load)).collect();
    run_of("a", &levels, measured(&values, 0.1, 50.0), bound)
}

/// A run without any limit.
fn unlimited(levels: &[(f64, f64)]) -> Input {
    let mut input = run(levels, 1.0);
    input.columns.limits.clear();
    input
}

/// A run that a limit on another quantity breaks at about six users.
fn broken_elsewhere(mut input: Input) -> Input {
    let values: Vec<f64> = input.columns.levels.load.iter().map(|load| load * 500.0).collect();
    let mut measured = measured(&values, 0.1, 50.0);
    measured.hi.fill(f64::NAN);
    input.columns.limits.push(limit("E2E p95", 3000.0, measured));
    if input.columns.limits.len() == 1 {
        input.columns.in_question = None;
    }
    input
}

fn model(inputs: Vec<Input>, options: Options) -> Model {
    let series = inputs.into_iter().map(Series::from).collect();
    Model { series, options, width: 600.0, height: 300.0, spacing: 8.0, ..Model::default() }
}

/// Draws a quantity over load and keeps the lines that contain one of `words`.
fn check(model: &Model, words: &[&str], expected: &Expect) {
    support::check(View::Saturation, model, words, expected);
}

fn titled() -> Options {
    Options { x_title: "Load (users)".into(), y_title: "TTFT p95 (ms)".into(), ..Options::default() }
}

const RISING: [(f64, f64); 5] = [(1.0, 100.0), (2.0, 180.0), (4.0, 400.0), (8.0, 900.0), (16.0, 2000.0)];

#[test]
fn a_whole_picture() {
    check(
        &model(vec![run(&RISING, 1000.0)], titled()),
        &[""],
        &expect![[r#"
            area 47.0,28.0..584.0,159.6 Limit α0.04
            line 47.0,260.0 to 584.0,260.0 Grid Solid 1 α1
            text 39.0,260.0 "0" Regular Muted End Centred α1
            line 47.0,209.8 to 584.0,209.8 Grid Solid 1 α1
            text 39.0,209.8 "500" Regular Muted End Centred α1
            line 47.0,159.6 to 584.0,159.6 Grid Solid 1 α1
            text 39.0,159.6 "1,000" Regular Muted End Centred α1
            line 47.0,109.4 to 584.0,109.4 Grid Solid 1 α1
            text 39.0,109.4 "1,500" Regular Muted End Centred α1
            line 47.0,59.1 to 584.0,59.1 Grid Solid 1 α1
            text 39.0,59.1 "2,000" Regular Muted End Centred α1
            line 47.0,28.0 to 47.0,260.0 Grid Solid 1 α1
            text 47.0,267.0 "0" Regular Muted Middle Below α1
            line 47.0,260.0 to 47.0,265.0 Axis Solid 1 α1
            line 110.9,28.0 to 110.9,260.0 Grid Solid 1 α1
            text 110.9,267.0 "2" Regular Muted Middle Below α1
            line 110.9,260.0 to 110.9,265.0 Axis Solid 1 α1
            line 174.9,28.0 to 174.9,260.0 Grid Solid 1 α1
            text 174.9,267.0 "4" Regular Muted Middle Below α1
            line 174.9,260.0 to 174.9,265.0 Axis Solid 1 α1
            line 238.8,28.0 to 238.8,260.0 Grid Solid 1 α1
            text 238.8,267.0 "6" Regular Muted Middle Below α1
            line 238.8,260.0 to 238.8,265.0 Axis Solid 1 α1
            line 302.7,28.0 to 302.7,260.0 Grid Solid 1 α1
            text 302.7,267.0 "8" Regular Muted Middle Below α1
            line 302.7,260.0 to 302.7,265.0 Axis Solid 1 α1
            line 366.6,28.0 to 366.6,260.0 Grid Solid 1 α1
            text 366.6,267.0 "10" Regular Muted Middle Below α1
            line 366.6,260.0 to 366.6,265.0 Axis Solid 1 α1
            line 430.6,28.0 to 430.6,260.0 Grid Solid 1 α1
            text 430.6,267.0 "12" Regular Muted Middle Below α1
            line 430.6,260.0 to 430.6,265.0 Axis Solid 1 α1
            line 494.5,28.0 to 494.5,260.0 Grid Solid 1 α1
            text 494.5,267.0 "14" Regular Muted Middle Below α1
            line 494.5,260.0 to 494.5,265.0 Axis Solid 1 α1
            line 558.4,28.0 to 558.4,260.0 Grid Solid 1 α1
            text 558.4,267.0 "16" Regular Muted Middle Below α1
            line 558.4,260.0 to 558.4,265.0 Axis Solid 1 α1
            line 47.0,260.0 to 584.0,260.0 Axis Solid 1 α1
            text 4.0,4.0 "TTFT p95 (ms)" Regular Text Start Below α1
            text 315.5,298.0 "Load (users)" Regular Text Middle Above α1
            line 47.0,159.6 to 584.0,159.6 Limit Long 1.5 α1
            area 453.0,144.6..581.0,158.6 Surface α0.7
            text 580.0,151.6 "TTFT p95 ≤ 1000 ms" Regular Limit End Centred α1
            clip 41.0,22.0..590.0,266.0
            path 79.0,250.0 to 558.4,59.1 through 99 points Series(0) Solid 2 α1
            segments Series(0) Solid 1 α0.7 | 79.0,250.0 to 79.0,249.0 | 76.0,249.0 to 82.0,249.0 | 79.0,250.0 to 79.0,251.0 | 76.0,251.0 to 82.0,251.0 | 110.9,241.9 to 110.9,240.1 | 107.9,240.1 to 113.9,240.1 | 110.9,241.9 to 110.9,243.7 | 107.9,243.7 to 113.9,243.7 | 174.9,219.8 to 174.9,215.8 | 171.9,215.8 to 177.9,215.8 | 174.9,219.8 to 174.9,223.8 | 171.9,223.8 to 177.9,223.8 | 302.7,169.6 to 302.7,160.6 | 299.7,160.6 to 305.7,160.6 | 302.7,169.6 to 302.7,178.6 | 299.7,178.6 to 305.7,178.6 | 558.4,59.1 to 558.4,39.0 | 555.4,39.0 to 561.4,39.0 | 558.4,59.1 to 558.4,79.2 | 555.4,79.2 to 561.4,79.2
            point 79.0,250.0 Circle 5 Surface α1
            point 110.9,241.9 Circle 5 Surface α1
            point 174.9,219.8 Circle 5 Surface α1
            point 302.7,169.6 Circle 5 Surface α1
            point 558.4,59.1 Circle 5 Surface α1
            point 79.0,250.0 Circle 4 Series(0) α1
            point 110.9,241.9 Circle 4 Series(0) α1
            point 174.9,219.8 Circle 4 Series(0) α1
            point 302.7,169.6 Circle 4 Series(0) α1
            point 558.4,59.1 Circle 4 Series(0) α1
            unclip
            clip 47.0,28.0..584.0,260.0
            area 304.5,251.5..375.3,256.5 Series(0) α0.4
            line 304.5,251.5 to 304.5,256.5 Series(0) Solid 1.5 α1
            line 375.3,251.5 to 375.3,256.5 Series(0) Solid 1.5 α1
            line 327.3,159.6 to 327.3,260.0 Series(0) Dotted 1 α1
            ring 327.3,159.6 Circle 5 Series(0) α1
            point 327.3,254.0 Diamond 4.5 Series(0) α1
            unclip
            area 335.3,167.6..491.1,183.6 Surface α0.85
            point 343.1,175.6 Circle 3.5 Series(0) α1
            text 350.1,175.6 "8.77 users" Strong Text Start Centred α1
            text 424.1,175.6 "8.06–10.3" Regular Muted Start Centred α1"#]],
    );
}

#[test]
fn a_floor_points_to_the_right() {
    check(
        &model(vec![run(&RISING[..3], 1000.0)], titled()),
        &["Series(0) Solid 2 ", "≥", "Limit"],
        &expect![[r#"
            area 47.0,28.0..584.0,39.0 Limit α0.04
            line 47.0,39.0 to 584.0,39.0 Limit Long 1.5 α1
            text 580.0,47.0 "TTFT p95 ≤ 1000 ms" Regular Limit End Centred α1
            path 174.9,237.9 to 558.4,171.6 through 79 points Series(0) Solid 2 α1
            line 558.4,250.5 to 558.4,257.5 Series(0) Solid 2 α1
            line 558.4,254.0 to 580.4,254.0 Series(0) Solid 2 α1
            path 575.4,250.0 to 575.4,258.0 through 3 points Series(0) Solid 2 α1
            text 402.4,238.0 "≥ 4 users" Strong Text Start Centred α1"#]],
    );
}

#[test]
fn never_met_points_to_the_left() {
    check(
        &model(vec![run(&RISING, 50.0)], titled()),
        &["Series(0) Solid 2 ", "<", "Limit"],
        &expect![[r#"
            area 47.0,28.0..584.0,255.0 Limit α0.04
            line 47.0,255.0 to 584.0,255.0 Limit Long 1.5 α1
            text 580.0,247.0 "TTFT p95 ≤ 50 ms" Regular Limit End Centred α1
            path 79.0,250.0 to 558.4,59.1 through 99 points Series(0) Solid 2 α1
            line 79.0,250.5 to 79.0,257.5 Series(0) Solid 2 α1
            line 79.0,254.0 to 57.0,254.0 Series(0) Solid 2 α1
            path 62.0,250.0 to 62.0,258.0 through 3 points Series(0) Solid 2 α1
            text 61.8,198.0 "< 1 user" Strong Text Start Centred α1"#]],
    );
}

#[test]
fn a_cliff_is_hatched_between_two_levels() {
    let levels = [(1.0, 100.0), (4.0, 110.0), (6.0, 120.0), (8.0, 2000.0), (16.0, 2010.0)];
    check(
        &model(vec![run(&levels, 1000.0)], titled()),
        &["α0.8", "6–8", "cliff"],
        &expect![[r#"
            line 238.8,160.1 to 238.8,260.0 Series(0) Solid 1 α0.8
            line 302.7,160.1 to 302.7,260.0 Series(0) Solid 1 α0.8
            area 310.7,168.1..431.5,184.1 Surface α0.85
            text 325.5,176.1 "6–8 users" Strong Text Start Centred α1
            text 392.5,176.1 "cliff" Regular Muted Start Centred α1"#]],
    );
}

#[test]
fn a_limit_far_above_is_named_at_the_edge() {
    check(
        &model(vec![run(&RISING, 100_000.0)], titled()),
        &["Limit", "text 26", "text 27"],
        &expect![[r#"
            point 431.6,36.0 Triangle 3.5999999999999996 Limit α1
            text 580.0,36.0 "TTFT p95 ≤ 100000 ms" Regular Limit End Centred α1"#]],
    );
}

#[test]
fn a_limit_on_another_quantity_marks_the_line_where_it_breaks() {
    check(
        &model(vec![broken_elsewhere(run(&RISING, 1000.0))], titled()),
        &["Diamond", "Dotted", "E2E", "6 users"],
        &expect![[r#"
            line 327.3,159.6 to 327.3,260.0 Series(0) Dotted 1 α1
            point 327.3,254.0 Diamond 4.5 Series(0) α1
            line 238.8,246.0 to 216.8,246.0 Series(0) Dotted 1.5 α1
            line 238.8,195.4 to 238.8,260.0 Series(0) Dotted 1 α1
            point 238.8,246.0 Diamond 4.5 Series(0) α1
            text 61.8,179.4 "6 users" Strong Text Start Centred α1
            text 114.8,179.4 "E2E p95 ≤ 3000 ms" Regular Muted Start Centred α1"#]],
    );
}

#[test]
fn a_small_plot_says_the_load_alone_and_covers_nothing() {
    let mut small = model(vec![run(&RISING, 1000.0)], titled());
    (small.width, small.height) = (320.0, 180.0);
    check(
        &small,
        &["Strong", "Muted Start"],
        &expect![[r#"text 204.0,107.5 "8.77 users" Strong Text Start Centred α1"#]],
    );
    let flat: Vec<(f64, f64)> = (1..=32).map(|load| (f64::from(load), 500.0)).collect();
    let mut crowded = model(vec![broken_elsewhere(unlimited(&flat))], titled());
    (crowded.width, crowded.height) = (320.0, 60.0);
    check(&crowded, &["Strong", "Diamond"], &expect!["point 81.4,34.0 Diamond 4.5 Series(0) α1"]);
}

#[test]
fn logarithmic_axes_have_no_place_for_zero() {
    let options = Options { x_kind: ScaleKind::Log, y_kind: ScaleKind::Log, ..titled() };
    let levels = [(0.0, 50.0), (1.0, 100.0), (2.0, 0.0), (4.0, 400.0), (8.0, 900.0), (16.0, 2000.0)];
    check(
        &model(vec![run(&levels, 1000.0)], options),
        &["point", "Muted"],
        &expect![[r#"
            text 39.0,203.2 "10" Regular Muted End Centred α1
            text 39.0,132.9 "100" Regular Muted End Centred α1
            text 39.0,62.6 "1,000" Regular Muted End Centred α1
            text 71.4,267.0 "1" Regular Muted Middle Below α1
            text 193.5,267.0 "2" Regular Muted Middle Below α1
            text 315.5,267.0 "4" Regular Muted Middle Below α1
            text 437.5,267.0 "8" Regular Muted Middle Below α1
            text 559.6,267.0 "16" Regular Muted Middle Below α1
            path 47.0,154.1 to 559.6,41.5 through 106 points Series(0) Solid 2 α1
            point 71.4,132.9 Circle 5 Surface α1
            point 315.5,90.6 Circle 5 Surface α1
            point 437.5,65.8 Circle 5 Surface α1
            point 559.6,41.5 Circle 5 Surface α1
            point 71.4,132.9 Circle 4 Series(0) α1
            point 315.5,90.6 Circle 4 Series(0) α1
            point 437.5,65.8 Circle 4 Series(0) α1
            point 559.6,41.5 Circle 4 Series(0) α1
            point 453.7,254.0 Diamond 4.5 Series(0) α1
            point 297.7,46.6 Circle 3.5 Series(0) α1
            text 378.7,46.6 "8.06–10.3" Regular Muted Start Centred α1"#]],
    );
}

#[test]
fn hidden_runs_leave_no_trace_and_do_not_stretch_the_axes() {
    let hidden = Input { visible: false, ..run(&[(1.0, 5000.0), (64.0, 90_000.0)], 7.0) };
    check(
        &model(vec![run(&RISING, 1000.0), hidden], titled()),
        &["Series(1)", "Muted Middle"],
        &expect![[r#"
            text 47.0,267.0 "0" Regular Muted Middle Below α1
            text 110.9,267.0 "2" Regular Muted Middle Below α1
            text 174.9,267.0 "4" Regular Muted Middle Below α1
            text 238.8,267.0 "6" Regular Muted Middle Below α1
            text 302.7,267.0 "8" Regular Muted Middle Below α1
            text 366.6,267.0 "10" Regular Muted Middle Below α1
            text 430.6,267.0 "12" Regular Muted Middle Below α1
            text 494.5,267.0 "14" Regular Muted Middle Below α1
            text 558.4,267.0 "16" Regular Muted Middle Below α1"#]],
    );
}

#[test]
fn throughput_is_joined_but_not_fitted_and_has_no_breaking_point() {
    let input = Input { monotone: false, ..unlimited(&[(1.0, 50.0), (8.0, 200.0), (16.0, 150.0)]) };
    check(
        &model(vec![input], titled()),
        &["path", "ring", "Diamond"],
        &expect!["path 65.8,209.8 to 557.8,109.4 through 3 points Series(0) Solid 1 α0.6"],
    );
}

#[test]
fn an_interval_that_is_not_known_is_an_open_stub() {
    let mut input = run(&RISING, 1000.0);
    input.drawn.hi[4] = f64::NAN;
    input.drawn.lo[3] = f64::NAN;
    input.drawn.hi[3] = f64::NAN;
    check(
        &model(vec![input], titled()),
        &["segments"],
        &expect![[r#"
            segments Series(0) Solid 1 α0.7 | 79.0,249.0 to 79.0,247.8 | 76.0,247.8 to 82.0,247.8 | 79.0,249.0 to 79.0,250.1 | 76.0,250.1 to 82.0,250.1 | 110.9,240.1 to 110.9,238.1 | 107.9,238.1 to 113.9,238.1 | 110.9,240.1 to 110.9,242.1 | 107.9,242.1 to 113.9,242.1 | 174.9,215.8 to 174.9,211.4 | 171.9,211.4 to 177.9,211.4 | 174.9,215.8 to 174.9,220.2 | 171.9,220.2 to 177.9,220.2 | 558.4,39.0 to 558.4,61.1 | 555.4,61.1 to 561.4,61.1
            segments Series(0) Dotted 1 α0.7 | 558.4,39.0 to 558.4,25.0"#]],
    );
}

#[test]
fn nothing_to_show_is_an_empty_frame() {
    check(
        &model(Vec::new(), titled()),
        &["text"],
        &expect![[r#"
            text 25.0,260.0 "0.0" Regular Muted End Centred α1
            text 25.0,213.6 "0.2" Regular Muted End Centred α1
            text 25.0,167.2 "0.4" Regular Muted End Centred α1
            text 25.0,120.8 "0.6" Regular Muted End Centred α1
            text 25.0,74.4 "0.8" Regular Muted End Centred α1
            text 25.0,28.0 "1.0" Regular Muted End Centred α1
            text 33.0,267.0 "0.0" Regular Muted Middle Below α1
            text 143.2,267.0 "0.2" Regular Muted Middle Below α1
            text 253.4,267.0 "0.4" Regular Muted Middle Below α1
            text 363.6,267.0 "0.6" Regular Muted Middle Below α1
            text 473.8,267.0 "0.8" Regular Muted Middle Below α1
            text 584.0,267.0 "1.0" Regular Muted Middle Below α1
            text 4.0,4.0 "TTFT p95 (ms)" Regular Text Start Below α1
            text 308.5,298.0 "Load (users)" Regular Text Middle Above α1"#]],
    );
}

#[test]
fn a_found_point_is_ringed_and_shows_the_fit() {
    let model = model(vec![run(&RISING, 1000.0)], titled());
    let (mut scene, mut placed) = (Scene::default(), Vec::new());
    let layout = draw(ALL[0], &model, &TEXTS, &mut scene, &mut placed);
    let mut focus = Scene::default();
    ALL[0].focus(&model, &layout, placed[2], &mut focus);
    expect![[r#"
        line 174.9,28.0 to 174.9,260.0 Muted Short 1 α0.6
        point 174.9,219.8 Circle 2 Text α1
        point 174.9,219.8 Circle 5.5 Series(0) α1
        ring 174.9,219.8 Circle 10 Text α1
    "#]]
    .assert_eq(&focus.to_string());
}

#[test]
fn every_size_makes_a_picture() {
    for (width, height) in [(0.0, 0.0), (10.0, 10.0), (80.0, 60.0), (300.0, 100.0), (4000.0, 3000.0)] {
        let mut model = model(vec![run(&RISING, 1000.0), run(&RISING[1..], 500.0)], titled());
        (model.width, model.height) = (width, height);
        let mut scene = Scene::default();
        let layout = draw(ALL[0], &model, &TEXTS, &mut scene, &mut Vec::new());
        assert!(layout.plot.width() > 0.0 && layout.plot.height() > 0.0, "{width}×{height}: {:?}", layout.plot);
        assert!(!scene.to_string().contains("NaN"), "{width}×{height}:\n{scene}");
    }
}

#[test]
fn a_redraw_reuses_its_memory() {
    let model = model(vec![run(&RISING, 1000.0)], titled());
    let (mut scene, mut placed) = (Scene::default(), Vec::new());
    draw(ALL[0], &model, &TEXTS, &mut scene, &mut placed);
    let (first, at) = (scene.to_string(), scene.ops().as_ptr());
    draw(ALL[0], &model, &TEXTS, &mut scene, &mut placed);
    assert_eq!(scene.to_string(), first);
    assert_eq!(scene.ops().as_ptr(), at);
}
