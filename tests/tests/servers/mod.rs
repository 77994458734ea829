//! Real servers, on free ports of this machine, as long as the tests run.

mod azure;
mod http;
mod process;
mod s3;

pub(crate) use azure::AzureServer;
pub(crate) use s3::S3Server;
