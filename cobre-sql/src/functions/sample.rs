use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Float64Array, LargeListArray};
use datafusion::arrow::buffer::OffsetBuffer;
use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Float64Type};
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
        let list = |column: usize| state[column].as_list::<i64>().value(row);
        match self {
            Self::Values(values) => values.extend_from_slice(list(0).as_primitive::<Float64Type>().values()),
            Self::Weighted(sample) => {
                let (values, weights) = (list(0), list(1));
                let (values, weights) = (values.as_primitive::<Float64Type>(), weights.as_primitive::<Float64Type>());
                let pairs = values.values().iter().zip(weights.values());
                sample.extend(pairs.map(|(&value, &weight)| Weighted { value, weight }));
            }
        }
    }
}

/// The type of a column of a state: a list of numbers per group.
pub(super) fn state_type() -> DataType {
    DataType::LargeList(item())
}

fn item() -> FieldRef {
    Arc::new(Field::new_list_field(DataType::Float64, true))
}

/// The state of groups: their values, and their weights if they have any.
pub(super) fn state_of(samples: &[Sample], is_weighted: bool) -> Vec<ArrayRef> {
    let column = |number: fn(&Weighted) -> f64| {
        let mut numbers = Vec::with_capacity(samples.iter().map(Sample::len).sum());
        for sample in samples {
            match sample {
                Sample::Values(values) => numbers.extend_from_slice(values),
                Sample::Weighted(sample) => numbers.extend(sample.iter().map(number)),
            }
        }
        let offsets = OffsetBuffer::from_lengths(samples.iter().map(Sample::len));
        Arc::new(LargeListArray::new(item(), offsets, Arc::new(Float64Array::from(numbers)), None)) as ArrayRef
    };
    let mut state = vec![column(|at| at.value)];
    if is_weighted {
        state.push(column(|at| at.weight));
    }
    state
}
