use std::collections::BTreeMap;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use cobre_data::output::{Run, open_run};
use cobre_data::store::{Location, Store, StoreOptions};

use super::case::CaseCopy;
use super::equal::assert_equal;
use crate::program::{Done, cobre, command};
use crate::servers::{AzureServer, FaultProxy, S3Server, Verdict};

/// Where runs are written to.
pub(crate) struct Place {
    /// Lives as long as the place.
    _folder: Option<tempfile::TempDir>,
    root: String,
    options: StoreOptions,
}

impl Place {
    pub(crate) fn disk() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let root = folder.path().display().to_string();
        Self { _folder: Some(folder), root, options: StoreOptions::default() }
    }

    pub(crate) fn s3(prefix: &str) -> Self {
        let server = S3Server::start();
        Self::at(server.url(prefix), server.options())
    }

    pub(crate) fn azure(prefix: &str) -> Self {
        let server = AzureServer::start();
        Self::at(server.url(prefix), server.options())
    }

    pub(crate) fn at(root: String, options: StoreOptions) -> Self {
        Self { _folder: None, root, options }
    }

    /// A place on S3, and the same behind a proxy that spoils requests by their number and first line.
    pub(crate) fn spoiled_s3(
        prefix: &str,
        plan: impl Fn(usize, &str) -> Verdict + Send + Sync + 'static,
    ) -> (Self, Self, FaultProxy) {
        let server = S3Server::start();
        let proxy = FaultProxy::start(server.port(), plan);
        let mut options = server.options();
        options.0.insert("aws_endpoint".to_owned(), proxy.endpoint());
        (Self::at(server.url(prefix), server.options()), Self::at(server.url(prefix), options), proxy)
    }

    /// Runs another command of the program on a root below the place.
    pub(crate) fn ask(&self, command: &[&str], name: &str) -> Done {
        let root = self.root(name);
        let mut arguments: Vec<&str> = command.iter().copied().chain([root.as_str()]).collect();
        let options: Vec<String> = self.options.0.iter().map(|(key, value)| format!("{key}={value}")).collect();
        arguments.extend(options.iter().flat_map(|option| ["--storage-option", option.as_str()]));
        cobre(&arguments)
    }

    /// A root below the place.
    pub(crate) fn root(&self, name: &str) -> String {
        format!("{}/{name}", self.root)
    }

    /// How the place is reached.
    pub(crate) fn options(&self) -> &StoreOptions {
        &self.options
    }

    pub(crate) fn store(&self, name: &str) -> Store {
        let location = Location::parse(&self.root(name)).unwrap_or_else(|error| panic!("{error}"));
        Store::open(&location, &self.options).unwrap_or_else(|error| panic!("{error}"))
    }

    pub(crate) fn open(&self, name: &str, run: Option<u32>) -> Run {
        open_run(&self.store(name), run).unwrap_or_else(|error| panic!("{error}"))
    }

    /// The arguments of `cobre` for a run of a case that is written to a root below the place.
    pub(crate) fn arguments(&self, case: &str, name: &str, further: &[&str]) -> Vec<String> {
        let mut arguments = vec!["run".to_owned(), case.to_owned(), "--output".to_owned(), self.root(name)];
        for (key, value) in &self.options.0 {
            arguments.extend(["--storage-option".to_owned(), format!("{key}={value}")]);
        }
        arguments.extend(further.iter().map(ToString::to_string));
        arguments
    }

    /// Starts `cobre run`.
    pub(crate) fn start(&self, case: &str, name: &str, further: &[&str]) -> Child {
        let arguments = self.arguments(case, name, &[&["--threads", "2", "--quiet"], further].concat());
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        command(&arguments).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("the program can be started")
    }

    /// Runs `cobre run` to its end; exit code and messages.
    pub(crate) fn run(&self, case: &str, name: &str, further: &[&str]) -> (Option<i32>, String) {
        let done = self.start(case, name, further).wait_with_output().expect("the program ends");
        (done.status.code(), String::from_utf8_lossy(&done.stderr).into_owned())
    }
}

/// A small generator (Steele, Lea and Flood 2014, splitmix64): the moments of the kills follow from the seed.
struct Moments(u64);

impl Moments {
    /// A fraction of one, evenly spread.
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// Runs a case undisturbed, then kills runs of it at `n_kills` moments in all, each followed by `--resume`; every one
/// must end as the undisturbed one did.
pub(crate) fn judge_kills(place: &Place, n_kills: usize, seed: u64) {
    let case = CaseCopy::small(|_| ());
    crate::program::path(); // Built before the clock starts.
    let begun = Instant::now();
    let (code, messages) = place.run(&case.path(), "undisturbed", &[]);
    assert_eq!(code, Some(0), "{messages}");
    let duration = begun.elapsed();
    let undisturbed = place.open("undisturbed", None);

    let mut moments = Moments(seed);
    let (mut n_killed, mut n_resumed, mut root) = (0, 0, 0);
    let mut phases: BTreeMap<&str, usize> = BTreeMap::new();
    while n_killed < n_kills {
        root += 1;
        let name = format!("killed-{root}");
        let mut further: Vec<&str> = vec!["--run", "1"];
        loop {
            let mut child = place.start(&case.path(), &name, &further);
            let killed = n_killed < n_kills && kill_within(&mut child, duration.mul_f64(moments.next()));
            let done = child.wait_with_output().expect("the program ends");
            let messages = String::from_utf8_lossy(&done.stderr);
            if !killed {
                assert_eq!(done.status.code(), Some(0), "after {n_killed} kills: {messages}");
                break;
            }
            n_killed += 1;
            let phase = phase(&place.store(&name));
            *phases.entry(phase).or_default() += 1;
            if phase == COMPLETE {
                // What the run no longer needs may still be there.
                let done = place.ask(&["gc"], &name);
                assert_eq!(done.code, Some(0), "{}", done.err);
                break;
            }
            further = vec!["--run", "1"];
            if phase != UNCLAIMED {
                further.push("--resume");
                n_resumed += 1;
            }
        }
        let run = place.open(&name, None);
        assert_eq!(run.manifest().run, 1);
        assert_equal(&undisturbed, &run);
        assert_tidy(place, &name, &run);
    }
    println!("{n_killed} kills {phases:?}, {n_resumed} resumed runs, undisturbed in {duration:?}");
    assert!(n_killed == n_kills && 2 * n_resumed >= n_kills, "{n_resumed} of {n_killed} kills were resumed");
}

/// There is nothing to resume before the run is claimed.
const UNCLAIMED: &str = "before the claim";
const COMPLETE: &str = "after the commit";

/// Where a run was when it was killed.
fn phase(store: &Store) -> &'static str {
    let is_there = |path: &str| store.size(path).expect("the store answers").is_some();
    if is_there("_meta/run-1.json") {
        return COMPLETE;
    }
    if !is_there("_meta/claim-1.json") {
        return UNCLAIMED;
    }
    let checkpoints = store.list("run=1/policy").expect("the store answers").folders;
    let has_checkpoint = checkpoints.iter().any(|name| is_there(&format!("run=1/policy/{name}/policy.bin")));
    match (is_there("run=1/simulation/_manifest.json"), is_there("run=1/training/_manifest.json"), has_checkpoint) {
        (true, _, _) => "before the commit of the run",
        (_, true, _) => "in simulation",
        (_, _, true) => "in training",
        _ => "before the first checkpoint",
    }
}

/// Kills the program after `moment`; `false` when it had ended before.
fn kill_within(child: &mut Child, moment: Duration) -> bool {
    let begun = Instant::now();
    while begun.elapsed() < moment {
        if child.try_wait().expect("the program can be asked").is_some() {
            return false;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    child.kill().is_ok()
        && child.try_wait().expect("the program can be asked").is_none_or(|status| status.code().is_none())
}

/// After the commit, or gc if it was killed there, nothing lies in the run's folder that the manifest does not name: tools that read whole folders
/// see every row once.
pub(super) fn assert_tidy(place: &Place, name: &str, run: &Run) {
    let named: std::collections::BTreeSet<String> = run.manifest().files().map(|file| file.path).collect();
    let found = place.store(name).list_all("run=1").expect("the folder can be listed");
    let strange: Vec<&String> = found.iter().map(|file| &file.path).filter(|path| !named.contains(*path)).collect();
    assert!(strange.is_empty(), "files that no manifest names: {strange:?}");
    assert_eq!(found.len(), named.len());
}
