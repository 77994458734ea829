//! What a run says about itself: dictionaries, metadata, the stochastic process.

mod dictionaries;
mod metadata;
#[path = "../output_fixture/mod.rs"]
mod output_fixture;
mod stochastic;

use std::fs;
use std::path::{Path, PathBuf};

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use cobre_data::case::{Case, read_case};
use cobre_data::output::{DocumentRecord, FileRecord, RunInfo, RunWriter, WrittenFiles};
use cobre_data::store::Store;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

fn dataset(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../datasets").join(name)
}

fn toy() -> Case {
    read_case(&dataset("toy")).unwrap_or_else(|error| panic!("{error}"))
}

fn create(root: &Path) -> RunWriter {
    RunWriter::create(&Store::open_path(root).expect("a store"), output_fixture::info()).expect("a run")
}

fn text(root: &Path, document: &DocumentRecord) -> String {
    let text = fs::read_to_string(root.join(&document.path)).expect("a document");
    assert_eq!(text.len() as u64, document.bytes, "{}", document.path);
    text
}

fn json(root: &Path, document: &DocumentRecord) -> serde_json::Value {
    serde_json::from_str(&text(root, document)).expect("JSON")
}

fn document<'a>(written: &'a WrittenFiles, name: &str) -> &'a DocumentRecord {
    written.documents.iter().find(|document| document.path.ends_with(name)).expect("a document of that name")
}

fn rows(root: &Path, file: &FileRecord) -> RecordBatch {
    let content = fs::File::open(root.join(&file.path)).expect("a file");
    let reader = ParquetRecordBatchReaderBuilder::try_new(content).expect("Parquet").build().expect("a reader");
    let batches: Vec<RecordBatch> = reader.map(|batch| batch.expect("rows")).collect();
    let rows = concat_batches(&batches[0].schema(), &batches).expect("one schema");
    assert_eq!(rows.num_rows() as u64, file.rows, "{}", file.path);
    rows
}
