/// Orders plants so that every plant comes after all plants that release or divert water into it (Kahn's algorithm,
/// smallest position first, so the order depends on the data alone).
///
/// `receivers[h]` are the positions that receive water of plant `h`.
///
/// # Errors
/// The positions that lie on, or downstream of, a cycle.
pub fn topological_order(receivers: &[Vec<usize>]) -> Result<Vec<usize>, Vec<usize>> {
    let n = receivers.len();
    let mut n_sources = vec![0usize; n];
    for targets in receivers {
        for &target in targets {
            n_sources[target] += 1;
        }
    }
    let mut ready: std::collections::BTreeSet<usize> = (0..n).filter(|&h| n_sources[h] == 0).collect();
    let mut order = Vec::with_capacity(n);
    while let Some(h) = ready.pop_first() {
        order.push(h);
        for &target in &receivers[h] {
            n_sources[target] -= 1;
            if n_sources[target] == 0 {
                ready.insert(target);
            }
        }
    }
    if order.len() == n { Ok(order) } else { Err((0..n).filter(|&h| n_sources[h] > 0).collect()) }
}

#[cfg(test)]
mod tests {
    use super::topological_order;

    #[test]
    fn orders_a_cascade_from_its_springs() {
        let receivers = [vec![2], vec![2], vec![3], vec![]];
        assert_eq!(topological_order(&receivers), Ok(vec![0, 1, 2, 3]));
        let reversed = [vec![], vec![0], vec![1], vec![1]];
        assert_eq!(topological_order(&reversed), Ok(vec![2, 3, 1, 0]));
    }

    #[test]
    fn names_the_plants_of_a_cycle() {
        let receivers = [vec![1], vec![2], vec![1], vec![]];
        assert_eq!(topological_order(&receivers), Err(vec![1, 2]));
    }
}
