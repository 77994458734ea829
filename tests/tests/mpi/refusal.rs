use super::launcher::{Job, mpiexec};
use crate::program::{cobre, finish, path, path_with_mpi};
use crate::recovery::case::CaseCopy;
use crate::recovery::kill::Place;

#[test]
fn a_program_without_mpi_refuses_to_be_several_ranks() {
    let (place, case) = (Place::disk(), CaseCopy::small(|_| ()));
    let arguments = place.arguments(&case.path(), "run", &[]);
    for n_ranks in [2, 3] {
        let done = Job::start(&mut mpiexec(n_ranks, &[]), path(), &arguments).finish();
        assert_eq!(done.code, Some(1), "{}", done.err);
        assert_eq!(done.err.matches("error: ").count(), 1, "{}", done.err);
        assert!(done.err.contains("was built without MPI") && done.err.contains("hint:"), "{}", done.err);
    }
    assert!(!std::path::Path::new(&place.root("run")).exists(), "something was written");
    // Other launchers, and a launcher of one rank.
    for (variable, size, code) in [("PMI_SIZE", "4", 1), ("SLURM_STEP_NUM_TASKS", "8", 1), ("PMI_SIZE", "1", 0)] {
        let name = format!("{variable}-{size}");
        let mut command = std::process::Command::new(path());
        let done = finish(command.args(place.arguments(&case.path(), &name, &[])).env(variable, size));
        assert_eq!(done.code, Some(code), "{variable}={size}: {}", done.err);
    }
}

#[test]
fn a_launcher_of_another_mpi_is_refused() {
    let (place, case) = (Place::disk(), CaseCopy::small(|_| ()));
    let mut command = std::process::Command::new(path_with_mpi());
    let done = finish(command.args(place.arguments(&case.path(), "run", &[])).env("PMI_SIZE", "4"));
    assert_eq!(done.code, Some(1), "{}", done.err);
    assert!(done.err.contains("has started 4 ranks, but MPI knows of 1"), "{}", done.err);
}

#[test]
fn the_version_tells_whether_mpi_is_in() {
    assert!(cobre(&["version"]).out.contains("without MPI"));
    let done = finish(std::process::Command::new(path_with_mpi()).arg("version"));
    assert!(done.out.contains("MPI: Open MPI v"), "{}", done.out);
}
