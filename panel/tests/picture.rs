//! Whole pictures as text: what a reader would see for each kind of answer.

#![allow(clippy::needless_raw_string_hashes, reason = "expect-test writes them")]

use expect_test::{Expect, expect};
use headroom_panel::analysis::{Elsewhere, Input, Measured, analyse};
use headroom_panel::chart::{Texts, build, build_focus};
use headroom_panel::format::tick;
use headroom_panel::model::{Break, LimitLine, Model, Options};
use headroom_panel::scale::Kind;
use headroom_panel::scene::{Font, Measure, Scene};

/// Every character is 7 pixels wide.
struct Monospace;

impl Measure for Monospace {
    fn width(&self, text: &str, _: Font) -> f64 {
        text.chars().count() as f64 * 7.0
    }

    fn height(&self) -> f64 {
        12.0
    }
}

/// A run with `(load, value)` levels whose intervals reach a tenth to either side.
fn run(levels: &[(f64, f64)], bound: f64) -> Input {
    let levels = levels
        .iter()
        .map(|&(load, value)| Measured {
            load,
            value,
            lo: value * 0.9,
            hi: value * 1.1,
            count: 50.0,
            ok: 50.0,
            errored: 0.0,
        })
        .collect();
    Input {
        levels,
        load_unit: "users".into(),
        monotone: true,
        limit: Some(LimitLine { bound, label: format!("TTFT p95 ≤ {bound} ms") }),
        elsewhere: None,
        visible: true,
    }
}

fn model(inputs: Vec<Input>, options: Options) -> Model {
    let series = inputs.into_iter().map(|input| analyse(input).0).collect();
    Model { series, options, width: 600.0, height: 300.0, spacing: 8.0, emphasis: None }
}

fn titled() -> Options {
    Options { x_title: "Load (users)".into(), y_title: "TTFT p95 (ms)".into(), ..Options::default() }
}

/// Draws and keeps the lines that contain one of `words`.
fn check(model: &Model, words: &[&str], expected: &Expect) {
    let mut scene = Scene::default();
    build(model, &Texts { measure: &Monospace, x: &tick, y: &tick }, &mut scene, &mut Vec::new());
    let text = scene.to_string();
    let kept: Vec<_> = text.lines().filter(|line| words.iter().any(|word| line.contains(word))).collect();
    expected.assert_eq(&kept.join("\n"));
}

const RISING: [(f64, f64); 5] = [(1.0, 100.0), (2.0, 180.0), (4.0, 400.0), (8.0, 900.0), (16.0, 2000.0)];

#[test]
fn a_whole_picture() {
    check(
        &model(vec![run(&RISING, 1000.0)], titled()),
        &[""],
        &expect![[r#"
            area 43.0,28.0..584.0,159.6 Limit α0.04
            line 43.0,260.0 to 584.0,260.0 Grid Solid 1 α1
            text 35.0,260.0 "0" Regular Muted End Centred α1
            line 43.0,209.8 to 584.0,209.8 Grid Solid 1 α1
            text 35.0,209.8 "500" Regular Muted End Centred α1
            line 43.0,159.6 to 584.0,159.6 Grid Solid 1 α1
            text 35.0,159.6 "1,000" Regular Muted End Centred α1
            line 43.0,109.4 to 584.0,109.4 Grid Solid 1 α1
            text 35.0,109.4 "1,500" Regular Muted End Centred α1
            line 43.0,59.1 to 584.0,59.1 Grid Solid 1 α1
            text 35.0,59.1 "2,000" Regular Muted End Centred α1
            line 43.0,28.0 to 43.0,260.0 Grid Solid 1 α1
            text 43.0,267.0 "0" Regular Muted Middle Below α1
            line 43.0,260.0 to 43.0,265.0 Axis Solid 1 α1
            line 107.4,28.0 to 107.4,260.0 Grid Solid 1 α1
            text 107.4,267.0 "2" Regular Muted Middle Below α1
            line 107.4,260.0 to 107.4,265.0 Axis Solid 1 α1
            line 171.8,28.0 to 171.8,260.0 Grid Solid 1 α1
            text 171.8,267.0 "4" Regular Muted Middle Below α1
            line 171.8,260.0 to 171.8,265.0 Axis Solid 1 α1
            line 236.2,28.0 to 236.2,260.0 Grid Solid 1 α1
            text 236.2,267.0 "6" Regular Muted Middle Below α1
            line 236.2,260.0 to 236.2,265.0 Axis Solid 1 α1
            line 300.6,28.0 to 300.6,260.0 Grid Solid 1 α1
            text 300.6,267.0 "8" Regular Muted Middle Below α1
            line 300.6,260.0 to 300.6,265.0 Axis Solid 1 α1
            line 365.0,28.0 to 365.0,260.0 Grid Solid 1 α1
            text 365.0,267.0 "10" Regular Muted Middle Below α1
            line 365.0,260.0 to 365.0,265.0 Axis Solid 1 α1
            line 429.4,28.0 to 429.4,260.0 Grid Solid 1 α1
            text 429.4,267.0 "12" Regular Muted Middle Below α1
            line 429.4,260.0 to 429.4,265.0 Axis Solid 1 α1
            line 493.8,28.0 to 493.8,260.0 Grid Solid 1 α1
            text 493.8,267.0 "14" Regular Muted Middle Below α1
            line 493.8,260.0 to 493.8,265.0 Axis Solid 1 α1
            line 558.2,28.0 to 558.2,260.0 Grid Solid 1 α1
            text 558.2,267.0 "16" Regular Muted Middle Below α1
            line 558.2,260.0 to 558.2,265.0 Axis Solid 1 α1
            line 43.0,260.0 to 584.0,260.0 Axis Solid 1 α1
            text 2.0,4.0 "TTFT p95 (ms)" Regular Text Start Below α1
            text 313.5,298.0 "Load (users)" Regular Text Middle Above α1
            line 43.0,159.6 to 584.0,159.6 Limit Long 1.5 α1
            area 453.0,144.6..581.0,158.6 Surface α0.7
            text 580.0,151.6 "TTFT p95 ≤ 1000 ms" Regular Limit End Centred α1
            clip 37.0,22.0..590.0,266.0
            path 75.2,250.0 to 558.2,59.1 through 99 points Series(0) Solid 2 α1
            segments Series(0) Solid 1 α0.7 | 75.2,250.0 to 75.2,249.0 | 72.2,249.0 to 78.2,249.0 | 75.2,250.0 to 75.2,251.0 | 72.2,251.0 to 78.2,251.0 | 107.4,241.9 to 107.4,240.1 | 104.4,240.1 to 110.4,240.1 | 107.4,241.9 to 107.4,243.7 | 104.4,243.7 to 110.4,243.7 | 171.8,219.8 to 171.8,215.8 | 168.8,215.8 to 174.8,215.8 | 171.8,219.8 to 171.8,223.8 | 168.8,223.8 to 174.8,223.8 | 300.6,169.6 to 300.6,160.6 | 297.6,160.6 to 303.6,160.6 | 300.6,169.6 to 300.6,178.6 | 297.6,178.6 to 303.6,178.6 | 558.2,59.1 to 558.2,39.0 | 555.2,39.0 to 561.2,39.0 | 558.2,59.1 to 558.2,79.2 | 555.2,79.2 to 561.2,79.2
            point 75.2,250.0 Circle 5 Surface α1
            point 107.4,241.9 Circle 5 Surface α1
            point 171.8,219.8 Circle 5 Surface α1
            point 300.6,169.6 Circle 5 Surface α1
            point 558.2,59.1 Circle 5 Surface α1
            point 75.2,250.0 Circle 4 Series(0) α1
            point 107.4,241.9 Circle 4 Series(0) α1
            point 171.8,219.8 Circle 4 Series(0) α1
            point 300.6,169.6 Circle 4 Series(0) α1
            point 558.2,59.1 Circle 4 Series(0) α1
            unclip
            clip 43.0,28.0..584.0,260.0
            area 302.9,251.5..352.6,256.5 Series(0) α0.4
            line 302.9,251.5 to 302.9,256.5 Series(0) Solid 1.5 α1
            line 352.6,251.5 to 352.6,256.5 Series(0) Solid 1.5 α1
            line 325.4,159.6 to 325.4,260.0 Series(0) Dotted 1 α1
            ring 325.4,159.6 Circle 5 Series(0) α1
            point 325.4,254.0 Diamond 4.5 Series(0) α1
            unclip
            area 333.4,167.6..489.2,183.6 Surface α0.85
            point 341.2,175.6 Circle 3.5 Series(0) α1
            text 348.2,175.6 "8.77 users" Strong Text Start Centred α1
            text 422.2,175.6 "8.07–9.61" Regular Muted Start Centred α1"#]],
    );
}

#[test]
fn a_floor_points_to_the_right() {
    check(
        &model(vec![run(&RISING[..3], 1000.0)], titled()),
        &["Series(0) Solid 2 ", "≥", "Limit"],
        &expect![[r#"
            area 43.0,28.0..584.0,39.0 Limit α0.04
            line 43.0,39.0 to 584.0,39.0 Limit Long 1.5 α1
            text 580.0,47.0 "TTFT p95 ≤ 1000 ms" Regular Limit End Centred α1
            path 171.8,237.9 to 558.2,171.6 through 79 points Series(0) Solid 2 α1
            line 558.2,250.5 to 558.2,257.5 Series(0) Solid 2 α1
            line 558.2,254.0 to 580.2,254.0 Series(0) Solid 2 α1
            path 575.2,250.0 to 575.2,258.0 through 3 points Series(0) Solid 2 α1
            text 402.2,238.0 "≥ 4 users" Strong Text Start Centred α1"#]],
    );
}

#[test]
fn never_met_points_to_the_left() {
    check(
        &model(vec![run(&RISING, 50.0)], titled()),
        &["Series(0) Solid 2 ", "<", "Limit"],
        &expect![[r#"
            area 43.0,28.0..584.0,255.0 Limit α0.04
            line 43.0,255.0 to 584.0,255.0 Limit Long 1.5 α1
            text 580.0,247.0 "TTFT p95 ≤ 50 ms" Regular Limit End Centred α1
            path 75.2,250.0 to 558.2,59.1 through 99 points Series(0) Solid 2 α1
            line 75.2,250.5 to 75.2,257.5 Series(0) Solid 2 α1
            line 75.2,254.0 to 53.2,254.0 Series(0) Solid 2 α1
            path 58.2,250.0 to 58.2,258.0 through 3 points Series(0) Solid 2 α1
            text 98.0,178.0 "< 1 user" Strong Text Start Centred α1"#]],
    );
}

#[test]
fn a_cliff_is_hatched_between_two_levels() {
    let levels = [(1.0, 100.0), (4.0, 110.0), (6.0, 120.0), (8.0, 2000.0), (16.0, 2010.0)];
    check(
        &model(vec![run(&levels, 1000.0)], titled()),
        &["α0.8", "6–8", "cliff"],
        &expect![[r#"
        line 236.2,160.1 to 236.2,260.0 Series(0) Solid 1 α0.8
        line 300.6,160.1 to 300.6,260.0 Series(0) Solid 1 α0.8
        area 308.6,168.1..429.4,184.1 Surface α0.85
        text 323.4,176.1 "6–8 users" Strong Text Start Centred α1
        text 390.4,176.1 "cliff" Regular Muted Start Centred α1"#]],
    );
}

#[test]
fn a_limit_far_above_is_named_at_the_edge() {
    check(
        &model(vec![run(&RISING, 100_000.0)], titled()),
        &["Limit", "text 26", "text 27"],
        &expect![[r#"
        point 431.6,38.0 Triangle 3.5999999999999996 Limit α1
        text 580.0,38.0 "TTFT p95 ≤ 100000 ms" Regular Limit End Centred α1"#]],
    );
}

#[test]
fn a_limit_on_another_quantity_marks_the_line_where_it_breaks() {
    let elsewhere =
        Elsewhere { at: Break::Edge { load: 6.0, lo: Some(5.0), hi: None }, limit: "E2E p95 ≤ 4,000 ms".into() };
    let input = Input { elsewhere: Some(elsewhere), ..run(&RISING, 1000.0) };
    check(
        &model(vec![input], titled()),
        &["Diamond", "Dotted", "E2E", "6 users"],
        &expect![[r#"
            line 325.4,159.6 to 325.4,260.0 Series(0) Dotted 1 α1
            point 325.4,254.0 Diamond 4.5 Series(0) α1
            line 236.2,246.0 to 258.2,246.0 Series(0) Dotted 1.5 α1
            line 236.2,195.4 to 236.2,260.0 Series(0) Dotted 1 α1
            point 236.2,246.0 Diamond 4.5 Series(0) α1
            text 259.0,99.4 "6 users" Strong Text Start Centred α1
            text 312.0,99.4 "E2E p95 ≤ 4,000 ms" Regular Muted Start Centred α1"#]],
    );
}

#[test]
fn logarithmic_axes_have_no_place_for_zero() {
    let options = Options { x_kind: Kind::Log, y_kind: Kind::Log, ..titled() };
    let levels = [(0.0, 50.0), (1.0, 100.0), (2.0, 0.0), (4.0, 400.0), (8.0, 900.0), (16.0, 2000.0)];
    check(
        &model(vec![run(&levels, 1000.0)], options),
        &["point", "Muted"],
        &expect![[r#"
            text 35.0,203.2 "10" Regular Muted End Centred α1
            text 35.0,132.9 "100" Regular Muted End Centred α1
            text 35.0,62.6 "1,000" Regular Muted End Centred α1
            text 67.6,267.0 "1" Regular Muted Middle Below α1
            text 190.5,267.0 "2" Regular Muted Middle Below α1
            text 313.5,267.0 "4" Regular Muted Middle Below α1
            text 436.5,267.0 "8" Regular Muted Middle Below α1
            text 559.4,267.0 "16" Regular Muted Middle Below α1
            path 43.0,154.1 to 559.4,41.5 through 106 points Series(0) Solid 2 α1
            point 67.6,132.9 Circle 5 Surface α1
            point 313.5,90.6 Circle 5 Surface α1
            point 436.5,65.8 Circle 5 Surface α1
            point 559.4,41.5 Circle 5 Surface α1
            point 67.6,132.9 Circle 4 Series(0) α1
            point 313.5,90.6 Circle 4 Series(0) α1
            point 436.5,65.8 Circle 4 Series(0) α1
            point 559.4,41.5 Circle 4 Series(0) α1
            point 452.7,254.0 Diamond 4.5 Series(0) α1
            point 296.7,46.6 Circle 3.5 Series(0) α1
            text 377.7,46.6 "8.07–9.61" Regular Muted Start Centred α1"#]],
    );
}

#[test]
fn hidden_runs_leave_no_trace_and_do_not_stretch_the_axes() {
    let hidden = Input { visible: false, ..run(&[(1.0, 5000.0), (64.0, 90_000.0)], 7.0) };
    check(
        &model(vec![run(&RISING, 1000.0), hidden], titled()),
        &["Series(1)", "Muted Middle"],
        &expect![[r#"
        text 43.0,267.0 "0" Regular Muted Middle Below α1
        text 107.4,267.0 "2" Regular Muted Middle Below α1
        text 171.8,267.0 "4" Regular Muted Middle Below α1
        text 236.2,267.0 "6" Regular Muted Middle Below α1
        text 300.6,267.0 "8" Regular Muted Middle Below α1
        text 365.0,267.0 "10" Regular Muted Middle Below α1
        text 429.4,267.0 "12" Regular Muted Middle Below α1
        text 493.8,267.0 "14" Regular Muted Middle Below α1
        text 558.2,267.0 "16" Regular Muted Middle Below α1"#]],
    );
}

#[test]
fn throughput_is_joined_but_not_fitted_and_has_no_breaking_point() {
    let input = Input { monotone: false, limit: None, ..run(&[(1.0, 50.0), (8.0, 200.0), (16.0, 150.0)], 1.0) };
    check(
        &model(vec![input], titled()),
        &["path", "ring", "Diamond"],
        &expect!["path 62.0,209.8 to 557.6,109.4 through 3 points Series(0) Solid 1 α0.6"],
    );
}

#[test]
fn an_interval_that_is_not_known_is_an_open_stub() {
    let mut input = run(&RISING, 1000.0);
    input.levels[4].hi = f64::NAN;
    input.levels[3].lo = f64::NAN;
    input.levels[3].hi = f64::NAN;
    check(
        &model(vec![input], titled()),
        &["segments"],
        &expect![[r#"
            segments Series(0) Solid 1 α0.7 | 75.2,249.0 to 75.2,247.8 | 72.2,247.8 to 78.2,247.8 | 75.2,249.0 to 75.2,250.1 | 72.2,250.1 to 78.2,250.1 | 107.4,240.1 to 107.4,238.1 | 104.4,238.1 to 110.4,238.1 | 107.4,240.1 to 107.4,242.1 | 104.4,242.1 to 110.4,242.1 | 171.8,215.8 to 171.8,211.4 | 168.8,211.4 to 174.8,211.4 | 171.8,215.8 to 171.8,220.2 | 168.8,220.2 to 174.8,220.2 | 558.2,39.0 to 558.2,61.1 | 555.2,61.1 to 561.2,61.1
            segments Series(0) Dotted 1 α0.7 | 558.2,39.0 to 558.2,25.0"#]],
    );
}

#[test]
fn nothing_to_show_is_an_empty_frame() {
    check(
        &model(Vec::new(), titled()),
        &["text"],
        &expect![[r#"
            text 21.0,260.0 "0.0" Regular Muted End Centred α1
            text 21.0,213.6 "0.2" Regular Muted End Centred α1
            text 21.0,167.2 "0.4" Regular Muted End Centred α1
            text 21.0,120.8 "0.6" Regular Muted End Centred α1
            text 21.0,74.4 "0.8" Regular Muted End Centred α1
            text 21.0,28.0 "1.0" Regular Muted End Centred α1
            text 29.0,267.0 "0.0" Regular Muted Middle Below α1
            text 140.0,267.0 "0.2" Regular Muted Middle Below α1
            text 251.0,267.0 "0.4" Regular Muted Middle Below α1
            text 362.0,267.0 "0.6" Regular Muted Middle Below α1
            text 473.0,267.0 "0.8" Regular Muted Middle Below α1
            text 584.0,267.0 "1.0" Regular Muted Middle Below α1
            text 2.0,4.0 "TTFT p95 (ms)" Regular Text Start Below α1
            text 306.5,298.0 "Load (users)" Regular Text Middle Above α1"#]],
    );
}

#[test]
fn a_found_point_is_ringed_and_shows_the_fit() {
    let model = model(vec![run(&RISING, 1000.0)], titled());
    let (mut scene, mut placed) = (Scene::default(), Vec::new());
    let frame = build(&model, &Texts { measure: &Monospace, x: &tick, y: &tick }, &mut scene, &mut placed);
    let mut focus = Scene::default();
    build_focus(&model, &frame, placed[2], &mut focus);
    expect![[r"
        line 171.8,28.0 to 171.8,260.0 Muted Short 1 α0.6
        point 171.8,219.8 Circle 2 Text α1
        point 171.8,219.8 Circle 5.5 Series(0) α1
        ring 171.8,219.8 Circle 10 Text α1
    "]]
    .assert_eq(&focus.to_string());
}

#[test]
fn every_size_makes_a_picture() {
    for (width, height) in [(0.0, 0.0), (10.0, 10.0), (80.0, 60.0), (300.0, 100.0), (4000.0, 3000.0)] {
        let mut model = model(vec![run(&RISING, 1000.0), run(&RISING[1..], 500.0)], titled());
        (model.width, model.height) = (width, height);
        let mut scene = Scene::default();
        let frame = build(&model, &Texts { measure: &Monospace, x: &tick, y: &tick }, &mut scene, &mut Vec::new());
        assert!(frame.plot.width() > 0.0 && frame.plot.height() > 0.0, "{width}×{height}: {:?}", frame.plot);
        assert!(!scene.to_string().contains("NaN"), "{width}×{height}:\n{scene}");
    }
}

#[test]
fn a_redraw_reuses_its_memory() {
    let model = model(vec![run(&RISING, 1000.0)], titled());
    let (mut scene, mut placed) = (Scene::default(), Vec::new());
    let texts = Texts { measure: &Monospace, x: &tick, y: &tick };
    build(&model, &texts, &mut scene, &mut placed);
    let (first, at) = (scene.to_string(), scene.ops().as_ptr());
    build(&model, &texts, &mut scene, &mut placed);
    assert_eq!(scene.to_string(), first);
    assert_eq!(scene.ops().as_ptr(), at);
}
