//! How many queries compute at the same time.

use std::sync::LazyLock;
use std::thread::available_parallelism;

use headroom_base::tasks::{Panicked, blocking};
use tokio::sync::{Semaphore, SemaphorePermit};

/// Computations at once, for each core. One may wait for the disk while another one computes. More would not end sooner,
/// and each of them holds the numbers of its answer.
const FOR_EACH_CORE: usize = 2;

static TURNS: LazyLock<Semaphore> =
    LazyLock::new(|| Semaphore::new(FOR_EACH_CORE * available_parallelism().map_or(1, usize::from)));

/// Judges runs or makes frames, off the asynchronous threads, when it is this one's turn. Whoever waits longest is next. The
/// work must not wait for another turn.
///
/// # Errors
/// Those of the work, and [`Panicked`] if it panics.
pub(crate) async fn computing<T: Send + 'static, E: From<Panicked> + Send + 'static>(
    work: impl FnOnce() -> Result<T, E> + Send + 'static,
) -> Result<T, E> {
    // The semaphore is never closed, so there always is a turn.
    let turn: Option<SemaphorePermit<'static>> = TURNS.acquire().await.ok();
    blocking(move || {
        // Work whose query was cancelled goes on to its end, and keeps its turn until then.
        let _turn = turn;
        work()
    })
    .await
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::{Arc, Barrier};
    use std::time::Duration;

    use headroom_base::tasks::in_order;
    use headroom_protocol::QueryError;

    use super::*;

    /// Each waits until as many compute as may, so fewer turns would never end, and more would be counted.
    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn as_many_compute_at_once_as_there_are_turns() {
        let all = FOR_EACH_CORE * available_parallelism().map_or(1, usize::from);
        let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let full = Arc::new(Barrier::new(all));
        let works = (0..4 * all).map(|_| {
            let (running, most, full) = (Arc::clone(&running), Arc::clone(&most), Arc::clone(&full));
            computing(move || {
                most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                full.wait();
                running.fetch_sub(1, Ordering::SeqCst);
                Ok::<_, QueryError>(())
            })
        });
        tokio::time::timeout(Duration::from_mins(1), in_order(works)).await.expect("enough turns").unwrap();
        assert_eq!(most.load(Ordering::SeqCst), all);
    }
}
