use cobre_engine::sddp::{IterationRecord, TrainingOptions, TrainingResult};

use super::RunEvents;
use crate::output::RunWriter;

/// Events of a rank that does not speak.
pub(super) struct Silence;

impl RunEvents for Silence {
    fn begun(&mut self, _: &RunWriter) {}
    fn note(&mut self, _: &str) {}
    fn training_starts(&mut self, _: &TrainingOptions, _: u32) {}
    fn iteration(&mut self, _: &IterationRecord) {}
    fn checkpoint(&mut self, _: u32) {}
    fn training_ends(&mut self, _: &TrainingResult) {}
    fn simulation_starts(&mut self, _: usize, _: usize) {}
    fn scenarios(&mut self, _: usize, _: usize) {}
}
