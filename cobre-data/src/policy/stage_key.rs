use serde::Serialize;

use super::manifest::PolicyStage;

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
    /// The stage at position `stage_index` of a policy.
    pub fn new(stage_index: usize, stage: &PolicyStage) -> Self {
        Self { stage_index: stage_index as u32, stage_id: stage.id, node_id: stage.node_id }
    }
}
