//! The page about a policy says what is in it.

use cobre_data::policy::describe;
use cobre_engine::test_models::RandomStudy;

use super::files::stored;

#[test]
fn the_summary_counts_what_is_there() {
    let study = RandomStudy { seed: 71, ar_order: 1, ..RandomStudy::default() }.build();
    let (state, files) = stored(&study, 6, 3);
    let summary = describe(&files.read());
    assert_eq!((summary.iterations, summary.forward_passes, summary.dimension), (6, 3, 4));
    assert_eq!(summary.n_cuts, state.policy.n_cuts());
    assert_eq!(summary.first_lower_bound, Some(state.lower_bounds[0]));
    assert_eq!(summary.lower_bound, Some(state.lower_bounds[5]));
    for (stage, pool) in summary.stages.iter().zip(&state.policy.pools) {
        let activities = pool.activities();
        assert_eq!(stage.n_cuts, pool.len());
        assert_eq!(stage.n_binding, activities.iter().filter(|activity| activity.times_binding > 0).count());
        assert_eq!(stage.n_binding_last, activities.iter().filter(|activity| activity.last_iteration == 6).count());
        assert_eq!((stage.n_given, stage.n_states, stage.n_bases), (0, 3, 3));
    }
    assert!(summary.stages[0].binding_share.is_some_and(|share| share > 0.0 && share <= 1.0));
    assert_eq!(summary.stages[3].binding_share, None);

    let text = summary.to_string();
    assert!(text.contains("iterations       6, 3 forward passes each"), "{text}");
    assert!(text.contains("inflow lag 1 of plant 1 ("), "{text}");
    let widths: Vec<usize> = text.lines().filter(|line| line.contains("2024-")).map(str::len).collect();
    assert!(widths.len() >= 4, "{text}");
    let json = serde_json::to_value(&summary).expect("JSON");
    assert_eq!(json["status"], "checkpoint");
    assert_eq!(json["stages"][0]["n_cuts"], summary.stages[0].n_cuts);
    assert_eq!(json["components"][2]["kind"], "inflow_lag");
}
