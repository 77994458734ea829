//! In which order the openings of a stage are solved.

use std::sync::OnceLock;

use crate::study::Study;
use crate::subproblem::StageProblem;

/// Most rounds of exchanges. Each makes a path shorter, and of some ten openings few paths take more than four.
const MOST_ROUNDS: usize = 20;

/// Of more openings than these no table of distances is kept, which would take too much memory.
const MOST_WITH_DISTANCES: usize = 256;

/// Short paths through the openings of a stage, one from each: a solve starts from the optimum of the one before, and takes
/// the fewer steps the closer the two openings are.
///
/// The distance of two openings is `|Σ_h d_h| + ‖d‖₂`, `d` being how far apart they are in inflow energy per plant and in
/// demand per bus (MW): what they differ by in sum changes which thermal plants run, what moves between plants changes
/// which reservoirs fill. A path goes to the nearest opening that is left, and parts of it are turned around as long as
/// that makes it shorter (Croes 1958). Where openings are so many that each has a close one on either side in total energy,
/// a path goes by that, to the nearer end and back through the rest.
#[derive(Debug)]
pub(crate) struct OpeningPaths {
    /// None where openings are too many.
    apart: Option<Distances>,
    /// Openings by the energy that they bring, the driest first.
    by_energy: Vec<usize>,
    /// Paths that were asked for, by their first opening.
    paths: Vec<OnceLock<Vec<usize>>>,
}

impl OpeningPaths {
    /// Through the openings of a stage.
    pub(crate) fn new(study: &Study, problem: &StageProblem) -> Self {
        Self::through(&energies(study, problem))
    }

    fn through(openings: &[Vec<f64>]) -> Self {
        let sums: Vec<f64> = openings.iter().map(|energies| energies.iter().sum()).collect();
        let mut by_energy: Vec<usize> = (0..openings.len()).collect();
        by_energy.sort_by(|&a, &b| sums[a].total_cmp(&sums[b]).then(a.cmp(&b)));
        Self {
            apart: (openings.len() <= MOST_WITH_DISTANCES).then(|| Distances::new(openings)),
            by_energy,
            paths: openings.iter().map(|_| OnceLock::new()).collect(),
        }
    }

    /// All openings, beginning with this one.
    ///
    /// # Panics
    /// When there is no such opening.
    pub(crate) fn starting_with(&self, first: usize) -> &[usize] {
        self.paths[first].get_or_init(|| match &self.apart {
            Some(apart) => apart.path(first),
            None => self.path_by_energy(first),
        })
    }

    /// All openings, beginning with the one that brings the least energy.
    pub(crate) fn driest_first(&self) -> &[usize] {
        self.starting_with(self.by_energy[0])
    }

    /// From `first` by energy to the end that is nearer, then back through the rest.
    fn path_by_energy(&self, first: usize) -> Vec<usize> {
        let place = self.by_energy.iter().position(|&opening| opening == first).unwrap_or(0);
        let (drier, wetter) = self.by_energy.split_at(place);
        if drier.len() < wetter.len() {
            let down = wetter[..1].iter().chain(drier.iter().rev());
            down.chain(&wetter[1..]).copied().collect()
        } else {
            wetter.iter().chain(drier.iter().rev()).copied().collect()
        }
    }
}

/// What every opening brings (MW): inflow energy per plant, down the whole cascade, and demand per bus as negative energy.
fn energies(study: &Study, problem: &StageProblem) -> Vec<Vec<f64>> {
    let system = &study.system;
    let mut productivity = vec![0.0; system.n_hydros()];
    for &h in system.cascade_order().iter().rev() {
        let hydro = &system.hydros()[h];
        let below = hydro.downstream.map_or(0.0, |d| productivity[d]);
        productivity[h] = hydro.stages[problem.stage()].productivity_mw_per_m3s + below;
    }
    let of = |opening: usize| {
        let inflow = problem.opening_inflow_m3s(opening).iter().zip(&productivity).map(|(inflow, by)| inflow * by);
        let load_mw = problem.opening_load_mw(opening);
        let n_blocks = (load_mw.len() / system.buses().len().max(1)).max(1);
        let load = load_mw.chunks_exact(n_blocks).map(|load| -load.iter().sum::<f64>() / n_blocks as f64);
        inflow.chain(load).collect()
    };
    (0..study.openings.n_openings(problem.stage())).map(of).collect()
}

/// Distances of openings from each other.
#[derive(Debug)]
struct Distances {
    n: usize,
    values: Vec<f64>,
}

impl Distances {
    fn new(openings: &[Vec<f64>]) -> Self {
        let n = openings.len();
        let mut values = vec![0.0; n * n];
        for a in 0..n {
            for b in 0..a {
                let (mut sum, mut squares) = (0.0, 0.0);
                for (x, y) in openings[a].iter().zip(&openings[b]) {
                    sum += x - y;
                    squares += (x - y) * (x - y);
                }
                let distance = f64::abs(sum) + squares.sqrt();
                (values[a * n + b], values[b * n + a]) = (distance, distance);
            }
        }
        Self { n, values }
    }

    fn of(&self, a: usize, b: usize) -> f64 {
        self.values[a * self.n + b]
    }

    /// A short path from `first` through all.
    fn path(&self, first: usize) -> Vec<usize> {
        let mut path = self.nearest_neighbours(first);
        for _ in 0..MOST_ROUNDS {
            if !self.exchange_edges(&mut path) {
                break;
            }
        }
        path
    }

    /// From `first` always to the nearest one that is left, the first of equals.
    fn nearest_neighbours(&self, first: usize) -> Vec<usize> {
        let mut left: Vec<usize> = (0..self.n).collect();
        let mut path = Vec::with_capacity(self.n);
        let mut next = Some(first);
        while let Some(place) = next {
            let opening = left.remove(place);
            path.push(opening);
            let to = |place: usize| self.of(opening, left[place]);
            next = (0..left.len()).min_by(|&a, &b| to(a).total_cmp(&to(b)));
        }
        path
    }

    /// Turns every part of a path around that makes it shorter; whether there was one. The first opening stays, the last
    /// one is free.
    fn exchange_edges(&self, path: &mut [usize]) -> bool {
        let mut is_shorter = false;
        for begin in 1..path.len() {
            for end in begin + 1..=path.len() {
                let to_next = |opening: usize| path.get(end).map_or(0.0, |&next| self.of(opening, next));
                let (before, first, last) = (path[begin - 1], path[begin], path[end - 1]);
                let old = self.of(before, first) + to_next(last);
                let new = self.of(before, last) + to_next(first);
                // By more than rounding: two paths of one length must not take turns.
                if new < old * (1.0 - 1e-12) {
                    path[begin..end].reverse();
                    is_shorter = true;
                }
            }
        }
        is_shorter
    }
}

#[cfg(test)]
mod tests {
    use super::{Distances, MOST_WITH_DISTANCES, OpeningPaths};
    use crate::test_models::SplitMix64;

    fn length(apart: &Distances, path: &[usize]) -> f64 {
        path.windows(2).map(|pair| apart.of(pair[0], pair[1])).sum()
    }

    fn random_openings(seed: u64, n: usize) -> Vec<Vec<f64>> {
        let mut random = SplitMix64::new(seed);
        (0..n).map(|_| (0..5).map(|_| random.uniform(-1.0, 1.0)).collect()).collect()
    }

    /// The shortest path from `first`, by trying all.
    fn shortest(apart: &Distances, path: &mut Vec<usize>, best: &mut f64) {
        if path.len() == apart.n {
            *best = best.min(length(apart, path));
        }
        for next in 0..apart.n {
            if !path.contains(&next) {
                path.push(next);
                shortest(apart, path, best);
                path.pop();
            }
        }
    }

    #[test]
    fn openings_apart_in_sum_and_openings_that_exchange_energy_have_a_distance() {
        let apart = Distances::new(&[vec![1.0, 2.0], vec![4.0, 6.0], vec![5.0, -2.0]]);
        assert_eq!(apart.of(0, 1), 7.0 + 5.0);
        assert_eq!(apart.of(1, 0), 7.0 + 5.0);
        assert_eq!(apart.of(0, 2), 0.0 + f64::sqrt(32.0));
        assert_eq!(apart.of(2, 2), 0.0);
    }

    #[test]
    fn every_path_has_all_openings_once() {
        for n in [1, 2, 3, 9, 40, 256, 257] {
            let paths = OpeningPaths::through(&random_openings(n as u64, n));
            for first in 0..n {
                let path = paths.starting_with(first);
                assert_eq!(path[0], first);
                let mut sorted = path.to_vec();
                sorted.sort_unstable();
                assert_eq!(sorted, (0..n).collect::<Vec<usize>>());
            }
        }
        let equal = OpeningPaths::through(&vec![vec![1.0, 2.0]; 6]);
        assert_eq!(equal.starting_with(2).len(), 6, "openings without a difference");
    }

    #[test]
    fn paths_are_hardly_longer_than_the_shortest_ones() {
        let (mut found, mut least, mut nearest) = (0.0, 0.0, 0.0);
        for seed in 0..20 {
            let openings = random_openings(seed, 7);
            let paths = OpeningPaths::through(&openings);
            for first in 0..7 {
                let mut best = f64::INFINITY;
                let apart = paths.apart.as_ref().expect("seven openings");
                shortest(apart, &mut vec![first], &mut best);
                let path = length(apart, paths.starting_with(first));
                assert!(path >= best * (1.0 - 1e-12), "shorter than the shortest");
                found += path;
                least += best;
                nearest += length(apart, &apart.nearest_neighbours(first));
            }
        }
        assert!(found < 1.04 * least, "{} times the shortest paths", found / least);
        assert!(found < nearest, "exchanges make nothing shorter");
    }

    #[test]
    fn many_openings_go_by_energy_to_the_nearer_end_and_back() {
        let n = MOST_WITH_DISTANCES + 5;
        let openings: Vec<Vec<f64>> = (0..n).map(|k| vec![(k * 7 % n) as f64, 1.0]).collect();
        let paths = OpeningPaths::through(&openings);
        assert!(paths.apart.is_none());
        let energies = |first: usize| -> Vec<usize> {
            paths.starting_with(first).iter().map(|&k| openings[k][0] as usize).collect()
        };
        let opening = |energy: usize| openings.iter().position(|one| one[0] as usize == energy).expect("all are there");
        assert_eq!(energies(opening(3)), [3, 2, 1, 0].into_iter().chain(4..n).collect::<Vec<usize>>());
        let begin = n - 3;
        assert_eq!(energies(opening(begin)), (begin..n).chain((0..begin).rev()).collect::<Vec<usize>>());
        assert_eq!(paths.driest_first(), paths.by_energy);
    }

    #[test]
    fn the_driest_opening_is_the_one_with_the_least_energy() {
        let paths = OpeningPaths::through(&[vec![3.0, 1.0], vec![-2.0, 4.0], vec![9.0, -8.0], vec![2.0, 2.0]]);
        assert_eq!(paths.driest_first()[0], 2);
    }
}
