//! What somebody may have meant who wrote a name that nothing has.

/// How alike two names are that somebody may have taken for each other, from 0 to 1.
const ALIKE: f64 = 0.8;

/// `; did you mean JP?`, where one of the known names is like the one asked for; otherwise nothing.
pub fn or_rather(asked: &str, known: &[&str]) -> String {
    let alike = known.iter().map(|name| (strsim::jaro_winkler(asked, name), name)).filter(|(alike, _)| *alike > ALIKE);
    let nearest = alike.max_by(|(one, _), (other, _)| one.total_cmp(other));
    nearest.map(|(_, name)| format!("; did you mean {name}?")).unwrap_or_default()
}
