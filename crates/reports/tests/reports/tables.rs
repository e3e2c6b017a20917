//! Numbers that were published as a table.

use headroom_engine::level::Level;
use headroom_engine::run::{Arrivals, LoadModel};
use headroom_reports::{Reading, read, read_file};

use crate::support::{data, told};

fn table(name: &str) -> Reading {
    read_file(&data().join("tables").join(name), name)
}

fn row(level: &Level) -> (f64, f64, f64, f64, u64) {
    let p95 = |distribution: &Option<headroom_engine::level::Distribution>| {
        distribution.as_ref().unwrap().quantile(0.95).unwrap()
    };
    (level.load, p95(&level.ttft), p95(&level.itl), level.rates.output_tokens.unwrap(), level.requests.ok)
}

#[test]
fn the_published_int4_table() {
    let reading = table("mistral-small-int4.csv");
    assert_eq!(reading.problems, vec![]);
    let run = &reading.runs[0];
    assert_eq!(run.load_model, LoadModel::Closed);
    assert_eq!(run.provenance.tool, "table");
    assert_eq!(
        run.levels.iter().map(row).collect::<Vec<_>>(),
        [
            (1.0, 1105.0, 56.0, 51.0, 4),
            (3.0, 874.0, 56.0, 135.0, 12),
            (5.0, 1489.0, 60.0, 207.0, 18),
            (8.0, 2185.0, 63.0, 281.0, 26),
            (10.0, 2822.0, 68.0, 313.0, 30),
            (15.0, 4277.0, 75.0, 438.0, 38),
        ]
    );
    assert_eq!(run.levels[0].ttft.as_ref().unwrap().count, 4);
    assert_eq!((run.workload.prompt_tokens, run.workload.output_tokens), (Some(256.0), Some(256.0)));
    assert_eq!(run.deployment.quantization.as_ref().unwrap().value, "int4");
}

#[test]
fn the_published_bf16_table() {
    let reading = table("mistral-small-bf16.yaml");
    assert_eq!(reading.problems, vec![]);
    let run = &reading.runs[0];
    assert_eq!(
        run.levels.iter().map(row).collect::<Vec<_>>(),
        [
            (1.0, 574.0, 54.0, 35.0, 4),
            (5.0, 594.0, 58.0, 160.0, 19),
            (10.0, 1167.0, 64.0, 312.0, 34),
            (15.0, 1695.0, 67.0, 438.0, 48),
            (20.0, 2084.0, 78.0, 593.0, 54),
            (30.0, 2993.0, 86.0, 694.0, 72),
        ]
    );
    assert_eq!(run.deployment_label(), "mistral-small-bf16");
    assert_eq!(run.deployment.gpus.as_ref().unwrap().value, 4);
    assert_eq!(run.deployment.gpus.as_ref().unwrap().source, "level table");
    assert_eq!(run.levels[0].output_tokens, Some(256.0));
    assert!(run.provenance.labels[0].1.starts_with("published table"));
    assert_eq!(run.id.len(), 16);
}

fn check(text: &str, loads: &[f64], problems: &[&str]) -> Reading {
    let reading = read("table", text.as_bytes());
    assert_eq!(told(&reading.problems), problems, "{text}\n{:?}", reading.problems);
    let found: Vec<f64> = reading.runs.iter().flat_map(|run| &run.levels).map(|level| level.load).collect();
    assert_eq!(found, loads, "{text}");
    reading
}

#[test]
fn csv_mistakes_cost_a_row_at_most() {
    check("users,ttft_p95_ms\n4,10\n2,5\n", &[2.0, 4.0], &[]);
    check("\u{feff}users,ttft_p95_ms\r\n\"1\", 5\r\n", &[1.0], &[]);
    check("users,ttft_p95_ms,ttft_p95\n1,5,6\n", &[1.0], &["unknown_key line 1"]);
    check(
        "users,ttft_p95_ms\n1,fast\n2,\n3,-1\n4,NaN\n",
        &[1.0, 2.0, 3.0, 4.0],
        &["bad_value line 2", "bad_value line 4", "bad_value line 5"],
    );
    check("users,ttft_p95_ms\n1\n2,3\n", &[2.0], &["bad_value line 2"]);
    check("users,ttft_p95_ms\n,3\n0,1\n", &[], &["missing_value line 2", "missing_value line 3", "no_levels"]);
    check("users,requests\n1,2.5\n", &[], &["missing_value line 2", "no_levels"]);
    check("users,ttft_p95_ms\n", &[], &["no_levels"]);
    check("users,ttft_p95_ms,requests\n1,5,9\n1,6,12\n", &[1.0], &["duplicate_load line 2"]);
    check("name,value\n1,2\n", &[], &["unknown_format"]);
    let twice = check("users,ttft_p95_ms,ttft_p950_ms,users\n1,5,6,2\n", &[1.0], &["unknown_key line 1"; 2]);
    assert_eq!(twice.runs[0].levels[0].ttft.as_ref().map(|ttft| ttft.quantiles.clone()), Some(vec![(0.95, 5.0)]));
    let empty = check("users,ttft_p95_ms\n1,\n", &[1.0], &[]);
    assert_eq!(empty.runs[0].levels[0].ttft, None, "an empty cell is not measured");
}

#[test]
fn rates_are_as_published_and_else_from_counts() {
    let reading = check(
        "poisson_rate,requests,duration_s,output_tokens,request_rate\n2,30,10,16,2.5\n4,30,10,16,\n",
        &[2.0, 4.0],
        &[],
    );
    assert_eq!(reading.runs[0].load_model, LoadModel::Open(Arrivals::Poisson));
    let levels = &reading.runs[0].levels;
    assert_eq!((levels[0].rates.requests, levels[0].reported.requests), (Some(2.5), Some(2.5)));
    assert_eq!((levels[1].rates.requests, levels[1].reported.requests), (Some(3.0), None));
    assert_eq!(levels[1].rates.output_tokens, Some(48.0));
    assert_eq!(levels[1].rates.prompt_tokens, None);
}

#[test]
fn yaml_mistakes_cost_a_level_at_most() {
    check("levels:\n  - { users: 2, ttft_p95_ms: 5 }\n  - { users: 1, ttft_p95_ms: 4 }\n", &[1.0, 2.0], &[]);
    check("levels:\n  - { users: 2, ttft_p59_m: 5 }\n", &[2.0], &["unknown_key levels[0].ttft_p59_m"]);
    check("levels:\n  - { users: 2, ttft_p95_ms: fast }\n", &[2.0], &["bad_value levels[0].ttft_p95_ms"]);
    let twice = check(
        "levels:\n  - { users: 2, itl_p90_ms: 5, itl_p900_ms: 6 }\n",
        &[2.0],
        &["unknown_key levels[0].itl_p90_ms"],
    );
    assert_eq!(twice.runs[0].levels[0].itl.as_ref().map(|itl| itl.quantiles.clone()), Some(vec![(0.9, 6.0)]));
    check("levels:\n  - { users: 2, constant_rate: 5 }\n", &[], &["missing_value levels[0]", "no_levels"]);
    check("levels:\n  - { users: 2 }\n  - { constant_rate: 5 }\n", &[2.0], &["missing_value levels[1]"]);
    check("levles:\n  - { users: 2 }\n", &[], &["unknown_format"]);
    check("deployment: { nmae: x }\nlevels:\n  - { users: 2 }\n", &[2.0], &["unknown_key deployment.nmae"]);
    check("levels:\n  - { users: 2\n", &[], &["malformed"]);
    check(r#"{"levels": [{"users": 2, "e2e_mean_ms": 7}], "tool": "x"}"#, &[2.0], &[]);
}

/// The table as it was published, pasted with its own headers, as Markdown and as CSV.
#[test]
fn published_headers_are_accepted() {
    /// Users, two latencies, a rate and what the author thought of it.
    type Published = (u32, u32, u32, u32, &'static str);
    let rows: [Published; 3] =
        [(1, 1105, 56, 51, "baseline"), (3, 874, 56, 135, "healthy"), (15, 4277, 75, 438, "severe")];
    let lines = |line: &dyn Fn(&Published) -> String| rows.iter().map(line).collect::<Vec<_>>().join("\n");
    let markdown = lines(&|(u, t, i, r, s)| format!("| {u} | {t} | {i} | {r} | {s} |"));
    let csv = lines(&|(u, t, i, r, s)| format!("{u},{t},{i},{r},{s}"));
    let markdown =
        format!("| users | TTFT p95 ms | TPOT p95 ms | tok/s | author status |\n|---|---|---|---|---|\n{markdown}");
    let csv = format!("users,TTFT p95 ms,TPOT p95 ms,tok/s,author status\n{csv}");
    for text in [markdown, csv] {
        let reading = check(&text, &[1.0, 3.0, 15.0], &["assumed line 1"]);
        assert!(reading.problems[0].message.contains("`tok/s` does not say"), "{:?}", reading.problems);
        let level = &reading.runs[0].levels[2];
        assert_eq!(level.ttft.as_ref().unwrap().quantile(0.95), Some(4277.0));
        assert_eq!(level.tpot.as_ref().unwrap().quantile(0.95), Some(75.0));
        assert_eq!(level.rates.output_tokens, Some(438.0));
    }
}

/// The column that is nearly right is named, not every column that there is.
#[test]
fn a_column_that_is_nearly_right_is_named() {
    let reading = check("users,ttft_p95\n4,10\n", &[4.0], &["unknown_key line 1"]);
    assert!(reading.problems[0].message.ends_with("Did you mean `ttft_p95_ms`?"), "{}", reading.problems[0].message);
    let reading = check("user,ttft_p95_ms\n4,10\n2,5\n", &[], &["unknown_key line 1", "no_levels line 1"]);
    assert!(reading.problems[0].message.ends_with("Did you mean `users`?"), "{}", reading.problems[0].message);
}
