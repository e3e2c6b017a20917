//! What is sent of a file: the same bytes at every reading, so that a push that was killed goes on where it was.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use headroom_base::hexadecimal;
use headroom_reports::compression_of;
use sha2::{Digest as _, Sha256};

/// How hard is compressed: reports become a tenth at a few hundred megabytes a second.
const LEVEL: i32 = 3;

/// The content of a file as it is sent.
pub(super) struct Content {
    path: PathBuf,
    /// Whether it is compressed on its way.
    packs: bool,
    /// Its bytes as sent.
    pub(super) bytes: u64,
    /// Their SHA-256, in lower-case hexadecimal.
    pub(super) sha256: String,
}

impl Content {
    /// Looks through a file. What is compressed already is sent as it is, and so is what must stay `plain`.
    ///
    /// # Errors
    /// If it cannot be read.
    pub(super) fn of(path: &Path, plain: bool) -> io::Result<Self> {
        let mut magic = Vec::new();
        File::open(path)?.take(4).read_to_end(&mut magic)?;
        let packs = !plain && compression_of(&magic).is_none();
        let mut content = Self { path: path.to_owned(), packs, bytes: 0, sha256: String::new() };
        let mut hash = Sha256::new();
        let mut from = content.open()?;
        let mut chunk = vec![0; 256 << 10];
        loop {
            let count = from.read(&mut chunk)?;
            if count == 0 {
                break;
            }
            content.bytes += count as u64;
            hash.update(&chunk[..count]);
        }
        content.sha256 = hexadecimal(&hash.finalize());
        Ok(content)
    }

    /// Reads what is sent from its start.
    ///
    /// # Errors
    /// If the file cannot be opened.
    pub(super) fn open(&self) -> io::Result<Box<dyn Read>> {
        let file = File::open(&self.path)?;
        Ok(if self.packs { Box::new(zstd::stream::read::Encoder::new(file, LEVEL)?) } else { Box::new(file) })
    }
}

/// The SHA-256 of a part.
pub(super) fn sha256(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_sent_alike_each_time_and_compressed_once() {
        let folder = tempfile::tempdir().unwrap();
        let (plain, packed) = (folder.path().join("a.json"), folder.path().join("a.json.zst"));
        let text = "{\"a\": 1}".repeat(100_000);
        std::fs::write(&plain, &text).unwrap();
        let read = |content: &Content| {
            let mut bytes = Vec::new();
            content.open().unwrap().read_to_end(&mut bytes).unwrap();
            bytes
        };
        let sent = Content::of(&plain, false).unwrap();
        let bytes = read(&sent);
        assert!(bytes.len() < text.len() / 10 && read(&sent) == bytes);
        assert_eq!((sent.bytes, sent.sha256.clone()), (bytes.len() as u64, sha256(&bytes)));
        assert_eq!(Content::of(&plain, false).unwrap().sha256, sent.sha256);
        std::fs::write(&packed, &bytes).unwrap();
        assert_eq!(Content::of(&packed, false).unwrap().sha256, sent.sha256);
        assert_eq!(read(&Content::of(&plain, true).unwrap()), text.as_bytes());
    }
}
