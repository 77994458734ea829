use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Schema};
use datafusion::common::ScalarValue;
use datafusion::common::types::{NativeType, logical_float64};
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::utils::format_state_name;
use datafusion::logical_expr::{
    Accumulator, AggregateUDFImpl, Coercion, ColumnarValue, GroupsAccumulator, Signature, TypeSignature,
    TypeSignatureClass, Volatility,
};

use super::sample::{Question, STATE_TYPE};
use super::sample_groups::{SampleAccumulator, SampleGroups};
use super::statistic::Statistic;

/// A statistic as a function of SQL.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct OrderStatistic {
    statistic: Statistic,
    signature: Signature,
}

impl OrderStatistic {
    pub(super) fn new(statistic: Statistic) -> Self {
        let float = Coercion::new_implicit(
            TypeSignatureClass::Native(logical_float64()),
            vec![TypeSignatureClass::Numeric],
            NativeType::Float64,
        );
        let of_arity = |&arity: &usize| TypeSignature::Coercible(vec![float.clone(); arity]);
        let signatures = statistic.arities().iter().map(of_arity).collect();
        Self { statistic, signature: Signature::one_of(signatures, Volatility::Immutable) }
    }

    fn question(&self, args: &AccumulatorArgs<'_>) -> Result<Question> {
        let (statistic, name) = (self.statistic, self.statistic.name());
        if args.is_distinct {
            return Err(DataFusionError::NotImplemented(format!(
                "{name}(DISTINCT …) is not supported; hint: SELECT DISTINCT in a subquery"
            )));
        }
        let constant = args.exprs[statistic.probability_argument()]
            .evaluate(&RecordBatch::new_empty(Arc::new(Schema::empty())))
            .ok();
        let Some(ColumnarValue::Scalar(ScalarValue::Float64(Some(probability)))) = constant else {
            return Err(DataFusionError::Plan(format!("{name}: the probability has to be a constant number")));
        };
        let probability = statistic.checked(probability)?;
        Ok(Question { statistic, probability, weight: statistic.weight_argument(args.exprs.len()) })
    }
}

impl AggregateUDFImpl for OrderStatistic {
    fn name(&self) -> &str {
        self.statistic.name()
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Float64)
    }

    fn state_fields(&self, args: StateFieldsArgs<'_>) -> Result<Vec<FieldRef>> {
        let is_weighted = self.statistic.weight_argument(args.input_fields.len()).is_some();
        let names = ["values", "weights"].into_iter().take(Question::state_columns(is_weighted));
        Ok(names.map(|name| Field::new(format_state_name(args.name, name), STATE_TYPE, true).into()).collect())
    }

    fn accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        Ok(Box::new(SampleAccumulator::new(self.question(&args)?)))
    }

    fn groups_accumulator_supported(&self, _: AccumulatorArgs<'_>) -> bool {
        true
    }

    fn create_groups_accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn GroupsAccumulator>> {
        Ok(Box::new(SampleGroups::new(self.question(&args)?)))
    }
}
