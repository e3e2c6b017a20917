//! Every file in the corpora, seeds and former findings alike, keeps every promise on a stable
//! toolchain too.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::{TARGETS, Target, read_as_target};

/// What all corpora together may take in the repository, bytes.
const MOST_BYTES: u64 = 2 << 20;

#[test]
fn every_corpus_is_read_as_promised() {
    let corpora = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let mut bytes = 0;
    for (target, _) in TARGETS {
        let (mut files, mut read) = (0, 0);
        for entry in fs::read_dir(corpora.join(target)).unwrap_or_else(|error| panic!("{target}: {error}")) {
            let path = entry.unwrap().path();
            println!("{target} {}", path.display());
            let data = fs::read(&path).unwrap();
            bytes += data.len() as u64;
            files += 1;
            read += read_as_target(target, &data);
        }
        assert!(files > 0 && read > 0, "{target}: {files} files, {read} runs: a corpus without a report tells nothing");
    }
    assert!(bytes <= MOST_BYTES, "{bytes} bytes of corpora");
}

#[test]
fn every_reader_has_a_target_and_every_target_a_corpus() {
    let targets: BTreeSet<&str> = TARGETS
        .iter()
        .filter_map(|(_, target)| if let Target::Format(name) = target { Some(*name) } else { None })
        .collect();
    assert_eq!(targets, headroom_reports::formats().collect());
    let folder = |name: &str| -> BTreeSet<String> {
        let entries = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap();
        entries.map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned()).collect()
    };
    let names: BTreeSet<String> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(folder("corpus"), names);
    assert_eq!(folder("fuzz_targets"), names);
}
