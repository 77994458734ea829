use std::path::Path;

use cobre_engine::EngineError;
use cobre_engine::cuts::{CutActivity, CutOrigin, CutPool, StoredCut};

use super::envelope::{
    POLICY_FORMAT_VERSION, builder, check_finite, check_len, check_matrix, decompress, doubles, finish, ints, longs,
    table, unknown_version, version,
};
use super::file::PolicyFile;
use super::generated::cobre::policy as fb;
use super::manifest::PolicyStage;
use super::stage_key::StageKey;
use crate::output::OutputError;

/// The cuts of one stage: `V(x) ≥ intercept + coefficients·x`, `x` being the state at the end of the stage and `V`
/// the cost from the next stage on, before the discount factor of this stage.
///
/// Parallel arrays with one entry per cut; the id of a cut is its position.
#[derive(Debug, Clone, PartialEq)]
pub struct StageCuts {
    /// The stage.
    pub stage: StageKey,
    /// First day of the stage, in days since 1970-01-01.
    pub start_day: Option<i32>,
    /// Day after its last day; the state is that of this moment.
    pub end_day: Option<i32>,
    /// Components of the state.
    pub dimension: usize,
    /// $.
    pub intercepts: Vec<f64>,
    /// $ per unit of the component; `coefficients[cut * dimension + component]`.
    pub coefficients: Vec<f64>,
    /// Iteration that made the cut, 1-based; 0 for a cut that training began with.
    pub iteration: Vec<u32>,
    /// Trajectory whose trial point it was made at.
    pub trajectory: Vec<u32>,
    /// Solves in which the cut was binding.
    pub times_binding: Vec<u64>,
    /// Last iteration with such a solve; 0 for none.
    pub last_binding_iteration: Vec<u32>,
    /// Whether the cut is part of the approximation; one that training took out keeps its id and its numbers.
    pub is_active: Vec<bool>,
}

impl StageCuts {
    /// The cuts of the stage at position `stage_index` of a policy.
    pub fn from_pool(stage_index: usize, stage: &PolicyStage, pool: &CutPool) -> Self {
        let mut coefficients = Vec::with_capacity(pool.len() * pool.dimension());
        let mut row = Vec::with_capacity(pool.dimension());
        for id in 0..pool.len() as u32 {
            pool.write_coefficients(id, &mut row);
            coefficients.extend_from_slice(&row);
        }
        Self {
            stage: StageKey::new(stage_index, stage),
            start_day: stage.start_day,
            end_day: stage.end_day,
            dimension: pool.dimension(),
            intercepts: pool.intercepts().collect(),
            coefficients,
            iteration: pool.origins().iter().map(|origin| origin.iteration).collect(),
            trajectory: pool.origins().iter().map(|origin| origin.trajectory).collect(),
            times_binding: pool.activities().iter().map(|activity| activity.times_binding).collect(),
            last_binding_iteration: pool.activities().iter().map(|activity| activity.last_iteration).collect(),
            is_active: (0..pool.len() as u32).map(|id| pool.is_active(id)).collect(),
        }
    }

    /// The pool of the engine, every cut under its id.
    ///
    /// # Errors
    /// [`EngineError::Options`] when arrays do not fit each other or a cut is not finite; never for cuts that were
    /// decoded.
    pub fn to_pool(&self) -> Result<CutPool, EngineError> {
        CutPool::from_cuts(self.dimension, (0..self.len()).map(|id| self.cut(id, self.coefficients_of(id))))
    }

    /// A cut with other coefficients, e.g. the same in another order.
    pub(super) fn cut<'a>(&self, id: usize, coefficients: &'a [f64]) -> StoredCut<'a> {
        StoredCut {
            intercept: self.intercepts[id],
            coefficients,
            origin: CutOrigin { iteration: self.iteration[id], trajectory: self.trajectory[id] },
            activity: CutActivity {
                times_binding: self.times_binding[id],
                last_iteration: self.last_binding_iteration[id],
            },
            is_active: self.is_active[id],
        }
    }

    /// Number of cuts.
    pub fn len(&self) -> usize {
        self.intercepts.len()
    }

    /// Whether there is no cut.
    pub fn is_empty(&self) -> bool {
        self.intercepts.is_empty()
    }

    /// Ids of the cuts that are part of the approximation, ascending.
    pub fn active_ids(&self) -> impl Iterator<Item = usize> + '_ {
        self.is_active.iter().enumerate().filter(|(_, is_active)| **is_active).map(|(id, _)| id)
    }

    /// Coefficients of a cut ($ per unit of the component).
    pub fn coefficients_of(&self, id: usize) -> &[f64] {
        &self.coefficients[id * self.dimension..(id + 1) * self.dimension]
    }

    /// Checks that the arrays fit each other and that cuts are finite.
    fn check(&self, path: &Path) -> Result<(), OutputError> {
        let n = self.len();
        check_matrix(path, "coefficients", self.coefficients.len(), n, self.dimension)?;
        check_len(path, "iteration", self.iteration.len(), n)?;
        check_len(path, "trajectory", self.trajectory.len(), n)?;
        check_len(path, "times_binding", self.times_binding.len(), n)?;
        check_len(path, "last_binding_iteration", self.last_binding_iteration.len(), n)?;
        check_len(path, "is_active", self.is_active.len(), n)?;
        check_finite(path, "intercepts", &self.intercepts)?;
        check_finite(path, "coefficients", &self.coefficients)
    }
}

/// The file `cuts/<stage>.bin`; equal cuts give equal bytes. `compress`: as one Zstandard frame.
///
/// # Errors
/// [`OutputError::SerializationError`] when arrays do not fit each other, a cut is not finite, or the file would
/// exceed 2 GiB.
pub fn encode_cuts(cuts: &StageCuts, compress: bool) -> Result<Vec<u8>, OutputError> {
    let file = PolicyFile::Cuts(cuts.stage.stage_index);
    cuts.check(Path::new(&file.path()))?;
    let mut builder = builder(file, cuts.len() * (8 + 8 * cuts.dimension + 4 + 4 + 8 + 4 + 1))?;
    let is_active = cuts.is_active.contains(&false).then(|| {
        let flags: Vec<u8> = cuts.is_active.iter().copied().map(u8::from).collect();
        builder.create_vector(&flags)
    });
    let args = fb::StageCutsArgs {
        format_version: POLICY_FORMAT_VERSION,
        stage_index: cuts.stage.stage_index,
        stage_id: cuts.stage.stage_id,
        node_id: cuts.stage.node_id,
        start_day: cuts.start_day,
        end_day: cuts.end_day,
        dimension: cuts.dimension as u32,
        intercepts: Some(builder.create_vector(&cuts.intercepts)),
        coefficients: Some(builder.create_vector(&cuts.coefficients)),
        iteration: Some(builder.create_vector(&cuts.iteration)),
        trajectory: Some(builder.create_vector(&cuts.trajectory)),
        times_binding: Some(builder.create_vector(&cuts.times_binding)),
        last_binding_iteration: Some(builder.create_vector(&cuts.last_binding_iteration)),
        is_active,
    };
    let root = fb::StageCuts::create(&mut builder, &args);
    finish(builder, root, file, compress)
}

/// Reads a file `cuts/<stage>.bin` of any version, compressed or not. `path` is what messages name.
///
/// # Errors
/// [`OutputError::SerializationError`] when the content is another file, of a later version, or damaged.
pub fn decode_cuts(content: &[u8], path: &Path) -> Result<StageCuts, OutputError> {
    let content = decompress(content, path)?;
    match version(&content, PolicyFile::Cuts(0), path)? {
        1 => decode_version_1(&content, path),
        other => Err(unknown_version(other, path)),
    }
}

fn decode_version_1(content: &[u8], path: &Path) -> Result<StageCuts, OutputError> {
    let stored = table::<fb::StageCuts<'_>>(content, path)?;
    let intercepts = doubles(stored.intercepts());
    let is_active = match stored.is_active() {
        Some(flags) => flags.bytes().iter().map(|&flag| flag != 0).collect(),
        None => vec![true; intercepts.len()],
    };
    let cuts = StageCuts {
        stage: StageKey { stage_index: stored.stage_index(), stage_id: stored.stage_id(), node_id: stored.node_id() },
        start_day: stored.start_day(),
        end_day: stored.end_day(),
        dimension: stored.dimension() as usize,
        intercepts,
        coefficients: doubles(stored.coefficients()),
        iteration: ints(stored.iteration()),
        trajectory: ints(stored.trajectory()),
        times_binding: longs(stored.times_binding()),
        last_binding_iteration: ints(stored.last_binding_iteration()),
        is_active,
    };
    cuts.check(path)?;
    Ok(cuts)
}
