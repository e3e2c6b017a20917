//! Many deployments out of few: every recorded series again under other names of model, pod and address.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, BufWriter, Read, Write};

use anyhow::{Context as _, Result};

/// Labels that tell two servers apart.
const OWN: [&str; 3] = ["model_name", "pod", "instance"];

/// Copies of the samples that `promtool tsdb dump` writes, in the `OpenMetrics` format that `create-blocks-from` reads. The first
/// copy keeps its names. Marks that a series ended are no values and are left out.
///
/// # Errors
/// When a line cannot be read, or the text not written.
pub(crate) fn copies(dump: impl Read, to: impl Write, copies: usize) -> Result<()> {
    // All samples of a metric must stand together.
    let mut by_metric: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in BufReader::new(dump).lines() {
        let line = line?;
        if let Some(sample) = Sample::of(&line).filter(|sample| sample.value != "NaN") {
            let name = sample.metric.to_owned();
            by_metric.entry(name).or_default().push(line);
        }
    }
    let mut to = BufWriter::new(to);
    for line in by_metric.values().flatten() {
        let sample = Sample::of(line).context("a line that was read before")?;
        for copy in 0..copies {
            sample.write(&mut to, copy)?;
        }
    }
    to.write_all(b"# EOF\n")?;
    Ok(to.flush()?)
}

/// One line: `{__name__="up", job="vllm"} 1 1795493828431`.
struct Sample<'a> {
    metric: &'a str,
    /// Names, and values with their escapes.
    labels: Vec<(&'a str, &'a str)>,
    value: &'a str,
    at_ms: i64,
}

impl<'a> Sample<'a> {
    /// `None` for any other line.
    fn of(line: &'a str) -> Option<Self> {
        let mut rest = line.strip_prefix('{')?;
        let (mut metric, mut labels) = (None, Vec::new());
        while !rest.starts_with('}') {
            let (name, after) = rest.split_once("=\"")?;
            let end = end_of_text(after)?;
            let value = &after[..end];
            if name == "__name__" {
                metric = Some(value);
            } else {
                labels.push((name, value));
            }
            rest = after[end + 1..].trim_start_matches(", ");
        }
        let (value, at_ms) = rest[1..].trim().split_once(' ')?;
        Some(Self { metric: metric?, labels, value, at_ms: at_ms.parse().ok()? })
    }

    /// Writes it as one of the copies has it.
    fn write(&self, to: &mut impl Write, copy: usize) -> Result<()> {
        write!(to, "{}", self.metric)?;
        for (index, (name, value)) in self.labels.iter().enumerate() {
            write!(to, "{}{name}=\"{value}", if index == 0 { '{' } else { ',' })?;
            if copy > 0 && OWN.contains(name) {
                write!(to, "-{copy:02}")?;
            }
            write!(to, "\"")?;
        }
        let close = if self.labels.is_empty() { "" } else { "}" };
        Ok(writeln!(to, "{close} {} {}.{:03}", self.value, self.at_ms / 1_000, self.at_ms % 1_000)?)
    }
}

/// Where a quoted text ends.
fn end_of_text(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.bytes().position(|byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_series_is_there_again_under_its_own_names() {
        let dump = r#"{__name__="up", instance="a:1", job="vllm", pod="p, \"0\" }"} 1 1795493828431
{__name__="up", instance="a:1", job="vllm", pod="p, \"0\" }"} NaN 1795493829000
{__name__="b"} 0.5 1000
{__name__="up", instance="a:2", job="vllm"} 0 5
"#;
        let mut text = Vec::new();
        copies(dump.as_bytes(), &mut text, 2).unwrap();
        let expected = r#"b 0.5 1.000
b 0.5 1.000
up{instance="a:1",job="vllm",pod="p, \"0\" }"} 1 1795493828.431
up{instance="a:1-01",job="vllm",pod="p, \"0\" }-01"} 1 1795493828.431
up{instance="a:2",job="vllm"} 0 0.005
up{instance="a:2-01",job="vllm"} 0 0.005
# EOF
"#;
        assert_eq!(String::from_utf8(text).unwrap(), expected);
    }
}
