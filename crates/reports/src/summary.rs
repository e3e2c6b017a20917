//! Summaries of a latency in the tools' forms, converted to milliseconds.

use headroom_engine::level::Distribution;

use crate::tree::Tree;

/// Milliseconds in a second.
pub(crate) const MS_PER_S: f64 = 1000.0;

/// A summary whose statistics are the keys of a mapping (`mean` or `avg`, `std` or `stddev`, `min`, `max`, `median`,
/// `p95`, `p99.9` or `p99p9`), each multiplied by `scale`. `None` if there is none, or if `count` is 0: tools then
/// write zeros, which are not measurements.
pub(crate) fn nested(tree: &Tree, scale: f64, count: u64) -> Option<Distribution> {
    collect(tree.entries().iter().map(|(key, value)| (key.as_str(), value)), scale, count)
}

/// A summary in the keys of a flat report: `mean_ttft_ms` and `p99_ttft_ms` for the suffix `_ttft_ms`.
pub(crate) fn flat(entries: &[(String, Tree)], suffix: &str, scale: f64, count: u64) -> Option<Distribution> {
    collect(entries.iter().filter_map(|(key, value)| Some((key.strip_suffix(suffix)?, value))), scale, count)
}

/// A summary of statistics with the names that [`nested`] knows.
pub(crate) fn of<'t>(
    statistics: impl Iterator<Item = (&'t str, &'t Tree)>,
    scale: f64,
    count: u64,
) -> Option<Distribution> {
    collect(statistics, scale, count)
}

/// The summary of single values (NaN if missing), with quantiles linear between ranks, as numpy and most tools compute
/// them. `None` without a value.
pub(crate) fn of_samples(values: &[f64]) -> Option<Distribution> {
    const QUANTILES: [f64; 4] = [0.5, 0.9, 0.95, 0.99];
    let mut sorted: Vec<f64> = values.iter().copied().filter(|value| !value.is_nan()).collect();
    let mean = sorted.iter().sum::<f64>() / sorted.len() as f64;
    sorted.sort_by(f64::total_cmp);
    let (first, last) = (sorted.first()?, sorted.last()?);
    let quantile = |q: f64| {
        let at = q * (sorted.len() - 1) as f64;
        // The rank is below the length of the list.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let (low, high) = (sorted[at.floor() as usize], sorted[at.ceil() as usize]);
        (q, low + (high - low) * at.fract())
    };
    Some(Distribution {
        count: sorted.len() as u64,
        mean: Some(mean),
        std: None,
        min: Some(*first),
        max: Some(*last),
        quantiles: QUANTILES.map(quantile).to_vec(),
    })
}

fn collect<'t>(statistics: impl Iterator<Item = (&'t str, &'t Tree)>, scale: f64, count: u64) -> Option<Distribution> {
    let mut found = Distribution { count, ..Distribution::default() };
    let mut median = None;
    for (name, value) in statistics {
        let Some(value) = value.number().map(|value| value * scale) else { continue };
        match name {
            "mean" | "avg" => found.mean = Some(value),
            "std" | "stddev" => found.std = Some(value),
            "min" => found.min = Some(value),
            "max" => found.max = Some(value),
            "median" => median = Some(value),
            other => found.quantiles.extend(quantile(other).map(|q| (q, value))),
        }
    }
    if let Some(median) = median
        && found.quantile(0.5).is_none()
    {
        found.quantiles.push((0.5, median));
    }
    order(&mut found);
    let any = found.mean.is_some() || found.min.is_some() || found.max.is_some() || !found.quantiles.is_empty();
    (any && count > 0).then_some(found)
}

/// Sorts the quantiles of a summary and removes duplicates.
pub(crate) fn order(of: &mut Distribution) {
    of.quantiles.sort_by(|a, b| a.0.total_cmp(&b.0));
    of.quantiles.dedup_by(|later, earlier| later.0.total_cmp(&earlier.0).is_eq());
}

/// `p95` is 0.95, `p99.9` and `p99p9` are 0.999, `p0.1` is 0.001. The decimal point is moved in the text instead of
/// dividing, so that the quantile is the number nearest to what is written.
pub(crate) fn quantile(name: &str) -> Option<f64> {
    let percent = name.strip_prefix('p')?.replace('p', ".");
    let (whole, fraction) = percent.split_once('.').unwrap_or((&percent, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || whole.len() > 2 || !digits(whole) || !digits(fraction) {
        return None;
    }
    format!("0.{whole:0>2}{fraction}").parse().ok().filter(|&q: &f64| q > 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentile_names() {
        let cases = [
            ("p95", Some(0.95)),
            ("p5", Some(0.05)),
            ("p0.1", Some(0.001)),
            ("p0p1", Some(0.001)),
            ("p99.9", Some(0.999)),
            ("p99p9", Some(0.999)),
            ("p100", None),
            ("p0", None),
            ("p", None),
            ("parallel", None),
            ("median", None),
        ];
        for (name, expected) in cases {
            assert_eq!(quantile(name), expected, "{name}");
        }
    }

    #[test]
    fn zeros_of_no_request_are_no_measurement() {
        let tree = Tree::Map(vec![("mean".to_owned(), Tree::Number(0.0)), ("p99".to_owned(), Tree::Number(0.0))]);
        assert_eq!(nested(&tree, 1.0, 0), None);
        assert_eq!(nested(&tree, 1.0, 3).map(|found| found.quantiles), Some(vec![(0.99, 0.0)]));
        assert_eq!(nested(&Tree::Null, 1.0, 3), None);
    }
}
