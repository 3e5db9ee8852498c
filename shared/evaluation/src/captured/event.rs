//! One line of a capture file: a request and what it was answered.
//!
//! The format is SageMaker's (developer guide, "model-monitor-data-capture"): JSON Lines, each an object of `captureData` with
//! `endpointInput` and `endpointOutput`, `eventMetadata` and `eventVersion`. `data` is text or base64, as `encoding` says: base64
//! where the content type is not listed in the endpoint configuration.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use meridian_answer::AnswerForm;
use serde::Deserialize;
use std::borrow::Cow;

/// A line of a capture file, as far as it is needed.
#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow, rename = "captureData")]
    data: CaptureData<'a>,
}

#[derive(Deserialize)]
struct CaptureData<'a> {
    #[serde(borrow, rename = "endpointInput")]
    input: Option<Captured<'a>>,
    #[serde(borrow, rename = "endpointOutput")]
    output: Option<Captured<'a>>,
}

#[derive(Deserialize)]
struct Captured<'a> {
    #[serde(borrow, rename = "observedContentType")]
    content_type: Option<Cow<'a, str>>,
    #[serde(borrow)]
    data: Cow<'a, str>,
    encoding: Encoding,
}

#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "UPPERCASE")]
enum Encoding {
    Csv,
    Json,
    Base64,
}

/// What one line says.
pub(super) enum Event<'a> {
    /// A request of comma-separated values, and the scores that it was answered with: none where the answer was not captured or
    /// is no list of numbers.
    Csv { payload: Cow<'a, [u8]>, answers: Vec<f32> },
    /// A request of another content type.
    OtherFormat,
    /// Not a capture event.
    Unreadable,
}

impl Event<'_> {
    /// Reads one line. What is wrong with a line is not said: a message of the JSON reader may quote it (I12).
    pub fn read<'a>(line: &'a [u8], form: &AnswerForm) -> Event<'a> {
        let Ok(Line { data: CaptureData { input: Some(input), output } }) = serde_json::from_slice(line) else {
            return Event::Unreadable;
        };
        if !input.is_csv() {
            return Event::OtherFormat;
        }
        let Some(payload) = input.bytes() else { return Event::Unreadable };
        let answers = output.and_then(|output| Some(scores(&output.bytes()?, form))).unwrap_or_default();
        Event::Csv { payload, answers }
    }
}

impl<'a> Captured<'a> {
    /// By its content type; without one, by how SageMaker captured it.
    fn is_csv(&self) -> bool {
        let Some(content_type) = &self.content_type else { return self.encoding == Encoding::Csv };
        let media = content_type.split(';').next().unwrap_or_default().trim();
        media.eq_ignore_ascii_case("text/csv")
    }

    fn bytes(self) -> Option<Cow<'a, [u8]>> {
        if self.encoding == Encoding::Base64 {
            return STANDARD.decode(self.data.as_bytes()).ok().map(Cow::Owned);
        }
        Some(match self.data {
            Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
            Cow::Owned(text) => Cow::Owned(text.into_bytes()),
        })
    }
}

/// The scores of an answer, one a row: the one of an answer of the release's own form, numbers between commas or line breaks (the
/// images differ), or the JSON of SageMaker's container. Empty where anything else stands there.
fn scores(answer: &[u8], form: &AnswerForm) -> Vec<f32> {
    let Ok(text) = std::str::from_utf8(answer) else { return Vec::new() };
    if let Some(answered) = form.read(text) {
        return vec![answered.score];
    }
    let text = text.trim();
    let numbers: Option<Vec<f32>> = if text.starts_with(['{', '[']) {
        serde_json::from_str(text).ok().map(|answer: Answer| answer.scores())
    } else {
        text.split([',', '\n']).map(|number| number.trim().parse().ok()).collect()
    };
    numbers.filter(|scores| scores.iter().all(|score| score.is_finite())).unwrap_or_default()
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Answer {
    Predictions { predictions: Vec<Prediction> },
    List(Vec<f32>),
}

#[derive(Deserialize)]
struct Prediction {
    score: f32,
}

impl Answer {
    fn scores(self) -> Vec<f32> {
        match self {
            Answer::Predictions { predictions } => predictions.into_iter().map(|prediction| prediction.score).collect(),
            Answer::List(scores) => scores,
        }
    }
}
