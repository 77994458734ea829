//! Names of the records and folders of a run.

/// Folder of manifests and claims.
pub(super) const META: &str = "_meta";

/// Folder of run `run`.
pub(super) fn run_folder(run: u32) -> String {
    format!("run={run}")
}

/// The claim of attempt `attempt` at run `run`.
pub(super) fn claim_file(run: u32, attempt: u32) -> String {
    if attempt == 0 { format!("{META}/claim-{run}.json") } else { format!("{META}/claim-{run}-{attempt}.json") }
}

/// The commit of run `run`.
pub(super) fn final_manifest_file(run: u32) -> String {
    format!("{META}/run-{run}.json")
}

/// What attempt `attempt` at run `run` committed when it was asked to stop; a later attempt may go on from there.
pub(super) fn partial_manifest_file(run: u32, attempt: u32) -> String {
    format!("{META}/run-{run}-partial-{attempt}.json")
}

/// Which record a file of the folder `_meta` is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Record {
    Claim { run: u32, attempt: u32 },
    Partial { run: u32, attempt: u32 },
    Final { run: u32 },
}

impl Record {
    pub(super) fn parse(name: &str) -> Option<Self> {
        let stem = name.strip_suffix(".json")?;
        if let Some(rest) = stem.strip_prefix("claim-") {
            return match rest.split_once('-') {
                None => Some(Self::Claim { run: number(rest)?, attempt: 0 }),
                Some((run, attempt)) => {
                    Some(Self::Claim { run: number(run)?, attempt: number(attempt).filter(|&a| a > 0)? })
                }
            };
        }
        let rest = stem.strip_prefix("run-")?;
        match rest.split_once("-partial-") {
            None => Some(Self::Final { run: number(rest)? }),
            Some((run, attempt)) => Some(Self::Partial { run: number(run)?, attempt: number(attempt)? }),
        }
    }

    pub(super) fn run(self) -> u32 {
        match self {
            Self::Claim { run, .. } | Self::Partial { run, .. } | Self::Final { run } => run,
        }
    }
}

/// An unpadded number.
fn number(digits: &str) -> Option<u32> {
    digits.parse::<u32>().ok().filter(|number| number.to_string() == digits)
}

/// The run a record belongs to.
pub(super) fn run_number(name: &str) -> Option<u32> {
    Record::parse(name).map(Record::run)
}

/// Run and attempt of a claim.
pub(super) fn parse_claim(name: &str) -> Option<(u32, u32)> {
    match Record::parse(name)? {
        Record::Claim { run, attempt } => Some((run, attempt)),
        _ => None,
    }
}

/// The number of a run's folder.
pub(super) fn parse_run_folder(name: &str) -> Option<u32> {
    name.strip_prefix("run=").and_then(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_are_written() {
        for (run, attempt) in [(1, 0), (12, 3), (4_294_967_295, 7)] {
            let name = |path: String| path.strip_prefix("_meta/").expect("a record").to_string();
            assert_eq!(Record::parse(&name(claim_file(run, attempt))), Some(Record::Claim { run, attempt }));
            assert_eq!(
                Record::parse(&name(partial_manifest_file(run, attempt))),
                Some(Record::Partial { run, attempt })
            );
            assert_eq!(Record::parse(&name(final_manifest_file(run))), Some(Record::Final { run }));
            assert_eq!(parse_run_folder(&run_folder(run)), Some(run));
        }
    }

    #[test]
    fn other_names_are_no_records() {
        for name in ["run-01.json", "run-1.json.tmp", "claim-1-0.json", "run-.json", "claim--1.json", "notes.json"] {
            assert_eq!(Record::parse(name), None, "{name}");
        }
        assert_eq!(parse_run_folder("run=007"), None);
    }
}
