//! The limits, prices and productivities of hydro plants per stage and block, after the cascades.

use cobre_engine::system::{Hydro, HydroBlock, HydroStage, Limits};

use super::buses::BusData;
use super::files::CaseFiles;
use super::finding::{Finding, Place, Report};
use super::hydros::HydroData;
use super::overrides::{Given, Overrides, Rules};
use super::penalties::{Penalties, resolve_hydro};
use super::production::Productivities;
use super::registry::{Entity, Registry};
use super::stages::Stages;
use super::tables;

/// How far, relative to it, an override may exceed a declared maximum.
const MAXIMUM_TOLERANCE: f64 = 1e-9;

/// Overrides of hydro plants.
pub(super) struct HydroOverrides {
    bounds: Overrides,
    penalties: Overrides,
}

impl HydroOverrides {
    /// Reads bounds and prices.
    pub(super) fn read(files: &CaseFiles, hydros: &Registry<HydroData>, stages: &Stages, report: &Report) -> Self {
        let rules =
            |shape, whole_stage| Rules { shape, key: "hydro_id", class: "hydro plant", registry: hydros, whole_stage };
        let whole: &[&str] = &["min_storage_hm3", "max_storage_hm3", "filling_min_rate_m3s", "water_withdrawal_m3s"];
        let bounds = Overrides::read(files, &rules(&tables::HYDRO_BOUNDS, whole), stages, report);
        let penalties = Overrides::read(files, &rules(&tables::HYDRO_PENALTIES, &[]), stages, report);
        check(&bounds, hydros, report);
        Self { bounds, penalties }
    }
}

/// Checks the overrides against what the plants declare.
fn check(bounds: &Overrides, hydros: &Registry<HydroData>, report: &Report) {
    let plant = |id| hydros.position(id).map(|h| &hydros.entities()[h].data);
    for (_, given) in bounds.all("filling_min_rate_m3s") {
        report.unsupported("unsupported.filling", &bounds.place(given, "filling_min_rate_m3s"));
    }
    for column in ["max_turbined_m3s", "max_generation_mw"] {
        for (id, given) in bounds.all(column) {
            let Some(data) = plant(id) else { continue };
            let declared = if column == "max_turbined_m3s" { data.turbined_m3s.max } else { data.generation_mw.max };
            if given.value > declared * (1.0 + MAXIMUM_TOLERANCE) {
                let message = format!("an override may not raise the declared maximum {declared} of plant {id}");
                report.push(Finding::error("semantic.5a.43", &bounds.place(given, column), message).value(given.value));
            }
        }
    }
    for column in ["min_turbined_m3s", "min_generation_mw"] {
        for (id, given) in bounds.all(column) {
            if plant(id).is_some_and(HydroData::feeds_several_buses) {
                report.unsupported("unsupported.plant_minimum_over_several_buses", &bounds.place(given, column));
            }
        }
    }
    for column in ["min_diversion_m3s", "max_diversion_m3s"] {
        for (id, given) in bounds.all(column) {
            if given.value > 0.0 && plant(id).is_some_and(|data| data.diversion.is_none()) {
                let message = format!("plant {id} has no diversion");
                report.push(
                    Finding::error("bounds.no_diversion", &bounds.place(given, column), message).value(given.value),
                );
            }
        }
    }
}

/// Everything a plant is resolved from.
pub(super) struct HydroSources<'a> {
    pub(super) hydros: &'a Registry<HydroData>,
    pub(super) buses: &'a Registry<BusData>,
    pub(super) stages: &'a Stages,
    pub(super) penalties: &'a Penalties,
    pub(super) overrides: &'a HydroOverrides,
    pub(super) productivities: &'a Productivities,
}

/// One resolved interval and where an override of it stands.
struct Resolved {
    limits: Limits,
    given: Option<(Given, &'static str)>,
}

impl HydroSources<'_> {
    /// The plants with everything per stage; inverted intervals are reported.
    pub(super) fn resolve(&self, report: &Report) -> Vec<Hydro> {
        self.hydros.entities().iter().filter_map(|entity| self.plant(entity, report)).collect()
    }

    fn plant(&self, entity: &Entity<HydroData>, report: &Report) -> Option<Hydro> {
        let data = &entity.data;
        let receiver = |id: Option<i32>| match id {
            None => Some(None),
            Some(id) => self.hydros.position(id).map(Some),
        };
        Some(Hydro {
            id: entity.id,
            name: entity.name.clone(),
            downstream: receiver(data.downstream_id)?,
            diversion_downstream: receiver(data.diversion.map(|diversion| diversion.0))?,
            unit_groups: data.unit_groups(self.buses)?,
            stages: (0..self.stages.len()).map(|t| self.stage(entity, t, report)).collect(),
        })
    }

    fn stage(&self, entity: &Entity<HydroData>, t: usize, report: &Report) -> HydroStage {
        let (id, data) = (entity.id, &entity.data);
        let overridden = |key| self.overrides.penalties.of_stage(id, t, key).map(|given| given.value);
        let own = |key: &'static str| data.costs.get(key).copied();
        let global = |key: &'static str| self.penalties.hydro.get(key).copied();
        let bounds = &self.overrides.bounds;
        let storage =
            resolve(data.storage_hm3, "min_storage_hm3", "max_storage_hm3", |column| bounds.of_stage(id, t, column));
        self.check(&storage, "semantic.5a.2", id, t, report);
        let withdrawal = bounds.of_stage(id, t, "water_withdrawal_m3s");
        HydroStage {
            productivity_mw_per_m3s: self.productivities.of(id, t),
            storage_hm3: storage.limits,
            water_withdrawal_m3s: withdrawal.map_or(0.0, |given| given.value),
            penalties: resolve_hydro(&[&overridden, &own, &global]),
            blocks: (0..self.stages.n_blocks(t)).map(|k| self.block(entity, t, k, report)).collect(),
        }
    }

    fn block(&self, entity: &Entity<HydroData>, t: usize, k: usize, report: &Report) -> HydroBlock {
        let (id, data) = (entity.id, &entity.data);
        let limits = |base: Limits, min: &'static str, max: &'static str, code: &'static str| {
            let resolved = resolve(base, min, max, |column| self.overrides.bounds.of_block(id, t, k, column));
            self.check(&resolved, code, id, t, report);
            resolved.limits
        };
        let diverted = Limits::new(0.0, data.diversion.map_or(0.0, |diversion| diversion.1));
        let spilled = Limits::new(0.0, f64::INFINITY);
        HydroBlock {
            turbined_m3s: limits(data.turbined_m3s, "min_turbined_m3s", "max_turbined_m3s", "semantic.5a.3"),
            generation_mw: limits(data.generation_mw, "min_generation_mw", "max_generation_mw", "semantic.5a.5"),
            outflow_m3s: limits(data.outflow_m3s, "min_outflow_m3s", "max_outflow_m3s", "semantic.5a.4"),
            spillage_m3s: limits(spilled, "min_spillage_m3s", "max_spillage_m3s", "bounds.inverted"),
            diversion_m3s: limits(diverted, "min_diversion_m3s", "max_diversion_m3s", "bounds.inverted"),
        }
    }

    fn check(&self, resolved: &Resolved, code: &'static str, id: i32, t: usize, report: &Report) {
        let Limits { min, max } = resolved.limits;
        if let Some((given, column)) = resolved.given
            && min > max
        {
            let place: Place = self.overrides.bounds.place(given, column);
            let message = format!("plant {id} gets the limits [{min}, {max}] at stage {}", self.stages.id(t));
            report.push(Finding::error(code, &place, message).value(given.value));
        }
    }
}

fn resolve(
    base: Limits,
    min: &'static str,
    max: &'static str,
    given: impl Fn(&'static str) -> Option<Given>,
) -> Resolved {
    let (low, high) = (given(min), given(max));
    Resolved {
        limits: Limits::new(low.map_or(base.min, |given| given.value), high.map_or(base.max, |given| given.value)),
        given: high.map(|given| (given, max)).or(low.map(|given| (given, min))),
    }
}
