use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use object_store::aws::AmazonS3ConfigKey;
use object_store::azure::AzureConfigKey;
use object_store::gcp::GoogleConfigKey;
use object_store::{ClientConfigKey, RetryConfig};

use crate::output::OutputError;

const MAX_RETRIES: &str = "max_retries";
const RETRY_TIMEOUT: &str = "retry_timeout_seconds";

/// What a store needs to know beside its location, by the names `object_store` gives it: `aws_endpoint`,
/// `aws_allow_http`, `azure_storage_account_name`, `google_service_account`, `timeout` …
///
/// Two more are ours: `max_retries` (10) and `retry_timeout_seconds` (180), the bounds of repeating a request that the
/// server could not answer. An option wins over the variable of the environment of the same name. Options of one cloud
/// may be given while another one is used, since one set serves all locations of a command.
///
/// The values may be secrets: `Debug` shows the names only.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct StoreOptions(
    /// Values by name.
    pub BTreeMap<String, String>,
);

impl StoreOptions {
    /// Reads options of the form `key=value`; a later one replaces an earlier one.
    ///
    /// # Errors
    ///
    /// [`OutputError::IoError`] of kind [`InvalidInput`](io::ErrorKind::InvalidInput): a text without `=`, or a key
    /// that no store has.
    pub fn parse<I: IntoIterator<Item: AsRef<str>>>(texts: I) -> Result<Self, OutputError> {
        let mut options = Self::default();
        for text in texts {
            let text = text.as_ref();
            let (key, value) =
                text.split_once('=').ok_or_else(|| refused(text, "expected key=value, found no equals sign"))?;
            options.0.insert(key.trim().to_ascii_lowercase(), value.to_owned());
        }
        options.check()?;
        Ok(options)
    }

    /// Refuses a key that no store has.
    pub(super) fn check(&self) -> Result<(), OutputError> {
        for key in self.0.keys() {
            let known = key == MAX_RETRIES
                || key == RETRY_TIMEOUT
                || AmazonS3ConfigKey::from_str(key).is_ok()
                || AzureConfigKey::from_str(key).is_ok()
                || GoogleConfigKey::from_str(key).is_ok()
                || ClientConfigKey::from_str(key).is_ok();
            if !known {
                return Err(refused(key, "no store has this option; hint: `aws_endpoint` is one, see the guide"));
            }
        }
        Ok(())
    }

    /// The options that `K` names.
    pub(super) fn of<K: FromStr>(&self) -> impl Iterator<Item = (K, &String)> {
        self.0.iter().filter_map(|(key, value)| Some((key.parse().ok()?, value)))
    }

    pub(super) fn retry(&self) -> Result<RetryConfig, OutputError> {
        let mut retry = RetryConfig::default();
        if let Some(value) = self.0.get(MAX_RETRIES) {
            retry.max_retries = value.parse().map_err(|_| not_a_number(MAX_RETRIES, value))?;
        }
        if let Some(value) = self.0.get(RETRY_TIMEOUT) {
            retry.retry_timeout = Duration::from_secs(value.parse().map_err(|_| not_a_number(RETRY_TIMEOUT, value))?);
        }
        Ok(retry)
    }
}

impl fmt::Debug for StoreOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("StoreOptions").field(&self.0.keys()).finish()
    }
}

fn not_a_number(key: &str, value: &str) -> OutputError {
    refused(key, &format!("expected a whole number, found `{value}`"))
}

fn refused(key: &str, message: &str) -> OutputError {
    let source = io::Error::new(io::ErrorKind::InvalidInput, message);
    OutputError::io("use the store option", Path::new(key), source)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_key_is_named() {
        let error = StoreOptions::parse(["aws_region=x", "aws_regoin=y"]).expect_err("a typing error");
        assert!(error.to_string().contains("aws_regoin"), "{error}");
        let error = StoreOptions::parse(["aws_region"]).expect_err("no value");
        assert!(error.to_string().contains("key=value"), "{error}");
    }

    #[test]
    fn values_are_not_shown() {
        let options = StoreOptions::parse(["aws_secret_access_key=a=hush"]).expect("an option");
        assert_eq!(options.0["aws_secret_access_key"], "a=hush");
        assert!(!format!("{options:?}").contains("hush"));
    }

    #[test]
    fn retries_are_bounded_by_options() {
        let options = StoreOptions::parse(["max_retries=2", "retry_timeout_seconds=7"]).expect("options");
        let retry = options.retry().expect("numbers");
        assert_eq!((retry.max_retries, retry.retry_timeout), (2, Duration::from_secs(7)));
        let error = StoreOptions::parse(["max_retries=-1"]).expect("a key").retry().expect_err("not a count");
        assert!(error.to_string().contains("max_retries"), "{error}");
    }
}
