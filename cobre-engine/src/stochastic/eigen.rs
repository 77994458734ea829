//! Eigenvalues and eigenvectors of a symmetric matrix.

/// Sweeps after which the iteration stops; a symmetric matrix of any practical size needs fewer than 15.
const MAX_SWEEPS: usize = 60;

/// Eigenvalues and eigenvectors of a symmetric matrix: `A = V·diag(values)·Vᵀ`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct SymmetricEigen {
    n: usize,
    /// Eigenvalues, in the order the iteration leaves them on the diagonal.
    values: Vec<f64>,
    /// Eigenvectors in the columns, row-major.
    vectors: Vec<f64>,
}

impl SymmetricEigen {
    /// Decomposes the symmetric `n × n` matrix (row-major) by cyclic Jacobi rotations, row by row, until the
    /// off-diagonal part is lost in rounding. The order of the rotations is fixed, so the result is too.
    pub(super) fn new(n: usize, matrix: &[f64]) -> Self {
        let mut a = matrix.to_vec();
        let mut vectors = vec![0.0; n * n];
        for i in 0..n {
            vectors[i * n + i] = 1.0;
        }
        let norm = a.iter().map(|x| x * x).sum::<f64>().sqrt();
        let negligible = norm * f64::EPSILON / (n.max(1) as f64) * 1e-2;
        for _ in 0..MAX_SWEEPS {
            let mut rotated = false;
            for p in 0..n {
                for q in p + 1..n {
                    if a[p * n + q].abs() > negligible {
                        rotate(n, &mut a, &mut vectors, p, q);
                        rotated = true;
                    }
                }
            }
            if !rotated {
                break;
            }
        }
        let values = (0..n).map(|i| a[i * n + i]).collect();
        Self { n, values, vectors }
    }

    /// `V·diag(f(λ))·Vᵀ`, exactly symmetric, row-major.
    pub(super) fn map(&self, f: impl Fn(f64) -> f64) -> Vec<f64> {
        let n = self.n;
        let mapped: Vec<f64> = self.values.iter().map(|&value| f(value)).collect();
        let mut result = vec![0.0; n * n];
        for i in 0..n {
            for j in 0..=i {
                let entry = (0..n).map(|k| self.vectors[i * n + k] * mapped[k] * self.vectors[j * n + k]).sum();
                result[i * n + j] = entry;
                result[j * n + i] = entry;
            }
        }
        result
    }
}

/// Annihilates entry (p, q) of the symmetric matrix `a` by a rotation in that plane and applies it to `vectors`.
fn rotate(n: usize, a: &mut [f64], vectors: &mut [f64], p: usize, q: usize) {
    let pivot = a[p * n + q];
    let half_cotangent = (a[q * n + q] - a[p * n + p]) / (2.0 * pivot);
    // The smaller root of t² + 2·θ·t − 1 = 0: the rotation by at most 45 degrees.
    let tangent = half_cotangent.signum() / (half_cotangent.abs() + half_cotangent.hypot(1.0));
    let cosine = 1.0 / tangent.hypot(1.0);
    let sine = tangent * cosine;
    a[p * n + p] -= tangent * pivot;
    a[q * n + q] += tangent * pivot;
    a[p * n + q] = 0.0;
    a[q * n + p] = 0.0;
    for k in (0..n).filter(|&k| k != p && k != q) {
        let (kp, kq) = (a[k * n + p], a[k * n + q]);
        let (new_kp, new_kq) = (cosine * kp - sine * kq, sine * kp + cosine * kq);
        a[k * n + p] = new_kp;
        a[p * n + k] = new_kp;
        a[k * n + q] = new_kq;
        a[q * n + k] = new_kq;
    }
    for k in 0..n {
        let (kp, kq) = (vectors[k * n + p], vectors[k * n + q]);
        vectors[k * n + p] = cosine * kp - sine * kq;
        vectors[k * n + q] = sine * kp + cosine * kq;
    }
}
