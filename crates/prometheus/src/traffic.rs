//! Counts what this process exchanges with all Prometheus servers.

use std::sync::atomic::{AtomicU64, Ordering};

static ANSWERED: AtomicU64 = AtomicU64::new(0);
static FAILED: AtomicU64 = AtomicU64::new(0);
static BYTES: AtomicU64 = AtomicU64::new(0);
static OPEN: AtomicU64 = AtomicU64::new(0);

/// Counts since the start of this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Traffic {
    /// Requests with an answer that could be read.
    pub answered: u64,
    /// Requests that failed, were refused or were abandoned.
    pub failed: u64,
    /// Bytes of answers, after decompression.
    pub bytes: u64,
    /// Requests in progress.
    pub open: u64,
}

/// The counts so far.
#[must_use]
pub fn traffic() -> Traffic {
    let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    Traffic { answered: count(&ANSWERED), failed: count(&FAILED), bytes: count(&BYTES), open: count(&OPEN) }
}

/// A request in progress. It counts as failed unless [`end`](Self::end) is called.
pub(crate) struct UnderWay {
    answered: bool,
}

impl UnderWay {
    pub(crate) fn begin() -> Self {
        OPEN.fetch_add(1, Ordering::Relaxed);
        Self { answered: false }
    }

    /// Counts bytes that have arrived.
    pub(crate) fn receive(bytes: usize) {
        BYTES.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// Counts the request as answered: its answer is complete.
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
