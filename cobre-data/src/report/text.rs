//! The report for people.

use std::fmt;

use super::{CauseCost, ConvergencePoint, PhaseWork, RunReport, SimulationReport, TrainingReport};
use crate::output::RunStatus;

/// Two-sided 95 % of the normal distribution.
const Z_95: f64 = 1.959_963_984_540_054;
/// Iterations that are listed.
const LISTED: usize = 12;
/// Characters of the bar of the gap.
const BAR: usize = 30;

impl fmt::Display for RunReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let status = match self.status {
            RunStatus::Complete => "complete",
            RunStatus::Partial => "stopped on request, to be resumed",
        };
        let resumed = match self.resumed {
            0 => String::new(),
            1 => ", resumed once".to_string(),
            n => format!(", resumed {n} times"),
        };
        writeln!(f, "run {} ({status}{resumed})", self.run)?;
        writeln!(f, "  case       {}  {:.12}", self.case_path, self.case_hash)?;
        writeln!(f, "  run id     {}", self.run_id)?;
        let host = self.host.as_deref().unwrap_or("an unnamed machine");
        let ranks = if self.ranks == 1 { String::new() } else { format!("{} ranks with ", self.ranks) };
        writeln!(
            f,
            "  written    {} to {} by cobre {} with {}, {ranks}{} threads on {host}",
            self.started_at, self.completed_at, self.engine_version, self.solver, self.threads
        )?;
        if let Some(training) = &self.training {
            self.write_training(f, training)?;
        }
        if let Some(simulation) = &self.simulation {
            write_simulation(f, simulation)?;
        }
        self.write_files(f)
    }
}

impl RunReport {
    fn write_training(&self, f: &mut fmt::Formatter<'_>, training: &TrainingReport) -> fmt::Result {
        let reason = self.summary.stop_reason.as_deref().unwrap_or("unknown");
        writeln!(
            f,
            "\ntraining: {} iterations, {} cuts, ended by {reason}",
            training.convergence.len(),
            training.cuts
        )?;
        if let Some(last) = training.convergence.last() {
            writeln!(f, "  lower bound           {:>16.6e}", last.lower_bound)?;
            let gap = last.gap_percent.map_or(String::new(), |gap| format!("   gap {gap:.2} %"));
            writeln!(f, "  mean of forward pass  {:>16.6e}{gap}", last.upper_bound)?;
        }
        write_convergence(f, &training.convergence)?;
        writeln!(
            f,
            "  time: {:.2} s in iterations, {:.2} s forward, {:.2} s backward",
            training.seconds, training.forward_seconds, training.backward_seconds
        )?;
        write_work(f, &training.work)
    }

    fn write_files(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let files = &self.files;
        writeln!(f, "\nfiles: {}, {}", files.total.0, size(files.total.1))?;
        let width = files.tables.keys().map(String::len).max().unwrap_or(0);
        for (name, table) in &files.tables {
            writeln!(
                f,
                "  {name:<width$}  {:>12} rows  {:>6} files  {:>10}",
                table.rows,
                table.files,
                size(table.bytes)
            )?;
        }
        for (name, (n, bytes)) in [("policy", files.policy), ("documents", files.documents)] {
            writeln!(f, "  {name:<width$}  {:>12}       {n:>6} files  {:>10}", "", size(bytes))?;
        }
        match &self.verification {
            None => writeln!(f, "  not verified; --verify reads every file whole"),
            Some(found) if found.damages.is_empty() => {
                writeln!(f, "  verified: {} files, {} as they were written", found.files, size(found.bytes))
            }
            Some(found) => {
                writeln!(
                    f,
                    "  DAMAGED: {} of {} files are not as they were written; training and simulation are left out above",
                    found.damages.len(),
                    found.files
                )?;
                found.damages.iter().try_for_each(|damage| writeln!(f, "    {}", damage.message))
            }
        }
    }
}

/// A dozen iterations, evenly spread and the last one, with a bar of the gap between the bounds.
fn write_convergence(f: &mut fmt::Formatter<'_>, points: &[ConvergencePoint]) -> fmt::Result {
    let n = points.len();
    if n < 2 {
        return Ok(());
    }
    let listed = LISTED.min(n);
    let widest = points.iter().map(gap).fold(0.0, f64::max);
    writeln!(f, "  iteration      lower bound     forward pass   distance")?;
    for i in 0..listed {
        let point = &points[i * (n - 1) / (listed - 1)];
        let share = if widest > 0.0 { gap(point) / widest } else { 0.0 };
        let bar = "#".repeat((share * BAR as f64).round() as usize);
        writeln!(f, "  {:>9}  {:>15.6e}  {:>15.6e}   {bar}", point.iteration, point.lower_bound, point.upper_bound)?;
    }
    Ok(())
}

fn gap(point: &ConvergencePoint) -> f64 {
    (point.upper_bound - point.lower_bound).max(0.0)
}

fn write_simulation(f: &mut fmt::Formatter<'_>, simulation: &SimulationReport) -> fmt::Result {
    writeln!(f, "\nsimulation")?;
    if let Some(cost) = &simulation.cost {
        let interval = cost
            .std
            .map_or(String::new(), |std| format!(" ± {:.3e} (95 %)", Z_95 * std / (cost.n_scenarios as f64).sqrt()));
        writeln!(f, "  {} scenarios, discounted cost: mean {:.6e}{interval}", cost.n_scenarios, cost.mean)?;
        writeln!(f, "  least {:.6e}, greatest {:.6e}", cost.min, cost.max)?;
        let list = |values: &[crate::output::ProbabilityValue]| {
            let entry =
                |at: &crate::output::ProbabilityValue| format!("{:.0} % {:.4e}", 100.0 * at.probability, at.value);
            values.iter().map(entry).collect::<Vec<_>>().join("   ")
        };
        writeln!(f, "  quantiles        {}", list(&cost.quantiles))?;
        writeln!(f, "  mean of the worst {}", list(&cost.cvar))?;
    }
    let (violations, costs): (Vec<&CauseCost>, Vec<&CauseCost>) =
        simulation.causes.iter().partition(|cause| cause.is_violation);
    write_causes(f, "costs, undiscounted", &costs)?;
    if !simulation.causes.is_empty() && violations.is_empty() {
        writeln!(f, "  no limit was violated and all demand was met")?;
    }
    write_causes(f, "violations, unserved and unused energy", &violations)?;
    write_work(f, &simulation.work)
}

fn write_causes(f: &mut fmt::Formatter<'_>, title: &str, causes: &[&CauseCost]) -> fmt::Result {
    if causes.is_empty() {
        return Ok(());
    }
    writeln!(f, "  {title:<38}  {:>13}  {:>13}  scenarios", "mean", "worst")?;
    causes.iter().try_for_each(|cause| {
        writeln!(f, "    {:<36}  {:>13.4e}  {:>13.4e}  {:>9}", cause.cause, cause.mean, cause.max, cause.n_scenarios)
    })
}

fn write_work(f: &mut fmt::Formatter<'_>, work: &[PhaseWork]) -> fmt::Result {
    if work.is_empty() {
        return Ok(());
    }
    writeln!(
        f,
        "  {:<12}  {:>12}  {:>9}  {:>18}  {:>12}",
        "solver", "LP solves", "retries", "simplex iterations", "time (s)"
    )?;
    work.iter().try_for_each(|entry| {
        writeln!(
            f,
            "    {:<10}  {:>12}  {:>9}  {:>18}  {:>12.2}",
            entry.phase, entry.lp_solves, entry.lp_retries, entry.simplex_iterations, entry.solve_seconds
        )
    })
}

/// A size for people.
fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.2} GB", bytes as f64 / 1e9),
    }
}
