//! Opening what the command line names.

use cobre_data::store::{Location, Store, StoreOptions};

use crate::args::StoreArguments;
use crate::failure::Failure;

impl StoreArguments {
    /// The options of `--storage-option`.
    pub(crate) fn options(&self) -> Result<StoreOptions, Failure> {
        Ok(StoreOptions::parse(&self.storage_options)?)
    }
}

/// Opens a folder or URL.
pub(crate) fn open_store(place: &str, arguments: &StoreArguments) -> Result<Store, Failure> {
    let location = Location::parse(place)?;
    if location.is_memory() {
        let message = format!("{place} would be gone when the command ends\nhint: name a folder or an object store");
        return Err(Failure::Files { message });
    }
    Ok(Store::open(&location, &arguments.options()?)?)
}
