//! From files to a study.

use cobre_engine::sddp::{SimulationOptions, TrainingOptions};
use cobre_engine::solver::SolverChoice;
use cobre_engine::stochastic::noise_dimension;
use cobre_engine::system::{Bus, InitialState, System, SystemParts};
use cobre_engine::{Study, natural_cost_scale};

use super::StochasticInputs;
use super::bounds::{HydroOverrides, HydroSources};
use super::config::{Config, OpeningsSource};
use super::correlation::{self, Components};
use super::exports::Exports;
use super::files::CaseFiles;
use super::finding::{Finding, Place, Report};
use super::hydros::HydroData;
use super::initial::Initial;
use super::lines::LineOverrides;
use super::load::Load;
use super::penalties::{self, Penalties};
use super::policy::{Checkpointing, PolicyOptions};
use super::production::Productivities;
use super::registry::Registry;
use super::seasons::Season;
use super::stages::Stages;
use super::{buses, hydros, inflow, lag_seeds, lines, openings, refusals, study_hash, thermals};
use crate::output::suitable_bucket_size;

/// What a case is made of.
pub(super) struct Parts {
    pub(super) study: Study,
    pub(super) solver: SolverChoice,
    pub(super) training: Option<TrainingOptions>,
    pub(super) simulation: Option<SimulationOptions>,
    pub(super) policy: PolicyOptions,
    pub(super) checkpointing: Option<Checkpointing>,
    pub(super) exports: Exports,
    pub(super) seasons: Vec<Season>,
    pub(super) stochastic: StochasticInputs,
    pub(super) openings: OpeningsSource,
    pub(super) tree_seed: u64,
    pub(super) study_hash: String,
}

/// Reads and checks all files; `None` when errors, all of which are reported, leave no study.
pub(super) fn assemble(files: &CaseFiles, report: &Report) -> Option<Parts> {
    let config = files.json("config.json", report).and_then(|json| Config::read(&json, report));
    let penalties = files.json("penalties.json", report).and_then(|json| Penalties::read(&json, report));
    if let Some(penalties) = &penalties {
        penalties::check_order(penalties, report);
    }
    let stages = files.json("stages.json", report).and_then(|json| Stages::read(&json, report));
    let buses = buses::read(files, report);
    let lines = lines::read(files, &buses, report);
    let thermals = thermals::read(files, &buses, report);
    let hydros = hydros::read(files, &buses, report);
    let initial = files.json("initial_conditions.json", report);
    let initial = initial.map(|json| Initial::read(&json, &hydros, stages.as_ref(), report)).unwrap_or_default();
    let history = lag_seeds::read_history(files, &hydros, report);
    refusals::check(files, report);
    if let Some(config) = &config {
        openings::warn_if_unused(files, config.openings, report);
    }

    let stages = stages?;
    hydros::check_operation(&hydros, &stages, report);
    let load = Load::read(files, &buses, &stages, report);
    let bus_overrides = buses::read_overrides(files, &buses, &stages, report);
    let line_overrides = LineOverrides::read(files, &lines, &stages, report);
    let thermal_bounds = thermals::read_bounds(files, &thermals, &stages, report);
    let hydro_overrides = HydroOverrides::read(files, &hydros, &stages, report);
    let productivities = Productivities::read(files, &hydros, &stages, report);
    let inflow = inflow::read(files, &hydros, &stages, history.is_present(), report);
    let lags = inflow
        .as_ref()
        .map(|(model, _)| lag_seeds::seeds(model, &hydros, &stages, &initial.observations, &history, report));
    let resolved_thermals = thermals::resolve(&thermals, &buses, &stages, &thermal_bounds, report);

    // Prices missing altogether must not hide what else is wrong.
    let penalties = penalties.unwrap_or_else(Penalties::placeholder);
    let resolved_buses = buses::resolve(&buses, &stages, &penalties, &bus_overrides, &load);
    let sources = HydroSources {
        hydros: &hydros,
        buses: &buses,
        stages: &stages,
        penalties: &penalties,
        overrides: &hydro_overrides,
        productivities: &productivities,
    };
    let resolved_hydros = sources.resolve(report);
    let components =
        Components { hydros: &hydros, buses: &buses, loads: load_components(&resolved_buses, hydros.len()) };
    let correlation = correlation::read(files, &components, &stages, report);
    let config = config?;
    if report.n_errors() > 0 {
        return None;
    }

    let system = System::new(SystemParts {
        stages: stages.study.iter().map(|stage| stage.stage.clone()).collect(),
        lines: lines::resolve(&lines, &buses, &stages, &penalties, &line_overrides),
        buses: resolved_buses,
        thermals: resolved_thermals,
        hydros: resolved_hydros,
        initial: InitialState { storage_hm3: initial_storage(&initial, &hydros), inflow_lags_m3s: lags? },
    });
    let system = match system {
        Ok(system) => system,
        Err(errors) => {
            for error in errors {
                report.push(Finding::error("system.invariant", &Place::file(""), error.to_string()));
            }
            return None;
        }
    };
    let dimension = noise_dimension(&system);
    let source = config.openings;
    let tree = openings::build(files, source, config.tree_seed, dimension, &correlation, &stages, report)?;
    let inflow_non_negativity = config.inflow_non_negativity;
    let cost_scale_factor = config.cost_scale_factor.unwrap_or_else(|| natural_cost_scale(&system));
    let (model, data) = inflow?;
    let study = Study { system, inflow: model, openings: tree, inflow_non_negativity, cost_scale_factor };
    Some(finish(config, study, StochasticInputs { inflow: data, correlation }, files, &stages))
}

fn finish(config: Config, study: Study, stochastic: StochasticInputs, files: &CaseFiles, stages: &Stages) -> Parts {
    let study_hash = study_hash::of(files, &config, &study);
    let bucket_size = config.exports.results.bucket_size.unwrap_or_else(|| suitable_bucket_size(&study.system));
    let training = TrainingOptions {
        forward_passes: config.forward_passes,
        stopping_rules: config.stopping_rules,
        stopping_mode: config.stopping_mode,
        seed: config.forward_seed,
        cut_selection: config.cut_selection,
    };
    Parts {
        study,
        solver: config.solver,
        training: config.is_training.then_some(training),
        simulation: config.simulation.map(|(n_scenarios, seed)| SimulationOptions { n_scenarios, bucket_size, seed }),
        policy: config.policy,
        checkpointing: config.checkpointing,
        exports: config.exports,
        seasons: stages.seasons.seasons().map(|seasons| seasons.list().to_vec()).unwrap_or_default(),
        stochastic,
        openings: config.openings,
        tree_seed: config.tree_seed,
        study_hash,
    }
}

/// Components of the noise vector that belong to buses, by bus id: after those of the plants, in bus order.
fn load_components(buses: &[Bus], n_hydros: usize) -> std::collections::BTreeMap<i32, usize> {
    buses.iter().filter(|bus| bus.has_stochastic_load()).zip(n_hydros..).map(|(bus, i)| (bus.id, i)).collect()
}

fn initial_storage(initial: &Initial, hydros: &Registry<HydroData>) -> Vec<f64> {
    let storage = |id| initial.storage_hm3.get(&id).copied().unwrap_or(0.0);
    hydros.entities().iter().map(|entity| storage(entity.id)).collect()
}
