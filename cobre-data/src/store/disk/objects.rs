use std::fmt;
use std::ops::Range;

use bytes::Bytes;
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use object_store::path::Path as ObjectPath;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, PutMode,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};

use super::draft::{Draft, Mode};
use super::upload::DiskUpload;
use super::{Disk, NeverReplace, blocking, folders, is_temporary};

impl Disk {
    /// Removes the folder `location` with all it holds.
    pub(in crate::store) async fn remove_folder(&self, location: &ObjectPath) -> Result<()> {
        let (path, fault_point) = (self.path(location), self.fault_point.clone());
        blocking(move || Ok(folders::remove(&path, &fault_point)?)).await
    }

    fn not_implemented(&self, operation: &str) -> Error {
        Error::NotImplemented { operation: operation.to_owned(), implementer: self.to_string() }
    }
}

impl fmt::Display for Disk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Disk({})", self.base.display())
    }
}

fn is_finished(meta: &ObjectMeta) -> bool {
    !is_temporary(meta.location.as_ref())
}

#[async_trait::async_trait]
impl ObjectStore for Disk {
    async fn put_opts(&self, location: &ObjectPath, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        let mode = match options.mode {
            PutMode::Create => Mode::Create,
            PutMode::Overwrite => Mode::Overwrite,
            PutMode::Update(_) => return Err(self.not_implemented("put with PutMode::Update")),
        };
        if !options.attributes.is_empty() {
            return Err(self.not_implemented("put with attributes"));
        }
        let (path, fault_point) = (self.path_to_write(location)?, self.fault_point.clone());
        blocking(move || {
            let mut draft = Draft::create(path, fault_point)?;
            payload.iter().try_for_each(|piece| draft.write(piece))?;
            draft.publish(mode)?;
            Ok(PutResult { e_tag: None, version: None })
        })
        .await
    }

    async fn put_multipart_opts(
        &self,
        location: &ObjectPath,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        if !options.attributes.is_empty() {
            return Err(self.not_implemented("multipart upload with attributes"));
        }
        let mode = if options.extensions.get::<NeverReplace>().is_some() { Mode::Create } else { Mode::Overwrite };
        let (path, fault_point) = (self.path_to_write(location)?, self.fault_point.clone());
        let draft = blocking(move || Ok(Draft::create(path, fault_point)?)).await?;
        Ok(Box::new(DiskUpload::new(draft, mode)))
    }

    async fn get_opts(&self, location: &ObjectPath, options: GetOptions) -> Result<GetResult> {
        self.files.get_opts(location, options).await
    }

    async fn get_ranges(&self, location: &ObjectPath, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        self.files.get_ranges(location, ranges).await
    }

    fn delete_stream(
        &self,
        locations: BoxStream<'static, Result<ObjectPath>>,
    ) -> BoxStream<'static, Result<ObjectPath>> {
        let disk = self.clone();
        locations
            .and_then(move |location| {
                let (path, fault_point) = (disk.path(&location), disk.fault_point.clone());
                blocking(move || {
                    folders::remove_file(&path, &fault_point)?;
                    Ok(location)
                })
            })
            .boxed()
    }

    fn list(&self, prefix: Option<&ObjectPath>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.files.list(prefix).try_filter(|meta| std::future::ready(is_finished(meta))).boxed()
    }

    async fn list_with_delimiter(&self, prefix: Option<&ObjectPath>) -> Result<ListResult> {
        let mut listed = self.files.list_with_delimiter(prefix).await?;
        listed.objects.retain(is_finished);
        Ok(listed)
    }

    async fn copy_opts(&self, _from: &ObjectPath, _to: &ObjectPath, _options: CopyOptions) -> Result<()> {
        Err(self.not_implemented("copy"))
    }
}
