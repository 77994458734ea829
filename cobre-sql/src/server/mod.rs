//! An Arrow Flight SQL server over what a [`StudySession`](crate::StudySession) has attached. It reads, and nothing else.
//!
//! ```no_run
//! # fn example(session: cobre_sql::StudySession) -> Result<(), cobre_sql::SqlError> {
//! use cobre_sql::server::{ServerOptions, SqlServer, Token, build_runtime};
//!
//! let options = ServerOptions { token: Some(Token::random()?), ..ServerOptions::default() };
//! let queries = build_runtime(None)?;
//! build_runtime(Some(1))?.block_on(async {
//!     let server = SqlServer::bind(session, options, queries.handle().clone()).await?;
//!     println!("listening on {}", server.url());
//!     server.serve(std::future::pending()).await
//! })
//! # }
//! ```

mod authorization;
mod catalogue;
mod complexity;
mod execution;
mod functions;
mod gate;
mod handles;
mod info;
mod keys;
mod options;
mod parameters;
mod planner;
mod prepared;
mod queries;
mod runtime;
mod service;
mod sql_server;
mod statement;
mod status;
mod token;
mod types;
mod wire;

#[cfg(feature = "distributed")]
pub(crate) use authorization::Authorization;
#[cfg(feature = "distributed")]
pub(crate) use options::check_exposure;
pub use options::{ServerOptions, TlsIdentity};
pub use runtime::build_runtime;
pub use sql_server::SqlServer;
#[cfg(feature = "distributed")]
pub(crate) use sql_server::causes;
pub use token::Token;
