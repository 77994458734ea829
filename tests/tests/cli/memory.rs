//! Memory of a whole run: that of a bucket, for any number of scenarios.

use std::process::Stdio;
use std::time::Duration;

use cobre_data::output::open_run;
use cobre_data::store::Store;
use serde_json::json;

use super::broken_case::BrokenCase;
use crate::program::command;

/// Peak resident memory of a process that runs (MB), where the system tells.
fn peak_megabytes(process: u32) -> Option<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<f64>().ok()? / 1e3)
}

#[test]
fn twenty_thousand_scenarios_take_less_than_300_megabytes() {
    let case = BrokenCase::of("four-reservoirs");
    case.change_json("config.json", |config| {
        config["training"]["stopping_rules"] = json!([{"type": "iteration_limit", "limit": 2}]);
        config["simulation"]["selection"]["num_scenarios"] = json!(20_000);
    });
    let [path, output] = case.arguments();
    let mut child = command(&["run", &path, "--output", &output])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program can be started");
    let mut peak = 0.0f64;
    let status = loop {
        peak = peak.max(peak_megabytes(child.id()).unwrap_or(0.0));
        if let Some(status) = child.try_wait().expect("the program can be waited for") {
            break status;
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    assert!(status.success());
    let run =
        open_run(&Store::open_path(&case.output()).expect("a store"), None).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(run.manifest().tables["simulation/scenario_summary"].rows, 20_000);
    if cfg!(target_os = "linux") {
        assert!(peak > 10.0, "the peak was not seen: {peak} MB");
        assert!(peak < 300.0, "{peak} MB");
    }
}
