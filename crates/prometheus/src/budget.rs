//! Limits on the memory of answers: of each single one, and of all that this process holds.
//!
//! Bytes are counted while an answer is read and released when it is dropped, so that a hostile server or a careless
//! expression ends with an error message and does not bring down the machine.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The most bytes that all answers of this process may take together.
pub const PROCESS_BYTES: usize = 512 << 20;
/// Threads reserve memory from the process in pieces of this many bytes, so that they rarely contend.
const PIECE: usize = 256 << 10;

/// Bytes that this process holds now.
static HELD: AtomicUsize = AtomicUsize::new(0);

/// Bytes held by all answers of this process, including those that are being read.
#[must_use]
pub fn held_bytes() -> usize {
    HELD.load(Ordering::Relaxed)
}

/// Which limit was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exhausted {
    /// The limit of a single answer.
    Answer,
    /// The limit of all answers together.
    Process,
}

/// The bytes that one answer takes, counted until this is dropped.
#[derive(Debug)]
pub(crate) struct Taken {
    own: usize,
    /// Bytes reserved from the process, in whole pieces.
    granted: usize,
    /// `own` may grow to this many bytes before more must be reserved.
    free: usize,
    most: usize,
}

impl Taken {
    /// No bytes yet, with `most` as the limit.
    pub(crate) fn at_most(most: usize) -> Self {
        Self { own: 0, granted: 0, free: 0, most }
    }

    /// Counts more bytes.
    ///
    /// # Errors
    /// If the answer, or all answers together, would exceed the limit.
    #[inline]
    pub(crate) fn add(&mut self, bytes: usize) -> Result<(), Exhausted> {
        self.own = self.own.saturating_add(bytes);
        if self.own <= self.free { Ok(()) } else { self.grow() }
    }

    /// Releases what was reserved beyond the answer's size: an answer that is kept for hours must not count for a whole
    /// piece.
    fn settle(&mut self) {
        let spare = self.granted.saturating_sub(self.own);
        HELD.fetch_sub(spare, Ordering::Relaxed);
        self.granted -= spare;
        self.free = self.granted;
    }

    #[cold]
    fn grow(&mut self) -> Result<(), Exhausted> {
        if self.own > self.most {
            return Err(Exhausted::Answer);
        }
        let more = (self.own - self.granted).next_multiple_of(PIECE);
        if HELD.fetch_add(more, Ordering::Relaxed).saturating_add(more) > PROCESS_BYTES {
            HELD.fetch_sub(more, Ordering::Relaxed);
            return Err(Exhausted::Process);
        }
        self.granted += more;
        self.free = self.granted.min(self.most);
        Ok(())
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        HELD.fetch_sub(self.granted, Ordering::Relaxed);
    }
}

/// Counts the memory of an answer for as long as any part of it exists.
#[derive(Debug, Clone, Default)]
pub struct Held(Arc<Vec<Taken>>);

impl Held {
    pub(crate) fn of(mut taken: Taken) -> Self {
        taken.settle();
        Self(Arc::new(vec![taken]))
    }

    /// The number of bytes that it counts.
    pub(crate) fn bytes(&self) -> usize {
        self.0.iter().map(|taken| taken.own).sum()
    }

    /// Counts the memory of all parts of an answer.
    pub(crate) fn all(parts: Vec<Self>) -> Self {
        Self(Arc::new(parts.into_iter().filter_map(|part| Arc::into_inner(part.0)).flatten().collect()))
    }
}

/// Answers are compared without the memory that they take.
impl PartialEq for Held {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Exhausted {
    /// The error message. `most` is the limit of one answer, bytes.
    pub(crate) fn what(self, most: usize) -> String {
        match self {
            Self::Answer => format!("more than {} MiB of series", most >> 20),
            Self::Process => format!(
                "too much to be held beside the other answers that are being read now: together they may have {} MiB",
                PROCESS_BYTES >> 20
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // The count is shared by the process, so a single test checks all of it.
    #[test]
    fn what_is_taken_is_given_back() {
        let before = held_bytes();
        let mut one = Taken::at_most(3 << 20);
        assert_eq!(one.add(1), Ok(()));
        assert_eq!(held_bytes() - before, PIECE);
        assert_eq!(one.add(3 << 20), Err(Exhausted::Answer));
        drop(one);
        let mut small = Taken::at_most(3 << 20);
        assert_eq!(small.add(100), Ok(()));
        let held = Held::of(small);
        let again = held.clone();
        drop(held);
        assert_eq!(held_bytes() - before, 100, "a part of it is still there, and counts for what it is");
        drop(again);
        assert_eq!(held_bytes(), before);
        let mut all: Vec<Taken> = Vec::new();
        let refused = loop {
            let mut next = Taken::at_most(64 << 20);
            if let Err(refused) = next.add(64 << 20) {
                break refused;
            }
            all.push(next);
        };
        assert_eq!(refused, Exhausted::Process);
        assert!(held_bytes() <= PROCESS_BYTES);
        drop(all);
        assert_eq!(held_bytes(), before);
    }
}
