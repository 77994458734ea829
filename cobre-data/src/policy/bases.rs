use std::path::Path;

use cobre_engine::solver::{Basis, BasisStatus};

use super::envelope::{
    POLICY_FORMAT_VERSION, builder, check_len, decompress, finish, inconsistent, ints, table, unknown_version, version,
};
use super::file::PolicyFile;
use super::generated::cobre::policy as fb;
use super::stage_key::StageKey;
use crate::output::OutputError;

/// The bases of one stage problem, one per trajectory, from its last forward solve.
#[derive(Debug, Clone, PartialEq)]
pub struct StageBases {
    /// The stage.
    pub stage: StageKey,
    /// Per trajectory; none where the trajectory has no basis.
    pub bases: Vec<Option<Basis>>,
}

/// Variable-length parts laid end to end: part `m` is `starts[m]..starts[m + 1]`.
struct Parts<T> {
    starts: Vec<u32>,
    values: Vec<T>,
}

impl<T: Copy> Parts<T> {
    fn new() -> Self {
        Self { starts: vec![0], values: Vec::new() }
    }

    fn push(&mut self, part: impl Iterator<Item = T>) {
        self.values.extend(part);
        self.starts.push(self.values.len() as u32);
    }

    /// Checks that there are `n` parts that cover the values in order.
    fn check(&self, path: &Path, name: &str, n: usize) -> Result<(), OutputError> {
        check_len(path, &format!("{name}_starts"), self.starts.len(), n + 1)?;
        let covers = self.starts[0] == 0
            && self.starts.is_sorted()
            && self.starts.last().is_some_and(|&end| end as usize == self.values.len());
        if covers {
            Ok(())
        } else {
            Err(inconsistent(path, format!("{name}_starts does not divide the {} entries", self.values.len())))
        }
    }

    fn part(&self, m: usize) -> &[T] {
        &self.values[self.starts[m] as usize..self.starts[m + 1] as usize]
    }
}

/// The file `basis/<stage>.bin`; equal bases give equal bytes. `compress`: as one Zstandard frame.
///
/// # Errors
/// [`OutputError::SerializationError`] when the file would exceed 2 GiB.
pub fn encode_bases(bases: &StageBases, compress: bool) -> Result<Vec<u8>, OutputError> {
    let file = PolicyFile::Bases(bases.stage.stage_index);
    let n_bytes = |basis: &Basis| {
        basis.columns.len() + basis.segments.len() + basis.rows.len() + basis.cuts.len() * size_of::<u32>()
    };
    let n_starts = 4 * size_of::<u32>() * (bases.bases.len() + 1);
    let total: usize = bases.bases.iter().flatten().map(n_bytes).sum();
    let mut builder = builder(file, total + n_starts + bases.bases.len())?;

    let (mut columns, mut segments, mut rows) = (Parts::new(), Parts::new(), Parts::new());
    let mut cuts = Parts::new();
    let mut present = Vec::with_capacity(bases.bases.len());
    let absent = Basis::default();
    for basis in &bases.bases {
        present.push(u8::from(basis.is_some()));
        let basis = basis.as_ref().unwrap_or(&absent);
        columns.push(basis.columns.iter().map(|&status| status as u8));
        segments.push(basis.segments.iter().map(|&status| status as u8));
        rows.push(basis.rows.iter().map(|&status| status as u8));
        cuts.push(basis.cuts.iter().copied());
    }
    let args = fb::StageBasesArgs {
        format_version: POLICY_FORMAT_VERSION,
        stage_index: bases.stage.stage_index,
        stage_id: bases.stage.stage_id,
        node_id: bases.stage.node_id,
        present: Some(builder.create_vector(&present)),
        column_starts: Some(builder.create_vector(&columns.starts)),
        columns: Some(builder.create_vector(&columns.values)),
        segment_starts: Some(builder.create_vector(&segments.starts)),
        segments: Some(builder.create_vector(&segments.values)),
        row_starts: Some(builder.create_vector(&rows.starts)),
        rows: Some(builder.create_vector(&rows.values)),
        cut_starts: Some(builder.create_vector(&cuts.starts)),
        cuts: Some(builder.create_vector(&cuts.values)),
    };
    let root = fb::StageBases::create(&mut builder, &args);
    finish(builder, root, file, compress)
}

/// Reads a file `basis/<stage>.bin` of any version, compressed or not. `path` is what messages name. Whether the
/// bases fit a stage problem is for the engine to say.
///
/// # Errors
/// [`OutputError::SerializationError`] when the content is another file, of a later version, or damaged.
pub fn decode_bases(content: &[u8], path: &Path) -> Result<StageBases, OutputError> {
    let content = decompress(content, path)?;
    match version(&content, PolicyFile::Bases(0), path)? {
        1 => decode_version_1(&content, path),
        other => Err(unknown_version(other, path)),
    }
}

fn decode_version_1(content: &[u8], path: &Path) -> Result<StageBases, OutputError> {
    let stored = table::<fb::StageBases<'_>>(content, path)?;
    let present = stored.present().bytes();
    let n = present.len();
    let columns = Parts { starts: ints(stored.column_starts()), values: statuses(stored.columns().bytes(), path)? };
    let segments = Parts { starts: ints(stored.segment_starts()), values: statuses(stored.segments().bytes(), path)? };
    let rows = Parts { starts: ints(stored.row_starts()), values: statuses(stored.rows().bytes(), path)? };
    let cuts = Parts { starts: ints(stored.cut_starts()), values: ints(stored.cuts()) };
    columns.check(path, "column", n)?;
    segments.check(path, "segment", n)?;
    rows.check(path, "row", n)?;
    cuts.check(path, "cut", n)?;
    let mut bases = Vec::with_capacity(n);
    for (m, &flag) in present.iter().enumerate() {
        let basis = Basis {
            columns: columns.part(m).to_vec(),
            segments: segments.part(m).to_vec(),
            rows: rows.part(m).to_vec(),
            cuts: cuts.part(m).to_vec(),
        };
        match flag {
            1 => bases.push(Some(basis)),
            0 if basis == Basis::default() => bases.push(None),
            0 => return Err(inconsistent(path, format!("trajectory {m} has statuses but no basis"))),
            other => return Err(inconsistent(path, format!("present[{m}] is {other}, 0 or 1 expected"))),
        }
    }
    let stage = StageKey { stage_index: stored.stage_index(), stage_id: stored.stage_id(), node_id: stored.node_id() };
    Ok(StageBases { stage, bases })
}

fn statuses(codes: &[u8], path: &Path) -> Result<Vec<BasisStatus>, OutputError> {
    codes
        .iter()
        .map(|&code| match code {
            0 => Ok(BasisStatus::Lower),
            1 => Ok(BasisStatus::Basic),
            2 => Ok(BasisStatus::Upper),
            3 => Ok(BasisStatus::Free),
            other => Err(inconsistent(path, format!("basis status {other} found, 0 to 3 expected"))),
        })
        .collect()
}
