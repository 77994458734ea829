use std::process::ExitCode;

use cobre_data::case::{CaseError, Finding, Severity, read_case_at};
use cobre_data::store::{Location, StoreOptions};
use serde_json::json;

use crate::args::ValidateOptions;
use crate::events::{print_line, print_message};
use crate::failure::Failure;

pub(crate) fn validate(options: &ValidateOptions) -> Result<ExitCode, Failure> {
    let location = match options.case.to_str() {
        Some(text) => Location::parse(text)?,
        None => Location::from(options.case.as_path()),
    };
    let (study, findings) = match read_case_at(&location, &StoreOptions::default()) {
        Ok(case) => (Some(case.study), case.warnings),
        Err(CaseError::Invalid { findings }) => (None, findings),
        Err(other) => return Err(Failure::of_case(&options.case, other)),
    };
    let count = |severity| findings.iter().filter(|finding: &&Finding| finding.severity == severity).count();
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    if options.json {
        print_line(
            &json!({ "valid": errors == 0, "errors": errors, "warnings": warnings, "findings": findings }).to_string(),
        );
    } else {
        for finding in &findings {
            print_message(&finding.to_string());
        }
        match &study {
            Some(study) => {
                let system = &study.system;
                print_line(&format!(
                    "valid: {} stages, {} hydros, {} thermals, {} buses, {} lines; {warnings} warnings",
                    system.n_stages(),
                    system.n_hydros(),
                    system.thermals().len(),
                    system.buses().len(),
                    system.lines().len(),
                ));
            }
            None => print_line(&format!("invalid: {errors} errors, {warnings} warnings")),
        }
    }
    Ok(ExitCode::from(u8::from(study.is_none())))
}
