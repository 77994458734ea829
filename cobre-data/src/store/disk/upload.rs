use std::sync::{Arc, Mutex, PoisonError};

use object_store::{Error, MultipartUpload, PutPayload, PutResult, Result, UploadPart};

use super::blocking;
use super::draft::{Draft, Mode};

/// A file that comes in parts. The parts are written in the order of their numbers.
#[derive(Debug)]
pub(super) struct DiskUpload {
    state: Arc<Mutex<State>>,
    mode: Mode,
    n_parts: usize,
}

#[derive(Debug)]
struct State {
    draft: Option<Draft>,
    n_written: usize,
    /// Parts that came before their predecessors.
    waiting: Vec<(usize, PutPayload)>,
}

impl DiskUpload {
    pub(super) fn new(draft: Draft, mode: Mode) -> Self {
        let state = State { draft: Some(draft), n_written: 0, waiting: Vec::new() };
        Self { state: Arc::new(Mutex::new(state)), mode, n_parts: 0 }
    }

    fn take_draft(&self) -> Result<(Draft, usize)> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        Ok((state.draft.take().ok_or_else(ended)?, state.n_written))
    }
}

impl State {
    fn take(&mut self, part: usize, data: PutPayload) -> Result<()> {
        self.waiting.push((part, data));
        while let Some(next) = self.waiting.iter().position(|(number, _)| *number == self.n_written) {
            let (_, data) = self.waiting.swap_remove(next);
            let mut draft = self.draft.take().ok_or_else(ended)?;
            data.iter().try_for_each(|piece| draft.write(piece))?; // A part that fails ends the upload.
            self.draft = Some(draft);
            self.n_written += 1;
        }
        Ok(())
    }
}

fn ended() -> Error {
    Error::Generic { store: "disk", source: "the upload has ended or failed".into() }
}

#[async_trait::async_trait]
impl MultipartUpload for DiskUpload {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        let part = self.n_parts;
        self.n_parts += 1;
        let state = Arc::clone(&self.state);
        Box::pin(blocking(move || state.lock().unwrap_or_else(PoisonError::into_inner).take(part, data)))
    }

    async fn complete(&mut self) -> Result<PutResult> {
        let (draft, n_written) = self.take_draft()?;
        let (mode, n_parts) = (self.mode, self.n_parts);
        blocking(move || {
            if n_written != n_parts {
                let message = format!("{n_written} of {n_parts} parts are there");
                return Err(Error::Generic { store: "disk", source: message.into() });
            }
            draft.publish(mode)?;
            Ok(PutResult { e_tag: None, version: None })
        })
        .await
    }

    async fn abort(&mut self) -> Result<()> {
        let (draft, _) = self.take_draft()?;
        blocking(move || {
            drop(draft);
            Ok(())
        })
        .await
    }
}
