use super::selection::SelectionMethod;
use super::{CutPool, VisitedStates};
use crate::simd::{self, LANES};

/// Points whose values are in memory at once.
const AT_ONCE: usize = 64;

/// What a selection method remembers of a stage: its trial points, and which cuts are high there.
///
/// Every pair of a cut and a trial point is evaluated once, when the later of them comes. Values at a point are looked
/// at anew only where a cut that the point spoke for was taken away from outside: evicted, or replaced by a parallel one
/// that turns out lower.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Standings {
    method: SelectionMethod,
    visited: VisitedStates,
    /// The standing at every point.
    by_point: Vec<Standing>,
    /// Cuts with a lower id were evaluated at all points.
    n_cuts: usize,
    /// Inactive cuts that no standing names.
    n_inactive: usize,
}

/// The cuts that a trial point speaks for.
#[derive(Debug, Clone, Default, PartialEq)]
struct Standing {
    /// The highest value, or that of the one cut ($).
    best: f64,
    /// Those within the margin of it: values and ids, ascending by id.
    near: Vec<(f64, u32)>,
}

impl Standing {
    /// From the heights of cuts, ascending by id.
    fn of(method: SelectionMethod, heights: impl Iterator<Item = (f64, u32)> + Clone) -> Self {
        let best = heights.clone().fold(f64::NEG_INFINITY, |best, (height, _)| best.max(height));
        let limit = best - method.margin(best);
        let near = heights.filter(|(height, _)| *height >= limit);
        if !method.keeps_one() {
            return Self { best, near: near.collect() };
        }
        let near: Vec<_> = near.take(1).collect();
        Self { best: near.first().map_or(best, |(height, _)| *height), near }
    }

    /// Of one cut. Its value has the bits that it had when the pair was first evaluated.
    fn of_one(visited: &VisitedStates, point: usize, pool: &CutPool, cut: u32) -> Self {
        let mut coefficients = Vec::new();
        pool.write_coefficients(cut, &mut coefficients);
        let mut heights = [[pool.intercept(cut); LANES]];
        let block = visited.points.block(point / LANES);
        simd::evaluate_blocks(block, visited.dimension(), 0, &coefficients, &mut heights);
        let height = heights[0][point % LANES];
        Self { best: height, near: vec![(height, cut)] }
    }

    /// Takes a cut with a higher id into account.
    fn offer(&mut self, method: SelectionMethod, height: f64, id: u32) {
        if method.keeps_one() {
            let is_vacant = self.near.is_empty() && height >= self.best;
            if is_vacant || height > self.best + method.margin(height) {
                self.best = height;
                self.near.clear();
                self.near.push((height, id));
            }
            return;
        }
        if height > self.best {
            self.best = height;
            let limit = height - method.margin(height);
            self.near.retain(|(other, _)| *other >= limit);
        }
        if height >= self.best - method.margin(self.best) {
            self.near.push((height, id));
        }
    }

    /// Whether it has lost the cut that gave it its value.
    fn is_lost(&self) -> bool {
        self.near.iter().all(|(height, _)| *height < self.best)
    }
}

impl Standings {
    /// Nothing visited yet.
    pub(crate) fn new(method: SelectionMethod, dimension: usize) -> Self {
        let visited = VisitedStates::new(dimension);
        Self { method, visited, by_point: Vec::new(), n_cuts: 0, n_inactive: 0 }
    }

    /// Those of a training that goes on from `pool` and `visited`; `None` where a cut that stands for a point is not an
    /// active one.
    pub(crate) fn resume(method: SelectionMethod, visited: VisitedStates, pool: &CutPool) -> Option<Self> {
        if visited.cuts.iter().any(|&cut| !pool.is_active(cut)) {
            return None;
        }
        let mut this = Self::new(method, visited.dimension());
        this.n_inactive = pool.len() - pool.n_active();
        this.n_cuts = pool.len();
        if method.keeps_one() {
            let cuts = visited.cuts.iter().enumerate();
            this.by_point = cuts.map(|(point, &cut)| Standing::of_one(&visited, point, pool, cut)).collect();
            this.visited = visited;
        } else {
            this.by_point = vec![Standing::default(); visited.len()];
            this.visited = visited;
            let points: Vec<usize> = (0..this.by_point.len()).collect();
            this.judge_anew(pool, &points);
        }
        Some(this)
    }

    /// The trial points.
    pub(crate) fn visited(&self) -> &VisitedStates {
        &self.visited
    }

    /// Takes over the cuts that were added and replaced in an iteration, then its trial points.
    pub(crate) fn update(&mut self, pool: &CutPool, points: &[Vec<f64>]) {
        let was_reduced = self.forget_inactive(pool);
        self.offer_new(pool);
        if was_reduced {
            self.mend(pool);
        }
        self.add_points(pool, points);
        self.name_cuts();
    }

    /// Takes note of cuts that were deactivated.
    pub(crate) fn note_deactivated(&mut self, pool: &CutPool) {
        if self.forget_inactive(pool) {
            self.mend(pool);
            self.name_cuts();
        }
    }

    /// The active cuts that no trial point speaks for; given ones are not judged.
    pub(crate) fn rejected(&self, pool: &CutPool) -> Vec<u32> {
        let mut stays = vec![false; pool.len()];
        for (_, id) in self.by_point.iter().flat_map(|standing| &standing.near) {
            stays[*id as usize] = true;
        }
        let leaves = |&id: &u32| !stays[id as usize] && pool.origin(id).iteration != 0;
        pool.active_ids().iter().copied().filter(leaves).collect()
    }

    fn forget_inactive(&mut self, pool: &CutPool) -> bool {
        let n_inactive = pool.len() - pool.n_active();
        if n_inactive == self.n_inactive {
            return false;
        }
        self.n_inactive = n_inactive;
        for standing in &mut self.by_point {
            standing.near.retain(|(_, id)| pool.is_active(*id));
        }
        true
    }

    /// Evaluates the cuts that are new at all points.
    fn offer_new(&mut self, pool: &CutPool) {
        let first = pool.active_ids().partition_point(|&id| (id as usize) < self.n_cuts);
        let new = &pool.active_ids()[first..];
        self.n_cuts = pool.len();
        if self.by_point.is_empty() || new.is_empty() {
            return;
        }
        let mut coefficients = vec![Vec::new(); new.len()];
        for (coefficients, &id) in coefficients.iter_mut().zip(new) {
            pool.write_coefficients(id, coefficients);
        }
        let n_blocks = self.by_point.len().div_ceil(LANES);
        let mut heights: Vec<_> = new.iter().map(|&id| vec![[pool.intercept(id); LANES]; n_blocks]).collect();
        self.visited.points.add_products(&coefficients, &mut heights);
        for (&id, heights) in new.iter().zip(&heights) {
            for (standing, &height) in self.by_point.iter_mut().zip(heights.as_flattened()) {
                standing.offer(self.method, height, id);
            }
        }
    }

    /// Judges the points anew that have lost their cut.
    fn mend(&mut self, pool: &CutPool) {
        let lost = |point: &usize| self.by_point[*point].is_lost();
        let points: Vec<usize> = (0..self.by_point.len()).filter(lost).collect();
        self.judge_anew(pool, &points);
    }

    fn name_cuts(&mut self) {
        for (cut, standing) in self.visited.cuts.iter_mut().zip(&self.by_point) {
            *cut = standing.near.first().map_or(*cut, |(_, id)| *id);
        }
    }

    fn add_points(&mut self, pool: &CutPool, points: &[Vec<f64>]) {
        let first = self.by_point.len();
        for point in points {
            self.visited.push(point, 0);
            self.by_point.push(Standing::default());
        }
        self.judge_anew(pool, &(first..self.by_point.len()).collect::<Vec<_>>());
    }

    /// Evaluates all active cuts at some points.
    fn judge_anew(&mut self, pool: &CutPool, points: &[usize]) {
        for points in points.chunks(AT_ONCE) {
            let states: Vec<Vec<f64>> = points.iter().map(|&point| self.visited.state(point).collect()).collect();
            for (&point, heights) in points.iter().zip(pool.heights_at(&states)) {
                let heights = heights.as_flattened().iter().copied().zip(pool.active_ids().iter().copied());
                self.by_point[point] = Standing::of(self.method, heights);
            }
        }
    }
}
