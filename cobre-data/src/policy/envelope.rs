//! What all files of a policy share: identifier, version, compression, and the way in and out of vectors.

use std::borrow::Cow;
use std::io::Read;
use std::path::Path;

use flatbuffers::{FlatBufferBuilder, Follow, ForwardsUOffset, Vector, Verifiable, WIPOffset};

use super::file::PolicyFile;
use super::generated::cobre::policy as fb;
use crate::output::OutputError;

/// Version of the format that is written; every version up to it is read.
pub const POLICY_FORMAT_VERSION: u32 = 1;

/// Offsets of the format have 32 bits, one of them for the sign.
const MAX_BYTES: usize = (1 << 31) - 1;

/// What a file holds beside its vectors, generously.
const OVERHEAD: usize = 1024;

/// Starts every Zstandard frame.
const ZSTD_MAGIC: [u8; 4] = 0xFD2F_B528_u32.to_le_bytes();

const ZSTD_LEVEL: i32 = 3;

/// A builder with room for vectors of `bytes` in total.
pub(super) fn builder(file: PolicyFile, bytes: usize) -> Result<FlatBufferBuilder<'static>, OutputError> {
    let bytes = bytes.saturating_add(OVERHEAD);
    if bytes > MAX_BYTES {
        let message = format!(
            "{bytes} bytes are more than the {MAX_BYTES} that a file of the policy format can hold; \
             hint: train fewer cuts, or store the policy without what is largest"
        );
        return Err(OutputError::serialization(Path::new(&file.path()), message));
    }
    Ok(FlatBufferBuilder::with_capacity(bytes))
}

/// The finished file.
pub(super) fn finish<T>(
    mut builder: FlatBufferBuilder<'static>,
    root: WIPOffset<T>,
    file: PolicyFile,
    compress: bool,
) -> Result<Vec<u8>, OutputError> {
    builder.finish(root, Some(file.identifier()));
    if compress {
        zstd::bulk::compress(builder.finished_data(), ZSTD_LEVEL)
            .map_err(|source| OutputError::io("compress", Path::new(&file.path()), source))
    } else {
        let (mut buffer, head) = builder.collapse();
        buffer.drain(..head);
        Ok(buffer)
    }
}

/// The content of a file, decompressed if it is compressed.
pub(super) fn decompress<'a>(content: &'a [u8], path: &Path) -> Result<Cow<'a, [u8]>, OutputError> {
    if !content.starts_with(&ZSTD_MAGIC) {
        return Ok(Cow::Borrowed(content));
    }
    let damaged = |error| OutputError::serialization(path, format!("damaged Zstandard frame: {error}"));
    let mut plain = Vec::new();
    let decoder = zstd::stream::read::Decoder::with_buffer(content).map_err(damaged)?;
    decoder.take(MAX_BYTES as u64 + 1).read_to_end(&mut plain).map_err(damaged)?;
    if plain.len() > MAX_BYTES {
        let message = format!("more than {MAX_BYTES} bytes after decompression, which no file of a policy has");
        return Err(OutputError::serialization(path, message));
    }
    Ok(Cow::Owned(plain))
}

/// The version of a file of the given kind, its identifier and its first table being in order.
pub(super) fn version(content: &[u8], file: PolicyFile, path: &Path) -> Result<u32, OutputError> {
    let found = content.get(4..8).unwrap_or_default();
    if found != file.identifier().as_bytes() {
        let expected = PolicyFile::content_of(file.identifier().as_bytes()).unwrap_or_default();
        let found = match PolicyFile::content_of(found) {
            Some(known) => format!("this is {known}"),
            None => "this is no file of a policy".to_owned(),
        };
        return Err(OutputError::serialization(
            path,
            format!("{found}; {expected} (identifier {:?}) expected", file.identifier()),
        ));
    }
    Ok(table::<fb::AnyFile<'_>>(content, path)?.format_version())
}

/// The answer to a version that this program does not know.
pub(super) fn unknown_version(version: u32, path: &Path) -> OutputError {
    let hint = if version > POLICY_FORMAT_VERSION { "; hint: a newer program wrote it" } else { "" };
    OutputError::serialization(
        path,
        format!("policy format version {version} found, versions 1 to {POLICY_FORMAT_VERSION} expected{hint}"),
    )
}

/// The root table, every offset and length in it checked.
///
/// The verifier's default limits are enough for every file that can exist: a file of 2 GiB, and a million tables,
/// where the manifest has a table per component, stage and file.
pub(super) fn table<'a, T: Follow<'a> + Verifiable + 'a>(
    content: &'a [u8],
    path: &Path,
) -> Result<T::Inner, OutputError> {
    flatbuffers::root::<T>(content)
        .map_err(|error| OutputError::serialization(path, format!("damaged file of a policy: {error}")))
}

/// A value that contradicts another one in the same file, or its own meaning.
pub(super) fn inconsistent(path: &Path, message: impl Into<String>) -> OutputError {
    OutputError::serialization(path, format!("damaged file of a policy: {}", message.into()))
}

/// Refuses a vector of another length than expected.
pub(super) fn check_len(path: &Path, name: &str, found: usize, expected: usize) -> Result<(), OutputError> {
    if found == expected {
        Ok(())
    } else {
        Err(inconsistent(path, format!("{name} has {found} entries, {expected} expected")))
    }
}

/// Refuses a matrix whose number of entries is not rows × dimension.
pub(super) fn check_matrix(
    path: &Path,
    name: &str,
    found: usize,
    rows: usize,
    dimension: usize,
) -> Result<(), OutputError> {
    match rows.checked_mul(dimension) {
        Some(expected) if u32::try_from(dimension).is_ok() => check_len(path, name, found, expected),
        _ => Err(inconsistent(path, format!("{rows} rows of {dimension} components"))),
    }
}

/// Refuses numbers that are infinite or not a number.
pub(super) fn check_finite(path: &Path, name: &str, values: &[f64]) -> Result<(), OutputError> {
    match values.iter().position(|value| !value.is_finite()) {
        None => Ok(()),
        Some(at) => Err(inconsistent(path, format!("{name}[{at}] is {}, a finite number expected", values[at]))),
    }
}

pub(super) fn doubles(vector: Vector<'_, f64>) -> Vec<f64> {
    vector.bytes().chunks_exact(8).map(|bytes| f64::from_le_bytes(to_array(bytes))).collect()
}

pub(super) fn longs(vector: Vector<'_, u64>) -> Vec<u64> {
    vector.bytes().chunks_exact(8).map(|bytes| u64::from_le_bytes(to_array(bytes))).collect()
}

pub(super) fn ints(vector: Vector<'_, u32>) -> Vec<u32> {
    vector.bytes().chunks_exact(4).map(|bytes| u32::from_le_bytes(to_array(bytes))).collect()
}

/// A chunk of exactly `N` bytes as an array.
fn to_array<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut array = [0; N];
    array.copy_from_slice(bytes);
    array
}

/// The tables of a vector of tables.
pub(super) fn tables<'a, T: Follow<'a> + 'a>(
    vector: Vector<'a, ForwardsUOffset<T>>,
) -> impl Iterator<Item = T::Inner> + 'a {
    vector.iter()
}
