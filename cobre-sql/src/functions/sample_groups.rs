use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, BooleanArray, Float64Array};
use datafusion::common::ScalarValue;
use datafusion::error::Result;
use datafusion::logical_expr::{Accumulator, EmitTo, GroupsAccumulator};

use super::sample::{Question, Sample, state_of};

/// The values of one group, until its statistic is asked for.
#[derive(Debug)]
pub(super) struct SampleAccumulator {
    question: Question,
    sample: Sample,
}

impl SampleAccumulator {
    pub(super) fn new(question: Question) -> Self {
        Self { question, sample: question.sample() }
    }
}

impl Accumulator for SampleAccumulator {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        self.question.for_each(values, None, |_, at| self.sample.push(at))
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        Ok(ScalarValue::Float64(self.question.answer(&mut self.sample)))
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.sample.size()
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let sample = std::mem::replace(&mut self.sample, self.question.sample());
        let columns = state_of(&[sample], self.question.weight.is_some());
        columns.iter().map(|column| ScalarValue::try_from_array(column, 0)).collect()
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        for row in (0..states[0].len()).filter(|&row| states[0].is_valid(row)) {
            self.sample.merge(states, row);
        }
        Ok(())
    }
}

/// The values of many groups.
#[derive(Debug)]
pub(super) struct SampleGroups {
    question: Question,
    groups: Vec<Sample>,
    /// Memory of the values of all groups (bytes).
    bytes: usize,
}

impl SampleGroups {
    pub(super) fn new(question: Question) -> Self {
        Self { question, groups: Vec::new(), bytes: 0 }
    }

    fn change(&mut self, group: usize, change: impl FnOnce(&mut Sample)) {
        let sample = &mut self.groups[group];
        let before = sample.size();
        change(sample);
        self.bytes += sample.size() - before;
    }

    fn take(&mut self, emit_to: EmitTo) -> Vec<Sample> {
        let groups = emit_to.take_needed(&mut self.groups);
        self.bytes -= groups.iter().map(Sample::size).sum::<usize>();
        groups
    }
}

impl GroupsAccumulator for SampleGroups {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        opt_filter: Option<&BooleanArray>,
        total_num_groups: usize,
    ) -> Result<()> {
        let question = self.question;
        self.groups.resize(total_num_groups, question.sample());
        question.for_each(values, opt_filter, |row, at| self.change(group_indices[row], |sample| sample.push(at)))
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        let answers =
            self.take(emit_to).iter_mut().map(|sample| self.question.answer(sample)).collect::<Float64Array>();
        Ok(Arc::new(answers))
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        Ok(state_of(&self.take(emit_to), self.question.weight.is_some()))
    }

    fn merge_batch(&mut self, values: &[ArrayRef], group_indices: &[usize], total_num_groups: usize) -> Result<()> {
        self.groups.resize(total_num_groups, self.question.sample());
        for (row, &group) in group_indices.iter().enumerate().filter(|&(row, _)| values[0].is_valid(row)) {
            self.change(group, |sample| sample.merge(values, row));
        }
        Ok(())
    }

    fn convert_to_state(&self, values: &[ArrayRef], opt_filter: Option<&BooleanArray>) -> Result<Vec<ArrayRef>> {
        let mut rows = vec![self.question.sample(); values[0].len()];
        self.question.for_each(values, opt_filter, |row, at| rows[row].push(at))?;
        Ok(state_of(&rows, self.question.weight.is_some()))
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.groups.capacity() * size_of::<Sample>() + self.bytes
    }
}
