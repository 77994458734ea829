use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use object_store::path::Path as ObjectPath;
use url::Url;

use crate::output::OutputError;

/// Where results, policies or cases live: a local path, or a URL such as `s3://bucket/prefix`, `az://container/prefix`,
/// `gs://bucket/prefix`, `file:///folder` or `memory://name/prefix`.
///
/// Shown as it was given. Credentials are not part of a location: a URL that holds some is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    shown: String,
    place: Place,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    Disk(PathBuf),
    /// The stores of one name share their content within the process.
    Memory {
        name: String,
        prefix: ObjectPath,
    },
    /// The URL of the bucket or container, and the prefix in it.
    Remote {
        cloud: Cloud,
        bucket: Url,
        prefix: ObjectPath,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cloud {
    Amazon,
    Azure,
    Google,
}

impl Location {
    /// Reads a path or a URL. What has no `://` is a path.
    ///
    /// # Errors
    ///
    /// [`OutputError::IoError`] of kind [`InvalidInput`](io::ErrorKind::InvalidInput): the text is empty, the scheme is
    /// none of the known ones, the bucket is missing, or the URL holds credentials, a query or a fragment.
    pub fn parse(text: &str) -> Result<Self, OutputError> {
        if text.is_empty() {
            return Err(refused(text, "a location is a path or a URL, found an empty text"));
        }
        let Some((scheme, _)) = text.split_once("://") else { return Ok(Self::from(Path::new(text))) };
        let visible = text.split(['?', '#']).next().unwrap_or_default();
        let url = Url::parse(text).map_err(|error| refused(scheme, &format!("not a URL: {error}")))?;
        if url.password().is_some() || (!url.username().is_empty() && !scheme.starts_with("abfs")) {
            return Err(refused(
                &format!("{scheme}://…"),
                "the URL holds credentials; give them as options of the store",
            ));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(refused(visible, "the URL has a query or a fragment; options of the store are given apart"));
        }
        let prefix = ObjectPath::from_url_path(url.path()).map_err(|error| refused(text, &error.to_string()))?;
        let place = match scheme {
            "file" => {
                let path = url.to_file_path().map_err(|()| refused(text, "not a path of this machine"))?;
                Place::Disk(path)
            }
            "memory" => Place::Memory { name: url.host_str().unwrap_or_default().to_owned(), prefix },
            _ => {
                let cloud = Cloud::of(scheme).ok_or_else(|| {
                    refused(text, &format!("unknown scheme `{scheme}`, expected one of file, s3, az, abfs, gs, memory"))
                })?;
                if url.host_str().is_none_or(str::is_empty) {
                    return Err(refused(text, "the URL names no bucket"));
                }
                let mut bucket = url;
                bucket.set_path("");
                Place::Remote { cloud, bucket, prefix }
            }
        };
        Ok(Self { shown: text.to_owned(), place })
    }

    /// The place `relative`, names separated by `/`, below this one.
    #[must_use]
    pub fn join(&self, relative: &str) -> Self {
        let below = |prefix: &ObjectPath| prefix.parts().chain(ObjectPath::from(relative).parts()).collect();
        let place = match &self.place {
            Place::Disk(path) => Place::Disk(join_path(path, relative)),
            Place::Memory { name, prefix } => Place::Memory { name: name.clone(), prefix: below(prefix) },
            Place::Remote { cloud, bucket, prefix } => {
                Place::Remote { cloud: *cloud, bucket: bucket.clone(), prefix: below(prefix) }
            }
        };
        Self { shown: text_below(&self.shown, relative), place }
    }

    /// Whether what is written here is gone with the process.
    #[must_use]
    pub fn is_memory(&self) -> bool {
        matches!(self.place, Place::Memory { .. })
    }

    /// The path of a location on a local disk.
    #[must_use]
    pub fn as_path(&self) -> Option<&Path> {
        match &self.place {
            Place::Disk(path) => Some(path),
            _ => None,
        }
    }

    pub(super) fn place(&self) -> &Place {
        &self.place
    }
}

impl Cloud {
    fn of(scheme: &str) -> Option<Self> {
        match scheme {
            "s3" | "s3a" => Some(Self::Amazon),
            "az" | "azure" | "adl" | "abfs" | "abfss" => Some(Self::Azure),
            "gs" => Some(Self::Google),
            _ => None,
        }
    }
}

impl From<&Path> for Location {
    fn from(path: &Path) -> Self {
        Self { shown: path.display().to_string(), place: Place::Disk(path.to_path_buf()) }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

/// The text of the place `relative` below the place `root`.
pub(super) fn text_below(root: &str, relative: &str) -> String {
    let relative = relative.trim_matches('/');
    if relative.is_empty() {
        return root.to_owned();
    }
    if !root.contains("://") {
        return join_path(Path::new(root), relative).display().to_string();
    }
    let encoded = relative.replace('%', "%25").replace('?', "%3F").replace('#', "%23");
    let separator = if root.ends_with('/') { "" } else { "/" };
    format!("{root}{separator}{encoded}")
}

fn join_path(path: &Path, relative: &str) -> PathBuf {
    let mut joined = path.to_path_buf();
    joined.extend(relative.split('/').filter(|name| !name.is_empty()));
    joined
}

fn refused(shown: &str, message: &str) -> OutputError {
    OutputError::io("use the location", Path::new(shown), io::Error::new(io::ErrorKind::InvalidInput, message))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Location {
        Location::parse(text).unwrap_or_else(|error| panic!("{error}"))
    }

    fn refusal(text: &str) -> String {
        Location::parse(text).expect_err("a refusal").to_string()
    }

    #[test]
    fn what_has_no_scheme_is_a_path() {
        for text in ["out", "/data/out", "../a b", "C:\\out", "run=1"] {
            let location = parse(text);
            assert_eq!(location.as_path(), Some(Path::new(text)));
            assert_eq!(location.to_string(), text);
            assert!(!location.is_memory());
        }
        assert_eq!(parse("file:///data/a%20b").as_path(), Some(Path::new("/data/a b")));
    }

    #[test]
    fn urls_have_a_bucket_and_a_prefix() {
        let clouds = [
            ("s3://bucket/a/b", Cloud::Amazon, "a/b"),
            ("s3://bucket", Cloud::Amazon, ""),
            ("az://container/a b/é=1/", Cloud::Azure, "a b/é=1"),
            ("gs://bucket/x", Cloud::Google, "x"),
        ];
        for (text, wanted, below) in clouds {
            let location = parse(text);
            assert_eq!(location.to_string(), text);
            assert_eq!(location.as_path(), None);
            match location.place() {
                Place::Remote { cloud, prefix, .. } => assert_eq!((*cloud, prefix.as_ref()), (wanted, below)),
                other => panic!("{text}: {other:?}"),
            }
        }
        assert!(parse("memory://").is_memory());
        assert!(parse("memory://tests/a").is_memory());
    }

    #[test]
    fn a_joined_location_reads_back_as_itself() {
        for root in ["s3://bucket", "s3://bucket/", "az://c/p", "memory://m/p", "memory://"] {
            for relative in ["a", "a/b=1/c d", "100%/é", "what?", "#1"] {
                let joined = parse(root).join(relative);
                assert_eq!(parse(&joined.to_string()).place, joined.place, "{joined}");
            }
        }
        assert_eq!(parse("out").join("a/b").as_path(), Some(Path::new("out/a/b")));
        assert_eq!(parse("file:///data").join("a b").as_path(), Some(Path::new("/data/a b")));
    }

    #[test]
    fn a_refusal_names_the_fault_and_no_secret() {
        assert!(refusal("").contains("empty"));
        assert!(refusal("ftp://host/a").contains("unknown scheme `ftp`"));
        assert!(refusal("https://host/a").contains("unknown scheme `https`"));
        assert!(refusal("s3:///a").contains("bucket"));
        for text in ["s3://key:hush@bucket/a", "s3://hush@bucket/a", "az://container/a?sig=hush", "s3://bucket/a#hush"]
        {
            assert!(!refusal(text).contains("hush"), "{}", refusal(text));
        }
    }
}
