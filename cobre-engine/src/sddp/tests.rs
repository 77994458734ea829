//! A cut equals, at its trial point, the risk-weighted stage values it was made from; a binding cut is tight there. How cuts
//! are searched changes no bit.

use super::backward::backward_pass;
use super::context::{Context, Control, WorkLog};
use super::exchange::share_forward;
use super::forward::forward_pass;
use super::options::{StoppingMode, StoppingRule, TrainingOptions};
use super::policy::Policy;
use super::snapshot::TrainingStart;
use super::train::train;
use super::trajectory::Trajectory;
use crate::comm::{Local, Ranks};
use crate::cuts::{CutPool, CutSelection, StoredCut};
use crate::risk::RiskMeasure;
use crate::solver::{DualSimplex, Highs, LpSolver};
use crate::stochastic::{ForwardSampler, SampleDomain};
use crate::study::{InflowNonNegativity, Study};
use crate::subproblem::{Chain, Truncation};
use crate::test_models::{ExtensiveForm, RandomStudy};

fn make_solver() -> Box<dyn LpSolver> {
    Box::new(DualSimplex::new())
}

/// Trial points of one iteration, and the policy after it.
struct Iteration<'a> {
    context: &'a Context<'a>,
    policy: &'a Policy,
    number: u32,
    trajectories: &'a [Trajectory],
}

impl Iteration<'_> {
    fn study(&self) -> &Study {
        self.context.study
    }

    /// Risk-weighted values of stage `t` at a state, by cold solves on the pool that the backward pass left behind.
    fn value(&self, chain: &mut Chain, t: usize, state: &[f64]) -> f64 {
        let n_openings = self.study().openings.n_openings(t);
        let pool = &self.policy.pools[t];
        let values: Vec<f64> = (0..n_openings)
            .map(|opening| {
                let problem = &self.context.problems[t];
                chain.enter(self.context.frame(), problem, pool, None, None);
                let solved = chain.solve(self.context.frame(), problem, pool, state, opening, Truncation::Relaxed);
                solved.expect("a stage problem with complete recourse").objective
            })
            .collect();
        let (mut order, mut weights) = (Vec::new(), Vec::new());
        self.study().system.stages()[t - 1].risk_measure.weigh(&values, &mut order, &mut weights);
        assert!((weights.iter().sum::<f64>() - 1.0).abs() < 1e-12, "weights {weights:?} do not sum to one");
        values.iter().zip(&weights).map(|(value, weight)| value * weight).sum()
    }

    /// Returns how many cuts of this iteration were found in the pools.
    fn judge(&self, chain: &mut Chain) -> usize {
        let mut n_found = 0;
        for t in 1..self.context.problems.len() {
            let pool = &self.policy.pools[t - 1];
            let mut values = Vec::new();
            for (m, trajectory) in self.trajectories.iter().enumerate() {
                let trial = &trajectory.states[t];
                let expected = self.value(chain, t, trial);
                let tolerance = 1e-9 * expected.abs().max(1.0);
                pool.evaluate(trial, &mut values);
                for id in 0..pool.len() as u32 {
                    let origin = pool.origin(id);
                    if (origin.iteration, origin.trajectory) == (self.number, m as u32) && pool.is_active(id) {
                        let value = values[id as usize];
                        assert!(
                            (value - expected).abs() <= tolerance,
                            "iteration {}, trajectory {m}, stage {t}: the cut is {value}, the values {expected}",
                            self.number
                        );
                        n_found += 1;
                    }
                }
                // A cut that was merged away lies below one at hand, which meets the values in its stead.
                let best = pool.future_cost(trial);
                assert!((best - expected).abs() <= tolerance, "stage {t}: the pool is {best}, the values {expected}");
            }
        }
        n_found
    }

    /// At the last stage nothing is approximated: the pool before it meets the exact cost-to-go.
    fn judge_last(&self) {
        let (t, n_lags) = (self.context.problems.len() - 1, self.context.states.n_lags());
        for trajectory in self.trajectories {
            let trial = &trajectory.states[t];
            let (storage, lags) = trial.split_at(self.context.states.n_hydros());
            let lags: Vec<Vec<f64>> =
                (0..storage.len()).map(|h| (0..n_lags).map(|l| lags[l * storage.len() + h]).collect()).collect();
            let exact = ExtensiveForm::value(self.study(), t, storage, &lags, &mut Highs::new());
            let exact = exact.expect("extensive form");
            let best = self.policy.pools[t - 1].future_cost(trial);
            assert!((best - exact).abs() <= 1e-8 * exact.abs().max(1.0), "the pool is {best}, the cost-to-go {exact}");
        }
    }
}

/// The forward pass with the count of binding cuts that ends it.
fn forward(
    context: &Context<'_>,
    ranks: &Ranks<'_>,
    policy: &mut Policy,
    sampler: ForwardSampler,
    number: u32,
    trajectories: &mut [Trajectory],
    log: &mut WorkLog,
) {
    let passed = forward_pass(context, policy, sampler, number, 0, trajectories, log);
    let passed = passed.map(|binding| (binding, Vec::new()));
    share_forward(ranks, policy, number, passed).expect("forward pass");
}

/// Runs some iterations by hand; `is_exact`: the stage value is convex in the state, so cuts meet it.
fn judge(shape: &RandomStudy, n_trajectories: usize, is_exact: bool) {
    let study = shape.build();
    let control = Control {
        n_threads: 1,
        make_solver: &make_solver,
        clock: &|| 0.0,
        stop_requested: &|| false,
        communicator: &Local,
    };
    let ranks = Ranks::new(control);
    let context = Context::new(&study, control).expect("context");
    let n_stages = study.system.n_stages();
    let mut policy = Policy::new(context.states, n_stages);
    let mut trajectories = vec![Trajectory::new(&context.initial, n_stages); n_trajectories];
    let sampler = ForwardSampler::new(3, SampleDomain::Training);
    let mut log = WorkLog::default();
    let mut chain = Chain::new(make_solver());
    let mut n_before = 0;
    for number in 1..=6 {
        forward(&context, &ranks, &mut policy, sampler, number, &mut trajectories, &mut log);
        let pass = backward_pass(&context, &ranks, &mut policy, number, 0, &mut trajectories, &mut log, true)
            .expect("backward pass");
        let iteration = Iteration { context: &context, policy: &policy, number, trajectories: &trajectories };
        let n_found = iteration.judge(&mut chain);
        assert_eq!(pass.n_added as usize, n_trajectories * (n_stages - 1), "iteration {number}");
        let n_active = policy.n_active_cuts();
        let n_more = n_active - std::mem::replace(&mut n_before, n_active);
        assert_eq!(n_more, u64::from(pass.n_added - pass.n_merged), "iteration {number}: cuts of it in the pools");
        for t in 1..n_stages {
            let points: Vec<&Vec<f64>> = trajectories.iter().map(|trajectory| &trajectory.states[t]).collect();
            assert_eq!(pass.points[t - 1].iter().collect::<Vec<_>>(), points, "iteration {number}, stage {t}");
        }
        assert!(number > 1 || n_found > 0, "the first iteration added no cut");
        if is_exact {
            iteration.judge_last();
        }
    }
}

#[test]
fn a_cut_meets_the_values_it_was_made_from() {
    for ar_order in 0..=2 {
        let risk_measure = |t| match t {
            1 => RiskMeasure::Expectation,
            _ => RiskMeasure::Cvar { alpha: 0.4, lambda: 0.7 },
        };
        let shape = RandomStudy {
            seed: 300 + ar_order as u64,
            ar_order,
            n_blocks: 2,
            n_openings: 4,
            risk_measure,
            annual_discount_rate: 0.1,
            operational_limits: ar_order == 1,
            ..RandomStudy::default()
        };
        judge(&shape, 3, true);
    }
}

#[test]
fn a_cut_meets_the_relaxed_values_where_truncated_inflow_has_memory() {
    let shape = RandomStudy {
        seed: 310,
        ar_order: 2,
        non_negativity: InflowNonNegativity::Truncation,
        inflow_variation: 1.0,
        ..RandomStudy::default()
    };
    judge(&shape, 3, false);
}

#[test]
fn a_cut_that_counts_as_binding_is_tight_where_the_trajectories_went() {
    let shape = RandomStudy { seed: 320, ar_order: 1, n_blocks: 2, ..RandomStudy::default() };
    let study = shape.build();
    let control = Control {
        n_threads: 2,
        make_solver: &make_solver,
        clock: &|| 0.0,
        stop_requested: &|| false,
        communicator: &Local,
    };
    let ranks = Ranks::new(control);
    let context = Context::new(&study, control).expect("context");
    let n_stages = study.system.n_stages();
    let mut policy = Policy::new(context.states, n_stages);
    let mut trajectories = vec![Trajectory::new(&context.initial, n_stages); 4];
    let sampler = ForwardSampler::new(3, SampleDomain::Training);
    let mut log = WorkLog::default();
    let (mut n_forward, mut n_backward) = (0, 0);
    for number in 1..=5 {
        let before = policy.pools.clone();
        forward(&context, &ranks, &mut policy, sampler, number, &mut trajectories, &mut log);
        for (t, (old, new)) in before.iter().zip(&policy.pools).enumerate() {
            let mut n_tight = vec![0; new.len()];
            let mut n_with_future_cost = 0;
            for trajectory in &trajectories {
                let state = &trajectory.states[t + 1];
                let theta = new.future_cost(state);
                let mut values = Vec::new();
                new.evaluate(state, &mut values);
                for (id, count) in n_tight.iter_mut().enumerate() {
                    *count += u64::from((values[id] - theta).abs() <= 1e-6 * theta.max(1.0));
                }
                n_with_future_cost += u64::from(theta > 1.0);
            }
            let mut n_counted = 0;
            for (id, tight) in (0u32..).zip(n_tight) {
                let counted = new.activity(id).times_binding - old.activity(id).times_binding;
                assert!(counted <= tight, "stage {t}, cut {id}: tight {tight} times, binding {counted} times");
                assert!(counted == 0 || new.activity(id).last_iteration == number);
                n_counted += counted;
            }
            // A cost-to-go above zero is held up by at least one cut.
            assert!(n_counted >= n_with_future_cost, "stage {t}: {n_counted} cuts, {n_with_future_cost} states");
            n_forward += n_counted;
        }
        let before = policy.pools.clone();
        backward_pass(&context, &ranks, &mut policy, number, 0, &mut trajectories, &mut log, false)
            .expect("backward pass");
        let n_openings = study.openings.n_openings(n_stages - 2) as u64;
        let (old, new) = (&before[n_stages - 2], &policy.pools[n_stages - 2]);
        for id in 0..new.len() as u32 {
            let earlier = if (id as usize) < old.len() { old.activity(id).times_binding } else { 0 };
            let counted = new.activity(id).times_binding - earlier;
            assert!(counted <= n_openings * 4, "cut {id}: binding {counted} times");
            n_backward += counted;
        }
    }
    assert!(n_forward > 0 && n_backward > 0, "binding {n_forward} times forward, {n_backward} times backward");
}

/// The same cuts as they come from files.
fn read_again(pool: &CutPool) -> CutPool {
    let ids = 0..pool.len() as u32;
    let rows: Vec<Vec<f64>> =
        ids.clone().map(|id| (0..pool.dimension()).map(|j| pool.coefficient(id, j)).collect()).collect();
    let cuts = ids.zip(&rows).map(|(id, row)| StoredCut {
        intercept: pool.intercept(id),
        coefficients: row,
        origin: pool.origin(id),
        activity: pool.activity(id),
        is_active: pool.is_active(id),
    });
    CutPool::from_cuts(pool.dimension(), cuts).expect("cuts of a pool")
}

#[test]
fn where_and_when_a_tree_of_cuts_is_made_changes_no_bit() {
    let (n_hydros, n_thermals, n_openings) = (8, 12, 12);
    let shape = RandomStudy {
        n_hydros,
        n_thermals,
        n_buses: 3,
        n_blocks: 2,
        n_openings,
        ar_order: 1,
        ..RandomStudy::default()
    };
    let study = shape.build();
    let run = |n_threads: usize, limit: u32, start: TrainingStart| {
        let control = Control {
            n_threads,
            make_solver: &make_solver,
            clock: &|| 0.0,
            stop_requested: &|| false,
            communicator: &Local,
        };
        let options = TrainingOptions {
            forward_passes: 32,
            stopping_rules: vec![StoppingRule::IterationLimit { limit }],
            stopping_mode: StoppingMode::Any,
            seed: 5,
            cut_selection: CutSelection::default(),
        };
        train(&study, &options, control, start, &mut ()).expect("training").state
    };
    let straight = run(1, 60, TrainingStart::Fresh);
    let n_active: Vec<usize> = straight.policy.pools.iter().map(CutPool::n_active).collect();
    assert!(straight.policy.pools[..3].iter().all(CutPool::has_tree), "too few cuts for a tree: {n_active:?}");
    assert_eq!(run(3, 60, TrainingStart::Fresh), straight, "on three threads");
    // A pool that was read has no tree: the first search makes one, from its own state.
    let mut state = run(1, 50, TrainingStart::Fresh);
    assert!(state.policy.pools[1].has_tree());
    state.policy.pools = state.policy.pools.iter().map(read_again).collect();
    assert_eq!(run(2, 60, TrainingStart::Resume(state)), straight, "after a resume");
}

/// Bits of what a chain finds at a stage in solves that differ in opening and incoming state; `announced` says which solves
/// are announced before which.
fn solve_all(
    context: &Context<'_>,
    policy: &Policy,
    t: usize,
    solves: &[(&[f64], usize)],
    announced: &dyn Fn(usize) -> std::ops::Range<usize>,
) -> Vec<Vec<u64>> {
    let (problem, pool) = (&context.problems[t], &policy.pools[t]);
    let mut chain = Chain::new(make_solver());
    chain.enter(context.frame(), problem, pool, None, None);
    let mut found = Vec::new();
    for (i, &(incoming, opening)) in solves.iter().enumerate() {
        let coming = announced(i);
        if !coming.is_empty() {
            chain.announce(context.frame(), problem, pool, solves[coming].iter().copied());
        }
        let solved = chain.solve(context.frame(), problem, pool, incoming, opening, Truncation::Relaxed);
        let mut numbers = vec![solved.expect("a stage problem with complete recourse").value];
        let mut gradient = Vec::new();
        chain.write_gradient(context.frame(), problem, opening, &mut gradient);
        numbers.extend_from_slice(&gradient);
        numbers.extend_from_slice(chain.outgoing());
        found.push(numbers.iter().map(|number| number.to_bits()).collect());
    }
    found
}

#[test]
fn solves_that_are_announced_find_what_others_find() {
    for (ar_order, non_negativity) in [
        (0, InflowNonNegativity::Penalty),
        (1, InflowNonNegativity::Penalty),
        (3, InflowNonNegativity::Penalty),
        (3, InflowNonNegativity::Truncation),
    ] {
        let shape = RandomStudy {
            seed: 330,
            n_hydros: 5,
            n_openings: 11,
            ar_order,
            non_negativity,
            inflow_variation: 1.0,
            ..RandomStudy::default()
        };
        let study = shape.build();
        let control = Control {
            n_threads: 1,
            make_solver: &make_solver,
            clock: &|| 0.0,
            stop_requested: &|| false,
            communicator: &Local,
        };
        let options = TrainingOptions {
            forward_passes: 5,
            stopping_rules: vec![StoppingRule::IterationLimit { limit: 6 }],
            stopping_mode: StoppingMode::Any,
            seed: 5,
            cut_selection: CutSelection::default(),
        };
        let policy = train(&study, &options, control, TrainingStart::Fresh, &mut ()).expect("training").state.policy;
        let context = Context::new(&study, control).expect("context");
        let t = study.system.n_stages() - 2;
        assert!(policy.pools[t].n_active() > 16 && !policy.pools[t].has_tree());
        // Incoming states that differ in lags, in storage alone, and not at all.
        let n_hydros = context.states.n_hydros();
        let state = |factor: f64, lags: f64| {
            let storage = context.initial[..n_hydros].iter().map(|x| x * factor);
            storage.chain(context.initial[n_hydros..].iter().map(|x| x * lags)).collect::<Vec<f64>>()
        };
        let states = [state(1.0, 1.0), state(0.4, 1.0), state(0.7, 1.6), state(1.0, 0.3)];
        let openings: Vec<(&[f64], usize)> = (0..11).map(|opening| (states[2].as_slice(), opening)).collect();
        let scenarios: Vec<(&[f64], usize)> = (0..11).map(|i| (states[i % 4].as_slice(), i % 5)).collect();
        for solves in [openings, scenarios] {
            let expected = solve_all(&context, &policy, t, &solves, &|_| 0..0);
            let of_eight = |i: usize| if i.is_multiple_of(8) { i..(i + 8).min(11) } else { 0..0 };
            let orders: [&dyn Fn(usize) -> std::ops::Range<usize>; 4] =
                [&of_eight, &|_| 0..11, &|i| i..i + 1, &|i| if i == 2 { 3..9 } else { 0..0 }];
            for announced in orders {
                assert!(solve_all(&context, &policy, t, &solves, announced) == expected, "{ar_order} lags");
            }
        }
    }
}
