//! Progress of a run: a live line on a terminal, plain lines elsewhere, JSON events, or nothing.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use cobre_data::case::Case;
use cobre_data::output::RunWriter;
use cobre_data::runner::RunEvents;
use cobre_engine::sddp::{IterationRecord, StopReason, StoppingRule, TrainingOptions, TrainingResult};
use serde_json::{Value, json};

use crate::events::{emit, number, print_message, print_text};

/// Two-sided 95 % of the normal distribution.
const Z_95: f64 = 1.959_963_984_540_054;
/// A live line is redrawn no more often than this.
const REDRAW: Duration = Duration::from_millis(100);
/// Plain lines come no more often than this.
const PLAIN: Duration = Duration::from_secs(5);

/// How a run is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    Quiet,
    Json,
    Live,
    Plain,
}

impl Style {
    pub(crate) fn of(quiet: bool, json: bool) -> Self {
        match (json, quiet) {
            (true, _) => Self::Json,
            (false, true) => Self::Quiet,
            (false, false) if std::io::stderr().is_terminal() => Self::Live,
            (false, false) => Self::Plain,
        }
    }
}

/// Who computes a run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Workers {
    pub(crate) n_ranks: usize,
    /// Of a rank.
    pub(crate) n_threads: usize,
}

impl Workers {
    /// Those that have no work where `n` items are dealt out, and what they are.
    fn idle(self, n: usize) -> Option<String> {
        if self.n_ranks > n {
            return Some(format!("{} of {} ranks", self.n_ranks - n, self.n_ranks));
        }
        let largest = n.div_ceil(self.n_ranks);
        let of_each = if self.n_ranks > 1 { " of every rank" } else { "" };
        (self.n_threads > largest)
            .then(|| format!("{} of {} threads{of_each}", self.n_threads - largest, self.n_threads))
    }
}

impl std::fmt::Display for Workers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.n_ranks {
            1 => write!(f, "{} threads", self.n_threads),
            n => write!(f, "{n} ranks with {} threads each", self.n_threads),
        }
    }
}

/// Tells people or programs how a run goes.
pub(crate) struct Progress<'a> {
    case: &'a Case,
    workers: Workers,
    style: Style,
    started: Instant,
    phase_started: Instant,
    last: Option<Instant>,
    iteration_limit: Option<u32>,
    /// Iterations and scenarios of before the run was resumed: their time is not ours.
    done_before: usize,
    risk_neutral: bool,
}

impl<'a> Progress<'a> {
    pub(crate) fn new(style: Style, risk_neutral: bool, workers: Workers, case: &'a Case) -> Self {
        let now = Instant::now();
        Self {
            case,
            workers,
            style,
            started: now,
            phase_started: now,
            last: None,
            iteration_limit: None,
            done_before: 0,
            risk_neutral,
        }
    }

    fn speaks_to_people(&self) -> bool {
        matches!(self.style, Style::Live | Style::Plain)
    }

    /// Seconds since the run began.
    pub(crate) fn elapsed(&self) -> f64 {
        self.started.elapsed().as_secs_f64()
    }

    /// Prints a line for people.
    pub(crate) fn say(&self, line: &str) {
        if self.speaks_to_people() {
            self.clear();
            print_message(line);
        }
    }

    /// Prints a JSON event.
    pub(crate) fn event(&self, kind: &str, fields: Value) {
        if self.style == Style::Json {
            emit(kind, fields);
        }
    }

    fn clear(&self) {
        if self.style == Style::Live {
            print_text("\r\x1b[2K");
        }
    }

    fn is_due(&mut self, force: bool) -> bool {
        let pause = if self.style == Style::Live { REDRAW } else { PLAIN };
        let due = force || self.last.is_none_or(|last| last.elapsed() >= pause);
        if due {
            self.last = Some(Instant::now());
        }
        due
    }

    fn draw(&self, line: &str) {
        if self.style == Style::Live {
            self.clear();
            print_text(line);
        } else {
            print_message(line);
        }
    }

    /// Half width of the 95 % interval of the mean cost of the forward pass.
    fn half_width(record: &IterationRecord) -> Option<f64> {
        record.upper_bound_std.map(|std| Z_95 * std / f64::from(record.forward_passes).sqrt())
    }

    /// Gap (%), where the mean of the trajectories estimates what the bound bounds: not under risk aversion.
    fn gap_percent(&self, record: &IterationRecord) -> Option<f64> {
        let gap = 100.0 * (record.upper_bound - record.lower_bound) / record.lower_bound.abs().max(1.0);
        (self.risk_neutral && record.lower_bound > 0.0).then_some(gap)
    }

    fn iteration_line(&self, record: &IterationRecord) -> String {
        let elapsed = self.phase_started.elapsed().as_secs_f64();
        let limit = self.iteration_limit.map_or(String::new(), |limit| format!("/{limit}"));
        let interval = Self::half_width(record).map_or(String::new(), |width| format!(" ± {width:.3e}"));
        let gap = self.gap_percent(record).map_or(String::new(), |gap| format!("  gap {gap:.2} %"));
        let left = self.iteration_limit.map_or(String::new(), |limit| {
            let done = f64::from(record.iteration) - self.done_before as f64;
            let per_iteration = elapsed / done.max(1.0);
            let left = per_iteration * f64::from(limit.saturating_sub(record.iteration));
            format!("  about {} left", duration(left))
        });
        format!(
            "iteration {}{limit}  lower bound {:.6e}  cost {:.4e}{interval}{gap}  cuts {:.1} in LP / {} in pool  {}{left}",
            record.iteration,
            record.lower_bound,
            record.upper_bound,
            record.mean_rows_in_lp,
            record.cuts_active,
            duration(elapsed),
        )
    }

    fn iteration_event(&self, record: &IterationRecord) {
        let half_width = Self::half_width(record);
        emit(
            "progress",
            json!({
                "phase": "training",
                "iteration": record.iteration,
                "iteration_limit": self.iteration_limit,
                "lower_bound": number(record.lower_bound),
                "upper_bound": number(record.upper_bound),
                "upper_bound_std": record.upper_bound_std,
                "ci_95": half_width.map(|width| [record.upper_bound - width, record.upper_bound + width]),
                "gap": self.gap_percent(record),
                "cuts": record.cuts_active,
                "mean_rows_in_lp": record.mean_rows_in_lp,
                "lp_solves": record.lp_solves,
                "iteration_time_ms": record.total_seconds * 1e3,
                "wall_time_ms": self.started.elapsed().as_secs_f64() * 1e3,
            }),
        );
    }
}

impl RunEvents for Progress<'_> {
    fn begun(&mut self, writer: &RunWriter) {
        let system = &self.case.study.system;
        self.say(&format!(
            "{}: {} stages, {} hydros, {} thermals, {} buses, {} lines, inflow order {}; {}",
            self.case.name,
            system.n_stages(),
            system.n_hydros(),
            system.thermals().len(),
            system.buses().len(),
            system.lines().len(),
            self.case.study.inflow.max_order,
            self.workers,
        ));
        if writer.attempt() > 0 {
            let times = match writer.attempt() {
                1 => "once".to_owned(),
                times => format!("{times} times"),
            };
            self.say(&format!("run {} goes on (resumed {times})", writer.run()));
        }
        self.event(
            "started",
            json!({
                "case": self.case.name,
                "stages": system.n_stages(),
                "hydros": system.n_hydros(),
                "thermals": system.thermals().len(),
                "buses": system.buses().len(),
                "lines": system.lines().len(),
                "ranks": self.workers.n_ranks,
                "threads_per_rank": self.workers.n_threads,
                "output": writer.store().location("").display().to_string(),
                "run": writer.run(),
                "run_id": writer.run_id(),
                "attempt": writer.attempt(),
                "timestamp": cobre_data::output::format_rfc3339(std::time::SystemTime::now()),
                "cobre_version": env!("CARGO_PKG_VERSION"),
            }),
        );
    }

    fn note(&mut self, message: &str) {
        self.say(&format!("note: {message}"));
        self.event("note", json!({ "message": message }));
    }

    fn training_starts(&mut self, options: &TrainingOptions, iterations_done: u32) {
        self.phase_started = Instant::now();
        self.last = None;
        self.done_before = iterations_done as usize;
        self.iteration_limit = options
            .stopping_rules
            .iter()
            .filter_map(|rule| match *rule {
                StoppingRule::IterationLimit { limit } => Some(limit),
                _ => None,
            })
            .max();
    }

    fn iteration(&mut self, record: &IterationRecord) {
        match self.style {
            Style::Quiet => {}
            Style::Json => self.iteration_event(record),
            Style::Live | Style::Plain => {
                let is_last = Some(record.iteration) == self.iteration_limit;
                if self.is_due(record.iteration == 1 || is_last) {
                    let line = self.iteration_line(record);
                    self.draw(&line);
                }
            }
        }
    }

    fn checkpoint(&mut self, iteration: u32) {
        self.event("checkpoint", json!({ "iteration": iteration }));
    }

    fn training_ends(&mut self, result: &TrainingResult) {
        let seconds = self.phase_started.elapsed().as_secs_f64();
        let n_cuts = result.state.policy.n_active_cuts();
        let n_trajectories = result.state.trajectory_bases.len();
        self.say(&format!(
            "trained {} iterations in {}: lower bound {:.6e}, {n_cuts} cuts ({})",
            result.iterations,
            duration(seconds),
            result.lower_bound,
            reason_text(result.reason),
        ));
        if let Some(idle) = self.workers.idle(n_trajectories) {
            let noun = if n_trajectories == 1 { "trajectory" } else { "trajectories" };
            self.say(&format!("note: {idle} had no work in training: a forward pass has {n_trajectories} {noun}"));
        }
        self.event(
            "terminated",
            json!({
                "reason": result.reason.name(),
                "iterations": result.iterations,
                "final_lb": number(result.lower_bound),
                "final_ub": number(result.upper_bound.0),
                "total_time_ms": seconds * 1e3,
                "total_cuts": n_cuts,
            }),
        );
    }

    fn simulation_starts(&mut self, done: usize, total: usize) {
        self.phase_started = Instant::now();
        self.last = None;
        self.done_before = done;
        if done > 0 {
            self.say(&format!("{done} of {total} scenarios were simulated before"));
        }
    }

    fn scenarios(&mut self, done: usize, total: usize) {
        let elapsed = self.phase_started.elapsed().as_secs_f64();
        self.event(
            "progress",
            json!({
                "phase": "simulation",
                "scenarios_complete": done,
                "scenarios_total": total,
                "elapsed_ms": elapsed * 1e3,
            }),
        );
        if self.speaks_to_people() && self.is_due(done == total) {
            let left = elapsed / done.saturating_sub(self.done_before).max(1) as f64 * (total - done) as f64;
            self.draw(&format!(
                "simulated {done}/{total} scenarios  {}  about {} left",
                duration(elapsed),
                duration(left)
            ));
        }
    }
}

fn reason_text(reason: StopReason) -> &'static str {
    match reason {
        StopReason::IterationLimit => "iteration limit",
        StopReason::TimeLimit => "time limit",
        StopReason::BoundStalling => "bound has stalled",
        StopReason::Requested => "stopped on request",
    }
}

/// A duration for people.
pub(crate) fn duration(seconds: f64) -> String {
    if seconds < 1.0 {
        format!("{:.0} ms", seconds * 1e3)
    } else if seconds < 60.0 {
        format!("{seconds:.1} s")
    } else {
        let minutes = (seconds / 60.0).floor();
        if minutes < 60.0 {
            format!("{minutes:.0} min {:.0} s", (seconds - 60.0 * minutes).floor())
        } else {
            format!("{:.0} h {:.0} min", (minutes / 60.0).floor(), minutes % 60.0)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Workers, duration};

    #[test]
    fn workers_without_work_are_counted() {
        let idle = |n_ranks, n_threads, n| Workers { n_ranks, n_threads }.idle(n);
        assert_eq!(idle(1, 4, 4), None);
        assert_eq!(idle(1, 4, 1).as_deref(), Some("3 of 4 threads"));
        assert_eq!(idle(3, 1, 2).as_deref(), Some("1 of 3 ranks"));
        assert_eq!(idle(2, 4, 8), None);
        assert_eq!(idle(2, 4, 5).as_deref(), Some("1 of 4 threads of every rank"));
    }

    #[test]
    fn durations_read_well() {
        assert_eq!(duration(0.0123), "12 ms");
        assert_eq!(duration(12.34), "12.3 s");
        assert_eq!(duration(125.9), "2 min 5 s");
        assert_eq!(duration(7380.0), "2 h 3 min");
    }
}
