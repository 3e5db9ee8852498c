//! Files that libraries read which may die of them, read by a process of its own.
//!
//! The parquet crate allocates what a file tells it to, and walks a schema as deep as the file nests it: no check before it sees the
//! file holds for all of it, and where it runs out of stack or memory the process ends. So the program starts itself once more, as a
//! process that does nothing else, knows no secret (its environment is empty), and has little memory, processor time and
//! stack. It gets the file on its standard input and answers with the table on its standard output. Where it dies, that is the
//! answer: [`Death`].
//!
//! A program takes part by asking [`serve`] first thing in `main`. In one that does not (a test, an example) such files are read in the
//! process itself.

use super::parquet::read_here;
use super::{HoldoutError, SizeUnit, Table, UnreadableCause, Wanted};
use crate::allowance::{self, Counter};
use serde::{Deserialize, Serialize};
use std::ffi::OsStr;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitCode, ExitStatus, Stdio};
use std::sync::OnceLock;
use std::thread;
use std::{env, fmt};

/// The one argument of a process that reads.
const ARGUMENT: &str = "--isolated-reader";
/// What it may allocate beside the file and the table: the program itself, a page of Parquet (32 MB) as it is stored, inflated and
/// decoded.
const MEMORY: u64 = 160 << 20;
/// Its stack. Whoever reads flat tables needs a tenth of it.
const STACK: usize = 2 << 20;
/// Seconds of processor time, and bytes of file for each second more.
const SECONDS: u64 = 15;
const BYTES_A_SECOND: u64 = 4 << 20;
/// Bytes of an error, which names at most all columns.
const LONGEST_ERROR: u64 = 16 << 20;
const BUFFER: usize = 64 << 10;

/// This program asked [`serve`].
static SERVES: OnceLock<()> = OnceLock::new();

/// How a process that read a file ended instead of answering.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Death {
    /// Killed by this signal's number.
    Signal(i32),
    /// Without an answer, with this exit code.
    Exit(i32),
}

impl Death {
    /// True of a process that ran for too long.
    pub fn is_out_of_time(self) -> bool {
        self == Death::Signal(libc::SIGXCPU)
    }

    fn of(status: ExitStatus) -> Self {
        status.signal().map_or(Death::Exit(status.code().unwrap_or(-1)), Death::Signal)
    }
}

impl fmt::Display for Death {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Death::Signal(signal) if self.is_out_of_time() => write!(f, "ran out of time (signal {signal})"),
            Death::Signal(signal) => write!(f, "ran out of memory or stack, or crashed (signal {signal})"),
            Death::Exit(code) => write!(f, "ended without an answer (exit code {code})"),
        }
    }
}

/// What is asked of the process: the columns, by name.
#[derive(Serialize, Deserialize)]
struct Order {
    label: Option<String>,
    region: Option<String>,
    features: Vec<String>,
    ignore: Vec<String>,
    left_out: Vec<String>,
    slices: Vec<String>,
}

/// First thing in `main`: in a process that was started to read a file, reads it and answers the exit code with which to end.
/// Elsewhere answers `None`, and from then on this program starts such processes.
#[must_use]
pub fn serve() -> Option<ExitCode> {
    if env::args_os().nth(1).as_deref() != Some(OsStr::new(ARGUMENT)) {
        let _ = SERVES.set(());
        return None;
    }
    limit(libc::RLIMIT_CORE, 0);
    let reader = thread::Builder::new().stack_size(STACK).spawn(answer);
    let answered = reader.map(thread::JoinHandle::join);
    Some(if matches!(answered, Ok(Ok(Ok(())))) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// True where files are read by a process of their own.
pub(crate) fn is_on() -> bool {
    SERVES.get().is_some()
}

/// The process's part: the order, the file and how many bytes of it are stored come in; a table or an error goes out.
fn answer() -> io::Result<()> {
    let mut input = io::stdin().lock();
    let mut length = [0; 4];
    input.read_exact(&mut length)?;
    let mut order = vec![0; u32::from_le_bytes(length) as usize];
    input.read_exact(&mut order)?;
    let order: Order = serde_json::from_slice(&order)?;
    let mut file = Vec::new();
    input.read_to_end(&mut file)?;
    let tail = file.len().saturating_sub(8);
    let stored = file.split_off(tail).try_into().map(u64::from_le_bytes).map_err(|_| io::ErrorKind::UnexpectedEof)?;
    file.shrink_to_fit();
    let size = file.len() as u64;
    // From here on the file decides what happens. A table grows by doubling.
    let row = 3 + 2 * order.slices.len() as u64;
    let table = 4 * allowance::values(stored) + row * allowance::rows(stored);
    limit(libc::RLIMIT_AS, MEMORY + size + 2 * table);
    limit(libc::RLIMIT_CPU, SECONDS + size / BYTES_A_SECOND);
    let wanted = Wanted {
        label: order.label.as_deref(),
        region: order.region.as_deref(),
        features: &order.features,
        ignore: &order.ignore,
        left_out: &order.left_out,
        slices: &order.slices,
    };
    let mut table = Table::new(wanted, Counter::at(stored));
    let read = read_here(file, &mut table);
    let mut output = BufWriter::with_capacity(BUFFER, io::stdout().lock());
    match read {
        Ok(()) => {
            output.write_all(&[1])?;
            table.write(&mut output)?;
        }
        Err(error) => refuse(&mut output, &error)?,
    }
    output.flush()
}

/// An error, as [`receive`] takes it.
fn refuse(output: &mut impl Write, error: &HoldoutError) -> io::Result<()> {
    output.write_all(&[0])?;
    Ok(serde_json::to_writer(output, error)?)
}

/// Lowers a limit of this process. What cannot be lowered stays as it is: the process is bounded by what holds for its parent then.
fn limit(resource: libc::__rlimit_resource_t, most: u64) {
    let limit = libc::rlimit { rlim_cur: most, rlim_max: most };
    // SAFETY: `setrlimit` reads the struct that it is given, which lives until it returns, and touches no other memory.
    let _ = unsafe { libc::setrlimit(resource, &raw const limit) };
}

/// Ends with whoever asked it: no process is left behind.
struct Reader(Child);

impl Drop for Reader {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Reads a Parquet file into `table` by a process of its own.
pub(crate) fn read_parquet(file: &mut dyn Read, most: u64, table: &mut Table<'_>) -> Result<(), HoldoutError> {
    let none = |error: io::Error| HoldoutError::Unreadable(UnreadableCause::NoProcess { quoted: error.to_string() });
    let Wanted { label, region, features, ignore, left_out, slices } = table.wanted;
    let order = Order {
        label: label.map(str::to_owned),
        region: region.map(str::to_owned),
        features: features.to_vec(),
        ignore: ignore.to_vec(),
        left_out: left_out.to_vec(),
        slices: slices.to_vec(),
    };
    let order = serde_json::to_vec(&order).map_err(|error| none(error.into()))?;
    let mut reader = Reader(start().map_err(none)?);
    let mut sent = Ok(());
    if let Some(mut input) = reader.0.stdin.take() {
        sent = send(&mut input, &order, file, most, table);
    }
    // A process that has died takes nothing more: how it died is said below.
    if let Err(Sending::File(error)) = sent {
        return Err(error);
    }
    let received = match reader.0.stdout.take() {
        Some(output) => receive(BufReader::with_capacity(BUFFER, output), table),
        None => Err(Received::Nothing),
    };
    let status = reader.0.wait().map_err(none)?;
    match received {
        Ok(()) if status.success() => Ok(()),
        Err(Received::Refused(error)) if status.success() => Err(error),
        Ok(()) | Err(_) => Err(HoldoutError::Died(Death::of(status))),
    }
}

/// The program once more. `/proc/self/exe` is this very file, even where another was put in its place.
fn start() -> io::Result<Child> {
    let program = if cfg!(target_os = "linux") { "/proc/self/exe".into() } else { env::current_exe()? };
    Command::new(program)
        .arg(ARGUMENT)
        .env_clear()
        // A second arena would only take address space.
        .env("MALLOC_ARENA_MAX", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        // Where it panics, it may quote what it read (I12).
        .stderr(Stdio::null())
        .spawn()
}

/// Why the file did not go to the process.
enum Sending {
    /// The process takes no more.
    Process,
    /// The file cannot be read, or is too large.
    File(HoldoutError),
}

fn send(
    input: &mut impl Write,
    order: &[u8],
    file: &mut dyn Read,
    most: u64,
    table: &Table<'_>,
) -> Result<(), Sending> {
    let gone = |_| Sending::Process;
    input.write_all(&(order.len() as u32).to_le_bytes()).map_err(gone)?;
    input.write_all(order).map_err(gone)?;
    let (mut buffer, mut sent) = (vec![0; BUFFER], 0);
    loop {
        let count = match file.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(Sending::File(crate::holdout::unreadable(error))),
        };
        sent += count as u64;
        let most = most.min(table.most_parquet());
        if sent > most {
            let limit = usize::try_from(most).unwrap_or(usize::MAX);
            return Err(Sending::File(HoldoutError::TooLarge { limit, unit: SizeUnit::ParquetBytes }));
        }
        input.write_all(buffer.get(..count).unwrap_or_default()).map_err(gone)?;
    }
    input.write_all(&table.stored().to_le_bytes()).map_err(gone)
}

/// Why there is no table.
enum Received {
    /// The process ended before its answer was complete.
    Nothing,
    /// The file is refused.
    Refused(HoldoutError),
}

impl From<io::Error> for Received {
    fn from(_: io::Error) -> Self {
        Received::Nothing
    }
}

fn receive(mut output: impl Read, table: &mut Table<'_>) -> Result<(), Received> {
    let mut kind = [0];
    output.read_exact(&mut kind)?;
    if kind == [1] {
        return Ok(table.read(&mut output)?);
    }
    let mut text = Vec::new();
    output.take(LONGEST_ERROR).read_to_end(&mut text)?;
    Err(serde_json::from_slice(&text).map_or(Received::Nothing, Received::Refused))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]

    use super::*;
    use crate::{ColumnTypes, ExpectedColumns, ParquetDamage};

    /// One of every kind; the numbers and names differ, so that none can stand for another.
    fn every() -> Vec<HoldoutError> {
        let column = || "amount, \"€\"\u{202e}".to_owned();
        let names = |name: &str| vec![name.to_owned(), String::new()];
        let quoted = || "a library's words".to_owned();
        let unreadable = [
            UnreadableCause::Stream { quoted: quoted() },
            UnreadableCause::NoContent,
            UnreadableCause::LineEnds,
            UnreadableCause::Fields { row: usize::MAX },
            UnreadableCause::LongRecord { limit: 4 },
            UnreadableCause::Csv { quoted: quoted() },
            UnreadableCause::Codec { name: "LZ4".to_owned() },
            UnreadableCause::Encoding,
            UnreadableCause::ParquetCut,
            UnreadableCause::ParquetDamaged,
            UnreadableCause::Parquet(ParquetDamage::PageCut),
            UnreadableCause::NoProcess { quoted: quoted() },
        ];
        let (missing, extra, twice) = (names("a"), names("b"), names("c"));
        let (expected, found) = (ExpectedColumns::Labelled, "DATE (INT32)".to_owned());
        let own = [
            HoldoutError::Columns { missing, extra, twice, expected },
            HoldoutError::NoSuchColumn { column: column(), there: names("a") },
            HoldoutError::NoHeader,
            HoldoutError::Unrecognised { expected: 7, found: 2, columns: 9, missing: names("a") },
            HoldoutError::Type { column: column(), found, expected: ColumnTypes::Names },
            HoldoutError::NotANumber { row: 1, column: column() },
            HoldoutError::Infinite { row: 2, column: column() },
            HoldoutError::Label { row: 3, column: column() },
            HoldoutError::Region { row: 4, column: column() },
            HoldoutError::RegionTooLong { row: 5, column: column(), limit: 64 },
            HoldoutError::TooManyRegions { column: column(), limit: 256 },
            HoldoutError::Empty,
            HoldoutError::TooLarge { limit: usize::MAX, unit: SizeUnit::InflatedBytes },
            HoldoutError::Died(Death::Signal(9)),
        ];
        own.into_iter().chain(unreadable.map(HoldoutError::Unreadable)).collect()
    }

    fn received(answer: &[u8]) -> Result<(), Received> {
        receive(answer, &mut Table::new(Wanted::default(), Counter::default()))
    }

    #[test]
    fn every_error_comes_from_the_process_as_it_was() {
        for error in every() {
            let mut answer = Vec::new();
            refuse(&mut answer, &error).unwrap();
            let Err(Received::Refused(back)) = received(&answer) else { panic!("not received: {error}") };
            assert_eq!(back, error);
            assert_eq!(back.to_string(), error.to_string());
        }
    }

    #[test]
    fn half_an_error_is_no_answer() {
        let mut answer = Vec::new();
        refuse(&mut answer, &HoldoutError::Region { row: 4, column: "region".to_owned() }).unwrap();
        for length in 0..answer.len() {
            assert!(matches!(received(&answer[..length]), Err(Received::Nothing)), "{length} bytes");
        }
    }
}
