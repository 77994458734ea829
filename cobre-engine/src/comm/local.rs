use super::{CommError, Communicator, Gathered};

/// The one rank of a process by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Local;

impl Communicator for Local {
    fn rank(&self) -> usize {
        0
    }

    fn size(&self) -> usize {
        1
    }

    fn name(&self) -> &'static str {
        "local"
    }

    fn all_gather(&self, mine: &[u8]) -> Result<Gathered, CommError> {
        Ok(Gathered::new(mine.to_vec(), &[mine.len()]))
    }

    fn gather(&self, root: usize, mine: &[u8]) -> Result<Option<Gathered>, CommError> {
        assert_eq!(root, 0, "a world of one rank has no rank {root}");
        self.all_gather(mine).map(Some)
    }

    fn broadcast(&self, root: usize, _data: &mut Vec<u8>) -> Result<(), CommError> {
        assert_eq!(root, 0, "a world of one rank has no rank {root}");
        Ok(())
    }

    fn abort(&self, code: i32) -> ! {
        std::process::exit(code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conforms() {
        crate::comm::conformance::run(&Local);
    }
}
