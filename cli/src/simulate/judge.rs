//! `meridian simulate judge`.

use super::streams::Streams;
use meridian_proof::judging::Question;
use std::error::Error;
use std::process::ExitCode;

/// Arguments of `meridian simulate judge`.
#[derive(Debug, clap::Args)]
#[command(after_help = super::help!("meridian simulate judge --runs 200 --question latency"))]
pub struct Arguments {
    #[command(flatten)]
    streams: Streams,
    /// Ask only this; may be repeated: wrong-fails, beyond, passes, power, night, latency, alerts, one-region, everywhere, order.
    #[arg(long = "question", value_name = "NAME")]
    questions: Vec<Question>,
}

/// Simulates and prints.
pub fn run(arguments: &Arguments, quiet: bool) -> Result<ExitCode, Box<dyn Error>> {
    let is_asked = |question: &Question| arguments.questions.is_empty() || arguments.questions.contains(question);
    let questions: Vec<Question> = Question::ALL.into_iter().filter(is_asked).collect();
    arguments.streams.report(quiet, |study, progress| {
        let mut report = study.report(&[]);
        for (done, question) in (0..).zip(&questions) {
            progress.share(&format!("simulating {}", question.name()), done, questions.len() as u64);
            let answer = study.report(std::slice::from_ref(question));
            report.tables.extend(answer.tables);
            report.promises.extend(answer.promises);
        }
        report
    })
}
