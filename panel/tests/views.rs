//! Cost, Pareto fronts, production and the comparison as text: what a reader would see.

#![allow(clippy::needless_raw_string_hashes, reason = "expect-test writes them")]

mod support;

use expect_test::expect;
use headroom_contract::panel::View;
use headroom_engine::cost::{CostUnit, LoadRule};
use headroom_engine::pareto::Yield;
use headroom_engine::run::{DollarsPerHour, Price, Workload};
use headroom_engine::sheet::Sheet;
use headroom_engine::side_by_side::{Mark, Question, side_by_side};
use headroom_engine::tokens::TokenBasis;
use headroom_panel::model::{Model, Options, Series};
use headroom_panel::production::headroom;
use headroom_panel::scene::Scene;
use headroom_panel::series::{Input, InputProduction};
use headroom_panel::views::draw;
use support::{TEXTS, asked, called, check, measured, run_of};

/// What a deployment is: its levels `(users, TTFT in ms, tokens per second)`, dollars per hour and GPUs.
struct Deployment<'a> {
    name: &'a str,
    levels: &'a [(f64, f64, f64)],
    price: f64,
    gpus: f64,
}

/// Four GPUs: slow to saturate.
const BF16: Deployment<'static> = Deployment {
    name: "bf16",
    levels: &[
        (1.0, 100.0, 40.0),
        (8.0, 200.0, 280.0),
        (16.0, 400.0, 520.0),
        (32.0, 900.0, 900.0),
        (64.0, 2500.0, 1100.0),
    ],
    price: 4.0,
    gpus: 4.0,
};

/// One GPU: cheap as long as the limit is loose.
const INT4: Deployment<'static> = Deployment {
    name: "int4",
    levels: &[
        (1.0, 250.0, 30.0),
        (4.0, 450.0, 110.0),
        (8.0, 700.0, 200.0),
        (16.0, 1500.0, 360.0),
        (32.0, 4000.0, 420.0),
    ],
    price: 1.0,
    gpus: 1.0,
};

/// A price of the lists.
fn listed(per_hour: f64) -> Price {
    let source = Some("list, us-east-1, 2026-11-01".into());
    Price { per_hour: DollarsPerHour(per_hour), source, region: None, date: None }
}

fn input(of: &Deployment<'_>, bound: f64) -> Input {
    let values: Vec<f64> = of.levels.iter().map(|level| level.1).collect();
    let mut input = run_of(of.name, of.levels, measured(&values, 0.05, 200.0), bound);
    input.columns.price = Some(of.price).filter(|price| price.is_finite()).map(listed);
    input.columns.gpus = Some(of.gpus);
    input.columns.workload = asked(512.0, 128.0);
    input
}

/// The same deployment with long prompts.
fn asked_long(of: &Deployment<'_>) -> Input {
    let mut input = input(of, 1000.0);
    input.columns.workload = asked(4096.0, 128.0);
    input
}

fn both(bound: f64) -> Vec<Series> {
    [BF16, INT4].iter().map(|of| input(of, bound).into()).collect()
}

fn model(series: Vec<Series>, options: Options) -> Model {
    Model { series, options, width: 640.0, height: 320.0, spacing: 8.0, emphasis: None }
}

/// What is told of the point of a series with this number, as lines.
fn told(view: View, model: &Model, series: usize, row: usize) -> String {
    let view = called(view);
    let mut placed = Vec::new();
    draw(view, model, &TEXTS, &mut Scene::default(), &mut placed);
    let found = placed.into_iter().find(|found| found.series == series && view.row(model, *found) == Some(row));
    let Some(found) = found else { return "not drawn".into() };
    let facts = view.facts(model, found);
    facts.into_iter().map(|(name, text)| format!("{name}: {text}")).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_cost_has_a_line_a_deployment_and_the_limit_at_which_the_winner_flips() {
    let cost = model(both(1000.0), Options::default());
    check(
        View::Cost,
        &cost,
        &["path", "band", "cheaper", "TTFT", "Strong"],
        &expect![[r#"
            band of 260 corners Series(0) α0.15
            path 47.8,290.4 to 385.1,119.4 through 138 points Series(0) Solid 2 α1
            path 385.1,119.4 to 624.0,119.4 through 98 points Series(0) Dotted 1.5 α1
            band of 406 corners Series(1) α0.15
            path 69.9,276.9 to 596.9,24.2 through 215 points Series(1) Long 2 α1
            path 596.9,24.2 to 624.0,24.2 through 12 points Series(1) Dotted 1.5 α1
            text 181.7,20.0 "TTFT p95 ≤ 1000 ms" Regular Limit Start Centred α1
            text 180.7,166.0 "993 ms" Strong Text Start Centred α1
            text 226.7,166.0 "int4 is cheaper from here" Regular Muted Start Centred α1"#]],
    );
}

#[test]
fn a_cost_is_read_off_at_a_bound_with_its_load() {
    let options = Options { cost_unit: CostUnit::DollarsPerMillion, ..Options::default() };
    expect![[r#"
        Limit: TTFT p95 ≤ 1,050 ms
        bf16: $1.18 ($1.13 – $1.21) at 35.8 users
        int4: $0.95 ($0.84 – $1.07) at 11.9 users"#]]
    .assert_eq(&told(View::Cost, &model(both(1000.0), options), 0, 60));
}

#[test]
fn without_a_price_there_is_a_sentence_and_no_line() {
    let unpriced = Deployment { price: f64::NAN, ..BF16 };
    let cost = model(vec![input(&unpriced, 1000.0).into()], Options::default());
    check(
        View::Cost,
        &cost,
        &["path", "No run"],
        &expect![[r#"text 328.5,154.0 "No run has a price" Regular Muted Middle Centred α1"#]],
    );
}

#[test]
fn the_front_joins_the_levels_that_no_other_beats_in_both() {
    let pareto = model(both(1000.0), Options::default());
    check(
        View::Pareto,
        &pareto,
        &["path", "point", "user"],
        &expect![[r#"
            path 217.7,21.9 to 595.9,293.4 through 6 points Text Solid 1.5 α0.6
            point 595.9,293.4 Circle 5 Surface α1
            point 595.9,293.4 Circle 4 Series(0) α1
            point 525.5,253.7 Circle 5 Surface α1
            point 525.5,253.7 Circle 4 Series(0) α1
            point 490.3,213.9 Circle 5 Surface α1
            point 490.3,213.9 Circle 4 Series(0) α1
            point 428.8,151.0 Circle 5 Surface α1
            point 428.8,151.0 Circle 4 Series(0) α1
            point 274.9,117.9 Circle 4 Series(0) α0.5
            point 455.1,280.1 Square 4 Series(1) α0.5
            point 420.0,227.2 Square 4 Series(1) α0.5
            point 384.8,167.6 Square 4 Series(1) α1
            point 349.6,61.6 Square 5 Surface α1
            point 349.6,61.6 Square 4 Series(1) α1
            point 217.7,21.9 Square 5 Surface α1
            point 217.7,21.9 Square 4 Series(1) α1
            text 582.0,269.4 "1 user" Regular Muted Start Centred α1
            text 472.5,263.7 "8 users" Regular Muted Start Centred α1
            text 430.3,223.9 "16 users" Regular Muted Start Centred α1
            text 432.8,141.0 "32 users" Regular Muted Start Centred α1
            text 289.6,71.6 "16 users" Regular Muted Start Centred α1
            text 157.7,31.9 "32 users" Regular Muted Start Centred α1"#]],
    );
    let dollars = model(both(1000.0), Options { yield_per: Yield::PerDollar, ..Options::default() });
    expect![[r#"
        Load: 4 users
        Speed for a user: 27.5 tok/s
        Million output tokens per dollar: 0.396
        Front: beaten by another level"#]]
    .assert_eq(&told(View::Pareto, &dollars, 1, 1));
}

#[test]
fn runs_with_other_workloads_have_fronts_of_their_own() {
    let series = vec![input(&BF16, 1000.0).into(), asked_long(&INT4).into()];
    let pareto = model(series, Options::default());
    check(
        View::Pareto,
        &pareto,
        &["path"],
        &expect![[r#"
        path 274.9,117.9 to 595.9,293.4 through 5 points Text Solid 1.5 α0.6
        path 217.7,21.9 to 455.1,280.1 through 5 points Text Long 1.5 α0.6"#]],
    );
}

#[test]
fn the_ends_that_the_caller_fixed_are_those_of_its_own_quantity() {
    let picture = |view: View, options: Options| {
        let mut scene = Scene::default();
        draw(called(view), &model(both(1000.0), options), &TEXTS, &mut scene, &mut Vec::new());
        scene.to_string()
    };
    let fixed = || Options { y_min: Some(300.0), y_max: Some(600.0), ..Options::default() };
    for view in [View::Cost, View::Pareto] {
        assert_eq!(picture(view, fixed()), picture(view, Options::default()), "{}", view.id());
    }
    assert_ne!(picture(View::Saturation, fixed()), picture(View::Saturation, Options::default()));
}

fn produced(now: f64) -> Input {
    let production = InputProduction {
        cloud_load: vec![2.0, 9.0, 9.5, f64::NAN],
        cloud_value: vec![130.0, 260.0, 300.0, 300.0],
        load: vec![2.0, 9.0],
        measured: measured(&[130.0, 280.0], 0.2, 300.0),
        now,
        shedding: false,
    };
    Input { production: Some(production), ..input(&BF16, 1000.0) }
}

#[test]
fn production_is_a_cloud_a_curve_a_point_and_what_is_left() {
    let overlay = model(vec![produced(9.0).into()], Options::default());
    check(
        View::Saturation,
        &overlay,
        &["Square", "Dotted", "Down", "left", "now", "α0.35"],
        &expect![[r#"
        point 64.2,286.2 Square 1.75 Series(0) α0.55
        point 124.3,272.5 Square 1.75 Series(0) α0.55
        point 128.6,268.2 Square 1.75 Series(0) α0.55
        path 64.2,286.2 to 124.3,270.3 through 14 points Series(0) Dotted 1.5 α1
        line 344.1,194.1 to 344.1,300.0 Series(0) Dotted 1 α1
        area 124.3,15.0..344.1,21.0 Series(0) α0.35
        point 124.3,18.0 Down 5 Series(0) α1
        text 132.3,30.0 "74.0% left" Strong Text Start Centred α1
        text 206.3,30.0 "now 9 users" Regular Muted Start Centred α1"#]],
    );
}

#[test]
fn what_is_left_follows_the_breaking_point() {
    let told = |now: f64, bound: Option<f64>| {
        let mut series = Series::from(produced(now));
        series.move_limit(bound);
        headroom(&series).and_then(|left| left.words())
    };
    assert_eq!(told(0.0, None).as_deref(), Some("100% left"));
    assert_eq!(told(9.0, Some(5000.0)).as_deref(), Some("at least 85.9% left"));
    assert_eq!(told(80.0, Some(5000.0)).as_deref(), Some("at most 25% beyond"));
    assert_eq!(told(32.0, Some(900.0)).as_deref(), Some("0% left"));
    assert_eq!(told(32.0, Some(400.0)).as_deref(), Some("100% beyond"));
    assert_eq!(told(f64::NAN, None), None);
}

#[test]
fn nothing_is_left_while_requests_are_refused() {
    let refusing = |now: f64| {
        let mut input = produced(now);
        input.production.as_mut().unwrap().shedding = true;
        input
    };
    let told = |now: f64| headroom(&refusing(now).into()).and_then(|left| left.words());
    assert_eq!(told(9.0).as_deref(), Some("nothing left, requests are refused"));
    assert_eq!(told(40.0).as_deref(), Some("15.6% beyond, requests are refused"));
    assert_eq!(told(f64::NAN), None);
    let overlay = model(vec![refusing(9.0).into()], Options::default());
    // The way to the breaking load, which is drawn beside, is no room: there is no area.
    check(
        View::Saturation,
        &overlay,
        &["Down", "left", "now", "α0.35"],
        &expect![[r#"
        point 124.3,18.0 Down 5 Series(0) α1
        text 132.3,30.0 "nothing left, requests are refused" Strong Text Start Centred α1
        text 374.3,30.0 "now 9 users" Regular Muted Start Centred α1"#]],
    );
}

/// Nothing but the runs against the first one.
const AGAINST_THE_FIRST: Question = Question {
    basis: TokenBasis::Output,
    rule: LoadRule::Interpolated,
    baseline: 0,
    load: None,
    replicas: None,
    spare: 0,
    over_limits: false,
};

/// The comparison as lines of text: `id label | cell (detail) mark | …`.
fn table(series: &[Series], question: &Question) -> String {
    let sheets: Vec<Sheet> = series.iter().map(|series| series.sheet.clone()).collect();
    let found = side_by_side(&sheets, question);
    let mut text: Vec<String> = found.sentences;
    for answers in found.answers {
        let cells: Vec<String> = answers
            .runs
            .iter()
            .map(|answer| {
                let mark = match answer.mark {
                    Mark::None => "",
                    Mark::Best => " *",
                    Mark::Bad => " !",
                };
                format!("{} ({}){mark}", answer.text, answer.detail)
            })
            .collect();
        text.push(format!("{} {} | {}", answers.id, answers.label, cells.join(" | ")));
    }
    text.join("\n")
}

#[test]
fn the_comparison_says_what_a_dollar_buys_and_what_a_load_takes() {
    let question = Question { load: Some(100.0), spare: 1, ..AGAINST_THE_FIRST };
    expect![[r#"
        A dollar buys 1.21 times as many output tokens with int4 as with bf16 (95 % interval 1.00 – 1.48) under TTFT p95 ≤ 1000 ms. Two runs of one deployment are taken to differ by 5% (standard deviation): one run of each cannot show it.
        load Load that one replica holds | 34.6 users (32.8–37.4) | 11.4 users (10.1–13.6)
        binding Limit that breaks first | TTFT p95 ≤ 1000 ms () | TTFT p95 ≤ 1000 ms ()
        rate Output tokens per second | 931 tok/s (910 – 962) | 281 tok/s (249 – 327)
        rate_per_gpu … per GPU | 233 tok/s (4 GPUs) | 281 tok/s (1 GPU)
        price Price of one replica | $4.00 per hour (list, us-east-1, 2026-11-01) | $1.00 per hour (list, us-east-1, 2026-11-01)
        dollars Dollars per million output tokens | $1.19 ($1.15 – $1.22) | $0.99 ($0.85 – $1.12) *
        per_dollar Output tokens per dollar | 0.838 million (0.819 – 0.866) | 1.01 million (0.896 – 1.18) *
        ratio Output tokens per dollar, against bf16 | 1× () | 1.21× (1.00× – 1.48×)
        request_ratio Requests per dollar, against bf16 | 1× () | 1.21× (1.00× – 1.48×)
        load_ratio Load per dollar, against bf16 | 1× () | 1.32× (1.08× – 1.65×)
        same_money For $4.00 per hour, whole replicas | 34.6 users (1 replica) | 45.7 users (4 replicas)
        break_even Price at which it is as cheap as bf16 |  () | $1.21 per hour ()
        replicas Replicas for 100 users | 3 (and 1 spare) | 9 (and 1 spare)
        month A month at 100 users | $11,680 (4 replicas × $4.00) | $7,300 (10 replicas × $1.00)
        headroom Headroom of each replica then | 27.7% (25 users) | 12.6% (10 users)
        limit_at_load TTFT p95 then | 660 ms (holds) | 865 ms (holds)"#]].assert_eq(&table(&both(1000.0), &question));
}

#[test]
fn too_few_replicas_do_not_hold_the_load() {
    let question = Question { load: Some(100.0), replicas: Some(2), ..AGAINST_THE_FIRST };
    let text = table(&both(1000.0), &question);
    let kept: Vec<&str> = text.lines().filter(|line| line.contains('!')).collect();
    expect![[r#"
        replicas Replicas for 100 users | 2 (does not hold it) ! | 2 (does not hold it) !
        headroom Headroom of each replica then | −44.5% (50 users) ! | −337% (50 users) !
        limit_at_load TTFT p95 then | 1,702 ms (over 1,000 ms) ! |  (beyond the measured loads)"#]]
    .assert_eq(&kept.join("\n"));
}

#[test]
fn what_was_not_measured_is_neither_held_nor_missed() {
    let loose = input(&BF16, 5000.0);
    let mut unmeasured = input(&BF16, 1000.0);
    unmeasured.columns.limits.clear();
    let strict = input(&INT4, 200.0);
    let series: Vec<Series> = [loose, unmeasured, strict].map(Series::from).into();
    let kept = |load: f64, replicas: u32| {
        let question = Question { load: Some(load), replicas: Some(replicas), ..AGAINST_THE_FIRST };
        let text = table(&series, &question);
        let rows = ["binding", "rate_per_gpu", "replicas", "headroom", "limit_at_load"];
        let of_rows = |line: &&str| rows.iter().any(|row| line.starts_with(&format!("{row} ")));
        text.lines().filter(of_rows).collect::<Vec<_>>().join("\n")
    };
    expect![[r#"
        binding Limit that breaks first | none was reached (TTFT p95 ≤ 5000 ms) |  (cannot be judged) | TTFT p95 ≤ 200 ms ()
        rate_per_gpu … per GPU | ≥ 275 tok/s (4 GPUs) |  () |  ()
        replicas Replicas for 100 users | 1 (more than was measured) | 1 (cannot be judged) | 1 (does not hold it) !
        headroom Headroom of each replica then | ≥ −56.2% (100 users) |  (100 users) | −9,900% (100 users) !
        limit_at_load TTFT p95 then |  (beyond the measured loads) |  () |  (beyond the measured loads)"#]].assert_eq(&kept(100.0, 1));
    expect![[r#"
        binding Limit that breaks first | none was reached (TTFT p95 ≤ 5000 ms) |  (cannot be judged) | TTFT p95 ≤ 200 ms ()
        rate_per_gpu … per GPU | ≥ 275 tok/s (4 GPUs) |  () |  ()
        replicas Replicas for 1 user | 2 () | 2 (cannot be judged) | 2 (does not hold it) !
        headroom Headroom of each replica then | ≥ 99.2% (0.5 users) |  (0.5 users) | 0% (0.5 users)
        limit_at_load TTFT p95 then | ≤ 100 ms (holds) |  () | ≤ 250 ms (below the measured loads)"#]].assert_eq(&kept(1.0, 2));
}

#[test]
fn what_was_asked_something_else_is_not_compared() {
    let unpriced = Deployment { name: "unpriced", price: f64::NAN, ..INT4 };
    let series = vec![input(&BF16, 1000.0).into(), asked_long(&INT4).into(), input(&unpriced, 1000.0).into()];
    let text = table(&series, &AGAINST_THE_FIRST);
    let kept: Vec<&str> = text.lines().filter(|line| line.contains("compar") || line.contains("price")).collect();
    expect![[r#"
        int4 and bf16 cannot be compared by cost: asked 4,096 in / 128 out against 512 in / 128 out.
        unpriced and bf16 cannot be compared by cost: price unknown.
        price Price of one replica | $4.00 per hour (list, us-east-1, 2026-11-01) | $1.00 per hour (list, us-east-1, 2026-11-01) |  (unknown: set it in deployments.yaml or the data source)
        ratio Output tokens per dollar, against bf16 | 1× () |  (asked 4,096 in / 128 out against 512 in / 128 out) |  (price unknown)
        request_ratio Requests per dollar, against bf16 | 1× () |  (asked 4,096 in / 128 out against 512 in / 128 out) |  (price unknown)
        load_ratio Load per dollar, against bf16 | 1× () |  (asked 4,096 in / 128 out against 512 in / 128 out) |  (price unknown)"#]].assert_eq(&kept.join("\n"));
}

#[test]
fn a_data_set_tells_runs_apart_where_a_length_is_not_known() {
    let named = |of: &Deployment<'_>, shape: Option<&str>| {
        let mut input = input(of, 1000.0);
        input.columns.workload = Workload { shape: shape.map(str::to_owned), ..Workload::default() };
        Series::from(input)
    };
    let told = |a: Option<&str>, b: Option<&str>| {
        let text = table(&[named(&BF16, a), named(&INT4, b)], &AGAINST_THE_FIRST);
        text.lines().next().unwrap_or_default().to_owned()
    };
    assert!(told(Some("sharegpt"), Some("sharegpt")).starts_with("A dollar buys 1.21 times as many output tokens"));
    let refused = "int4 and bf16 cannot be compared by cost:";
    assert_eq!(told(Some("sharegpt"), Some("random")), format!("{refused} asked random against sharegpt."));
    let unknown = "asked unknown lengths against sharegpt.";
    assert_eq!(told(Some("sharegpt"), None), format!("{refused} {unknown}"));
}
