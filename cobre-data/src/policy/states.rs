use std::path::Path;

use cobre_engine::cuts::VisitedStates;
use cobre_engine::sddp::TrainingSnapshot;

use super::envelope::{
    POLICY_FORMAT_VERSION, builder, check_finite, check_len, check_matrix, decompress, doubles, finish, ints, table,
    unknown_version, version,
};
use super::file::PolicyFile;
use super::generated::cobre::policy as fb;
use super::manifest::PolicyStage;
use super::stage_key::StageKey;
use crate::output::OutputError;

/// Trial points of one stage: states at its end, at which its cuts are made.
#[derive(Debug, Clone, PartialEq)]
pub struct StageStates {
    /// The stage.
    pub stage: StageKey,
    /// Components of the state.
    pub dimension: usize,
    /// Iteration of every point, 1-based.
    pub iteration: Vec<u32>,
    /// Trajectory of every point.
    pub trajectory: Vec<u32>,
    /// `values[point * dimension + component]`, in the units of the components.
    pub values: Vec<f64>,
    /// Cut that stands for every point in cut selection; empty where the points are none of it. With cuts they are
    /// those of all iterations.
    pub cuts: Vec<u32>,
}

impl StageStates {
    /// No points yet.
    pub fn new(stage: StageKey, dimension: usize) -> Self {
        Self { stage, dimension, iteration: Vec::new(), trajectory: Vec::new(), values: Vec::new(), cuts: Vec::new() }
    }

    /// The trial points of every stage that cut selection remembers of a training with `forward_passes` trajectories;
    /// empty when it remembers none.
    pub fn of_visited(stages: &[PolicyStage], visited: &[VisitedStates], forward_passes: usize) -> Vec<Self> {
        let stages = stages.iter().zip(visited).enumerate();
        stages
            .map(|(t, (stage, visited))| {
                let mut states = Self::new(StageKey::new(t, stage), visited.dimension());
                let mut state = Vec::with_capacity(visited.dimension());
                for point in 0..visited.len() {
                    state.clear();
                    state.extend(visited.state(point));
                    states.push((point / forward_passes + 1) as u32, (point % forward_passes) as u32, &state);
                }
                states.cuts = visited.cuts().to_vec();
                states
            })
            .collect()
    }

    /// The trial points that are stored with a policy, by stage: those that cut selection remembers; where it remembers
    /// none and `is_exported`, those of the iteration.
    ///
    /// # Panics
    /// As [`TrainingSnapshot::trial_points`].
    pub fn of_snapshot(stages: &[PolicyStage], snapshot: &TrainingSnapshot<'_>, is_exported: bool) -> Vec<Self> {
        let visited = snapshot.visited();
        if !visited.is_empty() {
            return Self::of_visited(stages, &visited, snapshot.n_trajectories());
        }
        let stages = stages.iter().enumerate().filter(|_| is_exported);
        let dimension = snapshot.states().dimension();
        stages
            .map(|(t, stage)| {
                let mut states = Self::new(StageKey::new(t, stage), dimension);
                for m in 0..snapshot.n_trajectories() {
                    states.push(snapshot.iteration(), m as u32, &snapshot.trial_points(m)[t + 1]);
                }
                states
            })
            .collect()
    }

    /// What cut selection goes on from, where these are points that it remembers.
    pub(super) fn to_visited(&self) -> VisitedStates {
        let mut visited = VisitedStates::new(self.dimension);
        for (point, &cut) in self.cuts.iter().enumerate() {
            visited.push(self.state(point), cut);
        }
        visited
    }

    /// Adds a point; `state` has one value per component.
    pub fn push(&mut self, iteration: u32, trajectory: u32, state: &[f64]) {
        debug_assert_eq!(state.len(), self.dimension);
        self.iteration.push(iteration);
        self.trajectory.push(trajectory);
        self.values.extend_from_slice(state);
    }

    /// Number of points.
    pub fn len(&self) -> usize {
        self.iteration.len()
    }

    /// Whether there is no point.
    pub fn is_empty(&self) -> bool {
        self.iteration.is_empty()
    }

    /// A point.
    pub fn state(&self, point: usize) -> &[f64] {
        &self.values[point * self.dimension..(point + 1) * self.dimension]
    }

    fn check(&self, path: &Path) -> Result<(), OutputError> {
        let n = self.len();
        check_len(path, "trajectory", self.trajectory.len(), n)?;
        if !self.cuts.is_empty() {
            check_len(path, "cut", self.cuts.len(), n)?;
        }
        check_matrix(path, "values", self.values.len(), n, self.dimension)?;
        check_finite(path, "values", &self.values)
    }
}

/// The file `states/<stage>.bin`; equal points give equal bytes. `compress`: as one Zstandard frame.
///
/// # Errors
/// [`OutputError::SerializationError`] when arrays do not fit each other, a value is not finite, or the file would
/// exceed 2 GiB.
pub fn encode_states(states: &StageStates, compress: bool) -> Result<Vec<u8>, OutputError> {
    let file = PolicyFile::States(states.stage.stage_index);
    states.check(Path::new(&file.path()))?;
    let mut builder = builder(file, states.len() * (4 + 4 + 4 + 8 * states.dimension))?;
    let cut = (!states.cuts.is_empty()).then(|| builder.create_vector(&states.cuts));
    let args = fb::StageStatesArgs {
        format_version: POLICY_FORMAT_VERSION,
        stage_index: states.stage.stage_index,
        stage_id: states.stage.stage_id,
        node_id: states.stage.node_id,
        dimension: states.dimension as u32,
        iteration: Some(builder.create_vector(&states.iteration)),
        trajectory: Some(builder.create_vector(&states.trajectory)),
        values: Some(builder.create_vector(&states.values)),
        cut,
    };
    let root = fb::StageStates::create(&mut builder, &args);
    finish(builder, root, file, compress)
}

/// Reads a file `states/<stage>.bin` of any version, compressed or not. `path` is what messages name.
///
/// # Errors
/// [`OutputError::SerializationError`] when the content is another file, of a later version, or damaged.
pub fn decode_states(content: &[u8], path: &Path) -> Result<StageStates, OutputError> {
    let content = decompress(content, path)?;
    match version(&content, PolicyFile::States(0), path)? {
        1 => decode_version_1(&content, path),
        other => Err(unknown_version(other, path)),
    }
}

fn decode_version_1(content: &[u8], path: &Path) -> Result<StageStates, OutputError> {
    let stored = table::<fb::StageStates<'_>>(content, path)?;
    let states = StageStates {
        stage: StageKey { stage_index: stored.stage_index(), stage_id: stored.stage_id(), node_id: stored.node_id() },
        dimension: stored.dimension() as usize,
        iteration: ints(stored.iteration()),
        trajectory: ints(stored.trajectory()),
        values: doubles(stored.values()),
        cuts: stored.cut().map(ints).unwrap_or_default(),
    };
    states.check(path)?;
    Ok(states)
}
