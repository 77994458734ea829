//! A policy of one system in another: what matches is told, what cannot be right is refused.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{Array, AsArray, BooleanArray, Int32Array, RecordBatch};
use arrow::compute::{concat_batches, filter_record_batch};
use arrow::datatypes::Int32Type;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::{Value, json};

use crate::recovery::case::CaseCopy;
use crate::recovery::kill::Place;

fn change_json(folder: &Path, file: &str, change: impl FnOnce(&mut Value)) {
    let path = folder.join(file);
    let mut value: Value = serde_json::from_slice(&std::fs::read(&path).expect("a file of the case")).expect("JSON");
    change(&mut value);
    std::fs::write(path, value.to_string()).expect("it can be written");
}

/// Adds the rows of plant 1 again, for plant 2.
fn add_rows(path: &Path) {
    let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(path).expect("a table")).expect("Parquet");
    let batches: Vec<RecordBatch> = reader.build().expect("a reader").map(|batch| batch.expect("a batch")).collect();
    let table = concat_batches(&batches[0].schema(), &batches).expect("one schema");
    let plants = table.column(0).as_primitive::<Int32Type>();
    let of_plant_1 = plants.values().iter().map(|&id| Some(id == 1)).collect::<BooleanArray>();
    let rows = filter_record_batch(&table, &of_plant_1).expect("rows");
    let mut columns = rows.columns().to_vec();
    columns[0] = Arc::new(Int32Array::from(vec![2; rows.num_rows()]));
    assert!(!columns[0].is_empty());
    let added = RecordBatch::try_new(rows.schema(), columns).expect("the same schema");
    let mut writer = ArrowWriter::try_new(File::create(path).expect("a file"), table.schema(), None).expect("a writer");
    for batch in [&table, &added] {
        writer.write(batch).expect("rows");
    }
    writer.close().expect("a table");
}

/// `toy` with a third plant, like the second one.
fn with_a_third_plant() -> CaseCopy {
    let case = small();
    let folder = case.path();
    let folder = Path::new(&folder);
    let add = |list: &mut Value| {
        let list = list.as_array_mut().expect("a list");
        let mut plant = list[1].clone();
        for key in ["id", "hydro_id"] {
            if let Some(id) = plant.get_mut(key) {
                *id = json!(2);
            }
        }
        list.push(plant);
    };
    change_json(folder, "system/hydros.json", |file| {
        add(&mut file["hydros"]);
        file["hydros"][2]["name"] = json!("New Dam");
    });
    change_json(folder, "system/hydro_production_models.json", |file| add(&mut file["production_models"]));
    change_json(folder, "initial_conditions.json", |file| add(&mut file["storage"]));
    for table in ["inflow_ar_coefficients", "inflow_history", "inflow_seasonal_stats"] {
        add_rows(&folder.join(format!("scenarios/{table}.parquet")));
    }
    case
}

fn small() -> CaseCopy {
    CaseCopy::of("toy", |config| {
        config["training"]["stopping_rules"] = json!([{"type": "iteration_limit", "limit": 3}]);
        config["simulation"]["selection"]["num_scenarios"] = json!(10);
    })
}

#[test]
fn a_policy_from_before_a_plant_was_added_says_what_matches() {
    let place = Place::disk();
    let (code, messages) = place.run(&small().path(), "two", &[]);
    assert_eq!(code, Some(0), "{messages}");
    let case = with_a_third_plant();
    let done =
        crate::program::cobre(&["run", &case.path(), "--output", &place.root("three"), "--policy", &place.root("two")]);
    assert_eq!(done.code, Some(0), "{}", done.err);
    for part in ["cuts of 6 stages taken over", "storage of plant 2 (New Dam)", "warning: the cuts do not depend on"] {
        assert!(done.err.contains(part), "no {part} in:\n{}", done.err);
    }
    let run = place.open("three", None);
    let parent = place.open("two", None);
    let cuts = |run: &cobre_data::output::Run| run.manifest().policy.as_ref().map(|policy| policy.iteration);
    assert_eq!((cuts(&parent), cuts(&run)), (Some(3), Some(3)));

    // The other way round the cuts speak of a plant that is not there.
    let (code, messages) = place.run(&small().path(), "two-again", &["--policy", &place.root("three")]);
    assert_eq!(code, Some(2), "{messages}");
    assert!(messages.contains("the policy depends on the storage of plant 2 (New Dam)"), "{messages}");
    assert!(place.store("two-again").list("_meta").expect("a folder").files.is_empty(), "a run was left behind");
    // And it is not the same study: nothing to resume.
    let (code, messages) = place.run(&case.path(), "two", &["--resume"]);
    assert_eq!(code, Some(2), "{messages}");
    assert!(messages.contains("of this study"), "{messages}");
}
