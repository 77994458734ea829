//! What happens while a policy is trained or simulated, as plain data: the events of `cobre run --json`.

use std::sync::mpsc::Sender;
use std::time::{Instant, SystemTime};

use cobre_data::case::Case;
use cobre_data::output::{RunWriter, format_rfc3339};
use cobre_data::policy::AdaptationReport;
use cobre_data::runner::RunEvents;
use cobre_engine::risk::RiskMeasure;
use cobre_engine::sddp::{IterationRecord, StoppingRule, TrainingOptions, TrainingResult};
use serde_json::{Map, Value, json};

/// An event: its kind is the entry `type`.
pub(crate) type Event = Map<String, Value>;

/// Two-sided 95 % of the normal distribution.
const Z_95: f64 = 1.959_963_984_540_054;

/// Where events go; nowhere when nobody listens.
#[derive(Debug, Clone)]
pub(crate) struct Events {
    sender: Option<Sender<Event>>,
}

impl Events {
    pub(crate) fn new(sender: Option<Sender<Event>>) -> Self {
        Self { sender }
    }

    fn emit(&self, kind: &str, fields: impl FnOnce() -> Value) {
        let Some(sender) = &self.sender else { return };
        let mut event = Map::new();
        event.insert("type".to_owned(), json!(kind));
        if let Value::Object(fields) = fields() {
            event.extend(fields);
        }
        // Nobody listens any more when the listener has failed.
        let _ = sender.send(event);
    }
}

/// Tells how work on a case goes.
pub(crate) struct Teller<'a> {
    events: &'a Events,
    case: &'a Case,
    n_threads: usize,
    started: Instant,
    phase_started: Instant,
    iteration_limit: Option<u32>,
}

impl<'a> Teller<'a> {
    pub(crate) fn new(events: &'a Events, case: &'a Case, n_threads: usize) -> Self {
        let now = Instant::now();
        Self { events, case, n_threads, started: now, phase_started: now, iteration_limit: None }
    }

    /// The work begins, in memory.
    pub(crate) fn begun_in_memory(&mut self) {
        self.started(|_| {});
    }

    /// The case has got warnings that it does not have by itself.
    pub(crate) fn new_warnings(&mut self, original: &Case) {
        for warning in self.case.warnings.iter().filter(|warning| !original.warnings.contains(warning)) {
            self.events.emit("warning", || json!(warning));
        }
    }

    /// A policy was brought into the state of the case.
    pub(crate) fn adapted(&mut self, report: Option<&AdaptationReport>) {
        for line in report.iter().flat_map(|report| lines_of(report)) {
            self.note(&line);
        }
    }

    fn started(&self, add: impl FnOnce(&mut Map<String, Value>)) {
        let system = &self.case.study.system;
        self.events.emit("started", || {
            let mut fields = json!({
                "case": self.case.name,
                "stages": system.n_stages(),
                "hydros": system.n_hydros(),
                "thermals": system.thermals().len(),
                "buses": system.buses().len(),
                "lines": system.lines().len(),
                "ranks": 1,
                "threads_per_rank": self.n_threads,
                "timestamp": format_rfc3339(SystemTime::now()),
                "cobre_version": env!("CARGO_PKG_VERSION"),
            });
            if let Some(fields) = fields.as_object_mut() {
                add(fields);
            }
            fields
        });
    }
}

fn lines_of(report: &AdaptationReport) -> Vec<String> {
    report.to_string().lines().map(str::to_owned).collect()
}

/// The gap of a sampled upper bound (%), where there is one: not under risk aversion, and not for a bound of 0 or less.
pub(crate) fn gap_percent(case: &Case, lower: f64, upper: f64) -> Option<f64> {
    let is_neutral = case.study.system.stages().iter().all(|stage| stage.risk_measure == RiskMeasure::Expectation);
    (is_neutral && lower > 0.0).then(|| 100.0 * (upper - lower) / lower.abs().max(1.0))
}

impl RunEvents for Teller<'_> {
    fn begun(&mut self, writer: &RunWriter) {
        self.started(|fields| {
            fields.insert("output".to_owned(), json!(writer.store().location("").display().to_string()));
            fields.insert("run".to_owned(), json!(writer.run()));
            fields.insert("run_id".to_owned(), json!(writer.run_id()));
            fields.insert("attempt".to_owned(), json!(writer.attempt()));
        });
    }

    fn note(&mut self, message: &str) {
        self.events.emit("note", || json!({ "message": message }));
    }

    fn training_starts(&mut self, options: &TrainingOptions, _: u32) {
        self.phase_started = Instant::now();
        let limits = options.stopping_rules.iter().filter_map(|rule| match *rule {
            StoppingRule::IterationLimit { limit } => Some(limit),
            _ => None,
        });
        self.iteration_limit = limits.max();
    }

    fn iteration(&mut self, record: &IterationRecord) {
        self.events.emit("progress", || {
            let half_width = record.upper_bound_std.map(|std| Z_95 * std / f64::from(record.forward_passes).sqrt());
            let gap = gap_percent(self.case, record.lower_bound, record.upper_bound);
            json!({
                "phase": "training",
                "iteration": record.iteration,
                "iteration_limit": self.iteration_limit,
                "lower_bound": record.lower_bound,
                "upper_bound": record.upper_bound,
                "upper_bound_std": record.upper_bound_std,
                "ci_95": half_width.map(|width| [record.upper_bound - width, record.upper_bound + width]),
                "gap": gap,
                "cuts": record.cuts_active,
                "mean_rows_in_lp": record.mean_rows_in_lp,
                "lp_solves": record.lp_solves,
                "iteration_time_ms": record.total_seconds * 1e3,
                "wall_time_ms": self.started.elapsed().as_secs_f64() * 1e3,
            })
        });
    }

    fn checkpoint(&mut self, iteration: u32) {
        self.events.emit("checkpoint", || json!({ "iteration": iteration }));
    }

    fn training_ends(&mut self, result: &TrainingResult) {
        self.events.emit("terminated", || {
            json!({
                "reason": result.reason.name(),
                "iterations": result.iterations,
                "final_lb": result.lower_bound,
                "final_ub": result.upper_bound.0,
                "total_time_ms": self.phase_started.elapsed().as_secs_f64() * 1e3,
                "total_cuts": result.state.policy.n_active_cuts(),
            })
        });
    }

    fn simulation_starts(&mut self, _: usize, _: usize) {
        self.phase_started = Instant::now();
    }

    fn scenarios(&mut self, done: usize, total: usize) {
        self.events.emit("progress", || {
            json!({
                "phase": "simulation",
                "scenarios_complete": done,
                "scenarios_total": total,
                "elapsed_ms": self.phase_started.elapsed().as_secs_f64() * 1e3,
            })
        });
    }
}
