//! One source file: what it imports, which paths it writes, and what it defines.

use super::text;
use std::collections::BTreeSet;

/// A path as written: where it stands, and its segments.
#[derive(Clone, Debug)]
pub struct Written {
    /// The module it is read from: the file's own, or one that is written inside it.
    pub base: Vec<String>,
    pub segments: Vec<String>,
}

#[derive(Clone, Debug)]
pub struct Import {
    pub path: Written,
    /// What the file calls it; none for all that the path holds.
    pub name: Option<String>,
    /// Handed on to others.
    pub exported: bool,
}

#[derive(Debug)]
pub struct Source {
    /// From the repository's root.
    pub path: String,
    pub module: Vec<String>,
    pub imports: Vec<Import>,
    /// Paths of two segments or more, outside imports.
    pub paths: Vec<Written>,
    /// Every word outside imports.
    pub words: BTreeSet<String>,
    /// What it defines outside of any body.
    pub defined: BTreeSet<String>,
    /// Its child files that only tests have.
    pub test_files: Vec<String>,
}

impl Source {
    pub fn read(path: String, module: Vec<String>, text: &str) -> Self {
        let (tokens, test_files) = text::without_tests(&text::tokens(text));
        let none = BTreeSet::new;
        let (imports, paths) = (Vec::new(), Vec::new());
        let mut source = Self { path, module, imports, paths, words: none(), defined: none(), test_files };
        source.walk(&tokens);
        source
    }

    fn walk(&mut self, tokens: &[String]) {
        // The modules written inside the file, each with the depth at which it ends.
        let mut inside: Vec<(String, usize)> = Vec::new();
        let (mut depth, mut place) = (0_usize, 0);
        let token = |place: usize| tokens.get(place).map_or("", String::as_str);
        while place < tokens.len() {
            let base = || self.module.iter().cloned().chain(inside.iter().map(|(name, _)| name.clone())).collect();
            match token(place) {
                // A module's declaration is no use of its name.
                "mod" if token(place + 2) == ";" => place += 1,
                "mod" if token(place + 2) == "{" => inside.push((token(place + 1).to_owned(), depth)),
                "{" => depth += 1,
                "}" => {
                    depth = depth.saturating_sub(1);
                    inside.pop_if(|(_, ends)| *ends == depth);
                }
                // `impl Trait + use<'a>` imports nothing.
                "use" if token(place + 1) != "<" => {
                    let exported = place > 0 && matches!(token(place - 1), "pub" | ")");
                    let mut tree = Tree { tokens, place: place + 1, base: base(), exported, found: Vec::new() };
                    tree.read(Vec::new());
                    place = tree.place;
                    self.imports.append(&mut tree.found);
                    continue;
                }
                word if is_word(word) => {
                    if depth == 0 && place > 0 && defines(token(place - 1)) {
                        self.defined.insert(word.to_owned());
                    }
                    // Whatever a macro defines is named in its call.
                    if depth == 0 && token(place + 1) == "!" {
                        let call = tokens.get(place..text::past_item(tokens, place)).unwrap_or_default();
                        self.defined.extend(call.iter().filter(|token| is_word(token)).cloned());
                    }
                    self.words.insert(word.to_owned());
                    let mut segments = vec![word.to_owned()];
                    while token(place + 1) == "::" && is_word(token(place + 2)) {
                        place += 2;
                        self.words.insert(token(place).to_owned());
                        segments.push(token(place).to_owned());
                    }
                    if segments.len() > 1 {
                        self.paths.push(Written { base: base(), segments });
                    }
                }
                _ => {}
            }
            place += 1;
        }
    }
}

fn is_word(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

fn defines(keyword: &str) -> bool {
    ["fn", "struct", "enum", "trait", "union", "type", "const", "static", "mod"].contains(&keyword)
}

/// The reader of one import, from behind its keyword.
struct Tree<'a> {
    tokens: &'a [String],
    place: usize,
    base: Vec<String>,
    exported: bool,
    found: Vec<Import>,
}

impl Tree<'_> {
    fn next(&mut self) -> String {
        self.place += 1;
        self.tokens.get(self.place - 1).cloned().unwrap_or_default()
    }

    /// Reads one path with all that stands in its braces, and what ends it.
    fn read(&mut self, mut segments: Vec<String>) -> String {
        let (before, mut alias, mut said) = (segments.len(), None, false);
        loop {
            let token = self.next();
            match token.as_str() {
                "::" => {}
                "as" => alias = Some(self.next()),
                "{" => {
                    while self.read(segments.clone()) == "," {}
                    said = true;
                }
                "*" => {
                    self.found(segments.clone(), None);
                    said = true;
                }
                "," | "}" | ";" | "" => {
                    if !said && segments.len() > before {
                        // `{self}` is what stands before the braces.
                        segments.pop_if(|last| before > 0 && last == "self");
                        let name = alias.or_else(|| segments.last().cloned());
                        self.found(segments, name);
                    }
                    return token;
                }
                word => segments.push(word.to_owned()),
            }
        }
    }

    fn found(&mut self, segments: Vec<String>, name: Option<String>) {
        let path = Written { base: self.base.clone(), segments };
        self.found.push(Import { path, name, exported: self.exported });
    }
}
