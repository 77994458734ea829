use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use futures::TryStreamExt;
use object_store::memory::InMemory;
use object_store::path::Path as ObjectPath;
use object_store::{Error, ObjectStore, ObjectStoreExt, Result as ObjectResult};

use super::disk::{Disk, is_temporary};
use super::location::{Location, text_below};
use super::open::{Opened, open};
use super::options::StoreOptions;
use super::pending::PendingFile;
use super::runtime::run;
use super::{FileInfo, Fingerprint, Listing, content, failure, put};
use crate::output::OutputError;

/// Files below a root, on a disk, in an object store or in memory.
///
/// Files are named from the root, by names separated by `/`, without `.` and `..`; a name that ends in `.tmp` is that of
/// an unfinished file on a disk and is refused when writing. A clone is the same store.
///
/// Every method fails with [`OutputError::IoError`], whose path is the full path or URL of the file and whose source has
/// the kind that the operating system gives to the same failure on a disk (not found, permission denied, timed out …).
#[derive(Debug, Clone)]
pub struct Store {
    objects: Arc<dyn ObjectStore>,
    disk: Option<Disk>,
    root: Arc<str>,
}

impl Store {
    /// Opens what lies at `location`. Object stores take their settings from the environment, as `object_store` names
    /// the variables (`AWS_…`, `AZURE_…`, `GOOGLE_…`), and from `options`, which win; profiles such as those in
    /// `~/.aws` are not read. Nothing is created and no server is asked.
    ///
    /// # Errors
    ///
    /// An option that no store has or with a value that cannot be used, or a missing one without which the store cannot
    /// be addressed.
    pub fn open(location: &Location, options: &StoreOptions) -> Result<Self, OutputError> {
        let Opened { objects, disk } = open(location, options)?;
        Ok(Self { objects, disk, root: location.to_string().into() })
    }

    /// Opens the folder `root` of a local disk, which need not exist.
    ///
    /// # Errors
    ///
    /// A path that is empty or not Unicode.
    pub fn open_path(root: &Path) -> Result<Self, OutputError> {
        Self::open(&Location::from(root), &StoreOptions::default())
    }

    /// An empty store in memory that nobody else sees.
    #[must_use]
    pub fn memory() -> Self {
        Self::from_object_store(Arc::new(InMemory::new()), "memory://")
    }

    /// A store over `objects`; messages call its root `name`.
    #[must_use]
    pub fn from_object_store(objects: Arc<dyn ObjectStore>, name: &str) -> Self {
        Self { objects, disk: None, root: name.into() }
    }

    #[cfg(test)]
    pub(crate) fn with_disk_fault(root: &Path, fault: super::disk::Fault) -> Result<Self, OutputError> {
        let mut store = Self::open_path(root)?;
        store.disk = store.disk.map(|disk| disk.with_fault(fault));
        if let Some(disk) = &store.disk {
            store.objects = Arc::new(disk.clone());
        }
        Ok(store)
    }

    /// The files as an object store, whose root is the root of this store.
    #[must_use]
    pub fn object_store(&self) -> Arc<dyn ObjectStore> {
        Arc::clone(&self.objects)
    }

    /// The full path or URL of a file, for messages.
    #[must_use]
    pub fn location(&self, relative: &str) -> PathBuf {
        PathBuf::from(text_below(&self.root, relative))
    }

    /// Whether the files lie on a disk of this machine.
    #[must_use]
    pub fn is_local(&self) -> bool {
        self.disk.is_some()
    }

    /// The content of a file.
    ///
    /// # Errors
    ///
    /// The file is not there or cannot be read.
    pub fn get(&self, relative: &str) -> Result<Bytes, OutputError> {
        self.attempt("read", relative, |objects, path| async move { objects.get(&path).await?.bytes().await })
    }

    /// The content of a file; `None` when there is none.
    ///
    /// # Errors
    ///
    /// The file cannot be read.
    pub fn get_if_exists(&self, relative: &str) -> Result<Option<Bytes>, OutputError> {
        self.attempt("read", relative, |objects, path| async move {
            match objects.get(&path).await {
                Ok(found) => found.bytes().await.map(Some),
                Err(error) => absent(error),
            }
        })
    }

    /// Parts of the content of a file, in the order of `ranges`; parts that lie close together are fetched together.
    ///
    /// # Errors
    ///
    /// The file is not there, is shorter, or cannot be read.
    pub fn get_ranges(&self, relative: &str, ranges: &[Range<u64>]) -> Result<Vec<Bytes>, OutputError> {
        let ranges = ranges.to_vec();
        self.attempt("read", relative, |objects, path| async move { objects.get_ranges(&path, &ranges).await })
    }

    /// The size of a file in bytes; `None` when there is none.
    ///
    /// # Errors
    ///
    /// The store does not answer.
    pub fn size(&self, relative: &str) -> Result<Option<u64>, OutputError> {
        self.attempt("look at", relative, |objects, path| async move {
            match objects.head(&path).await {
                Ok(meta) => Ok(Some(meta.size)),
                Err(error) => absent(error),
            }
        })
    }

    /// Creates a file with `content`. Of several writers at the same time one succeeds.
    ///
    /// Returns `false` when something else is there, which is left alone, and `true` when the file holds `content`:
    /// after an answer that was lost nobody can tell who wrote it. Put the writer's name into a content that has to tell
    /// writers apart.
    ///
    /// # Errors
    ///
    /// The file cannot be written, or the store gave no clear answer and the file is not there.
    pub fn put_new(&self, relative: &str, content: Vec<u8>) -> Result<bool, OutputError> {
        let path = self.path_to_write(relative)?;
        let objects = self.object_store();
        run(async move { put::put_new(&*objects, &path, content.into()).await })
            .map_err(|error| self.failed("write", relative, error))
    }

    /// Gives a file the content `content`, whatever it held before. Readers see the old content or the new one.
    ///
    /// # Errors
    ///
    /// The file cannot be written.
    pub fn replace(&self, relative: &str, content: Vec<u8>) -> Result<(), OutputError> {
        let path = self.path_to_write(relative)?;
        let objects = self.object_store();
        run(async move { put::replace(&*objects, &path, content.into()).await })
            .map_err(|error| self.failed("write", relative, error))
    }

    /// Starts a new file, which appears under its name with [`PendingFile::publish`].
    ///
    /// # Errors
    ///
    /// The name cannot be used.
    pub fn create(&self, relative: &str) -> Result<PendingFile, OutputError> {
        let path = self.path_to_write(relative)?;
        Ok(PendingFile::new(self.clone(), relative.to_owned(), path))
    }

    /// What lies directly in `folder`; the empty name is the root. A folder that does not exist is empty.
    ///
    /// # Errors
    ///
    /// The store does not answer, or a name in the folder is not Unicode.
    pub fn list(&self, folder: &str) -> Result<Listing, OutputError> {
        let listed = self
            .attempt("list", folder, |objects, path| async move { objects.list_with_delimiter(Some(&path)).await })?;
        let names = listed.common_prefixes.iter().filter_map(|path| path.filename().map(str::to_owned));
        let mut listing =
            Listing { folders: names.collect(), files: listed.objects.into_iter().map(FileInfo::from).collect() };
        listing.folders.sort_unstable();
        listing.files.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        Ok(listing)
    }

    /// All files below `folder`, sorted by path. A folder that does not exist is empty.
    ///
    /// # Errors
    ///
    /// The store does not answer, or a name below the folder is not Unicode.
    pub fn list_all(&self, folder: &str) -> Result<Vec<FileInfo>, OutputError> {
        let mut files = self.attempt("list", folder, |objects, path| async move {
            objects.list(Some(&path)).map_ok(FileInfo::from).try_collect::<Vec<_>>().await
        })?;
        files.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        Ok(files)
    }

    /// Removes a file. One that is not there is fine.
    ///
    /// # Errors
    ///
    /// The file cannot be removed.
    pub fn remove(&self, relative: &str) -> Result<(), OutputError> {
        self.attempt("remove", relative, |objects, path| async move {
            match objects.delete(&path).await {
                Err(error) => absent::<()>(error).map(|_| ()),
                done => done,
            }
        })
    }

    /// Removes all files below `folder`; on a disk also the folders and what unfinished writers left.
    ///
    /// # Errors
    ///
    /// A file cannot be removed; others may be gone then.
    pub fn remove_folder(&self, folder: &str) -> Result<(), OutputError> {
        if let Some(disk) = self.disk.clone() {
            return self.attempt("remove", folder, |_, path| async move { disk.remove_folder(&path).await });
        }
        self.attempt("remove", folder, |objects, path| async move {
            let below = objects.list(Some(&path)).map_ok(|meta| meta.location).try_collect::<Vec<_>>().await?;
            let below = futures::stream::iter(below.into_iter().map(Ok));
            let mut answers = objects.delete_stream(Box::pin(below));
            loop {
                match answers.try_next().await {
                    Ok(Some(_)) | Err(Error::NotFound { .. }) => {}
                    Ok(None) => return Ok(()),
                    Err(error) => return Err(error),
                }
            }
        })
    }

    /// Removes what writers that were killed left below `folder` of a disk, and says how many files that were. There must
    /// be no writer at work there. Object stores keep such parts out of sight; a rule of the bucket can remove them.
    ///
    /// # Errors
    ///
    /// A file cannot be removed.
    pub fn remove_unfinished(&self, folder: &str) -> Result<usize, OutputError> {
        let Some(disk) = self.disk.clone() else { return Ok(0) };
        self.attempt("remove", folder, |_, path| async move { disk.remove_unfinished(&path).await })
    }

    /// Reads a whole file for its size and checksum, a piece at a time.
    ///
    /// # Errors
    ///
    /// The file is not there or cannot be read.
    pub fn fingerprint(&self, relative: &str) -> Result<Fingerprint, OutputError> {
        let path = self.path(relative)?;
        content::fingerprint(&self.objects, &path).map_err(|error| self.failed("read", relative, error))
    }

    /// Runs an operation on the file or folder `relative`.
    fn attempt<T, F>(
        &self,
        operation: &'static str,
        relative: &str,
        work: impl FnOnce(Arc<dyn ObjectStore>, ObjectPath) -> F,
    ) -> Result<T, OutputError>
    where
        T: Send + 'static,
        F: Future<Output = ObjectResult<T>> + Send + 'static,
    {
        let path = self.path(relative)?;
        run(work(self.object_store(), path)).map_err(|error| self.failed(operation, relative, error))
    }

    fn path(&self, relative: &str) -> Result<ObjectPath, OutputError> {
        ObjectPath::parse(relative).map_err(|error| self.failed("use the name", relative, error.into()))
    }

    fn path_to_write(&self, relative: &str) -> Result<ObjectPath, OutputError> {
        let path = self.path(relative)?;
        let refused = match path.filename() {
            None => Some("it names no file"),
            Some(name) if is_temporary(name) => Some("names that end in .tmp are those of unfinished files"),
            Some(_) => None,
        };
        match refused {
            Some(message) => {
                Err(self.failed("use the name", relative, failure::invalid(&self.location(relative), message)))
            }
            None => Ok(path),
        }
    }

    /// The error of an operation on the file `relative`.
    pub(super) fn failed(&self, operation: &'static str, relative: &str, error: Error) -> OutputError {
        match failure::unpack(error) {
            (Some((operation, path)), source) => OutputError::io(operation, &self.as_given(path), source),
            (None, source) => OutputError::io(operation, &self.location(relative), source),
        }
    }

    /// A path of the disk, below the root as it was given.
    fn as_given(&self, path: PathBuf) -> PathBuf {
        let below = self.disk.as_ref().and_then(|disk| path.strip_prefix(disk.base()).ok());
        match below {
            Some(below) if below.as_os_str().is_empty() => PathBuf::from(&*self.root),
            Some(below) => self.location(&below.to_string_lossy()),
            None => path,
        }
    }
}

fn absent<T>(error: Error) -> ObjectResult<Option<T>> {
    match error {
        Error::NotFound { .. } => Ok(None),
        error => Err(error),
    }
}
