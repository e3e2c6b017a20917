//! What a server shows of itself: the text at `/metrics`, and the dictionary's quantities in it.
//!
//! Sources: the text formats of [Prometheus](https://prometheus.io/docs/instrumenting/exposition_formats/) and `OpenMetrics` 1.0.

use std::collections::BTreeMap;

use crate::answer::Labels;
use crate::dictionary::{Aggregate, MetricName, Once, Quantity};

/// One reading of a server's metrics.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Page {
    /// Name, labels in the order of their names, and value; finite values only.
    series: Vec<(String, Labels, f64)>,
}

impl Page {
    /// Reads the text. Lines that are none of this format are left out: a server's metrics are evidence beside a report, and the
    /// readable ones are worth something without the others.
    #[must_use]
    pub fn read(text: &str) -> Self {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        Self { series: lines.filter_map(line).filter(|(.., value)| value.is_finite()).collect() }
    }

    /// Whether nothing was read.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.series.is_empty()
    }

    /// A quantity by the first of its names that is here, over all engines of the server; `None` where it has none of them.
    #[must_use]
    pub fn value(&self, quantity: Quantity) -> Option<f64> {
        let row = quantity.row();
        row.names.iter().find_map(|name| {
            let found = self.of(name);
            let sum: f64 = found.iter().sum();
            let found = match row.across {
                _ if found.is_empty() => return None,
                Aggregate::Sum => sum,
                Aggregate::Mean => sum / found.len() as f64,
                Aggregate::Max => found.into_iter().fold(f64::NEG_INFINITY, f64::max),
                Aggregate::Min => found.into_iter().fold(f64::INFINITY, f64::min),
            };
            Some(found * name.scale)
        })
    }

    /// The values of one name, each thing once.
    fn of(&self, name: &MetricName) -> Vec<f64> {
        let whole = name
            .server
            .stem()
            .map_or_else(|| name.base.to_owned(), |(word, mark)| format!("{word}{mark}{}", name.base));
        let mut once: BTreeMap<Vec<&(String, String)>, f64> = BTreeMap::new();
        for (_, labels, value) in self.series.iter().filter(|(found, ..)| *found == whole) {
            if !has_labels(labels, name.only) || !is_reading(*value, name.valid) {
                continue;
            }
            let same: Vec<&(String, String)> = labels
                .iter()
                .filter(|(label, _)| match name.once {
                    Once::Series => true,
                    Once::By(labels) => labels.contains(&label.as_str()),
                    Once::Without(labels) => !labels.contains(&label.as_str()),
                })
                .collect();
            let known = once.entry(same).or_insert(*value);
            *known = known.max(*value);
        }
        once.into_values().collect()
    }
}

/// Whether a series has the labels of conditions as the dictionary writes them. What is more than `label="value"` holds for none
/// here: such names are of HTTP layers, and not of what a server says of its own load.
fn has_labels(labels: &Labels, only: &str) -> bool {
    only.split(',').filter(|condition| !condition.is_empty()).all(|condition| {
        let wanted = condition.split_once("=\"").and_then(|(label, rest)| Some((label, rest.strip_suffix('"')?)));
        wanted.is_some_and(|(label, value)| labels.iter().any(|(own, is)| own == label && is == value))
    })
}

/// Whether a value is a reading, by a comparison as the dictionary writes it.
fn is_reading(value: f64, valid: &str) -> bool {
    match valid.split_once(' ').and_then(|(how, bound)| Some((how, bound.parse::<f64>().ok()?))) {
        Some(("<", bound)) => value < bound,
        Some((">=", bound)) => value >= bound,
        _ => true,
    }
}

/// `name{label="value",…} 1.5 1795490830781`.
fn line(text: &str) -> Option<(String, Labels, f64)> {
    let end = text.find(['{', ' ', '\t'])?;
    let (name, rest) = text.split_at(end);
    let (labels, rest) = match rest.strip_prefix('{') {
        Some(inner) => labels(inner)?,
        None => (Labels::new(), rest),
    };
    let value = rest.split_whitespace().next()?;
    Some((name.to_owned(), labels, value.parse().ok()?))
}

/// The labels of a line after its `{`, and what follows their `}`.
fn labels(mut rest: &str) -> Option<(Labels, &str)> {
    let mut found = Labels::new();
    loop {
        rest = rest.trim_start_matches([',', ' ']);
        if let Some(after) = rest.strip_prefix('}') {
            found.sort_unstable();
            return Some((found, after));
        }
        let (name, quoted) = rest.split_once("=\"")?;
        let mut value = String::new();
        let mut characters = quoted.char_indices();
        let end = loop {
            match characters.next()? {
                (at, '"') => break at,
                (_, '\\') => value.push(match characters.next()?.1 {
                    'n' => '\n',
                    other => other,
                }),
                (_, other) => value.push(other),
            }
        };
        found.push((name.trim().to_owned(), value));
        rest = &quoted[end + 1..];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, quantity: Quantity, expected: Option<f64>) {
        assert_eq!(Page::read(text).value(quantity), expected, "{text}");
    }

    #[test]
    fn quantities_are_found_by_the_names_of_each_server() {
        let vllm = "# HELP vllm:num_requests_waiting Waiting.\n# TYPE vllm:num_requests_waiting gauge\n\
            vllm:num_requests_waiting{engine=\"0\",model_name=\"m\"} 3.0\nvllm:num_requests_waiting{engine=\"1\",model_name=\"m\"} 4.0 1795490830781\n\
            vllm:kv_cache_usage_perc{engine=\"0\"} 0.25\nvllm:kv_cache_usage_perc{engine=\"1\"} 0.5\n";
        check(vllm, Quantity::Waiting, Some(7.0));
        check(vllm, Quantity::KvUse, Some(0.5));
        check(vllm, Quantity::PrefixCacheHits, None);
        // Every rank says the same.
        let sglang = "sglang:num_queue_reqs{tp_rank=\"0\"} 5\nsglang:num_queue_reqs{tp_rank=\"1\"} 5\n";
        check(sglang, Quantity::Waiting, Some(5.0));
        let triton = "nv_trt_llm_request_metrics{request_type=\"active\"} 9\nnv_trt_llm_request_metrics{request_type=\"waiting\"} 2\n";
        check(triton, Quantity::Waiting, Some(2.0));
        // V0 without prefix caching says -1.
        check("vllm:gpu_prefix_cache_hit_rate 0.5\n", Quantity::PrefixCacheHitRatio, Some(0.5));
        check("vllm:gpu_prefix_cache_hit_rate -1.0\n", Quantity::PrefixCacheHitRatio, None);
    }

    #[test]
    fn what_is_no_line_of_the_format_is_left_out() {
        for (text, expected) in [
            ("vllm:num_requests_waiting 2", Some(2.0)),
            ("vllm:num_requests_waiting{} 2", Some(2.0)),
            ("vllm:num_requests_waiting{a=\"x } \\\" \\\\ y\", } 2", Some(2.0)),
            ("vllm:num_requests_waiting NaN", None),
            ("vllm:num_requests_waiting +Inf", None),
            ("vllm:num_requests_waiting", None),
            ("vllm:num_requests_waiting{a=\"x 2", None),
            ("vllm:num_requests_waiting{a} 2", None),
            ("<html> 404", None),
            ("", None),
        ] {
            check(text, Quantity::Waiting, expected);
        }
        assert!(Page::read("# only a remark\n").is_empty());
    }
}
