//! The modules of a crate and which of them use which, read from the source.
//!
//! The compiler knows this but does not print it. This reads the syntax that names need: `mod`, all forms of `use`, and
//! paths with `::` anywhere, even in macros. Code that is only for tests is left out.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Result, anyhow};
use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};

/// The path of a module below the crate's root; empty for the root itself.
pub(crate) type Place = Vec<String>;

/// One use of another module.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Use {
    /// The module with the use.
    pub(crate) from: Place,
    /// The module that is used, or that defines the used item.
    pub(crate) to: Place,
}

/// What a module contains and mentions.
#[derive(Debug, Default)]
struct Module {
    /// Names of the items that it defines.
    items: BTreeSet<String>,
    /// Names that it imports, with the paths as written.
    imports: BTreeMap<String, Vec<String>>,
    /// Modules from which it imports everything, as written.
    globs: Vec<Vec<String>>,
    /// Every path, as written.
    mentions: BTreeSet<Vec<String>>,
}

/// The modules of one crate.
#[derive(Debug, Default)]
struct Modules {
    by_place: BTreeMap<Place, Module>,
}

/// Every use of a module by another one, in the crate whose root is the file `root`. `source` returns the text of a
/// file, `None` if it does not exist.
///
/// # Errors
/// If a file is not valid Rust.
pub(crate) fn uses(root: &str, source: &dyn Fn(&str) -> Option<String>) -> Result<BTreeSet<Use>> {
    let folder = root.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut modules = Modules::default();
    modules.read_file(root, folder, &Place::new(), source)?;
    Ok(modules.uses())
}

impl Modules {
    /// Reads a file. The files of its child modules are in `folder`.
    fn read_file(
        &mut self,
        file: &str,
        folder: &str,
        place: &Place,
        source: &dyn Fn(&str) -> Option<String>,
    ) -> Result<()> {
        let text = source(file).ok_or_else(|| anyhow!("{file}: named by a `mod`, and not there"))?;
        let tokens: TokenStream = text.parse().map_err(|error| anyhow!("{file}: {error}"))?;
        self.read(tokens, folder, place, true, source)
    }

    /// Reads a module's tokens. `items`: they are those of the module itself, and not of a body inside it.
    fn read(
        &mut self,
        tokens: TokenStream,
        folder: &str,
        place: &Place,
        items: bool,
        source: &dyn Fn(&str) -> Option<String>,
    ) -> Result<()> {
        self.by_place.entry(place.clone()).or_default();
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut at = 0;
        while at < tokens.len() {
            if let Some(end) = test_item(&tokens, at) {
                at = end;
                continue;
            }
            match &tokens[at] {
                TokenTree::Ident(word) if word == "mod" => {
                    let (Some(TokenTree::Ident(name)), body) = (tokens.get(at + 1), tokens.get(at + 2)) else {
                        at += 1;
                        continue;
                    };
                    let name = name.to_string();
                    let (folder, child) = (format!("{folder}/{name}"), [place.as_slice(), &[name]].concat());
                    match body {
                        Some(TokenTree::Group(body)) if body.delimiter() == Delimiter::Brace => {
                            self.read(body.stream(), &folder, &child, true, source)?;
                        }
                        _ => {
                            let beside = format!("{folder}.rs");
                            let file = if source(&beside).is_some() { beside } else { format!("{folder}/mod.rs") };
                            self.read_file(&file, &folder, &child, source)?;
                        }
                    }
                    at += 3;
                }
                // `+ use<'a>` is a bound and not an import.
                TokenTree::Ident(word) if word == "use" && !is_punct(tokens.get(at + 1), '<') => {
                    let end = (at..tokens.len()).find(|at| is_punct(tokens.get(*at), ';')).unwrap_or(tokens.len());
                    self.import(&tokens[at + 1..end], &mut Vec::new(), place, items);
                    at = end + 1;
                }
                TokenTree::Ident(_) => at = self.mention(&tokens, at, place, items),
                TokenTree::Group(group) => {
                    self.read(group.stream(), folder, place, false, source)?;
                    at += 1;
                }
                TokenTree::Punct(_) | TokenTree::Literal(_) => at += 1,
            }
        }
        Ok(())
    }

    fn module(&mut self, place: &Place) -> &mut Module {
        self.by_place.entry(place.clone()).or_default()
    }

    /// Reads one tree of a `use`, below the given path.
    fn import(&mut self, tree: &[TokenTree], path: &mut Vec<String>, place: &Place, items: bool) {
        let outer = path.len();
        let mut renamed = None;
        for (at, token) in tree.iter().enumerate() {
            match token {
                TokenTree::Group(group) => {
                    let inner: Vec<TokenTree> = group.stream().into_iter().collect();
                    for tree in inner.split(|token| is_punct(Some(token), ',')).filter(|tree| !tree.is_empty()) {
                        self.import(tree, path, place, items);
                    }
                    path.truncate(outer);
                    return;
                }
                TokenTree::Ident(word) if word == "as" => {
                    renamed = tree.get(at + 1).map(ToString::to_string);
                    break;
                }
                TokenTree::Ident(word) => path.push(plain(&word.to_string())),
                TokenTree::Punct(star) if star.as_char() == '*' => {
                    let module = self.module(place);
                    module.mentions.insert(path.clone());
                    if items {
                        module.globs.push(path.clone());
                    }
                    path.truncate(outer);
                    return;
                }
                TokenTree::Punct(_) | TokenTree::Literal(_) => {}
            }
        }
        // `use a::{self}` is the same as `use a`.
        if path.len() > 1 && path.last().is_some_and(|last| last == "self") {
            path.pop();
        }
        let name = renamed.or_else(|| path.last().cloned()).unwrap_or_default();
        let module = self.module(place);
        module.mentions.insert(path.clone());
        if items && name != "_" {
            module.imports.insert(name, path.clone());
        }
        path.truncate(outer);
    }

    /// Reads a word outside of `use`: the start of a path, or the keyword before an item's name. Returns the index at
    /// which to continue.
    fn mention(&mut self, tokens: &[TokenTree], begin: usize, place: &Place, items: bool) -> usize {
        const KEYWORDS: [&str; 9] =
            ["struct", "enum", "union", "trait", "type", "fn", "const", "static", "macro_rules"];
        let word = tokens[begin].to_string();
        if items && KEYWORDS.contains(&word.as_str()) {
            let name = tokens[begin + 1..].iter().find_map(|token| match token {
                TokenTree::Ident(name) => Some(name.to_string()),
                _ => None,
            });
            self.module(place).items.extend(name);
            return begin + 1;
        }
        let mut path = vec![plain(&word)];
        let mut at = begin + 1;
        while is_colons(tokens, at) {
            let Some(TokenTree::Ident(next)) = tokens.get(at + 2) else { break };
            path.push(plain(&next.to_string()));
            at += 3;
        }
        // A path that begins with `::` belongs to another crate.
        let outside = begin >= 2 && is_colons(tokens, begin - 2);
        if path.len() > 1 && !outside {
            self.module(place).mentions.insert(path);
        }
        at
    }

    fn uses(&self) -> BTreeSet<Use> {
        let mut found = BTreeSet::new();
        for (from, module) in &self.by_place {
            for path in &module.mentions {
                if let Some(to) = self.resolve(from, path, 0)
                    && to != *from
                {
                    found.insert(Use { from: from.clone(), to });
                }
            }
        }
        found
    }

    /// The module that a path names, or that defines the item that it names. `None` for other crates, and for items
    /// that no module defines. `depth` stops imports that refer to each other.
    fn resolve(&self, from: &Place, path: &[String], depth: usize) -> Option<Place> {
        let mut place = from.clone();
        let mut rest = path;
        match path.first()?.as_str() {
            "crate" => {
                place.clear();
                rest = &path[1..];
            }
            "self" | "super" => {
                while let Some(word) = rest.first().filter(|word| *word == "self" || *word == "super") {
                    if word == "super" {
                        place.pop()?;
                    }
                    rest = &rest[1..];
                }
            }
            first => {
                let module = self.by_place.get(from)?;
                let child = [from.as_slice(), &[first.to_owned()]].concat();
                let known = self.by_place.contains_key(&child)
                    || module.imports.contains_key(first)
                    || module.items.contains(first)
                    || self.through_globs(from, first, depth).is_some();
                if !known {
                    return None;
                }
            }
        }
        self.walk(place, rest, depth)
    }

    /// Follows the rest of a path from a module.
    fn walk(&self, mut place: Place, path: &[String], depth: usize) -> Option<Place> {
        const DEEPEST: usize = 16;
        for (at, name) in path.iter().enumerate() {
            let child = [place.as_slice(), std::slice::from_ref(name)].concat();
            if self.by_place.contains_key(&child) {
                place = child;
                continue;
            }
            let module = self.by_place.get(&place)?;
            let imported = module.imports.get(name).filter(|_| depth < DEEPEST && !module.items.contains(name));
            if let Some(imported) = imported {
                // An item imported from another crate counts as used where it is imported.
                let Some(target) = self.resolve(&place, imported, depth + 1) else { return Some(place) };
                // If the import is a module, the path continues there; otherwise the rest belongs to the item.
                let is_module = imported.last().is_some_and(|last| target.last() == Some(last));
                return if is_module { self.walk(target, &path[at + 1..], depth + 1) } else { Some(target) };
            }
            if !module.items.contains(name)
                && let Some(target) = self.through_globs(&place, name, depth)
            {
                return Some(target);
            }
            return Some(place);
        }
        Some(place)
    }

    /// The module that defines a name which another module imports with `*`.
    fn through_globs(&self, place: &Place, name: &str, depth: usize) -> Option<Place> {
        const DEEPEST: usize = 16;
        if depth >= DEEPEST {
            return None;
        }
        self.by_place.get(place)?.globs.iter().find_map(|glob| {
            let target = self.resolve(place, glob, depth + 1)?;
            let module = self.by_place.get(&target)?;
            let child = [target.as_slice(), &[name.to_owned()]].concat();
            if module.items.contains(name) {
                return Some(target);
            }
            if self.by_place.contains_key(&child) {
                return Some(child);
            }
            match module.imports.get(name) {
                Some(imported) => self.resolve(&target, imported, depth + 1),
                None => self.through_globs(&target, name, depth + 1),
            }
        })
    }
}

/// The end of an item that is only for tests, if one with `#[cfg(test)]` begins here.
fn test_item(tokens: &[TokenTree], at: usize) -> Option<usize> {
    if !is_attribute(tokens, at) || tokens[at + 1].to_string().split_whitespace().collect::<String>() != "[cfg(test)]" {
        return None;
    }
    let mut at = at;
    while is_attribute(tokens, at) {
        at += 2;
    }
    let imports = tokens[at..]
        .iter()
        .take_while(|token| !is_punct(Some(token), ';'))
        .any(|token| matches!(token, TokenTree::Ident(word) if word == "use"));
    let ends = |token: &TokenTree| match token {
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace && !imports,
        token => is_punct(Some(token), ';'),
    };
    Some(tokens[at..].iter().position(ends).map_or(tokens.len(), |length| at + length + 1))
}

fn is_attribute(tokens: &[TokenTree], at: usize) -> bool {
    is_punct(tokens.get(at), '#') && matches!(tokens.get(at + 1), Some(TokenTree::Group(_)))
}

fn is_punct(token: Option<&TokenTree>, char: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == char)
}

fn is_colons(tokens: &[TokenTree], at: usize) -> bool {
    let joint = matches!(tokens.get(at), Some(TokenTree::Punct(punct)) if punct.spacing() == Spacing::Joint);
    joint && is_punct(tokens.get(at), ':') && is_punct(tokens.get(at + 1), ':')
}

/// A name without `r#`, which is written before names that are keywords.
fn plain(name: &str) -> String {
    name.strip_prefix("r#").unwrap_or(name).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The uses in a crate with these files, as `from > to`; the root is `crate`.
    fn found(files: &[(&str, &str)]) -> Vec<String> {
        let source = |name: &str| files.iter().find(|(file, _)| *file == name).map(|(_, text)| (*text).to_owned());
        let place = |place: &Place| if place.is_empty() { "crate".to_owned() } else { place.join("::") };
        let uses = uses("src/lib.rs", &source).unwrap();
        uses.iter().map(|one| format!("{} > {}", place(&one.from), place(&one.to))).collect()
    }

    /// Checks what module `a` with this text uses, if `b` (with `c` inside) and `d` are its siblings.
    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let files = [
            ("src/lib.rs", "mod a; pub mod b; mod d; pub struct Root;"),
            ("src/a.rs", text),
            ("src/b.rs", "pub mod c; pub struct B; pub use c::C; pub(crate) use crate::d as other;"),
            ("src/b/c.rs", "pub struct C; pub mod deep { pub fn f() {} }"),
            ("src/d/mod.rs", "pub fn d() {} pub use std::fmt; pub use crate::b::c::*;"),
        ];
        let found: Vec<String> =
            found(&files).into_iter().filter_map(|one| Some(one.strip_prefix("a > ")?.to_owned())).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn every_form_of_use_is_read() {
        check("use crate::b::B;", &["b"]);
        check("use crate::{b::{self, c::{C, deep}}, d::d as x, Root};", &["crate", "b", "b::c", "b::c::deep", "d"]);
        check("use super::b::*;", &["b"]);
        check("pub(crate) use super::{b, d};", &["b", "d"]);
        check("use {crate::b::B, super::d::d};", &["b", "d"]);
        check("use crate::b as _;", &["b"]);
        check("use self::inner::X; mod inner { pub struct X; use super::super::d::d; }", &["a::inner"]);
        check("fn f() { use crate::d::d; d(); }", &["d"]);
        check("use std::collections::{BTreeMap, btree_map::Entry}; use ::b::B;", &[]);
        check("fn f<'a>(x: &'a u8) -> impl Fn() -> u8 + use<'a> { move || *x }", &[]);
    }

    #[test]
    fn paths_count_wherever_they_stand() {
        check("fn f() { crate::d::d(); }", &["d"]);
        check("fn f() { println!(\"{:?}\", super::b::c::deep::f()); }", &["b::c::deep"]);
        check("type T = Vec<crate::b::B>; const TEXT: &str = \"crate::d::d\"; // crate::d::d", &["b"]);
        check("/// See [`crate::d::d`].\nstruct S { b: super::b::B }", &["b"]);
        check("use super::b; fn f() { b::c::deep::f() }", &["b", "b::c::deep"]);
        check("fn f() { ::d::d(); x.d::<u8>(); }", &[]);
    }

    #[test]
    fn a_name_leads_to_the_module_that_defines_it() {
        check("use crate::b::C;", &["b::c"]);
        check("use crate::b::other::d;", &["d"]);
        check("use crate::d::C;", &["b::c"]);
        check("use crate::d::fmt::Debug;", &["d"]);
        check("use crate::d::*; fn f(_: C) {} fn g() { C::new(); }", &["b::c", "d"]);
    }

    #[test]
    fn code_for_tests_alone_is_left_out() {
        check("#[cfg(test)] mod tests { use crate::d::d; }", &[]);
        check("#[cfg(test)] use crate::{b::{B}, d::d}; use crate::b::B;", &["b"]);
        check("#[cfg(test)] #[derive(Debug)] struct S { d: crate::d::X } fn f() { crate::b::f() }", &["b"]);
        check("#[cfg(test)] mod absent;", &[]);
        check("#[cfg(unix)] use crate::d::d;", &["d"]);
    }

    #[test]
    fn modules_are_found_beside_their_parent_and_in_its_folder() {
        let files = [
            ("src/lib.rs", "mod a;"),
            ("src/a.rs", "mod b { mod c; }"),
            ("src/a/b/c.rs", "mod d; use d::D;"),
            ("src/a/b/c/d/mod.rs", "pub struct D;"),
        ];
        assert_eq!(found(&files), ["a::b::c > a::b::c::d"]);
        let missing = uses("src/lib.rs", &|name| (name == "src/lib.rs").then(|| "mod gone;".to_owned()));
        assert!(missing.unwrap_err().to_string().contains("src/gone/mod.rs"));
    }
}
