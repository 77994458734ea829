/// How often a cut was binding in the solves of the forward and the backward pass: part of the optimal basis of a
/// stage problem with a dual above zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CutActivity {
    /// Solves in which it was.
    pub times_binding: u64,
    /// The last iteration with such a solve; 0: none so far.
    pub last_iteration: u32,
}
