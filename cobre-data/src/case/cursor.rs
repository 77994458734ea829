//! A strict cursor over JSON: it knows file and pointer, and reports what is missing, unknown or of a wrong type.

use std::collections::BTreeMap;
use std::fmt::Display;

use super::date::Date;
use super::finding::{Finding, Place, Report};
use super::json::Json;
use super::keys::{Key, Shape, Use};
use super::range::Range;

/// A JSON value and where it stands.
#[derive(Clone)]
pub(super) struct Node<'a> {
    json: &'a Json,
    place: Place,
    report: &'a Report,
}

impl<'a> Node<'a> {
    /// The root of a file.
    pub(super) fn root(json: &'a Json, file: &str, report: &'a Report) -> Self {
        Self { json, place: Place::file(file), report }
    }

    /// Where the value stands.
    pub(super) fn place(&self) -> &Place {
        &self.place
    }

    /// The collector of findings.
    pub(super) fn report(&self) -> &'a Report {
        self.report
    }

    /// Reports an error about this value.
    pub(super) fn invalid(&self, code: &'static str, message: impl Into<String>) {
        self.report.push(Finding::error(code, &self.place, message).value(self.json));
    }

    /// Notes that this value changes nothing, why, and what to do about it.
    pub(super) fn warn_no_effect(&self, why: &str, hint: impl Into<String>) {
        self.report.push(Finding::warning("accepted.no_effect", &self.place, why).hint(hint));
    }

    /// Refuses a feature of the format.
    pub(super) fn unsupported(&self, code: &'static str) {
        self.report.unsupported(code, &self.place);
    }

    /// Whether the value says nothing: an empty array or object.
    pub(super) fn is_empty(&self) -> bool {
        match self.json {
            Json::Array(items) => items.is_empty(),
            Json::Object(members) => members.is_empty(),
            Json::Null => true,
            _ => false,
        }
    }

    fn wrong_type(&self, expected: impl Display) {
        self.invalid("schema.type", format!("expected {expected}, found {}", self.json.kind()));
    }

    /// The members of an object of this shape; keys the shape does not know are reported.
    pub(super) fn object(&self, shape: &'static Shape) -> Option<Object<'a>> {
        let members = self.members()?;
        let object = Object { members, shape, node: self.clone() };
        object.check_keys();
        Some(object)
    }

    /// The members of an object, nothing reported: for a second look at a value that was read before.
    pub(super) fn object_quietly(&self, shape: &'static Shape) -> Option<Object<'a>> {
        let Json::Object(entries) = self.json else {
            return None;
        };
        let members = entries.iter().map(|(key, json)| (key.as_str(), json)).collect();
        Some(Object { members, shape, node: self.clone() })
    }

    /// The members of an object whose keys are names given by the user, in order of name.
    pub(super) fn entries(&self) -> Option<Vec<(&'a str, Node<'a>)>> {
        let entries = self.members()?.into_iter();
        Some(
            entries
                .map(|(key, json)| (key, Node { json, place: self.place.member(key), report: self.report }))
                .collect(),
        )
    }

    fn members(&self) -> Option<BTreeMap<&'a str, &'a Json>> {
        let Json::Object(entries) = self.json else {
            self.wrong_type("an object");
            return None;
        };
        let mut members = BTreeMap::new();
        for (key, json) in entries {
            if members.insert(key.as_str(), json).is_some() {
                self.report.error("schema.duplicate_key", &self.place.member(key), "the key appears more than once");
            }
        }
        Some(members)
    }

    /// The items of an array.
    pub(super) fn items(&self) -> Option<Vec<Node<'a>>> {
        let Json::Array(items) = self.json else {
            self.wrong_type("an array");
            return None;
        };
        let node = |(i, json): (usize, &'a Json)| Node {
            json,
            place: Place { file: self.place.file.clone(), pointer: format!("{}/{i}", self.place.pointer) },
            report: self.report,
        };
        Some(items.iter().enumerate().map(node).collect())
    }

    /// A string.
    pub(super) fn text(&self) -> Option<&'a str> {
        if let Json::Text(text) = self.json {
            return Some(text);
        }
        self.wrong_type("a string");
        None
    }

    /// The string, if it is one; nothing is reported otherwise.
    pub(super) fn as_text(&self) -> Option<&'a str> {
        if let Json::Text(text) = self.json { Some(text) } else { None }
    }

    /// `true` or `false`.
    pub(super) fn flag(&self) -> Option<bool> {
        if let Json::Bool(flag) = self.json {
            return Some(*flag);
        }
        self.wrong_type("true or false");
        None
    }

    /// The flag, if it is one; nothing is reported otherwise.
    pub(super) fn as_flag(&self) -> Option<bool> {
        if let Json::Bool(flag) = self.json { Some(*flag) } else { None }
    }

    /// A number in a range.
    pub(super) fn number(&self, range: Range) -> Option<f64> {
        let value = match self.json {
            Json::Integer(value) => *value as f64,
            Json::Number(value) => *value,
            _ => {
                self.wrong_type("a number");
                return None;
            }
        };
        if !range.contains(value) {
            self.invalid("schema.range", format!("expected {range}"));
            return None;
        }
        Some(value)
    }

    /// A whole number between two ends, both included.
    pub(super) fn integer(&self, min: i64, max: i64) -> Option<i64> {
        let Json::Integer(value) = *self.json else {
            self.wrong_type("an integer");
            return None;
        };
        if !(min..=max).contains(&value) {
            self.invalid("schema.range", format!("expected an integer in [{min}, {max}]"));
            return None;
        }
        Some(value)
    }

    /// A label.
    pub(super) fn id(&self) -> Option<i32> {
        self.integer(i64::from(i32::MIN), i64::from(i32::MAX)).map(|id| id as i32)
    }

    /// A count of at least `min`.
    pub(super) fn count(&self, min: u32) -> Option<u32> {
        self.integer(i64::from(min), i64::from(u32::MAX)).map(|count| count as u32)
    }

    /// A day, `YYYY-MM-DD`.
    pub(super) fn date(&self) -> Option<Date> {
        let date = Date::parse(self.text()?);
        if date.is_none() {
            self.invalid("schema.date", "expected a date of the calendar, YYYY-MM-DD");
        }
        date
    }

    /// One of the named values.
    pub(super) fn choice<T: Copy>(&self, choices: &[(&'static str, T)]) -> Option<T> {
        let text = self.text()?;
        if let Some(choice) = choices.iter().find(|choice| choice.0 == text) {
            return Some(choice.1);
        }
        let names: Vec<&str> = choices.iter().map(|choice| choice.0).collect();
        let finding =
            Finding::error("schema.unknown_value", &self.place, format!("expected one of {}", names.join(", ")));
        self.report.push(finding.value(self.json).hint(did_you_mean(text, &names)));
        None
    }
}

/// An object of a known shape.
pub(super) struct Object<'a> {
    members: BTreeMap<&'a str, &'a Json>,
    shape: &'static Shape,
    node: Node<'a>,
}

impl<'a> Object<'a> {
    /// Where the object stands.
    pub(super) fn place(&self) -> &Place {
        &self.node.place
    }

    /// The collector of findings.
    pub(super) fn report(&self) -> &'a Report {
        self.node.report
    }

    /// The member of a key; `null` counts as absent.
    pub(super) fn optional(&self, key: &'static str) -> Option<Node<'a>> {
        debug_assert!(
            self.shape.keys.iter().any(|known| known.name == key && matches!(known.usage, Use::Read)),
            "{key} is not a key that {} lists as read",
            self.shape.path
        );
        let json = *self.members.get(key)?;
        let node = Node { json, place: self.node.place.member(key), report: self.node.report };
        (*json != Json::Null).then_some(node)
    }

    /// The member of a key that must be there.
    pub(super) fn required(&self, key: &'static str) -> Option<Node<'a>> {
        let member = self.optional(key);
        if member.is_none() {
            self.node.report.error("schema.missing_key", &self.node.place, format!("the key \"{key}\" is missing"));
        }
        member
    }

    /// A required number in a range.
    pub(super) fn number(&self, key: &'static str, range: Range) -> Option<f64> {
        self.required(key)?.number(range)
    }

    /// A number in a range, if given.
    pub(super) fn optional_number(&self, key: &'static str, range: Range) -> Option<f64> {
        self.optional(key)?.number(range)
    }

    /// A required label.
    pub(super) fn id(&self, key: &'static str) -> Option<i32> {
        self.required(key)?.id()
    }

    /// A label, if given.
    pub(super) fn optional_id(&self, key: &'static str) -> Option<i32> {
        self.optional(key)?.id()
    }

    /// The items of a required array.
    pub(super) fn items(&self, key: &'static str) -> Vec<Node<'a>> {
        self.required(key).and_then(|node| node.items()).unwrap_or_default()
    }

    /// The items of an array, none if it is absent.
    pub(super) fn optional_items(&self, key: &'static str) -> Vec<Node<'a>> {
        self.optional(key).and_then(|node| node.items()).unwrap_or_default()
    }

    fn check_keys(&self) {
        for (&name, &json) in &self.members {
            let place = self.node.place.member(name);
            let Some(key) = self.shape.keys.iter().find(|key| key.name == name) else {
                if !(name == "$schema" && self.node.place.pointer.is_empty()) {
                    self.report_unknown(name, &place);
                }
                continue;
            };
            let member = Node { json, place, report: self.node.report };
            self.check_usage(key, &member);
        }
    }

    fn check_usage(&self, key: &Key, member: &Node<'a>) {
        match key.usage {
            Use::Read => {}
            Use::Refused(_) if member.is_empty() || *member.json == Json::Bool(false) => {}
            Use::Refused(code) => member.unsupported(code),
            Use::Accepted if *member.json == Json::Null => {}
            Use::Accepted => member.warn_no_effect("the key is accepted and has no effect", key.note),
            Use::Retired => {
                let finding = Finding::error("schema.retired_key", &member.place, "the key has left the format");
                self.node.report.push(finding.hint(key.note));
            }
        }
    }

    fn report_unknown(&self, name: &str, place: &Place) {
        let known: Vec<&str> =
            self.shape.keys.iter().filter(|key| !matches!(key.usage, Use::Retired)).map(|key| key.name).collect();
        let hint = match did_you_mean(name, &known) {
            hint if hint.is_empty() => format!("known keys: {}", known.join(", ")),
            hint => hint,
        };
        let message = format!("unknown key \"{name}\"");
        self.node.report.push(Finding::error("schema.unknown_key", place, message).hint(hint));
    }
}

/// `did you mean "x"?` for the nearest of the known names, or nothing when none is near.
pub(super) fn did_you_mean(name: &str, known: &[&str]) -> String {
    if name.len() > 100 {
        return String::new();
    }
    let nearest = known.iter().map(|candidate| (edit_distance(name, candidate), *candidate)).min();
    match nearest {
        Some((distance, candidate)) if distance <= 1 + candidate.chars().count() / 4 => {
            format!("did you mean \"{candidate}\"?")
        }
        _ => String::new(),
    }
}

/// Number of characters to insert, delete or replace (Levenshtein).
fn edit_distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, &y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::{did_you_mean, edit_distance};

    #[test]
    fn distances() {
        assert_eq!(edit_distance("kitten", "sitting"), 3);
        assert_eq!(edit_distance("", "abc"), 3);
    }

    #[test]
    fn suggests_near_names_only() {
        assert_eq!(did_you_mean("stoping_rules", &["stopping_rules", "selection"]), "did you mean \"stopping_rules\"?");
        assert_eq!(did_you_mean("colour", &["stopping_rules", "selection"]), "");
    }
}
