use super::launcher::{Job, mpiexec};
use crate::program::example_with_mpi;

#[test]
fn mpi_is_a_communicator() {
    let program = example_with_mpi("communicator_conformance");
    for n_ranks in [1, 2, 3] {
        let done = Job::start(&mut mpiexec(n_ranks, &[]), &program, &[]).finish();
        assert_eq!(done.code, Some(0), "{}{}", done.out, done.err);
        assert_eq!(done.out, format!("{n_ranks} ranks conform\n"));
    }
}
