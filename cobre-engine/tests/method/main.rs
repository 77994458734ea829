//! The method against independent judges: extensive forms, exact cost-to-go, finite differences.
#![cfg(feature = "highs")]

mod block_costs;
mod buckets;
mod cuts;
mod determinism;
mod gradients;
mod hard;
mod infeasible;
mod judged;
mod many_cuts;
mod oracle;
mod outcomes;
mod paths;
mod properties;
mod ranks;
mod rebuilt;
mod recovery;
mod refused_starts;
mod resume;
mod selection;
mod setting;
mod states;
mod stopping;
mod stored;
