use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use object_store::aws::AmazonS3Builder;
use object_store::azure::MicrosoftAzureBuilder;
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::memory::InMemory;
use object_store::prefix::PrefixStore;
use object_store::{ObjectStore, Result};

use super::location::{Cloud, Location, Place};
use super::options::StoreOptions;
use super::{disk::Disk, failure};
use crate::output::OutputError;

/// A back end, rooted at a location.
pub(super) struct Opened {
    pub(super) objects: Arc<dyn ObjectStore>,
    pub(super) disk: Option<Disk>,
}

/// Opens what lies at `location`; creates nothing.
pub(super) fn open(location: &Location, options: &StoreOptions) -> std::result::Result<Opened, OutputError> {
    options.check()?;
    let failed = |error| {
        let (_, source) = failure::unpack(error);
        OutputError::io("open", Path::new(&location.to_string()), source)
    };
    match location.place() {
        Place::Disk(path) => {
            let disk = Disk::new(path).map_err(failed)?;
            Ok(Opened { objects: Arc::new(disk.clone()), disk: Some(disk) })
        }
        Place::Memory { name, prefix } => {
            let objects = Arc::new(PrefixStore::new(memory(name), prefix.clone()));
            Ok(Opened { objects, disk: None })
        }
        Place::Remote { cloud, bucket, prefix } => {
            let remote = remote(*cloud, bucket.as_str(), options, options.retry()?).map_err(failed)?;
            Ok(Opened { objects: Arc::new(PrefixStore::new(remote, prefix.clone())), disk: None })
        }
    }
}

/// The store of this name in the memory of the process.
fn memory(name: &str) -> Arc<dyn ObjectStore> {
    static STORES: OnceLock<Mutex<BTreeMap<String, Arc<InMemory>>>> = OnceLock::new();
    let mut stores = STORES.get_or_init(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner);
    Arc::clone(stores.entry(name.to_owned()).or_default()) as _
}

fn remote(
    cloud: Cloud,
    bucket: &str,
    options: &StoreOptions,
    retry: object_store::RetryConfig,
) -> Result<Arc<dyn ObjectStore>> {
    Ok(match cloud {
        Cloud::Amazon => {
            let from_environment = AmazonS3Builder::from_env().with_retry(retry);
            let builder = options.of().fold(from_environment, |b, (key, value)| b.with_config(key, value));
            Arc::new(builder.with_url(bucket).build()?)
        }
        Cloud::Azure => {
            let from_environment = MicrosoftAzureBuilder::from_env().with_retry(retry);
            let builder = options.of().fold(from_environment, |b, (key, value)| b.with_config(key, value));
            Arc::new(builder.with_url(bucket).build()?)
        }
        Cloud::Google => {
            let from_environment = GoogleCloudStorageBuilder::from_env().with_retry(retry);
            let builder = options.of().fold(from_environment, |b, (key, value)| b.with_config(key, value));
            Arc::new(builder.with_url(bucket).build()?)
        }
    })
}
