//! The documents: what they point at exists, and the index knows them all.

use super::tree::{TrackedFile, files, root};
use std::path::{Component, Path};

/// Targets of the links `[text](target)` of a Markdown text, with their line (1-based). Code is no text.
fn links(text: &str) -> Vec<(usize, String)> {
    let mut links = Vec::new();
    let mut in_fence = false;
    for (at, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            in_fence = !in_fence;
            continue;
        }
        if in_fence {
            continue;
        }
        let prose: String = line.split('`').step_by(2).collect::<Vec<_>>().join("code");
        for (start, _) in prose.match_indices("](") {
            let rest = &prose[start + 2..];
            if let Some(end) = rest.find([')', ' ']) {
                links.push((at + 1, rest[..end].to_owned()));
            }
        }
    }
    links
}

/// The names by which the headings of a Markdown text can be linked to.
fn anchors(text: &str) -> Vec<String> {
    let mut anchors: Vec<String> = Vec::new();
    let mut in_fence = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            in_fence = !in_fence;
        } else if !in_fence && line.starts_with('#') {
            let title = line.trim_start_matches('#').trim().to_lowercase();
            let kept = title.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
            anchors.push(kept.map(|c| if c == ' ' { '-' } else { c }).collect());
        }
    }
    anchors
}

/// The path, from the root, that `target` means in a file; none when it leaves the repository.
fn resolve(file: &str, target: &str) -> Option<String> {
    let folder = Path::new(file).parent().unwrap_or(Path::new(""));
    let mut parts: Vec<&str> = Vec::new();
    let joined = folder.join(target);
    for component in joined.components() {
        match component {
            Component::Normal(part) => parts.push(part.to_str()?),
            Component::ParentDir => {
                parts.pop()?;
            }
            Component::CurDir => {}
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(parts.join("/"))
}

/// What is wrong with a link of `file`, if anything.
fn complaint(documents: &[TrackedFile], file: &str, target: &str) -> Option<String> {
    if target.starts_with("https://") || target.starts_with("http://") || target.starts_with("mailto:") {
        return None;
    }
    let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
    let Some(path) = (if path.is_empty() { Some(file.to_owned()) } else { resolve(file, path) }) else {
        return Some(format!("{target} leaves the repository"));
    };
    if !root().join(&path).exists() {
        return Some(format!("{path} does not exist"));
    }
    let document = documents.iter().find(|document| document.path == path)?;
    let known = anchor.is_empty() || anchors(&document.text).iter().any(|found| found == anchor);
    (!known).then(|| format!("{path} has no heading #{anchor}"))
}

#[test]
fn every_link_leads_somewhere() {
    let documents = files(&["md"]);
    let mut wrong = Vec::new();
    let mut n_links = 0;
    for document in &documents {
        for (line, target) in links(&document.text) {
            n_links += 1;
            if let Some(complaint) = complaint(&documents, &document.path, &target) {
                wrong.push(format!("{}:{line}: {complaint}", document.path));
            }
        }
    }
    assert!(n_links > 0, "no link was found in {} documents", documents.len());
    assert!(wrong.is_empty(), "links that lead nowhere:\n{}", wrong.join("\n"));
}

#[test]
fn the_index_lists_every_document() {
    let documents = files(&["md"]);
    let index = documents.iter().find(|document| document.path == "docs/README.md").expect("docs/README.md exists");
    let linked: Vec<String> =
        links(&index.text).iter().filter_map(|(_, target)| resolve("docs/README.md", target)).collect();
    let missing: Vec<&str> = documents
        .iter()
        .map(|document| document.path.as_str())
        .filter(|path| path.starts_with("docs/") && *path != "docs/README.md")
        .filter(|path| !linked.iter().any(|target| target == path))
        .collect();
    assert!(missing.is_empty(), "docs/README.md does not link to {}", missing.join(", "));
}

#[test]
fn broken_links_are_found() {
    let document = |path: &str, text: &str| TrackedFile { path: path.to_owned(), text: text.to_owned() };
    let documents = [document("docs/README.md", "# The index: a list\n")];
    let check = |target: &str| complaint(&documents, "docs/README.md", target);
    assert_eq!(links("see [a](b.md) and `[c](d.md)`\n```\n[e](f.md)\n```\n"), [(1, "b.md".to_owned())]);
    assert_eq!(check("../Cargo.toml"), None);
    assert_eq!(check("#the-index-a-list"), None);
    assert_eq!(check("nowhere.md"), Some("docs/nowhere.md does not exist".to_owned()));
    assert_eq!(check("../../x.md"), Some("../../x.md leaves the repository".to_owned()));
    assert_eq!(check("#elsewhere"), Some("docs/README.md has no heading #elsewhere".to_owned()));
}
