//! Whose turn it is to write into a store: one report at a time, and few that wait.

use std::collections::VecDeque;
use std::sync::Arc;

use tokio::sync::{Mutex, OwnedMutexGuard, OwnedSemaphorePermit, Semaphore};

use crate::catalog::FileMark;

/// How many may hold a report in memory, the one that is written among them. Each is one message of at most 16 MiB.
const AT_ONCE: usize = 4;
/// How many of the reports written last are remembered. A listing takes a moment to see a report, and the same content
/// may come again before that.
const REMEMBERED: usize = 64;

/// The turns of one data source.
#[derive(Debug)]
pub struct Turns {
    places: Arc<Semaphore>,
    written: Arc<Mutex<Written>>,
}

/// Content hashes of the reports written last, with their files.
type Written = VecDeque<(String, FileMark)>;

/// The right to write, until it is dropped.
#[derive(Debug)]
pub struct Turn {
    written: OwnedMutexGuard<Written>,
    _place: OwnedSemaphorePermit,
}

impl Default for Turns {
    fn default() -> Self {
        Self { places: Arc::new(Semaphore::new(AT_ONCE)), written: Arc::default() }
    }
}

impl Turns {
    /// Waits for a turn; `None` if too many wait already.
    pub async fn turn(&self) -> Option<Turn> {
        let place = Arc::clone(&self.places).try_acquire_owned().ok()?;
        Some(Turn { written: Arc::clone(&self.written).lock_owned().await, _place: place })
    }
}

impl Turn {
    /// Remembers a report that was written.
    pub fn remember(&mut self, content_hash: String, file: FileMark) {
        self.written.truncate(REMEMBERED - 1);
        self.written.push_front((content_hash, file));
    }

    /// The files with this content that were written lately, the last one first.
    pub fn remembered(&self, content_hash: &str) -> impl Iterator<Item = &FileMark> {
        self.written.iter().filter(move |(hash, _)| hash == content_hash).map(|(_, file)| file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn one_writes_and_few_wait() {
        let turns = Arc::new(Turns::default());
        let mut first = turns.turn().await.unwrap();
        let waiting: Vec<_> = (1..AT_ONCE)
            .map(|_| {
                let turns = Arc::clone(&turns);
                tokio::spawn(async move { turns.turn().await.is_some() })
            })
            .collect();
        tokio::task::yield_now().await;
        assert!(turns.turn().await.is_none(), "too many wait");
        for size in 0..100 {
            first.remember(size.to_string(), FileMark { path: "x".to_owned(), size, changed_ns: 0, tag: None });
        }
        drop(first);
        for waiting in waiting {
            assert!(waiting.await.unwrap());
        }
        let turn = turns.turn().await.unwrap();
        assert_eq!(turn.remembered("99").count(), 1);
        assert_eq!(turn.remembered("36").count(), 1);
        assert_eq!(turn.remembered("35").count(), 0, "the oldest are forgotten");
    }
}
