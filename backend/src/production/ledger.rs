//! What the answer to one query takes of Prometheus.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use headroom_engine::display;

/// More characters of expressions than this are not listed: the query inspector is read by people, and every answer carries it.
const LISTED: usize = 16 << 10;

/// Counted while a query is answered.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    sent: AtomicU64,
    shared: AtomicU64,
    expressions: Mutex<Vec<String>>,
}

impl Ledger {
    /// A request was sent for this query.
    pub(super) fn send(&self, expression: Option<&str>) {
        self.sent.fetch_add(1, Ordering::Relaxed);
        let mut listed = self.expressions.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(expression) = expression
            && listed.iter().map(String::len).sum::<usize>() + expression.len() <= LISTED
        {
            listed.push(expression.to_owned());
        }
    }

    /// Answers that were kept, or that another query had asked for already.
    pub(super) fn share(&self, answers: usize) {
        self.shared.fetch_add(answers as u64, Ordering::Relaxed);
    }

    /// How many requests were sent.
    pub(crate) fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    /// How many answers came from elsewhere.
    pub(crate) fn shared(&self) -> u64 {
        self.shared.load(Ordering::Relaxed)
    }

    /// How much that was, in words; empty if nothing was asked.
    pub(crate) fn summary(&self) -> String {
        let (sent, shared) = (self.sent(), self.shared());
        if sent + shared == 0 {
            return String::new();
        }
        let (sent, shared) = (display::count(sent, "request"), display::count(shared, "answer"));
        format!("{sent} to Prometheus, {shared} shared with other queries")
    }

    /// What was asked, one expression a line, as the query inspector shows it; empty if nothing was.
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
