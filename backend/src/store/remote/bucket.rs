//! A bucket of any provider, through `object_store`.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use futures_util::future::BoxFuture;
use futures_util::{FutureExt as _, StreamExt as _};
use object_store::path::Path;
use object_store::{BackoffConfig, GetOptions, ObjectMeta, ObjectStore, ObjectStoreExt as _, RetryConfig};

use super::fault::{Fault, FaultKind};
use super::source::{Content, Source};
use crate::catalog::FileMark;
use crate::store::reports::{Gathering, is_hidden, nanoseconds};

/// How a request is repeated: after a tenth of a second, then after a random time that grows to five seconds.
pub(super) fn retries() -> RetryConfig {
    RetryConfig {
        backoff: BackoffConfig {
            init_backoff: Duration::from_millis(100),
            max_backoff: Duration::from_secs(5),
            base: 2.0,
        },
        max_retries: 3,
        // A report that broke off is continued as long as this after its beginning.
        retry_timeout: Duration::from_mins(5),
    }
}

/// A bucket, or the part of it below a prefix.
#[derive(Debug)]
pub(super) struct Bucket {
    store: Arc<dyn ObjectStore>,
    prefix: Path,
    /// The store's name for people.
    place: String,
}

impl Bucket {
    /// The part of a bucket below `prefix`; `place` is its name for people.
    ///
    /// # Errors
    /// If the prefix cannot be one.
    pub(super) fn new(store: impl ObjectStore, prefix: Option<&str>, place: &str) -> Result<Self, Fault> {
        let prefix = Path::parse(prefix.unwrap_or_default()).map_err(|_| {
            Fault::configuration(
                "storePrefix: expected the path of a folder in the bucket, such as `team/reports`; found one with an \
                 empty part, `.` or `..`",
            )
        })?;
        Ok(Self { store: Arc::new(store), prefix, place: place.to_owned() })
    }

    fn mark(&self, meta: ObjectMeta) -> Option<FileMark> {
        let path = meta.location.as_ref();
        let path = match self.prefix.as_ref() {
            "" => path,
            prefix => path.strip_prefix(prefix)?.strip_prefix('/')?,
        };
        Some(FileMark {
            path: path.to_owned(),
            size: meta.size,
            changed_ns: nanoseconds(SystemTime::from(meta.last_modified)),
            tag: meta.e_tag.or(meta.version),
        })
    }

    /// The name of an object in the bucket.
    ///
    /// # Errors
    /// If no object can have it; names come from listings, which contain none such.
    fn location(&self, path: &str) -> Result<Path, Fault> {
        let whole = match self.prefix.as_ref() {
            "" => path.to_owned(),
            prefix => format!("{prefix}/{path}"),
        };
        Path::parse(whole).map_err(|_| self.unexpected())
    }

    /// The meaning of an error.
    fn fault(&self, error: &object_store::Error) -> Fault {
        if let Some(fault) = Fault::among(error) {
            return fault.clone();
        }
        match error {
            object_store::Error::InvalidPath { .. } => Fault::new(
                FaultKind::Unexpected,
                format!(
                    "{} holds an object whose name has an empty folder, `.` or `..` (such as `a//b`), which cannot be \
                     listed: rename it, or set a prefix to a folder without such names",
                    self.place
                ),
            ),
            _ => self.unexpected(),
        }
    }

    /// An answer that cannot be used. The error's own text is not shown, because it may contain what was sent.
    fn unexpected(&self) -> Fault {
        Fault::new(
            FaultKind::Unexpected,
            format!("{} answers as no such store does. Are its kind and its address right?", self.place),
        )
    }
}

impl Source for Bucket {
    fn list<'a>(&'a self, into: &'a mut Gathering) -> BoxFuture<'a, Result<(), Fault>> {
        async move {
            let prefix = (!self.prefix.as_ref().is_empty()).then_some(&self.prefix);
            let mut objects = self.store.list(prefix);
            while let Some(meta) = objects.next().await {
                let meta = meta.map_err(|error| match self.fault(&error) {
                    // A bucket that exists has a listing.
                    fault if fault.kind == FaultKind::Gone => Fault::no_store(&self.place),
                    fault => fault,
                })?;
                if !into.count() {
                    break;
                }
                if let Some(mark) = self.mark(meta).filter(|mark| !is_hidden(&mark.path)) {
                    into.file(mark);
                }
            }
            Ok(())
        }
        .boxed()
    }

    fn look<'a>(&'a self, path: &'a str) -> BoxFuture<'a, Result<FileMark, Fault>> {
        async move {
            let meta = self.store.head(&self.location(path)?).await.map_err(|error| self.fault(&error))?;
            self.mark(meta).ok_or_else(|| Fault::new(FaultKind::Gone, format!("{path} is not below the prefix")))
        }
        .boxed()
    }

    fn open<'a>(&'a self, mark: &'a FileMark) -> BoxFuture<'a, Result<Content, Fault>> {
        async move {
            let options = GetOptions { if_match: mark.tag.clone(), ..GetOptions::default() };
            let location = self.location(&mark.path)?;
            let found = self.store.get_opts(&location, options).await.map_err(|error| self.fault(&error))?;
            // Not every server heeds the condition.
            if mark.size > 0 && found.meta.size != mark.size {
                return Err(Fault::new(FaultKind::Changed, format!("{} has another size now", mark.path)));
            }
            let place = Self { store: Arc::clone(&self.store), prefix: self.prefix.clone(), place: self.place.clone() };
            Ok(found.into_stream().map(move |part| part.map_err(|error| place.fault(&error))).boxed())
        }
        .boxed()
    }
}
