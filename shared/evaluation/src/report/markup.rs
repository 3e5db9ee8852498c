//! Elements of HTML, SVG and XML: text and attribute values are escaped where they are written, so no caller can forget to,
//! and what is opened is closed.

use std::fmt::{self, Display, Write};

/// One element, its attributes and what it holds, in the order given.
pub(crate) struct Element {
    name: &'static str,
    attributes: Vec<(&'static str, String)>,
    children: Vec<Node>,
}

enum Node {
    Text(String),
    /// Content of `<style>`, which HTML does not unescape. Only ever text of this crate.
    Raw(&'static str),
    Element(Element),
}

/// An element without attributes and content.
pub(crate) fn el(name: &'static str) -> Element {
    Element { name, attributes: Vec::new(), children: Vec::new() }
}

impl Element {
    /// With an attribute. A second one of the same name would be a second one: not checked.
    pub(crate) fn attr(mut self, name: &'static str, value: impl Display) -> Self {
        self.attributes.push((name, value.to_string()));
        self
    }

    /// With a `class`.
    pub(crate) fn class(self, value: impl Display) -> Self {
        self.attr("class", value)
    }

    /// With more text.
    pub(crate) fn text(mut self, text: impl Display) -> Self {
        self.children.push(Node::Text(text.to_string()));
        self
    }

    /// With a style sheet of this crate.
    pub(crate) fn raw(mut self, text: &'static str) -> Self {
        self.children.push(Node::Raw(text));
        self
    }

    /// With one more element in it.
    pub(crate) fn child(mut self, child: Element) -> Self {
        self.children.push(Node::Element(child));
        self
    }

    /// With more elements in it; an `Option` is none or one.
    pub(crate) fn children(mut self, children: impl IntoIterator<Item = Element>) -> Self {
        self.children.extend(children.into_iter().map(Node::Element));
        self
    }

    /// Text flows: a line break between its parts would be a space that nobody wrote.
    fn holds_only_elements(&self) -> bool {
        !self.children.is_empty() && self.children.iter().all(|child| matches!(child, Node::Element(_)))
    }

    /// Elements that end a line, so that the page reads well as text and differences of two pages are lines.
    fn is_block(&self) -> bool {
        const INLINE: [&str; 12] =
            ["a", "abbr", "b", "br", "code", "em", "kbd", "small", "span", "strong", "sub", "tspan"];
        !INLINE.contains(&self.name)
    }
}

/// Elements of HTML that have no end tag.
const VOID: [&str; 5] = ["br", "hr", "link", "meta", "wbr"];

impl Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{}", self.name)?;
        for (name, value) in &self.attributes {
            write!(f, " {name}=\"")?;
            escape(value, f)?;
            f.write_char('"')?;
        }
        f.write_char('>')?;
        if VOID.contains(&self.name) {
            return Ok(());
        }
        let lines = self.holds_only_elements();
        for child in &self.children {
            match child {
                Node::Text(text) => escape(text, f)?,
                Node::Raw(text) => f.write_str(text)?,
                Node::Element(child) => {
                    if lines && child.is_block() {
                        f.write_char('\n')?;
                    }
                    child.fmt(f)?;
                }
            }
        }
        if lines && self.children.iter().any(|child| matches!(child, Node::Element(child) if child.is_block())) {
            f.write_char('\n')?;
        }
        write!(f, "</{}>", self.name)
    }
}

fn escape(text: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for c in text.chars() {
        match c {
            '&' => f.write_str("&amp;")?,
            '<' => f.write_str("&lt;")?,
            '>' => f.write_str("&gt;")?,
            '"' => f.write_str("&quot;")?,
            '\'' => f.write_str("&#39;")?,
            // HTML and XML have no such characters, not even escaped.
            '\0'..='\x08' | '\x0b' | '\x0c' | '\x0e'..='\x1f' | '\x7f' | '\u{fffe}' | '\u{ffff}' => {
                f.write_char('\u{fffd}')?
            }
            // Overrides of the writing direction would make a name read as another one.
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => f.write_char('\u{fffd}')?,
            c => f.write_char(c)?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::el;

    #[test]
    fn text_and_attributes_are_escaped() {
        let page = el("p").attr("title", "\"><script>").text("a < b & c\u{0}\u{202e}").to_string();
        assert_eq!(page, "<p title=\"&quot;&gt;&lt;script&gt;\">a &lt; b &amp; c\u{fffd}\u{fffd}</p>");
    }

    #[test]
    fn text_flows_and_blocks_stand_on_lines() {
        let page = el("ul").child(el("li").text("a ").child(el("b").text("b"))).child(el("li")).to_string();
        assert_eq!(page, "<ul>\n<li>a <b>b</b></li>\n<li></li>\n</ul>");
        assert_eq!(el("td").child(el("span").text("x")).to_string(), "<td><span>x</span></td>");
    }
}
