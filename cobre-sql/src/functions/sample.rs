use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, BooleanArray, LargeBinaryArray};
use datafusion::arrow::buffer::OffsetBuffer;
use datafusion::arrow::datatypes::{DataType, Float64Type};
use datafusion::error::{DataFusionError, Result};

use super::statistic::Statistic;

/// A value and its weight.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Weighted {
    pub(super) value: f64,
    pub(super) weight: f64,
}

/// The values of one group.
#[derive(Debug, Clone)]
pub(super) enum Sample {
    Values(Vec<f64>),
    Weighted(Vec<Weighted>),
}

/// What a statistic is to be computed of, and how.
#[derive(Debug, Clone, Copy)]
pub(super) struct Question {
    pub(super) statistic: Statistic,
    pub(super) probability: f64,
    /// Position of the weight among the arguments.
    pub(super) weight: Option<usize>,
}

impl Question {
    /// A group without values.
    pub(super) fn sample(&self) -> Sample {
        if self.weight.is_some() { Sample::Weighted(Vec::new()) } else { Sample::Values(Vec::new()) }
    }

    /// Number of columns of a state.
    pub(super) fn state_columns(is_weighted: bool) -> usize {
        if is_weighted { 2 } else { 1 }
    }

    /// The statistic of a group; the order of its values changes.
    pub(super) fn answer(&self, sample: &mut Sample) -> Option<f64> {
        match sample {
            Sample::Values(values) => self.statistic.of_values(values, self.probability),
            Sample::Weighted(sample) => self.statistic.of_weighted(sample, self.probability),
        }
    }

    /// Hands over every row that has a value and a weight, with its position; without weights they are 1.
    pub(super) fn for_each(
        &self,
        arguments: &[ArrayRef],
        filter: Option<&BooleanArray>,
        mut see: impl FnMut(usize, Weighted),
    ) -> Result<()> {
        let values = arguments[0].as_primitive::<Float64Type>();
        let weights = self.weight.map(|position| arguments[position].as_primitive::<Float64Type>());
        let counts = |row| filter.is_none_or(|filter| filter.is_valid(row) && filter.value(row));
        for row in (0..values.len()).filter(|&row| values.is_valid(row) && counts(row)) {
            let weight = match weights {
                None => 1.0,
                Some(weights) if weights.is_null(row) => continue,
                Some(weights) => self.checked_weight(weights.value(row))?,
            };
            see(row, Weighted { value: values.value(row), weight });
        }
        Ok(())
    }

    fn checked_weight(&self, weight: f64) -> Result<f64> {
        let name = self.statistic.name();
        let refused = || {
            let message = format!("{name}: a weight has to be a finite number that is not negative, it is {weight}");
            DataFusionError::Execution(message)
        };
        (weight >= 0.0 && weight.is_finite()).then_some(weight).ok_or_else(refused)
    }
}

impl Sample {
    pub(super) fn push(&mut self, at: Weighted) {
        match self {
            Self::Values(values) => values.push(at.value),
            Self::Weighted(sample) => sample.push(at),
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::Values(values) => values.len(),
            Self::Weighted(sample) => sample.len(),
        }
    }

    /// Memory of its values (bytes).
    pub(super) fn size(&self) -> usize {
        match self {
            Self::Values(values) => values.capacity() * size_of::<f64>(),
            Self::Weighted(sample) => sample.capacity() * size_of::<Weighted>(),
        }
    }

    /// Adds the values of row `row` of a state.
    pub(super) fn merge(&mut self, state: &[ArrayRef], row: usize) {
        let column = |column: usize| numbers_of(state[column].as_binary::<i64>().value(row));
        match self {
            Self::Values(values) => values.extend(column(0)),
            Self::Weighted(sample) => {
                sample.extend(column(0).zip(column(1)).map(|(value, weight)| Weighted { value, weight }));
            }
        }
    }
}

/// The type of a column of a state: the numbers of a group as bytes, one after the other. A list would say it better;
/// but Arrow Flight announces large lists as small ones.
pub(super) const STATE_TYPE: DataType = DataType::LargeBinary;

/// The numbers in an element of a state.
fn numbers_of(bytes: &[u8]) -> impl Iterator<Item = f64> {
    let (numbers, _) = bytes.as_chunks();
    numbers.iter().map(|number| f64::from_le_bytes(*number))
}

/// The state of groups: their values, and their weights if they have any.
pub(super) fn state_of(samples: &[Sample], is_weighted: bool) -> Vec<ArrayRef> {
    let column = |number: fn(&Weighted) -> f64| {
        let mut bytes = Vec::with_capacity(samples.iter().map(Sample::len).sum::<usize>() * size_of::<f64>());
        for sample in samples {
            match sample {
                Sample::Values(values) => bytes.extend(values.iter().copied().flat_map(f64::to_le_bytes)),
                Sample::Weighted(sample) => bytes.extend(sample.iter().map(number).flat_map(f64::to_le_bytes)),
            }
        }
        let offsets = OffsetBuffer::from_lengths(samples.iter().map(|sample| sample.len() * size_of::<f64>()));
        Arc::new(LargeBinaryArray::new(offsets, bytes.into(), None)) as ArrayRef
    };
    let mut state = vec![column(|at| at.value)];
    if is_weighted {
        state.push(column(|at| at.weight));
    }
    state
}
