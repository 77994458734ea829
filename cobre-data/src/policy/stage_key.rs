use serde::Serialize;

/// Which stage a file of a policy belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct StageKey {
    /// Position, from 0.
    pub stage_index: u32,
    /// Label in the case.
    pub stage_id: i32,
    /// Node of the policy graph; on a chain of stages the position of the stage.
    pub node_id: i32,
}

impl StageKey {
    /// The stage at a position of a chain.
    pub fn of_chain(stage_index: usize, stage_id: i32) -> Self {
        Self { stage_index: stage_index as u32, stage_id, node_id: stage_index as i32 }
    }
}
