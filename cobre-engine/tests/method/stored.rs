//! A state of training as a file would give it back.

use cobre_engine::cuts::{CutPool, StoredCut, VisitedStates};
use cobre_engine::sddp::{TrainingSnapshot, TrainingState};
use cobre_engine::solver::{Basis, BasisStatus};

fn stored_pool(pool: &CutPool) -> CutPool {
    let columns: Vec<Vec<f64>> = (0..pool.dimension()).map(|j| pool.component(j).collect()).collect();
    let rows: Vec<Vec<f64>> = (0..pool.len()).map(|id| columns.iter().map(|column| column[id]).collect()).collect();
    let intercepts: Vec<f64> = pool.intercepts().collect();
    let cuts = (0..pool.len()).map(|id| StoredCut {
        intercept: intercepts[id],
        coefficients: &rows[id],
        origin: pool.origins()[id],
        activity: pool.activities()[id],
        is_active: pool.is_active(id as u32),
    });
    CutPool::from_cuts(pool.dimension(), cuts).expect("cuts of a pool")
}

fn stored_points(visited: &VisitedStates) -> VisitedStates {
    let mut again = VisitedStates::new(visited.dimension());
    for (point, &cut) in visited.cuts().iter().enumerate() {
        again.push(&visited.state(point).collect::<Vec<_>>(), cut);
    }
    again
}

fn stored_basis(basis: &Basis) -> Basis {
    let read = |statuses: &[BasisStatus]| {
        let codes: Vec<u8> = statuses.iter().map(|&status| status.into()).collect();
        codes.into_iter().map(|code| BasisStatus::try_from(code).expect("a code of ours")).collect()
    };
    Basis {
        columns: read(&basis.columns),
        segments: read(&basis.segments),
        rows: read(&basis.rows),
        cuts: basis.cuts.clone(),
    }
}

/// What a snapshot shows, through the codes and columns a file has.
pub(crate) fn stored(snapshot: &TrainingSnapshot<'_>) -> TrainingState {
    let trajectories = 0..snapshot.n_trajectories();
    let bases = |m| snapshot.trajectory_bases(m).iter().map(|basis| basis.as_ref().map(stored_basis)).collect();
    let trajectory_bases: Vec<Vec<Option<Basis>>> = trajectories.map(bases).collect();
    let mut state = snapshot.to_state();
    state.policy.pools = snapshot.pools().iter().map(stored_pool).collect();
    state.policy.bases.clone_from(&trajectory_bases[0]);
    state.trajectory_bases = trajectory_bases;
    state.visited = snapshot.visited().iter().map(stored_points).collect();
    state
}
