//! The one file of a tar. Tar has many dialects, and where two readers may take an entry for different things, nothing
//! is read: what passes here is what every reader takes for the same file.
//!
//! Allowed are, in this order: the `./` that `tar -C folder .` writes, and one regular file of a plain name, each with at
//! most one PAX header of [harmless keys](HARMLESS) before it; then zeros, two blocks of them at least.

use crate::error::ModelError;
use crate::stored::fault;
use std::io::{self, ErrorKind, Read};

const BLOCK: usize = 512;
/// Bytes of a PAX header. Times and owners take a tenth of it.
const MAX_PAX: u64 = 4096;
/// Seconds and numbers of owners longer than this are not what a clock or a system gives, and end some readers.
const MAX_DIGITS: usize = 10;

/// What a value in a PAX header may be.
#[derive(Clone, Copy, PartialEq)]
enum Pax {
    /// Seconds, with a fraction.
    Time,
    Number,
    Text,
}

/// The keys that say nothing of which file it is or what it holds.
const HARMLESS: [(&str, Pax); 12] = [
    ("mtime", Pax::Time),
    ("atime", Pax::Time),
    ("ctime", Pax::Time),
    ("LIBARCHIVE.creationtime", Pax::Time),
    ("uid", Pax::Number),
    ("gid", Pax::Number),
    ("SCHILY.dev", Pax::Number),
    ("SCHILY.ino", Pax::Number),
    ("SCHILY.nlink", Pax::Number),
    ("uname", Pax::Text),
    ("gname", Pax::Text),
    ("comment", Pax::Text),
];

const PLAIN: &str = "readers of tar differ about it; write it with `tar czf model.tar.gz xgboost-model`";

/// Hands the name and the content of the only file to `consume`, and checks everything around it to the end.
pub(crate) fn single_file<T>(
    mut tar: impl Read,
    consume: impl FnOnce(&str, &mut dyn Read) -> Result<T, ModelError>,
) -> Result<T, ModelError> {
    let (mut consume, mut found) = (Some(consume), None);
    let (mut extended, mut folder) = (false, false);
    while let Some(block) = next_header(&mut tar)? {
        let header = Header::parse(&block)?;
        match header.kind {
            b'x' if !extended => {
                check_pax(&mut tar, &header)?;
                extended = true;
                continue;
            }
            b'x' => return Err(contents("has two PAX headers for one file".to_owned(), PLAIN)),
            b'5' => {
                header.check_folder()?;
                if std::mem::replace(&mut folder, true) || consume.is_none() {
                    let found = "holds its own folder `./` twice, or behind its file".to_owned();
                    return Err(contents(found, PLAIN));
                }
            }
            _ => {
                let name = header.check_file()?;
                let Some(consume) = consume.take() else {
                    return Err(contents(
                        format!("holds a second file, `{name}`"),
                        "the container would average several files, or serve whichever it lists first",
                    ));
                };
                let mut content = Content { inner: &mut tar, left: header.size };
                found = Some(consume(&name, &mut content)?);
                let left = content.left;
                // Readers of models read to the end; nothing is left of what they accepted.
                skip(&mut tar, left)?;
                expect_zeros(&mut (&mut tar).take(padding(header.size)), "between a file's end and the next block")?;
            }
        }
        extended = false;
    }
    if extended {
        return Err(contents("ends with a PAX header of no file".to_owned(), PLAIN));
    }
    found.ok_or_else(|| contents("holds no file".to_owned(), "there is nothing to score"))
}

/// The next block that is a header; `None` behind the last, when everything behind it was zeros to the end.
fn next_header(tar: &mut impl Read) -> Result<Option<[u8; BLOCK]>, ModelError> {
    let mut block = [0; BLOCK];
    read_block(tar, &mut block)?;
    if block.iter().any(|byte| *byte != 0) {
        return Ok(Some(block));
    }
    read_block(tar, &mut block)?;
    if block.iter().any(|byte| *byte != 0) {
        let found = "goes on behind a single block of zeros".to_owned();
        return Err(contents(found, "some readers end there and others do not"));
    }
    let behind = expect_zeros(tar, "behind the end of the tar")?;
    if behind.is_multiple_of(BLOCK as u64) { Ok(None) } else { Err(damaged("the tar ends within a block")) }
}

fn read_block(tar: &mut impl Read, block: &mut [u8; BLOCK]) -> Result<(), ModelError> {
    tar.read_exact(block).map_err(|error| match error.kind() {
        ErrorKind::UnexpectedEof if error.get_ref().is_none() => damaged("the tar has no end of two blocks of zeros"),
        _ => fault(error),
    })
}

fn damaged(problem: &str) -> ModelError {
    ModelError::Archive { problem: problem.to_owned() }
}

/// Reads to the end and counts: data there must not go unseen, nor must a gzip trailer that does not fit.
fn expect_zeros(rest: &mut impl Read, place: &str) -> Result<u64, ModelError> {
    let mut buffer = [0_u8; 8 * 1024];
    let mut total = 0;
    loop {
        match rest.read(&mut buffer) {
            Ok(0) => return Ok(total),
            Ok(count) if buffer.iter().take(count).any(|byte| *byte != 0) => {
                return Err(contents(format!("holds data {place}"), "another reader could take it for a second file"));
            }
            Ok(count) => total += count as u64,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(fault(error)),
        }
    }
}

fn skip(tar: &mut impl Read, count: u64) -> Result<(), ModelError> {
    io::copy(&mut tar.take(count), &mut io::sink()).map(drop).map_err(fault)
}

/// Bytes from the end of a file of this size to the next block.
fn padding(size: u64) -> u64 {
    size.next_multiple_of(BLOCK as u64) - size
}

/// A header whose checksum is right and whose fields have one meaning.
struct Header {
    kind: u8,
    name: Vec<u8>,
    size: u64,
}

impl Header {
    fn parse(block: &[u8; BLOCK]) -> Result<Header, ModelError> {
        let field = |start: usize, length: usize| block.get(start..start + length).unwrap_or_default();
        let magic = field(257, 8);
        let sum = block
            .iter()
            .enumerate()
            .fold(0, |sum, (place, byte)| sum + u64::from(if (148..156).contains(&place) { b' ' } else { *byte }));
        if octal(field(148, 8)) != Some(sum) || !(magic == b"ustar\x0000" || magic == b"ustar  \0") {
            return Err(damaged("what it inflates to is no tar of the ustar, GNU or PAX format"));
        }
        // Some writers leave the type of a plain file out.
        let kind = field(156, 1).first().copied().filter(|kind| *kind != 0).unwrap_or(b'0');
        let name = ended(field(0, 100));
        let shown = shown(name.unwrap_or(field(0, 100)));
        check_kind(kind, &shown)?;
        let plain = [
            ("name", name.is_some()),
            // Sparse maps, volumes and prefixes stand there.
            ("prefix, or a field of GNU's", field(345, 167).iter().all(|byte| *byte == 0)),
            ("link", field(157, 100).iter().all(|byte| *byte == 0)),
            ("mode", blank(field(100, 8)) || octal(field(100, 8)).is_some()),
            ("owner", owner(field(108, 8)) && owner(field(116, 8))),
            ("time", blank(field(136, 12)) || octal(field(136, 12)).is_some_and(|time| time < 10_u64.pow(10))),
            ("device", [329, 337].iter().all(|start| blank(field(*start, 8)) || octal(field(*start, 8)) == Some(0))),
            ("owner's name", ended(field(265, 32)).is_some() && ended(field(297, 32)).is_some()),
        ];
        if let Some((wrong, _)) = plain.into_iter().find(|(_, right)| !right) {
            return Err(contents(format!("holds `{shown}`, whose header has an unusual {wrong}"), PLAIN));
        }
        let Some(size) = octal(field(124, 12)) else {
            return Err(contents(format!("holds `{shown}`, whose size is not an octal number"), PLAIN));
        };
        Ok(Header { kind, name: name.unwrap_or_default().to_vec(), size })
    }

    /// That it is the archive's own folder.
    fn check_folder(&self) -> Result<(), ModelError> {
        let shown = shown(&self.name);
        if self.size != 0 {
            return Err(contents(format!("holds the folder `{shown}` with a content"), PLAIN));
        }
        if !matches!(self.name.as_slice(), b"." | b"./") {
            let found = format!("holds the folder `{shown}`");
            return Err(contents(found, "the container reads only files at the top level"));
        }
        Ok(())
    }

    /// The name of a regular file directly in the archive's root.
    fn check_file(&self) -> Result<String, ModelError> {
        let shown = shown(&self.name);
        let name = self.name.strip_prefix(b"./").unwrap_or(&self.name);
        let refuse = |why| Err(contents(format!("holds `{shown}`"), why));
        match name {
            [b'/', ..] => return refuse("an absolute path would leave the model's folder"),
            _ if name.split(|byte| *byte == b'/').any(|part| part == b"..") => {
                return refuse("`..` would leave the model's folder");
            }
            _ if name.contains(&b'/') => return refuse("the container reads only files at the top level"),
            [b'.', b'_', ..] => {
                return refuse("macOS wrote it beside the file; set COPYFILE_DISABLE=1 before `tar czf`");
            }
            [b'.', ..] => return refuse("a hidden file may be read by one reader and not by another"),
            _ => {}
        }
        let letters = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-.".contains(byte);
        if !name.first().is_some_and(|byte| byte.is_ascii_alphanumeric()) || !name.iter().all(letters) {
            return refuse("a name of letters, digits, `-`, `_` and `.` is read alike everywhere");
        }
        Ok(String::from_utf8_lossy(name).into_owned())
    }
}

/// That an entry is of a type that is read alike everywhere.
fn check_kind(kind: u8, name: &str) -> Result<(), ModelError> {
    let (what, why) = match kind {
        b'0' | b'5' | b'x' => return Ok(()),
        b'1' => ("a hard link", "links and devices are never followed"),
        b'2' => ("a symbolic link", "links and devices are never followed"),
        b'3' | b'4' => ("a device", "links and devices are never followed"),
        b'6' => ("a FIFO", "links and devices are never followed"),
        b'g' => ("a global PAX header", "it changes the names and sizes behind it for some readers and not for others"),
        b'L' | b'K' => ("a GNU long name", "readers of tar differ about it; a model's name is short"),
        b'S' => ("a GNU sparse file", "some readers fill its holes and others do not; write it without `--sparse`"),
        b'M' | b'V' => ("a part of several volumes", PLAIN),
        _ => ("an entry of a type that is not a plain file's", PLAIN),
    };
    Err(contents(format!("holds `{name}`, which is {what}"), why))
}

/// A text up to the first NUL, where nothing but NULs follow.
fn ended(field: &[u8]) -> Option<&[u8]> {
    let length = field.iter().position(|byte| *byte == 0).unwrap_or(field.len());
    let (text, rest) = field.split_at_checked(length)?;
    rest.iter().all(|byte| *byte == 0).then_some(text)
}

fn blank(field: &[u8]) -> bool {
    field.iter().all(|byte| *byte == 0)
}

/// Octal digits, then spaces and NULs only.
fn octal(field: &[u8]) -> Option<u64> {
    let digits = field.iter().take_while(|byte| matches!(byte, b'0'..=b'7')).count();
    let (digits, rest) = field.split_at_checked(digits)?;
    let clean = !digits.is_empty() && rest.iter().all(|byte| matches!(byte, b' ' | 0));
    clean.then(|| digits.iter().fold(0, |number, digit| number * 8 + u64::from(digit - b'0')))
}

/// A number of a user or group: octal, or GNU's base 256 where it does not fit, of 32 bits.
fn owner(field: &[u8]) -> bool {
    match field {
        [0x80, 0, 0, 0, number @ ..] => number != [0xff; 4],
        _ => blank(field) || octal(field).is_some(),
    }
}

/// That the content of a PAX header is harmless.
fn check_pax(tar: &mut impl Read, header: &Header) -> Result<(), ModelError> {
    if header.size > MAX_PAX {
        let found = format!("has a PAX header of more than {MAX_PAX} bytes");
        return Err(contents(found, "a model needs none, and it would be held in memory"));
    }
    let mut records = Vec::new();
    Content { inner: tar, left: header.size }.read_to_end(&mut records).map_err(fault)?;
    expect_zeros(&mut tar.take(padding(header.size)), "behind a PAX header")?;
    let (mut rest, mut seen) = (records.as_slice(), Vec::new());
    while !rest.is_empty() {
        let Some((key, value, behind)) = record(rest) else {
            return Err(contents("has a malformed PAX header".to_owned(), PLAIN));
        };
        let allowed = HARMLESS.iter().find(|(name, _)| name.as_bytes() == key);
        let Some((name, kind)) = allowed else {
            let found = format!("has a PAX header with the key `{}`", shown(key));
            return Err(contents(found, "it changes what some readers read; write it without such attributes"));
        };
        if seen.contains(name) || !kind.holds(value) {
            let found = format!("has a PAX header whose key `{name}` occurs twice or has an unusual value");
            return Err(contents(found, PLAIN));
        }
        seen.push(name);
        rest = behind;
    }
    Ok(())
}

impl Pax {
    fn holds(self, value: &[u8]) -> bool {
        let digits = |text: &[u8]| (1..=MAX_DIGITS).contains(&text.len()) && text.iter().all(u8::is_ascii_digit);
        let mut parts = value.splitn(2, |byte| *byte == b'.');
        match (self, parts.next(), parts.next()) {
            (Pax::Text, ..) => std::str::from_utf8(value).is_ok_and(|text| !text.chars().any(char::is_control)),
            (Pax::Time, Some(whole), Some(fraction)) => digits(whole) && digits(fraction),
            (Pax::Time | Pax::Number, Some(whole), None) => digits(whole),
            _ => false,
        }
    }
}

/// The first record `length key=value\n`, with what is behind it.
fn record(records: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let space = records.iter().position(|byte| *byte == b' ')?;
    let digits = std::str::from_utf8(records.get(..space)?).ok()?;
    let length: usize = digits.parse().ok()?;
    // No sign, no zeros before it.
    if digits != length.to_string() {
        return None;
    }
    let text = records.get(space + 1..length)?.strip_suffix(b"\n")?;
    let equals = text.iter().position(|byte| *byte == b'=')?;
    Some((text.get(..equals)?, text.get(equals + 1..)?, records.get(length..)?))
}

/// A name as an error text shows it.
fn shown(name: &[u8]) -> String {
    String::from_utf8_lossy(name).chars().take(100).flat_map(char::escape_default).collect()
}

fn contents(found: String, why: &'static str) -> ModelError {
    ModelError::Contents { found, why }
}

/// The content of an entry; a tar that ends in it is an error and no end.
struct Content<'a, R> {
    inner: &'a mut R,
    left: u64,
}

impl<R: Read> Read for Content<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left).map_or(buffer.len(), |left| left.min(buffer.len()));
        let count = self.inner.read(buffer.get_mut(..most).unwrap_or_default())?;
        if count == 0 && most > 0 {
            return Err(io::Error::new(ErrorKind::UnexpectedEof, "the tar ends within a file"));
        }
        self.left -= count as u64;
        Ok(count)
    }
}
