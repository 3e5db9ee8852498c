//! The table in docs/architecture.md is generated: `UPDATE_TABLES=1` writes it.

use meridian_messages::causes_of_a_revert;
use std::path::Path;

const START: &str = "<!-- reverts:start -->\n";
const END: &str = "<!-- reverts:end -->";

#[test]
#[expect(clippy::disallowed_methods, reason = "a person asks for the table to be written anew")]
fn the_table_of_reverts_is_the_codes() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/architecture.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = page.split_once(START).expect("the table's place");
    let (_, after) = rest.split_once(END).expect("the table's end");
    let written = format!("{before}{START}{}{END}{after}", causes_of_a_revert());
    if std::env::var_os("UPDATE_TABLES").is_some() {
        std::fs::write(&path, &written).unwrap();
    }
    assert!(page == written, "docs/architecture.md is stale: run this test with UPDATE_TABLES=1");
}
