use std::fmt::Write;

use cobre_data::output::Run;
use cobre_data::store::Location;
use datafusion::datasource::object_store::ObjectStoreUrl;
use datafusion::error::{DataFusionError, Result};
use serde::{Deserialize, Serialize};

use super::ATTACHED;
use crate::Attachment;

/// What the host of the URL of a run begins with; the rest is the address, in hexadecimal digits.
const HOST: &str = "run.";

/// Which committed run of which root: enough to find it again from anywhere, and to notice that it is another one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RunAddress {
    /// Name of the attachment, for messages.
    pub(crate) name: String,
    /// Path or URL of the root; a path is absolute.
    pub(crate) root: String,
    pub(crate) run: u32,
    /// Path of the run's manifest below the root.
    pub(crate) record: String,
    /// Identity of the run.
    pub(crate) run_id: String,
    /// Time of the commit, by the clock of its writer.
    pub(crate) completed_at: String,
}

impl RunAddress {
    /// The address of an open run.
    pub(crate) fn of(attachment: &Attachment, run: &Run) -> Self {
        let manifest = run.manifest();
        Self {
            name: attachment.name.clone(),
            root: root_text(&attachment.location),
            run: manifest.run,
            record: run.record().to_owned(),
            run_id: manifest.run_id.clone(),
            completed_at: manifest.completed_at.clone(),
        }
    }

    /// The URL under which DataFusion finds the files of the run.
    pub(crate) fn url(&self) -> Result<ObjectStoreUrl> {
        let text = serde_json::to_vec(self).map_err(|error| DataFusionError::IoError(std::io::Error::other(error)))?;
        let mut url = format!("{ATTACHED}://{HOST}");
        for byte in text {
            // Writing to a text does not fail.
            let _ = write!(url, "{byte:02x}");
        }
        ObjectStoreUrl::parse(url)
    }

    /// The address that a URL is; none when it is of another kind.
    pub(crate) fn parse(url: &str) -> Option<Self> {
        let digits = url.strip_prefix(ATTACHED)?.strip_prefix("://")?.strip_prefix(HOST)?.trim_end_matches('/');
        if !digits.is_ascii() || !digits.len().is_multiple_of(2) {
            return None;
        }
        let byte = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).ok();
        let text = (0..digits.len()).step_by(2).map(byte).collect::<Option<Vec<u8>>>()?;
        serde_json::from_slice(&text).ok()
    }
}

/// A location as other processes on this machine understand it, too.
pub(crate) fn root_text(location: &Location) -> String {
    match location.as_path() {
        Some(path) => {
            let absolute = path.canonicalize().or_else(|_| std::path::absolute(path));
            absolute.unwrap_or_else(|_| path.to_path_buf()).display().to_string()
        }
        None => location.to_string().trim_end_matches('/').to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(root: &str) -> RunAddress {
        RunAddress {
            name: "dry_years".to_owned(),
            root: root.to_owned(),
            run: 3,
            record: "_meta/run-3.json".to_owned(),
            run_id: "0f".to_owned(),
            completed_at: "2026-01-01T00:00:00Z".to_owned(),
        }
    }

    #[test]
    fn an_address_survives_its_url() {
        for root in ["/data/a b/é", "s3://bucket/prefix", "C:\\data"] {
            let url = address(root).url().expect("a URL");
            assert_eq!(RunAddress::parse(url.as_str()), Some(address(root)), "{root}");
        }
    }

    #[test]
    fn another_url_is_no_address() {
        let url = address("/data").url().expect("a URL").as_str().trim_end_matches('/').to_owned();
        for text in
            ["s3://bucket", "cobre://base", "cobre://run.", "cobre://run.7é", "cobre://run.00", &url[..url.len() - 1]]
        {
            assert_eq!(RunAddress::parse(text), None, "{text}");
        }
    }
}
