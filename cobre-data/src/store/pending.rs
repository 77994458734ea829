use std::collections::VecDeque;
use std::io::{self, Write};
use std::time::Duration;

use bytes::Bytes;
use object_store::path::Path as ObjectPath;
use object_store::{Error, MultipartUpload, ObjectStoreExt, PutMultipartOptions, Result as ObjectResult};
use tokio::sync::Semaphore;

use super::disk::NeverReplace;
use super::fingerprint::Hasher;
use super::runtime::{Task, enter, run, run_here, start};
use super::{Fingerprint, Store, content, failure, put};
use crate::output::OutputError;

/// Size of a part of an upload.
const PART: usize = 8 << 20;
/// Size of a part of a file on a disk: small enough to be in the cache when it is written.
const DISK_PART: usize = 256 << 10;
/// Parts of a file on their way at the same time.
const IN_FLIGHT: usize = 3;
/// Room for the parts of all files of the process that are on their way.
static ROOM: Semaphore = Semaphore::const_new(8);
/// What object stores allow.
const MAX_PARTS: usize = 10_000;
/// How long a file that is given up may keep its writer waiting.
const FAREWELL: Duration = Duration::from_secs(10);

/// A new file of a store that is being written.
///
/// It appears under its name with [`publish`](Self::publish), whole. Dropped before, it leaves nothing behind under its
/// name; what the store already holds of it is removed if the store answers within seconds.
///
/// On a disk the calling thread writes parts of 256 KiB. In another store a file of up to 8 MiB is written at once when
/// it is published, a larger one in parts of 8 MiB on the way, three at a time. So a file holds at most 32 MiB in memory,
/// and `n` files that are written at the same time at most 64 MiB + `n` · 8 MiB; a file has at most 10,000 parts, 78 GiB.
#[derive(Debug)]
pub struct PendingFile {
    store: Store,
    relative: String,
    path: ObjectPath,
    hasher: Hasher,
    /// The part that is being filled. A full one is sent when more comes.
    buffer: Vec<u8>,
    upload: Option<Box<dyn MultipartUpload>>,
    parts: VecDeque<Task<()>>,
    n_parts: usize,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    Failed,
    Published,
}

impl PendingFile {
    pub(super) fn new(store: Store, relative: String, path: ObjectPath) -> Self {
        Self {
            store,
            relative,
            path,
            hasher: Hasher::default(),
            buffer: Vec::new(),
            upload: None,
            parts: VecDeque::new(),
            n_parts: 0,
            state: State::Open,
        }
    }

    /// Gives the file its name. Call it once, after the last write.
    ///
    /// A file of the same content that is there already is as good as ours; that makes a repeated write harmless.
    ///
    /// # Errors
    ///
    /// A write failed before; something else has the name
    /// ([`AlreadyExists`](io::ErrorKind::AlreadyExists), the file is left alone); or the store cannot confirm that the
    /// file is there as it was written.
    pub fn publish(&mut self) -> Result<Fingerprint, OutputError> {
        let published = self.check().and_then(|()| self.finish());
        self.state = if published.is_ok() { State::Published } else { State::Failed };
        published.map_err(|error| self.store.failed("write", &self.relative, error))
    }

    fn check(&self) -> ObjectResult<()> {
        match self.state {
            State::Open => Ok(()),
            State::Failed => Err(refused("a write to this file has failed before")),
            State::Published => Err(refused("this file is published already")),
        }
    }

    fn finish(&mut self) -> ObjectResult<Fingerprint> {
        let fingerprint = std::mem::take(&mut self.hasher).finish();
        let last = Bytes::from(std::mem::take(&mut self.buffer));
        if self.upload.is_some() {
            self.send(last)?;
            while let Some(part) = self.parts.pop_front() {
                part.wait()?;
            }
            self.complete(&fingerprint)?;
        } else {
            let (objects, path) = (self.store.object_store(), self.path.clone());
            if !run(async move { put::put_new(&*objects, &path, last).await })? {
                return Err(self.taken());
            }
        }
        Ok(fingerprint)
    }

    /// Makes one file of the parts.
    fn complete(&mut self, fingerprint: &Fingerprint) -> ObjectResult<()> {
        // Few stores can make the completion itself exclusive.
        if let Some(same) = self.holds(fingerprint)? {
            return if same { Ok(()) } else { Err(self.taken()) };
        }
        let Some(mut upload) = self.upload.take() else { return Ok(()) };
        let (upload, answer) = run(async move {
            let answer = upload.complete().await;
            Ok((upload, answer))
        })?;
        match answer {
            Ok(_) => {
                let (objects, path) = (self.store.object_store(), self.path.clone());
                let size = run(async move { objects.head(&path).await })?.size;
                if size != fingerprint.bytes {
                    let message = format!("{size} bytes are there, {} were written", fingerprint.bytes);
                    return Err(refused(&message));
                }
                Ok(())
            }
            Err(error) => {
                self.upload = Some(upload); // To be given up, if the file is not there.
                if failure::is_definite(&error) {
                    return Err(error);
                }
                match self.holds(fingerprint) {
                    Ok(Some(true)) => {
                        self.upload = None;
                        Ok(())
                    }
                    Ok(Some(false)) => Err(self.taken()),
                    Ok(None) | Err(_) => Err(error),
                }
            }
        }
    }

    /// Whether what has the name is this file; `None` when nothing has it.
    fn holds(&self, fingerprint: &Fingerprint) -> ObjectResult<Option<bool>> {
        let (objects, path) = (self.store.object_store(), self.path.clone());
        match run(async move { objects.head(&path).await }) {
            Ok(meta) if meta.size != fingerprint.bytes => Ok(Some(false)),
            Ok(_) => Ok(Some(content::fingerprint(&self.store.object_store(), &self.path)? == *fingerprint)),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn taken(&self) -> Error {
        let path = self.path.to_string();
        Error::AlreadyExists { path, source: "another file has this name".into() }
    }

    /// Sends a part, once there is room for it.
    fn send(&mut self, part: Bytes) -> ObjectResult<()> {
        if self.store.is_local() {
            let upload = match &mut self.upload {
                Some(upload) => upload,
                none => none.insert(begin(&self.store, &self.path)?),
            };
            return run_here(upload.put_part(part.into()));
        }
        if self.n_parts == MAX_PARTS {
            return Err(refused(&format!("a file has at most {MAX_PARTS} parts of {PART} bytes")));
        }
        if self.parts.len() == IN_FLIGHT
            && let Some(oldest) = self.parts.pop_front()
        {
            oldest.wait()?;
        }
        let place = run(async { ROOM.acquire().await.map_err(|error| refused(&error.to_string())) })?;
        let _context = enter()?;
        let upload = match &mut self.upload {
            Some(upload) => upload,
            none => none.insert(begin(&self.store, &self.path)?),
        };
        let sent = upload.put_part(part.into());
        self.parts.push_back(start(async move {
            let answer = sent.await;
            drop(place);
            answer
        })?);
        self.n_parts += 1;
        Ok(())
    }

    fn append(&mut self, mut piece: &[u8]) -> ObjectResult<()> {
        let part = if self.store.is_local() { DISK_PART } else { PART };
        while !piece.is_empty() {
            if self.buffer.len() == part {
                let full = std::mem::replace(&mut self.buffer, Vec::with_capacity(part));
                self.send(full.into())?;
            }
            let (now, later) = piece.split_at(piece.len().min(part - self.buffer.len()));
            let wanted = self.buffer.len() + now.len();
            if wanted > self.buffer.capacity() {
                let room = part.min(wanted.max(2 * self.buffer.capacity()));
                self.buffer.reserve_exact(room - self.buffer.len());
            }
            self.buffer.extend_from_slice(now);
            piece = later;
        }
        Ok(())
    }
}

impl Write for PendingFile {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        self.check().and_then(|()| self.append(piece)).map_err(|error| {
            self.state = State::Failed;
            failure::to_io(error)
        })?;
        self.hasher.update(piece);
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for PendingFile {
    fn drop(&mut self) {
        let Some(mut upload) = self.upload.take() else { return };
        for part in std::mem::take(&mut self.parts) {
            if part.wait_at_most(FAREWELL).is_err() {
                break;
            }
        }
        if let Ok(farewell) = start(async move { upload.abort().await }) {
            let _ = farewell.wait_at_most(FAREWELL);
        }
    }
}

fn begin(store: &Store, path: &ObjectPath) -> ObjectResult<Box<dyn MultipartUpload>> {
    let (objects, path) = (store.object_store(), path.clone());
    let mut options = PutMultipartOptions::default();
    options.extensions.insert(NeverReplace);
    run(async move { objects.put_multipart_opts(&path, options).await })
}

fn refused(message: &str) -> Error {
    Error::Generic { store: "file", source: message.into() }
}
