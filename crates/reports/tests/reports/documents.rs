//! What the documents say of the readers. `UPDATE_EXPECT=1 cargo test -p headroom-reports` writes it anew.

use std::fmt::Write as _;
use std::path::Path;

use expect_test::expect_file;

#[test]
fn the_readme_lists_every_format() {
    let (begin, end) =
        ("<!-- formats: written by `UPDATE_EXPECT=1 cargo test -p headroom-reports` -->\n", "<!-- /formats -->");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md");
    let readme = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = readme.split_once(begin).unwrap();
    let (_, after) = rest.split_once(end).unwrap();
    let mut table = String::from("\n| format | what to give |\n|---|---|\n");
    for format in headroom_reports::formats() {
        writeln!(table, "| {} | {} |", format.name, format.documentation).unwrap();
    }
    expect_file![path].assert_eq(&format!("{before}{begin}{table}\n{end}{after}"));
}

/// The fingerprint is of every source file, so that no change of a reader leaves it as it was.
#[test]
fn the_fingerprint_is_of_every_source_file() {
    use sha2::{Digest as _, Sha256};

    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files: Vec<(String, String)> = crate::support::every_file(&root.join("src"))
        .into_iter()
        .map(|path| {
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
            (name, std::fs::read_to_string(path).unwrap().replace("\r\n", "\n"))
        })
        .collect();
    files.sort();
    let mut hash = Sha256::new();
    for (name, text) in &files {
        hash.update(format!("{name}\0{}\0{text}", text.len()));
    }
    let digits: String = hash
        .finalize()
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15].map(|digit| char::from(b"0123456789abcdef"[usize::from(digit)])))
        .collect();
    assert_eq!(headroom_reports::READERS, digits);
    assert!(files.iter().any(|(name, _)| name == "src/formats/guidellm/rows.rs"));
}
