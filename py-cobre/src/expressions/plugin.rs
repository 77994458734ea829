//! What Polars calls, by the names of the functions.

use std::collections::BTreeMap;

use cobre_engine::cuts::BindingCut;
use polars::prelude::*;
use pyo3_polars::derive::polars_expr;
use serde::Deserialize;

use super::policies;
use super::states::States;
use crate::failure::Failure;
use crate::policy::{PolicyData, StateBatch};
use crate::threads::n_threads;

/// What an expression asks, beside its columns.
#[derive(Deserialize)]
struct Asked {
    /// Hash of the content of the policy.
    policy: String,
    /// Label of the stage; none when the first column holds it.
    stage: Option<i64>,
    /// Label of the plant whose water value is asked for.
    hydro: Option<i64>,
}

#[polars_expr(output_type=Float64)]
fn future_cost(inputs: &[Series], kwargs: Asked) -> PolarsResult<Series> {
    let costs = answers(inputs, &kwargs, |_, _, cut| Ok(Some(cut.future_cost)))?;
    Ok(Float64Chunked::from_iter_options("future_cost".into(), costs.into_iter()).into_series())
}

#[polars_expr(output_type=Float64)]
fn water_value(inputs: &[Series], kwargs: Asked) -> PolarsResult<Series> {
    let policy = policies::find(&kwargs.policy)?;
    let component = policy.storage_index(kwargs.hydro.unwrap_or_default()).map_err(refused)?;
    let slopes = answers(inputs, &kwargs, |policy, stage, cut| {
        Ok(Some(cut.id.map_or(0.0, |id| policy.cuts(stage).coefficients_of(id as usize)[component])))
    })?;
    Ok(Float64Chunked::from_iter_options("water_value".into(), slopes.into_iter()).into_series())
}

#[polars_expr(output_type=UInt32)]
fn binding_cut(inputs: &[Series], kwargs: Asked) -> PolarsResult<Series> {
    let cuts = answers(inputs, &kwargs, |_, _, cut| Ok(cut.id))?;
    Ok(UInt32Chunked::from_iter_options("binding_cut".into(), cuts.into_iter()).into_series())
}

/// An answer for every row; null where the stage or the state is not known.
fn answers<T: Copy>(
    inputs: &[Series],
    asked: &Asked,
    answer: impl Fn(&PolicyData, usize, BindingCut) -> Result<Option<T>, Failure>,
) -> PolarsResult<Vec<Option<T>>> {
    let policy = policies::find(&asked.policy)?;
    let n_rows = if inputs.iter().any(|input| input.is_empty()) {
        0
    } else {
        inputs.iter().map(|input| input.len()).max().unwrap_or(0)
    };
    if let Some(stage) = asked.stage {
        let states = States::new(inputs, policy.names(), n_rows)?;
        let stage = policy.stage_index(Some(stage)).map_err(refused)?;
        if let Some(columns) = states.whole() {
            let cuts = binding_cuts(&policy, stage, columns, n_rows)?;
            return cuts.into_iter().map(|cut| answer(&policy, stage, cut).map_err(refused)).collect();
        }
        let mut found = vec![None; n_rows];
        answer_rows(&policy, stage, &states, &states.known(|_| true), &answer, &mut found)?;
        return Ok(found);
    }
    let Some((stages, inputs)) = inputs.split_first() else { polars_bail!(InvalidOperation: "the stage is missing") };
    let stages = stage_labels(stages, n_rows)?;
    let states = States::new(inputs, policy.names(), n_rows)?;
    let mut groups: BTreeMap<i64, Vec<usize>> = BTreeMap::new();
    for row in states.known(|row| stages.get(row).is_some()) {
        groups.entry(stages.get(row).unwrap_or_default()).or_default().push(row);
    }
    let mut found = vec![None; n_rows];
    for (label, rows) in groups {
        let stage = policy.stage_index(Some(label)).map_err(refused)?;
        answer_rows(&policy, stage, &states, &rows, &answer, &mut found)?;
    }
    Ok(found)
}

fn stage_labels(stages: &Series, n_rows: usize) -> PolarsResult<Int64Chunked> {
    if !stages.dtype().is_integer() && !stages.dtype().is_null() {
        polars_bail!(InvalidOperation: "the label of a stage is a whole number, found {}", stages.dtype());
    }
    let stages = stages.cast(&DataType::Int64)?;
    let stages = if stages.len() == n_rows { stages } else { stages.new_from_index(0, n_rows) };
    Ok(stages.i64()?.clone())
}

fn answer_rows<T: Copy>(
    policy: &PolicyData,
    stage: usize,
    states: &States,
    rows: &[usize],
    answer: &impl Fn(&PolicyData, usize, BindingCut) -> Result<Option<T>, Failure>,
    found: &mut [Option<T>],
) -> PolarsResult<()> {
    let numbers = states.gather(rows);
    let columns = numbers.iter().map(Vec::as_slice).collect();
    for (&row, cut) in rows.iter().zip(binding_cuts(policy, stage, columns, rows.len())?) {
        found[row] = answer(policy, stage, cut).map_err(refused)?;
    }
    Ok(())
}

fn binding_cuts(policy: &PolicyData, stage: usize, columns: Vec<&[f64]>, n: usize) -> PolarsResult<Vec<BindingCut>> {
    let threads = n_threads(None).map_err(refused)?;
    policy.binding_cuts(stage, &StateBatch::from_columns(columns, n), threads).map_err(refused)
}

fn refused(failure: Failure) -> PolarsError {
    PolarsError::ComputeError(failure.message().to_owned().into())
}
