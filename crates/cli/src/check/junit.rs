//! A check as `JUnit` XML, the form that every build server shows.
//!
//! A broken limit is a `failure`, and a question that the data cannot answer is an `error`. Both stop a pipeline, as
//! the exit status does.

use std::io::Write;

use anyhow::Result;

use super::{Answer, Item, Report, Suite};

/// Writes one test suite for every run, and one for the reports that could not be read.
pub(super) fn write(report: &Report, out: &mut impl Write) -> Result<()> {
    let all = report.items().count() + report.unread.len();
    writeln!(out, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
    writeln!(
        out,
        r#"<testsuites name="headroom check" tests="{all}" failures="{}" errors="{}">"#,
        report.count(Answer::Fail),
        report.count(Answer::Unknown)
    )?;
    for suite in &report.suites {
        write_suite(report, suite, out)?;
    }
    if !report.unread.is_empty() {
        let count = report.unread.len();
        writeln!(out, r#"  <testsuite name="reports" tests="{count}" failures="0" errors="{count}">"#)?;
        for unread in &report.unread {
            let message = escaped(unread);
            writeln!(
                out,
                r#"    <testcase classname="reports" name="is read"><error message="{message}" type="unread"/></testcase>"#
            )?;
        }
        writeln!(out, "  </testsuite>")?;
    }
    writeln!(out, "</testsuites>")?;
    Ok(())
}

fn write_suite(report: &Report, suite: &Suite, out: &mut impl Write) -> Result<()> {
    let count = |answer| suite.items.iter().filter(|item| item.answer == answer).count();
    let name = escaped(format!("{} · {}", suite.deployment, suite.workload));
    writeln!(
        out,
        r#"  <testsuite name="{name}" tests="{}" failures="{}" errors="{}">"#,
        suite.items.len(),
        count(Answer::Fail),
        count(Answer::Unknown)
    )?;
    writeln!(out, "    <properties>")?;
    let properties = [
        ("source", Some(suite.source.as_str())),
        ("slo", Some(&report.slo.id)),
        ("baseline", report.baseline.as_deref()),
    ];
    for (name, value) in properties {
        if let Some(value) = value {
            writeln!(out, r#"      <property name="{name}" value="{}"/>"#, escaped(value))?;
        }
    }
    writeln!(out, "    </properties>")?;
    for item in &suite.items {
        write_case(&suite.deployment, item, out)?;
    }
    writeln!(out, "  </testsuite>")?;
    Ok(())
}

fn write_case(deployment: &str, item: &Item, out: &mut impl Write) -> Result<()> {
    let [class, name, found] = [deployment, &item.name, &item.found].map(escaped);
    write!(out, r#"    <testcase classname="{class}" name="{name}">"#)?;
    match item.answer {
        Answer::Pass => write!(out, "<system-out>{found}</system-out>")?,
        Answer::Fail => write!(out, r#"<failure message="{found}" type="broken"/>"#)?,
        Answer::Unknown => {
            let advice = escaped(&item.advice);
            write!(out, r#"<error message="{found}" type="cannot tell">{advice}</error>"#)?;
        }
    }
    writeln!(out, "</testcase>")?;
    Ok(())
}

/// Text for an attribute or an element. Characters that XML 1.0 cannot represent are left out.
fn escaped(text: impl AsRef<str>) -> String {
    let text = text.as_ref();
    let mut xml = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => xml.push_str("&amp;"),
            '<' => xml.push_str("&lt;"),
            '>' => xml.push_str("&gt;"),
            '"' => xml.push_str("&quot;"),
            '\n' | '\r' | '\t' => xml.push(' '),
            '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => {}
            _ => xml.push(character),
        }
    }
    xml
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_xml() {
        for (text, expected) in [
            ("TTFT p95 ≤ 1 s", "TTFT p95 ≤ 1 s"),
            ("a < b & \"c\" > d", "a &lt; b &amp; &quot;c&quot; &gt; d"),
            ("one\ntwo\u{7}\u{0}", "one two"),
        ] {
            assert_eq!(escaped(text), expected);
        }
    }
}
