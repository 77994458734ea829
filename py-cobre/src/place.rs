//! Places as Python names them: paths and URLs, with what a store needs to know beside them.

use std::collections::BTreeMap;
use std::path::PathBuf;

use cobre_data::store::{Location, StoreOptions};
use pyo3::prelude::*;

use crate::failure::Failure;

/// A path, as text or as what `os.fspath` knows, or a URL.
#[derive(Debug, Clone, FromPyObject)]
pub(crate) enum Place {
    #[pyo3(transparent, annotation = "str")]
    Text(String),
    #[pyo3(transparent, annotation = "os.PathLike[str]")]
    Path(PathBuf),
}

impl Place {
    /// Where that is.
    pub(crate) fn location(&self) -> Result<Location, Failure> {
        Ok(match self {
            Self::Text(text) => Location::parse(text)?,
            Self::Path(path) => Location::from(path.as_path()),
        })
    }
}

/// Options of a store, keys in any case.
pub(crate) fn store_options(given: Option<BTreeMap<String, String>>) -> StoreOptions {
    let given = given.unwrap_or_default().into_iter();
    StoreOptions(given.map(|(key, value)| (key.to_ascii_lowercase(), value)).collect())
}
