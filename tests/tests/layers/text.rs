//! Rust source as tokens: what names what, without comments, literals and tests.

/// Words, `::` and single signs, in their order.
pub fn tokens(text: &str) -> Vec<String> {
    let text: Vec<char> = text.chars().collect();
    let at = |place: usize| text.get(place).copied().unwrap_or('\0');
    let (mut found, mut place) = (Vec::new(), 0);
    while place < text.len() {
        let sign = at(place);
        place = match (sign, at(place + 1)) {
            ('/', '/') => until(&text, place, |c| c == '\n'),
            ('/', '*') => past_comment(&text, place),
            ('"', _) => past_string(&text, place),
            ('r', '"' | '#') if raw_string(&text, place + 1).is_some() => {
                raw_string(&text, place + 1).unwrap_or(text.len())
            }
            ('b', 'r') if raw_string(&text, place + 2).is_some() => raw_string(&text, place + 2).unwrap_or(text.len()),
            ('\'', '\\') => until(&text, place + 3, |c| c == '\'') + 1,
            ('\'', _) if at(place + 2) == '\'' => place + 3,
            (':', ':') => {
                found.push("::".to_owned());
                place + 2
            }
            _ if sign.is_alphabetic() || sign == '_' => {
                let end = until(&text, place, |c| !(c.is_alphanumeric() || c == '_'));
                found.push(text.get(place..end).unwrap_or_default().iter().collect());
                end
            }
            _ => {
                if !sign.is_whitespace() {
                    found.push(sign.to_string());
                }
                place + 1
            }
        };
    }
    found
}

fn until(text: &[char], from: usize, ends: impl Fn(char) -> bool) -> usize {
    (from..text.len()).find(|place| text.get(*place).is_some_and(|c| ends(*c))).unwrap_or(text.len())
}

fn past_comment(text: &[char], from: usize) -> usize {
    let (mut depth, mut place) = (0, from);
    while place < text.len() {
        match (text.get(place), text.get(place + 1)) {
            (Some('/'), Some('*')) => (depth, place) = (depth + 1, place + 2),
            (Some('*'), Some('/')) => (depth, place) = (depth - 1, place + 2),
            _ => place += 1,
        }
        if depth == 0 {
            return place;
        }
    }
    place
}

fn past_string(text: &[char], from: usize) -> usize {
    let mut place = from + 1;
    while let Some(sign) = text.get(place) {
        match sign {
            '"' => return place + 1,
            '\\' => place += 2,
            _ => place += 1,
        }
    }
    place
}

/// The end of a raw string whose hashes start at `from`, where one starts there.
fn raw_string(text: &[char], from: usize) -> Option<usize> {
    let quote = until(text, from, |c| c != '#');
    (text.get(quote) == Some(&'"')).then_some(())?;
    let hashes = quote - from;
    let closes = |place: &usize| {
        text.get(*place) == Some(&'"')
            && text.get(place + 1..place + 1 + hashes).is_some_and(|end| end.iter().all(|c| *c == '#'))
    };
    (quote + 1..text.len()).find(closes).map(|place| place + 1 + hashes)
}

/// The tokens without the items that only tests have, and the names of the files that are such items.
pub fn without_tests(tokens: &[String]) -> (Vec<String>, Vec<String>) {
    const TEST_ONLY: [&str; 7] = ["#", "[", "cfg", "(", "test", ")", "]"];
    let (mut kept, mut files, mut place) = (Vec::new(), Vec::new(), 0);
    while let Some(token) = tokens.get(place) {
        if tokens.get(place..place + TEST_ONLY.len()).is_some_and(|start| start.iter().eq(TEST_ONLY)) {
            let start = place + TEST_ONLY.len();
            place = past_item(tokens, start);
            let item = tokens.get(start..place).unwrap_or_default();
            if let Some([.., keyword, name, end]) = item.get(item.len().saturating_sub(3)..)
                && keyword == "mod"
                && end == ";"
            {
                files.push(name.clone());
            }
        } else {
            kept.push(token.clone());
            place += 1;
        }
    }
    (kept, files)
}

/// The end of the item that starts at `from`: its semicolon, or the brace that closes its body.
pub fn past_item(tokens: &[String], from: usize) -> usize {
    const VISIBILITY: [&str; 5] = ["pub", "(", "crate", "super", ")"];
    let keyword = tokens.iter().skip(from).find(|token| !VISIBILITY.contains(&token.as_str()));
    let imports = keyword.is_some_and(|keyword| keyword == "use");
    let mut depth = 0;
    for (place, token) in tokens.iter().enumerate().skip(from) {
        match token.as_str() {
            "{" | "(" | "[" => depth += 1,
            "}" | ")" | "]" => depth -= 1,
            _ => {}
        }
        if depth == 0 && (token == ";" || token == "}" && !imports) {
            return place + 1;
        }
    }
    tokens.len()
}
