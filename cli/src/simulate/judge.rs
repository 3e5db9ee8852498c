//! `meridian simulate judge`.

use super::streams::Streams;
use meridian_proof::judging::Question;
use std::error::Error;
use std::process::ExitCode;

/// Arguments of `meridian simulate judge`.
#[derive(Debug, clap::Args)]
#[command(after_help = super::EXIT_CODES)]
pub struct Arguments {
    #[command(flatten)]
    streams: Streams,
    /// Ask only this; may be repeated: wrong-fails, beyond, passes, power, night, latency, alerts, one-region, everywhere, order.
    #[arg(long = "question", value_name = "NAME")]
    questions: Vec<Question>,
}

/// Simulates and prints.
pub fn run(arguments: &Arguments) -> Result<ExitCode, Box<dyn Error>> {
    let questions = if arguments.questions.is_empty() { &Question::ALL[..] } else { &arguments.questions };
    arguments.streams.report(|study| study.report(questions))
}
