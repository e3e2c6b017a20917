//! `docs/metrics.md` is written from the dictionary: `UPDATE_EXPECT=1 cargo test -p headroom-prometheus` writes it anew.

use std::{collections::BTreeSet, fmt::Write as _};

use expect_test::expect_file;
use headroom_prometheus::dictionary::{
    Aggregate, DIALECTS, DictionaryRow, Group, MetricName, MetricType, Once, READ_VERSIONS, Server, rows,
};

/// How the page begins; the test names the command, and the page says not to edit it.
const HEAD: &str = "\
# Metrics

<!-- Written by `UPDATE_EXPECT=1 cargo test -p headroom-prometheus documented` from the dictionary. Do not edit. -->

What Headroom reads from Prometheus: every quantity with the names that each server gives it, in each version. Names are resolved per series when a query runs, so
servers of several versions answer together; where a server shows two names of one quantity, the first of the list counts and the other does not. What a
server of your version lacks is shown as a notice with the name that would bring it.

A name ends as its kind has it: a counter in `_total`, a histogram in `_bucket`, `_sum` and `_count`. Latencies are seconds in Prometheus and milliseconds in frames.
";

fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

/// The versions that have a name, where it has not always been there.
fn versions(name: &MetricName) -> String {
    match (name.since, name.until) {
        (None, None) => String::new(),
        (Some(since), None) => format!("from {since}"),
        (None, Some(until)) => format!("up to {until}"),
        (Some(since), Some(until)) => format!("{since} to {until}"),
    }
}

/// What to know about a name, in a few words.
fn remarks(name: &MetricName) -> String {
    let mut said: Vec<String> = Vec::new();
    if !name.only.is_empty() {
        said.push(format!("Only series with `{}`.", name.only));
    }
    if !name.valid.is_empty() {
        said.push(format!("Only values `{}`.", name.valid));
    }
    if (name.scale - 1.0).abs() > f64::EPSILON {
        said.push(format!("Times {}.", name.scale));
    }
    match name.once {
        Once::Series => {}
        Once::By(labels) => said.push(format!("Counted once for each {}.", quoted(labels))),
        Once::Without(labels) => said.push(format!("Counted once whatever {} is.", quoted(labels))),
    }
    if let Some(relabel) = name.relabel {
        said.push(format!("`{}` stands for `{}`.", relabel.from, relabel.to));
    }
    if !name.note.is_empty() {
        said.push(name.note.to_owned());
    }
    said.join(" ")
}

fn quoted(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn across(row: &DictionaryRow) -> &'static str {
    match (row.kind, row.across) {
        (MetricType::Histogram, _) => "buckets added up",
        (_, Aggregate::Sum) => "added up",
        (_, Aggregate::Mean) => "mean",
        (_, Aggregate::Max) => "highest",
        (_, Aggregate::Min) => "lowest",
    }
}

fn quantity(row: &DictionaryRow, into: &mut String) {
    writeln!(
        into,
        "\n### {}\n\n`{}` · {} · {} · {}",
        row.title,
        row.key,
        row.kind.title(),
        row.unit.title(),
        across(row)
    )
    .unwrap();
    if let Some(label) = row.breakdown {
        writeln!(into, "· by `{label}`").unwrap();
    }
    writeln!(into, "\n{}\n\n| server | metric | versions | |\n|---|---|---|---|", row.help).unwrap();
    for name in row.names {
        let (server, written) = (name.server.title(), name.written());
        writeln!(into, "| {server} | `{written}` | {} | {} |", versions(name), cell(&remarks(name))).unwrap();
    }
}

fn dialects(into: &mut String) {
    writeln!(
        into,
        "\n## Prefixes and labels\n\nvLLM's names are also found behind other prefixes: `ray_vllm_…` (Ray Serve), `kserve_vllm:…` (KServe) and any other \
         that ends in `_`. Recording rules, whose names have a colon before the server's, are left alone.\n\nLabels have several names, too; the first that a \
         series has counts:\n\n| label | names |\n|---|---|"
    )
    .unwrap();
    for dialect in DIALECTS {
        writeln!(into, "| `{}` | {} |", dialect.label, quoted(dialect.names)).unwrap();
    }
}

fn read_versions(into: &mut String) {
    let versions: Vec<String> = READ_VERSIONS.iter().map(ToString::to_string).collect();
    writeln!(
        into,
        "\n## Which versions were read\n\nNames come from the packages of vLLM {}. A version between two of them has the names of either. No metric of vLLM says \
         its version, so it is told from the names that are there.",
        versions.join(", ")
    )
    .unwrap();
}

fn page() -> String {
    let mut page = HEAD.to_owned();
    for group in Group::ALL {
        writeln!(page, "\n## {}", group.title()).unwrap();
        for row in rows().filter(|row| row.group == *group) {
            quantity(row, &mut page);
        }
    }
    dialects(&mut page);
    read_versions(&mut page);
    page
}

#[test]
fn the_page_of_metrics_is_that_of_the_dictionary() {
    expect_file!["../../../../docs/metrics.md"].assert_eq(&page());
}

/// Two headings of one name would be one anchor.
#[test]
fn every_quantity_has_its_own_place_on_the_page() {
    let titles: BTreeSet<&str> = rows().map(|row| row.title).collect();
    let keys: BTreeSet<&str> = rows().map(|row| row.key).collect();
    let servers: BTreeSet<Server> = rows().flat_map(|row| row.names).map(|name| name.server).collect();
    assert_eq!((titles.len(), keys.len()), (rows().count(), rows().count()));
    assert_eq!(servers.len(), Server::ALL.len(), "each server has names");
}
