use std::net::IpAddr;
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
    /// Tell how a run went: bounds, costs, violations, timing, files
    #[command(after_help = EXIT_CODES)]
    Report(ReportOptions),
    /// Ask results, inputs and policies in SQL; without a question, interactively
    #[command(after_help = EXIT_CODES)]
    Sql(SqlOptions),
    /// Look into trained policies
    #[command(subcommand)]
    Policy(PolicyCommand),
    /// Remove what no committed run needs: runs of dead writers, leftovers
    #[command(after_help = EXIT_CODES)]
    Gc(GcArguments),
    /// Write a ready-to-run case into a new folder
    #[command(after_help = EXIT_CODES)]
    Init(InitOptions),
    /// Answer SQL over results to other programs, by Arrow Flight SQL; nothing is changed
    #[command(after_help = EXIT_CODES)]
    Serve(ServeOptions),
    /// Do a part of the queries of `cobre sql --workers` and `cobre serve --workers`; nothing is changed
    #[command(after_help = EXIT_CODES)]
    Worker(WorkerOptions),
    /// Print the versions of cobre, its solver, and MPI if it is built in
    #[command(after_help = EXIT_CODES)]
    Version,
}

/// How a store is reached.
#[derive(Debug, Args)]
pub(crate) struct StoreArguments {
    /// Option of the object store, as in `aws_endpoint=http://127.0.0.1:5555`; may be repeated. Credentials are
    /// taken from the environment
    #[arg(long = "storage-option", short = 'O', value_name = "KEY=VALUE")]
    pub(crate) storage_options: Vec<String>,
}

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools)] // Flags of a command line.
pub(crate) struct RunOptions {
    /// Case directory, or its URL
    #[arg(value_name = "CASE")]
    pub(crate) case: String,
    /// Folder or URL (s3://, az://, gs://) for results; every run adds a folder `run=N` to it
    /// [default: CASE/output]
    #[arg(long, short, value_name = "DIR|URL")]
    pub(crate) output: Option<String>,
    #[command(flatten)]
    pub(crate) store: StoreArguments,
    /// Go on with the newest run of this study: what is left of it, or its training
    #[arg(long)]
    pub(crate) resume: bool,
    /// Number of the run to begin, or with --resume to go on with [default: the next free, or the newest]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) run: Option<u32>,
    /// With --resume: succeed a writer on another machine that has given no sign of life for a minute
    #[arg(long, requires = "resume")]
    pub(crate) takeover: bool,
    /// Where the policy to start from is: a root of outputs, a run in it, or a policy's own folder
    /// [default: policy.path of the case]
    #[arg(long, value_name = "DIR|URL")]
    pub(crate) policy: Option<String>,
    /// Column that lives in the path of the simulation tables [default: exports.results of the case]
    #[arg(long, value_name = "COLUMN", value_parser = ["scenario_bucket", "stage_id", "scenario_id"])]
    pub(crate) partition_by: Option<String>,
    /// Worker threads of a process [default: all cores; of several ranks: their share of them]; results do not depend
    /// on it
    #[arg(long, short, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) threads: Option<u16>,
    /// Stop in order, as after Ctrl-C, when this file appears; for runs that no signal reaches
    #[arg(long, value_name = "FILE")]
    pub(crate) stop_file: Option<PathBuf>,
    /// Solver of the stage problems [default: modeling.solver of the case]
    #[arg(long, value_name = "NAME", value_parser = ["dual_simplex", "highs"])]
    pub(crate) solver: Option<String>,
    /// Print nothing but errors
    #[arg(long, short, conflicts_with = "json")]
    pub(crate) quiet: bool,
    /// Print one JSON event per line on standard output
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ValidateOptions {
    /// Case directory, or its URL
    #[arg(value_name = "CASE")]
    pub(crate) case: String,
    #[command(flatten)]
    pub(crate) store: StoreArguments,
    /// Print the findings as one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ReportOptions {
    /// Folder or URL of the results
    #[arg(value_name = "ROOT")]
    pub(crate) root: String,
    #[command(flatten)]
    pub(crate) store: StoreArguments,
    /// Number of the run [default: the newest committed one]
    #[arg(long, value_name = "N")]
    pub(crate) run: Option<u32>,
    /// Read every file whole and compare size and checksum with the manifest
    #[arg(long)]
    pub(crate) verify: bool,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct SqlOptions {
    /// Output root or case directory, or its URL, as `[NAME=]ROOT[#RUN]`: its tables need no prefix, and are those of
    /// the newest committed run unless one is named
    #[arg(value_name = "ROOT")]
    pub(crate) root: String,
    /// The question: one statement, or several with `;` between them
    #[arg(value_name = "SQL", conflicts_with = "file")]
    pub(crate) question: Option<String>,
    /// Attach another root or case: its tables are `NAME.table`; may be repeated
    #[arg(long, value_name = "NAME=ROOT[#RUN]")]
    pub(crate) attach: Vec<String>,
    /// Read the statements from a file; `-` is standard input
    #[arg(long, short, value_name = "FILE")]
    pub(crate) file: Option<String>,
    /// How the answer is written
    #[arg(long, value_name = "FORMAT", default_value = "table", value_parser = ["table", "csv", "json", "parquet"])]
    pub(crate) format: String,
    /// Write the answer to this file, which appears when it is whole [default: standard output]
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) store: StoreArguments,
    /// Threads of a query [default: all cores]
    #[arg(long, short, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) threads: Option<u16>,
    /// Memory of a query (MiB); what does not fit goes to temporary files where possible, else the query fails
    /// [default: no limit]
    #[arg(long, value_name = "MIB", value_parser = clap::value_parser!(u32).range(16..))]
    pub(crate) memory_limit: Option<u32>,
    #[command(flatten)]
    pub(crate) workers: WorkersArguments,
}

/// Workers that take part in queries.
#[derive(Debug, Args)]
pub(crate) struct WorkersArguments {
    /// Workers (`cobre worker`) that take part in queries, as in http://127.0.0.1:4500,https://node7:4500
    #[arg(long, value_name = "URL,…", value_delimiter = ',')]
    pub(crate) workers: Vec<String>,
    /// File with the token that the workers want to see [default: `COBRE_WORKER_TOKEN`, else none is shown]
    #[arg(long, value_name = "FILE", requires = "workers")]
    pub(crate) worker_token_file: Option<PathBuf>,
    /// Certificate (PEM) of who vouches for workers with https URLs
    #[arg(long, value_name = "FILE", requires = "workers")]
    pub(crate) worker_ca: Option<PathBuf>,
    /// Speak to workers on other machines without TLS
    #[arg(long, requires = "workers")]
    pub(crate) worker_insecure: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum PolicyCommand {
    /// Tell what a policy is: iterations, bounds, state, cuts; with --state its value and gradient there
    #[command(after_help = EXIT_CODES)]
    Show(PolicyShowOptions),
    /// Compare two policies: components, cuts, values at the same states
    #[command(after_help = EXIT_CODES)]
    Compare(PolicyCompareOptions),
}

#[derive(Debug, Args)]
pub(crate) struct PolicyShowOptions {
    /// Root of outputs (its newest policy), a run in it (`ROOT/run=N`), or a policy's own folder
    #[arg(value_name = "POLICY")]
    pub(crate) policy: String,
    #[command(flatten)]
    pub(crate) store: StoreArguments,
    /// Label of the stage at whose end --state is
    #[arg(long, value_name = "ID", requires = "state", allow_negative_numbers = true)]
    pub(crate) stage: Option<i32>,
    /// State at the end of the stage: `KIND:ID[:LAG]=VALUE,…` as in `storage:0=500,inflow_lag:0:1=80`; components that
    /// are not named are as at the start of the study
    #[arg(long, value_name = "STATE", requires = "stage")]
    pub(crate) state: Option<String>,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct PolicyCompareOptions {
    /// One policy, named as for `cobre policy show`
    #[arg(value_name = "A")]
    pub(crate) first: String,
    /// The other
    #[arg(value_name = "B")]
    pub(crate) second: String,
    #[command(flatten)]
    pub(crate) store: StoreArguments,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct GcArguments {
    /// Folder or URL of the results
    #[arg(value_name = "ROOT")]
    pub(crate) root: String,
    #[command(flatten)]
    pub(crate) store: StoreArguments,
    /// Only tell what would be removed
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Time without a sign of life after which a writer on another machine counts as dead
    #[arg(long, value_name = "SECONDS", default_value_t = 3600)]
    pub(crate) grace: u64,
    /// Give up the unfinished run N: remove its checkpoints and what it has simulated, too; may be repeated
    #[arg(long, value_name = "N")]
    pub(crate) abandon: Vec<u32>,
    /// Print one JSON object
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

/// Where a server listens.
#[derive(Debug, Args)]
pub(crate) struct ListenArguments {
    /// Port to listen on; 0 for any that is free
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) port: u16,
    /// Address to listen on; other machines see all but those that start with 127.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    pub(crate) bind: IpAddr,
    /// Let other machines connect without TLS
    #[arg(long)]
    pub(crate) insecure: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ServeOptions {
    /// What to answer from: folder or URL of results; its run of that number, else the newest; as the schema of that name
    #[arg(value_name = "[NAME=]ROOT[#RUN]", required = true)]
    pub(crate) roots: Vec<String>,
    #[command(flatten)]
    pub(crate) store: StoreArguments,
    #[command(flatten)]
    pub(crate) listen: ListenArguments,
    /// File with the token that clients have to show [default: `COBRE_TOKEN`, else a new one, which is printed]
    #[arg(long, value_name = "FILE", conflicts_with = "no_token")]
    pub(crate) token_file: Option<PathBuf>,
    /// Answer everybody on this machine
    #[arg(long)]
    pub(crate) no_token: bool,
    /// Certificate (PEM), followed by those between it and the root
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub(crate) tls_cert: Option<PathBuf>,
    /// Private key of the certificate (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub(crate) tls_key: Option<PathBuf>,
    /// Memory that a query may hold, as in 512M or 4G; what does not fit goes to temporary files, or the query fails
    #[arg(long, value_name = "SIZE", default_value = "1G", value_parser = parse_size)]
    pub(crate) memory_limit: usize,
    /// Queries that run at once; others wait
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) max_queries: u16,
    /// Time after which a query is stopped that has not been read to its end [default: none]
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) query_timeout: Option<u32>,
    /// Worker threads [default: all cores]
    #[arg(long, short, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) threads: Option<u16>,
    #[command(flatten)]
    pub(crate) workers: WorkersArguments,
}

#[derive(Debug, Args)]
pub(crate) struct WorkerOptions {
    /// Roots that it reads, and those below: folder or URL, the same as sessions write it; a folder has the same path
    /// on all machines
    #[arg(value_name = "ROOT", required = true)]
    pub(crate) roots: Vec<String>,
    #[command(flatten)]
    pub(crate) store: StoreArguments,
    #[command(flatten)]
    pub(crate) listen: ListenArguments,
    /// File with the token of all workers and sessions [default: `COBRE_WORKER_TOKEN`, else a new one, which is printed]
    #[arg(long, value_name = "FILE", conflicts_with = "no_token")]
    pub(crate) token_file: Option<PathBuf>,
    /// Work for everybody on this machine
    #[arg(long)]
    pub(crate) no_token: bool,
    /// Certificate (PEM), followed by those between it and the root
    #[arg(long, value_name = "FILE", requires_all = ["tls_key", "worker_ca"])]
    pub(crate) tls_cert: Option<PathBuf>,
    /// Private key of the certificate (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub(crate) tls_key: Option<PathBuf>,
    /// Certificate (PEM) of who vouches for the other workers
    #[arg(long, value_name = "FILE")]
    pub(crate) worker_ca: Option<PathBuf>,
    /// Memory that all its queries together may hold, as in 512M or 4G; what does not fit goes to temporary files, or
    /// the query fails
    #[arg(long, value_name = "SIZE", default_value = "4G", value_parser = parse_size)]
    pub(crate) memory_limit: usize,
    /// Threads [default: all cores]
    #[arg(long, short, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) threads: Option<u16>,
}

/// Bytes of a size like `512M`: K, M and G are powers of 1024.
fn parse_size(text: &str) -> Result<usize, String> {
    let expected = || "expected a number of bytes, or one with K, M or G, as in 512M".to_owned();
    let (number, shift) = match text.char_indices().next_back() {
        Some((at, 'K' | 'k')) => (&text[..at], 10),
        Some((at, 'M' | 'm')) => (&text[..at], 20),
        Some((at, 'G' | 'g')) => (&text[..at], 30),
        _ => (text, 0),
    };
    let number: usize = number.parse().map_err(|_| expected())?;
    number.checked_mul(1 << shift).filter(|&bytes| bytes > 0).ok_or_else(expected)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_units() {
        assert_eq!(["512M", "1g", "64k", "100"].map(parse_size), [Ok(512 << 20), Ok(1 << 30), Ok(64 << 10), Ok(100)]);
        for text in ["", "0", "G", "1.5G", "-1", "1T", "99999999999999999999", "99999999999999G", "1é"] {
            parse_size(text).expect_err(text);
        }
    }
}
