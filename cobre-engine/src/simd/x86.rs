//! The vector instructions of x86-64 processors.

use super::LANES;
use super::instructions::Instructions;
use std::arch::x86_64::{
    __m256d, __m512d, __mmask8, _CMP_LT_OQ, _mm_add_pd, _mm_add_sd, _mm_cvtsd_f64, _mm_loadu_si128, _mm_unpackhi_pd,
    _mm256_add_pd, _mm256_and_pd, _mm256_andnot_pd, _mm256_blendv_pd, _mm256_castpd256_pd128, _mm256_castsi256_si128,
    _mm256_cmp_pd, _mm256_cvtepi16_epi32, _mm256_cvtepi32_pd, _mm256_div_pd, _mm256_extractf128_pd,
    _mm256_extracti128_si256, _mm256_fmadd_pd, _mm256_loadu_pd, _mm256_max_pd, _mm256_min_pd, _mm256_movemask_pd,
    _mm256_mul_pd, _mm256_set1_pd, _mm256_storeu_pd, _mm256_sub_pd, _mm512_abs_pd, _mm512_add_pd, _mm512_cmp_pd_mask,
    _mm512_cvtepi32_pd, _mm512_div_pd, _mm512_fmadd_pd, _mm512_loadu_pd, _mm512_mask_blend_pd, _mm512_max_pd,
    _mm512_min_pd, _mm512_mul_pd, _mm512_reduce_add_pd, _mm512_reduce_max_pd, _mm512_reduce_min_pd, _mm512_set1_pd,
    _mm512_storeu_pd, _mm512_sub_pd,
};

/// AVX-512: a vector is one register, a mask eight bits.
#[derive(Debug, Clone, Copy)]
pub(super) struct Avx512(());

impl Avx512 {
    /// # Safety
    /// The processor has AVX-512F and FMA.
    #[inline(always)]
    pub(super) unsafe fn new() -> Self {
        Self(())
    }
}

/// AVX2 with fused multiply–add: a vector is two registers, a mask two vectors of all ones or zeros.
#[derive(Debug, Clone, Copy)]
pub(super) struct Avx2(());

impl Avx2 {
    /// # Safety
    /// The processor has AVX2 and FMA.
    #[inline(always)]
    pub(super) unsafe fn new() -> Self {
        Self(())
    }
}

/// Calls an instruction of the set that `self` is the proof of.
macro_rules! instruction {
    ($call:expr) => {
        // SAFETY: a value of this type exists only where the processor has the instructions; see `new`. Memory is read
        // and written through references to whole groups of lanes.
        unsafe { $call }
    };
}

impl Instructions for Avx512 {
    type Vector = __m512d;
    type Mask = __mmask8;
    const REGISTERS: usize = 32;

    #[inline(always)]
    fn splat(self, value: f64) -> __m512d {
        instruction!(_mm512_set1_pd(value))
    }
    #[inline(always)]
    fn load(self, from: &[f64; LANES]) -> __m512d {
        instruction!(_mm512_loadu_pd(from.as_ptr()))
    }
    #[inline(always)]
    fn widen(self, from: &[i16; LANES]) -> __m512d {
        instruction!(_mm512_cvtepi32_pd(_mm256_cvtepi16_epi32(_mm_loadu_si128(from.as_ptr().cast()))))
    }
    #[inline(always)]
    fn store(self, vector: __m512d, to: &mut [f64; LANES]) {
        instruction!(_mm512_storeu_pd(to.as_mut_ptr(), vector));
    }
    #[inline(always)]
    fn add(self, a: __m512d, b: __m512d) -> __m512d {
        instruction!(_mm512_add_pd(a, b))
    }
    #[inline(always)]
    fn subtract(self, a: __m512d, b: __m512d) -> __m512d {
        instruction!(_mm512_sub_pd(a, b))
    }
    #[inline(always)]
    fn multiply(self, a: __m512d, b: __m512d) -> __m512d {
        instruction!(_mm512_mul_pd(a, b))
    }
    #[inline(always)]
    fn divide(self, a: __m512d, b: __m512d) -> __m512d {
        instruction!(_mm512_div_pd(a, b))
    }
    #[inline(always)]
    fn multiply_add(self, a: __m512d, b: __m512d, c: __m512d) -> __m512d {
        instruction!(_mm512_fmadd_pd(a, b, c))
    }
    #[inline(always)]
    fn abs(self, a: __m512d) -> __m512d {
        instruction!(_mm512_abs_pd(a))
    }
    #[inline(always)]
    fn less(self, a: __m512d, b: __m512d) -> __mmask8 {
        instruction!(_mm512_cmp_pd_mask::<_CMP_LT_OQ>(a, b))
    }
    #[inline(always)]
    fn both(self, a: __mmask8, b: __mmask8) -> __mmask8 {
        a & b
    }
    #[inline(always)]
    fn select(self, mask: __mmask8, yes: __m512d, no: __m512d) -> __m512d {
        instruction!(_mm512_mask_blend_pd(mask, no, yes))
    }
    #[inline(always)]
    fn bits(self, mask: __mmask8) -> u32 {
        u32::from(mask)
    }
    #[inline(always)]
    fn smaller(self, a: __m512d, b: __m512d) -> __m512d {
        instruction!(_mm512_min_pd(a, b))
    }
    #[inline(always)]
    fn larger(self, a: __m512d, b: __m512d) -> __m512d {
        instruction!(_mm512_max_pd(a, b))
    }
    #[inline(always)]
    fn sum(self, vector: __m512d) -> f64 {
        instruction!(_mm512_reduce_add_pd(vector))
    }
    #[inline(always)]
    fn least(self, vector: __m512d) -> f64 {
        instruction!(_mm512_reduce_min_pd(vector))
    }
    #[inline(always)]
    fn largest(self, vector: __m512d) -> f64 {
        instruction!(_mm512_reduce_max_pd(vector))
    }
}

type Pair = (__m256d, __m256d);

impl Instructions for Avx2 {
    type Vector = Pair;
    type Mask = Pair;
    const REGISTERS: usize = 8;

    #[inline(always)]
    fn splat(self, value: f64) -> Pair {
        let half = instruction!(_mm256_set1_pd(value));
        (half, half)
    }
    #[inline(always)]
    fn load(self, from: &[f64; LANES]) -> Pair {
        instruction!((_mm256_loadu_pd(from.as_ptr()), _mm256_loadu_pd(from[4..].as_ptr())))
    }
    #[inline(always)]
    fn widen(self, from: &[i16; LANES]) -> Pair {
        let wide = instruction!(_mm256_cvtepi16_epi32(_mm_loadu_si128(from.as_ptr().cast())));
        let (low, high) = instruction!((_mm256_castsi256_si128(wide), _mm256_extracti128_si256::<1>(wide)));
        instruction!((_mm256_cvtepi32_pd(low), _mm256_cvtepi32_pd(high)))
    }
    #[inline(always)]
    fn store(self, vector: Pair, to: &mut [f64; LANES]) {
        instruction!(_mm256_storeu_pd(to.as_mut_ptr(), vector.0));
        instruction!(_mm256_storeu_pd(to[4..].as_mut_ptr(), vector.1));
    }
    #[inline(always)]
    fn add(self, a: Pair, b: Pair) -> Pair {
        instruction!((_mm256_add_pd(a.0, b.0), _mm256_add_pd(a.1, b.1)))
    }
    #[inline(always)]
    fn subtract(self, a: Pair, b: Pair) -> Pair {
        instruction!((_mm256_sub_pd(a.0, b.0), _mm256_sub_pd(a.1, b.1)))
    }
    #[inline(always)]
    fn multiply(self, a: Pair, b: Pair) -> Pair {
        instruction!((_mm256_mul_pd(a.0, b.0), _mm256_mul_pd(a.1, b.1)))
    }
    #[inline(always)]
    fn divide(self, a: Pair, b: Pair) -> Pair {
        instruction!((_mm256_div_pd(a.0, b.0), _mm256_div_pd(a.1, b.1)))
    }
    #[inline(always)]
    fn multiply_add(self, a: Pair, b: Pair, c: Pair) -> Pair {
        instruction!((_mm256_fmadd_pd(a.0, b.0, c.0), _mm256_fmadd_pd(a.1, b.1, c.1)))
    }
    #[inline(always)]
    fn abs(self, a: Pair) -> Pair {
        let sign = instruction!(_mm256_set1_pd(-0.0));
        instruction!((_mm256_andnot_pd(sign, a.0), _mm256_andnot_pd(sign, a.1)))
    }
    #[inline(always)]
    fn less(self, a: Pair, b: Pair) -> Pair {
        instruction!((_mm256_cmp_pd::<_CMP_LT_OQ>(a.0, b.0), _mm256_cmp_pd::<_CMP_LT_OQ>(a.1, b.1)))
    }
    #[inline(always)]
    fn both(self, a: Pair, b: Pair) -> Pair {
        instruction!((_mm256_and_pd(a.0, b.0), _mm256_and_pd(a.1, b.1)))
    }
    #[inline(always)]
    fn select(self, mask: Pair, yes: Pair, no: Pair) -> Pair {
        instruction!((_mm256_blendv_pd(no.0, yes.0, mask.0), _mm256_blendv_pd(no.1, yes.1, mask.1)))
    }
    #[inline(always)]
    fn bits(self, mask: Pair) -> u32 {
        let (low, high) = instruction!((_mm256_movemask_pd(mask.0), _mm256_movemask_pd(mask.1)));
        (low | high << 4).cast_unsigned()
    }
    #[inline(always)]
    fn smaller(self, a: Pair, b: Pair) -> Pair {
        instruction!((_mm256_min_pd(a.0, b.0), _mm256_min_pd(a.1, b.1)))
    }
    #[inline(always)]
    fn larger(self, a: Pair, b: Pair) -> Pair {
        instruction!((_mm256_max_pd(a.0, b.0), _mm256_max_pd(a.1, b.1)))
    }
    #[inline(always)]
    fn sum(self, vector: Pair) -> f64 {
        instruction!({
            let four = _mm256_add_pd(vector.0, vector.1);
            let two = _mm_add_pd(_mm256_castpd256_pd128(four), _mm256_extractf128_pd::<1>(four));
            _mm_cvtsd_f64(_mm_add_sd(two, _mm_unpackhi_pd(two, two)))
        })
    }
}
