use std::process::ExitCode;
use std::time::Duration;

use cobre_data::output::{GcOptions, collect_garbage};
use serde_json::json;

use crate::args::GcArguments;
use crate::events::print_line;
use crate::failure::Failure;
use crate::stores::open_store;

pub(crate) fn gc(arguments: &GcArguments) -> Result<ExitCode, Failure> {
    let store = open_store(&arguments.root, &arguments.store)?;
    let options = GcOptions {
        dry_run: arguments.dry_run,
        grace: Duration::from_secs(arguments.grace),
        abandoned: arguments.abandon.clone(),
    };
    let report = collect_garbage(&store, &options)?;
    if arguments.json {
        print_line(&json!(report).to_string());
        return Ok(ExitCode::SUCCESS);
    }
    for path in &report.removed {
        print_line(path);
    }
    for left in &report.left {
        print_line(&format!("run {} stays: {}", left.run, left.reason));
    }
    print_line(&format!(
        "{} {} files, {:.1} MB",
        if arguments.dry_run { "would remove" } else { "removed" },
        report.removed.len(),
        report.bytes as f64 / 1e6,
    ));
    Ok(ExitCode::SUCCESS)
}
