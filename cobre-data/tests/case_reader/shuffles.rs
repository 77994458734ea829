//! The order of arrays and rows does not matter.

use serde_json::Value;

use super::fixture::Fixture;
use super::mutations::Dice;

/// Arrays whose order carries meaning.
const ORDERED: [&str; 5] = ["deficit_segments", "stage_ranges", "matrix", "entities", "stopping_rules"];

fn shuffle_order(n: usize, dice: &mut Dice) -> Vec<usize> {
    let mut order: Vec<usize> = (0..n).collect();
    for i in (1..n).rev() {
        order.swap(i, dice.below(i + 1));
    }
    order
}

fn shuffle_arrays(value: &mut Value, dice: &mut Dice) {
    match value {
        Value::Array(items) => {
            let order = shuffle_order(items.len(), dice);
            *items = order.iter().map(|&i| items[i].clone()).collect();
            for item in items {
                shuffle_arrays(item, dice);
            }
        }
        Value::Object(members) => {
            for (key, member) in members {
                if !ORDERED.contains(&key.as_str()) {
                    shuffle_arrays(member, dice);
                }
            }
        }
        _ => {}
    }
}

#[test]
fn shuffled_files_give_the_same_case() {
    let expected = Fixture::new().case();
    for seed in 0..25 {
        let mut dice = Dice::new(seed);
        let mut fixture = Fixture::new();
        for value in fixture.json.values_mut() {
            shuffle_arrays(value, &mut dice);
        }
        for table in fixture.tables.values_mut() {
            let order = shuffle_order(table[0].1.len(), &mut dice);
            for (_, column) in table.iter_mut() {
                column.permute(&order);
            }
            let columns = shuffle_order(table.len(), &mut dice);
            *table = columns.iter().map(|&i| table[i].clone()).collect();
        }
        let case = fixture.case();
        assert_eq!(case.study, expected.study, "seed {seed}");
        assert_eq!((&case.training, &case.simulation), (&expected.training, &expected.simulation), "seed {seed}");
        assert_ne!(case.case_hash, expected.case_hash, "seed {seed} left the files as they were");
    }
}
