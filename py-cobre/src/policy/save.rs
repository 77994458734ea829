use std::io;

use cobre_data::output::OutputError;
use cobre_data::policy::PolicyFile;
use cobre_data::store::{Location, Store, StoreOptions};

use super::data::PolicyData;
use crate::failure::Failure;
use crate::memory_place::MemoryPlace;

/// Folders that the files of a policy lie in.
const FOLDERS: [&str; 3] = ["basis", "cuts", "states"];

/// Stores a policy; `policy.bin`, which says that it is there, first goes and then comes last.
pub(super) fn save(
    policy: &PolicyData,
    location: &Location,
    options: &StoreOptions,
    overwrite: bool,
) -> Result<(), Failure> {
    let store = Store::open(location, options)?;
    let manifest = PolicyFile::Manifest.path();
    if overwrite {
        store.remove(&manifest)?;
        for folder in FOLDERS {
            store.remove_folder(folder)?;
        }
    }
    let files = policy.files().iter().filter(|(path, _)| **path != manifest);
    for (path, content) in files.chain(policy.files().get_key_value(&manifest)) {
        if !store.put_new(path, content.to_vec())? {
            let path = store.location(path);
            let source = io::Error::new(io::ErrorKind::AlreadyExists, "there is another file of this name");
            let error = OutputError::IoError { operation: "save the policy as", path, source };
            return Err(Failure::from(error).suggest("save with overwrite=True, or to another folder"));
        }
    }
    Ok(())
}

impl PolicyData {
    /// A copy of the policy in the memory of the process, for what reads policies from places.
    pub(crate) fn in_memory_store(&self) -> Result<MemoryPlace, Failure> {
        let place = MemoryPlace::new()?;
        save(self, place.location(), &StoreOptions::default(), true)?;
        Ok(place)
    }
}
