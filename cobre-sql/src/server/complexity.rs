//! Bounds on what a statement may be, so that planning it ends: a plan is walked by recursion, and what a common table
//! expression stands for is planned wherever it is named.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{Expr, ObjectName, Query, Select, TableFactor, Visit, Visitor};
use datafusion::sql::sqlparser::dialect::Dialect;
use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::tokenizer::{Token, Tokenizer};

/// Bytes of a statement.
pub(super) const LONGEST_TEXT: usize = 1 << 20;
/// Words and signs of a chain: those since the last comma, and those before the parentheses around it.
const LONGEST_CHAIN: usize = 6000;
/// Signs, `AND`s and `OR`s of a chain. The time to plan a condition grows with their third power.
const MOST_OPERATORS: usize = 600;
/// Joins, set operations and queries that are written in a statement.
const MOST_QUERIES: usize = 300;
/// Tables that a statement reads, counted as often as they are read.
const MOST_TABLES: usize = 300;
/// Columns that the queries of a statement name.
const MOST_COLUMNS: usize = 4096;
/// Ways to group of `CUBE`, `ROLLUP` and `GROUPING SETS`, multiplied.
const MOST_GROUPINGS: usize = 1024;

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
    let mut around = Vec::new();
    let (mut outside, mut here, mut queries) = (Chain::default(), Chain::default(), 0_usize);
    for token in &tokens {
        match &token.token {
            Token::Whitespace(_) => continue,
            Token::LParen | Token::LBracket | Token::LBrace => {
                here.words += 1;
                around.push((outside, here));
                outside = Chain { words: outside.words + here.words, operators: outside.operators + here.operators };
                here = Chain::default();
            }
            Token::RParen | Token::RBracket | Token::RBrace => {
                (outside, here) = around.pop().unwrap_or_default();
            }
            Token::Comma => here = Chain::default(),
            token => {
                here.words += 1;
                here.operators += usize::from(is_operator(token));
                queries += usize::from(is_query(token));
            }
        }
        let hint = "hint: `x IN (1, 2, …)` takes any number";
        if outside.words + here.words > LONGEST_CHAIN {
            return Err(format!("the statement is a chain of more than {LONGEST_CHAIN} words and signs\n{hint}"));
        }
        if outside.operators + here.operators > MOST_OPERATORS {
            return Err(format!("the statement is a chain of more than {MOST_OPERATORS} operators\n{hint}"));
        }
        if queries > MOST_QUERIES {
            return Err(format!("the statement has more than {MOST_QUERIES} joins, set operations and queries"));
        }
    }
    Ok(())
}

/// What may be as deep as it is long.
#[derive(Default, Clone, Copy)]
struct Chain {
    words: usize,
    operators: usize,
}

fn is_operator(token: &Token) -> bool {
    match token {
        Token::Word(word) => word.quote_style.is_none() && [Keyword::AND, Keyword::OR].contains(&word.keyword),
        Token::Number(..) | Token::SingleQuotedString(_) | Token::Placeholder(_) | Token::Period | Token::SemiColon => {
            false
        }
        _ => true,
    }
}

fn is_query(token: &Token) -> bool {
    let Token::Word(word) = token else { return false };
    let words = [Keyword::SELECT, Keyword::JOIN, Keyword::UNION, Keyword::EXCEPT, Keyword::INTERSECT, Keyword::MINUS];
    word.quote_style.is_none() && words.contains(&word.keyword)
}

/// Looks at a parsed statement: how many columns it names, and how many tables it reads when every name of a `WITH` is
/// replaced by what it stands for.
pub(super) fn check_tree(statement: &impl Visit) -> Result<(), String> {
    match statement.visit(&mut Tables { groupings: 1, ..Tables::default() }) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(message) => Err(message),
    }
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
    columns: usize,
    groupings: usize,
}

impl Tables {
    fn add(&mut self, tables: usize) -> ControlFlow<String> {
        let Some((sum, _)) = self.queries.last_mut() else { return ControlFlow::Continue(()) };
        *sum = sum.saturating_add(tables);
        if *sum > MOST_TABLES {
            let message =
                format!("the statement reads more than {MOST_TABLES} tables, each counted as often as it is read");
            return ControlFlow::Break(message);
        }
        ControlFlow::Continue(())
    }

    fn size_of(&self, name: &ObjectName) -> usize {
        let [part] = name.0.as_slice() else { return 1 };
        let name = part.as_ident().map(|ident| ident.value.to_lowercase());
        name.and_then(|name| self.sizes.get(&name)).copied().unwrap_or(1)
    }
}

impl Visitor for Tables {
    type Break = String;

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<String> {
        for table in query.with.iter().flat_map(|with| &with.cte_tables) {
            self.named.insert(std::ptr::from_ref(table.query.as_ref()), table.alias.name.value.to_lowercase());
        }
        self.queries.push((0, self.named.remove(&std::ptr::from_ref(query))));
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &Query) -> ControlFlow<String> {
        let Some((tables, name)) = self.queries.pop() else { return ControlFlow::Continue(()) };
        if let Some(name) = name {
            let size = self.sizes.entry(name).or_default();
            *size = tables.max(*size).max(1);
        }
        self.add(tables)
    }

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<String> {
        self.columns += select.projection.len();
        if self.columns > MOST_COLUMNS {
            return ControlFlow::Break(format!("the statement names more than {MOST_COLUMNS} columns"));
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<String> {
        let ways = match expr {
            Expr::Cube(columns) => 1_usize.checked_shl(columns.len() as u32).unwrap_or(usize::MAX),
            Expr::Rollup(columns) => columns.len() + 1,
            Expr::GroupingSets(sets) => sets.len(),
            _ => return ControlFlow::Continue(()),
        };
        self.groupings = self.groupings.saturating_mul(ways.max(1));
        if self.groupings > MOST_GROUPINGS {
            return ControlFlow::Break(format!("the statement groups in more than {MOST_GROUPINGS} ways"));
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<String> {
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
        check_tree(&Parser::parse_sql(&GenericDialect {}, text).expect(text))
    }

    #[test]
    fn long_chains_are_refused_and_long_lists_are_not() {
        let sum = |n: usize| format!("SELECT 1{}", " + 1".repeat(n));
        text(&sum(500)).expect("a long sum");
        text(&sum(1000)).expect_err("too long a sum");
        text(&format!("SELECT a{}", " IS NULL".repeat(5000))).expect_err("too many words");
        text(&format!("SELECT CASE{} END", " WHEN a.b > 1 THEN 'c'".repeat(500))).expect("a case is no chain");
        text(&format!("SELECT {}", vec!["a + 1"; 50_000].join(", "))).expect("many columns");
        text(&format!("SELECT a IN ({})", vec!["-1"; 100_000].join(","))).expect("a long list");
        text(&format!("SELECT {}", vec!["(a + 1)"; 1000].join(" OR "))).expect_err("parentheses do not hide a chain");
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
        tables(&format!("SELECT {}", vec!["1"; MOST_COLUMNS + 1].join(", "))).expect_err("too many columns");
        let cube = |n: usize| format!("CUBE ({})", vec!["a"; n].join(", "));
        tables(&format!("SELECT 1 FROM t GROUP BY {}", cube(10))).expect("a thousand ways");
        tables(&format!("SELECT 1 FROM t GROUP BY {}", cube(70))).expect_err("too many ways");
        tables(&format!("SELECT 1 FROM t GROUP BY {0}, {0}", cube(9))).expect_err("too many ways together");
        tables("WITH RECURSIVE a AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM a WHERE n < 9) SELECT * FROM a")
            .expect("recursion is no growth of the plan");
    }
}
