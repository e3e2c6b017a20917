//! The path of a report that is written into a store: below it, visible to its listing, and nothing else.

use std::fmt;

use headroom_reports::PACKED;

use super::reports::{DEPLOYMENTS, MAX_DEPTH, ending, has_ending};

/// The most bytes of one name, as file systems have it. Sixteen are left for what compression and writing add.
const MAX_NAME: usize = 255 - 16;
/// The most characters of a path that are quoted in a message.
const QUOTED: usize = 120;

/// A path below the root of a store under which a report will be listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportPath {
    /// The folders from the root on.
    folders: Vec<String>,
    name: String,
}

impl ReportPath {
    /// Checks a path such as `2026-12-01/llama.json`.
    ///
    /// # Errors
    /// What was expected, what was found and what to do, if it leaves the store, would not be listed, or is that of the
    /// deployments file.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = |why: &str| {
            let found: String = text.chars().take(QUOTED).collect();
            Err(format!(
                "expected the path of a report below the store, such as 2026-12-01/llama.json; found {found:?}, {why}"
            ))
        };
        if text.is_empty() {
            return wrong("which is empty");
        }
        if text.starts_with('/') || text.contains('\\') || text.contains(':') {
            return wrong("which is not relative to the store: leave out `/` at its start, `\\` and `:`");
        }
        if text.chars().any(char::is_control) {
            return wrong("which has characters that cannot be printed");
        }
        let mut folders: Vec<String> = text.split('/').map(str::to_owned).collect();
        for part in &folders {
            if part == ".." || part == "." {
                return wrong("which has `.` or `..`: write the path as it is to be");
            }
            if part.is_empty() || part.ends_with(['.', ' ']) || part.starts_with(' ') {
                return wrong("which has an empty name, or one that begins or ends with a space or ends with a dot");
            }
            if part.starts_with('.') {
                return wrong("which is hidden: names that begin with a dot are not listed");
            }
            if part.len() > MAX_NAME {
                return wrong(&format!("which has a name of more than {MAX_NAME} bytes"));
            }
        }
        let name = folders.pop().unwrap_or_default();
        if folders.len() > MAX_DEPTH {
            return wrong(&format!("which is more than {MAX_DEPTH} folders deep"));
        }
        if DEPLOYMENTS.contains(&name.as_str()) {
            return wrong("which is the name of the file with facts about deployments: it is no report");
        }
        if ending(&name).is_none() {
            return wrong("whose ending is not that of a report: give it json, yaml, yml, csv or jsonl");
        }
        Ok(Self { folders, name })
    }

    /// The same path with the ending of a compression, `gz` or `zst`, or with none.
    #[must_use]
    pub fn packed(mut self, packing: Option<&str>) -> Self {
        while let Some((stem, _)) =
            self.name.rsplit_once('.').filter(|_| PACKED.iter().any(|packed| has_ending(&self.name, packed)))
        {
            self.name = stem.to_owned();
        }
        if let Some(packing) = packing {
            self.name.push('.');
            self.name.push_str(packing);
        }
        self
    }

    /// The names of its folders, from the root on.
    #[must_use]
    pub fn folders(&self) -> &[String] {
        &self.folders
    }

    /// Its last name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The path of another file in its folder.
    #[must_use]
    pub fn beside(&self, name: &str) -> Self {
        Self { folders: self.folders.clone(), name: name.to_owned() }
    }
}

impl fmt::Display for ReportPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for folder in &self.folders {
            write!(f, "{folder}/")?;
        }
        f.write_str(&self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Result<&str, &str>) {
        match (ReportPath::parse(text), expected) {
            (Ok(path), Ok(shown)) => assert_eq!(path.to_string(), shown, "{text:?}"),
            (Err(message), Err(part)) => {
                assert!(message.contains(part) && message.starts_with("expected the path"), "{text:?}: {message}");
            }
            (found, _) => panic!("{text:?}: {found:?}"),
        }
    }

    #[test]
    fn a_path_stays_below_the_store_and_is_listed() {
        check("llama.json", Ok("llama.json"));
        check("2026-12-01/a b/Llama 3 (int4).json.gz", Ok("2026-12-01/a b/Llama 3 (int4).json.gz"));
        check("ä/levels.CSV", Ok("ä/levels.CSV"));
        check("trace.jsonl.zst", Ok("trace.jsonl.zst"));
        check("", Err("is empty"));
        check("/etc/x.json", Err("not relative"));
        check("..\\x.json", Err("not relative"));
        check("C:x.json", Err("not relative"));
        check("../x.json", Err("`..`"));
        check("a/../../x.json", Err("`..`"));
        check("a/./x.json", Err("`.`"));
        check("a//x.json", Err("empty name"));
        check("a /x.json", Err("a space"));
        check("a/", Err("empty name"));
        check("..", Err("`..`"));
        check(".x.json", Err("hidden"));
        check(".git/x.json", Err("hidden"));
        check("a\n.json", Err("cannot be printed"));
        check("a\0.json", Err("cannot be printed"));
        check("x.sh", Err("ending"));
        check("json", Err("ending"));
        check("x.gz", Err("ending"));
        check("deployments.yaml", Err("facts about deployments"));
        check("a/deployments.yml", Err("facts about deployments"));
        check(&format!("{}.json", "x".repeat(300)), Err("more than 239 bytes"));
        check(&format!("{}x.json", "a/".repeat(17)), Err("16 folders deep"));
    }

    #[test]
    fn the_ending_says_how_a_report_is_compressed() {
        for (text, packing, expected) in [
            ("a/x.json", None, "a/x.json"),
            ("a/x.json", Some("gz"), "a/x.json.gz"),
            ("a/x.json.GZ", Some("gz"), "a/x.json.gz"),
            ("a/x.json.gz", Some("zst"), "a/x.json.zst"),
            ("a/x.json.zst", None, "a/x.json"),
        ] {
            assert_eq!(ReportPath::parse(text).unwrap().packed(packing).to_string(), expected, "{text} {packing:?}");
        }
    }
}
