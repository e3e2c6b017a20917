//! The documents say what the program does. `UPDATE_EXPECT=1 cargo test -p headroom-cli` rewrites the generated one.

use std::fmt::Write as _;
use std::fs;

use expect_test::expect_file;
use headroom_engine::findings::Code;
use headroom_engine::slo::{DEFAULT_SLO, Limit, presets};

use crate::{BF16, INT8, headroom, root, stdout, text};

#[test]
fn the_table_of_presets_is_the_engines() {
    let mut table = String::from(
        "# Presets\n\n<!-- Written by `UPDATE_EXPECT=1 cargo test -p headroom-cli`. -->\n\n\
         The service levels that come built in. Every verdict names the one it used. [Limits](limits.md) says why they differ.\n\n\
         | id | name | limits | source |\n|---|---|---|---|\n",
    );
    for slo in presets() {
        let limits: Vec<String> = slo.limits.iter().map(Limit::label).collect();
        let default = if slo.id == DEFAULT_SLO { " (default)" } else { "" };
        writeln!(table, "| `{}`{default} | {} | {} | {} |", slo.id, slo.name, limits.join("<br>"), slo.source).unwrap();
    }
    expect_file!["../../../../docs/presets.md"].assert_eq(&table);
}

#[test]
fn the_manual_names_every_command_and_option() {
    let manual = fs::read_to_string(root().join("docs/cli.md")).unwrap();
    for command in
        ["analyze", "compare", "history", "check", "next", "bench", "push", "rules", "slos", "completions", "man"]
    {
        assert!(manual.contains(&format!("headroom {command}")), "{command}");
        let help = stdout(&[command, "--help"]);
        let options = help.split_whitespace().filter(|word| word.starts_with("--") && word.len() > 2);
        for option in
            options.map(|option| option.trim_end_matches([',', '.', ':'])).filter(|option| *option != "--help")
        {
            assert!(manual.contains(option), "headroom {command} {option}");
        }
    }
}

/// Every finding is explained once, with the severities that it can have.
#[test]
fn the_page_of_findings_has_every_kind() {
    let page = fs::read_to_string(root().join("docs/findings.md")).unwrap();
    let rows: Vec<&str> = page.lines().filter(|line| line.starts_with("| `")).collect();
    let mut listed: Vec<&str> = rows.iter().map(|row| row.split('`').nth(1).unwrap()).collect();
    let mut known: Vec<&str> = Code::ALL.iter().map(|code| code.id()).collect();
    listed.sort_unstable();
    known.sort_unstable();
    assert_eq!(listed, known);
    // What the demo's reports say has one of the severities that the page gives.
    let analysis: serde_json::Value =
        serde_json::from_str(&stdout(&["analyze", "--format", "json", "demo/reports"])).unwrap();
    for run in analysis["runs"].as_array().unwrap() {
        for finding in run["verdict"]["findings"].as_array().unwrap() {
            let (code, severity) = (finding["code"].as_str().unwrap(), finding["severity"].as_str().unwrap());
            let row = rows.iter().find(|row| row.starts_with(&format!("| `{code}`"))).unwrap();
            assert!(row.split('|').nth(2).unwrap().contains(severity), "{code} {severity}");
        }
    }
}

/// The example in the README is what the program prints today.
#[test]
fn the_readmes_example_is_true() {
    let (begin, end) = ("<!-- example -->\n```\n", "```\n<!-- /example -->");
    let path = root().join("README.md");
    let readme = fs::read_to_string(&path).unwrap();
    let (before, rest) = readme.split_once(begin).unwrap();
    let (_, after) = rest.split_once(end).unwrap();
    let report = "tiny-llama-bf16/20261124T042108Z-guidellm-0.8.1-concurrent.json";
    let command = format!("headroom analyze {report} --deployments deployments.yaml");
    assert!(before.contains(&command));
    let output = headroom(&command.split(' ').skip(1).collect::<Vec<_>>())
        .current_dir(root().join("demo/reports"))
        .output()
        .unwrap();
    let example = text(&output.stdout);
    expect_file![path].assert_eq(&format!("{before}{begin}{example}{end}{after}"));
}

/// Every key of the JSON answer is explained.
#[test]
fn the_manual_names_every_key_of_the_json() {
    fn keys(value: &serde_json::Value, found: &mut Vec<String>) {
        match value {
            serde_json::Value::Object(object) => {
                for (key, value) in object {
                    found.push(key.clone());
                    keys(value, found);
                }
            }
            serde_json::Value::Array(list) => list.iter().for_each(|value| keys(value, found)),
            _ => {}
        }
    }
    let manual = fs::read_to_string(root().join("docs/cli.md")).unwrap();
    let mut found = Vec::new();
    for arguments in [
        &["analyze", "--format", "json", "demo/reports"][..],
        &["history", "--format", "json", "demo/reports"],
        &["next", "--format", "json", BF16],
        &["check", "--format", "json", BF16, "--baseline", BF16, "--tolerate", "150%"],
        &["compare", "--format", "json", BF16, INT8, "--price-a", "2", "--price-b", "1"],
    ] {
        keys(&serde_json::from_str(&stdout(arguments)).unwrap(), &mut found);
    }
    found.sort();
    found.dedup();
    assert!(found.len() > 50, "{found:?}");
    for key in found {
        assert!(manual.contains(&format!("\"{key}\"")) || manual.contains(&format!("`{key}`")), "{key}");
    }
}
