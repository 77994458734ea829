//! Queries in several processes: the answers are those of one, and nothing is answered by half.

use std::sync::Arc;
use std::time::Duration;

use arrow::util::pretty::pretty_format_batches;
use cobre_sql::distributed::{WorkerSecurity, Workers};
use cobre_sql::server::Token;

use super::session::Asker;
use super::slt::{Study, files, judge};
use super::worker_process::{TOKEN, WorkerProcess};
use crate::program::{finish, path_with_workers};

fn token() -> Arc<Token> {
    Arc::new(Token::parse(&TOKEN.replace(' ', "-")).expect("a token"))
}

fn workers_of(processes: &[WorkerProcess], token: Option<Arc<Token>>) -> Workers {
    let security = WorkerSecurity { token, ..WorkerSecurity::default() };
    Workers::new(processes.iter().map(|process| process.url.as_str()), security).expect("workers")
}

fn two(root: &str) -> [WorkerProcess; 2] {
    [WorkerProcess::start(root, 0), WorkerProcess::start(root, 0)]
}

/// How a question was answered.
fn analysis(asker: &mut Asker, question: &str) -> String {
    let told = asker.ask(&format!("EXPLAIN ANALYZE VERBOSE {question}"));
    pretty_format_batches(&[told]).expect("text").to_string()
}

/// Questions of which workers do a part: scans, joins, windows, functions of ours, policies, views.
const SHARED: [&str; 9] = [
    "SELECT stage_id, hydro_id, avg(storage_final_hm3) AS storage, count(*) AS n FROM hydros GROUP BY stage_id, hydro_id \
     ORDER BY stage_id, hydro_id",
    "SELECT stage_id, cvar(immediate_cost, 0.1) AS tail, quantile(immediate_cost, 0.5) AS middle FROM costs \
     GROUP BY stage_id ORDER BY stage_id",
    "SELECT a.stage_id, count(*) AS n FROM hydros AS a JOIN hydros AS b ON a.scenario_id = b.scenario_id AND \
     a.stage_id = b.stage_id AND a.block_id = b.block_id WHERE a.hydro_id <> b.hydro_id AND a.storage_final_hm3 > \
     b.storage_final_hm3 GROUP BY a.stage_id ORDER BY a.stage_id",
    "SELECT stage_id, scenario_id FROM (SELECT *, row_number() OVER (PARTITION BY stage_id ORDER BY immediate_cost DESC, \
     scenario_id) AS place FROM costs) WHERE place = 1 ORDER BY stage_id",
    "SELECT e.name, sum(t.generation_mwh) AS mwh FROM thermals AS t JOIN study_inputs.thermals AS e USING (thermal_id) \
     GROUP BY e.name ORDER BY mwh DESC, e.name LIMIT 5",
    "SELECT stage_id, count(*) AS n, sum(coefficient) AS slope FROM cuts GROUP BY stage_id ORDER BY stage_id",
    "SELECT stage_id, avg(cost) AS cost, max(cost) AS top FROM (SELECT stage_id, future_cost('study', stage_id, \
     array_concat(state, [40.0, 20.0, 10.0, 5.0])) AS cost FROM (SELECT scenario_id, stage_id, array_agg(storage_final_hm3 ORDER BY hydro_id) AS state FROM hydros \
     GROUP BY scenario_id, stage_id)) GROUP BY stage_id ORDER BY stage_id",
    "SELECT * FROM storage_quantiles ORDER BY stage_id, hydro_id",
    "SELECT * FROM generation_mix ORDER BY stage_id, source",
];

#[test]
fn workers_give_the_answers_of_one_session() {
    let study = Study::record();
    let processes = two(&study.root());
    let mut alone = study.open();
    let mut shared = study.open_with_workers(workers_of(&processes, Some(token())));
    for question in SHARED {
        let (expected, found) = (alone.ask(question), shared.ask(question));
        let plan = analysis(&mut shared, question);
        assert!(plan.contains("DistributedExec") && plan.contains("tasks=2"), "{question}\n{plan}");
        assert_eq!(expected.schema(), found.schema(), "{question}");
        super::slt::assert_agree(&found, &expected, question);
    }
    let wrong: Vec<String> = files().iter().flat_map(|file| judge(&mut shared, file)).collect();
    assert!(wrong.is_empty(), "{} answers are wrong:\n\n{}", wrong.len(), wrong.join("\n\n"));
}

#[test]
fn a_worker_that_dies_ends_its_query_and_no_other() {
    let study = Study::record();
    let mut processes = two(&study.root());
    let mut shared = study.open_with_workers(workers_of(&processes, Some(token())));
    let question = SHARED[0];
    let expected = shared.ask(question);
    // Pairs of all rows with all rows: hours, if nobody stops it.
    let endless = "SELECT count(*) FROM hydros AS a JOIN thermals AS b ON a.storage_final_hm3 + b.generation_mw < a.stage_id \
                   JOIN buses AS c ON c.spot_price + a.storage_final_hm3 < b.generation_mw";
    let refusal = std::thread::scope(|scope| {
        let asked = scope.spawn(|| shared.refusal(endless));
        std::thread::sleep(Duration::from_secs(3));
        assert!(!asked.is_finished(), "it was to take long");
        processes[1].kill();
        asked.join().expect("an answer")
    });
    assert!(refusal.contains("worker") || refusal.contains("connection") || refusal.contains("transport"), "{refusal}");
    super::slt::assert_agree(&shared.ask(question), &expected, "without the dead");
    let port = processes[1].port();
    processes[1] = WorkerProcess::start(&study.root(), port);
    super::slt::assert_agree(&shared.ask(question), &expected, "with the one that is back");
    assert!(analysis(&mut shared, question).contains("tasks=2"));
    for process in &mut processes {
        process.kill();
    }
    assert!(shared.refusal(question).contains("no worker answers"));
}

#[test]
fn workers_read_what_they_were_given_for_those_who_know_the_token() {
    let study = Study::record();
    let elsewhere = tempfile::tempdir().expect("a folder");
    let other = elsewhere.path().display().to_string();
    let processes = two(&study.root());
    let mut stranger = study.open_with_workers(workers_of(&processes, None));
    assert!(stranger.refusal(SHARED[0]).contains("token"));
    let processes = two(&other);
    let mut lost = study.open_with_workers(workers_of(&processes, Some(token())));
    let refusal = lost.refusal(SHARED[0]);
    assert!(refusal.contains("not among the roots of this worker"), "{refusal}");
}

#[test]
fn the_command_has_workers() {
    let study = Study::record();
    let processes = two(&study.root());
    let urls = processes.iter().map(|process| process.url.as_str()).collect::<Vec<_>>().join(",");
    let ask = |options: &[&str]| {
        let script = format!("SET distributed.file_scan_config_bytes_per_partition = 1; {}", SHARED[0]);
        let mut command = std::process::Command::new(path_with_workers());
        command.args(["sql", &study.root(), "--format", "csv"]).args(options).args([if options.is_empty() {
            SHARED[0]
        } else {
            &script
        }]);
        finish(command.env("COBRE_WORKER_TOKEN", TOKEN.replace(' ', "-")).current_dir(std::env::temp_dir()))
    };
    let (alone, shared) = (ask(&[]), ask(&["--workers", &urls]));
    assert_eq!((alone.code, shared.code), (Some(0), Some(0)), "{}{}", alone.err, shared.err);
    assert_eq!(alone.out.lines().count(), shared.out.lines().count());
    let refused = ask(&["--workers", "http://127.0.0.1:1"]);
    assert!(refused.code != Some(0) && refused.err.contains("no worker answers"), "{}", refused.err);
}
