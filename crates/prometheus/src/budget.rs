//! Bytes that answers may take: each by itself, and all that this process holds together.
//!
//! They are counted while an answer is read and given back when it is dropped, so that one hostile server, or one careless
//! expression, ends with a sentence and not with the machine.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What all answers that this process holds may take together.
pub const PROCESS_BYTES: usize = 512 << 20;
/// Bytes are taken from what the process has in pieces of this size, so that threads rarely meet.
const PIECE: usize = 256 << 10;

/// What is held now, in this process.
static HELD: AtomicUsize = AtomicUsize::new(0);

/// Bytes that the answers hold that this process has, those that are being read included.
#[must_use]
pub fn held_bytes() -> usize {
    HELD.load(Ordering::Relaxed)
}

/// What was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exhausted {
    /// What one answer may take.
    Answer,
    /// What all may take together.
    Process,
}

/// Bytes that an answer takes, until this is dropped.
#[derive(Debug)]
pub(crate) struct Taken {
    own: usize,
    /// Taken from the process, in whole pieces.
    granted: usize,
    /// What `own` may grow to before more is needed.
    free: usize,
    most: usize,
}

impl Taken {
    /// Nothing yet; so many at most.
    pub(crate) fn at_most(most: usize) -> Self {
        Self { own: 0, granted: 0, free: 0, most }
    }

    /// Takes more.
    ///
    /// # Errors
    /// When the answer, or all answers together, would take too much.
    #[inline]
    pub(crate) fn add(&mut self, bytes: usize) -> Result<(), Exhausted> {
        self.own = self.own.saturating_add(bytes);
        if self.own <= self.free { Ok(()) } else { self.grow() }
    }

    /// Gives back what was taken for more than there is: an answer that is kept for hours must not count for a whole piece.
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

/// Keeps what an answer took counted for as long as any part of it is there.
#[derive(Debug, Clone, Default)]
pub struct Held(Arc<Vec<Taken>>);

impl Held {
    pub(crate) fn of(mut taken: Taken) -> Self {
        taken.settle();
        Self(Arc::new(vec![taken]))
    }

    /// How many bytes that is.
    pub(crate) fn bytes(&self) -> usize {
        self.0.iter().map(|taken| taken.own).sum()
    }

    /// What the parts of an answer hold.
    pub(crate) fn all(parts: Vec<Self>) -> Self {
        Self(Arc::new(parts.into_iter().filter_map(|part| Arc::into_inner(part.0)).flatten().collect()))
    }
}

/// Two answers are the same whatever they take.
impl PartialEq for Held {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Exhausted {
    /// What was found, for a message.
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

    // What is held is the process's, so there is one test.
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
