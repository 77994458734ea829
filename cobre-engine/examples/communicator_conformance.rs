//! Runs the conformance suite of communicators on the ranks of an MPI launcher, twice: with messages as long as MPI
//! takes them, and cut into short parts.
//!
//! ```text
//! mpiexec -n 3 target/debug/examples/communicator_conformance
//! ```

use cobre_engine::comm::{Communicator, Mpi, conformance};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut mpi = Mpi::join()?;
    for limit in [usize::MAX, 1000, 37] {
        mpi = mpi.with_limit(limit);
        // A rank that panics must not wait for the others when MPI is finalised.
        let passed = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| conformance::run(&mpi)));
        if passed.is_err() {
            mpi.abort(101);
        }
    }
    if mpi.rank() == 0 {
        println!("{} ranks conform", mpi.size());
    }
    Ok(())
}
