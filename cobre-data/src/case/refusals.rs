//! Files of the format that are refused, or have no effect.

use super::cursor::Node;
use super::files::{CaseFiles, FILES, Role};
use super::finding::{Finding, Place, Report};
use super::table::count_rows;

/// Looks at every file whose content is not supported; empty ones are fine.
pub(super) fn check(files: &CaseFiles, report: &Report) {
    for (path, role) in FILES {
        let Some(bytes) = files.bytes(path) else { continue };
        let place = Place::file(path);
        match role {
            Role::RefusedJson(shape) => {
                if let Some(json) = files.json(path, report) {
                    Node::root(&json, path, report).object(shape);
                }
            }
            Role::RefusedTable(code) => match count_rows(bytes) {
                Ok(0) => {}
                Ok(_) => report.unsupported(code, &place),
                Err(message) => report.error("structural.parse", &place, format!("not readable as Parquet: {message}")),
            },
            Role::NoEffect(note) => {
                let finding = Finding::warning("accepted.no_effect", &place, "the file is accepted and has no effect");
                report.push(finding.hint(*note));
            }
            Role::Required | Role::Optional | Role::Retired(_) => {}
        }
    }
}
