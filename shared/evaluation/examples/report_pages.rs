//! Writes the pages that the browser test looks at into a folder: `cargo run -p meridian-evaluation --example report_pages -- DIR`.

#[path = "../tests/support/pages.rs"]
mod pages;

use std::io;
use std::path::Path;

fn main() -> io::Result<()> {
    let folder = std::env::args_os().nth(1).unwrap_or_else(|| "target/report-pages".into());
    std::fs::create_dir_all(&folder)?;
    for (name, page) in pages::all() {
        std::fs::write(Path::new(&folder).join(name).with_extension("html"), page)?;
    }
    Ok(())
}
