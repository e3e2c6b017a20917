//! Decides about reports that the store no longer lists: were they removed, or is the store incomplete?
//!
//! A volume that is not mounted is an empty folder, and while a copy runs only half of the reports may be there.
//! Removing the reports from the catalog then would empty every dashboard until the store is back and was read again.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use crate::catalog::FileMark;
use crate::store::Listing;

/// What to do about known reports that are not listed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Gone {
    /// They were removed.
    Forget(Vec<String>),
    /// They may come back: they are kept, and the text says so.
    Doubtful(String),
}

/// How long most reports must be missing before they are removed: a running copy or mount takes seconds.
const CONFIRMED_AFTER: Duration = Duration::from_mins(1);

/// Judges a complete listing. A listing without any report never removes anything. A listing with fewer than half of
/// the known reports must be confirmed by another one at least a minute later; `suspected` remembers since when.
/// Renamed reports do not change the number.
pub(super) fn judge(
    listing: &Listing,
    known: &HashMap<String, FileMark>,
    suspected: &mut Option<Instant>,
    now: Instant,
) -> Gone {
    let mut gone: Vec<String> = known.keys().filter(|path| !listing.has(path)).cloned().collect();
    if !gone.is_empty() && listing.reports.is_empty() {
        return Gone::Doubtful(format!(
            "the store lists no report where {} were read before, so these are still shown. If the store is a mounted \
             volume, check whether it is mounted; if the reports were removed on purpose, remove the file of the catalog \
             too and restart Grafana",
            known.len()
        ));
    }
    let most = listing.reports.len() * 2 < known.len();
    if most && now.duration_since(*suspected.get_or_insert(now)) < CONFIRMED_AFTER {
        return Gone::Doubtful(format!(
            "the store no longer lists {} of {} reports; they are still shown until a listing a minute later says the same",
            gone.len(),
            known.len()
        ));
    }
    *suspected = None;
    gone.sort();
    Gone::Forget(gone)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(path: &str) -> FileMark {
        FileMark { path: path.to_owned(), size: 1, changed_ns: 1, tag: None }
    }

    /// Lists a store with the `known` reports several times, forty seconds apart. `expected` is what each listing
    /// removes; `None` if it is doubtful.
    #[track_caller]
    fn check(known: &[&str], listings: &[&[&str]], expected: &[Option<&[&str]>]) {
        let mut suspected = None;
        let begin = Instant::now();
        let known: HashMap<String, FileMark> = known.iter().map(|path| ((*path).to_owned(), mark(path))).collect();
        let found: Vec<Option<Vec<String>>> = listings
            .iter()
            .zip(0..)
            .map(|(paths, number)| {
                let reports = paths.iter().map(|path| mark(path)).collect();
                let listing = Listing { reports, complete: true, ..Listing::default() };
                match judge(&listing, &known, &mut suspected, begin + 40 * number * Duration::from_secs(1)) {
                    Gone::Forget(paths) => Some(paths),
                    Gone::Doubtful(_) => None,
                }
            })
            .collect();
        let expected: Vec<Option<Vec<String>>> = expected
            .iter()
            .map(|paths| paths.map(|paths| paths.iter().map(|path| (*path).to_owned()).collect()))
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn an_empty_store_is_an_alarm_and_most_of_one_missing_must_be_seen_twice() {
        let known = ["a", "b", "c", "d"];
        check(&[], &[&[]], &[Some(&[])]);
        check(&known, &[&["a", "b", "c"]], &[Some(&["d"])]);
        check(&known, &[&["a", "b"]], &[Some(&["c", "d"])]);
        check(&known, &[&["a"], &["a"], &["a"]], &[None, None, Some(&["b", "c", "d"])]);
        check(&known, &[&["a"], &["a"], &["a", "b", "c", "d"], &["a"]], &[None, None, Some(&[]), None]);
        check(&known, &[&[], &[], &[]], &[None, None, None]);
    }
}
