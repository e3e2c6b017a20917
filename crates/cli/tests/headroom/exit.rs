//! Exit codes, problems and pipes.

use std::fs;
use std::io::Read as _;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::{BF16, headroom, root, run, run_with_input, stdout, text};

/// What the program does with a file of this content.
fn check(content: &str, code: i32, stdout: &str, stderr: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("report.json");
    fs::write(&file, content).unwrap();
    let output = run(&["analyze", file.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(code), "{}", text(&output.stderr));
    assert_eq!(text(&output.stdout), stdout);
    for part in stderr {
        assert!(text(&output.stderr).contains(part), "expected `{part}` in {}", text(&output.stderr));
    }
}

#[test]
fn nothing_read_is_2_and_says_why() {
    check("", 2, "", &["report.json", "nothing could be read"]);
    check("{\"hello\": 1}", 2, "", &["report.json", "nothing could be read"]);
    check("<html>", 2, "", &["report.json", "nothing could be read"]);
}

#[test]
fn a_missing_file_is_2_and_named() {
    let output = run(&["analyze", "no/such/report.json"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("no/such/report.json"));
}

#[test]
fn a_bad_file_beside_a_good_one_is_a_problem_and_not_a_failure() {
    let output = run(&["analyze", "--format", "json", "no/such/report.json", BF16]);
    assert_eq!(output.status.code(), Some(0));
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(document["runs"].as_array().unwrap().len(), 1);
    assert_eq!(document["problems"][0]["source"], "no/such/report.json");
    assert_eq!(document["problems"][0]["code"], "unreadable");
    assert!(text(&output.stderr).contains("no/such/report.json"));
}

#[test]
fn a_wrong_command_line_is_2() {
    for arguments in [
        &["analyze"][..],
        &["analyze", BF16, "--slo", "nonsense"],
        &["analyze", BF16, "--limit", "ttft=1s"],
        &["analyze", BF16, "--slo", "psap", "--limit", "ttft_p95=1s"],
        &["analyze", "-", "-"],
        &["nonsense"],
        &[],
    ] {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(!output.stderr.is_empty(), "{arguments:?}");
    }
}

#[test]
fn standard_input_is_read_like_a_file() {
    let from_file = stdout(&["analyze", "--format", "json", BF16]);
    let output = run_with_input(&["analyze", "--format", "json", "-"], &fs::read(root().join(BF16)).unwrap());
    assert!(output.status.success());
    assert_eq!(text(&output.stdout).replace("\"standard input\"", &format!("\"{BF16}\"")), from_file);
}

#[test]
fn a_reader_that_leaves_early_is_no_error() {
    let mut child = headroom(&["analyze", "--format", "json", "demo/reports"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = [0; 16];
    child.stdout.take().unwrap().read_exact(&mut first).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", output.status);
    assert_eq!(text(&output.stderr), "");
}

#[test]
fn a_folder_is_walked_and_its_deployments_file_is_used() {
    let document: Value = serde_json::from_str(&stdout(&["analyze", "--format", "json", "demo/reports"])).unwrap();
    let runs = document["runs"].as_array().unwrap();
    let sources: Vec<&str> = runs.iter().map(|run| run["source"].as_str().unwrap()).collect();
    assert!(sources.is_sorted() && sources.len() == 8, "{sources:?}");
    for run in runs {
        // The published tables say themselves what was benchmarked, and the file what it costs.
        let (fact, by) = if run["source"].as_str().unwrap().contains("/published-") {
            (&run["cost"][0]["price"]["source"], "published with the table; list prices differ: see demo/README.md")
        } else {
            (&run["deployment"]["hardware"]["source"], "demo/reports/deployments.yaml")
        };
        assert_eq!(fact, by, "{}", run["source"]);
    }
}

#[test]
fn facts_can_be_given_for_any_report() {
    let folder = tempfile::tempdir().unwrap();
    let facts = folder.path().join("facts.yaml");
    let entry = "deployments:\n  - name: mine\n    match: { path: \"**\" }\n    gpus: 4\n    \
                 price: { dollars_per_hour: 4.6, source: list, date: 2026-01-31 }\n";
    fs::write(&facts, entry).unwrap();
    let facts = facts.to_str().unwrap();
    let document: Value =
        serde_json::from_str(&stdout(&["analyze", BF16, "--format", "json", "--deployments", facts])).unwrap();
    let deployment = &document["runs"][0]["deployment"];
    assert_eq!((&deployment["name"], &deployment["gpus"]["value"]), (&"mine".into(), &4.into()));
    assert_eq!(deployment["price"]["dollars_per_hour"], 4.6);
    assert!(stdout(&["analyze", BF16, "--deployments", facts]).contains("$4.60 per hour (list, 2026-01-31)"));
}

#[test]
fn files_of_a_folder_that_are_no_reports_are_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    fs::copy(root().join(BF16), folder.path().join("run.json")).unwrap();
    fs::write(folder.path().join("run.html"), "<html>").unwrap();
    fs::write(folder.path().join("run.csv"), "the same run in another format").unwrap();
    fs::write(folder.path().join(".hidden.json"), "").unwrap();
    let document: Value =
        serde_json::from_str(&stdout(&["analyze", "--format", "json", folder.path().to_str().unwrap()])).unwrap();
    assert_eq!(document["runs"].as_array().unwrap().len(), 1);
    assert_eq!(document["problems"].as_array().unwrap().len(), 0);
}

#[test]
fn colours_only_where_they_are_wanted() {
    let escape = '\u{1b}';
    assert!(!stdout(&["analyze", BF16]).contains(escape));
    assert!(stdout(&["analyze", BF16, "--color", "always"]).contains(escape));
    let output = headroom(&["analyze", BF16, "--color", "never"]).output().unwrap();
    assert!(!text(&output.stdout).contains(escape));
    // Colour adds nothing but colour.
    let mut plain = String::new();
    let mut inside = false;
    for character in stdout(&["analyze", BF16, "--color", "always"]).chars() {
        match character {
            '\u{1b}' => inside = true,
            'm' if inside => inside = false,
            _ if !inside => plain.push(character),
            _ => {}
        }
    }
    assert_eq!(plain, stdout(&["analyze", BF16]));
}

/// A report that ends in the middle of its last level: what is whole of it is analysed, and the status says so.
#[test]
fn a_damaged_report_that_can_be_read_is_1() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cut.json");
    let whole = fs::read(root().join(BF16)).unwrap();
    fs::write(&file, &whole[..whole.len() * 95 / 100]).unwrap();
    let file = file.to_str().unwrap();
    for arguments in [&["analyze", file][..], &["rules", file, "--format", "prometheus"]] {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?} {}", text(&output.stderr));
        assert!(!output.stdout.is_empty(), "{arguments:?}");
        assert!(
            text(&output.stderr).contains("truncated") || text(&output.stderr).contains("ends"),
            "{}",
            text(&output.stderr)
        );
        assert!(text(&output.stderr).contains("a report is damaged"), "{}", text(&output.stderr));
    }
    assert_eq!(run(&["analyze", BF16]).status.code(), Some(0));
}

#[cfg(unix)]
#[test]
fn a_pipe_and_a_link_to_a_folder_above_have_an_end() {
    let folder = tempfile::tempdir().unwrap();
    let reports = folder.path().join("reports");
    fs::create_dir(&reports).unwrap();
    fs::copy(root().join(BF16), reports.join("run.json")).unwrap();
    std::os::unix::fs::symlink(folder.path(), reports.join("above")).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(reports.join("pipe.json")).status().unwrap().success());
    let output = ended(&["analyze", "--format", "json", reports.to_str().unwrap()]);
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(document["runs"].as_array().unwrap().len(), 1, "each report once");
    let problems = document["problems"].as_array().unwrap();
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0]["message"].as_str().unwrap().contains("a named pipe"), "{problems:?}");
    let output = ended(&["analyze", reports.join("pipe.json").to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("a named pipe"), "{}", text(&output.stderr));
}

/// What the program says, which has to end by itself: one that waits for a pipe waits for ever, and so would its test.
#[cfg(unix)]
fn ended(arguments: &[&str]) -> std::process::Output {
    use std::time::{Duration, Instant};

    const LONGEST: Duration = Duration::from_mins(2);
    let mut child = headroom(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut streams = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
    let read = std::thread::spawn(move || {
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        streams.0.read_to_end(&mut stdout).unwrap();
        streams.1.read_to_end(&mut stderr).unwrap();
        (stdout, stderr)
    });
    let start = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if start.elapsed() > LONGEST {
            child.kill().unwrap();
            panic!("{arguments:?} did not end");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let (stdout, stderr) = read.join().unwrap();
    std::process::Output { status: child.wait().unwrap(), stdout, stderr }
}

/// A sweep of files in UTF-16, as PowerShell's `>` writes them, says what the same files in UTF-8 say.
#[test]
fn files_in_utf16_say_the_same() {
    let table = "users,ttft_p95_ms,requests\n4,300,400\n8,900,400\n16,1500,400\n";
    let said = |bytes: Vec<u8>| -> Value {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("table.csv"), bytes).unwrap();
        let document: Value =
            serde_json::from_str(&stdout(&["analyze", "--format", "json", folder.path().to_str().unwrap()])).unwrap();
        json!([document["runs"][0]["levels"], document["runs"][0]["verdict"]])
    };
    let plain = said(table.into());
    for order in [u16::to_le_bytes, u16::to_be_bytes] {
        let units = std::iter::once(0xfeff_u16).chain(table.encode_utf16());
        assert_eq!(said(units.flat_map(order).collect()), plain);
    }
}

#[test]
fn what_is_read_is_said_once() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["a.json", "b.json", "c.json"] {
        fs::write(folder.path().join(name), "{\"hello\": 1}").unwrap();
    }
    let output = run(&["analyze", folder.path().to_str().unwrap()]);
    let said = text(&output.stderr);
    assert_eq!(said.matches("EvalScope").count(), 1, "{said}");
    assert_eq!(said.matches("the keys hello").count(), 3, "{said}");
}
