//! The `cobre` command.

// The macros panic when the reader has gone away; `events` does not.
#![deny(clippy::print_stdout, clippy::print_stderr)]

mod args;
mod events;
mod failure;
mod gc;
mod init;
mod policy;
mod progress;
mod report;
mod run;
#[cfg(feature = "sql")]
mod serve;
#[cfg(feature = "sql")]
mod sql;
mod stop;
mod stores;
#[cfg(feature = "sql")]
mod token;
mod validate;
#[cfg(not(feature = "distributed"))]
mod without_distributed;
#[cfg(not(feature = "sql"))]
mod without_sql;
#[cfg(feature = "distributed")]
mod worker;
#[cfg(feature = "sql")]
mod workers;
mod world;

use std::process::ExitCode;

use clap::Parser;

use args::{Arguments, Command};

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(answer) => {
            // Help and version are answers too; what goes to stderr is an error in the arguments.
            let _ = answer.print();
            return ExitCode::from(u8::from(answer.use_stderr()));
        }
    };
    let result = match arguments.command {
        Command::Run(options) => run::run(&options),
        Command::Validate(options) => validate::validate(&options),
        Command::Report(options) => report::report(&options),
        #[cfg(feature = "sql")]
        Command::Sql(options) => sql::sql(&options),
        #[cfg(not(feature = "sql"))]
        Command::Sql(_) => Err(without_sql::refusal("sql")),
        Command::Policy(command) => policy::policy(&command),
        Command::Gc(arguments) => gc::gc(&arguments),
        Command::Init(options) => init::init(&options),
        #[cfg(feature = "sql")]
        Command::Serve(options) => serve::serve(&options),
        #[cfg(not(feature = "sql"))]
        Command::Serve(_) => Err(without_sql::refusal("serve")),
        #[cfg(feature = "distributed")]
        Command::Worker(options) => worker::worker(&options),
        #[cfg(not(feature = "distributed"))]
        Command::Worker(_) => Err(without_distributed::refusal("cobre worker")),
        Command::Version => Ok(version()),
    };
    match result {
        Ok(code) => code,
        Err(failure) => failure.report(),
    }
}

fn version() -> ExitCode {
    events::print_line(&format!(
        "cobre {} (HiGHS {}, {})",
        env!("CARGO_PKG_VERSION"),
        cobre_engine::solver::highs_version(),
        mpi_version(),
    ));
    ExitCode::SUCCESS
}

#[cfg(feature = "mpi")]
fn mpi_version() -> String {
    format!("MPI: {}", cobre_engine::comm::mpi_version())
}

#[cfg(not(feature = "mpi"))]
fn mpi_version() -> String {
    "without MPI".to_owned()
}
