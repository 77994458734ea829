use std::sync::Arc;

use cobre_engine::cuts::{BindingCut, CutPool, States as StatesInMemory};
use datafusion::arrow::array::{Array, ArrayRef, AsArray, Float64Array, ListArray};
use datafusion::arrow::buffer::NullBuffer;
use datafusion::arrow::datatypes::{DataType, Field, Float64Type};
use datafusion::common::plan_err;
use datafusion::error::Result;
use datafusion::logical_expr::ColumnarValue;

use super::LoadedPolicy;
use super::functions::refused;
use super::names::listed;

/// The types that arguments which make a state are brought to: one list, one struct, or a number per component.
pub(super) fn state_types(found: &[DataType]) -> Result<Vec<DataType>> {
    let list = || DataType::List(Arc::new(Field::new_list_field(DataType::Float64, true)));
    let is_number = |found: &DataType| found.is_numeric() || found.is_null();
    match found {
        [DataType::Null] => Ok(vec![list()]),
        [DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _)]
            if is_number(item.data_type()) =>
        {
            Ok(vec![list()])
        }
        [DataType::Struct(fields)] if fields.iter().all(|field| is_number(field.data_type())) => {
            let field = |field: &Arc<Field>| Field::new(field.name(), DataType::Float64, true);
            Ok(vec![DataType::Struct(fields.iter().map(field).collect())])
        }
        numbers if numbers.iter().all(is_number) => Ok(vec![DataType::Float64; numbers.len()]),
        other => plan_err!(
            "a state is a list of numbers, a struct of numbers, or a number per component; found {}",
            other.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
        ),
    }
}

/// The states of a batch.
pub(super) struct States {
    layout: Layout,
    /// Number of states: that of the rows, or 1 for all of them.
    n: usize,
    is_constant: bool,
    valid: Option<NullBuffer>,
}

enum Layout {
    /// One array per component, by name where they have names.
    Columns {
        columns: Vec<Float64Array>,
        names: Option<Vec<String>>,
    },
    Lists(ListArray),
}

impl States {
    /// States from arguments of the types that [`state_types`] gives.
    pub(super) fn new(args: &[ColumnarValue], n_rows: usize) -> Result<Self> {
        let is_constant = args.iter().all(|arg| matches!(arg, ColumnarValue::Scalar(_)));
        let n_states = if is_constant { 1 } else { n_rows };
        let arrays = args.iter().map(|arg| arg.to_array(n_states)).collect::<Result<Vec<_>>>()?;
        let (layout, valid) = match &arrays[..] {
            [list] if matches!(list.data_type(), DataType::List(_)) => {
                let list = list.as_list::<i32>().clone();
                let valid = valid_lists(&list);
                (Layout::Lists(list), valid)
            }
            [row] if matches!(row.data_type(), DataType::Struct(_)) => {
                let row = row.as_struct();
                let columns = numbers(row.columns());
                let names = row.column_names().into_iter().map(ToOwned::to_owned).collect();
                let valid = NullBuffer::union(row.nulls(), valid_in_all(&columns).as_ref());
                (Layout::Columns { columns, names: Some(names) }, valid)
            }
            columns => {
                let columns = numbers(columns);
                let valid = valid_in_all(&columns);
                (Layout::Columns { columns, names: None }, valid)
            }
        };
        Ok(Self { layout, n: n_states, is_constant, valid })
    }

    /// Whether the state of a row is known in full.
    pub(super) fn is_valid(&self, row: usize) -> bool {
        self.valid.as_ref().is_none_or(|valid| valid.is_valid(if self.is_constant { 0 } else { row }))
    }

    /// The outer approximation of a stage at the states of some rows, none of which is null.
    pub(super) fn binding_cuts(
        &self,
        rows: &[u32],
        policy_name: &str,
        policy: &LoadedPolicy,
        pool: &CutPool,
    ) -> Result<Vec<BindingCut>> {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let asked: &[u32] = if self.is_constant { &[0] } else { rows };
        let names = policy.names();
        let found = match &self.layout {
            Layout::Columns { columns, names: None } => {
                check_dimension(columns.len(), policy_name, names)?;
                evaluate_columns(&columns.iter().collect::<Vec<_>>(), self.n, asked, names, pool)
            }
            Layout::Columns { columns, names: Some(given) } => {
                let order = in_order(given, policy_name, names)?;
                let columns: Vec<&Float64Array> = order.into_iter().map(|at| &columns[at]).collect();
                evaluate_columns(&columns, self.n, asked, names, pool)
            }
            Layout::Lists(lists) => evaluate_lists(lists, asked, policy_name, names, pool),
        }?;
        Ok(if self.is_constant { vec![found[0]; rows.len()] } else { found })
    }
}

fn numbers(arrays: &[ArrayRef]) -> Vec<Float64Array> {
    arrays.iter().map(|array| array.as_primitive::<Float64Type>().clone()).collect()
}

fn valid_in_all(columns: &[Float64Array]) -> Option<NullBuffer> {
    columns.iter().fold(None, |valid, column| NullBuffer::union(valid.as_ref(), column.nulls()))
}

/// Lists that are no null and hold none.
fn valid_lists(lists: &ListArray) -> Option<NullBuffer> {
    let Some(known) = lists.values().nulls().filter(|nulls| nulls.null_count() > 0) else {
        return lists.nulls().cloned();
    };
    let is_whole = |range: &[i32]| (range[0]..range[1]).all(|at| known.is_valid(at as usize));
    let whole: NullBuffer = lists.offsets().windows(2).map(is_whole).collect();
    NullBuffer::union(lists.nulls(), Some(&whole))
}

fn check_dimension(found: usize, policy_name: &str, names: &[String]) -> Result<()> {
    if found == names.len() {
        return Ok(());
    }
    let n = names.len();
    refused(format!("a state of {found} components found, that of policy `{policy_name}` has {n}: {}", listed(names)))
}

/// Where the components of a policy are among those that are given by name.
fn in_order(given: &[String], policy_name: &str, names: &[String]) -> Result<Vec<usize>> {
    if let Some(unknown) = given.iter().find(|given| !names.contains(given)) {
        return refused(format!("the state of policy `{policy_name}` has no `{unknown}`; it has {}", listed(names)));
    }
    if let Some(twice) = given.iter().enumerate().find(|(at, name)| given[..*at].contains(name)) {
        return refused(format!("`{}` is given twice", twice.1));
    }
    let mut order = Vec::with_capacity(names.len());
    for name in names {
        let Some(at) = given.iter().position(|given| given == name) else {
            let missing = names.iter().filter(|name| !given.contains(name));
            return refused(format!("the state lacks components of policy `{policy_name}`: {}", listed(missing)));
        };
        order.push(at);
    }
    Ok(order)
}

fn check_finite(value: f64, component: &str) -> Result<()> {
    if value.is_finite() {
        return Ok(());
    }
    refused(format!("`{component}` of a state is {value}, a finite number expected"))
}

fn evaluate_columns(
    columns: &[&Float64Array],
    n_states: usize,
    asked: &[u32],
    names: &[String],
    pool: &CutPool,
) -> Result<Vec<BindingCut>> {
    for (column, name) in columns.iter().zip(names) {
        for &row in asked {
            check_finite(column.value(row as usize), name)?;
        }
    }
    let columns: Vec<&[f64]> = columns.iter().map(|column| column.values().as_ref()).collect();
    Ok(pool.binding_cuts(StatesInMemory::from_columns(&columns, n_states).select(asked)))
}

fn evaluate_lists(
    lists: &ListArray,
    asked: &[u32],
    policy_name: &str,
    names: &[String],
    pool: &CutPool,
) -> Result<Vec<BindingCut>> {
    let (dimension, offsets) = (names.len(), lists.offsets());
    let values = lists.values().as_primitive::<Float64Type>().values();
    let state = |row: u32| &values[offsets[row as usize] as usize..offsets[row as usize + 1] as usize];
    for &row in asked {
        check_dimension(state(row).len(), policy_name, names)?;
        for (&value, name) in state(row).iter().zip(names) {
            check_finite(value, name)?;
        }
    }
    let is_dense = offsets.windows(2).all(|range| (range[1] - range[0]) as usize == dimension);
    if is_dense {
        let all = &values[offsets[0] as usize..][..lists.len() * dimension];
        return Ok(pool.binding_cuts(StatesInMemory::from_rows(all, dimension, lists.len()).select(asked)));
    }
    let gathered: Vec<f64> = asked.iter().flat_map(|&row| state(row)).copied().collect();
    Ok(pool.binding_cuts(StatesInMemory::from_rows(&gathered, dimension, asked.len())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(ToString::to_string).collect()
    }

    fn structure(fields: &[(&str, DataType)]) -> DataType {
        let field = |(name, data_type): &(&str, DataType)| Field::new(*name, data_type.clone(), true);
        DataType::Struct(fields.iter().map(field).collect())
    }

    #[test]
    fn states_are_brought_to_doubles() {
        let list = |item: DataType| DataType::List(Arc::new(Field::new_list_field(item, true)));
        let doubles = list(DataType::Float64);
        let fixed = DataType::FixedSizeList(Arc::new(Field::new("number", DataType::Float32, false)), 3);
        for found in [DataType::Null, list(DataType::Int64), list(DataType::Null), doubles.clone(), fixed] {
            assert_eq!(state_types(&[found]).expect("a list"), std::slice::from_ref(&doubles));
        }
        let named = structure(&[("a", DataType::Int8), ("b", DataType::Decimal128(9, 2))]);
        let expected = structure(&[("a", DataType::Float64), ("b", DataType::Float64)]);
        assert_eq!(state_types(&[named]).expect("a struct"), [expected]);
        let numbers = [DataType::Int64, DataType::Null, DataType::Float32];
        assert_eq!(state_types(&numbers).expect("numbers"), vec![DataType::Float64; 3]);
        for wrong in [
            vec![DataType::Utf8],
            vec![list(DataType::Utf8)],
            vec![structure(&[("a", DataType::Utf8)])],
            vec![doubles, DataType::Float64],
        ] {
            let said = state_types(&wrong).expect_err("no state").to_string();
            assert!(said.contains("a state is a list of numbers"), "{said}");
        }
    }

    #[test]
    fn names_give_the_order() {
        let policy = names(&["storage_1", "storage_2", "inflow_lag_1_1"]);
        let given = names(&["inflow_lag_1_1", "storage_1", "storage_2"]);
        assert_eq!(in_order(&given, "base", &policy).expect("all of them"), [1, 2, 0]);
        for (given, said) in [
            (names(&["storage_1", "inflow_lag_1_1"]), "lacks components of policy `base`: storage_2"),
            (names(&["storage_1", "storage_2", "inflow_lag_1_1", "level_1"]), "has no `level_1`"),
            (names(&["storage_1", "storage_2", "inflow_lag_1_1", "storage_1"]), "`storage_1` is given twice"),
        ] {
            let refusal = in_order(&given, "base", &policy).expect_err("another state").to_string();
            assert!(refusal.contains(said), "{refusal}");
        }
    }

    #[test]
    fn a_list_with_a_null_is_not_known() {
        let lists = ListArray::from_iter_primitive::<Float64Type, _, _>([
            Some(vec![Some(1.0), Some(2.0)]),
            None,
            Some(vec![Some(1.0), None]),
            Some(vec![]),
        ]);
        let states = States::new(&[ColumnarValue::Array(Arc::new(lists))], 4).expect("lists");
        assert_eq!((0..4).map(|row| states.is_valid(row)).collect::<Vec<_>>(), [true, false, false, true]);
    }

    #[test]
    fn a_state_of_columns_is_known_where_all_are() {
        let column = |values: Vec<Option<f64>>| ColumnarValue::Array(Arc::new(Float64Array::from(values)));
        let columns = [
            column(vec![Some(1.0), None, Some(3.0)]),
            ColumnarValue::Scalar(7.0.into()),
            column(vec![Some(1.0), Some(2.0), None]),
        ];
        let states = States::new(&columns, 3).expect("columns");
        assert_eq!((0..3).map(|row| states.is_valid(row)).collect::<Vec<_>>(), [true, false, false]);
    }
}
