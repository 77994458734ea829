//! One file of each kind with every field in use, and values that are easily lost.

use cobre_data::policy::{
    PolicyManifest, PolicyPart, PolicyStage, PolicyStatus, StageBases, StageCuts, StageKey, StageStates,
    StateComponent, StateKind, TablePart,
};
use cobre_engine::solver::{Basis, BasisStatus};

/// Numbers whose bits are easily lost on the way through text or arithmetic.
pub(crate) const AWKWARD: [f64; 6] = [0.1, -0.0, f64::MIN_POSITIVE / 8.0, 1.0e300, -1.0 / 3.0, f64::MAX];

pub(crate) const STAGE: StageKey = StageKey { stage_index: 3, stage_id: -7, node_id: 3 };

pub(crate) fn cuts() -> StageCuts {
    StageCuts {
        stage: STAGE,
        start_day: Some(19_723),
        end_day: Some(19_754),
        dimension: 2,
        intercepts: vec![AWKWARD[0], AWKWARD[1], AWKWARD[2]],
        coefficients: vec![AWKWARD[3], AWKWARD[4], AWKWARD[5], -1.5, 0.0, -0.0],
        iteration: vec![0, 1, u32::MAX],
        trajectory: vec![0, 5, 4_000_000_000],
        times_binding: vec![0, 17, u64::MAX],
        last_binding_iteration: vec![0, 1, 9],
        is_active: vec![true; 3],
    }
}

pub(crate) fn bases() -> StageBases {
    use BasisStatus::{Basic, Free, Lower, Upper};
    let full = Basis {
        columns: vec![Lower, Basic, Upper, Free],
        segments: vec![Upper, Lower],
        rows: vec![Basic, Basic, Lower],
        cuts: vec![2, 0],
    };
    let bare = Basis { columns: vec![Free], ..Basis::default() };
    StageBases { stage: STAGE, bases: vec![Some(full), None, Some(bare), Some(Basis::default())] }
}

pub(crate) fn states() -> StageStates {
    let mut states = StageStates::new(STAGE, 2);
    states.push(8, 0, &[AWKWARD[0], AWKWARD[1]]);
    states.push(8, 1, &[AWKWARD[2], AWKWARD[3]]);
    states.push(9, 0, &[AWKWARD[4], AWKWARD[5]]);
    states
}

pub(crate) fn manifest() -> PolicyManifest {
    let part = |path: &str, digit: char| PolicyPart {
        path: path.to_owned(),
        bytes: 1 << 40,
        sha256: digit.to_string().repeat(64),
    };
    let component = |kind: StateKind, entity_id, name: &str, lag| StateComponent {
        kind,
        entity_id,
        entity_name: name.to_owned(),
        lag,
        unit: kind.unit().to_owned(),
    };
    PolicyManifest {
        status: PolicyStatus::Final,
        engine_version: "0.1.0".to_owned(),
        created_at: "2024-02-29T23:59:59Z".to_owned(),
        case_hash: "case".to_owned(),
        study_hash: "study".to_owned(),
        run_id: "run".to_owned(),
        forward_passes: 2,
        seeds: [("tree".to_owned(), 42), ("forward".to_owned(), u64::MAX)].into(),
        cost_scale_factor: 1000.0,
        elapsed_seconds: 12.25,
        lower_bounds: vec![0.1, 0.2, f64::MAX],
        upper_bound_mean: -0.0,
        upper_bound_std: Some(0.5),
        components: vec![
            component(StateKind::Storage, -1, "São Simão", 0),
            component(StateKind::InflowLag, -1, "São Simão", 1),
        ],
        initial_state: vec![AWKWARD[4], AWKWARD[1]],
        stages: vec![
            PolicyStage { id: 1, node_id: 0, start_day: None, end_day: None, season: None },
            PolicyStage { id: -7, node_id: 1, start_day: Some(-5), end_day: Some(0), season: Some(11) },
        ],
        parts: vec![part("cuts/0.bin", '0'), part("basis/0.bin", 'f')],
        training_parts: vec![TablePart {
            table: "training/convergence".to_owned(),
            path: "run=1/training/convergence/part-0.parquet".to_owned(),
            rows: 3,
            bytes: 4096,
            sha256: "a".repeat(64),
        }],
        options: [
            ("mode".to_owned(), serde_json::json!("resume")),
            ("limits".to_owned(), serde_json::json!([1, 2.5, null, { "nested": true }])),
        ]
        .into(),
    }
}
