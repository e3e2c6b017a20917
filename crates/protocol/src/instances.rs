//! One instance of the plugin's state per configured data source.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::OnceCell;

use crate::context::InstanceSettings;

/// Keeps one `T` (connections, catalogs, caches) per data source. It is created at the first request, and again after
/// the data source's settings have changed. The old one is dropped as soon as the last request that uses it has ended.
/// The instance of a deleted data source stays until the process ends, because Grafana does not tell plugins of
/// deletions.
pub struct Instances<T> {
    /// Keyed by organisation and uid, because a uid is unique only within its organisation.
    slots: Mutex<HashMap<(i64, String), Slot<T>>>,
}

struct Slot<T> {
    updated_ms: i64,
    cell: Arc<OnceCell<Arc<T>>>,
}

impl<T> Default for Instances<T> {
    fn default() -> Self {
        Self { slots: Mutex::new(HashMap::new()) }
    }
}

impl<T> Instances<T> {
    /// The instance for these settings. Of several simultaneous requests, one creates it and the others wait.
    ///
    /// # Errors
    /// The error of `create`. Nothing is kept then, and the next request tries again.
    pub async fn get<E, F>(
        &self,
        org_id: i64,
        settings: &InstanceSettings,
        create: impl FnOnce() -> F,
    ) -> Result<Arc<T>, E>
    where
        F: Future<Output = Result<T, E>>,
    {
        let cell = self.cell(org_id, settings);
        cell.get_or_try_init(|| async { create().await.map(Arc::new) }).await.cloned()
    }

    fn cell(&self, org_id: i64, settings: &InstanceSettings) -> Arc<OnceCell<Arc<T>>> {
        // A panic elsewhere cannot damage the map, because it is changed in single steps.
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = || Slot { updated_ms: settings.updated_ms, cell: Arc::default() };
        let slot = slots.entry((org_id, settings.uid.clone())).or_insert_with(fresh);
        // Any different time counts, not only a later one: a restored database brings back older settings.
        if slot.updated_ms != settings.updated_ms {
            *slot = fresh();
        }
        Arc::clone(&slot.cell)
    }
}

#[cfg(test)]
mod tests {
    use std::{
        convert::Infallible,
        sync::atomic::{AtomicUsize, Ordering},
    };

    use super::*;

    fn settings(uid: &str, updated_ms: i64) -> InstanceSettings {
        InstanceSettings { uid: uid.to_owned(), updated_ms, ..Default::default() }
    }

    /// Counts the instances that are alive.
    struct Alive<'a>(&'a AtomicUsize);

    impl Drop for Alive<'_> {
        fn drop(&mut self) {
            self.0.fetch_sub(1, Ordering::SeqCst);
        }
    }

    #[tokio::test]
    async fn made_once_per_settings_and_dropped_when_they_change() {
        let (made, alive) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let instances = Instances::default();
        let get = async |org_id, settings: InstanceSettings| {
            let create = || async {
                made.fetch_add(1, Ordering::SeqCst);
                alive.fetch_add(1, Ordering::SeqCst);
                tokio::task::yield_now().await;
                Ok::<_, Infallible>(Alive(&alive))
            };
            instances.get(org_id, &settings, create).await.expect("creation cannot fail")
        };
        let counts = || (made.load(Ordering::SeqCst), alive.load(Ordering::SeqCst));

        let (first, same) = tokio::join!(get(1, settings("a", 10)), get(1, settings("a", 10)));
        assert!(Arc::ptr_eq(&first, &same), "concurrent requests share one instance");
        assert_eq!(counts(), (1, 1));

        let other_uid = get(1, settings("b", 10)).await;
        let other_org = get(2, settings("a", 10)).await;
        assert!(!Arc::ptr_eq(&first, &other_uid) && !Arc::ptr_eq(&first, &other_org));
        assert_eq!(counts(), (3, 3));

        let newer = get(1, settings("a", 11)).await;
        assert!(!Arc::ptr_eq(&first, &newer));
        assert_eq!(counts(), (4, 4), "a request still uses the old instance");
        drop((first, same));
        assert_eq!(counts(), (4, 3), "its last user has gone");

        let restored = get(1, settings("a", 9)).await;
        assert!(!Arc::ptr_eq(&newer, &restored), "older settings count as well");
    }

    #[tokio::test]
    async fn a_failure_is_not_kept() {
        let instances = Instances::default();
        let failed: Result<Arc<u8>, &str> = instances.get(1, &settings("a", 1), || async { Err("no") }).await;
        assert_eq!(failed, Err("no"));
        let made: Result<Arc<u8>, &str> = instances.get(1, &settings("a", 1), || async { Ok(7) }).await;
        assert_eq!(made, Ok(Arc::new(7)));
    }
}
