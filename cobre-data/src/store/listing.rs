use std::time::SystemTime;

use object_store::ObjectMeta;

/// A file of a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileInfo {
    /// Names from the root of the store, separated by `/`.
    pub path: String,
    /// Size of the file.
    pub bytes: u64,
    /// Time of the last change, by the clock of the store.
    pub modified: SystemTime,
}

impl FileInfo {
    /// The last name of the path.
    #[must_use]
    pub fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }
}

impl From<ObjectMeta> for FileInfo {
    fn from(meta: ObjectMeta) -> Self {
        Self { path: meta.location.to_string(), bytes: meta.size, modified: meta.last_modified.into() }
    }
}

/// What lies directly in a folder, sorted by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listing {
    /// Names of the folders.
    pub folders: Vec<String>,
    /// The files.
    pub files: Vec<FileInfo>,
}
