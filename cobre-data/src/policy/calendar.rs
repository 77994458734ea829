use cobre_engine::Study;

use super::manifest::PolicyStage;
use crate::case::date::Date;

/// A day as people write it.
pub(super) fn day_text(day: Option<i32>) -> String {
    day.and_then(Date::from_day).map_or_else(|| "unknown".to_owned(), |date| date.to_string())
}

/// Differences that are listed in a message.
const LISTED: usize = 5;

/// Refuses a policy whose stages are not those of the study: their number, labels and dates. The answer says what
/// differs.
pub(super) fn check_calendar(stages: &[PolicyStage], study: &Study) -> Result<(), String> {
    let expected = PolicyStage::of_study(study);
    if stages.len() != expected.len() {
        return Err(format!("the policy has {} stages where the study has {}", stages.len(), expected.len()));
    }
    let mut differences = Vec::new();
    for (t, (found, expected)) in stages.iter().zip(&expected).enumerate() {
        if found.id != expected.id {
            differences.push(format!("position {t} is stage {} where the study has {}", found.id, expected.id));
        } else if differs(found.start_day, expected.start_day) || differs(found.end_day, expected.end_day) {
            let span = |stage: &PolicyStage| format!("{} to {}", day_text(stage.start_day), day_text(stage.end_day));
            differences.push(format!("stage {} is {} where the study has {}", found.id, span(found), span(expected)));
        }
    }
    if differences.is_empty() {
        return Ok(());
    }
    let n_more = differences.len().saturating_sub(LISTED);
    let more = if n_more > 0 { format!("; and {n_more} more stages") } else { String::new() };
    differences.truncate(LISTED);
    Err(format!("the policy has other stages than the study: {}{more}", differences.join("; ")))
}

/// Whether two days are known and not the same.
fn differs(one: Option<i32>, other: Option<i32>) -> bool {
    one.zip(other).is_some_and(|(one, other)| one != other)
}
