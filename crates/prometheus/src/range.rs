//! Time ranges: they are split into parts that a server accepts, and the parts' series are joined again.

use std::collections::HashMap;

use crate::answer::{Labels, Series};

/// A time range and its resolution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// The first time, in milliseconds since 1970-01-01 UTC.
    pub start_ms: i64,
    /// The last time, in milliseconds since 1970-01-01 UTC; not before the first.
    pub end_ms: i64,
    /// The time between two points, in milliseconds; above zero.
    pub step_ms: i64,
}

impl Range {
    /// The largest number of points of a series.
    #[must_use]
    pub fn points(&self) -> usize {
        if self.step_ms <= 0 || self.end_ms < self.start_ms {
            return 0;
        }
        let steps = self.end_ms.saturating_sub(self.start_ms) / self.step_ms;
        usize::try_from(steps).map_or(usize::MAX, |steps| steps.saturating_add(1))
    }

    /// Parts of at most `max_points` points, in order, which together have the points of the whole. A part begins one
    /// step after the end of the previous one, so no point is requested twice.
    pub(crate) fn parts(self, max_points: usize) -> impl Iterator<Item = Self> {
        let points = i64::try_from(self.points()).unwrap_or(i64::MAX);
        let part = i64::try_from(max_points.max(1)).unwrap_or(i64::MAX);
        let count = points / part + i64::from(points % part != 0);
        (0..count).map(move |index| {
            let first = index * part;
            let last = first.saturating_add(part).min(points) - 1;
            Self {
                start_ms: self.start_ms + first * self.step_ms,
                end_ms: self.start_ms + last * self.step_ms,
                step_ms: self.step_ms,
            }
        })
    }
}

/// Joins the series of several answers to one expression, given in order of time: series with the same labels become
/// one. A single answer keeps its order, which `sort` and `topk` determine; several are ordered by their labels.
#[must_use]
pub fn stitched(answers: impl IntoIterator<Item = Vec<Series>>) -> Vec<Series> {
    let mut answers = answers.into_iter();
    let first = answers.next().unwrap_or_default();
    let Some(second) = answers.next() else { return first };
    let mut stitched = Stitched::default();
    for part in [first, second].into_iter().chain(answers) {
        stitched.add(part);
    }
    stitched.finish()
}

/// The joined series of the parts so far.
#[derive(Debug, Default)]
pub(crate) struct Stitched {
    series: Vec<Series>,
    by_labels: HashMap<Labels, usize>,
}

impl Stitched {
    /// Adds the next part. Series with the same labels become one.
    pub(crate) fn add(&mut self, part: Vec<Series>) {
        for mut series in part {
            let mut key = series.labels.clone();
            key.sort_unstable();
            if let Some(known) = self.by_labels.get(&key).and_then(|&at| self.series.get_mut(at)) {
                known.timestamps_ms.append(&mut series.timestamps_ms);
                known.values.append(&mut series.values);
            } else {
                self.by_labels.insert(key, self.series.len());
                self.series.push(series);
            }
        }
    }

    /// The series, ordered by their labels, so that a series that began late has the same place as in an undivided
    /// answer.
    pub(crate) fn finish(self) -> Vec<Series> {
        let mut series = self.series;
        series.sort_by(|a, b| a.labels.cmp(&b.labels));
        series
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_cover_every_point_once() {
        let check = |start_ms, end_ms, step_ms, max, expected: &[(i64, i64)]| {
            let range = Range { start_ms, end_ms, step_ms };
            let parts: Vec<_> = range.parts(max).map(|part| (part.start_ms, part.end_ms)).collect();
            assert_eq!(parts, expected, "{range:?}");
            let points = |range: Range| {
                let count = i64::try_from(range.points()).unwrap();
                (0..count).map(move |at| range.start_ms + at * range.step_ms)
            };
            let together: Vec<_> = range.parts(max).flat_map(points).collect();
            assert_eq!(together, points(range).collect::<Vec<_>>(), "{range:?}");
            assert!(range.parts(max).all(|part| part.points() <= max), "{range:?}");
        };
        check(0, 100, 10, 100, &[(0, 100)]);
        check(0, 100, 10, 11, &[(0, 100)]);
        check(0, 100, 10, 10, &[(0, 90), (100, 100)]);
        check(5, 104, 10, 4, &[(5, 35), (45, 75), (85, 95)]);
        check(7, 7, 1_000, 11_000, &[(7, 7)]);
        check(8, 7, 1_000, 11_000, &[]);
        check(0, 7, 0, 11_000, &[]);
    }

    #[test]
    fn a_range_may_be_as_long_as_numbers_are() {
        let range = Range { start_ms: i64::MIN, end_ms: i64::MAX, step_ms: 1 };
        assert!(range.points() > 1 << 62);
        let first = range.parts(11_000).next().unwrap();
        assert_eq!((first.start_ms, first.points()), (i64::MIN, 11_000));
        let coarse = Range { step_ms: i64::MAX, ..range };
        assert_eq!(coarse.parts(11_000).map(|part| part.points()).sum::<usize>(), coarse.points());
    }

    #[test]
    fn series_are_joined_by_their_labels_in_any_order() {
        let series = |labels: &[(&str, &str)], from: i64, count: i64| Series {
            labels: labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            timestamps_ms: (from..from + count).collect(),
            values: (from..from + count).map(|at| at as f64).collect(),
        };
        let parts = [
            vec![series(&[("a", "2"), ("b", "1")], 0, 3)],
            vec![series(&[("a", "1"), ("b", "1")], 3, 2), series(&[("b", "1"), ("a", "2")], 3, 3)],
            vec![],
        ];
        let expected = [series(&[("a", "1"), ("b", "1")], 3, 2), series(&[("a", "2"), ("b", "1")], 0, 6)];
        assert_eq!(stitched(parts.clone()), expected);
        let alone = vec![series(&[("a", "2")], 0, 1), series(&[("a", "1")], 0, 1)];
        assert_eq!(stitched([alone.clone()]), alone, "in the order of the answer");
    }
}
