//! Fetches an object in the background, and hands it to a reader that blocks.

use std::io::{self, Read};
use std::time::{Duration, Instant};

use bytes::{Buf as _, Bytes};
use futures_util::StreamExt as _;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;

use super::fault::{Fault, FaultKind};
use super::source::Objects;
use crate::catalog::FileMark;

/// How many parts of an object wait to be read. A part is what one read of the network gave, some hundred kilobytes at
/// most; so one object takes a megabyte or two while it is parsed, whatever its size.
const WAITING: usize = 4;

/// The least bytes per second, on average, after the first timeout. A server that drips would otherwise hold up all other
/// reports for as long as it likes.
const LEAST_RATE: u64 = 64 << 10;

/// The most bytes of an object whose size is unknown.
const MOST: u64 = 4 << 30;

/// How long a report may take.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    timeout: Duration,
    rate: u64,
}

impl Limits {
    /// The limits of a store whose server may be silent for this long.
    pub(super) fn new(timeout: Duration) -> Self {
        Self { timeout, rate: LEAST_RATE }
    }

    /// The time for an object of this size, with as many attempts as a request has.
    fn within(&self, size: u64) -> Duration {
        self.timeout * 2 + Duration::from_secs(size / self.rate)
    }
}

/// An object that is being fetched. Dropping it stops that.
#[derive(Debug)]
pub(super) struct Download {
    parts: mpsc::Receiver<Result<Bytes, Fault>>,
    task: AbortHandle,
    runtime: Handle,
}

impl Download {
    /// Begins to fetch an object.
    pub(super) fn begin(source: &Objects, mark: &FileMark, runtime: &Handle) -> Self {
        let (sender, parts) = mpsc::channel(WAITING);
        let (source, mark) = (source.clone(), mark.clone());
        let task = runtime.spawn(async move {
            let mut content = match source.open(&mark).await {
                Ok(content) => content,
                Err(fault) => {
                    // If nobody waits for it any more, nobody needs the fault.
                    drop(sender.send(Err(fault)).await);
                    return;
                }
            };
            while let Some(part) = content.next().await {
                let failed = part.is_err();
                if sender.send(part).await.is_err() || failed {
                    return;
                }
            }
        });
        Self { parts, task: task.abort_handle(), runtime: runtime.clone() }
    }

    /// Reads the object, which has the state in `mark`; `place` is the store's name for people. Its time begins now.
    pub(super) fn reader(self, mark: &FileMark, limits: Limits, place: &str) -> Reader {
        let within = limits.within(mark.size);
        Reader {
            download: self,
            part: Bytes::new(),
            read: 0,
            size: (mark.size > 0).then_some(mark.size),
            within,
            until: Instant::now() + within,
            place: place.to_owned(),
            fault: None,
        }
    }
}

impl Drop for Download {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Reads an object as it arrives. A failure of the store ends it with an error, and is kept.
#[derive(Debug)]
pub(super) struct Reader {
    download: Download,
    part: Bytes,
    read: u64,
    /// The size that was listed; `None` if it is unknown.
    size: Option<u64>,
    within: Duration,
    until: Instant,
    place: String,
    fault: Option<Fault>,
}

impl Reader {
    /// Why the object was not delivered.
    pub(super) fn fault(&self) -> Option<&Fault> {
        self.fault.as_ref()
    }

    fn next(&mut self) -> Result<Option<Bytes>, Fault> {
        let until = tokio::time::Instant::from_std(self.until);
        let parts = &mut self.download.parts;
        let part = self.download.runtime.block_on(async { tokio::time::timeout_at(until, parts.recv()).await });
        let part = part.map_err(|_| Fault::timeout(&self.place, self.within))?.transpose()?;
        let read = self.read + part.as_ref().map_or(0, |part| part.len() as u64);
        let changed = match self.size {
            Some(size) => read > size || part.is_none() && read < size,
            None => read > MOST,
        };
        if changed {
            return Err(Fault::new(FaultKind::Changed, format!("{}: the report has another size now", self.place)));
        }
        self.read = read;
        Ok(part)
    }
}

impl Read for Reader {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.part.is_empty() {
            if let Some(fault) = &self.fault {
                return Err(io::Error::other(fault.clone()));
            }
            match self.next() {
                Ok(Some(part)) => self.part = part,
                Ok(None) => return Ok(0),
                Err(fault) => self.fault = Some(fault),
            }
        }
        let count = self.part.len().min(into.len());
        into[..count].copy_from_slice(&self.part[..count]);
        self.part.advance(count);
        Ok(count)
    }
}
