//! The cuts of a stage as columns of Arrow over the bytes of their file.

use std::borrow::Cow;
use std::path::Path;

use arrow::buffer::{Buffer, ScalarBuffer};
use arrow::datatypes::ArrowNativeType;
use bytes::Bytes;
use cobre_engine::EngineError;
use cobre_engine::cuts::{CutActivity, CutOrigin, CutPool, StoredCut};
use flatbuffers::Vector;

use super::envelope::{
    check_finite, check_len, check_matrix, decompress, inconsistent, table, unknown_version, version,
};
use super::file::PolicyFile;
use super::generated::cobre::policy as fb;
use super::stage_key::StageKey;
use crate::output::OutputError;

// Vectors of the format are little-endian, and are looked at where they lie.
const _: () = assert!(cfg!(target_endian = "little"));

/// The cuts of one stage, each column a view of the file's content; the same numbers as in
/// [`StageCuts`](super::StageCuts). A clone is the same memory.
#[derive(Debug, Clone)]
pub struct CutColumns {
    /// The stage.
    pub stage: StageKey,
    /// Components of the state.
    pub dimension: usize,
    /// $.
    pub intercepts: ScalarBuffer<f64>,
    /// $ per unit of the component; `coefficients[cut * dimension + component]`.
    pub coefficients: ScalarBuffer<f64>,
    /// Iteration that made the cut, 1-based; 0 for a cut that training began with.
    pub iteration: ScalarBuffer<i32>,
    /// Trajectory whose trial point it was made at.
    pub trajectory: ScalarBuffer<i32>,
    /// Solves in which the cut was binding.
    pub times_binding: ScalarBuffer<u64>,
    /// Last iteration with such a solve; 0 for none.
    pub last_binding_iteration: ScalarBuffer<i32>,
    /// 1 where the cut is part of the approximation, else 0; none where all are.
    pub is_active: Option<ScalarBuffer<u8>>,
}

impl CutColumns {
    /// Number of cuts.
    pub fn len(&self) -> usize {
        self.intercepts.len()
    }

    /// Whether there is no cut.
    pub fn is_empty(&self) -> bool {
        self.intercepts.is_empty()
    }

    /// Whether a cut is part of the approximation.
    pub fn is_active(&self, id: usize) -> bool {
        self.is_active.as_ref().is_none_or(|flags| flags[id] != 0)
    }

    /// Coefficients of a cut ($ per unit of the component).
    pub fn coefficients_of(&self, id: usize) -> &[f64] {
        &self.coefficients[id * self.dimension..(id + 1) * self.dimension]
    }

    /// The pool of the engine, every cut under its id.
    ///
    /// # Errors
    /// [`EngineError::Options`] when a cut is not finite; never for cuts that were read.
    pub fn to_pool(&self) -> Result<CutPool, EngineError> {
        let cut = |id: usize| StoredCut {
            intercept: self.intercepts[id],
            coefficients: self.coefficients_of(id),
            origin: CutOrigin {
                iteration: self.iteration[id].cast_unsigned(),
                trajectory: self.trajectory[id].cast_unsigned(),
            },
            activity: CutActivity {
                times_binding: self.times_binding[id],
                last_iteration: self.last_binding_iteration[id].cast_unsigned(),
            },
            is_active: self.is_active(id),
        };
        CutPool::from_cuts(self.dimension, (0..self.len()).map(cut))
    }

    fn check(&self, path: &Path) -> Result<(), OutputError> {
        let n = self.len();
        check_matrix(path, "coefficients", self.coefficients.len(), n, self.dimension)?;
        check_len(path, "iteration", self.iteration.len(), n)?;
        check_len(path, "trajectory", self.trajectory.len(), n)?;
        check_len(path, "times_binding", self.times_binding.len(), n)?;
        check_len(path, "last_binding_iteration", self.last_binding_iteration.len(), n)?;
        if let Some(flags) = &self.is_active {
            check_len(path, "is_active", flags.len(), n)?;
        }
        check_count(path, "iteration", &self.iteration)?;
        check_count(path, "trajectory", &self.trajectory)?;
        check_count(path, "last_binding_iteration", &self.last_binding_iteration)?;
        check_finite(path, "intercepts", &self.intercepts)?;
        check_finite(path, "coefficients", &self.coefficients)
    }
}

/// Reads a file `cuts/<stage>.bin` of any version without copying its vectors; one that is compressed is decompressed
/// first. `path` is what messages name.
///
/// # Errors
/// As [`decode_cuts`](super::decode_cuts); also when a count exceeds what a signed number holds.
pub fn view_cuts(content: &Bytes, path: &Path) -> Result<CutColumns, OutputError> {
    let content = match decompress(content, path)? {
        Cow::Borrowed(_) => content.clone(),
        Cow::Owned(plain) => Bytes::from(plain),
    };
    let columns = match version(&content, PolicyFile::Cuts(0), path)? {
        1 => view_version_1(&content, path)?,
        other => return Err(unknown_version(other, path)),
    };
    columns.check(path)?;
    Ok(columns)
}

fn view_version_1(content: &Bytes, path: &Path) -> Result<CutColumns, OutputError> {
    let stored = table::<fb::StageCuts<'_>>(content, path)?;
    Ok(CutColumns {
        stage: StageKey { stage_index: stored.stage_index(), stage_id: stored.stage_id(), node_id: stored.node_id() },
        dimension: stored.dimension() as usize,
        intercepts: view(content, stored.intercepts()),
        coefficients: view(content, stored.coefficients()),
        iteration: view(content, stored.iteration()),
        trajectory: view(content, stored.trajectory()),
        times_binding: view(content, stored.times_binding()),
        last_binding_iteration: view(content, stored.last_binding_iteration()),
        is_active: stored.is_active().map(|flags| view(content, flags)),
    })
}

/// A vector where it lies; copied where that is no place for such a number.
fn view<S, T: ArrowNativeType>(content: &Bytes, vector: Vector<'_, S>) -> ScalarBuffer<T> {
    let bytes = vector.bytes();
    let buffer = if bytes.is_empty() || bytes.as_ptr().align_offset(align_of::<T>()) != 0 {
        Buffer::from(bytes)
    } else {
        Buffer::from(content.slice_ref(bytes))
    };
    ScalarBuffer::new(buffer, 0, bytes.len() / size_of::<T>())
}

/// Refuses a count that is too large for its column, where it is negative.
fn check_count(path: &Path, name: &str, values: &[i32]) -> Result<(), OutputError> {
    match values.iter().position(|&value| value < 0) {
        None => Ok(()),
        Some(at) => Err(inconsistent(path, format!("{name}[{at}] is larger than any count"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{StageCuts, encode_cuts};

    fn cuts() -> StageCuts {
        let (n, dimension) = (5, 3);
        let number = |k: usize| k as f64 * 0.5 - 3.0;
        StageCuts {
            stage: StageKey { stage_index: 2, stage_id: 7, node_id: 2 },
            start_day: None,
            end_day: Some(20_000),
            dimension,
            intercepts: (0..n).map(number).collect(),
            coefficients: (0..n * dimension).map(number).collect(),
            iteration: vec![0, 1, 1, 2, 2],
            trajectory: vec![0, 0, 1, 0, 1],
            times_binding: vec![9, 0, 3, 4, 1],
            last_binding_iteration: vec![2, 0, 1, 2, 2],
            is_active: vec![true, false, true, true, true],
        }
    }

    #[test]
    fn columns_are_the_cuts_and_their_memory_is_the_file() {
        for compress in [false, true] {
            let cuts = cuts();
            let content = Bytes::from(encode_cuts(&cuts, compress).expect("cuts"));
            let columns = view_cuts(&content, Path::new("cuts/2.bin")).expect("columns");
            assert_eq!((columns.stage, columns.dimension), (cuts.stage, cuts.dimension));
            assert_eq!(columns.intercepts.to_vec(), cuts.intercepts);
            assert_eq!(columns.coefficients.to_vec(), cuts.coefficients);
            assert_eq!(columns.iteration.to_vec(), [0, 1, 1, 2, 2]);
            assert_eq!(columns.times_binding.to_vec(), [9, 0, 3, 4, 1]);
            assert_eq!(columns.to_pool().expect("a pool"), cuts.to_pool().expect("a pool"));
            let inside = content.as_ptr_range().contains(&columns.coefficients.inner().as_ptr());
            assert_eq!(inside, !compress);
        }
    }

    #[test]
    fn what_lies_askew_is_copied() {
        let plain = encode_cuts(&cuts(), false).expect("cuts");
        for shift in 1..8 {
            let mut shifted = vec![0; shift];
            shifted.extend_from_slice(&plain);
            let content = Bytes::from(shifted).slice(shift..);
            let columns = view_cuts(&content, Path::new("cuts/2.bin")).expect("columns");
            assert_eq!(columns.coefficients.to_vec(), cuts().coefficients);
        }
    }

    #[test]
    fn a_count_beyond_the_column_is_refused() {
        let cuts = StageCuts { iteration: vec![u32::MAX; 5], ..cuts() };
        let content = Bytes::from(encode_cuts(&cuts, false).expect("cuts"));
        let said = view_cuts(&content, Path::new("cuts/2.bin")).expect_err("too large").to_string();
        assert!(said.contains("iteration[0]"), "{said}");
    }
}
