//! Capture files read in batches, as the container reads the requests in them.

use super::event::Event;
use meridian_answer::AnswerForm;
use meridian_judge::CapturedCounts;
use meridian_xgboost::{Matrix, PayloadError, Sample, probability_of, read_csv_row};
use std::collections::BTreeSet;
use std::fmt;
use std::hash::{DefaultHasher, Hasher};
use std::io::{self, BufRead, BufReader, Read};
use std::num::NonZeroUsize;
use std::thread;

/// Requests, and bytes of them, that are read at a time.
const BATCH_LINES: usize = 8192;
const BATCH_BYTES: usize = 32 << 20;
const BUFFER: usize = 256 << 10;

/// How much of a capture is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CaptureBounds {
    /// Different records; the capture is not read on once there are so many.
    pub records: usize,
    /// Bytes of one request with its answer, as they stand in the file. A longer one is passed over and counted as unreadable.
    pub line: usize,
}

impl Default for CaptureBounds {
    /// A million records, 8 MiB a request.
    fn default() -> Self {
        Self { records: 1_000_000, line: 8 << 20 }
    }
}

/// The records of some requests.
#[derive(Default)]
pub struct Batch {
    width: usize,
    values: Vec<f32>,
    /// What each record was answered when it was captured, NaN where that is not known.
    answers: Vec<f32>,
    /// How far an answer may lie from the score.
    tolerance: f32,
}

/// Counts only: these are customers' records.
impl fmt::Debug for Batch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batch")
            .field("records", &self.answers.len())
            .field("width", &self.width)
            .finish_non_exhaustive()
    }
}

impl Batch {
    /// The records' values, in the order in which callers send them.
    pub fn matrix(&self) -> Matrix<'_> {
        Matrix::new(&self.values, self.width).unwrap_or(Matrix::EMPTY)
    }

    /// Number of records.
    pub fn records(&self) -> usize {
        self.answers.len()
    }

    pub(super) fn answers(&self) -> &[f32] {
        &self.answers
    }

    pub(super) fn tolerance(&self) -> f32 {
        self.tolerance
    }

    /// The records of this batch that are to be explained, half of them alerts as they were answered: those are the reasons that
    /// matter. `features` are what callers send.
    pub fn sample(&self, features: &[String], threshold: f64) -> Sample {
        let alerts: Vec<bool> = self.answers.iter().map(|answer| f64::from(*answer) >= threshold).collect();
        Sample::of(self.matrix(), features, &alerts)
    }
}

/// The requests of one capture: its files one behind the other, with a line break between them.
pub struct Requests<R> {
    input: BufReader<R>,
    width: usize,
    bounds: CaptureBounds,
    form: AnswerForm,
    seen: BTreeSet<u64>,
    counts: CapturedCounts,
    ended: bool,
}

impl<R> fmt::Debug for Requests<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Requests").field("width", &self.width).field("counts", &self.counts).finish_non_exhaustive()
    }
}

impl<R: Read> Requests<R> {
    /// Reads records of `width` fields, as many as the champion takes.
    pub fn new(input: R, width: usize, bounds: CaptureBounds) -> Self {
        let (input, form) = (BufReader::with_capacity(BUFFER, input), AnswerForm::default());
        Self { input, width, bounds, form, seen: BTreeSet::new(), counts: CapturedCounts::default(), ended: false }
    }

    /// The same where the champion's answers have this form.
    #[must_use]
    pub fn answered_in(self, form: AnswerForm) -> Self {
        Self { form, ..self }
    }

    /// What was read so far, as far as no model is needed to know it.
    pub fn counts(&self) -> CapturedCounts {
        self.counts
    }

    /// The next records, parsed on up to `threads` threads; `None` after the last. A batch may have no record.
    ///
    /// # Errors
    /// Whatever the input fails with. Nothing that stands in a capture is an error: it is counted.
    pub fn next(&mut self, threads: NonZeroUsize) -> io::Result<Option<Batch>> {
        if self.ended {
            return Ok(None);
        }
        let (text, ends) = self.lines()?;
        if self.ended && ends.is_empty() {
            return Ok(None);
        }
        let lines: Vec<&[u8]> = ends
            .iter()
            .scan(0, |start, end| text.get(std::mem::replace(start, *end)..*end))
            .filter(|line| !line.trim_ascii().is_empty())
            .collect();
        let (width, form) = (self.width, &self.form);
        let parts: Vec<Part> = thread::scope(|scope| {
            let mut chunks = lines.chunks(lines.len().div_ceil(threads.get()).max(1));
            let first = chunks.next();
            let others: Vec<_> = chunks.map(|lines| scope.spawn(move || Part::read(lines, width, form))).collect();
            let first = first.map(|lines| Part::read(lines, width, form));
            // A thread that panicked has read nothing that could be relied on.
            first.into_iter().chain(others.into_iter().map(|part| part.join().unwrap_or_default())).collect()
        });
        self.counts.requests += lines.len() as u64;
        let mut batch = Batch { width, tolerance: form.tolerance(), ..Batch::default() };
        for part in &parts {
            self.keep(part, &mut batch);
        }
        Ok(Some(batch))
    }

    /// Some whole lines, and where each ends.
    fn lines(&mut self) -> io::Result<(Vec<u8>, Vec<usize>)> {
        let (mut text, mut ends) = (Vec::new(), Vec::new());
        while ends.len() < BATCH_LINES && text.len() < BATCH_BYTES {
            let start = text.len();
            let most = self.bounds.line as u64 + 1;
            let taken = self.input.by_ref().take(most).read_until(b'\n', &mut text)?;
            if taken == 0 {
                self.ended = true;
                break;
            }
            if taken as u64 == most && text.last() != Some(&b'\n') {
                text.truncate(start);
                self.counts.requests += 1;
                self.counts.unreadable += 1;
                self.input.skip_until(b'\n')?;
            } else {
                ends.push(text.len());
            }
        }
        Ok((text, ends))
    }

    /// Takes over the records that were not there before, up to the most that are wanted.
    fn keep(&mut self, part: &Part, batch: &mut Batch) {
        let Part { values, answers, hashes, .. } = part;
        self.counts.unreadable += part.unreadable;
        self.counts.other_format += part.other_format;
        self.counts.refused += part.refused;
        for ((row, answer), hash) in values.chunks_exact(self.width.max(1)).zip(answers).zip(hashes) {
            if self.seen.len() >= self.bounds.records {
                self.ended = true;
                return;
            }
            if self.seen.insert(*hash) {
                batch.values.extend_from_slice(row);
                batch.answers.push(*answer);
            } else {
                self.counts.repeated += 1;
            }
        }
    }
}

/// What one thread read.
#[derive(Default)]
struct Part {
    values: Vec<f32>,
    answers: Vec<f32>,
    /// Of each record's bytes.
    hashes: Vec<u64>,
    unreadable: u64,
    other_format: u64,
    refused: u64,
}

impl Part {
    fn read(lines: &[&[u8]], width: usize, form: &AnswerForm) -> Part {
        let mut part = Part::default();
        part.values.reserve(lines.len() * width);
        for line in lines {
            match Event::read(line, form) {
                Event::Csv { payload, answers } => {
                    part.refused += u64::from(part.request(&payload, &answers, width).is_err())
                }
                Event::OtherFormat => part.other_format += 1,
                Event::Unreadable => part.unreadable += 1,
            }
        }
        part
    }

    /// A request of one or more rows, of which the container refuses all or none.
    fn request(&mut self, payload: &[u8], answers: &[f32], width: usize) -> Result<(), PayloadError> {
        let payload = payload.strip_suffix(b"\n").unwrap_or(payload);
        let (start, mut rows) = (self.values.len(), Vec::new());
        for row in payload.split(|byte| *byte == b'\n') {
            let row = row.strip_suffix(b"\r").unwrap_or(row);
            if let Err(refused) = read_csv_row(row, width, &mut self.values) {
                self.values.truncate(start);
                return Err(refused);
            }
            let mut hash = DefaultHasher::new();
            hash.write(row);
            rows.push(hash.finish());
        }
        let whole = answers.len() == rows.len();
        self.answers.extend((0..rows.len()).map(|row| answers.get(row).copied().filter(|_| whole).unwrap_or(f32::NAN)));
        self.hashes.extend(rows);
        Ok(())
    }
}

/// Whether a margin alerts from this probability on, as whoever reads the container's answer compares.
pub(super) fn alerts(margin: f32, threshold: f64) -> bool {
    f64::from(probability_of(margin)) >= threshold
}
