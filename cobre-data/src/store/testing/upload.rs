use object_store::path::Path;
use object_store::{MultipartUpload, PutPayload, PutResult, Result, UploadPart};

use super::faulty::Faults;

/// A multipart upload whose steps fail on demand.
#[derive(Debug)]
pub(super) struct FaultyUpload {
    inner: Box<dyn MultipartUpload>,
    path: Path,
    faults: Faults,
}

impl FaultyUpload {
    pub(super) fn new(inner: Box<dyn MultipartUpload>, path: Path, faults: Faults) -> Self {
        Self { inner, path, faults }
    }
}

#[async_trait::async_trait]
impl MultipartUpload for FaultyUpload {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        let (fault, path) = (self.faults.next("put part", &self.path), self.path.clone());
        let part = self.inner.put_part(data);
        Box::pin(async move { Faults::apply(fault, &path, part).await })
    }

    async fn complete(&mut self) -> Result<PutResult> {
        let fault = self.faults.next("complete", &self.path);
        Faults::apply(fault, &self.path, self.inner.complete()).await
    }

    async fn abort(&mut self) -> Result<()> {
        let fault = self.faults.next("abort", &self.path);
        Faults::apply(fault, &self.path, self.inner.abort()).await
    }
}
