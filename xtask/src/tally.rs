//! Counts passed tests in the output of test runners.

/// The result of a suite.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Tally {
    /// Tests that passed.
    pub(crate) passed: usize,
    /// Tests that failed.
    pub(crate) failed: usize,
    /// Tests that did not run.
    pub(crate) skipped: usize,
    /// Why they did not run, or why the suite as a whole failed.
    pub(crate) reasons: Vec<String>,
    /// Whether the test whose output is being read is already counted in `skipped`.
    counted: bool,
    /// Number of tests in `skipped` that the runner counts as passed.
    left_out: usize,
}

/// Prefix of the line that a test prints if it cannot run.
const LEFT_OUT: &str = "left out:";

impl Tally {
    /// The result of a single test.
    pub(crate) fn one(passed: bool) -> Self {
        Self { passed: usize::from(passed), failed: usize::from(!passed), ..Self::default() }
    }

    /// A whole suite that did not run.
    pub(crate) fn left_out(reason: &str) -> Self {
        Self { skipped: 1, reasons: vec![format!("{LEFT_OUT} {reason}")], ..Self::default() }
    }

    /// A whole suite that could not run where it should have.
    pub(crate) fn failed(reason: &str) -> Self {
        Self { failed: 1, reasons: vec![format!("failed: {reason}")], ..Self::default() }
    }

    /// Adds the result of another suite.
    pub(crate) fn add(&mut self, other: &Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
        self.reasons.extend(other.reasons.iter().cloned());
    }

    /// Reads one line of a runner's output: cargo's `test result:` lines, the summaries of `node --test` and of
    /// Playwright, each test of `go test -v`, and `left out:` from any test.
    pub(crate) fn read(&mut self, line: &str) {
        let line = line.trim();
        if let Some(counts) = line.strip_prefix("test result:") {
            for part in counts.split([';', '.']) {
                match part.trim().split_once(' ') {
                    Some((number, "passed")) => self.passed += number.parse::<usize>().unwrap_or(0),
                    Some((number, "failed")) => self.failed += number.parse::<usize>().unwrap_or(0),
                    Some((number, "ignored")) => self.skipped += number.parse::<usize>().unwrap_or(0),
                    _ => {}
                }
            }
        } else if let Some(count) = line.strip_prefix("# ").or_else(|| line.strip_prefix("ℹ ")) {
            match count.split_once(' ') {
                Some(("pass", number)) => self.passed += number.parse::<usize>().unwrap_or(0),
                Some(("fail" | "cancelled", number)) => self.failed += number.parse::<usize>().unwrap_or(0),
                Some(("skipped" | "todo", number)) => self.skipped += number.parse::<usize>().unwrap_or(0),
                _ => {}
            }
        } else if let Some((count, what)) = playwright(line) {
            match what {
                "failed" => self.failed += count,
                "skipped" | "did not run" => self.skipped += count,
                _ => self.passed += count,
            }
        } else if let Some(result) = line.strip_prefix("--- ") {
            self.passed += usize::from(result.starts_with("PASS: "));
            self.failed += usize::from(result.starts_with("FAIL: "));
        } else if line.starts_with("---- ") || line.starts_with("=== RUN ") {
            self.counted = false;
        } else if let Some(at) = line.find(LEFT_OUT) {
            let reason = line[at..].trim().to_owned();
            if !self.counted {
                self.left_out += 1;
                self.counted = true;
            }
            if !self.reasons.contains(&reason) {
                self.reasons.push(reason);
            }
        }
    }

    /// The result after all lines were read. Runners count a test that was left out as passed, but a test that checked
    /// nothing has not passed.
    pub(crate) fn finish(mut self) -> Self {
        self.passed = self.passed.saturating_sub(self.left_out);
        self.skipped += std::mem::take(&mut self.left_out);
        self
    }
}

/// A line of Playwright's summary, such as `3 failed` or `94 passed (2.1m)`.
fn playwright(line: &str) -> Option<(usize, &str)> {
    let (count, what) = line.split_once(' ')?;
    let known = matches!(what, "failed" | "skipped" | "did not run") || what.starts_with("passed (");
    Some((count.parse().ok()?, what)).filter(|_| known)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(output: &str, expected: (usize, usize, usize), reasons: &[&str]) {
        let mut tally = Tally::default();
        output.lines().for_each(|line| tally.read(line));
        let tally = tally.finish();
        assert_eq!((tally.passed, tally.failed, tally.skipped), expected);
        assert_eq!(tally.reasons, reasons);
    }

    #[test]
    fn cargo_prints_one_line_per_binary() {
        check(
            "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s\n\
             test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s\n",
            (15, 2, 1),
            &[],
        );
    }

    #[test]
    fn node_prints_a_summary_in_two_dialects() {
        check("# tests 4\n# pass 3\n# fail 1\n# cancelled 0\n# skipped 0\n# todo 0\n", (3, 1, 0), &[]);
        check("ℹ pass 3\nℹ fail 0\nℹ skipped 2\n", (3, 0, 2), &[]);
    }

    #[test]
    fn playwright_prints_its_summary_last() {
        check(
            "  1 failed\n    [admin] › a.spec.ts:1:1 › a\n  2 skipped\n  3 did not run\n  90 passed (2.1m)\n",
            (90, 1, 5),
            &[],
        );
    }

    #[test]
    fn go_prints_each_test() {
        check(
            "=== RUN   TestA\n=== RUN   TestA/one\n    a_test.go:7: left out: no Prometheus\n--- FAIL: TestA (0.10s)\n    --- PASS: TestA/one (0.10s)\n\
             === RUN   TestB\n--- PASS: TestB (0.00s)\nFAIL\n",
            (1, 1, 1),
            &["left out: no Prometheus"],
        );
    }

    #[test]
    fn a_test_that_was_left_out_did_not_pass() {
        check(
            "successes:\n\n---- one stdout ----\nleft out: no Go\nleft out: no Go\n---- two stdout ----\nleft out: no Go\n\
             \ntest result: ok. 5 passed; 0 failed; 0 ignored\n",
            (3, 0, 2),
            &["left out: no Go"],
        );
    }
}
