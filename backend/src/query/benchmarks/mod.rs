//! The query kinds about benchmarks, one file each.

mod alert;
mod curve;
mod levels;
mod verdict;

use super::kind::QueryKind;

/// The kinds, in the order in which editors list them.
pub(super) static KINDS: &[&dyn QueryKind] = &[&curve::CurveQuery, &verdict::VerdictQuery, &levels::LevelsQuery];
