//! Cases as tables: read anew when they change, refused when they are none.

use cobre_sql::{Attachment, SessionOptions, StudySession};
use serde_json::json;

use super::session::Asker;
use crate::recovery::case::CaseCopy;
use crate::recovery::kill::Place;

fn attach(location: &str) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let mut session = StudySession::new(SessionOptions::default()).expect("a session");
    let attachment = Attachment::parse(location).expect("an attachment");
    match runtime.block_on(session.attach(&attachment)) {
        Ok(()) => panic!("{location} is attached"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn a_case_is_read_again_when_it_has_changed() {
    let case = CaseCopy::of("toy", |_| ());
    let mut asker = Asker::of(&Place::disk(), &[], 1);
    asker.attach("planned", &case.path());
    let openings = |asker: &mut Asker| asker.count("SELECT count(*) FROM noise_openings WHERE value > 0");
    let before = openings(&mut asker);
    assert!(before > 0);
    assert_eq!(openings(&mut asker), before);
    case.change(|config| config["training"]["tree_seed"] = json!(4711));
    assert_ne!(openings(&mut asker), before);
    // What breaks the format is told, and the next question that finds it mended is answered.
    case.change(|config| config["training"]["tree_seed"] = json!("many"));
    assert!(asker.refusal("SELECT * FROM stages").contains("tree_seed"));
    case.change(|config| config["training"]["tree_seed"] = json!(4711));
    assert_eq!(asker.count("SELECT count(*) FROM stages"), 6);
}

#[test]
fn a_case_at_a_url_has_the_same_tables() {
    let case = CaseCopy::of("toy", |_| ());
    let mut asker = Asker::of(&Place::disk(), &[], 1);
    asker.attach("planned", &case.path());
    asker.attach("remote", &format!("file://{}", case.path()));
    for table in ["stages", "hydros", "thermal_bounds", "noise_openings"] {
        let both = [format!("SELECT * FROM planned.{table}"), format!("SELECT * FROM remote.{table}")];
        assert_eq!(asker.ask(&both[0]), asker.ask(&both[1]), "{table}");
    }
}

#[test]
fn what_is_neither_case_nor_outputs_is_refused() {
    let case = CaseCopy::of("toy", |_| ());
    let message = attach(&format!("planned={}#1", case.path()));
    assert!(message.contains("a case has no run 1"), "{message}");
    let empty = tempfile::tempdir().expect("a folder");
    let message = attach(&empty.path().display().to_string());
    assert!(message.contains("no committed run"), "{message}");
    case.change(|config| config["nonsense"] = json!(1));
    let message = attach(&case.path());
    assert!(message.contains("nonsense"), "{message}");
}

#[test]
fn inputs_of_a_run_are_those_of_its_case_alone() {
    let (place, case) = (Place::disk(), CaseCopy::of("toy", |_| ()));
    let (code, messages) = place.run(&case.path(), "toy", &[]);
    assert_eq!(code, Some(0), "{messages}");
    let mut asker = Asker::of(&place, &[("base", "toy")], 1);
    assert_eq!(asker.count("SELECT count(*) FROM base_inputs.stages"), 6);
    // A name that is given goes before the one that is found.
    let other = CaseCopy::of("four-reservoirs", |_| ());
    asker.attach("base_inputs", &other.path());
    for _ in 0..2 {
        assert_eq!(asker.count("SELECT count(*) FROM base_inputs.stages"), 12);
    }
    case.change(|config| config["training"]["tree_seed"] = json!(4711));
    let mut asker = Asker::of(&place, &[("base", "toy")], 1);
    let message = asker.refusal("SELECT * FROM base_inputs.stages");
    assert!(message.contains("base_inputs"), "{message}");
}
