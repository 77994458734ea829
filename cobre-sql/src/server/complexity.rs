//! Bounds on what a statement may be, so that planning it ends: a plan is walked by recursion, and what a common table
//! expression stands for is planned wherever it is named.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{ObjectName, Query, TableFactor, Visit, Visitor};
use datafusion::sql::sqlparser::dialect::Dialect;
use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::tokenizer::{Token, Tokenizer};

/// Bytes of a statement.
pub(super) const LONGEST_TEXT: usize = 1 << 20;
/// Words and signs that stand in one another: those since the last comma, and those before the parentheses around it.
const LONGEST_CHAIN: usize = 10_000;
/// Joins, set operations and queries that are written in a statement.
const MOST_QUERIES: usize = 300;
/// Tables that a statement reads, counted as often as they are read.
const MOST_TABLES: usize = 300;

/// Looks at a text before it is parsed: the parser builds chains of operators as deep as they are long.
pub(super) fn check_text(text: &str, dialect: &dyn Dialect) -> Result<(), String> {
    if text.len() > LONGEST_TEXT {
        return Err(format!("the statement has {} bytes; at most {LONGEST_TEXT} are taken", text.len()));
    }
    let mut tokens = Vec::new();
    if Tokenizer::new(dialect, text).tokenize_with_location_into_buf(&mut tokens).is_err() {
        // The parser says where and why.
        return Ok(());
    }
    let mut before = Vec::new();
    let (mut outside, mut here, mut queries) = (0_usize, 0_usize, 0_usize);
    for token in &tokens {
        match &token.token {
            Token::Whitespace(_) => continue,
            Token::LParen | Token::LBracket | Token::LBrace => {
                before.push(here + 1);
                outside += here + 1;
                here = 0;
            }
            Token::RParen | Token::RBracket | Token::RBrace => {
                here = before.pop().unwrap_or(0);
                outside = outside.saturating_sub(here);
            }
            Token::Comma => here = 0,
            token => {
                here += 1;
                queries += usize::from(is_query(token));
            }
        }
        if outside + here > LONGEST_CHAIN {
            let message = "the statement is a chain of more than";
            return Err(format!("{message} {LONGEST_CHAIN} words and signs\nhint: `x IN (1, 2, …)` takes any number"));
        }
        if queries > MOST_QUERIES {
            return Err(format!("the statement has more than {MOST_QUERIES} joins, set operations and queries"));
        }
    }
    Ok(())
}

fn is_query(token: &Token) -> bool {
    let Token::Word(word) = token else { return false };
    let words = [Keyword::SELECT, Keyword::JOIN, Keyword::UNION, Keyword::EXCEPT, Keyword::INTERSECT, Keyword::MINUS];
    word.quote_style.is_none() && words.contains(&word.keyword)
}

/// Looks at a parsed statement: how many tables it reads when every name of a `WITH` is replaced by what it stands for.
pub(super) fn check_tables(statement: &impl Visit) -> Result<(), String> {
    let mut tables = Tables::default();
    if statement.visit(&mut tables).is_break() {
        return Err(format!("the statement reads more than {MOST_TABLES} tables, each counted as often as it is read"));
    }
    Ok(())
}

/// Counts tables. A name counts as the largest that any `WITH` of the statement gives it: that may be too much, and
/// never too little.
#[derive(Default)]
struct Tables {
    /// For each query around, what it has read so far, and the name it is given.
    queries: Vec<(usize, Option<String>)>,
    /// Where the queries of a `WITH` lie that was entered, and their names.
    named: BTreeMap<*const Query, String>,
    sizes: BTreeMap<String, usize>,
}

impl Tables {
    fn add(&mut self, tables: usize) -> ControlFlow<()> {
        let Some((sum, _)) = self.queries.last_mut() else { return ControlFlow::Continue(()) };
        *sum = sum.saturating_add(tables);
        if *sum > MOST_TABLES { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    fn size_of(&self, name: &ObjectName) -> usize {
        let [part] = name.0.as_slice() else { return 1 };
        let name = part.as_ident().map(|ident| ident.value.to_lowercase());
        name.and_then(|name| self.sizes.get(&name)).copied().unwrap_or(1)
    }
}

impl Visitor for Tables {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        for table in query.with.iter().flat_map(|with| &with.cte_tables) {
            self.named.insert(std::ptr::from_ref(table.query.as_ref()), table.alias.name.value.to_lowercase());
        }
        self.queries.push((0, self.named.remove(&std::ptr::from_ref(query))));
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
        let Some((tables, name)) = self.queries.pop() else { return ControlFlow::Continue(()) };
        if let Some(name) = name {
            let size = self.sizes.entry(name).or_default();
            *size = tables.max(*size).max(1);
        }
        self.add(tables)
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<()> {
        let tables = match factor {
            TableFactor::Table { name, .. } => self.size_of(name),
            _ => 1,
        };
        self.add(tables)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use datafusion::sql::sqlparser::dialect::GenericDialect;
    use datafusion::sql::sqlparser::parser::Parser;

    fn text(text: &str) -> Result<(), String> {
        check_text(text, &GenericDialect {})
    }

    fn tables(text: &str) -> Result<(), String> {
        check_tables(&Parser::parse_sql(&GenericDialect {}, text).expect(text))
    }

    #[test]
    fn long_chains_are_refused_and_long_lists_are_not() {
        let sum = |n: usize| format!("SELECT 1{}", " + 1".repeat(n));
        text(&sum(1000)).expect("a long sum");
        text(&sum(6000)).expect_err("too long a sum");
        text(&format!("SELECT {}", vec!["a + 1"; 50_000].join(", "))).expect("many columns");
        text(&format!("SELECT a IN ({})", vec!["-1"; 100_000].join(","))).expect("a long list");
        text(&format!("SELECT {}", vec!["(a + 1)"; 3000].join(" OR "))).expect_err("parentheses do not hide a chain");
        text(&format!("SELECT {}1{}", "(".repeat(20_000), ")".repeat(20_000))).expect_err("deep");
        text(&"a,".repeat(LONGEST_TEXT)).expect_err("more than a megabyte");
        text("SELECT 'no end").expect("what is wrong with it is for the parser to say");
    }

    #[test]
    fn commas_do_not_hide_set_operations() {
        text(&vec!["SELECT 1, 2"; 100].join(" UNION ALL ")).expect("a hundred");
        text(&vec!["SELECT 1, 2"; 1000].join(" UNION ALL ")).expect_err("a thousand");
        text(&format!("SELECT {}", vec!["\"union\", 'select'"; 1000].join(", ")))
            .expect("names and strings are neither");
    }

    #[test]
    fn tables_count_as_often_as_they_are_read() {
        let from = |n: usize| format!("SELECT * FROM {}", vec!["t"; n].join(", "));
        tables(&from(MOST_TABLES)).expect("many");
        tables(&from(MOST_TABLES + 1)).expect_err("too many");
        tables(&format!("SELECT ({}), ({})", from(200), from(200))).expect_err("too many in parts");
        let doubled = |n: usize| {
            let named: Vec<String> =
                (1..=n).map(|i| format!("a{i} AS (SELECT 1 FROM a{} x, A{} y)", i - 1, i - 1)).collect();
            format!("WITH {} SELECT * FROM a{n}", named.join(", "))
        };
        tables(&doubled(6)).expect("64, and those of the definitions");
        tables(&doubled(40)).expect_err("more than there are atoms in a plan");
        tables("WITH RECURSIVE a AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM a WHERE n < 9) SELECT * FROM a")
            .expect("recursion is no growth of the plan");
    }
}
