//! Answers that several callers need: they share one request while it is in progress, and its answers are kept for a
//! while.
//!
//! Those who wait for a request drive it. When the last of them is gone, the request ends, like one that nobody shares.

use std::collections::HashMap;
use std::collections::hash_map::Entry as Place;
use std::hash::Hash;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use futures_util::future::{Shared, WeakShared};
use headroom_base::tasks::{Panicked, in_order};
use headroom_protocol::QueryError;

/// A request for the answers to several keys, in the order of the keys.
pub(super) type Request<V> = Pin<Box<dyn Future<Output = Result<Vec<V>, QueryError>> + Send>>;
/// Requests, each with the indices of the keys that it answers.
pub(super) type Requests<V> = Vec<(Vec<usize>, Request<V>)>;
/// A request whose answers are kept.
type Keeping<V> = Request<Arc<V>>;
/// A request in progress that several callers wait for.
type UnderWay<V> = Shared<Keeping<V>>;

/// Kept answers, by key.
pub(super) struct Kept<K, V> {
    entries: Arc<Mutex<Entries<K, V>>>,
}

struct Entries<K, V> {
    by_key: HashMap<K, Entry<V>>,
    /// Bytes of all answers.
    bytes: usize,
    /// The most bytes that are kept.
    room: usize,
    /// Bytes of an answer and of its key, which is an expression of some length.
    size: fn(&K, &V) -> usize,
}

enum Entry<V> {
    /// The request, and the index of this answer among its answers.
    UnderWay(WeakShared<Keeping<V>>, usize),
    Here {
        answer: Arc<V>,
        bytes: usize,
        until: Instant,
    },
}

/// Where an answer comes from.
enum Source<V> {
    Here(Arc<V>),
    UnderWay(UnderWay<V>, usize),
}

/// The answers to a call.
pub(super) struct Came<V> {
    /// The answers, in the order of the keys.
    pub(super) answers: Vec<Arc<V>>,
    /// How many of them another caller had asked for already.
    pub(super) shared: usize,
}

impl<K, V> std::fmt::Debug for Kept<K, V> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let entries = self.entries();
        write!(f, "{} answers of {} bytes", entries.by_key.len(), entries.bytes)
    }
}

impl<K, V> Kept<K, V> {
    /// An empty store that keeps at most `room` bytes.
    pub(super) fn new(room: usize, size: fn(&K, &V) -> usize) -> Self {
        Self { entries: Arc::new(Mutex::new(Entries { by_key: HashMap::new(), bytes: 0, room, size })) }
    }

    fn entries(&self) -> MutexGuard<'_, Entries<K, V>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K, V> Kept<K, V>
where
    K: Clone + Eq + Hash + Send + 'static,
    V: Send + Sync + 'static,
{
    /// The answers to `keys`. `requests` creates requests for the keys that nobody has asked for, each with the indices
    /// that it answers. The answers of a request are kept for the time that `fresh` returns; failures are not kept.
    ///
    /// # Errors
    /// If a request fails.
    pub(super) async fn get(
        &self,
        keys: &[K],
        fresh: impl Fn(&[Arc<V>]) -> Duration + Clone + Send + 'static,
        requests: impl FnOnce(Vec<usize>) -> Requests<V>,
    ) -> Result<Came<V>, QueryError> {
        let (found, shared) = self.find_or_ask(keys, fresh, requests);
        let mut under_way: Vec<UnderWay<V>> = Vec::new();
        let sources: Vec<Result<Arc<V>, (usize, usize)>> = found
            .into_iter()
            .map(|from| match from {
                Source::Here(answer) => Ok(answer),
                Source::UnderWay(request, place) => {
                    let known = under_way.iter().position(|one| one.ptr_eq(&request));
                    let at = known.unwrap_or_else(|| {
                        under_way.push(request);
                        under_way.len() - 1
                    });
                    Err((at, place))
                }
            })
            .collect();
        let brought = in_order(under_way).await?;
        let answers = sources.into_iter().map(|source| match source {
            Ok(answer) => Some(answer),
            Err((request, place)) => brought.get(request)?.get(place).cloned(),
        });
        let answers: Option<Vec<Arc<V>>> = answers.collect();
        let answers = answers.ok_or_else(|| QueryError::from(Panicked))?;
        Ok(Came { answers, shared })
    }

    /// Where each answer comes from, and how many of them were asked for before.
    fn find_or_ask(
        &self,
        keys: &[K],
        fresh: impl Fn(&[Arc<V>]) -> Duration + Clone + Send + 'static,
        requests: impl FnOnce(Vec<usize>) -> Requests<V>,
    ) -> (Vec<Source<V>>, usize) {
        let mut entries = self.entries();
        entries.forget(Instant::now());
        let mut found: Vec<Option<Source<V>>> = keys.iter().map(|key| entries.find(key)).collect();
        let missing: Vec<usize> = (0..keys.len()).filter(|at| found[*at].is_none()).collect();
        let shared = keys.len() - missing.len();
        if !missing.is_empty() {
            for (places, request) in requests(missing) {
                let own: Vec<K> = places.iter().map(|place| keys[*place].clone()).collect();
                let under_way = self.keeping(own.clone(), fresh.clone(), request);
                for (place, (key, at)) in own.into_iter().zip(places).enumerate() {
                    if let Some(weak) = under_way.downgrade() {
                        entries.by_key.insert(key, Entry::UnderWay(weak, place));
                    }
                    found[at] = Some(Source::UnderWay(under_way.clone(), place));
                }
            }
        }
        (found.into_iter().flatten().collect(), shared)
    }

    /// A request whose answers are kept when it ends.
    fn keeping(
        &self,
        keys: Vec<K>,
        fresh: impl Fn(&[Arc<V>]) -> Duration + Send + 'static,
        request: Request<V>,
    ) -> UnderWay<V> {
        let entries = Arc::downgrade(&self.entries);
        let request = async move {
            let answers: Vec<Arc<V>> = request.await?.into_iter().map(Arc::new).collect();
            if let Some(entries) = entries.upgrade() {
                let mut entries = entries.lock().unwrap_or_else(PoisonError::into_inner);
                let until = Instant::now() + fresh(&answers);
                for (key, answer) in keys.into_iter().zip(&answers) {
                    entries.keep(key, answer, until);
                }
            }
            Ok(answers)
        };
        let request: Keeping<V> = Box::pin(request);
        request.shared()
    }
}

impl<K: Clone + Eq + Hash, V> Entries<K, V> {
    fn find(&self, key: &K) -> Option<Source<V>> {
        match self.by_key.get(key)? {
            Entry::Here { answer, .. } => Some(Source::Here(Arc::clone(answer))),
            // A request that failed is sent again.
            Entry::UnderWay(request, place) => {
                let request = request.upgrade().filter(|request| !matches!(request.peek(), Some(Err(_))))?;
                Some(Source::UnderWay(request, *place))
            }
        }
    }

    /// Removes old answers, and requests that nobody waits for.
    fn forget(&mut self, now: Instant) {
        let mut bytes = 0;
        self.by_key.retain(|_, entry| match entry {
            Entry::UnderWay(request, _) => request.upgrade().is_some(),
            Entry::Here { until, bytes: own, .. } => {
                let keep = *until > now;
                bytes += if keep { *own } else { 0 };
                keep
            }
        });
        self.bytes = bytes;
    }

    fn keep(&mut self, key: K, answer: &Arc<V>, until: Instant) {
        let bytes = (self.size)(&key, answer);
        if bytes > self.room {
            self.by_key.remove(&key);
            return;
        }
        while self.bytes + bytes > self.room {
            // The answers that expire first are removed first.
            let here = self.by_key.iter().filter_map(|(key, entry)| match entry {
                Entry::Here { until, bytes, .. } => Some((*until, key, *bytes)),
                Entry::UnderWay(..) => None,
            });
            let Some((first, freed)) = here.min_by_key(|one| one.0).map(|(_, key, bytes)| (key.clone(), bytes)) else {
                break;
            };
            self.by_key.remove(&first);
            self.bytes -= freed;
        }
        match self.by_key.entry(key) {
            Place::Occupied(mut place) => {
                if let Entry::Here { bytes: before, .. } = place.get() {
                    self.bytes -= before;
                }
                place.insert(Entry::Here { answer: Arc::clone(answer), bytes, until });
            }
            Place::Vacant(place) => {
                place.insert(Entry::Here { answer: Arc::clone(answer), bytes, until });
            }
        }
        self.bytes += bytes;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::sync::Notify;

    use super::*;

    const LONG: Duration = Duration::from_mins(1);

    /// A server that counts its requests, and answers each key with its own number once it is allowed to.
    #[derive(Clone, Default)]
    struct Server {
        sent: Arc<AtomicUsize>,
        ended: Arc<AtomicUsize>,
        go: Arc<Notify>,
        waits: bool,
        fails: bool,
    }

    /// Counts that a request has ended, in whatever way.
    struct Ends(Arc<AtomicUsize>);

    impl Drop for Ends {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    impl Server {
        /// Requests all missing keys at once.
        fn requests(self, keys: Vec<u8>) -> impl FnOnce(Vec<usize>) -> Requests<u8> {
            move |missing| {
                self.sent.fetch_add(1, Ordering::SeqCst);
                let answers: Vec<u8> = missing.iter().map(|place| keys[*place]).collect();
                let request = async move {
                    let _ends = Ends(Arc::clone(&self.ended));
                    if self.waits {
                        self.go.notified().await;
                    }
                    if self.fails { Err(QueryError::bad_request("no")) } else { Ok(answers) }
                };
                vec![(missing, Box::pin(request))]
            }
        }
    }

    async fn get(kept: &Kept<u8, u8>, keys: &[u8], server: &Server) -> Result<(Vec<u8>, usize), QueryError> {
        let came = kept.get(keys, |_: &[Arc<u8>]| LONG, server.clone().requests(keys.to_vec())).await?;
        Ok((came.answers.iter().map(|answer| **answer).collect(), came.shared))
    }

    #[tokio::test]
    async fn what_was_asked_is_not_asked_again() {
        let (kept, server) = (Kept::new(1_000, |_, _| 1), Server::default());
        assert_eq!(get(&kept, &[1, 2], &server).await, Ok((vec![1, 2], 0)));
        assert_eq!(get(&kept, &[2, 3, 1], &server).await, Ok((vec![2, 3, 1], 2)));
        assert_eq!(get(&kept, &[3], &server).await, Ok((vec![3], 1)));
        assert_eq!(server.sent.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn many_who_ask_at_once_wait_for_one_request() {
        let (kept, server) = (Arc::new(Kept::new(1_000, |_, _| 1)), Server { waits: true, ..Server::default() });
        let asking = (0..20).map(|_| {
            let (kept, server) = (Arc::clone(&kept), server.clone());
            async move { get(&kept, &[7], &server).await }
        });
        let go = Arc::clone(&server.go);
        let letting = async move {
            tokio::time::sleep(Duration::from_millis(50)).await;
            go.notify_waiters();
        };
        let (answers, ()) = tokio::join!(in_order(asking), letting);
        assert!(answers.unwrap().iter().all(|(answers, _)| answers == &[7]));
        assert_eq!(server.sent.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn a_request_ends_with_the_last_who_waits_for_it() {
        let (kept, server) = (Arc::new(Kept::new(1_000, |_, _| 1)), Server { waits: true, ..Server::default() });
        let ask = || {
            let (kept, server) = (Arc::clone(&kept), server.clone());
            tokio::spawn(async move { get(&kept, &[7], &server).await })
        };
        let (first, second) = (ask(), ask());
        tokio::time::sleep(Duration::from_millis(20)).await;
        first.abort();
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert_eq!(server.ended.load(Ordering::SeqCst), 0, "the other one still waits");
        second.abort();
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert_eq!(server.ended.load(Ordering::SeqCst), 1);
        let third = ask();
        tokio::time::sleep(Duration::from_millis(20)).await;
        server.go.notify_waiters();
        assert_eq!(third.await.unwrap(), Ok((vec![7], 0)), "who comes later asks anew");
        assert_eq!(server.sent.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn a_failure_is_not_kept() {
        let kept = Kept::new(1_000, |_, _| 1);
        let failing = Server { fails: true, ..Server::default() };
        assert_eq!(get(&kept, &[1], &failing).await, Err(QueryError::bad_request("no")));
        assert_eq!(get(&kept, &[1], &Server::default()).await, Ok((vec![1], 0)));
    }

    #[tokio::test]
    async fn no_more_is_kept_than_there_is_room_for() {
        let (kept, server) = (Kept::new(3, |_, _| 1), Server::default());
        for key in 0..10 {
            get(&kept, &[key], &server).await.unwrap();
            assert!(kept.entries().bytes <= 3);
        }
        assert_eq!(get(&kept, &[9], &server).await.unwrap().1, 1, "the newest are here");
        assert_eq!(get(&kept, &[0], &server).await.unwrap().1, 0, "the oldest are not");
        let (large, server) = (Kept::new(3, |_, _| 4), Server::default());
        get(&large, &[1], &server).await.unwrap();
        // Only one guard: a second one in the same expression would wait for the first one forever.
        let entries = large.entries();
        assert_eq!((entries.bytes, entries.by_key.len()), (0, 0));
    }
}
