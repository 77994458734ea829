use super::super::codes::CODES;
use super::super::tables;
use super::super::unsupported::UNSUPPORTED;
use super::{Use, all};
use crate::case::files::{FILES, Role};
use crate::case::table::Presence;

fn documentation() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/case-keys.md");
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn usage(usage: Use) -> String {
    match usage {
        Use::Read => "honoured".to_owned(),
        Use::Refused(code) => format!("refused: `{code}`"),
        Use::Accepted => "accepted with a warning".to_owned(),
        Use::Retired => "error: left the format".to_owned(),
    }
}

/// The rows of the tables of the documentation, in its order.
fn rows() -> Vec<String> {
    let mut rows = Vec::new();
    for (path, role) in FILES {
        let (what, note) = match role {
            Role::Required => ("required", ""),
            Role::Optional => ("optional", ""),
            Role::RefusedJson(_) => ("refused unless empty, see its keys", ""),
            Role::RefusedTable(code) => ("refused unless empty", *code),
            Role::NoEffect(note) => ("accepted with a warning", *note),
            Role::Retired(note) => ("error: left the format", *note),
        };
        let note = if note.starts_with("unsupported.") { format!("`{note}`") } else { note.to_owned() };
        rows.push(format!("| `{path}` | {what} | {note} |"));
    }
    for shape in all() {
        for key in shape.keys {
            let dot = if shape.path.is_empty() { "" } else { "." };
            let key_path = format!("{}{dot}{}", shape.path, key.name);
            rows.push(format!("| `{}` | `{key_path}` | {} | {} |", shape.file, usage(key.usage), key.note));
        }
    }
    for table in tables::ALL {
        for column in table.columns {
            let presence = match column.presence {
                Presence::Required => "required",
                Presence::Nullable => "required, may be null",
                Presence::Optional => "optional, may be null",
            };
            let kind = column.kind.arrow();
            rows.push(format!("| `{}` | `{}` | {kind} | {presence} |", table.file, column.name));
        }
    }
    for (code, what, hint) in UNSUPPORTED {
        rows.push(format!("| `{code}` | {what} not supported | {hint} |"));
    }
    for (code, meaning) in CODES {
        rows.push(format!("| `{code}` | {meaning} |"));
    }
    rows
}

#[test]
fn the_documentation_lists_every_file_key_column_and_refusal() {
    let documentation = documentation();
    let listed: std::collections::BTreeSet<&str> = documentation.lines().collect();
    let missing: Vec<String> = rows().into_iter().filter(|row| !listed.contains(row.as_str())).collect();
    assert!(missing.is_empty(), "docs/case-keys.md lacks these lines:\n{}", missing.join("\n"));
}

#[test]
fn the_documentation_lists_nothing_that_the_reader_does_not_know() {
    let known: std::collections::BTreeSet<String> = rows().into_iter().collect();
    let documentation = documentation();
    let unknown: Vec<&str> =
        documentation.lines().filter(|line| line.starts_with("| `") && !known.contains(*line)).collect();
    assert!(unknown.is_empty(), "the reader does not know these lines of docs/case-keys.md:\n{}", unknown.join("\n"));
}

#[test]
fn refused_keys_and_files_use_listed_codes() {
    let listed = |code: &str| UNSUPPORTED.iter().any(|entry| entry.0 == code);
    for shape in all() {
        for key in shape.keys {
            if let Use::Refused(code) = key.usage {
                assert!(listed(code), "{}: {code}", shape.path);
            }
            for word in key.note.split('`').filter(|word| word.starts_with("unsupported.")) {
                assert!(listed(word), "{}: {word}", shape.path);
            }
        }
    }
    for (path, role) in FILES {
        if let Role::RefusedTable(code) = role {
            assert!(listed(code), "{path}: {code}");
        }
    }
}

#[test]
fn no_shape_has_a_key_twice() {
    for shape in all() {
        let names: std::collections::BTreeSet<_> = shape.keys.iter().map(|key| key.name).collect();
        assert_eq!(names.len(), shape.keys.len(), "{} {}", shape.file, shape.path);
    }
}
