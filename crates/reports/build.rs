//! Makes a fingerprint of the readers' sources: what was read by other readers is read again.

use std::path::{Path, PathBuf};
use std::{fs, io};

use sha2::{Digest as _, Sha256};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=src");
    let mut files = Vec::new();
    collect(Path::new("src"), "src", &mut files)?;
    files.sort();
    let mut hash = Sha256::new();
    for (name, path) in &files {
        let text = fs::read_to_string(path)?.replace("\r\n", "\n");
        // The length keeps apart where a name ends, a text begins and the next name follows.
        hash.update(format!("{name}\0{}\0", text.len()));
        hash.update(text);
    }
    let digits: String = hash.finalize().iter().flat_map(|byte| [byte >> 4, byte & 15].map(digit)).collect();
    println!("cargo::rustc-env=HEADROOM_READERS={digits}");
    Ok(())
}

/// A hexadecimal digit.
fn digit(value: u8) -> char {
    char::from(b"0123456789abcdef"[usize::from(value)])
}

/// Finds every source below a folder, named with `/` on every system. What an editor or the system leaves beside them, hidden
/// or of another kind, makes no other reader.
fn collect(folder: &Path, name: &str, into: &mut Vec<(String, PathBuf)>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let file = entry.file_name().to_string_lossy().into_owned();
        let name = format!("{name}/{file}");
        if file.starts_with('.') {
            continue;
        }
        if entry.file_type()?.is_dir() {
            collect(&entry.path(), &name, into)?;
        } else if entry.path().extension().is_some_and(|extension| extension == "rs") {
            into.push((name, entry.path()));
        }
    }
    Ok(())
}
