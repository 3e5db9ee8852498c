//! A crate's files, and which of them import which.

use super::source::{Import, Source, Written};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::path::Path;

/// Names that a path is followed through, at most.
const HOPS: usize = 12;

/// What imports what, by their places in a list, and the names.
type Edges = BTreeMap<(usize, usize), BTreeSet<String>>;

pub struct Crate {
    source: String,
    files: Vec<Source>,
    places: BTreeMap<Vec<String>, usize>,
    edges: Edges,
}

/// Files that import one another in a loop.
pub struct Circle {
    pub files: Vec<String>,
    /// The folders that they stand in, as modules.
    pub folders: BTreeSet<Vec<String>>,
    /// The imports between them, a line each.
    pub imports: Vec<String>,
}

impl fmt::Display for Circle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.imports.join("\n"))
    }
}

impl Crate {
    /// The crate in `folder`, named from the root of the repository, without the files that only tests have.
    pub fn read(root: &Path, folder: &str) -> Self {
        let source = format!("{folder}/src");
        let mut files = Vec::new();
        read_folder(root, &source, &mut files);
        Self::of(&source, files)
    }

    /// The crate of these files under `folder`: paths and texts.
    pub fn of(folder: &str, files: impl IntoIterator<Item = (String, String)>) -> Self {
        let read = |(path, text): (String, String)| {
            let module = module_of(path.strip_prefix(folder).unwrap_or(&path));
            Source::read(path, module, &text)
        };
        let mut files: Vec<Source> = files.into_iter().map(read).collect();
        let named = |file: &Source| file.test_files.iter().map(|name| child(&file.module, name)).collect::<Vec<_>>();
        let tests: Vec<Vec<String>> = files.iter().flat_map(named).collect();
        files.retain(|file| !tests.iter().any(|test| file.module.starts_with(test)));
        files.sort_by(|one, other| one.path.cmp(&other.path));
        let places = files.iter().enumerate().map(|(place, file)| (file.module.clone(), place)).collect();
        let mut own = Self { source: folder.to_owned(), files, places, edges: Edges::new() };
        own.edges = own.found_edges();
        own
    }

    /// How many imports between its files were found.
    pub fn imports(&self) -> usize {
        self.edges.len()
    }

    /// The imports that start in the crate and name what no file of it is found to hold: this test cannot read those.
    pub fn unread(&self) -> Vec<String> {
        let starts = |path: &Written| {
            path.segments.first().is_some_and(|first| ["crate", "self", "super"].contains(&first.as_str()))
        };
        let lost = |path: &Vec<String>| {
            let (_, end) = self.file_of(path)?;
            let name = path.get(end)?;
            (!self.holds(&path[..end], name, HOPS)).then(|| path.join("::"))
        };
        let of_file = |file: &Source| {
            let written = file.imports.iter().map(|import| &import.path).filter(|path| starts(path));
            let lost = written.filter_map(|path| self.absolute(path, HOPS)).filter_map(|path| lost(&path));
            lost.map(|name| format!("{}: {name}", file.path)).collect::<Vec<_>>()
        };
        self.files.iter().flat_map(of_file).collect()
    }

    /// The circles of its files.
    pub fn circles(&self) -> Vec<Circle> {
        let all = loops(self.files.len(), &self.edges).into_iter().map(|members| Circle {
            files: members.iter().map(|place| self.files[*place].path.clone()).collect(),
            folders: members.iter().map(|place| self.folder(*place)).collect(),
            imports: self.lines(|from, to| members.contains(&from) && members.contains(&to)),
        });
        all.collect()
    }

    /// The folders side by side that import each other, and how.
    pub fn circles_of_folders(&self) -> Vec<(Vec<String>, Vec<String>)> {
        let apart = |from: usize, to: usize| {
            let (one, other) = (self.folder(from), self.folder(to));
            let common = one.iter().zip(&other).take_while(|(one, other)| one == other).count();
            Some((one.get(..=common)?.to_vec(), other.get(..=common)?.to_vec()))
        };
        let pairs: BTreeSet<_> = self.edges.keys().filter_map(|(from, to)| apart(*from, *to)).collect();
        let folders: BTreeSet<&Vec<String>> = pairs.iter().flat_map(|(one, other)| [one, other]).collect();
        let folders: Vec<&Vec<String>> = folders.into_iter().collect();
        let place = |folder: &Vec<String>| folders.iter().position(|own| *own == folder).unwrap();
        let edges = pairs.iter().map(|(one, other)| ((place(one), place(other)), BTreeSet::new())).collect();
        let all = loops(folders.len(), &edges).into_iter().map(|members| {
            let among = |folder: &Vec<String>| members.iter().any(|member| folders[*member] == folder);
            let tied = |from, to| apart(from, to).is_some_and(|(one, other)| among(&one) && among(&other));
            (
                members.iter().map(|member| format!("{}/{}", self.source, folders[*member].join("/"))).collect(),
                self.lines(tied),
            )
        });
        all.collect()
    }

    fn lines(&self, which: impl Fn(usize, usize) -> bool) -> Vec<String> {
        let tied = self.edges.iter().filter(|((from, to), _)| which(*from, *to));
        let line = |((from, to), names): (&(usize, usize), &BTreeSet<String>)| {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            format!("{} -> {}: {}", self.files[*from].path, self.files[*to].path, names.join(", "))
        };
        tied.map(line).collect()
    }

    /// The folder that a file stands in: its own, where it has one.
    fn folder(&self, place: usize) -> Vec<String> {
        let module = &self.files[place].module;
        let has_own = self.places.keys().any(|other| other.len() > module.len() && other.starts_with(module));
        module[..module.len().saturating_sub(usize::from(!has_own))].to_vec()
    }

    fn file(&self, module: &[String]) -> Option<usize> {
        self.places.get(module).copied()
    }

    /// The file that holds the beginning of a path from the crate's root, and how much of the path names the file.
    fn file_of(&self, path: &[String]) -> Option<(usize, usize)> {
        (0..=path.len()).rev().find_map(|end| Some((self.file(&path[..end])?, end)))
    }

    fn import(&self, file: usize, name: &str) -> Option<&Import> {
        self.files[file].imports.iter().find(|import| import.name.as_deref() == Some(name))
    }

    /// A written path from the crate's root; none where it leads out of the crate.
    fn absolute(&self, path: &Written, hops: usize) -> Option<Vec<String>> {
        let hops = hops.checked_sub(1)?;
        let (mut base, mut rest) = (path.base.clone(), path.segments.as_slice());
        let (first, after) = rest.split_first()?;
        match first.as_str() {
            "crate" => (base, rest) = (Vec::new(), after),
            "self" => rest = after,
            "super" => {}
            _ if self.file(&child(&base, first)).is_some() => {}
            _ => {
                let import = self.import(self.file_of(&base)?.0, first)?;
                (base, rest) = (self.absolute(&import.path, hops)?, after);
            }
        }
        while let Some((_, after)) = rest.split_first().filter(|(first, _)| *first == "super") {
            base.pop()?;
            rest = after;
        }
        Some([base.as_slice(), rest].concat())
    }

    /// The file that defines what a path from the root names, through all that hand it on; none where that is another crate's.
    fn definer(&self, path: &[String], hops: usize) -> Option<usize> {
        let hops = hops.checked_sub(1)?;
        let (place, end) = self.file_of(path)?;
        let Some((name, rest)) = path[end..].split_first() else { return Some(place) };
        let file = &self.files[place];
        if let Some(import) = self.import(place, name) {
            return self.definer(&[self.absolute(&import.path, hops)?.as_slice(), rest].concat(), hops);
        }
        if file.defined.contains(name) {
            return Some(place);
        }
        let all = file.imports.iter().filter(|import| import.name.is_none());
        let holder =
            all.filter_map(|import| self.absolute(&import.path, hops)).find(|from| self.holds(from, name, hops));
        holder.map_or(Some(place), |from| self.definer(&child(&from, name), hops))
    }

    /// True if a module has the name: by itself, or handed on.
    fn holds(&self, module: &[String], name: &str, hops: usize) -> bool {
        let (Some(file), Some(hops)) = (self.file(module), hops.checked_sub(1)) else { return false };
        let handed_on = |import: &Import| {
            import.name.is_none() && self.absolute(&import.path, hops).is_some_and(|from| self.holds(&from, name, hops))
        };
        let own = &self.files[file];
        own.defined.contains(name) || self.import(file, name).is_some() || own.imports.iter().any(handed_on)
    }

    fn found_edges(&self) -> Edges {
        let mut edges = Edges::new();
        for from in 0..self.files.len() {
            for path in self.taken(from) {
                if let Some(to) = self.definer(&path, HOPS).filter(|to| *to != from) {
                    edges.entry((from, to)).or_default().insert(path.last().cloned().unwrap_or_default());
                }
            }
        }
        edges
    }

    /// What a file takes from its crate, as paths from the root.
    fn taken(&self, from: usize) -> Vec<Vec<String>> {
        let file = &self.files[from];
        let mut taken: Vec<Vec<String>> = file.paths.iter().filter_map(|path| self.absolute(path, HOPS)).collect();
        for import in &file.imports {
            let Some(path) = self.absolute(&import.path, HOPS) else { continue };
            let module = self.file(&path).map(|module| &self.files[module]);
            match (&import.name, module) {
                // Who hands a name on does not use it.
                (Some(name), _) if import.exported && !file.words.contains(name) => {}
                // A module is used where something of it is; a function may have its name.
                (Some(name), Some(module)) if !module.defined.contains(name) => {}
                (None, Some(_)) => {
                    let others = file.words.iter().filter(|word| !file.defined.contains(*word));
                    taken.extend(others.filter(|word| self.holds(&path, word, HOPS)).map(|word| child(&path, word)));
                }
                _ => taken.push(path),
            }
        }
        taken
    }
}

/// The sets of places that reach each other.
fn loops(count: usize, edges: &Edges) -> Vec<BTreeSet<usize>> {
    let reached: Vec<BTreeSet<usize>> = (0..count).map(|from| reach(from, edges)).collect();
    let members = |from: usize| reached[from].iter().copied().filter(|to| reached[*to].contains(&from)).collect();
    let all: BTreeSet<BTreeSet<usize>> = (0..count).map(members).collect();
    all.into_iter().filter(|members| !members.is_empty()).collect()
}

fn reach(from: usize, edges: &Edges) -> BTreeSet<usize> {
    let (mut found, mut open) = (BTreeSet::new(), vec![from]);
    while let Some(place) = open.pop() {
        let next = edges.range((place, 0)..(place + 1, 0)).map(|((_, to), _)| *to);
        open.extend(next.filter(|to| found.insert(*to)));
    }
    found
}

fn child(module: &[String], name: &str) -> Vec<String> {
    [module, &[name.to_owned()]].concat()
}

/// The module of a file, by its path in the crate's sources.
fn module_of(path: &str) -> Vec<String> {
    let path = path.strip_suffix(".rs").unwrap_or(path);
    let mut module: Vec<String> = path.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect();
    module.pop_if(|last| ["lib", "main", "mod"].contains(&last.as_str()));
    module
}

fn read_folder(root: &Path, folder: &str, found: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(root.join(folder)).unwrap() {
        let path = format!("{folder}/{}", entry.unwrap().file_name().to_str().unwrap());
        if root.join(&path).is_dir() {
            read_folder(root, &path, found);
        } else if path.ends_with(".rs") {
            let text = fs::read_to_string(root.join(&path)).unwrap();
            found.push((path, text));
        }
    }
}
