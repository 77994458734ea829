//! A small valid case that tests change and write to a folder.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, Date32Array, Float64Array, Int32Array, Int64Array, UInt32Array};
use arrow::record_batch::RecordBatch;
use cobre_data::case::{Case, CaseError, Finding, Severity, read_case};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;
use serde_json::{Value, json};

/// A column of a table.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Column {
    I32(Vec<Option<i32>>),
    I64(Vec<Option<i64>>),
    U32(Vec<Option<u32>>),
    F64(Vec<Option<f64>>),
    Day(Vec<Option<i32>>),
}

impl Column {
    pub(crate) fn ids(values: &[i32]) -> Self {
        Self::I32(values.iter().copied().map(Some).collect())
    }
    pub(crate) fn numbers(values: &[f64]) -> Self {
        Self::F64(values.iter().copied().map(Some).collect())
    }
    fn array(&self) -> ArrayRef {
        match self {
            Self::I32(values) => Arc::new(Int32Array::from(values.clone())),
            Self::I64(values) => Arc::new(Int64Array::from(values.clone())),
            Self::U32(values) => Arc::new(UInt32Array::from(values.clone())),
            Self::F64(values) => Arc::new(Float64Array::from(values.clone())),
            Self::Day(values) => Arc::new(Date32Array::from(values.clone())),
        }
    }
    pub(crate) fn permute(&mut self, order: &[usize]) {
        fn pick<T: Copy>(values: &mut Vec<T>, order: &[usize]) {
            *values = order.iter().map(|&i| values[i]).collect();
        }
        match self {
            Self::I64(values) => pick(values, order),
            Self::U32(values) => pick(values, order),
            Self::F64(values) => pick(values, order),
            Self::I32(values) | Self::Day(values) => pick(values, order),
        }
    }
    pub(crate) fn len(&self) -> usize {
        self.array().len()
    }
    pub(crate) fn set_number(&mut self, row: usize, value: Option<f64>) {
        let Self::F64(values) = self else { panic!("no numbers") };
        values[row] = value;
    }
    pub(crate) fn set_id(&mut self, row: usize, value: Option<i32>) {
        let Self::I32(values) = self else { panic!("no ids") };
        values[row] = value;
    }
}

/// A table: named columns.
pub(crate) type Table = Vec<(String, Column)>;

pub(crate) fn table(columns: &[(&str, Column)]) -> Table {
    columns.iter().map(|(name, column)| ((*name).to_owned(), column.clone())).collect()
}

/// A case, file by file.
#[derive(Clone, Debug)]
pub(crate) struct Fixture {
    pub(crate) json: BTreeMap<String, Value>,
    pub(crate) tables: BTreeMap<String, Table>,
    pub(crate) raw: BTreeMap<String, Vec<u8>>,
}

/// Days since 1970-01-01.
pub(crate) const DEC_16_2023: i32 = 19_707;
pub(crate) const NOV_1_2023: i32 = 19_662;
pub(crate) const JAN_1_2024: i32 = 19_723;

impl Fixture {
    /// Three months, two buses, a line, two thermals, a cascade of two plants of which one has AR(1).
    pub(crate) fn new() -> Self {
        let json = [
            ("config.json", config()),
            ("stages.json", stages()),
            ("penalties.json", penalties()),
            ("initial_conditions.json", initial_conditions()),
            ("system/buses.json", buses()),
            ("system/lines.json", lines()),
            ("system/thermals.json", thermals()),
            ("system/hydros.json", hydros()),
            ("system/hydro_production_models.json", production_models()),
            ("scenarios/load_factors.json", load_factors()),
            ("scenarios/correlation.json", correlation()),
        ];
        let json = json.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Self { json, tables: tables(), raw: BTreeMap::new() }
    }

    /// The value at a JSON pointer of a file.
    pub(crate) fn at(&mut self, file: &str, pointer: &str) -> &mut Value {
        let root = self.json.get_mut(file).unwrap_or_else(|| panic!("no {file}"));
        root.pointer_mut(pointer).unwrap_or_else(|| panic!("no {pointer} in {file}"))
    }

    /// Sets the value at a JSON pointer; the last key may be new.
    pub(crate) fn set(&mut self, file: &str, pointer: &str, value: Value) {
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        match self.at(file, parent) {
            Value::Array(items) => items[key.parse::<usize>().unwrap()] = value,
            other => other[key] = value,
        }
    }

    /// Removes a key.
    pub(crate) fn remove(&mut self, file: &str, pointer: &str) {
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        self.at(file, parent).as_object_mut().unwrap().remove(key).unwrap();
    }

    /// Appends to the array at a JSON pointer.
    pub(crate) fn push(&mut self, file: &str, pointer: &str, value: Value) {
        self.at(file, pointer).as_array_mut().unwrap().push(value);
    }

    /// A column of a table.
    pub(crate) fn column(&mut self, file: &str, name: &str) -> &mut Column {
        let table = self.tables.get_mut(file).unwrap_or_else(|| panic!("no {file}"));
        &mut table.iter_mut().find(|column| column.0 == name).unwrap_or_else(|| panic!("no {name} in {file}")).1
    }

    /// Removes a column.
    pub(crate) fn drop_column(&mut self, file: &str, name: &str) {
        self.tables.get_mut(file).unwrap().retain(|column| column.0 != name);
    }

    /// Removes a row.
    pub(crate) fn drop_row(&mut self, file: &str, row: usize) {
        for (_, column) in self.tables.get_mut(file).unwrap() {
            let order: Vec<usize> = (0..column.len()).filter(|&i| i != row).collect();
            column.permute(&order);
        }
    }

    /// Repeats a row at the end.
    pub(crate) fn repeat_row(&mut self, file: &str, row: usize) {
        for (_, column) in self.tables.get_mut(file).unwrap() {
            let order: Vec<usize> = (0..column.len()).chain([row]).collect();
            column.permute(&order);
        }
    }

    /// Writes all files below a folder.
    pub(crate) fn write(&self, directory: &Path) {
        for folder in ["system", "scenarios", "constraints"] {
            fs::create_dir_all(directory.join(folder)).unwrap();
        }
        for (name, value) in &self.json {
            fs::write(directory.join(name), serde_json::to_vec_pretty(value).unwrap()).unwrap();
        }
        for (name, columns) in &self.tables {
            fs::write(directory.join(name), parquet_bytes(columns)).unwrap();
        }
        for (name, bytes) in &self.raw {
            fs::write(directory.join(name), bytes).unwrap();
        }
    }

    /// Writes the case to a temporary folder and reads it.
    pub(crate) fn read(&self) -> Result<Case, CaseError> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("fixture");
        self.write(&path);
        read_case(&path)
    }

    /// Reads a case that must be valid.
    pub(crate) fn case(&self) -> Case {
        self.read().unwrap_or_else(|error| panic!("{error}"))
    }

    /// The errors of a case that must not be valid.
    pub(crate) fn errors(&self) -> Vec<Finding> {
        match self.read() {
            Err(CaseError::Invalid { findings }) => {
                findings.into_iter().filter(|finding| finding.severity == Severity::Error).collect()
            }
            Err(other) => panic!("{other}"),
            Ok(_) => Vec::new(),
        }
    }
}

pub(crate) fn parquet_bytes(columns: &Table) -> Vec<u8> {
    compressed_bytes(columns, Compression::UNCOMPRESSED)
}

pub(crate) fn compressed_bytes(columns: &Table, compression: Compression) -> Vec<u8> {
    let batch = RecordBatch::try_from_iter(columns.iter().map(|(name, column)| (name, column.array()))).unwrap();
    let properties = WriterProperties::builder().set_compression(compression).build();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    bytes
}

fn config() -> Value {
    json!({
        "modeling": {"inflow_non_negativity": {"method": "truncation"}, "cost_scale_factor": 1000.0},
        "training": {
            "tree_seed": -7,
            "selection": {"method": "sampled", "forward_passes": 3},
            "stopping_rules": [
                {"type": "iteration_limit", "limit": 20},
                {"type": "bound_stalling", "iterations": 5, "tolerance": 0.001}
            ],
            "stopping_mode": "all",
            "scenario_source": {"seed": 11, "inflow": {"scheme": "in_sample"}, "openings": {"source": "generated"}}
        },
        "simulation": {"enabled": true, "selection": {"method": "sampled", "num_scenarios": 50}},
        "policy": {"path": "./policy", "mode": "fresh"}
    })
}

fn stages() -> Value {
    let seasons: Vec<Value> =
        (0..12).map(|i| json!({"id": i, "label": format!("M{}", i + 1), "month_start": i + 1})).collect();
    let state = json!({"storage": true, "inflow_lags": true});
    json!({
        "season_definitions": {"cycle_type": "monthly", "seasons": seasons},
        "policy_graph": {
            "type": "finite_horizon",
            "annual_discount_rate": 0.1,
            "transitions": [
                {"source_id": 0, "target_id": 1, "probability": 1.0},
                {"source_id": 1, "target_id": 2, "probability": 1.0, "annual_discount_rate_override": 0.2}
            ]
        },
        "pre_study_stages": [{"id": -1, "start_date": "2023-12-01", "end_date": "2024-01-01", "season_id": 11}],
        "stages": [
            {"id": 0, "start_date": "2024-01-01", "end_date": "2024-02-01", "season_id": 0, "num_openings": 4,
             "blocks": [{"id": 0, "name": "PEAK", "hours": 100.0}, {"id": 1, "name": "OFF", "hours": 644.0}],
             "state_variables": state.clone(), "risk_measure": {"cvar": {"alpha": 0.25, "lambda": 0.5}}},
            {"id": 1, "start_date": "2024-02-01", "end_date": "2024-03-01", "num_openings": 4, "sampling_method": "lhs",
             "blocks": [{"id": 0, "name": "ALL", "hours": 696.0}], "state_variables": state.clone(),
             "risk_measure": "expectation", "block_mode": "parallel"},
            {"id": 2, "start_date": "2024-03-01", "end_date": "2024-04-01", "num_openings": 4,
             "blocks": [{"id": 0, "name": "ALL", "hours": 744.0}], "state_variables": state,
             "annual_discount_rate_override": 0.0}
        ]
    })
}

fn penalties() -> Value {
    json!({
        "bus": {"deficit_segments": [{"depth_mw": 10.0, "cost": 500.0}, {"depth_mw": null, "cost": 2000.0}],
                "excess_cost": 5.0},
        "line": {"exchange_cost": 0.5},
        "hydro": {
            "spillage_cost": 0.01, "turbined_cost": 0.0, "diversion_cost": 0.02,
            "storage_violation_below_cost": 1000.0, "filling_target_violation_cost": 1000.0,
            "turbined_violation_below_cost": 300.0, "outflow_violation_below_cost": 310.0,
            "outflow_violation_above_cost": 320.0, "generation_violation_below_cost": 330.0,
            "evaporation_violation_cost": 340.0, "water_withdrawal_violation_cost": 350.0,
            "water_withdrawal_violation_pos_cost": 355.0
        },
        "non_controllable_source": {"curtailment_cost": 0.1}
    })
}

fn initial_conditions() -> Value {
    json!({
        "storage": [{"hydro_id": 0, "value_hm3": 20.0}, {"hydro_id": 1, "value_hm3": 60.0}],
        "filling_storage": [],
        "recent_observations": [
            {"hydro_id": 1, "start_date": "2023-12-30", "end_date": "2024-01-01", "value_m3s": 200.0}
        ]
    })
}

fn buses() -> Value {
    json!({"buses": [
        {"id": 10, "name": "North", "operational_start_date": "2000-01-01"},
        {"id": 3, "name": "South", "operational_start_date": "2000-01-01",
         "deficit_segments": [{"depth_mw": null, "cost": 900.0}]}
    ]})
}

fn lines() -> Value {
    json!({"lines": [
        {"id": 0, "name": "Tie", "operational_start_date": "2000-01-01", "source_bus_id": 10, "target_bus_id": 3,
         "capacity": {"direct_mw": 40.0, "reverse_mw": 30.0}, "exit_stage_id": 2, "losses_percent": 1.5}
    ]})
}

fn thermals() -> Value {
    json!({"thermals": [
        {"id": 5, "name": "Old", "operational_start_date": "1980-01-01", "bus_id": 3, "cost_per_mwh": 80.0,
         "generation": {"min_mw": 5.0, "max_mw": 50.0}},
        {"id": 1, "name": "New", "operational_start_date": "2010-01-01", "bus_id": 10, "cost_per_mwh": 40.0,
         "generation": {"min_mw": 0.0, "max_mw": 60.0}, "entry_stage_id": 1}
    ]})
}

fn hydros() -> Value {
    json!({"hydros": [
        {"id": 0, "name": "Lower", "operational_start_date": "2005-06-01",
         "reservoir": {"min_storage_hm3": 5.0, "max_storage_hm3": 50.0},
         "outflow": {"min_outflow_m3s": 1.0, "max_outflow_m3s": null},
         "generation": {"model": "constant_productivity", "min_turbined_m3s": 0.0, "max_turbined_m3s": 100.0,
                        "min_generation_mw": 0.0, "max_generation_mw": 90.0},
         "unit_groups": [
            {"id": 1, "name": "B", "bus_id": 3, "min_generation_mw": 0.0, "max_generation_mw": 45.0,
             "min_turbined_m3s": 0.0, "max_turbined_m3s": 50.0},
            {"id": 0, "name": "A", "bus_id": 10, "min_generation_mw": 0.0, "max_generation_mw": 45.0,
             "min_turbined_m3s": 0.0, "max_turbined_m3s": 50.0}
         ]},
        {"id": 1, "name": "Upper", "operational_start_date": "1990-06-01", "downstream_id": 0,
         "reservoir": {"min_storage_hm3": 10.0, "max_storage_hm3": 100.0},
         "outflow": {"min_outflow_m3s": 0.0, "max_outflow_m3s": 500.0},
         "generation": {"model": "constant_productivity", "min_turbined_m3s": 0.0, "max_turbined_m3s": 80.0,
                        "min_generation_mw": 0.0, "max_generation_mw": 60.0},
         "diversion": {"downstream_id": 0, "max_flow_m3s": 7.0},
         "penalties": {"spillage_cost": 0.03, "water_withdrawal_violation_cost": 360.0},
         "unit_groups": [{"id": 0, "name": "Upper", "bus_id": 10, "min_generation_mw": 0.0, "max_generation_mw": 60.0,
                          "min_turbined_m3s": 0.0, "max_turbined_m3s": 80.0}]}
    ]})
}

fn production_models() -> Value {
    json!({"production_models": [
        {"hydro_id": 1, "selection_mode": "stage_ranges", "stage_ranges": [
            {"start_stage_id": 0, "end_stage_id": 0, "model": "constant_productivity", "productivity_mw_per_m3s": 0.7},
            {"start_stage_id": 1, "end_stage_id": null, "model": "constant_productivity", "productivity_mw_per_m3s": 0.8}
        ]}
    ]})
}

fn load_factors() -> Value {
    json!({"load_factors": [
        {"bus_id": 10, "stage_id": 0, "block_factors": [{"block_id": 0, "factor": 1.3}]}
    ]})
}

fn correlation() -> Value {
    json!({
        "method": "spectral",
        "profiles": {"default": {"correlation_groups": [
            {"name": "rivers", "entities": [{"type": "inflow", "id": 0}, {"type": "inflow", "id": 1}],
             "matrix": [[1.0, 0.5], [0.5, 1.0]]}
        ]}}
    })
}

fn tables() -> BTreeMap<String, Table> {
    let (ids, numbers) = (Column::ids, Column::numbers);
    let all = |n: usize, value: Option<f64>| Column::F64(vec![value; n]);
    let tables = [
        (
            "scenarios/inflow_seasonal_stats.parquet",
            table(&[
                ("hydro_id", ids(&[0, 0, 0, 1, 1, 1, 1])),
                ("stage_id", ids(&[0, 1, 2, -1, 0, 1, 2])),
                ("mean_m3s", numbers(&[20.0, 21.0, 22.0, 90.0, 100.0, 110.0, 120.0])),
                ("std_m3s", numbers(&[4.0, 4.0, 4.0, 18.0, 20.0, 22.0, 24.0])),
            ]),
        ),
        (
            "scenarios/inflow_ar_coefficients.parquet",
            table(&[
                ("hydro_id", ids(&[1, 1, 1])),
                ("stage_id", ids(&[0, 1, 2])),
                ("lag", ids(&[1, 1, 1])),
                ("coefficient", numbers(&[0.5, 0.4, 0.3])),
            ]),
        ),
        (
            "scenarios/inflow_history.parquet",
            table(&[
                ("hydro_id", ids(&[1, 1])),
                ("start_date", Column::Day(vec![Some(NOV_1_2023), Some(DEC_16_2023)])),
                ("end_date", Column::Day(vec![Some(DEC_16_2023), Some(JAN_1_2024)])),
                ("value_m3s", numbers(&[100.0, 132.0])),
            ]),
        ),
        (
            "scenarios/load_seasonal_stats.parquet",
            table(&[
                ("bus_id", ids(&[3, 3, 3, 10, 10, 10])),
                ("stage_id", ids(&[0, 1, 2, 0, 1, 2])),
                ("mean_mw", numbers(&[30.0, 31.0, 32.0, 80.0, 81.0, 82.0])),
                ("std_mw", numbers(&[0.0, 3.0, 0.0, 0.0, 0.0, 0.0])),
            ]),
        ),
        (
            "system/hydro_energy_productivity.parquet",
            table(&[
                ("hydro_id", ids(&[0, 0])),
                ("stage_id", Column::I32(vec![None, Some(2)])),
                ("equivalent_productivity_mw_per_m3s", numbers(&[0.9, 0.95])),
                ("reference_outflow_m3s", all(2, None)),
                ("specific_productivity_mw_per_m3s_per_m", all(2, None)),
            ]),
        ),
        (
            "constraints/hydro_bounds.parquet",
            table(&[
                ("hydro_id", ids(&[1, 1, 1])),
                ("stage_id", ids(&[0, 0, 1])),
                ("block_id", Column::I32(vec![None, Some(1), None])),
                ("max_turbined_m3s", Column::F64(vec![Some(70.0), Some(65.0), None])),
                ("min_turbined_m3s", Column::F64(vec![None, Some(10.0), None])),
                ("max_storage_hm3", Column::F64(vec![None, None, Some(90.0)])),
                ("water_withdrawal_m3s", Column::F64(vec![None, None, Some(-2.0)])),
            ]),
        ),
        (
            "constraints/thermal_bounds.parquet",
            table(&[
                ("thermal_id", ids(&[5, 5])),
                ("stage_id", ids(&[0, 1])),
                ("block_id", Column::I32(vec![Some(0), None])),
                ("min_generation_mw", Column::F64(vec![Some(8.0), None])),
                ("max_generation_mw", Column::F64(vec![None, Some(45.0)])),
                ("cost_per_mwh", Column::F64(vec![None, Some(85.0)])),
            ]),
        ),
        (
            "constraints/line_bounds.parquet",
            table(&[
                ("line_id", ids(&[0, 0])),
                ("stage_id", ids(&[0, 2])),
                ("block_id", Column::I32(vec![Some(1), None])),
                ("direct_mw", numbers(&[35.0, 99.0])),
            ]),
        ),
        (
            "constraints/penalty_overrides_bus.parquet",
            table(&[("bus_id", ids(&[3])), ("stage_id", ids(&[1])), ("excess_cost", numbers(&[6.0]))]),
        ),
        (
            "constraints/penalty_overrides_line.parquet",
            table(&[("line_id", ids(&[0])), ("stage_id", ids(&[1])), ("exchange_cost", numbers(&[0.75]))]),
        ),
        (
            "constraints/penalty_overrides_hydro.parquet",
            table(&[
                ("hydro_id", ids(&[1])),
                ("stage_id", ids(&[2])),
                ("spillage_cost", numbers(&[0.04])),
                ("water_withdrawal_violation_neg_cost", numbers(&[370.0])),
            ]),
        ),
    ];
    tables.into_iter().map(|(name, table)| (name.to_owned(), table)).collect()
}
