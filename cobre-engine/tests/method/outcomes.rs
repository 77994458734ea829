//! A sink that keeps what it gets.

use std::convert::Infallible;

use cobre_engine::simulation::{Bucket, OutcomeSink, StageOutcome};

/// Outcomes of a simulation, in the order they came.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Outcomes {
    /// Per call: bucket, stage, outcomes of its scenarios.
    pub(crate) stages: Vec<(Bucket, usize, Vec<StageOutcome>)>,
    /// Per bucket: discounted costs.
    pub(crate) costs: Vec<(Bucket, Vec<f64>)>,
}

impl Outcomes {
    /// Discounted cost per scenario.
    pub(crate) fn scenario_costs(&self) -> Vec<f64> {
        self.costs.iter().flat_map(|(_, costs)| costs).copied().collect()
    }

    /// Openings `[scenario][stage]`.
    pub(crate) fn paths(&self) -> Vec<Vec<usize>> {
        let mut paths = vec![Vec::new(); self.scenario_costs().len()];
        for (bucket, stage, outcomes) in &self.stages {
            for (i, outcome) in outcomes.iter().enumerate() {
                let path = &mut paths[bucket.first_scenario + i];
                assert_eq!(path.len(), *stage, "stages come in order");
                path.push(outcome.opening);
            }
        }
        paths
    }
}

impl OutcomeSink for Outcomes {
    type Error = Infallible;

    fn write_stage(&mut self, bucket: Bucket, stage: usize, outcomes: Vec<StageOutcome>) -> Result<(), Infallible> {
        self.stages.push((bucket, stage, outcomes));
        Ok(())
    }

    fn finish_bucket(&mut self, bucket: Bucket, discounted_costs: &[f64]) -> Result<(), Infallible> {
        self.costs.push((bucket, discounted_costs.to_vec()));
        Ok(())
    }
}
