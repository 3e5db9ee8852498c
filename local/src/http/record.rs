//! A record of everything that went through the door, for who wants to hold it against something else.
//!
//! One JSON object a line:
//!
//! ```text
//! {"region": "eu-west-1", "service": "sagemaker", "method": "POST", "uri": "/", "headers": [["host", "..."], ...],
//!  "body": "base64", "status": 200, "answer_headers": [["content-type", "..."], ...], "answer": "base64"}
//! ```
//!
//! Signatures are left out: `region` and `service` are all that the world reads of them.

use super::scope::Scope;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::request::Parts;
use http::{HeaderMap, Response};
use serde::Serialize;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Why calls could not be recorded.
#[derive(Debug, thiserror::Error)]
#[error("cannot record the calls in {path}: {source}")]
pub struct RecordError {
    path: PathBuf,
    source: io::Error,
}

/// A record under way.
#[derive(Debug)]
pub struct Recorder {
    path: PathBuf,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    file: File,
    /// Why the record ends early.
    broken: Option<io::Error>,
}

/// A request, kept until its answer is there.
pub(super) struct Asked {
    region: Option<String>,
    service: Option<String>,
    method: String,
    uri: String,
    headers: Vec<(String, String)>,
    pub(super) body: Bytes,
}

#[derive(Serialize)]
struct Line<'a> {
    region: Option<&'a str>,
    service: Option<&'a str>,
    method: &'a str,
    uri: &'a str,
    headers: &'a [(String, String)],
    body: String,
    status: u16,
    answer_headers: Vec<(String, String)>,
    answer: String,
}

impl Recorder {
    /// Begins a record, over whatever the file held.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn create(path: &Path) -> Result<Self, RecordError> {
        let path = path.to_owned();
        match File::create(&path) {
            Ok(file) => Ok(Recorder { path, state: Mutex::new(State { file, broken: None }) }),
            Err(source) => Err(RecordError { path, source }),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the record is whole so far: nobody must take a part of it for all of it.
    ///
    /// # Errors
    /// A call could not be written. This is said once.
    pub fn check(&self) -> Result<(), RecordError> {
        let broken = self.state().broken.take();
        broken.map_or(Ok(()), |source| Err(RecordError { path: self.path.clone(), source }))
    }

    pub(super) fn write(&self, asked: &Asked, answer: &Response<()>, body: &[u8]) {
        let line = Line {
            region: asked.region.as_deref(),
            service: asked.service.as_deref(),
            method: &asked.method,
            uri: &asked.uri,
            headers: &asked.headers,
            body: BASE64.encode(&asked.body),
            status: answer.status().as_u16(),
            answer_headers: texts(answer.headers()),
            answer: BASE64.encode(body),
        };
        let mut state = self.state();
        let written = serde_json::to_vec(&line).map_err(io::Error::from).and_then(|mut bytes| {
            bytes.push(b'\n');
            state.file.write_all(&bytes)
        });
        if let Err(error) = written {
            state.broken.get_or_insert(error);
        }
    }
}

impl Asked {
    /// A request without its body.
    pub(super) fn of(parts: &Parts, scope: Option<&Scope>) -> Self {
        Asked {
            region: scope.map(|scope| scope.region.to_string()),
            service: scope.map(|scope| scope.service.clone()),
            method: parts.method.to_string(),
            uri: parts.uri.to_string(),
            headers: texts(&parts.headers),
            body: Bytes::new(),
        }
    }
}

fn texts(headers: &HeaderMap) -> Vec<(String, String)> {
    let shown = headers.iter().filter(|(name, _)| *name != AUTHORIZATION);
    shown.map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn a_line_holds_the_whole_exchange_but_no_signature() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let recorder = Recorder::create(file.path()).unwrap();
        let request = http::Request::builder()
            .method("PUT")
            .uri("/bucket/key?x-id=PutObject")
            .header("authorization", "AWS4-HMAC-SHA256 Credential=A/20261120/eu-west-1/s3/aws4_request, Signature=00")
            .header("x-amz-content-sha256", "UNSIGNED-PAYLOAD");
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let scope = Scope::of(&parts.headers).unwrap();
        let asked = Asked { body: Bytes::from_static(b"\xff\x00"), ..Asked::of(&parts, Some(&scope)) };
        let answer = Response::builder().status(412).header("date", "now").body(()).unwrap();
        recorder.write(&asked, &answer, b"<Error/>");
        recorder.check().unwrap();
        let line: Value = serde_json::from_slice(&std::fs::read(file.path()).unwrap()).unwrap();
        let expected = json!({
            "region": "eu-west-1", "service": "s3", "method": "PUT", "uri": "/bucket/key?x-id=PutObject",
            "headers": [["x-amz-content-sha256", "UNSIGNED-PAYLOAD"]], "body": "/wA=",
            "status": 412, "answer_headers": [["date", "now"]], "answer": "PEVycm9yLz4=",
        });
        assert_eq!(line, expected);
    }

    #[test]
    fn a_record_that_cannot_be_written_says_so() {
        let full = Path::new("/dev/full");
        if !full.exists() {
            return;
        }
        let recorder = Recorder::create(full).unwrap();
        let (parts, ()) = http::Request::new(()).into_parts();
        recorder.write(&Asked::of(&parts, None), &Response::new(()), b"");
        assert!(recorder.check().unwrap_err().to_string().contains("/dev/full"));
    }
}
