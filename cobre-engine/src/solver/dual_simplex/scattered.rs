//! A sparse vector that is worked on.

/// A vector and the set of places where it may have nonzeros; empty between uses.
#[derive(Debug, Default)]
pub(super) struct Scattered {
    pub(super) values: Vec<f64>,
    words: Vec<u64>,
}

const BITS: usize = u64::BITS as usize;

impl Scattered {
    pub(super) fn fit(&mut self, n: usize) {
        self.values.resize(n.max(self.values.len()), 0.0);
        self.words.resize(n.div_ceil(BITS).max(self.words.len()), 0);
    }

    #[inline]
    pub(super) fn add(&mut self, place: u32, value: f64) {
        self.values[place as usize] += value;
        self.words[place as usize / BITS] |= 1 << (place as usize % BITS);
    }

    #[inline]
    pub(super) fn add_multiple(&mut self, entries: &[(u32, f64)], factor: f64) {
        for &(place, entry) in entries {
            self.add(place, entry * factor);
        }
    }

    /// Sum of the entries times what is at their places.
    #[inline]
    pub(super) fn dot(&self, entries: &[(u32, f64)]) -> f64 {
        entries.iter().map(|&(place, entry)| entry * self.values[place as usize]).sum()
    }

    /// Visits the places from `first` to before `end`, ascending; what is added meanwhile is to be at later places.
    #[inline]
    pub(super) fn ascend(&mut self, first: usize, end: usize, mut visit: impl FnMut(&mut Self, usize)) {
        for word in first / BITS..end.div_ceil(BITS) {
            let mut open = u64::MAX;
            if word == first / BITS {
                open <<= first % BITS;
            }
            if word == end / BITS {
                open &= !(u64::MAX << (end % BITS));
            }
            loop {
                let rest = self.words[word] & open;
                if rest == 0 {
                    break;
                }
                let bit = rest.trailing_zeros() as usize;
                open &= (u64::MAX << bit) << 1;
                visit(self, word * BITS + bit);
            }
        }
    }

    /// Visits the places before `end`, descending; what is added meanwhile is to be at earlier places.
    #[inline]
    pub(super) fn descend(&mut self, end: usize, mut visit: impl FnMut(&mut Self, usize)) {
        for word in (0..end.div_ceil(BITS)).rev() {
            let mut open = u64::MAX;
            if word == end / BITS {
                open = !(u64::MAX << (end % BITS));
            }
            loop {
                let rest = self.words[word] & open;
                if rest == 0 {
                    break;
                }
                let bit = BITS - 1 - rest.leading_zeros() as usize;
                open &= !(u64::MAX << bit);
                visit(self, word * BITS + bit);
            }
        }
    }

    /// Hands over all values and is empty again.
    #[inline]
    pub(super) fn drain(&mut self, mut take: impl FnMut(usize, f64)) {
        for (word, bits) in self.words.iter_mut().enumerate() {
            while *bits != 0 {
                let place = word * BITS + bits.trailing_zeros() as usize;
                *bits &= *bits - 1;
                take(place, std::mem::take(&mut self.values[place]));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Scattered;

    #[test]
    fn places_are_visited_in_order_with_those_that_are_added_meanwhile() {
        let mut vector = Scattered::default();
        vector.fit(200);
        for place in [3, 64, 130, 199] {
            vector.add(place, f64::from(place));
        }
        let mut seen = Vec::new();
        vector.ascend(3, 190, |vector, place| {
            seen.push(place);
            if place == 64 {
                vector.add(65, 1.0);
                vector.add(129, 1.0);
            }
        });
        assert_eq!(seen, [3, 64, 65, 129, 130]);
        seen.clear();
        vector.descend(130, |vector, place| {
            seen.push(place);
            if place == 64 {
                vector.add(63, 1.0);
            }
        });
        assert_eq!(seen, [129, 65, 64, 63, 3]);
        seen.clear();
        vector.ascend(64, 64, |_, place| seen.push(place));
        vector.descend(3, |_, place| seen.push(place));
        assert!(seen.is_empty());
        let mut all = Vec::new();
        vector.drain(|place, value| all.push((place, value)));
        assert_eq!(all, [(3, 3.0), (63, 1.0), (64, 64.0), (65, 1.0), (129, 1.0), (130, 130.0), (199, 199.0)]);
        vector.drain(|_, _| panic!("it is empty"));
        assert!(vector.values.iter().all(|&value| value == 0.0));
    }
}
