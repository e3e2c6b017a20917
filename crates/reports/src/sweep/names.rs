//! What the names of files show: which of them belong to one sweep. And how several files are written as one source.

use std::collections::BTreeSet;
use std::path::Path;

/// Separates the files in a joined run's source.
const BETWEEN: &str = ", ";

/// The path of a file without the parts that state the load: it is the same for every file of one sweep.
pub(super) fn sweep(source: &str) -> Vec<String> {
    // The source of a joined run already names several files of one sweep.
    let first = source.split(BETWEEN).next().unwrap_or(source);
    let mut parts: Vec<&str> = first.split('/').collect();
    let file = parts.pop().unwrap_or_default();
    let mut key: Vec<String> = parts
        .into_iter()
        // vLLM's sweep names a folder `SERVE--k=v-BENCH--k=v`; the second half is the load.
        .map(|part| part.split("BENCH--").next().unwrap_or(part).trim_end_matches(['-', '_']))
        .filter(|part| *part != "sweep_aggregate" && !part.is_empty())
        // The server's own settings are never the load.
        .map(|part| if part.starts_with("SERVE--") { part.to_owned() } else { without_load(part) })
        .filter(|part| !part.is_empty())
        .collect();
    key.push(without_load(file));
    key
}

fn without_load(name: &str) -> String {
    let mut words: Vec<&str> =
        name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty() && !is_load(word)).collect();
    words.dedup();
    words.join(" ")
}

/// Whether a word in a file's name is a load, a date, a repetition or a duration.
fn is_load(word: &str) -> bool {
    const BEFORE: &[&str] = &[
        "conc",
        "concurrency",
        "c",
        "u",
        "users",
        "rate",
        "r",
        "rps",
        "qps",
        "stage",
        "run",
        "request",
        "max",
        "n",
        "vus",
    ];
    const AFTER: &[&str] = &["qps", "rps", "users", "u", "s", "vus"];
    let word = word.to_ascii_lowercase();
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    BEFORE.iter().any(|before| word.strip_prefix(before).is_some_and(digits))
        || AFTER.iter().any(|after| word.strip_suffix(after).is_some_and(digits))
        || digits(&word)
        || matches!(word.as_str(), "summary" | "sweep")
}

/// For example `sweep/c1.json, c4.json` for files of one folder; whole paths if the folders differ.
pub(super) fn sources<'s>(sources: impl Iterator<Item = &'s str>) -> String {
    let mut sources: Vec<&str> = sources.collect();
    sources.dedup();
    let first = sources.first().map(|source| folder(source)).unwrap_or_default();
    let one_folder = !first.is_empty() && sources.iter().all(|source| folder(source) == first);
    let short: Vec<&str> = sources
        .iter()
        .enumerate()
        .map(|(index, source)| if one_folder && index > 0 { name(source) } else { source })
        .collect();
    short.join(BETWEEN)
}

/// The files in a [source](sources), each with its folder.
pub(crate) fn files(source: &str) -> impl Iterator<Item = String> {
    let first = folder(source.split(BETWEEN).next().unwrap_or(source));
    source.split(BETWEEN).map(move |file| {
        if file.contains('/') || first.is_empty() { file.to_owned() } else { format!("{first}/{file}") }
    })
}

fn folder(source: &str) -> String {
    Path::new(source).parent().map(|parent| parent.to_string_lossy().into_owned()).unwrap_or_default()
}

/// The folders that reports were read from, and all folders above those.
#[derive(Debug, Clone, Default)]
pub struct Folders(BTreeSet<String>);

impl Folders {
    /// The folders of these files.
    #[must_use]
    pub fn of<'s>(sources: impl Iterator<Item = &'s str>) -> Self {
        let mut folders = BTreeSet::new();
        for source in sources {
            let mut at = folder(source);
            // If a folder is there already, those above it are too.
            while folders.insert(at.clone()) && !at.is_empty() {
                at = folder(&at);
            }
        }
        Self(folders)
    }

    /// Whether a report was read beside this file or below its folder. If so, a companion file of the tool, such as its
    /// settings, need not be reported.
    #[must_use]
    pub fn hold(&self, source: &str) -> bool {
        self.0.contains(&folder(source))
    }
}

fn name(source: &str) -> &str {
    source.rsplit('/').next().unwrap_or(source)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_one_sweep() {
        let together: &[&[&str]] = &[
            &["d/m_fp8_isl1024_conc4.json", "d/m_fp8_isl1024_conc16.json"],
            &[
                "d/openai-chat-8.0qps-m-20261124-032516.json",
                "d/openai-chat-10.0qps-concurrency4-m-20261124-032242.json",
            ],
            &["e/BENCH--max_concurrency=1/run=0.json", "e/BENCH--max_concurrency=16/summary.json"],
            &["a/concurrency_1/p.json", "a/concurrency_16/p.json", "a/sweep_aggregate/p_sweep.json"],
            &["s/stage_0_lifecycle.json", "s/stage_12_lifecycle.json"],
            &["g/D64_24_t2t_num_concurrency_4_time_5s.json", "g/D64_24_t2t_num_concurrency_16_time_3s.json"],
            &["b/benchmark_2025-05-13_04-37-51.json", "b/benchmark_2025-05-13_05-00-45.json"],
        ];
        for files in together {
            assert!(files.iter().all(|file| sweep(file) == sweep(files[0])), "{files:?}");
        }
        let apart = [
            ("d/m_tep8_conc4.json", "d/m_dep8_conc4.json"),
            ("d/m_isl1024_conc4.json", "d/m_isl4096_conc4.json"),
            ("a/c4.json", "b/c4.json"),
            // One benchmark in two formats is not two loads.
            ("g/c4.json", "g/c4.html"),
            ("e/SERVE--max_num_seqs=8-BENCH--c=1/run=0.json", "e/BENCH--c=1/run=0.json"),
        ];
        for (a, b) in apart {
            assert_ne!(sweep(a), sweep(b), "{a} {b}");
        }
    }

    #[test]
    fn sources_name_every_file() {
        for (given, expected) in [
            (["d/a.json", "d/b.json"], "d/a.json, b.json"),
            (["d/a.json", "e/b.json"], "d/a.json, e/b.json"),
            (["a.json", "b.json"], "a.json, b.json"),
        ] {
            let source = sources(given.into_iter());
            assert_eq!(source, expected);
            assert_eq!(files(&source).collect::<Vec<_>>(), given, "and back");
        }
    }

    #[test]
    fn folders_with_reports() {
        let folders = Folders::of(["a/b/c1.json", "a/d/c1.json", "e/x.json"].into_iter());
        for (file, expected) in [
            ("a/b/config.yaml", true),
            ("a/config.yaml", true),
            ("config.yaml", true),
            ("a/b/c/config.yaml", false),
            ("a/bc/config.yaml", false),
            ("f/config.yaml", false),
        ] {
            assert_eq!(folders.hold(file), expected, "{file}");
        }
        assert!(!Folders::default().hold("config.yaml"));
    }
}
