use super::CutActivity;
use super::blocks::Blocks;
use super::slopes::{Direction, Slopes};
use super::tree::{CutTree, Grown, TreeRoom};
use crate::error::EngineError;
use crate::simd::{self, LANES};

/// Where a cut comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CutOrigin {
    /// Iteration, 1-based; 0 for a cut that training was given to begin with.
    pub iteration: u32,
    /// Trajectory of the forward pass.
    pub trajectory: u32,
}

impl CutOrigin {
    /// The origin of a cut that training was given to begin with.
    pub const GIVEN: Self = Self { iteration: 0, trajectory: 0 };
}

/// A cut with all that a pool knows of it, as it is stored and read again.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StoredCut<'a> {
    /// Intercept ($).
    pub intercept: f64,
    /// One coefficient per state component ($/hm³, $/(m³/s)).
    pub coefficients: &'a [f64],
    /// Where it comes from.
    pub origin: CutOrigin,
    /// How often it was binding.
    pub activity: CutActivity,
    /// Whether it is part of the outer approximation.
    pub is_active: bool,
}

/// What became of a cut that was to be added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Addition {
    /// A cut at hand is as high everywhere: there is no new one.
    Merged,
    /// It has entered the pool.
    Entered {
        /// Its id.
        id: u32,
        /// Number of cuts that are inactive since, because the new one is as high everywhere.
        n_replaced: u32,
    },
}

/// The cuts of one stage, `θ ≥ intercept + coefficients·x`, in currency units ($, $/hm³, $/(m³/s)).
///
/// A cut's id is its position among all cuts that ever entered and never changes. The outer approximation is made of
/// the **active** ones; a cut that was [deactivated](Self::deactivate) keeps its id and its numbers and is looked at in
/// no evaluation. Active cuts lie close together in the order of their ids, as a structure of arrays in blocks of eight,
/// so that evaluating all of them at a state is a chain of vector multiply–adds over memory read once. While every cut is
/// active, its slot there is its id.
#[derive(Debug, Clone)]
pub struct CutPool {
    dimension: usize,
    /// By slot.
    intercepts: Blocks,
    /// By slot.
    coefficients: Blocks,
    /// Id of the cut in every slot, ascending.
    ids: Vec<u32>,
    /// By id.
    places: Vec<Place>,
    /// Intercept and coefficients of one inactive cut after the other.
    inactive: Vec<f64>,
    origins: Vec<CutOrigin>,
    activities: Vec<CutActivity>,
    tree: Grown,
    /// Of the active cuts.
    slopes: Slopes,
}

/// Where the numbers of a cut are.
#[derive(Debug, Clone, Copy)]
enum Place {
    Slot(u32),
    Inactive(u32),
}

impl PartialEq for CutPool {
    /// The same cuts under the same ids, whatever the order in which they became inactive.
    fn eq(&self, other: &Self) -> bool {
        self.dimension == other.dimension
            && self.ids == other.ids
            && self.origins == other.origins
            && self.activities == other.activities
            && self.intercepts().eq(other.intercepts())
            && (0..self.dimension).all(|j| self.component(j).eq(other.component(j)))
    }
}

impl CutPool {
    /// An empty pool of cuts over `dimension` state components.
    pub fn new(dimension: usize) -> Self {
        Self {
            dimension,
            intercepts: Blocks::new(1, f64::NEG_INFINITY),
            coefficients: Blocks::new(dimension, 0.0),
            ids: Vec::new(),
            places: Vec::new(),
            inactive: Vec::new(),
            origins: Vec::new(),
            activities: Vec::new(),
            tree: Grown::default(),
            slopes: Slopes::default(),
        }
    }

    /// A pool of cuts at hand: the id of a cut is its position in `cuts`. None is merged away, so that ids which
    /// bases refer to stay what they were.
    ///
    /// # Errors
    /// [`EngineError::Options`] for a cut without exactly one coefficient per state component, or with a number that
    /// is not finite.
    pub fn from_cuts<'a>(dimension: usize, cuts: impl IntoIterator<Item = StoredCut<'a>>) -> Result<Self, EngineError> {
        let mut pool = Self::new(dimension);
        let mut directions = Vec::new();
        for cut in cuts {
            let id = pool.len();
            let refused = |message: String| EngineError::Options { option: "policy", message };
            if cut.coefficients.len() != dimension {
                let found = cut.coefficients.len();
                return Err(refused(format!("cut {id} has {found} coefficients where the state has {dimension}")));
            }
            if !cut.intercept.is_finite() || cut.coefficients.iter().any(|value| !value.is_finite()) {
                return Err(refused(format!("cut {id} has a number that is not finite")));
            }
            if cut.is_active {
                directions.push((Direction::of(cut.coefficients), id as u32));
            }
            pool.push(cut);
        }
        pool.slopes = Slopes::new(directions.into_iter());
        Ok(pool)
    }

    /// The same cuts under the same ids as something given: [`CutOrigin::GIVEN`], and never binding so far.
    #[must_use]
    pub fn into_given(mut self) -> Self {
        self.origins.fill(CutOrigin::GIVEN);
        self.activities.fill(CutActivity::default());
        self
    }

    /// Number of cuts, active or not.
    pub fn len(&self) -> usize {
        self.origins.len()
    }
    /// Whether there is no cut.
    pub fn is_empty(&self) -> bool {
        self.origins.is_empty()
    }
    /// Number of active cuts.
    pub fn n_active(&self) -> usize {
        self.ids.len()
    }
    /// Ids of the active cuts, ascending.
    pub fn active_ids(&self) -> &[u32] {
        &self.ids
    }
    /// Whether a cut is part of the outer approximation.
    pub fn is_active(&self, id: u32) -> bool {
        self.slot(id).is_some()
    }
    /// Number of state components.
    pub fn dimension(&self) -> usize {
        self.dimension
    }
    /// Intercept of a cut ($).
    pub fn intercept(&self, id: u32) -> f64 {
        match self.places[id as usize] {
            Place::Slot(slot) => self.intercepts.get(slot as usize, 0),
            Place::Inactive(place) => self.inactive[place as usize * (1 + self.dimension)],
        }
    }
    /// Where a cut comes from.
    pub fn origin(&self, id: u32) -> CutOrigin {
        self.origins[id as usize]
    }
    /// How often a cut was binding.
    pub fn activity(&self, id: u32) -> CutActivity {
        self.activities[id as usize]
    }
    /// Intercepts ($) in the order of the ids.
    pub fn intercepts(&self) -> impl ExactSizeIterator<Item = f64> + '_ {
        (0..self.len() as u32).map(|id| self.intercept(id))
    }
    /// A coefficient of a cut ($ per unit of the state component).
    ///
    /// # Panics
    /// When there is no such cut or component.
    pub fn coefficient(&self, id: u32, component: usize) -> f64 {
        match self.places[id as usize] {
            Place::Slot(slot) => self.coefficients.get(slot as usize, component),
            Place::Inactive(place) => self.inactive[place as usize * (1 + self.dimension) + 1 + component],
        }
    }
    /// Coefficients of state component `component` in the order of the ids.
    ///
    /// # Panics
    /// When there are cuts and no such component.
    pub fn component(&self, component: usize) -> impl ExactSizeIterator<Item = f64> + '_ {
        (0..self.len() as u32).map(move |id| self.coefficient(id, component))
    }
    /// Origins in the order of the ids.
    pub fn origins(&self) -> &[CutOrigin] {
        &self.origins
    }
    /// Activities in the order of the ids.
    pub fn activities(&self) -> &[CutActivity] {
        &self.activities
    }

    /// Counts cuts that were binding in an iteration: pairs of id and number of solves.
    pub(crate) fn count_binding(&mut self, iteration: u32, binding: &[(u32, u32)]) {
        for &(id, n_solves) in binding {
            let activity = &mut self.activities[id as usize];
            activity.times_binding += u64::from(n_solves);
            activity.last_iteration = iteration;
        }
    }

    /// Writes the coefficients of a cut.
    pub fn write_coefficients(&self, id: u32, out: &mut Vec<f64>) {
        out.clear();
        match self.places[id as usize] {
            Place::Slot(slot) => out.extend(self.coefficients.row(slot as usize)),
            Place::Inactive(place) => {
                let first = place as usize * (1 + self.dimension) + 1;
                out.extend_from_slice(&self.inactive[first..first + self.dimension]);
            }
        }
    }

    /// Adds a cut, unless a cut at hand has the same coefficients and at least its intercept: then the new one is
    /// merged away. Where it is the other way round, the cut at hand is deactivated.
    pub fn add(&mut self, intercept: f64, coefficients: &[f64], origin: CutOrigin) -> Addition {
        debug_assert_eq!(coefficients.len(), self.dimension);
        let direction = Direction::of(coefficients);
        let mut replaced = Vec::new();
        for id in self.slopes.near(direction) {
            let Some(slot) = self.slot(id) else { continue };
            if direction.is_parallel(coefficients, self.coefficients.row(slot)) {
                if self.intercepts.get(slot, 0) >= intercept {
                    return Addition::Merged;
                }
                replaced.push(id);
            }
        }
        self.deactivate(&replaced);
        let activity = CutActivity::default();
        let id = self.push(StoredCut { intercept, coefficients, origin, activity, is_active: true });
        self.slopes.insert(direction, id);
        Addition::Entered { id, n_replaced: replaced.len() as u32 }
    }

    /// Adds a cut, its slope aside.
    fn push(&mut self, cut: StoredCut<'_>) -> u32 {
        let id = self.len() as u32;
        if cut.is_active {
            self.places.push(Place::Slot(self.ids.len() as u32));
            self.ids.push(id);
            self.intercepts.push(&[cut.intercept]);
            self.coefficients.push(cut.coefficients);
        } else {
            self.places.push(Place::Inactive((self.len() - self.n_active()) as u32));
            self.inactive.push(cut.intercept);
            self.inactive.extend_from_slice(cut.coefficients);
        }
        self.origins.push(cut.origin);
        self.activities.push(cut.activity);
        id
    }

    /// Takes cuts out of the outer approximation. They keep their ids; those that are inactive already are passed over.
    ///
    /// # Panics
    /// When there is no such cut.
    pub fn deactivate(&mut self, ids: &[u32]) {
        let mut first = usize::MAX;
        let mut coefficients = Vec::new();
        for &id in ids {
            let Some(slot) = self.slot(id) else { continue };
            first = first.min(slot);
            self.write_coefficients(id, &mut coefficients);
            self.slopes.remove(Direction::of(&coefficients), id);
            self.inactive.push(self.intercepts.get(slot, 0));
            self.inactive.extend_from_slice(&coefficients);
            let n_inactive = self.inactive.len() / (1 + self.dimension);
            self.places[id as usize] = Place::Inactive(n_inactive as u32 - 1);
        }
        if first == usize::MAX {
            return;
        }
        self.prune_tree(ids);
        let keep = |slot: usize| matches!(self.places[self.ids[slot] as usize], Place::Slot(_));
        self.intercepts.retain_from(first, keep);
        self.coefficients.retain_from(first, keep);
        let mut slot = first;
        for from in first..self.ids.len() {
            let id = self.ids[from];
            if let Place::Slot(place) = &mut self.places[id as usize] {
                *place = slot as u32;
                self.ids[slot] = id;
                slot += 1;
            }
        }
        self.ids.truncate(slot);
    }

    /// The place of an active cut among the active ones.
    pub(crate) fn slot(&self, id: u32) -> Option<usize> {
        match self.places.get(id as usize)? {
            Place::Slot(slot) => Some(*slot as usize),
            Place::Inactive(_) => None,
        }
    }

    /// Writes the value of every cut at `state` by its id, −∞ for cuts that are not active; the vector is padded to
    /// whole blocks with −∞.
    pub fn evaluate(&self, state: &[f64], values: &mut Vec<f64>) {
        let heights = self.heights(state);
        values.clear();
        values.resize(self.len().div_ceil(LANES) * LANES, f64::NEG_INFINITY);
        for (&id, &height) in self.ids.iter().zip(heights.as_flattened()) {
            values[id as usize] = height;
        }
    }

    fn heights(&self, state: &[f64]) -> Vec<[f64; LANES]> {
        let mut heights = self.base().to_vec();
        self.add_components(0, state, &mut heights);
        heights
    }

    /// Heights of the active cuts by slot, padded with −∞, at several states; the cuts are read from memory once.
    pub(super) fn heights_at(&self, states: &[Vec<f64>]) -> Vec<Vec<[f64; LANES]>> {
        let mut heights = vec![self.base().to_vec(); states.len()];
        self.coefficients.add_products(states, &mut heights);
        heights
    }

    /// Intercepts by slot in blocks, padded with −∞: heights of the cuts before any component is added.
    pub(crate) fn base(&self) -> &[[f64; LANES]] {
        self.intercepts.values()
    }

    /// Coefficients of the active cuts in blocks of eight, `[block][component][lane]`.
    pub(super) fn blocks(&self) -> &[[f64; LANES]] {
        self.coefficients.values()
    }

    /// Adds the components from `first` on at their values `x` to the heights of all active cuts, in blocks of eight.
    ///
    /// # Panics
    /// When there are no such components.
    pub fn add_components(&self, first: usize, x: &[f64], heights: &mut [[f64; LANES]]) {
        simd::evaluate_blocks(self.coefficients.values(), self.dimension, first, x, heights);
    }

    /// The same at up to eight states, the cuts being read once: `panel` holds the components of the states,
    /// `[component][state]`, and `heights` those of each state, one after the other.
    ///
    /// # Panics
    /// When there are no such components.
    pub fn add_components_at(&self, first: usize, panel: &[[f64; LANES]], heights: &mut [[f64; LANES]]) {
        simd::evaluate_at_states(self.coefficients.values(), self.dimension, first, panel, heights);
    }

    /// Whether searches go through a tree and need the whole state, no heights to begin with.
    pub(crate) fn has_tree(&self) -> bool {
        self.n_active() >= SMALLEST_TREE
            && self.n_active() * self.dimension >= SMALLEST_AREA
            && self.dimension <= WIDEST_TREE
    }

    /// The `n` highest active cuts above `limit`, highest first, as heights and ids. `base` are the heights by slot without
    /// the first `x.len()` components and `x` the values of those.
    pub(crate) fn highest(&self, base: &[[f64; LANES]], x: &[f64], limit: f64, n: usize, found: &mut Vec<(f64, u32)>) {
        search(&self.coefficients, 0, base, x, limit, n, found);
        for (_, place) in found {
            *place = self.ids[*place as usize];
        }
    }

    /// The same at a whole state, for a pool that [has a tree](Self::has_tree).
    pub(crate) fn highest_at(&self, x: &[f64], limit: f64, n: usize, room: &mut TreeRoom, found: &mut Vec<(f64, u32)>) {
        let tree = self.tree.get_or(|| {
            let spread: Vec<f64> = x.iter().map(|x| 0.1 * x.abs()).collect();
            CutTree::new(&self.ids, &self.intercepts, &self.coefficients, x, &spread)
        });
        // Cuts that came later, in whole blocks; those of the tree that lie among them are looked at twice.
        let first = self.ids.partition_point(|&id| id < tree.next_id()) / LANES;
        search(&self.coefficients, first, &self.base()[first..], x, limit, n, found);
        for (_, place) in &mut *found {
            *place = self.ids[*place as usize];
        }
        tree.highest(x, limit, n, room, found);
    }

    /// Makes searches about `centre`, `spread` being how far states lie from it per component, fast again after cuts have
    /// come and gone. What they find does not change.
    pub(crate) fn arrange(&mut self, centre: &[f64], spread: &[f64]) {
        if self.has_tree() && self.tree.get().is_none_or(|tree| tree.is_outgrown(self.n_active())) {
            self.tree.replace(CutTree::new(&self.ids, &self.intercepts, &self.coefficients, centre, spread));
        }
    }

    /// Takes cuts out of the tree.
    fn prune_tree(&mut self, ids: &[u32]) {
        // Looking for each of them costs more than a new tree where they are many.
        if ids.len() > self.n_active() / 16 + 8 {
            self.tree.forget();
        } else if let Some(tree) = self.tree.get_mut() {
            for &id in ids {
                tree.remove(id);
            }
        }
    }

    /// The largest value of an active cut at `state`, at least 0: the outer approximation of the cost-to-go ($).
    pub fn future_cost(&self, state: &[f64]) -> f64 {
        self.heights(state).as_flattened().iter().fold(0.0, |best, &height| f64::max(best, height))
    }
}

/// The `n` highest rows above `limit` with their places, highest first, from block `first` on; `base` begins there.
fn search(
    rows: &Blocks,
    first: usize,
    base: &[[f64; LANES]],
    x: &[f64],
    limit: f64,
    n: usize,
    found: &mut Vec<(f64, u32)>,
) {
    let blocks = &rows.values()[first * rows.width()..];
    if n == 1 {
        found.clear();
        found.extend(simd::highest_one(blocks, rows.width(), base, x, limit));
    } else {
        simd::highest(blocks, rows.width(), base, x, limit, n, found);
    }
    for (_, place) in found {
        *place += (first * LANES) as u32;
    }
}

/// Among fewer active cuts than this, or fewer coefficients, a search looks at all of them.
const SMALLEST_TREE: usize = 256;
const SMALLEST_AREA: usize = 6144;
/// Over more components than this, too: bounds of many components are high.
const WIDEST_TREE: usize = 64;
