//! A study with something changed in it.

use cobre_engine::Study;
use cobre_engine::stochastic::OpeningTree;
use cobre_engine::system::{System, SystemParts};

/// The same study with other parts of its system.
pub(crate) fn with_parts(study: &Study, change: impl FnOnce(&mut SystemParts)) -> Study {
    let system = &study.system;
    let mut parts = SystemParts {
        stages: system.stages().to_vec(),
        buses: system.buses().to_vec(),
        lines: system.lines().to_vec(),
        thermals: system.thermals().to_vec(),
        hydros: system.hydros().to_vec(),
        initial: system.initial().clone(),
    };
    change(&mut parts);
    Study { system: System::new(parts).expect("changed parts"), ..study.clone() }
}

/// The same study with other noise: `change` gets stage, opening and noise vector.
pub(crate) fn with_noise(study: &Study, mut change: impl FnMut(usize, usize, &mut [f64])) -> Study {
    let tree = &study.openings;
    let stages = (0..tree.n_stages()).map(|t| {
        let mut values = Vec::new();
        for k in 0..tree.n_openings(t) {
            let mut noise = tree.noise(t, k).to_vec();
            change(t, k, &mut noise);
            values.extend(noise);
        }
        values
    });
    let openings = OpeningTree::from_values(tree.dimension(), stages.collect()).expect("changed noise");
    Study { openings, ..study.clone() }
}

/// The same study with its plants in another order: plant `order[i]` comes to position `i`.
pub(crate) fn with_plants_in(study: &Study, order: &[usize]) -> Study {
    let position = |old: usize| order.iter().position(|&one| one == old).expect("an order names every plant");
    let mut permuted = with_parts(study, |parts| {
        let old = parts.clone();
        parts.hydros = order.iter().map(|&h| old.hydros[h].clone()).collect();
        for hydro in &mut parts.hydros {
            hydro.downstream = hydro.downstream.map(position);
            hydro.diversion_downstream = hydro.diversion_downstream.map(position);
        }
        parts.initial.storage_hm3 = order.iter().map(|&h| old.initial.storage_hm3[h]).collect();
        parts.initial.inflow_lags_m3s = order.iter().map(|&h| old.initial.inflow_lags_m3s[h].clone()).collect();
    });
    for stage in &mut permuted.inflow.stages {
        *stage = order.iter().map(|&h| stage[h].clone()).collect();
    }
    with_noise(&permuted, |_, _, noise| {
        let old = noise.to_vec();
        for (value, &h) in noise.iter_mut().zip(order) {
            *value = old[h];
        }
    })
}
