use cobre_data::store::Location;

use crate::SqlError;

/// What is attached to a session: an output root or a case directory, under a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// Name of the schema.
    pub name: String,
    /// Where it lies.
    pub location: Location,
    /// Which run of an output root; none for the newest that is committed.
    pub run: Option<u32>,
}

/// Name of what is attached without one.
const UNNAMED: &str = "study";

impl Attachment {
    /// Reads `[NAME=]LOCATION[#RUN]`, as in `results`, `base=studies/base/output` or `dry=s3://bucket/dry#3`. What has no
    /// name is called `study`.
    ///
    /// # Errors
    /// [`SqlError::Attachment`] when the name is no lower-case identifier or the run no number, [`SqlError::Output`] when
    /// the location cannot be understood.
    pub fn parse(text: &str) -> Result<Self, SqlError> {
        let refused = |message: String| SqlError::Attachment { attachment: text.to_owned(), message };
        let (name, rest) = match text.split_once('=') {
            // A path may hold `=`; a name holds no `/`, and `run=3` is a folder.
            Some((name, rest)) if !name.contains(['/', '\\', '.', ':']) && !is_run_folder(text) => (name, rest),
            _ => (UNNAMED, text),
        };
        check_name(name).map_err(refused)?;
        let (place, run) = match rest.rsplit_once('#') {
            Some((place, run)) => {
                let run = run.parse().map_err(|_| refused(format!("`{run}` is not the number of a run")))?;
                (place, Some(run))
            }
            None => (rest, None),
        };
        Ok(Self { name: name.to_owned(), location: Location::parse(place)?, run })
    }
}

fn is_run_folder(text: &str) -> bool {
    text.strip_prefix("run=").is_some_and(|number| number.bytes().all(|digit| digit.is_ascii_digit()))
}

/// Refuses what cannot be the name of an attachment, and says why.
pub(crate) fn check_name(name: &str) -> Result<(), String> {
    if !is_identifier(name) {
        return Err(format!("`{name}` is not a name; expected lower-case letters, digits and `_`, first a letter"));
    }
    if name == "information_schema" {
        return Err("this name is taken by the description of the tables".to_owned());
    }
    Ok(())
}

fn is_identifier(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_runs_are_told_from_locations() {
        let parse = |text: &str| {
            let attachment = Attachment::parse(text).expect(text);
            (attachment.name, attachment.location.to_string(), attachment.run)
        };
        let expected = |name: &str, place: &str, run| (name.to_owned(), place.to_owned(), run);
        assert_eq!(parse("results"), expected("study", "results", None));
        assert_eq!(parse("base=studies/base#2"), expected("base", "studies/base", Some(2)));
        assert_eq!(parse("dry=s3://bucket/a=b"), expected("dry", "s3://bucket/a=b", None));
        assert_eq!(parse("run=3"), expected("study", "run=3", None));
        assert_eq!(parse("run=results"), expected("run", "results", None));
        assert_eq!(parse("./a=b"), expected("study", "./a=b", None));
        assert_eq!(parse("s3://bucket/a=b#7"), expected("study", "s3://bucket/a=b", Some(7)));
    }

    #[test]
    fn what_is_no_attachment_is_refused() {
        for text in ["Base=results", "1=results", "=results", "base=", "a=results#x", "information_schema=results"] {
            Attachment::parse(text).expect_err(text);
        }
    }
}
