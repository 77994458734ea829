use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use cobre_engine::cuts::{BindingCut, CutPool};
use datafusion::arrow::array::{Array, ArrayRef, AsArray, Float64Array, Int32Array};
use datafusion::arrow::datatypes::{DataType, Int64Type};
use datafusion::common::{ScalarValue, plan_err};
use datafusion::error::{DataFusionError, Result};
#[cfg(feature = "distributed")]
use datafusion::logical_expr::Expr;
#[cfg(feature = "distributed")]
use datafusion::logical_expr::simplify::{ExprSimplifyResult, SimplifyContext};
use datafusion::logical_expr::{
    ColumnarValue, Documentation, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

use super::LoadedPolicy;
use super::documentation::documentation;
use super::names::listed;
use super::policies::{Policies, shown};
use super::state::{States, state_types};
use super::tables::external;

/// The functions that ask a policy what a state is worth.
pub(crate) fn policy_functions(policies: &Arc<Policies>) -> Vec<ScalarUDF> {
    let function = |question: Question| ScalarUDF::from(PolicyFunction::new(question, Arc::clone(policies)));
    [Question::FutureCost, Question::BindingCut, Question::WaterValue].into_iter().map(function).collect()
}

/// What is asked of a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Question {
    /// The cost from the next stage on ($).
    FutureCost,
    /// The cut that says so.
    BindingCut,
    /// Its slope in the storage of a plant ($/hm³).
    WaterValue,
}

impl Question {
    fn name(self) -> &'static str {
        match self {
            Self::FutureCost => "future_cost",
            Self::BindingCut => "binding_cut",
            Self::WaterValue => "water_value",
        }
    }

    fn has_hydro(self) -> bool {
        self == Self::WaterValue
    }

    /// Arguments before the state.
    fn n_leading(self) -> usize {
        if self.has_hydro() { 3 } else { 2 }
    }

    /// How the function is called.
    pub(super) fn usage(self) -> String {
        format!("{}(policy, stage_id, {}state)", self.name(), if self.has_hydro() { "hydro_id, " } else { "" })
    }
}

/// A function over states, evaluated batch by batch: rows of one stage meet its cuts together.
#[derive(Debug)]
struct PolicyFunction {
    question: Question,
    policies: Arc<Policies>,
    signature: Signature,
    documentation: Documentation,
}

impl PolicyFunction {
    fn new(question: Question, policies: Arc<Policies>) -> Self {
        // What a name means can change from query to query, not within one.
        let signature = Signature::user_defined(Volatility::Stable);
        Self { question, policies, signature, documentation: documentation(question) }
    }

    /// Answers for rows of one policy and stage, of which none is null.
    fn answer(&self, group: &Group<'_>, states: &States, hydros: Option<&[i64]>, answers: &mut Answers) -> Result<()> {
        let Group { policy_name, stage_id, rows } = group;
        let policy = self.policies.find(policy_name)?;
        let policy_name = &*shown(policy_name);
        let Some(stage) = policy.stage_index(*stage_id) else {
            return refused(format!(
                "policy `{policy_name}` has no stage {stage_id}; its stages are {}",
                listed(policy.stage_ids())
            ));
        };
        let pool = policy.pool(stage).map_err(external)?;
        let cuts = states.binding_cuts(rows, policy_name, &policy, &pool)?;
        for (&row, cut) in rows.iter().zip(cuts) {
            match answers {
                Answers::Costs(costs) if self.question.has_hydro() => {
                    let hydro = hydros.map_or(0, |hydros| hydros[row as usize]);
                    costs[row as usize] = Some(water_value(policy_name, &policy, &pool, hydro, cut)?);
                }
                Answers::Costs(costs) => costs[row as usize] = Some(cut.future_cost),
                Answers::Cuts(cuts) => cuts[row as usize] = cut.id.map(u32::cast_signed),
            }
        }
        Ok(())
    }
}

/// Slope of the future cost in the storage of a plant; 0 where no cut is binding.
fn water_value(name: &str, policy: &LoadedPolicy, pool: &CutPool, hydro_id: i64, cut: BindingCut) -> Result<f64> {
    let Some(component) = policy.storage_index(hydro_id) else {
        return refused(format!(
            "the state of policy `{name}` has no storage of plant {hydro_id}; it has those of {}",
            listed(policy.storage_ids())
        ));
    };
    Ok(cut.id.map_or(0.0, |id| pool.coefficient(id, component)))
}

/// Rows that ask the same stage of the same policy.
struct Group<'a> {
    policy_name: &'a str,
    stage_id: i64,
    rows: Vec<u32>,
}

/// What is answered row by row, null where nothing was asked.
enum Answers {
    Costs(Vec<Option<f64>>),
    Cuts(Vec<Option<i32>>),
}

impl Answers {
    fn into_array(self) -> ArrayRef {
        match self {
            Self::Costs(costs) => Arc::new(Float64Array::from(costs)),
            Self::Cuts(cuts) => Arc::new(Int32Array::from(cuts)),
        }
    }
}

pub(super) fn refused<T>(message: String) -> Result<T> {
    Err(DataFusionError::Execution(message))
}

impl ScalarUDFImpl for PolicyFunction {
    fn name(&self) -> &str {
        self.question.name()
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn documentation(&self) -> Option<&Documentation> {
        Some(&self.documentation)
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(match self.question {
            Question::FutureCost | Question::WaterValue => DataType::Float64,
            Question::BindingCut => DataType::Int32,
        })
    }

    fn coerce_types(&self, found: &[DataType]) -> Result<Vec<DataType>> {
        let n_leading = self.question.n_leading();
        if found.len() <= n_leading {
            return plan_err!("{} arguments found, {} expected", found.len(), self.question.usage());
        }
        if !matches!(found[0], DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Null) {
            return plan_err!("the policy is the name of what is attached, a text; found {}", found[0]);
        }
        let mut types = vec![DataType::Utf8];
        for (name, found) in ["stage_id", "hydro_id"].into_iter().zip(&found[1..n_leading]) {
            if !found.is_integer() && !found.is_null() {
                return plan_err!("{name} is a whole number; found {found}");
            }
            types.push(DataType::Int64);
        }
        types.extend(state_types(&found[n_leading..])?);
        Ok(types)
    }

    #[cfg(feature = "distributed")]
    fn simplify(&self, mut args: Vec<Expr>, _: &SimplifyContext) -> Result<ExprSimplifyResult> {
        let Some(Expr::Literal(ScalarValue::Utf8(Some(name)), _)) = args.first() else {
            return Ok(ExprSimplifyResult::Original(args));
        };
        let Some(address) = self.policies.address(name) else { return Ok(ExprSimplifyResult::Original(args)) };
        args[0] = Expr::Literal(ScalarValue::Utf8(Some(address)), None);
        let function = Self::new(self.question, Arc::clone(&self.policies));
        Ok(ExprSimplifyResult::Simplified(ScalarUDF::from(function).call(args)))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let (n_rows, n_leading) = (args.number_rows, self.question.n_leading());
        let is_constant = args.args.iter().all(|arg| matches!(arg, ColumnarValue::Scalar(_)));
        let leading = args.args[..n_leading].iter().map(|arg| arg.to_array(n_rows)).collect::<Result<Vec<_>>>()?;
        let states = States::new(&args.args[n_leading..], n_rows)?;
        let (names, stages) = (leading[0].as_string::<i32>(), leading[1].as_primitive::<Int64Type>());
        let hydros = leading.get(2).map(|hydros| hydros.as_primitive::<Int64Type>().values().as_ref());
        let is_known = |row: usize| leading.iter().all(|array| array.is_valid(row)) && states.is_valid(row);
        let mut groups: BTreeMap<(&str, i64), Vec<u32>> = BTreeMap::new();
        for row in (0..n_rows).filter(|&row| is_known(row)) {
            groups.entry((names.value(row), stages.value(row))).or_default().push(row as u32);
        }
        let mut answers = match self.question {
            Question::FutureCost | Question::WaterValue => Answers::Costs(vec![None; n_rows]),
            Question::BindingCut => Answers::Cuts(vec![None; n_rows]),
        };
        for ((policy_name, stage_id), rows) in groups {
            self.answer(&Group { policy_name, stage_id, rows }, &states, hydros, &mut answers)?;
        }
        let answers = answers.into_array();
        if is_constant && n_rows == 1 {
            return Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&answers, 0)?));
        }
        Ok(ColumnarValue::Array(answers))
    }
}

/// Whether a function asks policies.
#[cfg(feature = "distributed")]
pub(crate) fn is_policy_function(function: &ScalarUDF) -> bool {
    function.inner().is::<PolicyFunction>()
}

impl PartialEq for PolicyFunction {
    fn eq(&self, other: &Self) -> bool {
        self.question == other.question && Arc::ptr_eq(&self.policies, &other.policies)
    }
}

impl Eq for PolicyFunction {}

impl Hash for PolicyFunction {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.question.hash(state);
    }
}
