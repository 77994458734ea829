use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// What every help text ends with.
const EXIT_CODES: &str = "Exit codes: 0 ok, 1 invalid case or arguments, 2 file error, 3 solver error, \
                          4 internal error, 5 stopped on request with outputs written";

/// Plans hydrothermal power systems by SDDP; every result is a Parquet table.
#[derive(Debug, Parser)]
#[command(name = "cobre", version, max_term_width = 100, after_help = EXIT_CODES)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Train a policy for a case, simulate it, write every result
    #[command(after_help = EXIT_CODES)]
    Run(RunOptions),
    /// Check a case and list everything that is wrong with it
    #[command(after_help = EXIT_CODES)]
    Validate(ValidateOptions),
    /// Write a ready-to-run case into a new folder
    #[command(after_help = EXIT_CODES)]
    Init(InitOptions),
    /// Print the versions of cobre and its solver
    #[command(after_help = EXIT_CODES)]
    Version,
}

#[derive(Debug, Args)]
pub(crate) struct RunOptions {
    /// Case directory
    #[arg(value_name = "CASE")]
    pub(crate) case: PathBuf,
    /// Folder for results; every run adds a folder `run=N` to it [default: CASE/output]
    #[arg(long, short, value_name = "DIR")]
    pub(crate) output: Option<PathBuf>,
    /// Worker threads [default: all cores]; results do not depend on it
    #[arg(long, short, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) threads: Option<u16>,
    /// Print nothing but errors
    #[arg(long, short, conflicts_with = "json")]
    pub(crate) quiet: bool,
    /// Print one JSON event per line on standard output
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ValidateOptions {
    /// Case directory, or the URL of one (s3://bucket/case)
    #[arg(value_name = "CASE")]
    pub(crate) case: PathBuf,
    /// Print the findings as one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct InitOptions {
    /// Folder to create; must not hold files yet
    #[arg(value_name = "DIR")]
    pub(crate) folder: PathBuf,
    /// Which case
    #[arg(long, value_name = "NAME", default_value = "toy", value_parser = crate::init::template_names())]
    pub(crate) template: String,
}
