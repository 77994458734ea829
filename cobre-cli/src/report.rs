use std::process::ExitCode;

use cobre_data::output::open_run;
use cobre_data::report::RunReport;
use serde_json::json;

use crate::args::ReportOptions;
use crate::events::print_line;
use crate::failure::Failure;
use crate::stores::open_store;

pub(crate) fn report(options: &ReportOptions) -> Result<ExitCode, Failure> {
    let store = open_store(&options.root, &options.store)?;
    let run = open_run(&store, options.run)?;
    let report = RunReport::read(&run, options.verify).map_err(|error| {
        let failure = Failure::from(error);
        if options.verify {
            return failure;
        }
        Failure::Files { message: format!("{}; hint: --verify tells which files are damaged", failure.message()) }
    })?;
    print_line(&if options.json { json!(report).to_string() } else { report.to_string().trim_end().to_string() });
    if report.is_damaged() {
        return Err(Failure::Files { message: format!("run {} is damaged", report.run) });
    }
    Ok(ExitCode::SUCCESS)
}
