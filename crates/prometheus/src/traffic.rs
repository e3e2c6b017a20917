//! What this process exchanges with every Prometheus that it asks.

use std::sync::atomic::{AtomicU64, Ordering};

static ANSWERED: AtomicU64 = AtomicU64::new(0);
static FAILED: AtomicU64 = AtomicU64::new(0);
static BYTES: AtomicU64 = AtomicU64::new(0);
static OPEN: AtomicU64 = AtomicU64::new(0);

/// Counts of this process since it began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Traffic {
    /// Requests with an answer that could be read.
    pub answered: u64,
    /// Requests that failed, were refused or were given up.
    pub failed: u64,
    /// Bytes of answers, unpacked.
    pub bytes: u64,
    /// Requests that are under way.
    pub open: u64,
}

/// What was exchanged so far.
#[must_use]
pub fn traffic() -> Traffic {
    let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    Traffic { answered: count(&ANSWERED), failed: count(&FAILED), bytes: count(&BYTES), open: count(&OPEN) }
}

/// A request that is under way; it failed unless it says otherwise.
pub(crate) struct UnderWay {
    answered: bool,
}

impl UnderWay {
    pub(crate) fn begin() -> Self {
        OPEN.fetch_add(1, Ordering::Relaxed);
        Self { answered: false }
    }

    /// Bytes of it have arrived.
    pub(crate) fn receive(bytes: usize) {
        BYTES.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// The answer is whole.
    pub(crate) fn end(mut self) {
        self.answered = true;
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        OPEN.fetch_sub(1, Ordering::Relaxed);
        let counter = if self.answered { &ANSWERED } else { &FAILED };
        counter.fetch_add(1, Ordering::Relaxed);
    }
}
