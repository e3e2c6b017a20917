//! The SHA-256 of a report, computed while the report is read.
//!
//! Hashing takes a third of the time that reading does. So if a report is longer than one window, it is hashed on
//! another thread than the reader's.

use std::sync::mpsc::{Receiver, SyncSender, channel, sync_channel};
use std::thread::{self, JoinHandle};

use headroom_base::hexadecimal;
use sha2::{Digest as _, Sha256};

/// The most chunks that may wait for the thread. A chunk is at most one window, so this limits the memory.
const WAITING: usize = 4;

/// A hash that is computed from the bytes as they are read.
pub(crate) enum ContentHash {
    /// On the reader's thread.
    Here(Sha256),
    /// On a thread of its own.
    Beside(Worker),
}

/// A thread that hashes chunks in order and returns their memory.
pub(crate) struct Worker {
    chunks: SyncSender<Vec<u8>>,
    used: Receiver<Vec<u8>>,
    thread: JoinHandle<Sha256>,
}

impl ContentHash {
    pub(crate) fn new() -> Self {
        Self::Here(Sha256::new())
    }

    /// Adds the next bytes of the report.
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Here(hash) => hash.update(bytes),
            Self::Beside(worker) => {
                let mut chunk = worker.used.try_recv().unwrap_or_default();
                chunk.clear();
                chunk.extend_from_slice(bytes);
                // This fails only if the thread has panicked, which `finish` passes on.
                worker.chunks.send(chunk).ok();
            }
        }
    }

    /// Moves the hashing to another thread, if the system can start one.
    pub(crate) fn go_beside(self) -> Self {
        let Self::Here(hash) = self else { return self };
        let (chunks, waiting) = sync_channel::<Vec<u8>>(WAITING);
        let (done, used) = channel();
        let mut hashing = hash.clone();
        let thread = thread::Builder::new().name("report hash".to_owned()).spawn(move || {
            while let Ok(chunk) = waiting.recv() {
                hashing.update(&chunk);
                // This fails if the reader has stopped, which then needs no memory back.
                done.send(chunk).ok();
            }
            hashing
        });
        match thread {
            Ok(thread) => Self::Beside(Worker { chunks, used, thread }),
            Err(_) => Self::Here(hash),
        }
    }

    /// The hash of all bytes, in lower-case hexadecimal.
    pub(crate) fn finish(self) -> String {
        let hash = match self {
            Self::Here(hash) => hash,
            Self::Beside(Worker { chunks, used, thread }) => {
                drop((chunks, used));
                thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            }
        };
        hexadecimal(&hash.finalize())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_give_the_standard_hash() {
        // FIPS 180-4's examples.
        let cases = [
            ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ];
        for (text, expected) in cases {
            let mut here = ContentHash::new();
            here.update(text.as_bytes());
            assert_eq!(here.finish(), expected);
        }
        let (mut here, mut beside) = (ContentHash::new(), ContentHash::new());
        beside.update(&[0; 100]);
        here.update(&[0; 100]);
        beside = beside.go_beside();
        assert!(matches!(beside, ContentHash::Beside(_)));
        for chunk in 0..1000_u32 {
            here.update(&chunk.to_le_bytes());
            beside.update(&chunk.to_le_bytes());
        }
        assert_eq!(here.finish(), beside.finish());
    }
}
