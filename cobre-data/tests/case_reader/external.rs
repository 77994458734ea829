//! Given scenarios: read by themselves, checked, and given back as rows.

use cobre_data::case::{CaseError, ExternalScenarios, ScenarioKind, read_external_scenarios};
use cobre_data::store::{Location, Store, StoreOptions};

use super::fixture::{Column, Table, parquet_bytes, table};

/// Reads a table from a store of its own.
fn read(name: &str, table: &Table) -> Result<ExternalScenarios, CaseError> {
    let root = Location::parse(&format!("memory://external-{name}/a case")).unwrap();
    let store = Store::open(&root, &StoreOptions::default()).unwrap();
    assert!(store.put_new("given.parquet", parquet_bytes(table)).unwrap());
    read_external_scenarios(&root.join("given.parquet"), &StoreOptions::default())
}

fn inflow(scenarios: &[i32]) -> Table {
    table(&[
        ("stage_id", Column::ids(&[5, 5, 1, 1])),
        ("scenario_id", Column::ids(scenarios)),
        ("hydro_id", Column::ids(&[9, 9, 9, 9])),
        ("value_m3s", Column::numbers(&[1.0, 2.0, 3.0, 4.0])),
        ("note", Column::numbers(&[0.0; 4])),
    ])
}

#[test]
fn scenarios_are_sorted_into_an_array_and_back_into_rows() {
    let found = read("sorted", &inflow(&[1, 0, 0, 1])).unwrap();
    assert_eq!((found.kind, found.kind.to_string().as_str()), (ScenarioKind::Inflow, "inflow"));
    assert_eq!((found.stage_ids.as_slice(), found.entity_ids.as_slice()), ([1, 5].as_slice(), [9].as_slice()));
    assert_eq!(found.n_scenarios, [2, 2]);
    assert_eq!(found.values, [3.0, 2.0, 4.0, 1.0]);
    let again = read(
        "again",
        &table(&[
            ("stage_id", Column::ids(&[1, 1, 5, 5])),
            ("scenario_id", Column::ids(&[0, 1, 0, 1])),
            ("hydro_id", Column::ids(&[9, 9, 9, 9])),
            ("value_m3s", Column::numbers(&[3.0, 4.0, 2.0, 1.0])),
        ]),
    )
    .unwrap();
    assert_eq!(again, found);
    assert_eq!(again.to_batch().unwrap(), found.to_batch().unwrap());
    let names: Vec<String> = found.to_batch().unwrap().schema().fields().iter().map(|f| f.name().clone()).collect();
    assert_eq!(names, ["stage_id", "scenario_id", "hydro_id", "value_m3s"]);
}

#[test]
fn a_stage_with_a_gap_is_refused_without_room_for_it() {
    let Err(CaseError::Invalid { findings }) = read("gap", &inflow(&[i32::MAX, 0, 0, 1])) else {
        panic!("scenarios with a gap are refused")
    };
    assert_eq!(findings.iter().map(|finding| finding.code).collect::<Vec<_>>(), ["external.incomplete"]);
    assert_eq!(findings[0].file, "memory://external-gap/a case/given.parquet");
    assert!(findings[0].message.contains("stage 5 has 2 rows"), "{}", findings[0].message);
}
