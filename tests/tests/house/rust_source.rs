//! Rust text with comments and literals told from code, enough of the language to look for words in it.

/// One line of a source file, split by what the compiler makes of it.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct SourceLine {
    /// The code; what stands inside of string and character literals is left out.
    pub(super) code: String,
    /// The text of comments.
    pub(super) comment: String,
}

impl SourceLine {
    /// Whether the code holds `word` with no letter, digit or underscore at either side.
    pub(super) fn has_word(&self, word: &str) -> bool {
        let part_of_name = |c: char| c.is_alphanumeric() || c == '_';
        self.code.match_indices(word).any(|(at, _)| {
            let before = self.code[..at].chars().next_back();
            let after = self.code[at + word.len()..].chars().next();
            !before.is_some_and(part_of_name) && !after.is_some_and(part_of_name)
        })
    }
}

enum Inside {
    Code,
    LineComment,
    BlockComment(u32),
    /// A string with escapes.
    Text,
    /// A raw string that ends in a quote and so many hashes.
    RawText(usize),
}

/// Splits a source file into lines of code and comment.
pub(super) fn lines(text: &str) -> Vec<SourceLine> {
    let chars: Vec<char> = text.chars().collect();
    let at = |i: usize| chars.get(i).copied().unwrap_or('\0');
    let mut lines = vec![SourceLine::default()];
    let mut inside = Inside::Code;
    let mut i = 0;
    while i < chars.len() {
        let c = chars[i];
        if c == '\n' {
            if matches!(inside, Inside::LineComment) {
                inside = Inside::Code;
            }
            lines.push(SourceLine::default());
            i += 1;
            continue;
        }
        let line = lines.last_mut().expect("there is always a line");
        let step = match inside {
            Inside::LineComment => {
                line.comment.push(c);
                1
            }
            Inside::BlockComment(depth) => match (c, at(i + 1)) {
                ('*', '/') => {
                    inside = if depth == 1 { Inside::Code } else { Inside::BlockComment(depth - 1) };
                    2
                }
                ('/', '*') => {
                    inside = Inside::BlockComment(depth + 1);
                    2
                }
                _ => {
                    line.comment.push(c);
                    1
                }
            },
            // A backslash at the end of a line escapes the line break, which is still to be counted.
            Inside::Text if c == '\\' => 1 + usize::from(at(i + 1) != '\n'),
            Inside::Text => {
                if c == '"' {
                    inside = Inside::Code;
                    line.code.push('"');
                }
                1
            }
            Inside::RawText(hashes) => {
                if c == '"' && (1..=hashes).all(|k| at(i + k) == '#') {
                    inside = Inside::Code;
                    line.code.push('"');
                    1 + hashes
                } else {
                    1
                }
            }
            Inside::Code => {
                let follows_name = i > 0 && (chars[i - 1].is_alphanumeric() || chars[i - 1] == '_');
                match (c, at(i + 1)) {
                    ('/', '/') => {
                        inside = Inside::LineComment;
                        2
                    }
                    ('/', '*') => {
                        inside = Inside::BlockComment(1);
                        2
                    }
                    ('"', _) => {
                        inside = Inside::Text;
                        line.code.push('"');
                        1
                    }
                    ('r', '"' | '#') if !follows_name || matches!(chars[i - 1], 'b' | 'c') => {
                        let hashes = chars[i + 1..].iter().take_while(|&&c| c == '#').count();
                        if at(i + 1 + hashes) == '"' {
                            inside = Inside::RawText(hashes);
                            line.code.push('"');
                            2 + hashes
                        } else {
                            line.code.push(c);
                            1
                        }
                    }
                    // A character, not a lifetime: it closes after one character or one escape.
                    ('\'', '\\') => 3 + chars.iter().skip(i + 3).take_while(|&&c| c != '\'').count() + 1,
                    ('\'', _) if at(i + 2) == '\'' => 3,
                    _ => {
                        line.code.push(c);
                        1
                    }
                }
            }
        };
        i += step;
    }
    lines
}

#[test]
fn code_comments_and_literals_are_told_apart() {
    let text = "let a = \"unsafe \\\" // no\"; // unsafe?\nlet b = r#\"a \" todo!()\"#; /* x /* y */ z */ unsafe {}\n\
                let c: &'a str = f('\"', '\\'', b'\\\\'); // end";
    let split: Vec<(String, String)> = lines(text).into_iter().map(|line| (line.code, line.comment)).collect();
    assert_eq!(split[0], ("let a = \"\"; ".to_owned(), " unsafe?".to_owned()));
    assert_eq!(split[1], ("let b = \"\";  unsafe {}".to_owned(), " x  y  z ".to_owned()));
    assert_eq!(split[2], ("let c: &'a str = f(, , b); ".to_owned(), " end".to_owned()));
}

#[test]
fn a_word_is_not_found_inside_of_a_name() {
    let line = |code: &str| SourceLine { code: code.to_owned(), comment: String::new() };
    assert!(line("x = unsafe { y }").has_word("unsafe"));
    assert!(!line("#![allow(unsafe_code)]").has_word("unsafe"));
}
