use serde_json::Value;

use super::super::CaseError;
use super::super::json::Json;
use super::{CaseFolder, edit};

const CONFIG: &str = "config.json";

impl CaseFolder {
    /// Changes settings of `config.json` by a merge patch (RFC 7386): the members of an object replace those of the same
    /// name, objects are merged member by member, and null removes a member. What the format does not know is found when
    /// the case is [read](Self::read).
    ///
    /// # Errors
    /// [`CaseError::Edit`] when `overrides` is not an object, or `config.json` is not JSON.
    pub fn merge_config(&mut self, overrides: &Value) -> Result<(), CaseError> {
        let patch = Json::from(overrides);
        if !matches!(patch, Json::Object(_)) {
            return Err(edit(CONFIG, format!("settings are an object, found {}", patch.kind())));
        }
        let mut config = self.json(CONFIG)?.unwrap_or(Json::Object(Vec::new()));
        merge(&mut config, patch);
        self.insert_json(CONFIG, &config)
    }
}

/// `MergePatch` of RFC 7386, section 2.
fn merge(target: &mut Json, patch: Json) {
    let Json::Object(patch) = patch else {
        *target = patch;
        return;
    };
    if !matches!(target, Json::Object(_)) {
        *target = Json::Object(Vec::new());
    }
    let Json::Object(members) = target else { return };
    for (name, value) in patch {
        let at = members.iter().position(|member| member.0 == name);
        match (at, value) {
            (Some(at), Json::Null) => drop(members.remove(at)),
            (None, Json::Null) => {}
            (Some(at), value) => merge(&mut members[at].1, value),
            (None, value) => {
                members.push((name, Json::Null));
                if let Some(member) = members.last_mut() {
                    merge(&mut member.1, value);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Json, merge};

    /// Appendix A of RFC 7386: original, patch, result.
    const CASES: [(&str, &str, &str); 15] = [
        (r#"{"a":"b"}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#),
        (r#"{"a":"b"}"#, r#"{"b":"c"}"#, r#"{"a":"b","b":"c"}"#),
        (r#"{"a":"b"}"#, r#"{"a":null}"#, "{}"),
        (r#"{"a":"b","b":"c"}"#, r#"{"a":null}"#, r#"{"b":"c"}"#),
        (r#"{"a":["b"]}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#),
        (r#"{"a":"c"}"#, r#"{"a":["b"]}"#, r#"{"a":["b"]}"#),
        (r#"{"a":{"b":"c"}}"#, r#"{"a":{"b":"d","c":null}}"#, r#"{"a":{"b":"d"}}"#),
        (r#"{"a":[{"b":"c"}]}"#, r#"{"a":[1]}"#, r#"{"a":[1]}"#),
        (r#"["a","b"]"#, r#"["c","d"]"#, r#"["c","d"]"#),
        (r#"{"a":"b"}"#, r#"["c"]"#, r#"["c"]"#),
        (r#"{"a":"foo"}"#, "null", "null"),
        (r#"{"a":"foo"}"#, r#""bar""#, r#""bar""#),
        (r#"{"e":null}"#, r#"{"a":1}"#, r#"{"e":null,"a":1}"#),
        ("[1,2]", r#"{"a":"b","c":null}"#, r#"{"a":"b"}"#),
        ("{}", r#"{"a":{"bb":{"ccc":null}}}"#, r#"{"a":{"bb":{}}}"#),
    ];

    #[test]
    fn patches_are_those_of_the_rfc() {
        let json = |text: &str| serde_json::from_str::<Json>(text).expect("JSON");
        for (original, patch, expected) in CASES {
            let mut target = json(original);
            merge(&mut target, json(patch));
            assert_eq!(target, json(expected), "{original} {patch}");
        }
    }
}
