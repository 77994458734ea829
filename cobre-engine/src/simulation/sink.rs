use super::StageOutcome;

/// A contiguous range of scenarios that is simulated, written and resumed as a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bucket {
    /// Position of the bucket.
    pub index: usize,
    /// First scenario.
    pub first_scenario: usize,
    /// Number of scenarios.
    pub n_scenarios: usize,
}

/// Receives the outcomes of a simulation while it runs.
///
/// For every bucket, in order: [`write_stage`](Self::write_stage) once per stage, in order, then
/// [`finish_bucket`](Self::finish_bucket). A sink must not do long work on the calling thread: hand the batch over
/// and return, so that the solvers are not held up.
///
/// With several ranks the sink of each one takes every n-th bucket. After each of its buckets the ranks exchange what
/// their sinks have to [report](Self::take_report).
pub trait OutcomeSink {
    /// What a failing sink reports.
    type Error: std::fmt::Display;

    /// Takes the outcomes of one stage for all scenarios of `bucket`; `outcomes[i]` is scenario
    /// `bucket.first_scenario + i`.
    ///
    /// # Errors
    /// When the sink can take no more; the simulation stops.
    fn write_stage(&mut self, bucket: Bucket, stage: usize, outcomes: Vec<StageOutcome>) -> Result<(), Self::Error>;

    /// Takes the discounted immediate cost `Σ D(t)·immediate cost` of every scenario of the finished bucket.
    ///
    /// # Errors
    /// When the sink can take no more; the simulation stops.
    fn finish_bucket(&mut self, bucket: Bucket, discounted_costs: &[f64]) -> Result<(), Self::Error>;

    /// What the sinks of other ranks shall know of the buckets that were written since the last call, in words of its
    /// own.
    ///
    /// # Errors
    /// When the sink can take no more; the simulation stops.
    fn take_report(&mut self) -> Result<Vec<u8>, Self::Error> {
        Ok(Vec::new())
    }

    /// Takes the report of a rank, this one included; those of a round come in the order of the ranks.
    ///
    /// # Errors
    /// When the sink can take no more; the simulation stops.
    fn receive_report(&mut self, _rank: usize, _report: &[u8]) -> Result<(), Self::Error> {
        Ok(())
    }
}
