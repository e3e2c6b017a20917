//! The tables of the documents.

use headroom_engine::slo::{Latency, Statistic};

use crate::frames::{Beside, Column, DocumentedFrame};
use crate::query::{KEYS, Key, Part, QUERY_TYPE, QuerySpec, code};
use crate::settings::{SecretKey, Setting};

const BEGIN: &str = "<!-- written: ";
const END: &str = "<!-- end -->";

/// The document with every part between `<!-- written: NAME -->` and `<!-- end -->` replaced by `part(NAME)`.
///
/// # Errors
/// If a part has no end, or `part` does not know its name.
pub fn filled(document: &str, part: impl Fn(&str) -> Option<String>) -> Result<String, String> {
    let mut text = String::new();
    let mut rest = document;
    while let Some((before, after)) = rest.split_once(BEGIN) {
        let (name, after) =
            after.split_once(" -->\n").ok_or_else(|| format!("expected ` -->` and a line end after `{BEGIN}`"))?;
        let (_, after) = after.split_once(END).ok_or_else(|| format!("expected `{END}` after the part `{name}`"))?;
        let written = part(name).ok_or_else(|| format!("nothing writes the part `{name}`"))?;
        for piece in [before, BEGIN, name, " -->\n\n", written.trim(), "\n\n", END] {
            text.push_str(piece);
        }
        rest = after;
    }
    text.push_str(rest);
    Ok(text)
}

/// The table of a query's keys.
#[must_use]
pub fn query_keys(kinds: &[QuerySpec]) -> String {
    let mut text = String::from("| key | values | default | meaning | taken by |\n|---|---|---|---|---|\n");
    for key in KEYS {
        let values = if key.name == QUERY_TYPE {
            kinds.iter().map(|kind| code(kind.id)).collect::<Vec<_>>().join(", ")
        } else {
            (key.values)()
        };
        row(&mut text, &[&code(key.name), &values, &(key.default)(), key.about, &takers(key, kinds)]);
    }
    text
}

/// The query kinds that read a key.
fn takers(key: &Key, kinds: &[QuerySpec]) -> String {
    let Some(part) = key.part else { return "all".to_owned() };
    let in_alerts = |kind: &&QuerySpec| part == Part::Fields && kind.has_alert_fields();
    let (takes, others): (Vec<&QuerySpec>, Vec<&QuerySpec>) =
        kinds.iter().filter(|kind| !in_alerts(kind)).partition(|kind| kind.takes(part));
    let listed = |kinds: &[&QuerySpec]| kinds.iter().map(|kind| code(kind.id)).collect::<Vec<_>>().join(", ");
    let in_alerts: Vec<&QuerySpec> = kinds.iter().filter(in_alerts).collect();
    if !in_alerts.is_empty() {
        return format!("{}; in alert rules also {}", listed(&takes), listed(&in_alerts));
    }
    match others.len() {
        0 => "all".to_owned(),
        1..=3 => format!("all but {}", listed(&others)),
        _ => listed(&takes),
    }
}

/// The section of a frame: what one of its rows is, and the table of its columns.
#[must_use]
pub fn frame(frame: &DocumentedFrame) -> String {
    format!("{}. `meta.custom.headroom` is `{}`.\n\n{}", frame.rows, frame.id, columns(&(frame.columns)()))
}

/// The table of a frame's columns. A value and the ends of its interval share one row; so do the statistics of a
/// latency.
fn columns(columns: &[Column]) -> String {
    let mut text = String::from("| field | unit | |\n|---|---|---|\n");
    let mut at = 0;
    let mut latencies = false;
    while let Some(column) = columns.get(at) {
        let group = group(&columns[at..]);
        at += group;
        if is_latency_at_statistic(&column.name) {
            if !latencies {
                latencies = true;
                let names = ["", Beside::Low.id(), Beside::High.id()].map(|end| code(&format!("<m>_<s>{end}")));
                row(&mut text, &[&names.join(", "), column.unit.plain(), &every_latency()]);
            }
            continue;
        }
        let names: Vec<String> = columns[at - group..at].iter().map(|column| code(&column.name)).collect();
        row(&mut text, &[&names.join(", "), column.unit.plain(), &column.about]);
    }
    text
}

/// How many columns belong to the value that comes first: three with the ends of its interval, else one.
fn group(columns: &[Column]) -> usize {
    match columns {
        [value, low, high, ..]
            if low.name == format!("{}{}", value.name, Beside::Low.id())
                && high.name == format!("{}{}", value.name, Beside::High.id()) =>
        {
            3
        }
        _ => 1,
    }
}

fn is_latency_at_statistic(name: &str) -> bool {
    name.split_once('_').is_some_and(|(latency, statistic)| {
        Latency::ALL.iter().any(|one| one.id() == latency) && Statistic::ALL.iter().any(|one| one.id() == statistic)
    })
}

fn every_latency() -> String {
    let latencies: Vec<String> = Latency::ALL.iter().map(|one| code(one.id())).collect();
    let statistics: Vec<String> = Statistic::ALL.iter().map(|one| code(one.id())).collect();
    format!(
        "for m in {} and s in {}, with the ends of the 95 % confidence interval",
        latencies.join(", "),
        statistics.join(", ")
    )
}

/// The table of the numbers that alert rules get.
#[must_use]
pub fn alerts(kinds: &[QuerySpec]) -> String {
    let mut text = String::from("| query | number in an alert rule |\n|---|---|\n");
    for (kind, alert) in kinds.iter().filter_map(|kind| Some((kind, kind.alert?))) {
        let mut about = format!("{}: {}", code(alert.number), alert.about);
        for (name, other) in alert.others {
            about = format!("{about}; with `fields: [\"{name}\"]` {}: {other}", code(name));
        }
        row(&mut text, &[&code(kind.id), &about]);
    }
    text
}

/// A table of settings.
#[must_use]
pub fn settings(keys: &[Setting]) -> String {
    let mut text = String::from("| key of `jsonData` | meaning | when absent |\n|---|---|---|\n");
    for key in keys {
        row(&mut text, &[&code(key.key), key.about, key.absent]);
    }
    text
}

/// The table of secrets.
#[must_use]
pub fn secrets(keys: &[SecretKey]) -> String {
    let mut text = String::from("| key of `secureJsonData` | meaning |\n|---|---|\n");
    for key in keys {
        row(&mut text, &[&code(key.key), key.about]);
    }
    text
}

fn row(text: &mut String, cells: &[&str]) {
    let cells: Vec<&str> = cells.iter().map(|cell| cell.trim()).collect();
    text.push_str("| ");
    text.push_str(&cells.join(" | "));
    text.push_str(" |\n");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Unit;

    #[test]
    fn the_written_parts_of_a_document_are_replaced_and_the_rest_stays() {
        let document = "a\n<!-- written: one -->\nold\n<!-- end -->\nb\n";
        let part = |name: &str| (name == "one").then(|| "new".to_owned());
        assert_eq!(filled(document, part).unwrap(), "a\n<!-- written: one -->\n\nnew\n\n<!-- end -->\nb\n");
        assert!(filled("<!-- written: two -->\n<!-- end -->", part).unwrap_err().contains("`two`"));
        assert!(filled("<!-- written: one -->\nno end", part).unwrap_err().contains("<!-- end -->"));
    }

    #[test]
    fn a_value_and_its_bounds_are_one_row_and_so_are_the_latencies() {
        let all: Vec<Column> =
            ["load", "value", "value_lo", "value_hi", "ttft_p95", "ttft_p95_lo", "ttft_p95_hi", "itl_mean"]
                .into_iter()
                .map(|name| Column::of(name, Unit::Milliseconds, "", "About it."))
                .collect();
        let rows: Vec<String> = columns(&all).lines().skip(2).map(str::to_owned).collect();
        assert_eq!(rows.len(), 3, "{rows:#?}");
        assert_eq!(rows[1], "| `value`, `value_lo`, `value_hi` | ms | About it. |");
        assert!(rows[2].starts_with("| `<m>_<s>`"), "{rows:#?}");
    }
}
