use arrow::array::{Array, AsArray};
use arrow::datatypes::{Float64Type, Int8Type, Int32Type};
use cobre_data::output::schema::TABLES;
use cobre_data::output::write_dictionaries;
use cobre_engine::stochastic::{OpeningTree, ParModel, ParStage};
use cobre_engine::system::{Limits, System, SystemParts};
use cobre_engine::{InflowNonNegativity, Study};
use serde_json::{Value, json};

use super::{create, document, json as read_json, output_fixture as fixture, rows, text};

/// A study over the fixture's system with two inflow lags.
fn study() -> Study {
    let full = fixture::system();
    let mut hydros = full.hydros().to_vec();
    hydros[0].name = String::from("Água \"Vermelha\", upper");
    hydros[1].stages[1].blocks[1].outflow_m3s = Limits::new(5.0, 900.0);
    let mut initial = full.initial().clone();
    initial.inflow_lags_m3s = vec![vec![1.0, 2.0]; 2];
    let system = System::new(SystemParts {
        stages: full.stages().to_vec(),
        buses: full.buses().to_vec(),
        lines: full.lines().to_vec(),
        thermals: full.thermals().to_vec(),
        hydros,
        initial,
    });
    let stage = ParStage { base_m3s: 10.0, sigma_m3s: 1.0, psi: vec![0.5, 0.25] };
    Study {
        system: system.expect("a valid system"),
        inflow: ParModel { stages: vec![vec![stage; 2]; 3], max_order: 2 },
        openings: OpeningTree::from_values(2, vec![vec![0.5, -0.5]; 3]).expect("a tree"),
        inflow_non_negativity: InflowNonNegativity::None,
        cost_scale_factor: 1.0,
    }
}

#[test]
fn entities_have_names_and_buses() {
    let root = tempfile::tempdir().expect("a temporary folder");
    let written = write_dictionaries(&create(root.path()), &study()).expect("dictionaries");
    let expected = "\
entity_type_code,entity_id,name,bus_id,system_id
0,7,\"Água \"\"Vermelha\"\", upper\",-1,0
0,3,plant 3,-1,0
1,1,thermal 1,1,0
1,2,thermal 2,1,0
2,1,bus 1,1,0
2,0,bus 0,0,0
3,4,line,-1,0
8,0,7/group 0,1,0
8,1,7/group 1,0,0
8,0,3/group 0,1,0
";
    assert_eq!(text(root.path(), document(&written, "/entities.csv")), expected);
}

#[test]
fn codes_have_labels_and_every_code_of_the_limits_has_one() {
    let root = tempfile::tempdir().expect("a temporary folder");
    let written = write_dictionaries(&create(root.path()), &study()).expect("dictionaries");
    let codes = read_json(root.path(), document(&written, "/codes.json"));
    assert_eq!(codes["version"], "1.0");
    assert_eq!(
        codes["operative_state"],
        json!({"0": "deactivated", "1": "maintenance", "2": "operating", "3": "saturated"})
    );
    assert_eq!(codes["storage_binding"]["3"], "both");
    assert_eq!(codes["contract_type"], json!({"0": "import", "1": "export"}));
    assert_eq!(codes["entity_type"]["8"], "hydro_unit_group");
    let bounds = rows(root.path(), &written.tables[0]);
    for (column, map) in [("entity_type_code", "entity_type"), ("bound_type_code", "bound_type")] {
        for code in bounds[column].as_primitive::<Int8Type>().values() {
            assert!(codes[map][code.to_string()].is_string(), "{map} {code}");
        }
    }
}

#[test]
fn limits_are_those_of_the_stage_problems() {
    let root = tempfile::tempdir().expect("a temporary folder");
    let written = write_dictionaries(&create(root.path()), &study()).expect("dictionaries");
    assert_eq!(written.tables[0].path, "run=1/dictionaries/bounds.parquet");
    let bounds = rows(root.path(), &written.tables[0]);
    let ids = |name: &str| bounds[name].as_primitive::<Int32Type>().iter().collect::<Vec<_>>();
    let codes = |name: &str| bounds[name].as_primitive::<Int8Type>().values().to_vec();
    let (kinds, limits) = (codes("entity_type_code"), codes("bound_type_code"));
    let (entities, plants, stages, blocks) = (ids("entity_id"), ids("hydro_id"), ids("stage_id"), ids("block_id"));
    let values = bounds["bound_value"].as_primitive::<Float64Type>().values();
    let select = |kind: i8, entity: i32, plant: Option<i32>, stage: i32, limit: i8| -> Vec<(Option<i32>, f64)> {
        let wanted = (kind, Some(entity), plant, Some(stage), limit);
        (0..bounds.num_rows())
            .filter(|&i| (kinds[i], entities[i], plants[i], stages[i], limits[i]) == wanted)
            .map(|i| (blocks[i], values[i]))
            .collect()
    };
    assert_eq!(select(0, 7, None, 10, 0), [(None, 100.0)], "storage_min");
    assert_eq!(select(0, 7, None, 30, 1), [(None, 500.0)], "storage_max");
    assert_eq!(select(0, 3, None, 30, 3), [(None, 0.0)], "turbined_max of the plant that is shut");
    assert_eq!(select(0, 3, None, 10, 5), [], "an infinite maximum is none");
    assert_eq!(select(0, 3, None, 20, 4), [(Some(0), 0.0), (Some(1), 5.0)], "outflow_min by block");
    assert_eq!(select(0, 3, None, 20, 5), [(Some(1), 900.0)], "outflow_max of one block");
    assert_eq!(select(0, 7, None, 10, 13), [(None, 1e4)], "diversion_max");
    assert_eq!(select(0, 3, None, 10, 13), [], "no diversion");
    assert_eq!(select(1, 1, None, 20, 7), [(None, 1e6)], "generation_max of a thermal plant");
    assert_eq!(select(3, 4, None, 20, 8), [(None, -1e5)], "the reverse capacity of a line");
    assert_eq!(select(3, 4, None, 20, 9), [(None, 1e5)], "its direct capacity");
    assert_eq!(select(8, 1, Some(7), 30, 7), [(None, 40.0)], "a unit group belongs to its plant");
    assert!(values.iter().all(|value| value.is_finite()));
}

#[test]
fn the_state_dictionary_names_every_component_and_where_it_is_shown() {
    let root = tempfile::tempdir().expect("a temporary folder");
    let written = write_dictionaries(&create(root.path()), &study()).expect("dictionaries");
    let states = read_json(root.path(), document(&written, "/state_dictionary.json"));
    assert_eq!(states["dimension"], 6);
    let of = |key: &str| -> Vec<Value> {
        states["components"].as_array().expect("a list").iter().map(|component| component[key].clone()).collect()
    };
    assert_eq!(of("state_index"), [0, 1, 2, 3, 4, 5].map(Value::from));
    assert_eq!(of("entity_id"), [7, 3, 7, 3, 7, 3].map(Value::from));
    assert_eq!(of("kind")[1..3], [Value::from("storage"), Value::from("inflow_lag")]);
    assert_eq!(of("lag"), [Value::Null, Value::Null, 1.into(), 1.into(), 2.into(), 2.into()]);
    assert_eq!(of("unit")[1..3], [Value::from("hm3"), Value::from("m3/s")]);
    let hydros = |column: &str| json!({"table": "simulation/hydros", "column": column});
    let lags = |lag: u32| json!({"table": "simulation/inflow_lags", "column": "inflow_m3s", "lag_index": lag});
    assert_eq!(of("incoming")[0], hydros("storage_initial_hm3"));
    assert_eq!(of("outgoing")[0], hydros("storage_final_hm3"));
    assert_eq!((&of("incoming")[2], &of("outgoing")[2]), (&lags(0), &hydros("inflow_m3s")));
    assert_eq!((&of("incoming")[4], &of("outgoing")[4]), (&lags(1), &lags(0)));
    for component in states["components"].as_array().expect("a list") {
        for place in ["incoming", "outgoing"] {
            let name = component[place]["table"].as_str().expect("a table");
            let table = TABLES.iter().find(|table| table.qualified_name() == name).expect("a table that exists");
            let column = component[place]["column"].as_str().expect("a column");
            let column = table.columns.iter().find(|found| found.name == column).expect("a column that exists");
            assert_eq!(column.unit, component["unit"].as_str().expect("a unit"));
        }
    }
}

#[test]
fn variables_are_the_columns_of_all_tables() {
    let root = tempfile::tempdir().expect("a temporary folder");
    let written = write_dictionaries(&create(root.path()), &study()).expect("dictionaries");
    let variables = text(root.path(), document(&written, "/variables.csv"));
    let n_columns: usize = TABLES.iter().map(|table| table.columns.len()).sum();
    let lines: Vec<&str> = variables.lines().collect();
    assert_eq!(lines.len(), n_columns + 1, "no description breaks a line");
    assert_eq!(lines[0], "file,column,type,unit,description,nullable");
    let gap = lines.iter().find(|line| line.starts_with("training/convergence,gap_percent,")).expect("a column");
    assert!(gap.starts_with("training/convergence,gap_percent,f64,%,\"100·(upper − lower)"), "{gap}");
    assert!(gap.ends_with("\",true"), "{gap}");
    assert!(lines.contains(&"training/convergence,lp_solves,i64,,Stage problems solved.,false"));
}

#[test]
fn every_run_has_its_own_dictionaries() {
    let root = tempfile::tempdir().expect("a temporary folder");
    let first = write_dictionaries(&create(root.path()), &study()).expect("dictionaries");
    let second = write_dictionaries(&create(root.path()), &study()).expect("dictionaries of another run");
    for (written, run) in [(first, "run=1/"), (second, "run=2/")] {
        assert!(written.documents.iter().all(|document| document.path.starts_with(run)));
        assert!(rows(root.path(), &written.tables[0])["hydro_id"].null_count() > 0);
    }
}
