use super::{Bucket, OutcomeSink, StageOutcome};
use crate::comm::{Message, Ranks, Received};
use crate::error::EngineError;
use crate::sddp::{
    Context, Control, Phase, Policy, SimulationOptions, SolverStatistics, check_bases, check_policy, mean_and_std,
    read_statistics, write_statistics,
};
use crate::stochastic::{ForwardSampler, SampleDomain};
use crate::study::Study;
use crate::subproblem::{Chain, Truncation};

/// Scenarios per chain of solves; fixed, so that outcomes are the same for any number of threads.
const SCENARIOS_PER_CHAIN: usize = 32;

/// Outcome of a simulation.
#[derive(Debug, Clone, PartialEq)]
pub struct SimulationResult {
    /// Scenarios simulated, earlier ones included; fewer than asked for after a request to stop.
    pub n_scenarios: usize,
    /// Mean discounted cost ($).
    pub mean_cost: f64,
    /// Sample standard deviation of the cost ($); none for a single scenario.
    pub std_cost: Option<f64>,
    /// Whether the simulation was stopped on request.
    pub stopped: bool,
    /// Work per stage, without that on earlier buckets.
    pub solver: Vec<SolverStatistics>,
}

/// Why a simulation ended early.
#[derive(Debug)]
pub enum SimulationError<E> {
    /// The engine failed.
    Engine(EngineError),
    /// The sink failed.
    Sink(E),
}

impl<E> From<EngineError> for SimulationError<E> {
    fn from(error: EngineError) -> Self {
        Self::Engine(error)
    }
}

/// Applies a policy to `options.n_scenarios` sampled scenarios, bucket by bucket and, inside a bucket, stage by stage.
/// `on_bucket` sees the number of scenarios done so far.
///
/// The scenarios of a stage are ordered by opening and storage and cut into chains of fixed length that start from
/// the trained basis of the stage, so that neighbours in a chain are alike.
///
/// `earlier_costs` are the discounted costs of the scenarios of buckets that were simulated before, as the sink was
/// given them: whole buckets from the first one on, or nothing. They are not simulated again. A bucket depends on study,
/// policy and options alone, so the rest of the buckets, and the mean over all scenarios, are the same to the bit.
///
/// With several ranks each one calls this with the same arguments and a sink of its own. They take the buckets in turn:
/// of the buckets that are left, rank `r` of `n` takes every `n`-th from number `r` on, so what is done at any moment
/// are the first buckets. All ranks return the same result.
///
/// # Errors
/// [`EngineError`] when a stage problem has no solution, the policy does not fit the study, or the earlier costs are
/// not those of whole buckets; the error of the sink, or [`EngineError::OtherRank`] with that of another rank's sink.
pub fn simulate<S: OutcomeSink>(
    study: &Study,
    policy: &Policy,
    options: &SimulationOptions,
    control: Control<'_>,
    earlier_costs: &[f64],
    sink: &mut S,
    on_bucket: &mut dyn FnMut(usize),
) -> Result<SimulationResult, SimulationError<S::Error>> {
    let ranks = Ranks::new(control);
    let context = ranks.agree(check_options(options, earlier_costs).and_then(|()| {
        let context = Context::new(study, control)?;
        check_policy(&context, policy)?;
        check_bases(&context, &policy.pools, &policy.bases)
            .map_err(|message| EngineError::Options { option: "policy", message })?;
        Ok(context)
    }))?;
    let sampler = ForwardSampler::new(options.seed, SampleDomain::Simulation);
    let mut costs = Vec::with_capacity(options.n_scenarios);
    costs.extend_from_slice(earlier_costs);
    let mut solver = vec![SolverStatistics::default(); study.system.n_stages()];
    let mut stopped = false;
    // What the sink said of the reports of the round before.
    let mut received = Ok(());
    while costs.len() < options.n_scenarios {
        if ranks.is_stop_agreed() {
            stopped = true;
            break;
        }
        let own = costs.len() + ranks.rank() * options.bucket_size;
        let mine = received.and_then(|()| {
            if own >= options.n_scenarios {
                return Ok(Vec::new());
            }
            let n_scenarios = options.bucket_size.min(options.n_scenarios - own);
            let bucket = Bucket { index: own / options.bucket_size, first_scenario: own, n_scenarios };
            let bucket_costs = simulate_bucket(&context, policy, sampler, bucket, sink, &mut solver)?;
            sink.finish_bucket(bucket, &bucket_costs).map_err(SimulationError::Sink)?;
            Ok(bucket_costs)
        });
        received = end_round(&ranks, mine, &mut costs, sink)?;
        on_bucket(costs.len());
    }
    let solver = add_up(&ranks, received.map(|()| solver))?;
    let (mean_cost, std_cost) = if costs.is_empty() { (f64::NAN, None) } else { mean_and_std(&costs) };
    Ok(SimulationResult { n_scenarios: costs.len(), mean_cost, std_cost, stopped, solver })
}

/// What comes of something that engine and sink do together.
type Outcome<T, S> = Result<T, SimulationError<<S as OutcomeSink>::Error>>;

/// Adds the costs of the buckets of all ranks to those before, and passes on what the sinks report. What the sink of this
/// rank says of that is for the next exchange.
fn end_round<S: OutcomeSink>(
    ranks: &Ranks<'_>,
    mine: Outcome<Vec<f64>, S>,
    costs: &mut Vec<f64>,
    sink: &mut S,
) -> Outcome<Outcome<(), S>, S> {
    if ranks.is_alone() {
        costs.extend(mine?);
        return Ok(Ok(()));
    }
    let mine = mine.and_then(|own_costs| {
        let mut message = Message::new();
        message.f64s(&own_costs).bytes(&sink.take_report().map_err(SimulationError::Sink)?);
        Ok(message)
    });
    let all = exchange(ranks, mine)?;
    let mut received = Ok(());
    let mut of_rank = Vec::new();
    for (rank, mut message) in all.all().enumerate() {
        message.f64s(&mut of_rank).map_err(EngineError::from)?;
        costs.extend_from_slice(&of_rank);
        let report = message.bytes().map_err(EngineError::from)?;
        received = received.and_then(|()| sink.receive_report(rank, report).map_err(SimulationError::Sink));
    }
    Ok(received)
}

/// The work of all ranks.
fn add_up<E: std::fmt::Display>(
    ranks: &Ranks<'_>,
    mine: Result<Vec<SolverStatistics>, SimulationError<E>>,
) -> Result<Vec<SolverStatistics>, SimulationError<E>> {
    if ranks.is_alone() {
        return mine;
    }
    let mut n_stages = 0;
    let all = exchange(
        ranks,
        mine.map(|solver| {
            n_stages = solver.len();
            let mut message = Message::new();
            for statistics in &solver {
                write_statistics(&mut message, statistics);
            }
            message
        }),
    )?;
    let mut sum = vec![SolverStatistics::default(); n_stages];
    for mut message in all.all() {
        for stage in &mut sum {
            stage.add(&read_statistics(&mut message).map_err(EngineError::from)?);
        }
    }
    Ok(sum)
}

/// Exchanges messages, or what failed: on this rank with its own error, on the others with what it says.
fn exchange<E: std::fmt::Display>(
    ranks: &Ranks<'_>,
    mine: Result<Message, SimulationError<E>>,
) -> Result<Received, SimulationError<E>> {
    let (sent, own) = match mine {
        Ok(message) => (Ok(message), None),
        Err(SimulationError::Engine(error)) => (Err(error), None),
        Err(SimulationError::Sink(error)) => {
            (Err(EngineError::OtherRank { rank: ranks.rank(), message: error.to_string() }), Some(error))
        }
    };
    ranks.exchange(sent).map_err(|error| match (error, own) {
        (EngineError::OtherRank { rank, .. }, Some(own)) if rank == ranks.rank() => SimulationError::Sink(own),
        (error, _) => SimulationError::Engine(error),
    })
}

fn check_options(options: &SimulationOptions, earlier_costs: &[f64]) -> Result<(), EngineError> {
    if options.bucket_size == 0 {
        let message = "a bucket holds at least one scenario".into();
        return Err(EngineError::Options { option: "bucket_size", message });
    }
    let refused = |message| Err(EngineError::Options { option: "earlier_costs", message });
    let (n_earlier, n_scenarios, size) = (earlier_costs.len(), options.n_scenarios, options.bucket_size);
    if n_earlier > n_scenarios || (n_earlier < n_scenarios && !n_earlier.is_multiple_of(size)) {
        return refused(format!("{n_earlier} of {n_scenarios} scenarios are no whole buckets of {size}"));
    }
    if let Some(scenario) = earlier_costs.iter().position(|cost| !cost.is_finite()) {
        return refused(format!("the cost of scenario {scenario} is not finite"));
    }
    Ok(())
}

/// A scenario on its way through the stages.
struct Path {
    state: Vec<f64>,
    next_state: Vec<f64>,
    opening: usize,
    outcome: StageOutcome,
}

fn simulate_bucket<S: OutcomeSink>(
    context: &Context<'_>,
    policy: &Policy,
    sampler: ForwardSampler,
    bucket: Bucket,
    sink: &mut S,
    solver: &mut [SolverStatistics],
) -> Result<Vec<f64>, SimulationError<S::Error>> {
    let mut paths: Vec<Path> = (0..bucket.n_scenarios)
        .map(|_| Path {
            state: context.initial.clone(),
            next_state: Vec::new(),
            opening: 0,
            outcome: StageOutcome::default(),
        })
        .collect();
    let mut costs = vec![0.0; bucket.n_scenarios];
    for (t, problem) in context.problems.iter().enumerate() {
        let n_openings = context.study.openings.n_openings(t);
        let mut rank = vec![0; n_openings];
        for (position, &opening) in context.opening_paths[t].driest_first().iter().enumerate() {
            rank[opening] = position;
        }
        for (i, path) in paths.iter_mut().enumerate() {
            path.opening = sampler.opening(0, bucket.first_scenario + i, t, n_openings);
        }
        let mut order: Vec<(usize, f64, usize)> = paths
            .iter()
            .enumerate()
            .map(|(i, path)| (rank[path.opening], path.state[..context.states.n_hydros()].iter().sum(), i))
            .collect();
        order.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)).then(a.2.cmp(&b.2)));
        // Position of every scenario in the order, to hand out disjoint mutable paths chain by chain.
        let mut by_order: Vec<(usize, &mut Path)> = Vec::with_capacity(paths.len());
        let mut slots: Vec<Option<&mut Path>> = paths.iter_mut().map(Some).collect();
        for &(_, _, i) in &order {
            by_order.extend(slots[i].take().map(|path| (i, path)));
        }
        let mut chains: Vec<&mut [(usize, &mut Path)]> = by_order.chunks_mut(SCENARIOS_PER_CHAIN).collect();
        let statistics = context.workers.run(&mut chains, |chain, _, members| {
            let mut started = (context.clock)();
            let mut total = SolverStatistics::default();
            chain.enter(context.frame(), problem, &policy.pools[t], policy.bases[t].as_ref(), None);
            for members in members.chunks_mut(Chain::MOST_ANNOUNCED) {
                let solves = members.iter().map(|(_, path)| (path.state.as_slice(), path.opening));
                chain.announce(context.frame(), problem, &policy.pools[t], solves);
                for (i, path) in members {
                    let scenario = bucket.first_scenario + *i;
                    chain
                        .solve(context.frame(), problem, &policy.pools[t], &path.state, path.opening, Truncation::Exact)
                        .map_err(|failure| {
                            context.failure(Phase::Simulation, t, path.opening, 0, scenario, *failure)
                        })?;
                    let (input, solution) = chain.complete_solution();
                    path.outcome = problem.read_outcome(
                        context.study,
                        &context.states,
                        &path.state,
                        input,
                        solution,
                        context.discount[t],
                    );
                    path.outcome.opening = path.opening;
                    let now = (context.clock)();
                    path.outcome.solver = SolverStatistics { solve_seconds: now - started, ..chain.take_statistics() };
                    total.add(&path.outcome.solver);
                    started = now;
                    path.next_state.clear();
                    path.next_state.extend_from_slice(chain.outgoing());
                }
            }
            Ok(total)
        })?;
        for one in &statistics {
            solver[t].add(one);
        }
        let mut outcomes = Vec::with_capacity(paths.len());
        for (path, cost) in paths.iter_mut().zip(&mut costs) {
            *cost += context.discount[t] * path.outcome.cost.immediate_cost;
            std::mem::swap(&mut path.state, &mut path.next_state);
            outcomes.push(std::mem::take(&mut path.outcome));
        }
        sink.write_stage(bucket, t, outcomes).map_err(SimulationError::Sink)?;
    }
    Ok(costs)
}
