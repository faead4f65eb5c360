//! Imports point one way: no two files import each other, by whatever way round, and no layer imports a higher one.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// Lowest first. A file may import files of earlier lines, and of its own entry; not its neighbours on the line.
const LAYERS: [&[&str]; 15] = [
    &["error"],
    &["container", "control", "neuron", "pages", "random", "simd"],
    &["dot", "threads"],
    &["plan", "psnn"],
    &["clocked::array"],
    &["clocked::block", "clocked::profile", "clocked::request"],
    &["clocked::limits", "clocked::maps"],
    &["clocked::synapses"],
    &["clocked::observe"],
    &["clocked::layer"],
    &["clocked::program"],
    &["clocked::run"],
    &["clocked"],
    &["first_spike", "hardware", "plastic", "training"],
    &["exported"],
];

/// Files in one folder, at most.
const MOST: usize = 20;

/// The path of each module, and its text without its tests.
fn modules() -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), "", &mut found);
    found
}

fn walk(folder: &Path, prefix: &str, found: &mut BTreeMap<String, String>) {
    let mut files = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let stem = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let name = if prefix.is_empty() { stem.clone() } else { format!("{prefix}::{stem}") };
        if path.is_dir() {
            walk(&path, &name, found);
            continue;
        }
        files += 1;
        if stem == "lib" || stem == "tests" {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap().to_owned();
        found.insert(if stem == "mod" { prefix.to_owned() } else { name }, text);
    }
    assert!(files <= MOST, "{} has {files} files, more than {MOST}", folder.display());
}

/// The paths that a text names with `crate::`, `super::`, and with `use` or `pub use` of its own modules.
fn paths(module: &str, text: &str) -> BTreeSet<String> {
    let code: String = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    let mut found = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        expand("", &code[at + "crate::".len()..], &mut found);
    }
    for (at, _) in code.match_indices("super::") {
        let parent = module.rsplit_once("::").map_or("", |(parent, _)| parent);
        expand(parent, &code[at + "super::".len()..], &mut found);
    }
    for line in code.lines() {
        let Some((before, after)) = line.split_once("use ") else { continue };
        let own = ["", "pub ", "pub(crate) ", "pub(super) "].contains(&before);
        if own && ["crate::", "super::", "std::"].iter().all(|root| !after.starts_with(root)) {
            expand(module, after.trim_start_matches("self::"), &mut found);
        }
    }
    found
}

/// The paths of a `use` tree, from `prefix` on.
fn expand(prefix: &str, tree: &str, found: &mut BTreeSet<String>) {
    let end = tree.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':')).unwrap_or(tree.len());
    let name = tree[..end].trim_end_matches("::");
    let path =
        if prefix.is_empty() || name.is_empty() { format!("{prefix}{name}") } else { format!("{prefix}::{name}") };
    let Some(group) = tree[end..].strip_prefix('{') else {
        found.insert(path);
        return;
    };
    let (mut depth, mut begin) = (0, 0);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            '}' | ',' if depth == 0 => {
                let part = group[begin..at].trim();
                if !part.is_empty() {
                    expand(&path, part, found);
                }
                begin = at + 1;
                if c == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
}

/// The module that a path lies in: the longest one that is a file.
fn resolve<'a>(path: &str, modules: &'a BTreeMap<String, String>) -> Option<&'a str> {
    let mut path = path;
    loop {
        if let Some((name, _)) = modules.get_key_value(path) {
            return Some(name);
        }
        path = path.rsplit_once("::")?.0;
    }
}

/// What each module imports.
fn imports(modules: &BTreeMap<String, String>) -> BTreeMap<&str, BTreeSet<&str>> {
    let of = |name: &str, text: &str| {
        let found: BTreeSet<String> = paths(name, text);
        let found = found.iter().filter_map(|path| resolve(path, modules));
        found.filter(|other| *other != name).collect()
    };
    modules.iter().map(|(name, text)| (name.as_str(), of(name, text))).collect()
}

/// Modules that import each other in a circle, in its order.
fn circle<'a>(imports: &BTreeMap<&'a str, BTreeSet<&'a str>>) -> Option<Vec<&'a str>> {
    fn visit<'a>(
        name: &'a str,
        imports: &BTreeMap<&'a str, BTreeSet<&'a str>>,
        way: &mut Vec<&'a str>,
        done: &mut BTreeSet<&'a str>,
    ) -> Option<Vec<&'a str>> {
        if let Some(at) = way.iter().position(|other| *other == name) {
            return Some(way[at..].to_vec());
        }
        if done.contains(name) {
            return None;
        }
        way.push(name);
        let found = imports[name].iter().find_map(|other| visit(other, imports, way, done));
        way.pop();
        done.insert(name);
        found
    }
    let mut done = BTreeSet::new();
    imports.keys().find_map(|name| visit(name, imports, &mut Vec::new(), &mut done))
}

/// The line of [`LAYERS`] and the entry that a module belongs to: the longest one that it lies in.
fn layer(module: &str) -> (usize, &'static str) {
    let lies_in = |entry: &&str| module == *entry || module.starts_with(&format!("{entry}::"));
    let entries = LAYERS.iter().enumerate().flat_map(|(rank, line)| line.iter().map(move |entry| (rank, *entry)));
    let found = entries.filter(|(_, entry)| lies_in(entry)).max_by_key(|(_, entry)| entry.len());
    found.unwrap_or_else(|| panic!("module {module} needs a line in LAYERS"))
}

fn upward(imports: &BTreeMap<&str, BTreeSet<&str>>) -> Vec<String> {
    let mut found = Vec::new();
    for (name, others) in imports {
        let (rank, entry) = layer(name);
        for other in others {
            let (below, of) = layer(other);
            if of != entry && below >= rank {
                found.push(format!("{name} imports {other}, which is not below it"));
            }
        }
    }
    found
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    let modules = modules();
    let imports = imports(&modules);
    assert!(imports.values().map(BTreeSet::len).sum::<usize>() > 150, "the walk sees hardly any imports");
    assert_eq!(circle(&imports), None);
}

#[test]
fn no_layer_imports_a_higher_one() {
    let modules = modules();
    assert_eq!(upward(&imports(&modules)), Vec::<String>::new());
}

#[test]
fn the_walk_finds_circles_and_upward_imports() {
    let modules = BTreeMap::from([
        ("error".to_owned(), "pub struct Error;".to_owned()),
        (
            "plan".to_owned(),
            "mod check;\nmod ops;\npub use check::MAX;\nuse crate::{error::Error, clocked};".to_owned(),
        ),
        ("plan::check".to_owned(), "use super::ops::{self, Op};\nuse crate::error;".to_owned()),
        ("plan::ops".to_owned(), "use crate::plan::{\n    check::{MAX,\n    MIN},\n};".to_owned()),
        ("clocked".to_owned(), "/// see crate::plan\nfn f() { crate::error::g() }".to_owned()),
    ]);
    let imports = imports(&modules);
    assert_eq!(imports["plan::check"], BTreeSet::from(["error", "plan::ops"]));
    assert_eq!(imports["plan"], BTreeSet::from(["clocked", "error", "plan::check"]));
    assert_eq!(imports["clocked"], BTreeSet::from(["error"]));
    assert_eq!(circle(&imports).unwrap(), ["plan::check", "plan::ops"]);
    assert_eq!(upward(&imports), ["plan imports clocked, which is not below it"]);
}
