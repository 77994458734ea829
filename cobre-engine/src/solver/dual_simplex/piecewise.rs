//! Variables as convex piecewise-linear costs.
//!
//! Every variable of the folded problem has a cost that is a convex piecewise-linear function of its value: a column
//! between two bounds has one finite piece; the logical of a row has one piece per segment of the row. With
//! breakpoints `t_0 ≤ … ≤ t_{K−1}` and slopes `q_0 < … < q_K` (−∞ and +∞ where the domain ends), piece `k` lies
//! between `t_{k−1}` and `t_k`. A nonbasic variable rests at a breakpoint `k` and is dual feasible while its price
//! lies in `[q_k, q_{k+1}]`; a basic one lies in a piece `k` and has the cost `q_k`.

use crate::solver::{BasisStatus, LpModel, Segment};

/// What adds up to the logical of a row: a segment of the row, or its free range.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Component {
    /// Cost per unit of the logical.
    pub(super) slope: f64,
    /// Least contribution.
    pub(super) low: f64,
    /// Largest contribution.
    pub(super) high: f64,
    /// Position in [`LpModel::segments`]; none: the range of the row, whose contribution is minus its activity.
    pub(super) segment: Option<u32>,
    /// Entry of the segment in its row; −1 for the range.
    pub(super) coefficient: f64,
    /// The piece of the row's cost that is nearest to its slope.
    pub(super) piece: u32,
    /// The breakpoint of the row's cost at which it is the last one to be full.
    pub(super) filled_at: u32,
}

impl Component {
    /// Status of its segment, or of the row, when its contribution is the largest and when it is the least.
    #[inline]
    pub(super) fn statuses(&self) -> (BasisStatus, BasisStatus) {
        if self.coefficient > 0.0 {
            (BasisStatus::Upper, BasisStatus::Lower)
        } else {
            (BasisStatus::Lower, BasisStatus::Upper)
        }
    }

    /// Whether its contribution can vary.
    #[inline]
    pub(super) fn has_room(&self) -> bool {
        self.low < self.high
    }
}

/// The costs of many variables, one after the other.
#[derive(Debug, Default)]
pub(super) struct Piecewise {
    starts: Vec<u32>,
    breakpoints: Vec<f64>,
    /// Cost at every breakpoint.
    heights: Vec<f64>,
    /// One more than breakpoints per variable.
    slopes: Vec<f64>,
    /// The same pieces with their ends.
    pieces: Vec<Piece>,
}

/// A piece of a cost.
#[derive(Debug, Clone, Copy)]
pub(super) struct Piece {
    pub(super) low: f64,
    pub(super) high: f64,
    pub(super) slope: f64,
}

/// The cost of one variable.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cost<'a> {
    pub(super) breakpoints: &'a [f64],
    pub(super) heights: &'a [f64],
    pub(super) slopes: &'a [f64],
}

impl Piecewise {
    /// Cost of a variable.
    #[inline]
    pub(super) fn cost(&self, variable: usize) -> Cost<'_> {
        let (first, end) = (self.starts[variable] as usize, self.starts[variable + 1] as usize);
        Cost {
            breakpoints: &self.breakpoints[first..end],
            heights: &self.heights[first..end],
            slopes: &self.slopes[first + variable..=end + variable],
        }
    }

    /// A piece of a variable.
    #[inline]
    pub(super) fn piece(&self, variable: usize, piece: usize) -> Piece {
        self.pieces[self.starts[variable] as usize + variable + piece]
    }

    /// The slope behind piece `piece` of a variable, going up or down; infinite where the domain ends, and none where the
    /// piece has no end.
    #[inline]
    pub(super) fn slope_behind(&self, variable: usize, piece: usize, up: bool) -> Option<f64> {
        let first = self.starts[variable] as usize + variable;
        let end = self.starts[variable + 1] as usize + variable + 1;
        let at = first + piece;
        if up {
            (at + 1 < end).then(|| self.pieces[at + 1].slope)
        } else {
            (at > first).then(|| self.pieces[at - 1].slope)
        }
    }

    /// Adds the cost of a column.
    pub(super) fn push_column(&mut self, cost: f64, lower: f64, upper: f64) {
        let component =
            Component { slope: cost, low: lower, high: upper, segment: None, coefficient: 1.0, piece: 0, filled_at: 0 };
        let folded = self.push(std::slice::from_ref(&component));
        debug_assert!(folded, "a single component can be folded");
    }

    /// Adds the infimal convolution of components that are sorted by slope; false when it is −∞ everywhere.
    pub(super) fn push(&mut self, components: &[Component]) -> bool {
        if self.starts.is_empty() {
            self.starts.push(0);
        }
        let unbounded = |end: fn(&Component) -> f64| components.iter().filter(move |c| end(c).is_infinite());
        let least = unbounded(|c| c.low).map(|c| c.slope).fold(f64::NEG_INFINITY, f64::max);
        let most = unbounded(|c| c.high).map(|c| c.slope).fold(f64::INFINITY, f64::min);
        let possible = least <= most;
        let (mut at, mut height) = (0.0, 0.0);
        for c in components {
            let end = if c.slope <= least && c.high.is_finite() { c.high } else { c.low };
            if end.is_finite() {
                at += end;
                height += c.slope * end;
            }
        }
        self.slopes.push(least);
        let first = self.breakpoints.len();
        self.breakpoints.push(at);
        self.heights.push(height);
        if least < most {
            let mut place = 0;
            while place < components.len() {
                let slope = components[place].slope;
                let same = components[place..].iter().take_while(|c| c.slope == slope).count();
                let width: f64 = components[place..place + same].iter().map(|c| c.high - c.low).sum();
                place += same;
                if slope > least && slope < most && width > 0.0 {
                    self.slopes.push(slope);
                    at += width;
                    height += slope * width;
                    self.breakpoints.push(at);
                    self.heights.push(height);
                }
            }
            if least == f64::NEG_INFINITY && most == f64::INFINITY && self.breakpoints.len() == first + 1 {
                // A fixed variable: a piece without width, for when it is basic.
                self.slopes.push(components.first().map_or(0.0, |c| c.slope));
                self.breakpoints.push(at);
                self.heights.push(height);
            }
        }
        self.slopes.push(most);
        self.starts.push(self.breakpoints.len() as u32);
        let cost = self.cost(self.starts.len() - 2);
        let pieces: Vec<Piece> = (0..=cost.n_breakpoints())
            .map(|piece| {
                let (low, high) = cost.ends(piece);
                Piece { low, high, slope: cost.slopes[piece] }
            })
            .collect();
        self.pieces.extend(pieces);
        possible
    }
}

impl Cost<'_> {
    /// Number of breakpoints; at least one.
    #[inline]
    pub(super) fn n_breakpoints(&self) -> usize {
        self.breakpoints.len()
    }

    /// Ends of piece `k`.
    #[inline]
    pub(super) fn ends(&self, piece: usize) -> (f64, f64) {
        let low = if piece == 0 { f64::NEG_INFINITY } else { self.breakpoints[piece - 1] };
        let high = self.breakpoints.get(piece).copied().unwrap_or(f64::INFINITY);
        (low, high)
    }

    /// The piece of finite slope nearest to `slope`; the first of equals.
    pub(super) fn piece_near(&self, slope: f64) -> usize {
        let mut best = (f64::INFINITY, 0);
        for (k, q) in self.slopes.iter().enumerate() {
            let distance = (q - slope).abs();
            if distance < best.0 {
                best = (distance, k);
            }
        }
        best.1
    }

    /// The breakpoint at which what is no dearer than `slope` is full, as far as there is one.
    pub(super) fn filled_at(&self, slope: f64) -> usize {
        self.slopes.iter().rposition(|&q| q <= slope).unwrap_or(0).min(self.n_breakpoints() - 1)
    }

    /// Cost at `value`, which lies in piece `k`.
    #[inline]
    pub(super) fn at(&self, piece: usize, value: f64) -> f64 {
        let anchor = piece.saturating_sub(1);
        self.heights[anchor] + self.slopes[piece] * (value - self.breakpoints[anchor])
    }

    /// The term `min_x cost(x) − price·x` of the Lagrangian, looked for from breakpoint `near` on: the term, how far the
    /// price lies outside of all slopes (the term is then −∞ but for it), and the breakpoint of the minimum.
    #[inline]
    pub(super) fn conjugate(&self, near: usize, price: f64) -> (f64, f64, f64) {
        let last = self.n_breakpoints() - 1;
        let mut k = near.min(last);
        while k < last && price > self.slopes[k + 1] {
            k += 1;
        }
        while k > 0 && price < self.slopes[k] {
            k -= 1;
        }
        let excess = (price - self.slopes[k + 1]).max(self.slopes[k] - price).max(0.0);
        (self.heights[k] - price * self.breakpoints[k], excess, self.breakpoints[k])
    }
}

/// Components of a row sorted by slope, equal ones in the order of the model with the range first.
pub(super) fn row_components(model: &LpModel, row: usize) -> Vec<Component> {
    let (low, high) = model.row_ranges[row];
    let range =
        Component { slope: 0.0, low: -high, high: -low, segment: None, coefficient: -1.0, piece: 0, filled_at: 0 };
    let first = model.segment_starts[row];
    let segment = |(i, s): (usize, &Segment)| {
        let (a, b) = (s.coefficient * s.lower, s.coefficient * s.upper);
        Component {
            slope: s.cost / s.coefficient,
            low: a.min(b),
            high: a.max(b),
            segment: Some((first + i) as u32),
            coefficient: s.coefficient,
            piece: 0,
            filled_at: 0,
        }
    };
    let mut components = vec![range];
    components.extend(model.row_segments(row).iter().enumerate().map(segment));
    components.sort_by(|a, b| a.slope.total_cmp(&b.slope));
    components
}

#[cfg(test)]
mod tests {
    use super::{Component, Piecewise};

    fn component(slope: f64, low: f64, high: f64) -> Component {
        Component { slope, low, high, segment: None, coefficient: 1.0, piece: 0, filled_at: 0 }
    }

    const INF: f64 = f64::INFINITY;

    #[test]
    fn a_column_has_one_finite_piece() {
        let mut all = Piecewise::default();
        all.push_column(3.0, 1.0, 5.0);
        all.push_column(2.0, 0.0, INF);
        all.push_column(-1.0, -INF, 4.0);
        all.push_column(7.0, 2.0, 2.0);
        all.push_column(0.5, -INF, INF);
        let parts = |v: usize| {
            let cost = all.cost(v);
            (cost.breakpoints.to_vec(), cost.heights.to_vec(), cost.slopes.to_vec())
        };
        assert_eq!(parts(0), (vec![1.0, 5.0], vec![3.0, 15.0], vec![-INF, 3.0, INF]));
        assert_eq!(parts(1), (vec![0.0], vec![0.0], vec![-INF, 2.0]));
        assert_eq!(parts(2), (vec![4.0], vec![-4.0], vec![-1.0, INF]));
        assert_eq!(parts(3), (vec![2.0, 2.0], vec![14.0, 14.0], vec![-INF, 7.0, INF]));
        assert_eq!(parts(4), (vec![0.0], vec![0.0], vec![0.5, 0.5]));
    }

    #[test]
    fn components_fill_in_order_of_slope() {
        let mut all = Piecewise::default();
        // An excess that costs 1 per unit taken away, two plants, one of which must run, a deficit without end.
        let components = [
            component(-1.0, -INF, 0.0),
            component(0.0, 0.0, 0.0),
            component(10.0, 2.0, 5.0),
            component(10.0, 0.0, 1.0),
            component(20.0, 0.0, 4.0),
            component(90.0, 0.0, INF),
        ];
        assert!(all.push(&components));
        let cost = all.cost(0);
        assert_eq!(cost.breakpoints, [2.0, 6.0, 10.0]);
        assert_eq!(cost.heights, [20.0, 60.0, 140.0]);
        assert_eq!(cost.slopes, [-1.0, 10.0, 20.0, 90.0]);
        assert_eq!(cost.at(0, 1.0), 21.0);
        assert_eq!(cost.at(2, 7.0), 80.0);
        assert_eq!(cost.at(3, 11.0), 230.0);
        // At price 15 the cheap plants are full: the term is 60 − 15·6.
        assert_eq!(cost.conjugate(0, 15.0), (-30.0, 0.0, 6.0));
        assert_eq!(cost.conjugate(2, 15.0), (-30.0, 0.0, 6.0));
        assert_eq!(cost.conjugate(0, 95.0).1, 5.0);
        assert_eq!((cost.piece_near(0.0), cost.piece_near(16.0), cost.piece_near(1e9)), (0, 2, 3));
        assert_eq!((cost.ends(0), cost.ends(3)), ((-INF, 2.0), (10.0, INF)));
    }

    #[test]
    fn a_cost_without_end_is_told() {
        let mut all = Piecewise::default();
        assert!(!all.push(&[component(1.0, -5.0, INF), component(2.0, -INF, 0.0)]));
    }
}
