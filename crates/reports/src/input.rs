//! The bytes of a report: decompressed, as UTF-8, hashed, and read through a window of fixed size.

use std::io::{self, Read};
use std::rc::Rc;

use crate::content_hash::ContentHash;
use crate::expansion::{Counted, Expanded};
use crate::problem::{Code, Problem};
use crate::utf16::{self, Utf16};

/// Size of the window, bytes. Formats are recognised by the first window, so it must contain the settings before the
/// measurements. It should also fit into a processor's second-level cache.
pub(crate) const WINDOW: usize = 256 * 1024;

/// How many layers of compression are removed. People compress twice by accident, but never more often.
const MAX_LAYERS: usize = 3;

/// A window that slides over the bytes of a report. Formats read `window()[at..]`, and call [`Input::slide`] if they
/// need more.
pub(crate) struct Input<'r> {
    reader: Box<dyn Read + 'r>,
    /// `gzip` or `zstd` if the reader decompresses.
    compression: Option<&'static str>,
    buffer: Vec<u8>,
    end: usize,
    exhausted: bool,
    /// Why the bytes end with the first window; not reported yet.
    failure: Option<io::Error>,
    /// Number of bytes of the report before `buffer[0]`.
    before: u64,
    hash: Option<ContentHash>,
    /// Where the next token begins in the window.
    pub(crate) at: usize,
}

impl<'r> Input<'r> {
    /// Opens a report: removes compression, UTF-16 and a byte order mark, and fills the first window. [`Input::slide`]
    /// returns a failure to read once the bytes before it are used.
    pub(crate) fn open(reader: impl Read + 'r) -> Self {
        Self::with_window(reader, WINDOW)
    }

    /// [`Input::open`] with a window of `size` bytes.
    pub(crate) fn with_window(reader: impl Read + 'r, size: usize) -> Self {
        let counted = Counted::new(reader);
        let given = counted.given();
        let mut reader: Box<dyn Read + 'r> = Box::new(counted);
        let mut compression = None;
        let mut failure = None;
        for _ in 0..MAX_LAYERS {
            let mut magic = Vec::with_capacity(4);
            if let Err(error) = reader.by_ref().take(4).read_to_end(&mut magic) {
                failure = Some(error);
                break;
            }
            let layer = compression_of(&magic);
            let utf16 = utf16::begins(&magic);
            let whole = io::Cursor::new(magic).chain(reader);
            reader = match layer {
                None => match utf16 {
                    Some(high_first) => Box::new(Utf16::new(whole, high_first)),
                    None => Box::new(whole),
                },
                Some("gzip") => Box::new(Expanded::new(flate2::read::MultiGzDecoder::new(whole), Rc::clone(&given))),
                Some(_) => match zstd::Decoder::new(whole) {
                    Ok(decoder) => Box::new(Expanded::new(decoder, Rc::clone(&given))),
                    Err(error) => {
                        failure = Some(error);
                        Box::new(io::empty())
                    }
                },
            };
            if layer.is_none() {
                break;
            }
            compression = layer;
        }
        let mut input = Self {
            reader,
            compression,
            buffer: vec![0; size],
            end: 0,
            exhausted: false,
            failure,
            before: 0,
            hash: Some(ContentHash::new()),
            at: 0,
        };
        input.fill_window();
        if input.window().starts_with(b"\xef\xbb\xbf") {
            input.at = 3;
        }
        input
    }

    /// A window over bytes that are already in memory and that need no id.
    pub(crate) fn over(bytes: &[u8]) -> Self {
        Self::of(bytes.to_vec())
    }

    /// Like [`Input::over`], without a copy.
    pub(crate) fn of(bytes: Vec<u8>) -> Self {
        Self {
            reader: Box::new(io::empty()),
            compression: None,
            end: bytes.len(),
            buffer: bytes,
            exhausted: true,
            failure: None,
            before: 0,
            hash: None,
            at: 0,
        }
    }

    fn fill_window(&mut self) {
        while !self.exhausted && self.failure.is_none() && self.end < self.buffer.len() {
            if let Err(error) = self.read_some() {
                self.failure = Some(error);
            }
        }
    }

    fn read_some(&mut self) -> io::Result<()> {
        loop {
            match self.reader.read(&mut self.buffer[self.end..]) {
                Ok(0) => self.exhausted = true,
                Ok(count) => {
                    if let Some(hash) = &mut self.hash {
                        hash.update(&self.buffer[self.end..self.end + count]);
                    }
                    self.end += count;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            }
            return Ok(());
        }
    }

    /// The bytes that are in the window.
    pub(crate) fn window(&self) -> &[u8] {
        &self.buffer[..self.end]
    }

    /// Whether the window reaches to the end of the report.
    pub(crate) fn is_last(&self) -> bool {
        self.exhausted
    }

    /// Number of bytes of the report before the current position.
    pub(crate) fn offset(&self) -> u64 {
        self.before + self.at as u64
    }

    /// Slides the window so that it begins at `at`, and reads more. `false` if there is no more, or if the window is
    /// full because what begins at `at` is longer than it.
    pub(crate) fn slide(&mut self) -> io::Result<bool> {
        if let Some(error) = self.failure.take() {
            self.exhausted = true;
            return Err(error);
        }
        if self.exhausted {
            return Ok(false);
        }
        if self.before == 0 && self.end == self.buffer.len() {
            self.hash = self.hash.take().map(ContentHash::go_beside);
        }
        if self.at > 0 {
            self.buffer.copy_within(self.at..self.end, 0);
            self.before += self.at as u64;
            self.end -= self.at;
            self.at = 0;
        }
        let had = self.end;
        if had < self.buffer.len()
            && let Err(error) = self.read_some()
        {
            self.exhausted = true;
            return Err(error);
        }
        Ok(self.end > had)
    }

    /// Skips white space; whether the report ends there.
    pub(crate) fn is_used_up(&mut self) -> io::Result<bool> {
        loop {
            let blanks = self.window()[self.at..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
            self.at += blanks;
            if self.at < self.end {
                return Ok(false);
            }
            if !self.slide()? {
                return Ok(true);
            }
        }
    }

    /// Everything from the current position on; `None` if there are more than `limit` bytes.
    pub(crate) fn rest(&mut self, limit: usize) -> io::Result<Option<Vec<u8>>> {
        let mut rest = Vec::new();
        loop {
            rest.extend_from_slice(&self.window()[self.at..]);
            self.at = self.end;
            if rest.len() > limit {
                return Ok(None);
            }
            if !self.slide()? {
                return Ok(Some(rest));
            }
        }
    }

    /// Reads the rest without parsing it, and returns the SHA-256 of all bytes in lower-case hexadecimal. A report and
    /// its compressed copy have the same hash.
    pub(crate) fn finish(&mut self) -> (String, io::Result<()>) {
        let mut outcome = Ok(());
        loop {
            self.at = self.end;
            match self.slide() {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    outcome = Err(error);
                    break;
                }
            }
        }
        (self.hash.take().map(ContentHash::finish).unwrap_or_default(), outcome)
    }

    /// The problem behind a failed read.
    pub(crate) fn problem(&self, error: &io::Error, source: &str) -> Problem {
        let after = self.before + self.end as u64;
        let (code, message) = match (self.compression, error.kind()) {
            (Some(layer), io::ErrorKind::UnexpectedEof) => (
                Code::Truncated,
                format!(
                    "expected a complete {layer} file; it ends early, {after} bytes into its content. Copy it again."
                ),
            ),
            (Some(_), io::ErrorKind::FileTooLarge) => (Code::BadCompression, error.to_string()),
            (Some(layer), io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData | io::ErrorKind::Other) => (
                Code::BadCompression,
                format!(
                    "expected a {layer} file; it is damaged, {after} bytes into its content. Compress or copy it again."
                ),
            ),
            (_, kind) => (
                Code::Unreadable,
                format!(
                    "expected a readable file; reading failed after {after} bytes: {kind}. Check the file, its permissions and its disk."
                ),
            ),
        };
        Problem { source: source.to_owned(), code, path: None, message }
    }
}

/// Endings of compressed files, behind the ending of the report: `report.json.zst`. Whether a file is compressed is seen in
/// its content.
pub const PACKED: [&str; 2] = ["zst", "gz"];

/// A report's file name without the endings of compressions.
pub(crate) fn unpacked_name(name: &str) -> &str {
    match name.rsplit_once('.') {
        Some((stem, end)) if PACKED.iter().any(|packed| end.eq_ignore_ascii_case(packed)) => unpacked_name(stem),
        _ => name,
    }
}

/// The compression that begins with these four bytes (RFC 1952 §2.3.1, RFC 8878 §3.1.1): `gzip` or `zstd`.
#[must_use]
pub fn compression_of(magic: &[u8]) -> Option<&'static str> {
    if magic.starts_with(&[0x1f, 0x8b]) {
        Some("gzip")
    } else if magic == [0x28, 0xb5, 0x2f, 0xfd] {
        Some("zstd")
    } else {
        None
    }
}
