//! `meridian completions` and `meridian man`: what a shell and `man` know of the command line, made of its own definition.

use crate::terminal::Leaving;
use clap::CommandFactory;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Arguments of `meridian completions`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  \
    meridian completions fish > ~/.config/fish/completions/meridian.fish")]
pub struct Completions {
    /// The shell.
    shell: clap_complete::Shell,
}

/// Arguments of `meridian man`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  \
    meridian man ~/.local/share/man/man1")]
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

#[cfg(test)]
mod tests {
    use crate::Arguments;
    use clap::{Command, CommandFactory};

    /// Every command that can be typed, with the words that it is typed by.
    fn commands(command: &Command, path: &str) -> Vec<(String, String)> {
        let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        let below = command.get_subcommands().filter(|own| own.get_name() != "help");
        let below = below.flat_map(|own| commands(own, &format!("{path} {}", own.get_name())));
        std::iter::once((path.to_owned(), help)).chain(below).collect()
    }

    /// The examples in a command's help, each as one line.
    fn examples(help: &str) -> Vec<String> {
        let help: String = help.split("\\\n").map(str::trim_start).collect();
        help.lines().filter_map(|line| line.strip_prefix("  ")).map(str::to_owned).collect()
    }

    /// What a shell makes of a line, as far as the examples need one; what a pipe or a comment takes is left out.
    fn words(line: &str) -> Vec<String> {
        let line = line.replace("$DIGEST", &"0".repeat(64));
        let own = ["   ", " > ", " < ", " && "]
            .iter()
            .fold(line.as_str(), |line, end| line.split(end).next().unwrap_or(line));
        let quoted = own.split('"').enumerate().flat_map(|(place, part)| match place % 2 {
            0 => part.split_whitespace().map(str::to_owned).collect(),
            _ => vec![part.to_owned()],
        });
        quoted.collect()
    }

    #[test]
    fn every_command_has_an_example_that_it_takes() {
        let all = commands(&Arguments::command(), "meridian");
        assert!(all.len() > 25, "{all:?}");
        for (path, help) in all {
            let examples = examples(&help);
            let wide = help.lines().find(|line| line.starts_with("  ") && line.chars().count() > 80);
            assert_eq!(wide, None, "{path}: help would break it");
            assert!(examples.iter().any(|line| line.trim_start().starts_with("meridian ")), "{path}: {help}");
            for line in examples {
                let taken = Arguments::command().try_get_matches_from(words(&line));
                assert!(taken.is_ok(), "{path}: {line}: {}", taken.unwrap_err());
            }
        }
    }
}
