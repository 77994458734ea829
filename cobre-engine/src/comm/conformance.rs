//! Conformance suite of [`Communicator`]: what every mechanism must pass.
//!
//! Every rank of a world calls [`run`].

use super::Communicator;

/// Checks every property.
///
/// # Panics
/// At the first property that does not hold.
pub fn run(comm: &dyn Communicator) {
    ranks_are_numbered(comm);
    all_gather_keeps_order_and_sizes(comm);
    long_messages_arrive_whole(comm);
    gather_gives_to_the_root_alone(comm);
    broadcast_replaces_what_the_others_have(comm);
    a_flag_of_any_rank_is_seen_by_all(comm);
    calls_do_not_mix(comm);
}

/// Every rank has a number of its own below the size.
fn ranks_are_numbered(comm: &dyn Communicator) {
    assert!(comm.rank() < comm.size(), "rank {} of {}", comm.rank(), comm.size());
    let all = comm.all_gather(&(comm.rank() as u64).to_le_bytes()).expect("an exchange");
    assert_eq!(all.n_ranks(), comm.size());
    for rank in 0..comm.size() {
        assert_eq!(all.of(rank), (rank as u64).to_le_bytes(), "what rank {rank} says it is");
    }
}

/// Messages of different sizes, empty ones among them, come in the order of the ranks.
fn all_gather_keeps_order_and_sizes(comm: &dyn Communicator) {
    for step in [0, 1, 3, 100] {
        let message = |rank: usize| vec![rank as u8 + 1; rank * step];
        let all = comm.all_gather(&message(comm.rank())).expect("an exchange");
        for rank in 0..comm.size() {
            assert_eq!(all.of(rank), message(rank), "rank {rank}, {step} bytes per rank");
        }
        // The other way round: the first rank has most.
        let message = |rank: usize| vec![rank as u8 + 1; (comm.size() - rank - 1) * step];
        let all = comm.all_gather(&message(comm.rank())).expect("an exchange");
        for rank in 0..comm.size() {
            assert_eq!(all.of(rank), message(rank), "rank {rank}, {step} bytes per rank after it");
        }
    }
}

/// Messages that a mechanism may have to cut into parts arrive whole.
fn long_messages_arrive_whole(comm: &dyn Communicator) {
    let length = |rank: usize| 70_001 + 4_099 * (rank % 3);
    let byte = |rank: usize, at: usize| (at.wrapping_mul(2_654_435_761) >> 7) as u8 ^ rank as u8;
    let mine: Vec<u8> = (0..length(comm.rank())).map(|at| byte(comm.rank(), at)).collect();
    let all = comm.all_gather(&mine).expect("an exchange");
    for rank in 0..comm.size() {
        assert_eq!(all.of(rank).len(), length(rank), "rank {rank}");
        assert!(all.of(rank).iter().enumerate().all(|(at, &found)| found == byte(rank, at)), "rank {rank}");
    }
}

/// The root, whichever it is, has the messages of all ranks in their order, and the others nothing.
fn gather_gives_to_the_root_alone(comm: &dyn Communicator) {
    for root in 0..comm.size() {
        for length in [0, 1, 70_001] {
            let message = |rank: usize| vec![(rank ^ root) as u8; length * (rank % 3)];
            let all = comm.gather(root, &message(comm.rank())).expect("an exchange");
            assert_eq!(all.is_some(), comm.rank() == root, "rank {} of root {root}", comm.rank());
            for (rank, all) in all.iter().flat_map(|all| (0..comm.size()).map(move |rank| (rank, all))) {
                assert!(all.of(rank) == message(rank), "rank {rank}, {length} bytes, root {root}");
            }
        }
    }
}

/// Every rank ends with the bytes of the root, whatever it had and whichever rank is the root.
fn broadcast_replaces_what_the_others_have(comm: &dyn Communicator) {
    for root in 0..comm.size() {
        for length in [0, 1, 70_001] {
            let expected: Vec<u8> = (0..length).map(|at| (at % 251) as u8 ^ root as u8).collect();
            let mut data = if comm.rank() == root { expected.clone() } else { vec![9; comm.rank() * 5] };
            comm.broadcast(root, &mut data).expect("an exchange");
            assert!(data == expected, "rank {} has other {length} bytes than root {root}", comm.rank());
        }
    }
}

/// A flag that one rank raises is seen by all, and none when no rank does.
fn a_flag_of_any_rank_is_seen_by_all(comm: &dyn Communicator) {
    assert!(!comm.any(false).expect("an exchange"));
    for raised in 0..comm.size() {
        assert!(comm.any(comm.rank() == raised).expect("an exchange"), "rank {raised} raised it");
    }
    assert!(comm.any(true).expect("an exchange"));
}

/// Calls that follow each other closely, of different kinds, do not mix, though ranks come to them at different times.
fn calls_do_not_mix(comm: &dyn Communicator) {
    for round in 0..200usize {
        if (round + comm.rank()).is_multiple_of(17) {
            std::thread::yield_now();
        }
        let mine = [round as u8, comm.rank() as u8];
        let all = comm.all_gather(&mine[..=(round + comm.rank()) % 2]).expect("an exchange");
        for rank in 0..comm.size() {
            assert_eq!(all.of(rank), &[round as u8, rank as u8][..=(round + rank) % 2], "round {round}");
        }
        if round % 5 == 0 {
            comm.barrier().expect("an exchange");
        }
        let root = round % comm.size();
        let mut data = if comm.rank() == root { vec![round as u8; 3] } else { Vec::new() };
        comm.broadcast(root, &mut data).expect("an exchange");
        assert_eq!(data, [round as u8; 3], "round {round}");
    }
}
