//! Work on other threads. Dropping one of these futures stops the work that has not begun. Blocking work that has begun
//! runs to its end, and its result is dropped.

use std::fmt;

use tokio::task::JoinSet;

/// A task ended by a panic. The panic itself is already in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Panicked;

impl fmt::Display for Panicked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a task ended unexpectedly; the log says where")
    }
}

impl std::error::Error for Panicked {}

/// Runs a future as a task of its own, stopped when the caller is dropped.
///
/// # Errors
/// When it panics.
pub async fn isolated<T: Send + 'static>(future: impl Future<Output = T> + Send + 'static) -> Result<T, Panicked> {
    let mut running = JoinSet::new();
    running.spawn(future);
    match running.join_next().await {
        Some(Ok(value)) => Ok(value),
        // Nobody else can cancel the task, so an error is a panic.
        Some(Err(_)) | None => Err(Panicked),
    }
}

/// Runs work that blocks (on a disk, on a long computation) off the asynchronous threads.
///
/// # Errors
/// Those of the work, and [`Panicked`] when it panics.
pub async fn blocking<T: Send + 'static, E: From<Panicked> + Send + 'static>(
    work: impl FnOnce() -> Result<T, E> + Send + 'static,
) -> Result<T, E> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|_| Err(E::from(Panicked)))
}

/// Runs futures at the same time, each as a task, and gives their results in the order of the futures.
///
/// # Errors
/// The first error that any of them ends with, [`Panicked`] among them; the others are then stopped.
pub async fn in_order<T, E>(
    futures: impl IntoIterator<Item = impl Future<Output = Result<T, E>> + Send + 'static>,
) -> Result<Vec<T>, E>
where
    T: Send + 'static,
    E: From<Panicked> + Send + 'static,
{
    let mut running = JoinSet::new();
    for (place, future) in futures.into_iter().enumerate() {
        running.spawn(async move { (place, future.await) });
    }
    let mut results: Vec<Option<T>> = (0..running.len()).map(|_| None).collect();
    while let Some(ended) = running.join_next().await {
        let (place, result) = ended.map_err(|_| E::from(Panicked))?;
        results[place] = Some(result?);
    }
    Ok(results.into_iter().flatten().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq)]
    enum Failed {
        Panicked,
        Said(&'static str),
    }

    impl From<Panicked> for Failed {
        fn from(Panicked: Panicked) -> Self {
            Self::Panicked
        }
    }

    #[tokio::test]
    async fn results_come_in_the_order_of_the_futures() {
        // Each future yields more often than those behind it, so the last one ends first.
        let futures = (0..5_u32).map(|place| async move {
            for _ in 0..(5 - place) * 3 {
                tokio::task::yield_now().await;
            }
            Ok::<_, Failed>(place)
        });
        assert_eq!(in_order(futures).await, Ok(vec![0, 1, 2, 3, 4]));
        assert_eq!(in_order(std::iter::empty::<std::future::Ready<Result<u8, Failed>>>()).await, Ok(vec![]));
    }

    #[tokio::test]
    async fn the_first_error_ends_all() {
        let futures = [None, Some("second")].map(|error| async move {
            match error {
                Some(said) => Err(Failed::Said(said)),
                None => std::future::pending::<Result<u8, Failed>>().await,
            }
        });
        assert_eq!(in_order(futures).await, Err(Failed::Said("second")));
    }

    #[tokio::test]
    async fn a_panic_is_an_error() {
        let empty: [u8; 0] = [];
        let broken = move |at: usize| empty[at];
        assert_eq!(isolated(async move { broken(1) }).await, Err(Panicked));
        assert_eq!(blocking(move || Ok(broken(1))).await, Err(Failed::Panicked));
        assert_eq!(in_order([async move { Ok(broken(1)) }]).await, Err(Failed::Panicked));
    }

    #[tokio::test]
    async fn what_blocks_gives_its_result() {
        assert_eq!(blocking(|| Ok::<_, Failed>(7)).await, Ok(7));
        assert_eq!(blocking(|| Err::<u8, _>(Failed::Said("no"))).await, Err(Failed::Said("no")));
    }
}
