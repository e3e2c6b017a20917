//! Repeated runs, as text and as JSON.

use headroom_engine::compare::mean_of_repeats;
use serde_json::Value;

use crate::{BF16, INT8, stdout};

fn analysis(arguments: &[&str]) -> Value {
    serde_json::from_str(&stdout(&[&["analyze", "--format", "json"], arguments].concat())).unwrap()
}

#[test]
fn repeats_are_put_together_by_their_levels_and_everything_else_stands_alone() {
    let all = analysis(&["demo/reports"]);
    let repeats = all["repeats"].as_array().unwrap();
    let names: Vec<&str> = repeats.iter().map(|one| one["deployment"].as_str().unwrap()).collect();
    // The open loop and the run by another version of the tool repeat nothing.
    assert_eq!(names, ["tiny-llama-bf16", "tiny-llama-int8"]);
    for one in repeats {
        let loads: Vec<f64> = one["runs"]
            .as_array()
            .unwrap()
            .iter()
            .map(|id| {
                let run = all["runs"].as_array().unwrap().iter().find(|run| run["id"] == *id).unwrap();
                run["verdict"]["breaking_load"].as_f64().unwrap()
            })
            .collect();
        assert_eq!(loads.len(), 2);
        let mean = mean_of_repeats(&loads).unwrap();
        assert_eq!(one["mean_breaking_load"], mean.value);
        // Two runs know little of their spread. Where their levels differ no less than the runs do, those know more.
        let [low, high] = [0, 1].map(|end| one["mean_interval"][end].as_f64().unwrap());
        assert!(mean.interval[0].max(0.0) <= low && low < mean.value, "{low}");
        assert!(mean.value < high && high <= mean.interval[1], "{high}");
    }
    let text = stdout(&["analyze", "demo/reports"]);
    let told = text.split_once("\nRepeated runs\n").unwrap().1.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        told.contains("10.4 and 11.7 users. 11.0 users on average (9.03–12.5 with 95% confidence, over 2 runs)"),
        "{told}"
    );
}

#[test]
fn different_deployments_repeat_nothing() {
    let facts = ["--deployments", "demo/reports/deployments.yaml"];
    assert_eq!(analysis(&[&[BF16, INT8], &facts[..]].concat())["repeats"], Value::Array(Vec::new()));
    assert!(!stdout(&["analyze", BF16]).contains("Repeated runs"));
}
