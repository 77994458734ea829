use std::convert::Infallible;
use std::fs;
use std::path::Path;

use arrow::array::AsArray;
use arrow::datatypes::{Float64Type, Int32Type, UInt32Type};
use cobre_data::case::{Case, OpeningsSource, read_case};
use cobre_data::output::{WrittenFiles, write_stochastic};
use cobre_engine::comm::Local;
use cobre_engine::sddp::{
    Control, IterationRecord, Policy, StoppingRule, TrainingOptions, TrainingSnapshot, TrainingStart, train,
};
use cobre_engine::solver::{DualSimplex, LpSolver};

use super::{create, dataset, rows, toy};

fn make_solver() -> Box<dyn LpSolver> {
    Box::new(DualSimplex::new())
}

/// Copies a case directory with all its folders.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let path = entry.expect("an entry").path();
        let target = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).expect("a file");
        }
    }
}

/// The case of a dataset in which the exported files named in `names` take the place of the inputs.
fn with_exports(name: &str, root: &Path, written: &WrittenFiles, names: &[&str], openings: OpeningsSource) -> Case {
    let folder = root.join("case");
    copy(&dataset(name), &folder);
    let tables = written.tables.iter().map(|file| &file.path);
    for path in tables.chain(written.documents.iter().map(|document| &document.path)) {
        let file = Path::new(path).file_name().expect("a name");
        if names.iter().any(|name| file == *name) {
            fs::copy(root.join("output").join(path), folder.join("scenarios").join(file)).expect("a file");
        }
    }
    if openings == OpeningsSource::File {
        let config = fs::read_to_string(folder.join("config.json")).expect("text");
        let changed = config.replace(r#""openings": {"source": "generated"}"#, r#""openings": {"source": "file"}"#);
        assert_ne!(config, changed);
        fs::write(folder.join("config.json"), changed).expect("a file");
    }
    read_case(&folder).unwrap_or_else(|error| panic!("{error}"))
}

fn export(root: &Path, case: &Case) -> WrittenFiles {
    write_stochastic(&create(&root.join("output")), case).expect("exports")
}

fn trained(case: &Case) -> Policy {
    let options = TrainingOptions {
        stopping_rules: vec![StoppingRule::IterationLimit { limit: 4 }],
        ..case.training.clone().expect("training")
    };
    let control = Control {
        n_threads: 1,
        make_solver: &make_solver,
        clock: &|| 0.0,
        stop_requested: &|| false,
        communicator: &Local,
    };
    let mut observer = |_: &IterationRecord, _: &TrainingSnapshot<'_>| Ok::<(), Infallible>(());
    let result = train(&case.study, &options, control, TrainingStart::Fresh, &mut observer);
    result.unwrap_or_else(|error| panic!("{error:?}")).state.policy
}

#[test]
fn exported_openings_train_to_the_same_bits() {
    let root = tempfile::tempdir().expect("a temporary folder");
    let case = toy();
    let written = export(root.path(), &case);
    let again = with_exports("toy", root.path(), &written, &["noise_openings.parquet"], OpeningsSource::File);
    assert_eq!((case.openings, again.openings), (OpeningsSource::Generated, OpeningsSource::File));
    for stage in 0..case.study.openings.n_stages() {
        for opening in 0..case.study.openings.n_openings(stage) {
            let bits = |case: &Case| -> Vec<u64> {
                case.study.openings.noise(stage, opening).iter().map(|value| value.to_bits()).collect()
            };
            assert_eq!(bits(&case), bits(&again));
        }
    }
    let (one, other) = (trained(&case), trained(&again));
    assert!(one.n_cuts() > 20, "a policy of {} cuts says little", one.n_cuts());
    assert_eq!(one, other);
}

#[test]
fn exported_statistics_and_correlation_give_the_same_study() {
    for name in ["toy", "four-reservoirs"] {
        let root = tempfile::tempdir().expect("a temporary folder");
        let case = read_case(&dataset(name)).unwrap_or_else(|error| panic!("{error}"));
        let written = export(root.path(), &case);
        let names = [
            "inflow_seasonal_stats.parquet",
            "inflow_ar_coefficients.parquet",
            "load_seasonal_stats.parquet",
            "correlation.json",
        ];
        let again = with_exports(name, root.path(), &written, &names, OpeningsSource::Generated);
        assert_eq!(again.study, case.study, "{name}");
        assert_eq!(again.stochastic, case.stochastic, "{name}");
        assert_ne!(again.case_hash, case.case_hash, "{name}: the files are others");
    }
}

#[test]
fn openings_are_exported_by_the_labels_of_their_stages() {
    let root = tempfile::tempdir().expect("a temporary folder");
    let case = toy();
    let written = export(root.path(), &case);
    let file = written.tables.iter().find(|file| file.table == "stochastic/noise_openings").expect("openings");
    assert_eq!(file.path, "run=1/stochastic/noise_openings.parquet");
    let rows = rows(root.path().join("output").as_path(), file);
    let (stages, values) = (rows["stage_id"].as_primitive::<Int32Type>(), rows["value"].as_primitive::<Float64Type>());
    let openings = rows["opening_index"].as_primitive::<UInt32Type>();
    let components = rows["entity_index"].as_primitive::<UInt32Type>();
    let mut n_rows = 0;
    for (t, stage) in case.study.system.stages().iter().enumerate() {
        n_rows += case.study.openings.n_openings(t) * case.study.openings.dimension();
        for row in (0..rows.num_rows()).filter(|&row| stages.value(row) == stage.id) {
            let noise = case.study.openings.noise(t, openings.value(row) as usize);
            assert_eq!(noise[components.value(row) as usize], values.value(row));
        }
    }
    assert_eq!(rows.num_rows(), n_rows);
}
