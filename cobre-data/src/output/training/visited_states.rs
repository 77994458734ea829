use super::super::OutputError;
use super::super::manifest::FileRecord;
use super::super::table_file::TableFile;

/// Values after which the states gathered so far are written, so that memory stays bounded (32 MB).
pub(super) const MAX_VALUES: usize = 1 << 22;

/// The states of trajectories on their way into a part of `visited_states`.
#[derive(Default)]
pub(super) struct VisitedStates {
    trajectories: Vec<Trajectory>,
    /// `[trajectory][stage][component]`, stages by position.
    values: Vec<f64>,
}

struct Trajectory {
    iteration: u32,
    forward_pass: u32,
    dimension: usize,
}

impl VisitedStates {
    pub(super) fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    pub(super) fn n_values(&self) -> usize {
        self.values.len()
    }

    /// Takes a trajectory; `states` holds one state per stage.
    pub(super) fn take(&mut self, iteration: u32, forward_pass: u32, states: &[Vec<f64>]) {
        let dimension = states.first().map_or(0, Vec::len);
        self.trajectories.push(Trajectory { iteration, forward_pass, dimension });
        states.iter().for_each(|state| self.values.extend_from_slice(state));
    }

    pub(super) fn clear(&mut self) {
        self.trajectories.clear();
        self.values.clear();
    }

    /// Writes the rows, stages of a trajectory in the order of their labels: `order` are their positions.
    pub(super) fn write(
        &self,
        mut file: TableFile,
        stage_ids: &[i32],
        order: &[usize],
    ) -> Result<FileRecord, OutputError> {
        let mut start = 0;
        for trajectory in &self.trajectories {
            let dimension = trajectory.dimension;
            for &stage in order {
                let state = &self.values[start + stage * dimension..start + (stage + 1) * dimension];
                file.begin(dimension)
                    .id("iteration", trajectory.iteration as i32)
                    .id("forward_pass", trajectory.forward_pass as i32)
                    .id("stage_id", stage_ids[stage])
                    .ids_with("state_index", |out| out.extend(0..dimension as i32))
                    .floats("value", state.iter().copied());
                file.end()?;
            }
            start += stage_ids.len() * dimension;
        }
        file.publish()
    }
}
