use std::fmt;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};

use super::upload::FaultyUpload;

/// What goes wrong in one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The store is overloaded: nothing happens, the caller sees an error of no special kind.
    Refused,
    /// Nothing happens, and the caller is told that somebody else was there.
    Conflict,
    /// Nothing happens, and no answer comes.
    TimedOut,
    /// The call does its work, and the caller sees an error of no special kind.
    LostAnswer,
}

impl Fault {
    /// All there are.
    pub const ALL: [Self; 4] = [Self::Refused, Self::Conflict, Self::TimedOut, Self::LostAnswer];

    fn error(self, path: &Path) -> Error {
        let other = |message: &str| Error::Generic { store: "faulty", source: message.into() };
        match self {
            Self::Refused => other("503 Slow Down (injected)"),
            Self::Conflict => Error::AlreadyExists { path: path.to_string(), source: "409 Conflict (injected)".into() },
            Self::TimedOut => {
                let source = std::io::Error::new(std::io::ErrorKind::TimedOut, "timed out (injected)");
                Error::Generic { store: "faulty", source: source.into() }
            }
            Self::LostAnswer => other("the answer was lost (injected)"),
        }
    }
}

/// A call of the store that a fault may hit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Number of the call, from 0 on, in the order of arrival.
    pub index: usize,
    /// `put`, `start upload`, `put part`, `complete`, `abort`, `get`, `head`, `delete`, `list` or `copy`.
    pub operation: &'static str,
    /// The file or folder.
    pub path: String,
}

type Plan = dyn Fn(&Call) -> Option<Fault> + Send + Sync;

/// An object store that asks a plan before every call whether it is to fail.
#[derive(Clone)]
pub struct FaultyStore {
    inner: Arc<dyn ObjectStore>,
    faults: Faults,
}

/// The plan of the faults, and the calls so far.
#[derive(Clone)]
pub(super) struct Faults {
    plan: Arc<Plan>,
    n_calls: Arc<AtomicUsize>,
    hit: Arc<Mutex<Vec<Call>>>,
}

impl FaultyStore {
    /// `inner`, with the faults that `plan` gives.
    #[must_use]
    pub fn new(inner: Arc<dyn ObjectStore>, plan: impl Fn(&Call) -> Option<Fault> + Send + Sync + 'static) -> Self {
        let faults = Faults { plan: Arc::new(plan), n_calls: Arc::default(), hit: Arc::default() };
        Self { inner, faults }
    }

    /// `inner`, with `fault` in the call number `index` and no other.
    #[must_use]
    pub fn once(inner: Arc<dyn ObjectStore>, index: usize, fault: Fault) -> Self {
        Self::new(inner, move |call| (call.index == index).then_some(fault))
    }

    /// Calls so far.
    #[must_use]
    pub fn n_calls(&self) -> usize {
        self.faults.n_calls.load(Ordering::SeqCst)
    }

    /// The calls that failed, in the order of arrival.
    #[must_use]
    pub fn hit(&self) -> Vec<Call> {
        self.faults.hit.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Faults {
    /// Counts a call and says what is to go wrong in it.
    pub(super) fn next(&self, operation: &'static str, path: &Path) -> Option<Fault> {
        let index = self.n_calls.fetch_add(1, Ordering::SeqCst);
        let call = Call { index, operation, path: path.to_string() };
        let fault = (self.plan)(&call);
        if fault.is_some() {
            self.hit.lock().unwrap_or_else(PoisonError::into_inner).push(call);
        }
        fault
    }

    /// Does `work` as far as the fault lets it.
    pub(super) async fn apply<T>(
        fault: Option<Fault>,
        path: &Path,
        work: impl Future<Output = Result<T>> + Send,
    ) -> Result<T> {
        match fault {
            None => work.await,
            Some(Fault::LostAnswer) => {
                work.await?;
                Err(Fault::LostAnswer.error(path))
            }
            Some(fault) => Err(fault.error(path)),
        }
    }
}

impl fmt::Debug for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Faults(hit: {:?})", self.hit)
    }
}

impl fmt::Display for FaultyStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FaultyStore({})", self.inner)
    }
}

impl fmt::Debug for FaultyStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[async_trait::async_trait]
impl ObjectStore for FaultyStore {
    async fn put_opts(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        let fault = self.faults.next("put", location);
        Faults::apply(fault, location, self.inner.put_opts(location, payload, options)).await
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        let fault = self.faults.next("start upload", location);
        let inner = Faults::apply(fault, location, self.inner.put_multipart_opts(location, options)).await?;
        Ok(Box::new(FaultyUpload::new(inner, location.clone(), self.faults.clone())))
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        let fault = self.faults.next(if options.head { "head" } else { "get" }, location);
        Faults::apply(fault, location, self.inner.get_opts(location, options)).await
    }

    async fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        let fault = self.faults.next("get", location);
        Faults::apply(fault, location, self.inner.get_ranges(location, ranges)).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        let (inner, faults) = (Arc::clone(&self.inner), self.faults.clone());
        locations
            .and_then(move |location| {
                let (inner, faults) = (Arc::clone(&inner), faults.clone());
                async move {
                    let fault = faults.next("delete", &location);
                    let one = futures::stream::iter([Ok(location.clone())]).boxed();
                    let work = inner.delete_stream(one).try_for_each(|_| std::future::ready(Ok(())));
                    Faults::apply(fault, &location, work).await.map(|()| location)
                }
            })
            .boxed()
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        let path = prefix.cloned().unwrap_or_default();
        match self.faults.next("list", &path) {
            None => self.inner.list(prefix),
            // The listing breaks off after its first entry.
            Some(fault) => self.inner.list(prefix).take(1).chain(broken(fault, path)).boxed(),
        }
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        let path = prefix.cloned().unwrap_or_default();
        let fault = self.faults.next("list", &path);
        Faults::apply(fault, &path, self.inner.list_with_delimiter(prefix)).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        let fault = self.faults.next("copy", to);
        Faults::apply(fault, to, self.inner.copy_opts(from, to, options)).await
    }
}

fn broken<T: Send + 'static>(fault: Fault, path: Path) -> BoxStream<'static, Result<T>> {
    futures::stream::once(async move { Err(fault.error(&path)) }).boxed()
}
