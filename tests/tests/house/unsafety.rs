//! Where `unsafe` may stand, and what must stand above it.

use super::rust_source::{SourceLine, lines};
use super::tree::{files, is_generated};

/// The places that may hold `unsafe`: a file, or a folder with a slash at its end.
const ALLOWED: &[&str] = &[
    "cobre-engine/src/simd/",
    "cobre-engine/src/solver/highs/",
    "cobre-engine/tests/allocations.rs",
    "cobre-data/src/policy/generated.rs",
    "cobre-polars/src/bridge.rs",
];

/// Lines of one statement that may stand between a comment and the `unsafe` it speaks of.
const REACH: usize = 3;

/// Line numbers (1-based) of `unsafe` that no comment justifies.
fn unjustified(lines: &[SourceLine]) -> Vec<usize> {
    (0..lines.len()).filter(|&at| lines[at].has_word("unsafe") && !justified(lines, at)).map(|at| at + 1).collect()
}

/// Whether the comment nearest above the line, or on it, says why what happens there is sound: `SAFETY:`, or the
/// section `# Safety` of an unsafe function.
fn justified(lines: &[SourceLine], at: usize) -> bool {
    let says_why = |line: &SourceLine| line.comment.contains("SAFETY:") || line.comment.contains("# Safety");
    if says_why(&lines[at]) {
        return true;
    }
    let mut code_lines = 0;
    let mut in_comment = false;
    for line in lines[..at].iter().rev() {
        let code = line.code.trim();
        if code.is_empty() && !line.comment.is_empty() {
            in_comment = true;
            if says_why(line) {
                return true;
            }
        } else if in_comment || code.is_empty() {
            return false;
        } else if !code.starts_with("#[") {
            code_lines += 1;
            if code_lines > REACH || code.ends_with([';', '}']) {
                return false;
            }
        }
    }
    false
}

#[test]
fn unsafe_stands_in_its_places_only() {
    let mut wrong = Vec::new();
    for file in files(&["rs"]) {
        let allowed = ALLOWED
            .iter()
            .any(|place| if place.ends_with('/') { file.path.starts_with(place) } else { file.path == *place });
        for (at, line) in lines(&file.text).iter().enumerate() {
            if !allowed && (line.has_word("unsafe") || line.has_word("unsafe_code")) {
                wrong.push(format!("{}:{}: {}", file.path, at + 1, line.code.trim()));
            }
        }
    }
    assert!(wrong.is_empty(), "`unsafe` outside of {ALLOWED:?}:\n{}", wrong.join("\n"));
}

#[test]
fn every_unsafe_says_why_it_is_sound() {
    let mut wrong = Vec::new();
    for file in files(&["rs"]).into_iter().filter(|file| !is_generated(&file.path)) {
        wrong.extend(unjustified(&lines(&file.text)).into_iter().map(|line| format!("{}:{line}", file.path)));
    }
    assert!(wrong.is_empty(), "`unsafe` without a SAFETY comment above it:\n{}", wrong.join("\n"));
}

#[test]
fn a_missing_justification_is_found() {
    let found = |text: &str| unjustified(&lines(text));
    assert!(found("// SAFETY: the pointer is ours.\nlet x =\n    unsafe { *p };\n").is_empty());
    assert!(found("/// # Safety\n/// `p` is valid.\n#[inline]\nunsafe fn f() {}\n").is_empty());
    assert_eq!(found("let x = unsafe { *p };\n"), [1]);
    assert_eq!(found("// SAFETY: of the first.\nlet x = unsafe { *p };\nlet y = unsafe { *q };\n"), [3]);
    assert_eq!(found("// SAFETY: far away.\n\nlet x = unsafe { *p };\n"), [3]);
}
