//! A look at the first window of a file, by which each format recognises its files.

use std::collections::BTreeMap;

use crate::input::Input;
use crate::json::{JsonType, Parser, Stop};

/// Depth to which keys are collected. `benchmarks[].config.strategy` is the deepest path that a format asks for.
const DEPTH: usize = 3;

/// The most keys that are collected.
const MAX_KEYS: usize = 4096;

/// The first window of a file.
pub(crate) struct Sniff<'w> {
    bytes: &'w [u8],
    /// Paths of a JSON document, without indices and only for the first element of each array, with their texts if
    /// short.
    keys: BTreeMap<String, Option<String>>,
    /// Names at the top of a JSON document, in its order.
    top: Vec<String>,
    stop: Option<Stop>,
}

impl<'w> Sniff<'w> {
    /// Examines the bytes of a window.
    pub(crate) fn of(bytes: &'w [u8]) -> Self {
        let mut sniff = Self { bytes, keys: BTreeMap::new(), top: Vec::new(), stop: None };
        if sniff.is_json() {
            let mut input = Input::over(bytes);
            let mut parser = Parser::new(&mut input);
            sniff.stop = collect(&mut parser, "", DEPTH, &mut sniff.keys).err();
            sniff.top = sniff.keys.keys().filter(|path| !path.contains(['.', '['])).take(12).cloned().collect();
        }
        sniff
    }

    /// Whether the content begins like a JSON document.
    pub(crate) fn is_json(&self) -> bool {
        matches!(self.first(), Some(b'{' | b'['))
    }

    /// The first byte that is not blank.
    pub(crate) fn first(&self) -> Option<u8> {
        self.bytes.iter().copied().find(|byte| !byte.is_ascii_whitespace())
    }

    /// Whether a path of a JSON document was seen, for example `benchmarks[].config`.
    pub(crate) fn has(&self, path: &str) -> bool {
        self.keys.contains_key(path)
    }

    /// Whether the document has a key; if it is a list, whether its first element has it.
    pub(crate) fn has_in_first(&self, key: &str) -> bool {
        self.has(key) || self.has(&format!("[].{key}"))
    }

    /// The short text at a path.
    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        self.keys.get(path)?.as_deref()
    }

    /// Some of the names at the top of a JSON document, in their order.
    pub(crate) fn top(&self) -> &[String] {
        &self.top
    }

    /// Whether a JSON document is malformed, other than by the end of the window.
    pub(crate) fn is_malformed(&self) -> bool {
        matches!(self.stop, Some(Stop::Malformed { .. } | Stop::TooDeep | Stop::TooLong))
    }

    /// Whether the JSON document continues beyond the window, or ends in its middle.
    pub(crate) fn is_cut(&self) -> bool {
        matches!(self.stop, Some(Stop::Truncated))
    }

    /// The complete lines of a text, without blank lines and lines that begin with `#`.
    pub(crate) fn lines(&self) -> impl Iterator<Item = &str> {
        self.bytes
            .split(|&byte| byte == b'\n')
            .filter_map(|line| std::str::from_utf8(line).ok())
            .map(str::trim_end)
            .filter(|line| !line.trim().is_empty() && !line.starts_with('#'))
    }

    /// Whether a line of a text begins with `start`.
    pub(crate) fn has_line(&self, start: &str) -> bool {
        !self.is_json() && self.lines().any(|line| line.starts_with(start))
    }

    /// Whether the content begins with these bytes.
    pub(crate) fn begins_with(&self, magic: &[u8]) -> bool {
        self.bytes.starts_with(magic)
    }

    /// Whether these bytes occur.
    pub(crate) fn contains(&self, wanted: &[u8]) -> bool {
        self.bytes.windows(wanted.len()).any(|bytes| bytes == wanted)
    }

    /// A description of the content, for files that no format recognises.
    pub(crate) fn describe(&self) -> &'static str {
        match self.bytes {
            [b'%', b'P', b'D', b'F', ..] => "a PDF",
            [b'P', b'K', 3, 4, ..] => "a zip archive (unpack it first)",
            bytes if bytes.contains(&0) => "binary data",
            bytes if self.first() == Some(b'<') && is_html(bytes) => {
                "an HTML page (it holds rounded numbers only; give the JSON that the tool wrote beside it)"
            }
            bytes if std::str::from_utf8(bytes).is_ok_and(|text| text.len() == bytes.len()) => "other text",
            _ => "binary data or text that is not UTF-8",
        }
    }
}

fn is_html(bytes: &[u8]) -> bool {
    let head = &bytes[..bytes.len().min(1024)];
    let head = String::from_utf8_lossy(head).to_ascii_lowercase();
    head.contains("<html") || head.contains("<!doctype")
}

/// Collects the paths below `path`.
fn collect(
    parser: &mut Parser<'_, '_>,
    path: &str,
    depth: usize,
    keys: &mut BTreeMap<String, Option<String>>,
) -> Result<(), Stop> {
    match parser.kind()? {
        JsonType::Object if depth > 0 => {
            parser.object(|parser, key| {
                let below = if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
                if keys.len() < MAX_KEYS {
                    keys.entry(below.clone()).or_insert(None);
                }
                collect(parser, &below, depth - 1, keys)
            })?;
        }
        JsonType::Array if depth > 0 => {
            parser.array(|parser, index| {
                if index > 0 {
                    return Ok(());
                }
                let below = format!("{path}[]");
                if keys.len() < MAX_KEYS {
                    keys.entry(below.clone()).or_insert(None);
                }
                collect(parser, &below, depth, keys)
            })?;
        }
        JsonType::Text => {
            let text = parser.text(64)?.filter(|text| !text.cut);
            if let (Some(text), Some(slot)) = (text, keys.get_mut(path)) {
                *slot = Some(text.value);
            }
        }
        _ => parser.skip()?,
    }
    Ok(())
}
