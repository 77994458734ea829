/// The first of several names, for a message.
pub(super) fn listed<T: ToString>(names: impl IntoIterator<Item = T>) -> String {
    const LISTED: usize = 8;
    let mut names: Vec<String> = names.into_iter().map(|name| name.to_string()).collect();
    let n_more = names.len().saturating_sub(LISTED);
    names.truncate(LISTED);
    if n_more > 0 {
        names.push(format!("and {n_more} more"));
    }
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lists_are_cut_short() {
        assert_eq!(listed([3, 5]), "3, 5");
        assert_eq!(listed(0..10), "0, 1, 2, 3, 4, 5, 6, 7, and 2 more");
    }
}
