//! Conversions from numbers that are known to be whole and small.

/// A non-negative whole `f64` as an index. It saturates, so a wrong value is out of range instead of pointing to a
/// wrong element.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates and NaN becomes zero")]
pub(crate) fn index(value: f64) -> usize {
    value as usize
}

/// A non-negative whole `f64` as a count of requests; saturates.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates and NaN becomes zero")]
pub(crate) fn count(value: f64) -> u64 {
    value as u64
}

/// A count or rank as an index; saturates on 32-bit targets, where nothing that long fits in
/// memory.
pub(crate) fn rank(value: u64) -> usize {
    usize::try_from(value).unwrap_or(usize::MAX)
}
