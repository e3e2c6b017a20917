//! What a kind of remote store must be able to do.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;

use super::fault::Fault;
use crate::catalog::FileMark;
use crate::store::reports::Gathering;

/// The objects of a remote store.
pub(super) type Objects = Arc<dyn Source>;

/// The content of an object as it arrives.
pub(super) type Content = BoxStream<'static, Result<Bytes, Fault>>;

/// A kind of remote store. Paths are below the store's root, with `/`.
pub(super) trait Source: fmt::Debug + Send + Sync {
    /// Gives every object to `into`, which chooses the reports, and stops when that has enough.
    fn list<'a>(&'a self, into: &'a mut Gathering) -> BoxFuture<'a, Result<(), Fault>>;

    /// The present state of one object.
    fn look<'a>(&'a self, path: &'a str) -> BoxFuture<'a, Result<FileMark, Fault>>;

    /// The content of an object. It is that of the state in `mark`, if this has a tag.
    fn open<'a>(&'a self, mark: &'a FileMark) -> BoxFuture<'a, Result<Content, Fault>>;
}
