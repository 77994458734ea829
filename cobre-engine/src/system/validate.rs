use super::{SystemParts, topological_order};

/// A violated invariant of a system.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SystemError {
    /// A value breaks its rule.
    #[error("{path}: {message}")]
    Invalid {
        /// Which value, e.g. `hydros[3].stages[0].blocks`.
        path: String,
        /// What is wrong with it.
        message: String,
    },
    /// The plants that release water into each other in a circle.
    #[error("the cascade has a cycle through the plants {hydros:?}")]
    Cycle {
        /// Positions of the plants on the cycle or downstream of it.
        hydros: Vec<usize>,
    },
}

/// Checks every invariant; returns the topological order of the plants.
pub(super) fn check(parts: &SystemParts) -> Result<Vec<usize>, Vec<SystemError>> {
    let mut findings = Findings::default();
    let n_stages = parts.stages.len();
    findings.require(n_stages > 0, || "stages".into(), || "a study needs at least one stage".into());
    check_stages(parts, &mut findings);
    check_buses(parts, n_stages, &mut findings);
    check_lines(parts, n_stages, &mut findings);
    check_thermals(parts, n_stages, &mut findings);
    check_hydros(parts, n_stages, &mut findings);
    let n_hydros = parts.hydros.len();
    findings.require(
        parts.initial.storage_hm3.len() == n_hydros && parts.initial.storage_hm3.iter().all(|v| v.is_finite()),
        || "initial.storage_hm3".into(),
        || format!("expected {n_hydros} finite volumes"),
    );
    findings.require(
        parts.initial.inflow_lags_m3s.len() == n_hydros
            && parts.initial.inflow_lags_m3s.iter().flatten().all(|lag| lag.is_finite()),
        || "initial.inflow_lags_m3s".into(),
        || format!("expected finite lags of {n_hydros} plants"),
    );
    if !findings.0.is_empty() {
        return Err(findings.0);
    }
    let receivers: Vec<Vec<usize>> =
        parts.hydros.iter().map(|h| h.downstream.iter().chain(&h.diversion_downstream).copied().collect()).collect();
    topological_order(&receivers).map_err(|hydros| vec![SystemError::Cycle { hydros }])
}

#[derive(Default)]
struct Findings(Vec<SystemError>);

impl Findings {
    fn require(&mut self, holds: bool, path: impl FnOnce() -> String, message: impl FnOnce() -> String) {
        if !holds {
            self.0.push(SystemError::Invalid { path: path(), message: message() });
        }
    }

    fn limits(&mut self, limits: super::Limits, path: impl FnOnce() -> String) {
        self.require(limits.min.is_finite() && limits.min <= limits.max, path, || {
            format!("limits [{}, {}] are inverted or not finite below", limits.min, limits.max)
        });
    }
}

fn check_stages(parts: &SystemParts, findings: &mut Findings) {
    for (t, stage) in parts.stages.iter().enumerate() {
        let blocks_hold = !stage.blocks.is_empty() && stage.blocks.iter().all(|b| b.hours.is_finite() && b.hours > 0.0);
        findings.require(
            blocks_hold,
            || format!("stages[{t}].blocks"),
            || "at least one block, every duration above 0".into(),
        );
        findings.require(
            stage.discount_factor > 0.0 && stage.discount_factor <= 1.0,
            || format!("stages[{t}].discount_factor"),
            || format!("{} is not in (0, 1]", stage.discount_factor),
        );
    }
}

fn check_buses(parts: &SystemParts, n_stages: usize, findings: &mut Findings) {
    for (b, bus) in parts.buses.iter().enumerate() {
        findings.require(
            bus.deficit_segments.last().is_some_and(|segment| segment.depth_mw.is_infinite()),
            || format!("buses[{b}].deficit_segments"),
            || "the last segment must be infinite, so that demand can always be met".into(),
        );
        findings.require(
            bus.stages.len() == n_stages,
            || format!("buses[{b}].stages"),
            || format!("{} stages where the study has {n_stages}", bus.stages.len()),
        );
        for (t, (stage, data)) in parts.stages.iter().zip(&bus.stages).enumerate() {
            findings.require(
                data.load_factors.len() == stage.blocks.len()
                    && data.load_mean_mw.is_finite()
                    && data.load_std_mw >= 0.0
                    && data.load_factors.iter().all(|factor| factor.is_finite() && *factor >= 0.0),
                || format!("buses[{b}].stages[{t}]"),
                || "demand, deviation or block factors are missing, negative or not finite".into(),
            );
        }
    }
}

fn check_lines(parts: &SystemParts, n_stages: usize, findings: &mut Findings) {
    for (l, line) in parts.lines.iter().enumerate() {
        let n_buses = parts.buses.len();
        findings.require(
            line.source_bus < n_buses && line.target_bus < n_buses && line.source_bus != line.target_bus,
            || format!("lines[{l}]"),
            || "must join two different buses of the system".into(),
        );
        findings.require(
            line.stages.len() == n_stages
                && parts.stages.iter().zip(&line.stages).all(|(s, d)| {
                    d.blocks.len() == s.blocks.len()
                        && d.blocks.iter().all(|b| b.direct_mw >= 0.0 && b.reverse_mw >= 0.0)
                }),
            || format!("lines[{l}].stages"),
            || "capacities are missing or negative".into(),
        );
    }
}

fn check_thermals(parts: &SystemParts, n_stages: usize, findings: &mut Findings) {
    for (i, thermal) in parts.thermals.iter().enumerate() {
        findings.require(
            thermal.bus < parts.buses.len(),
            || format!("thermals[{i}].bus"),
            || format!("position {} is out of range", thermal.bus),
        );
        findings.require(
            thermal.stages.len() == n_stages
                && parts.stages.iter().zip(&thermal.stages).all(|(s, d)| d.generation_mw.len() == s.blocks.len()),
            || format!("thermals[{i}].stages"),
            || "limits are missing".into(),
        );
        for (t, stage) in thermal.stages.iter().enumerate() {
            findings.require(
                stage.cost_per_mwh.is_finite(),
                || format!("thermals[{i}].stages[{t}].cost_per_mwh"),
                || "must be finite".into(),
            );
            for (k, limits) in stage.generation_mw.iter().enumerate() {
                findings.limits(*limits, || format!("thermals[{i}].stages[{t}].generation_mw[{k}]"));
            }
        }
    }
}

fn check_hydros(parts: &SystemParts, n_stages: usize, findings: &mut Findings) {
    let n_hydros = parts.hydros.len();
    for (h, hydro) in parts.hydros.iter().enumerate() {
        for target in hydro.downstream.iter().chain(&hydro.diversion_downstream) {
            findings.require(
                *target < n_hydros,
                || format!("hydros[{h}].downstream"),
                || format!("position {target} is out of range"),
            );
        }
        findings.require(
            !hydro.unit_groups.is_empty() && hydro.unit_groups.iter().all(|group| group.bus < parts.buses.len()),
            || format!("hydros[{h}].unit_groups"),
            || "at least one, each on a bus of the system".into(),
        );
        findings.require(
            hydro.stages.len() == n_stages
                && parts.stages.iter().zip(&hydro.stages).all(|(s, d)| d.blocks.len() == s.blocks.len()),
            || format!("hydros[{h}].stages"),
            || "stages or blocks are missing".into(),
        );
        for (t, stage) in hydro.stages.iter().enumerate() {
            findings.limits(stage.storage_hm3, || format!("hydros[{h}].stages[{t}].storage_hm3"));
            findings.require(
                stage.productivity_mw_per_m3s.is_finite() && stage.productivity_mw_per_m3s >= 0.0,
                || format!("hydros[{h}].stages[{t}].productivity_mw_per_m3s"),
                || format!("{} is not a finite number of at least 0", stage.productivity_mw_per_m3s),
            );
            for (k, block) in stage.blocks.iter().enumerate() {
                for (name, limits) in [
                    ("turbined_m3s", block.turbined_m3s),
                    ("generation_mw", block.generation_mw),
                    ("outflow_m3s", block.outflow_m3s),
                    ("spillage_m3s", block.spillage_m3s),
                    ("diversion_m3s", block.diversion_m3s),
                ] {
                    findings.limits(limits, || format!("hydros[{h}].stages[{t}].blocks[{k}].{name}"));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Limits, System, SystemParts};
    use super::SystemError;
    use crate::test_models::RandomStudy;

    type Change = fn(&mut SystemParts);

    fn parts() -> SystemParts {
        RandomStudy { n_hydros: 3, n_buses: 2, n_blocks: 2, ..RandomStudy::default() }.build().system.parts
    }

    /// The paths of what is found after one change.
    fn findings(change: impl FnOnce(&mut SystemParts)) -> Vec<String> {
        let mut parts = parts();
        change(&mut parts);
        let found = System::new(parts).expect_err("the change breaks the system");
        found
            .into_iter()
            .map(|error| match error {
                SystemError::Invalid { path, .. } => path,
                SystemError::Cycle { hydros } => format!("cycle {hydros:?}"),
            })
            .collect()
    }

    #[test]
    fn a_random_system_is_valid() {
        assert!(System::new(parts()).is_ok());
    }

    #[test]
    fn every_broken_invariant_is_found_at_its_place() {
        let cases: [(&str, Change); 14] = [
            ("stages[1].blocks", |p| p.stages[1].blocks[0].hours = 0.0),
            ("stages[2].discount_factor", |p| p.stages[2].discount_factor = 1.5),
            ("buses[0].deficit_segments", |p| p.buses[0].deficit_segments.truncate(1)),
            ("buses[1].stages[0]", |p| p.buses[1].stages[0].load_factors.truncate(1)),
            ("lines[0]", |p| p.lines[0].target_bus = p.lines[0].source_bus),
            ("lines[0].stages", |p| p.lines[0].stages[0].blocks[0].direct_mw = -1.0),
            ("thermals[1].bus", |p| p.thermals[1].bus = 9),
            ("thermals[0].stages[1].cost_per_mwh", |p| p.thermals[0].stages[1].cost_per_mwh = f64::NAN),
            ("thermals[0].stages[1].generation_mw[1]", |p| {
                p.thermals[0].stages[1].generation_mw[1] = Limits::new(5.0, 4.0);
            }),
            ("hydros[0].downstream", |p| p.hydros[0].downstream = Some(7)),
            ("hydros[2].unit_groups", |p| p.hydros[2].unit_groups.clear()),
            ("hydros[1].stages[0].storage_hm3", |p| p.hydros[1].stages[0].storage_hm3 = Limits::new(2.0, 1.0)),
            ("initial.storage_hm3", |p| p.initial.storage_hm3[0] = f64::INFINITY),
            ("cycle [0, 1]", |p| p.hydros[1].downstream = Some(0)),
        ];
        for (path, change) in cases {
            assert_eq!(findings(change), [path]);
        }
    }

    #[test]
    fn all_findings_come_at_once() {
        let found = findings(|p| {
            p.stages[0].blocks.clear();
            p.initial.inflow_lags_m3s.clear();
        });
        assert!(
            found.contains(&"stages[0].blocks".to_owned()) && found.contains(&"initial.inflow_lags_m3s".to_owned())
        );
    }
}
