//! `config.json`.

use cobre_engine::InflowNonNegativity;
use cobre_engine::cuts::CutSelection;
use cobre_engine::sddp::{StoppingMode, StoppingRule};
use cobre_engine::solver::SolverChoice;

use super::cursor::{Node, Object};
use super::cut_selection;
use super::exports::{self, Exports};
use super::finding::{Finding, Report};
use super::json::Json;
use super::keys::config as keys;
use super::policy::{self, Checkpointing, PolicyOptions};
use super::range::Range;

/// Seed used when the configuration names none.
const DEFAULT_TREE_SEED: u64 = 42;
/// Scenarios of a simulation that does not say.
const DEFAULT_SCENARIOS: usize = 2000;
/// Most scenarios of a simulation, most trajectories of a forward pass.
const MAX_PATHS: i64 = 10_000_000;

/// Where the openings come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpeningsSource {
    /// Drawn from the tree seed.
    Generated,
    /// Read from `scenarios/noise_openings.parquet`.
    File,
}

/// The settings of a run.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Config {
    pub(super) inflow_non_negativity: InflowNonNegativity,
    /// None: the scale that suits the system.
    pub(super) cost_scale_factor: Option<f64>,
    /// Solver of the stage problems.
    pub(super) solver: SolverChoice,
    pub(super) tree_seed: u64,
    pub(super) openings: OpeningsSource,
    /// Whether a policy is trained; what follows is read in any case.
    pub(super) is_training: bool,
    pub(super) forward_passes: usize,
    pub(super) stopping_rules: Vec<StoppingRule>,
    pub(super) stopping_mode: StoppingMode,
    pub(super) cut_selection: CutSelection,
    pub(super) forward_seed: u64,
    /// Scenarios and seed of the simulation, if there is one.
    pub(super) simulation: Option<(usize, u64)>,
    pub(super) policy: PolicyOptions,
    pub(super) checkpointing: Option<Checkpointing>,
    pub(super) exports: Exports,
}

impl Config {
    /// Reads the settings; what is missing or wrong is reported and takes its default. `None` if there are none.
    pub(super) fn read(json: &Json, report: &Report) -> Option<Self> {
        let root = Node::root(json, keys::ROOT.file, report).object(&keys::ROOT)?;
        let (inflow_non_negativity, cost_scale_factor, solver) = read_modeling(&root);
        refuse_others(&root);
        let simulation = root.optional("simulation").and_then(|node| node.object(&keys::SIMULATION));
        let training = root.required("training").and_then(|node| node.object(&keys::TRAINING));
        let is_training = training.as_ref().is_none_or(|training| flag(training, "enabled", true));
        let is_simulating = simulation.as_ref().is_some_and(is_on);
        if let Some(training) = training.as_ref().filter(|_| !is_training && !is_simulating) {
            let place = training.place().member("enabled");
            let finding = Finding::error("config.nothing_to_do", &place, "neither training nor simulation is enabled");
            report.push(finding.value(false).hint("set simulation.enabled to true"));
        }
        let source = training.as_ref().map(read_training_source);
        let tree_seed = training.as_ref().and_then(|training| seed(training, "tree_seed"));
        let tree_seed = tree_seed.unwrap_or(DEFAULT_TREE_SEED);
        let (training_seed, openings) = source.unwrap_or((None, OpeningsSource::Generated));
        let forward_seed = training_seed.unwrap_or(tree_seed);
        let simulation = simulation.and_then(|simulation| read_simulation(&simulation, forward_seed));
        let (policy, checkpointing) = policy::read(&root, is_training);
        let mut config = Self {
            inflow_non_negativity,
            cost_scale_factor,
            solver,
            tree_seed,
            openings,
            is_training,
            forward_passes: 1,
            stopping_rules: Vec::new(),
            stopping_mode: StoppingMode::default(),
            cut_selection: CutSelection::default(),
            forward_seed,
            simulation,
            policy,
            checkpointing,
            exports: exports::read(&root, is_training, is_simulating),
        };
        if let Some(training) = training {
            config.read_training(&training);
        }
        Some(config)
    }

    fn read_training(&mut self, training: &Object) {
        self.cut_selection = cut_selection::read(training);
        if let Some(mode) = training.optional("stopping_mode") {
            self.stopping_mode =
                mode.choice(&[("any", StoppingMode::Any), ("all", StoppingMode::All)]).unwrap_or_default();
        }
        self.stopping_rules = read_stopping_rules(training);
        let selection = training.required("selection").and_then(|node| node.object(&keys::TRAINING_SELECTION));
        let forward_passes = selection.and_then(|selection| read_selection(&selection, "forward_passes", None));
        self.forward_passes = forward_passes.unwrap_or(1);
    }
}

fn read_modeling(root: &Object) -> (InflowNonNegativity, Option<f64>, SolverChoice) {
    let defaults = (InflowNonNegativity::Penalty, None, SolverChoice::default());
    let Some(modeling) = root.optional("modeling").and_then(|node| node.object(&keys::MODELING)) else {
        return defaults;
    };
    let method = modeling
        .optional("inflow_non_negativity")
        .and_then(|node| node.object(&keys::INFLOW_NON_NEGATIVITY)?.optional("method"))
        .and_then(|method| {
            method.choice(&[
                ("none", InflowNonNegativity::None),
                ("truncation", InflowNonNegativity::Truncation),
                ("penalty", InflowNonNegativity::Penalty),
                ("truncation_with_penalty", InflowNonNegativity::TruncationWithPenalty),
            ])
        });
    let scale = modeling.optional_number("cost_scale_factor", Range::POSITIVE);
    if let Some(value) = scale.filter(|value| !(1.0..=1e12).contains(value)) {
        let place = modeling.place().member("cost_scale_factor");
        let message = "a scale outside [1, 1e12] is unusual and may spoil the accuracy of the solver";
        root.report().push(Finding::warning("config.cost_scale_factor", &place, message).value(value));
    }
    let solvers: Vec<(&str, SolverChoice)> = SolverChoice::ALL.iter().map(|&one| (one.name(), one)).collect();
    let solver = modeling.optional("solver").and_then(|node| node.choice(&solvers));
    (method.unwrap_or(defaults.0), scale, solver.unwrap_or_default())
}

/// Reads the parts of which only "off" is supported.
fn refuse_others(root: &Object) {
    if let Some(node) = root.optional("upper_bound_evaluation") {
        node.object(&keys::UPPER_BOUND);
    }
    if let Some(node) = root.optional("estimation") {
        node.object(&keys::ESTIMATION);
    }
}

/// Whether a simulation is asked for, or its switch is broken, which is reported where it is read.
fn is_on(simulation: &Object) -> bool {
    simulation.optional("enabled").is_some_and(|enabled| enabled.as_flag() != Some(false))
}

fn flag(object: &Object, key: &'static str, default: bool) -> bool {
    object.optional(key).and_then(|node| node.flag()).unwrap_or(default)
}

fn seed(object: &Object, key: &'static str) -> Option<u64> {
    object.optional(key)?.integer(i64::MIN, i64::MAX).map(i64::unsigned_abs)
}

fn read_schemes(source: &Object) {
    if let Some(years) = source.optional("historical_years") {
        years.invalid("config.historical_years", "only the scheme \"historical\" of the inflow uses years");
    }
    for class in ["inflow", "load", "ncs"] {
        let scheme = source.optional(class).and_then(|node| node.object(&keys::SCHEME)?.required("scheme"));
        if let Some(scheme) = scheme {
            let historical = ("historical", true);
            let known = [("in_sample", false), ("out_of_sample", true), ("external", true), historical];
            let known = if class == "inflow" { &known[..] } else { &known[..3] };
            if scheme.choice(known) == Some(true) {
                scheme.unsupported("unsupported.scenario_scheme");
            }
        }
    }
}

fn read_training_source(training: &Object) -> (Option<u64>, OpeningsSource) {
    let generated = OpeningsSource::Generated;
    let Some(source) = training.optional("scenario_source").and_then(|node| node.object(&keys::SCENARIO_SOURCE)) else {
        return (None, generated);
    };
    read_schemes(&source);
    let openings = source
        .optional("openings")
        .and_then(|node| node.object(&keys::OPENINGS)?.required("source"))
        .and_then(|kind| kind.choice(&[("generated", generated), ("file", OpeningsSource::File)]));
    (seed(&source, "seed"), openings.unwrap_or(generated))
}

/// The number of sampled paths.
fn read_selection(selection: &Object, key: &'static str, default: Option<usize>) -> Option<usize> {
    let method = selection.required("method")?;
    if method.choice(&[("sampled", true), ("enumerated", false)])? {
        let paths = if default.is_some() { selection.optional(key) } else { selection.required(key) };
        return match paths {
            Some(paths) => paths.integer(1, MAX_PATHS).map(|n| n as usize),
            None => default,
        };
    }
    method.unsupported("unsupported.enumerated_selection");
    None
}

fn read_simulation(simulation: &Object, training_seed: u64) -> Option<(usize, u64)> {
    let enabled = flag(simulation, "enabled", false);
    let n_scenarios = match simulation.optional("selection") {
        None => Some(DEFAULT_SCENARIOS),
        Some(node) => node
            .object(&keys::SIMULATION_SELECTION)
            .and_then(|selection| read_selection(&selection, "num_scenarios", Some(DEFAULT_SCENARIOS))),
    };
    let mut scenario_seed = None;
    if let Some(source) = simulation.optional("scenario_source").and_then(|node| node.object(&keys::SIMULATION_SOURCE))
    {
        read_schemes(&source);
        scenario_seed = seed(&source, "seed");
    }
    if enabled { Some((n_scenarios?, scenario_seed.unwrap_or(training_seed))) } else { None }
}

fn read_stopping_rules(training: &Object) -> Vec<StoppingRule> {
    let Some(node) = training.required("stopping_rules") else {
        return Vec::new();
    };
    let Some(items) = node.items() else {
        return Vec::new();
    };
    let rules: Vec<StoppingRule> = items.iter().filter_map(read_stopping_rule).collect();
    let names_limit = |item: &Node| {
        let kind = item.object_quietly(&keys::STOPPING_RULE).and_then(|rule| rule.optional("type"));
        kind.and_then(|kind| kind.as_text()) == Some("iteration_limit")
    };
    if !items.iter().any(names_limit) {
        let finding =
            Finding::error("config.iteration_limit", node.place(), "a rule of type iteration_limit is needed");
        training.report().push(finding.hint("add {\"type\": \"iteration_limit\", \"limit\": 200}"));
    }
    rules
}

fn read_stopping_rule(node: &Node) -> Option<StoppingRule> {
    let rule = node.object(&keys::STOPPING_RULE)?;
    let kinds: &[(&str, &[&str])] = &[
        ("iteration_limit", &["limit"]),
        ("time_limit", &["seconds"]),
        ("bound_stalling", &["iterations", "tolerance"]),
        ("gap", &["tolerance", "relative_tolerance"]),
    ];
    let choices: Vec<(&str, usize)> = kinds.iter().enumerate().map(|(i, kind)| (kind.0, i)).collect();
    let kind = rule.required("type")?;
    let (name, own) = kinds[kind.choice(&choices)?];
    for key in ["limit", "seconds", "iterations", "tolerance", "relative_tolerance"] {
        if let Some(foreign) = rule.optional(key).filter(|_| !own.contains(&key)) {
            foreign.invalid("schema.unknown_key", format!("a rule of type {name} has no key \"{key}\""));
        }
    }
    match name {
        "iteration_limit" => Some(StoppingRule::IterationLimit { limit: rule.required("limit")?.count(1)? }),
        "time_limit" => Some(StoppingRule::TimeLimit { seconds: rule.number("seconds", Range::POSITIVE)? }),
        "bound_stalling" => {
            let iterations = rule.required("iterations").and_then(|node| node.count(1));
            let tolerance = rule.number("tolerance", Range::NOT_NEGATIVE);
            Some(StoppingRule::BoundStalling { iterations: iterations?, tolerance: tolerance? })
        }
        _ => {
            kind.unsupported("unsupported.gap_rule");
            None
        }
    }
}
