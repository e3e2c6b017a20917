//! Rules about the text of this repository that no compiler checks.

use std::fs;
use std::path::Path;

use anyhow::{Result, bail};

use crate::shell::{self, say};
use crate::{paths, pins};

/// The most lines of a source file. A file has one subject; a longer one has two.
const LONGEST: usize = 700;

/// Texts that must not be in a source file, and why. They are split so that this file does not contain them.
const FORBIDDEN: &[(&[&str], &str)] = &[
    (&["TO", "DO"], "finish it or write an issue"),
    (&["FIX", "ME"], "fix it or write an issue"),
    (&["XX", "X:"], "say what is meant"),
    (&["dbg", "!("], "left from debugging"),
    (&["#[ig", "nore"], "a test that does not run is no test: assert what happens today"),
    (&["should_", "panic"], "assert on the error instead"),
    (&["@ts-", "ignore"], "type it"),
    (&["/ro", "ot/"], "a path of one machine"),
    (&["/wo", "rk/"], "a path of one machine"),
    (&["/ho", "me/"], "a path of one machine"),
];

/// Disables all other tests of a script. Rust has methods with this name, so it is only searched for in scripts.
const ONLY: &[&str] = &[".on", "ly("];

/// Texts that Grafana's reviewers refuse in the scripts of a plugin, and why.
const REFUSED_IN_PLUGINS: &[(&str, &str)] = &[
    ("window.open(", "opens pages that can reach back; use a link with rel=noopener"),
    ("window.location", "breaks Grafana's router; use locationService"),
    ("window.alert(", "use Grafana's own messages"),
    ("window.confirm(", "use Grafana's own messages"),
    ("/api/ds/query", "use DataSourceWithBackend, which adds what Grafana needs"),
    ("testDatasource", "the backend answers the health check"),
    ("console.", "users' consoles are not our log"),
    ("dangerouslySetInnerHTML", "lets a report run scripts in Grafana"),
];

/// Prefixes of secrets.
const SECRETS: &[&[&str]] = &[
    &["-----BEGIN ", "RSA PRIVATE KEY"],
    &["-----BEGIN ", "PRIVATE KEY"],
    &["-----BEGIN ", "EC PRIVATE KEY"],
    &["gh", "p_"],
    &["github_", "pat_"],
    &["gl", "sa_"],
    &["gl", "c_ey"],
    &["AK", "IA"],
    &["xo", "xb-"],
];

/// Checks every file that git tracks or would track.
///
/// # Errors
/// Lists all breaches.
pub(crate) fn check() -> Result<()> {
    let listed = shell::output(shell::command("git").args(["ls-files", "--cached", "--others", "--exclude-standard"]))?;
    let mut breaches = Vec::new();
    let mut files = 0_usize;
    for name in listed.lines() {
        let path = paths::at(name);
        let Ok(bytes) = fs::read(&path) else { continue };
        let Ok(text) = String::from_utf8(bytes) else { continue };
        files += 1;
        breaches.extend(breaches_of(name, &text));
    }
    for name in ["LICENSE", "README.md", "CHANGELOG.md", "ARCHITECTURE.md", "CONTRIBUTING.md"] {
        if !paths::at(name).is_file() {
            breaches.push(format!("{name}: missing"));
        }
    }
    if !breaches.is_empty() {
        bail!("tidy: {} breaches\n  {}", breaches.len(), breaches.join("\n  "));
    }
    say("tidy", format!("{files} files"));
    Ok(())
}

/// Every breach in one file, as `file:line: what is wrong`.
fn breaches_of(name: &str, text: &str) -> Vec<String> {
    let mut breaches = secrets(name, text);
    if recorded(name) {
        return breaches;
    }
    for (index, line) in text.lines().enumerate() {
        let at = format!("{name}:{}", index + 1);
        if line.ends_with([' ', '\t']) {
            breaches.push(format!("{at}: trailing white space"));
        }
        if !source(name) {
            continue;
        }
        for (parts, why) in FORBIDDEN {
            let word = parts.concat();
            if line.contains(&word) {
                breaches.push(format!("{at}: `{word}`: {why}"));
            }
        }
    }
    if matches!(extension(name), "ts" | "tsx" | "mjs") {
        let word = ONLY.concat();
        let lines = text.lines().enumerate().filter(|(_, line)| line.contains(&word));
        breaches
            .extend(lines.map(|(index, _)| format!("{name}:{}: `{word}`: would silence every other test", index + 1)));
    }
    if plugin_script(name) {
        for (index, line) in text.lines().enumerate() {
            let refused = REFUSED_IN_PLUGINS.iter().filter(|(word, _)| line.contains(word));
            breaches.extend(refused.map(|(word, why)| format!("{name}:{}: `{word}`: {why}", index + 1)));
        }
    }
    if !text.is_empty() && !text.ends_with('\n') {
        breaches.push(format!("{name}: no newline at the end"));
    }
    let lines = text.lines().count();
    if source(name) && lines > LONGEST {
        breaches.push(format!("{name}: {lines} lines, at most {LONGEST}: split it by subject"));
    }
    breaches.extend(pins::check(name, text));
    if name.ends_with("/Cargo.toml") {
        breaches.extend(manifest(name, text));
    }
    breaches
}

/// A secret is a prefix with at least sixteen more letters or digits; for a key these are on the line after the prefix.
/// The prefix alone only mentions secrets.
fn secrets(name: &str, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for beginning in SECRETS.iter().map(|parts| parts.concat()) {
        let follows = |(at, _): (usize, &str)| {
            let rest = &text[at + beginning.len()..];
            let rest = rest.strip_prefix("-----").map_or(rest, str::trim_start);
            let letter = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
            rest.bytes().take(16).filter(letter).count() == 16
        };
        if text.match_indices(&beginning).any(follows) {
            found.push(format!("{name}: looks like a secret: `{beginning}…`"));
        }
    }
    found
}

/// Every crate of the workspace takes its lints, licence and edition from the workspace and is never published by accident.
fn manifest(name: &str, text: &str) -> Vec<String> {
    ["[lints]\nworkspace = true", "license.workspace = true", "edition.workspace = true", "publish.workspace = true"]
        .iter()
        .filter(|needed| !text.contains(*needed))
        .map(|needed| format!("{name}: lacks `{}`", needed.replace('\n', " ")))
        .collect()
}

/// Whether a file is a recording of a real program, or is written by a tool; these are kept byte for byte.
fn recorded(name: &str) -> bool {
    let lock = matches!(name, "Cargo.lock" | "package-lock.json") || name.ends_with("go.sum");
    let recordings = ["demo/reports/", "fuzz/corpus/", "/data/", "/golden/", "src/generated/"];
    let data =
        recordings.iter().any(|folder| name.starts_with(folder) || name.contains(folder)) && extension(name) != "md";
    lock || data || name == "LICENSE"
}

/// Whether people write code in a file.
fn source(name: &str) -> bool {
    let code = ["rs", "ts", "tsx", "mjs", "js", "go", "css", "proto", "toml", "sh"];
    code.contains(&extension(name)) || name == ".ci/run"
}

/// Whether a script is bundled into the plugins.
fn plugin_script(name: &str) -> bool {
    name.starts_with("src/") && matches!(extension(name), "ts" | "tsx") && !name.contains(".test.")
}

fn extension(name: &str) -> &str {
    Path::new(name).extension().and_then(|extension| extension.to_str()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, text: &str, expected: &[&str]) {
        let found = breaches_of(name, text);
        assert_eq!(found.len(), expected.len(), "{found:?}");
        for (found, expected) in found.iter().zip(expected) {
            assert!(found.contains(expected), "expected `{expected}` in `{found}`");
        }
    }

    #[test]
    fn clean_text_passes() {
        check("src/a.rs", "fn main() {}\n", &[]);
    }

    #[test]
    fn a_corpus_is_left_as_it_was_found() {
        check("fuzz/corpus/any/a.json", "{}", &[]);
    }

    #[test]
    fn each_rule_names_file_and_line() {
        check("src/a.rs", "fn main() {} \n", &["src/a.rs:1: trailing"]);
        check("src/a.rs", "fn main() {}", &["no newline at the end"]);
        check("src/a.rs", &format!("\n// {}{}: later\n", "TO", "DO"), &["src/a.rs:2: `TO"]);
        check("src/a.rs", &"\n".repeat(LONGEST + 1), &["701 lines"]);
        check("docs/a.md", &format!("token gh{}{}\n", "p_", "0".repeat(36)), &["looks like a secret"]);
    }

    #[test]
    fn a_key_is_more_than_the_line_that_begins_it() {
        let begins = format!("-----BEGIN {}-----", "PRIVATE KEY");
        check("src/a.rs", &format!("expected `{begins}`, found none\n"), &[]);
        check("src/a.pem", &format!("{begins}\n{}\n", "A0".repeat(20)), &["looks like a secret"]);
    }

    #[test]
    fn a_test_must_not_silence_the_others() {
        check("tests/a.test.mjs", &format!("it{}'a', () => {{}});\n", ONLY.concat()), &["tests/a.test.mjs:1"]);
        check("crates/a/src/a.rs", &format!("table{}from);\n", ONLY.concat()), &[]);
    }

    #[test]
    fn plugins_keep_grafanas_rules() {
        check("src/panel/a.ts", "console.log(1);\n", &["src/panel/a.ts:1: `console.`"]);
        check("src/panel/a.test.ts", "console.log(1);\n", &[]);
        check("scripts/a.mjs", "console.log(1);\n", &[]);
    }

    #[test]
    fn a_prefix_that_code_looks_for_is_no_secret() {
        check("src/a.rs", &format!("starts_with(\"gh{}\")\n", "p_"), &[]);
    }

    #[test]
    fn recordings_are_left_alone_except_for_secrets() {
        check("crates/reports/tests/data/a.json", "{ } ", &[]);
        check("crates/reports/tests/data/a.json", &format!("gh{}{}", "p_", "0".repeat(36)), &["looks like a secret"]);
    }

    #[test]
    fn a_crate_inherits_from_the_workspace() {
        let inherits =
            "license.workspace = true\nedition.workspace = true\npublish.workspace = true\n[lints]\nworkspace = true\n";
        check("crates/a/Cargo.toml", inherits, &[]);
        check("crates/a/Cargo.toml", "license.workspace = true\n", &["[lints]", "edition", "publish"]);
    }
}
