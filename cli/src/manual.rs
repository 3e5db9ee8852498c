//! `meridian completions` and `meridian man`: what a shell and `man` know of the command line, made of its own definition.

use crate::terminal::Leaving;
use clap::CommandFactory;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Arguments of `meridian completions`.
#[derive(Debug, clap::Args)]
#[command(after_help = "For example: meridian completions bash > ~/.local/share/bash-completion/completions/meridian")]
pub struct Completions {
    /// The shell.
    shell: clap_complete::Shell,
}

/// Arguments of `meridian man`.
#[derive(Debug, clap::Args)]
#[command(after_help = "For example: meridian man ~/.local/share/man/man1 && man meridian-status")]
pub struct Man {
    /// The folder to write a page for each command into; it is made where it is not there.
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

/// Why no page was written.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {source}")]
struct WriteError {
    path: PathBuf,
    source: io::Error,
}

/// Prints a shell's completions.
pub fn completions<C: CommandFactory>(arguments: &Completions) -> Result<ExitCode, Box<dyn std::error::Error>> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut C::command(), "meridian", &mut script);
    let mut stdout = Leaving(io::stdout().lock());
    stdout.write_all(&script)?;
    stdout.flush()?;
    Ok(ExitCode::SUCCESS)
}

/// Writes the man pages.
pub fn man<C: CommandFactory>(arguments: &Man) -> Result<ExitCode, Box<dyn std::error::Error>> {
    let at = |path: &Path| {
        let path = path.to_owned();
        move |source| WriteError { path, source }
    };
    std::fs::create_dir_all(&arguments.folder).map_err(at(&arguments.folder))?;
    clap_mangen::generate_to(C::command(), &arguments.folder).map_err(at(&arguments.folder))?;
    Ok(ExitCode::SUCCESS)
}
