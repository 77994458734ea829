use super::LANES;

/// An instruction set: what the kernels are written in. A value of an implementing type is the proof that the processor
/// has the instructions.
pub(super) trait Instructions: Copy {
    /// [`LANES`] numbers.
    type Vector: Copy;
    /// One truth value per lane.
    type Mask: Copy;
    /// Vectors that the processor holds in registers.
    const REGISTERS: usize;

    fn splat(self, value: f64) -> Self::Vector;
    fn load(self, from: &[f64; LANES]) -> Self::Vector;
    /// The same numbers in double precision.
    fn widen(self, from: &[i16; LANES]) -> Self::Vector;
    fn store(self, vector: Self::Vector, to: &mut [f64; LANES]);
    fn add(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    fn subtract(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    fn multiply(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    fn divide(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    /// `a·b + c`, rounded once where the instruction set can.
    fn multiply_add(self, a: Self::Vector, b: Self::Vector, c: Self::Vector) -> Self::Vector;
    fn abs(self, a: Self::Vector) -> Self::Vector;
    /// `a < b`; not where one of them is no number.
    fn less(self, a: Self::Vector, b: Self::Vector) -> Self::Mask;
    fn both(self, a: Self::Mask, b: Self::Mask) -> Self::Mask;
    /// `yes` in the lanes of the mask, `no` in the others.
    fn select(self, mask: Self::Mask, yes: Self::Vector, no: Self::Vector) -> Self::Vector;
    /// The lanes of a mask as bits, the first lane the lowest.
    fn bits(self, mask: Self::Mask) -> u32;

    /// The smaller of two numbers, `b` where they cannot be compared.
    #[inline(always)]
    fn smaller(self, a: Self::Vector, b: Self::Vector) -> Self::Vector {
        self.select(self.less(a, b), a, b)
    }

    /// The larger of two numbers, `b` where they cannot be compared.
    #[inline(always)]
    fn larger(self, a: Self::Vector, b: Self::Vector) -> Self::Vector {
        self.select(self.less(b, a), a, b)
    }

    /// All lanes as an array.
    #[inline(always)]
    fn lanes(self, vector: Self::Vector) -> [f64; LANES] {
        let mut lanes = [0.0; LANES];
        self.store(vector, &mut lanes);
        lanes
    }

    /// The sum of all lanes, pairwise.
    #[inline(always)]
    fn sum(self, vector: Self::Vector) -> f64 {
        let v = self.lanes(vector);
        ((v[0] + v[4]) + (v[2] + v[6])) + ((v[1] + v[5]) + (v[3] + v[7]))
    }

    /// The least of all lanes.
    #[inline(always)]
    fn least(self, vector: Self::Vector) -> f64 {
        let v = self.lanes(vector);
        (v[0].min(v[4]).min(v[2].min(v[6]))).min(v[1].min(v[5]).min(v[3].min(v[7])))
    }

    /// The largest of all lanes.
    #[inline(always)]
    fn largest(self, vector: Self::Vector) -> f64 {
        let v = self.lanes(vector);
        (v[0].max(v[4]).max(v[2].max(v[6]))).max(v[1].max(v[5]).max(v[3].max(v[7])))
    }
}

/// What every processor can do.
#[derive(Debug, Clone, Copy)]
pub(super) struct Portable;

#[inline(always)]
fn each<T>(of: impl FnMut(usize) -> T) -> [T; LANES] {
    std::array::from_fn(of)
}

impl Instructions for Portable {
    type Vector = [f64; LANES];
    type Mask = [bool; LANES];
    const REGISTERS: usize = 4;

    #[inline(always)]
    fn splat(self, value: f64) -> Self::Vector {
        [value; LANES]
    }
    #[inline(always)]
    fn load(self, from: &[f64; LANES]) -> Self::Vector {
        *from
    }
    #[inline(always)]
    fn widen(self, from: &[i16; LANES]) -> Self::Vector {
        from.map(f64::from)
    }
    #[inline(always)]
    fn store(self, vector: Self::Vector, to: &mut [f64; LANES]) {
        *to = vector;
    }
    #[inline(always)]
    fn add(self, a: Self::Vector, b: Self::Vector) -> Self::Vector {
        each(|lane| a[lane] + b[lane])
    }
    #[inline(always)]
    fn subtract(self, a: Self::Vector, b: Self::Vector) -> Self::Vector {
        each(|lane| a[lane] - b[lane])
    }
    #[inline(always)]
    fn multiply(self, a: Self::Vector, b: Self::Vector) -> Self::Vector {
        each(|lane| a[lane] * b[lane])
    }
    #[inline(always)]
    fn divide(self, a: Self::Vector, b: Self::Vector) -> Self::Vector {
        each(|lane| a[lane] / b[lane])
    }
    #[inline(always)]
    fn multiply_add(self, a: Self::Vector, b: Self::Vector, c: Self::Vector) -> Self::Vector {
        each(|lane| a[lane] * b[lane] + c[lane])
    }
    #[inline(always)]
    fn abs(self, a: Self::Vector) -> Self::Vector {
        each(|lane| a[lane].abs())
    }
    #[inline(always)]
    fn less(self, a: Self::Vector, b: Self::Vector) -> Self::Mask {
        each(|lane| a[lane] < b[lane])
    }
    #[inline(always)]
    fn both(self, a: Self::Mask, b: Self::Mask) -> Self::Mask {
        each(|lane| a[lane] && b[lane])
    }
    #[inline(always)]
    fn select(self, mask: Self::Mask, yes: Self::Vector, no: Self::Vector) -> Self::Vector {
        each(|lane| if mask[lane] { yes[lane] } else { no[lane] })
    }
    #[inline(always)]
    fn bits(self, mask: Self::Mask) -> u32 {
        mask.iter().enumerate().fold(0, |bits, (lane, &is)| bits | u32::from(is) << lane)
    }
}
