//! One answer in three places: what `headroom` prints, what the data source's frames say, and what the panel makes of those
//! frames. Values are compared to the bit and sentences as texts, for one store of reports after another.
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

mod cases;
mod panel;
mod program;
mod source;
mod stores;

use headroom_engine::display;
use serde_json::{Value, json};

use panel::Drawn;
use program::Program;
use source::Source;
use stores::Store;

/// A store of reports, and what has to be said of it somewhere so that the comparison is about its subject.
struct Case<'a> {
    store: Store,
    /// What the command line is given and the data source asked for besides.
    limits: &'a [&'a str],
    /// How many runs there are.
    runs: usize,
    /// Parts of what is said: of a sentence, a finding or a problem.
    said: &'a [&'a str],
}

/// Holds the three places to each other; returns what the command line said, for what a case has to say beyond.
async fn check(case: Case<'_>) -> Value {
    let Case { store, limits, runs, said } = case;
    let program = Program::of(&store, limits);
    let source = Source::of(&store, limits);
    let told = program.analyze();
    let (verdicts, curves) = (source.frames("verdict").await, source.frames("curve").await);
    let all = told["runs"].as_array().unwrap();
    assert_eq!(all.len(), runs, "{told:#}");
    let judged = verdicts[0].meta.custom["runs"].as_array().unwrap();
    assert_eq!(judged.len(), runs);
    let text = program.text();
    for run in all {
        let id = run["id"].as_str().unwrap();
        let own = judged.iter().find(|judged| judged["run"]["id"] == id).unwrap();
        same_verdict(run, own);
        let sentence = run["verdict"]["sentence"].as_str().unwrap();
        assert!(text.contains(sentence), "expected `{sentence}` in {text}");
        let levels = curves.iter().find(|frame| panel::is_levels_of(frame, id)).unwrap();
        source::same_levels(run, levels);
        same_answer(run, own, &Drawn::of(levels));
    }
    same_problems(&told, &source.problems().await, &verdicts[0]);
    let everything = told.to_string();
    for part in said {
        assert!(everything.contains(part), "expected `{part}` in {told:#}");
    }
    told
}

/// The verdict of the command line is that of the frames, in every part that both have.
fn same_verdict(run: &Value, judged: &Value) {
    let (ours, theirs) = (&run["verdict"], &judged["verdict"]);
    for key in [
        "state",
        "breaking_load",
        "interval",
        "binding",
        "max_passing_load",
        "first_failing_load",
        "next_level",
        "sentence",
        "findings",
    ] {
        assert_eq!(ours[key], theirs[key], "{key} of {}", run["source"]);
    }
    let limits = |verdict: &Value| -> Vec<Value> {
        let parts = ["id", "state", "breaking_load", "interval"];
        let all = verdict["limits"].as_array().unwrap().iter();
        all.map(|limit| parts.iter().map(|part| limit[part].clone()).collect()).collect()
    };
    assert_eq!(limits(ours), limits(theirs), "{}", run["source"]);
    let own = &judged["run"];
    for key in ["id", "source", "tool", "tool_version", "model", "load_unit"] {
        assert_eq!(run[key], own[key], "{key} of {}", run["source"]);
    }
    for fact in ["quantization", "hardware", "gpus", "engine"] {
        assert_eq!(run["deployment"][fact]["value"], own[fact], "{fact} of {}", run["source"]);
    }
    assert_eq!(run["deployment"]["name"], own["deployment"]);
}

/// What the panel draws and writes of the columns is what the verdict says.
fn same_answer(run: &Value, judged: &Value, drawn: &Drawn) {
    let verdict = &run["verdict"];
    let state = verdict["state"].as_str().unwrap();
    let breaking = drawn.sheet.breaking();
    let number = |value: &Value| value.as_f64();
    assert_eq!(breaking.state.id(), state, "{}", run["source"]);
    assert_eq!(
        (breaking.load, breaking.interval),
        (number(&verdict["breaking_load"]), [0, 1].map(|end| number(&verdict["interval"][end]))),
        "{}",
        run["source"]
    );
    // The big number of a card, the mark in the chart, and the first row of the comparison.
    let card = judged["verdict"]["text"]["breaking_load"].as_str().unwrap();
    let mark = drawn.series.breaks.last().map(|mark| mark.answer.as_str());
    let row = panel::compared(&[drawn]).answers[0].runs[0].text.clone();
    if state == "not_measured" {
        assert_eq!((mark, row.as_str()), (None, ""), "{card}");
        return;
    }
    assert_eq!((mark, row.as_str()), (Some(card), card), "{}", run["source"]);
    // The sentence has the same number, rounded as there.
    let unit = run["load_unit"].as_str().unwrap();
    let load = verdict["breaking_load"].as_f64().or(verdict["max_passing_load"].as_f64());
    let load = load.or(verdict["first_failing_load"].as_f64()).unwrap();
    let sentence = verdict["sentence"].as_str().unwrap();
    assert!(sentence.contains(&display::load_with_unit(load, unit)), "{load} {unit} in {sentence}");
}

/// What could not be read is told alike, and what made a report worse than it is stands in the panel's corner.
fn same_problems(told: &Value, listed: &Value, frame: &headroom_protocol::frame::Frame) {
    let of_program: Vec<Value> = told["problems"].as_array().unwrap().iter().map(parts_of_problem).collect();
    let of_source: Vec<Value> = listed.as_array().unwrap().iter().map(parts_of_problem).collect();
    assert_eq!(of_program, of_source);
    for problem in told["problems"].as_array().unwrap().iter().filter(|problem| problem["severity"] == "error") {
        let message = problem["message"].as_str().unwrap();
        let source = problem["source"].as_str().unwrap();
        let notices = &frame.meta.notices;
        assert!(
            notices.iter().any(|notice| notice.text.starts_with(source) && notice.text.contains(message)),
            "expected `{message}` of {source} in {notices:?}"
        );
    }
}

fn parts_of_problem(problem: &Value) -> Value {
    let place = problem.get("path").or_else(|| problem.get("place")).cloned();
    json!([problem["source"], place, problem["code"], problem["severity"], problem["message"]])
}
