//! Counts the requests to Prometheus that one query causes.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use headroom_engine::display;

/// The most characters of expressions that are listed: people read the query inspector, and every answer contains the
/// list.
const LISTED: usize = 16 << 10;

/// The counts, updated while a query is answered.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    sent: AtomicU64,
    shared: AtomicU64,
    expressions: Mutex<Vec<String>>,
}

impl Ledger {
    /// Counts a request that was sent for this query.
    pub(super) fn send(&self, expression: Option<&str>) {
        self.sent.fetch_add(1, Ordering::Relaxed);
        let mut listed = self.expressions.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(expression) = expression
            && listed.iter().map(String::len).sum::<usize>() + expression.len() <= LISTED
        {
            listed.push(expression.to_owned());
        }
    }

    /// Counts answers that were kept, or that another query had asked for already.
    pub(super) fn share(&self, answers: usize) {
        self.shared.fetch_add(answers as u64, Ordering::Relaxed);
    }

    /// Number of requests that were sent.
    pub(crate) fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    /// Number of answers without a request of this query.
    pub(crate) fn shared(&self) -> u64 {
        self.shared.load(Ordering::Relaxed)
    }

    /// The counts in words; empty if nothing was requested.
    pub(crate) fn summary(&self) -> String {
        let (sent, shared) = (self.sent(), self.shared());
        if sent + shared == 0 {
            return String::new();
        }
        let (sent, shared) = (display::count(sent, "request"), display::count(shared, "answer"));
        format!("{sent} to Prometheus, {shared} shared with other queries")
    }

    /// The expressions that were sent, one per line, as the query inspector shows them; empty if there were none.
    pub(crate) fn executed(&self) -> String {
        let mut text = self.summary();
        let listed = self.expressions.lock().unwrap_or_else(PoisonError::into_inner);
        for expression in listed.iter() {
            text.push('\n');
            text.push_str(expression);
        }
        text
    }
}
