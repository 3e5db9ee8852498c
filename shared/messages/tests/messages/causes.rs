//! The tables in docs/architecture.md are generated: `UPDATE_TABLES=1` writes them.

use meridian_messages::{causes_of_a_revert, causes_of_a_rollback};
use std::path::Path;

#[test]
#[expect(clippy::disallowed_methods, reason = "a person asks for the tables to be written anew")]
fn the_tables_of_reverts_and_rollbacks_are_the_codes() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/architecture.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let tables = [("reverts", causes_of_a_revert()), ("rollbacks", causes_of_a_rollback())];
    let written = tables.iter().fold(page.clone(), |page, (name, table)| {
        let (start, end) = (format!("<!-- {name}:start -->\n"), format!("<!-- {name}:end -->"));
        let (before, rest) = page.split_once(&start).expect("the table's place");
        let (_, after) = rest.split_once(&end).expect("the table's end");
        assert!(table.lines().count() > 10, "{name}:\n{table}");
        format!("{before}{start}{table}{end}{after}")
    });
    if std::env::var_os("UPDATE_TABLES").is_some() {
        std::fs::write(&path, &written).unwrap();
    }
    assert!(page == written, "docs/architecture.md is stale: run this test with UPDATE_TABLES=1");
}
