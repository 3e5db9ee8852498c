//! Of tar's dialects only what every reader takes for the same file is read. Most lines of the tables were accepted once; the others
//! stand for what must stay so.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use flate2::Compression;
use flate2::write::GzEncoder;
use meridian_xgboost::{Model, ReadOptions};
use std::io::Write;
use std::num::NonZeroUsize;
use support::{Sketch, gzip};

/// One entry: its header, whose checksum is right, and its content.
struct Entry {
    header: [u8; 512],
    content: Vec<u8>,
}

impl Entry {
    fn new(kind: u8, name: &str, content: &[u8]) -> Entry {
        let mut header = [0; 512];
        header[..name.len()].copy_from_slice(name.as_bytes());
        header[100..108].copy_from_slice(b"0000644\0");
        header[108..116].copy_from_slice(b"0001750\0");
        header[116..124].copy_from_slice(b"0001750\0");
        header[124..136].copy_from_slice(format!("{:011o}\0", content.len()).as_bytes());
        header[136..148].copy_from_slice(b"14734567654\0");
        header[156] = kind;
        header[257..265].copy_from_slice(b"ustar\x0000");
        Entry { header, content: content.to_vec() }
    }

    fn with(mut self, place: usize, bytes: &[u8]) -> Entry {
        self.header[place..place + bytes.len()].copy_from_slice(bytes);
        self
    }

    fn bytes(&self) -> Vec<u8> {
        let mut header = self.header;
        header[148..156].fill(b' ');
        let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
        header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        let padding = self.content.len().next_multiple_of(512) - self.content.len();
        [header.as_slice(), &self.content, &vec![0; padding]].concat()
    }
}

fn file() -> Entry {
    Entry::new(b'0', "xgboost-model", &Sketch::default().bytes())
}

fn other() -> Entry {
    Entry::new(b'0', "xgboost-model", &Sketch { values: vec![0.5, 1.0, -1.0], ..Sketch::default() }.bytes())
}

fn pax(records: &[(&str, &str)]) -> Entry {
    let record = |(key, value): &(&str, &str)| {
        let length = |digits: usize| digits + key.len() + value.len() + 3;
        let digits = (1..5).find(|digits| length(*digits).to_string().len() == *digits).unwrap();
        format!("{} {key}={value}\n", length(digits))
    };
    let records: String = records.iter().map(record).collect();
    Entry::new(b'x', "PaxHeaders/xgboost-model", records.as_bytes())
}

fn folder(name: &str) -> Entry {
    Entry::new(b'5', name, b"")
}

fn tar(entries: &[Entry]) -> Vec<u8> {
    let mut bytes: Vec<u8> = entries.iter().flat_map(Entry::bytes).collect();
    bytes.extend([0; 1024]);
    bytes
}

/// Every way of reading says the same.
fn read(archive: &[u8]) -> Result<Model, String> {
    let threads = |count| ReadOptions { threads: NonZeroUsize::new(count).unwrap(), ..ReadOptions::default() };
    let results = [Model::from_archive(archive), Model::read(archive, &threads(1)), Model::read(archive, &threads(2))];
    let [first, rest @ ..] = results.map(|result| result.map_err(|error| error.to_string()));
    for other in rest {
        assert_eq!(first.as_ref().err(), other.as_ref().err());
    }
    first
}

#[track_caller]
fn accepted(what: &str, tar: &[u8]) {
    let margin = read(&gzip(tar)).unwrap_or_else(|error| panic!("{what}: {error}")).margin(&[0.7]);
    assert_eq!(margin, Ok(1.0), "{what}");
}

#[track_caller]
fn refused(what: &str, archive: &[u8], word: &str) {
    let text = read(archive).expect_err(&format!("{what} must be refused"));
    assert!(text.contains(word), "{what}: {word:?} is not in {text:?}");
    assert!(text.contains("model.tar.gz") || text.contains("model file"), "{what}: {text}");
}

#[test]
fn what_tools_write_is_accepted() {
    let gnu = |entry: Entry| entry.with(257, b"ustar  \0").with(265, b"user\0").with(297, b"users\0");
    accepted("ustar", &tar(&[file()]));
    accepted("GNU tar", &tar(&[gnu(file())]));
    accepted("GNU tar of a folder", &tar(&[gnu(folder("./")), gnu(Entry { header: gnu(file()).header, ..file() })]));
    accepted("a folder", &tar(&[folder("./"), Entry::new(b'0', "./xgboost-model", &file().content)]));
    accepted("a time with a fraction", &tar(&[pax(&[("mtime", "1763845200.1234567")]), file()]));
    accepted("bsdtar", &tar(&[pax(&[("LIBARCHIVE.creationtime", "1763845200"), ("SCHILY.ino", "77")]), file()]));
    accepted("a folder with times", &tar(&[pax(&[("mtime", "1.5")]), folder("./"), pax(&[("ctime", "1.5")]), file()]));
    accepted("an owner of a directory service", &tar(&[file().with(108, &[0x80, 0, 0, 0, 0x12, 0, 0, 7])]));
    accepted("no type", &tar(&[file().with(156, b"\0")]));
    accepted("records of 20 blocks", &[tar(&[file()]), vec![0; 512 * 17]].concat());
    accepted("an ending that fits", &tar(&[Entry::new(b'0', "model.ubj", &file().content)]));
    accepted("an ending of JSON", &tar(&[Entry::new(b'0', "model.json", &Sketch::default().json())]));
    accepted("an ending of nothing", &tar(&[Entry::new(b'0', "model-v427.bin", &Sketch::default().legacy())]));
}

/// Each replaces or accompanies the model for some readers of tar and not for others.
#[test]
fn entries_that_readers_take_differently_are_refused() {
    let sparse = || Entry::new(b'S', "xgboost-model", &file().content);
    let table: Vec<(&str, Vec<Entry>, &str)> = vec![
        (
            "a global size",
            vec![Entry { header: pax(&[("size", "512")]).with(156, b"g").header, ..pax(&[("size", "512")]) }, file()],
            "global PAX header",
        ),
        (
            "a global comment",
            vec![Entry { header: pax(&[("comment", "a")]).with(156, b"g").header, ..pax(&[("comment", "a")]) }, file()],
            "global PAX header",
        ),
        ("a size", vec![pax(&[("size", "512")]), file()], "key `size`"),
        ("a path", vec![pax(&[("path", "other")]), file()], "key `path`"),
        ("a link", vec![pax(&[("linkpath", "other")]), file()], "key `linkpath`"),
        ("a character set", vec![pax(&[("hdrcharset", "BINARY")]), file()], "key `hdrcharset`"),
        (
            "a sparse map",
            vec![pax(&[("GNU.sparse.major", "1"), ("GNU.sparse.minor", "0")]), file()],
            "key `GNU.sparse.major`",
        ),
        ("a real size", vec![pax(&[("SCHILY.realsize", "9")]), file()], "key `SCHILY.realsize`"),
        ("an extended attribute", vec![pax(&[("SCHILY.xattr.user.a", "b")]), file()], "key `SCHILY.xattr.user.a`"),
        ("a key twice", vec![pax(&[("mtime", "1"), ("mtime", "2")]), file()], "`mtime` occurs twice"),
        ("a time that is none", vec![pax(&[("mtime", "nan")]), file()], "`mtime`"),
        ("a time without end", vec![pax(&[("mtime", "99999999999999999999")]), file()], "`mtime`"),
        ("a comment with escapes", vec![pax(&[("comment", "\u{1b}[2J")]), file()], "`comment`"),
        ("two PAX headers", vec![pax(&[("mtime", "1")]), pax(&[("mtime", "1")]), file()], "two PAX headers"),
        ("a PAX header of nothing", vec![file(), pax(&[("mtime", "1")])], "of no file"),
        ("a record of another length", vec![Entry::new(b'x', "p", b"011 mtime=1\n"), file()], "malformed PAX"),
        ("a record without an end", vec![Entry::new(b'x', "p", b"11 mtime=1 "), file()], "malformed PAX"),
        ("a long PAX header", vec![pax(&[("comment", &"x".repeat(5000))]), file()], "more than 4096 bytes"),
        ("a GNU long name", vec![Entry::new(b'L', "././@LongLink", b"other\0"), file()], "GNU long name"),
        ("a GNU long link", vec![Entry::new(b'K', "././@LongLink", b"other\0"), file()], "GNU long name"),
        ("a sparse file", vec![sparse().with(257, b"ustar  \0")], "sparse"),
        (
            "a sparse map in a plain file",
            vec![file().with(257, b"ustar  \0").with(386, b"00000000001\0")],
            "unusual prefix",
        ),
        ("a volume's offset", vec![file().with(257, b"ustar  \0").with(369, b"00000000001\0")], "unusual prefix"),
        ("a prefix", vec![file().with(345, b"folder")], "unusual prefix"),
        ("several volumes", vec![Entry::new(b'M', "xgboost-model", b"x"), file()], "several volumes"),
        ("a volume's name", vec![Entry::new(b'V', "name", b""), file()], "several volumes"),
        ("a folder's list", vec![Entry::new(b'D', "./", b"Yxgboost-model\0\0"), file()], "not a plain file's"),
        ("a hard link", vec![file(), Entry::new(b'1', "xgboost-model", b"").with(157, b"a")], "never followed"),
        ("a file that follows a link", vec![file().with(157, b"other")], "unusual link"),
        ("a contiguous file", vec![Entry { header: file().with(156, b"7").header, ..file() }], "not a plain file's"),
        ("an unknown type", vec![Entry { header: file().with(156, b"Z").header, ..file() }], "not a plain file's"),
        (
            "a size in base 256",
            vec![file().with(124, &[0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0])],
            "size is not an octal",
        ),
        ("a size with a sign", vec![file().with(124, b"-0000000001\0")], "size is not an octal"),
        ("a size with something behind", vec![file().with(124, b"0001000 777\0")], "size is not an octal"),
        ("a size in spaces", vec![file().with(124, b"    0001000\0")], "size is not an octal"),
        ("an owner that is none", vec![file().with(108, b"0x12345\0")], "unusual owner"),
        ("a mode that is none", vec![file().with(100, b"rw-r--r-")], "unusual mode"),
        ("a time in base 256", vec![file().with(136, &[0x80])], "unusual time"),
        ("a device's number", vec![file().with(329, b"0000001\0")], "unusual device"),
        ("bytes behind the name", vec![file().with(20, b"hidden")], "unusual name"),
        ("a name of macOS", vec![Entry::new(b'0', "._xgboost-model", b"\0\x05\x16\x07"), file()], "COPYFILE_DISABLE"),
        ("a hidden file", vec![Entry::new(b'0', ".model", &file().content)], "hidden file"),
        ("a folder above", vec![Entry::new(b'0', "../xgboost-model", &file().content)], "`..`"),
        ("dots within", vec![Entry::new(b'0', "./../xgboost-model", &file().content)], "`..`"),
        ("two dots in a row", vec![Entry::new(b'0', "././xgboost-model", &file().content)], "top level"),
        ("two slashes", vec![Entry::new(b'0', ".//xgboost-model", &file().content)], "absolute"),
        ("a slash behind", vec![Entry::new(b'0', "xgboost-model/", &file().content)], "top level"),
        ("a root", vec![Entry::new(b'0', "/xgboost-model", &file().content)], "absolute"),
        ("a folder", vec![Entry::new(b'0', "code/xgboost-model", &file().content)], "top level"),
        ("an option", vec![Entry::new(b'0', "--checkpoint-action", &file().content)], "read alike"),
        ("an escape", vec![Entry::new(b'0', "model\u{1b}[2J", &file().content)], "read alike"),
        ("no name", vec![Entry::new(b'0', "", &file().content)], "read alike"),
        ("another folder", vec![folder("code/"), file()], "holds the folder"),
        ("a folder behind", vec![file(), folder("./")], "behind its file"),
        ("a folder twice", vec![folder("./"), folder("./"), file()], "twice"),
        ("a folder with content", vec![Entry::new(b'5', "./", b"x"), file()], "with a content"),
        ("the same name twice", vec![file(), other()], "second file, `xgboost-model`"),
        ("another name", vec![file(), Entry::new(b'0', "b", b"x")], "second file, `b`"),
        ("JSON that is none", vec![Entry::new(b'0', "model.json", &file().content)], "UBJSON format under"),
        ("UBJSON that is none", vec![Entry::new(b'0', "model.UBJ", &Sketch::default().json())], "JSON format under"),
    ];
    for (what, entries, word) in table {
        refused(what, &gzip(&tar(&entries)), word);
    }
}

#[test]
fn a_tar_ends_in_zeros_and_nowhere_else() {
    let whole = file().bytes();
    let zeros = |count: usize| vec![0; count];
    let table: [(&str, Vec<u8>, &str); 7] = [
        ("no end", whole.clone(), "no end of two blocks"),
        ("half an end", [whole.clone(), zeros(512)].concat(), "no end of two blocks"),
        ("a file behind one block", [whole.clone(), zeros(512), tar(&[other()])].concat(), "single block of zeros"),
        ("a file behind the end", [whole.clone(), zeros(1024), tar(&[other()])].concat(), "behind the end"),
        ("a byte behind the end", [whole.clone(), zeros(2048), b"x".to_vec(), zeros(511)].concat(), "behind the end"),
        ("a part of a block", [whole.clone(), zeros(1030)].concat(), "within a block"),
        ("a hidden tail", [&whole[..whole.len() - 1], b"x", &zeros(1024)].concat(), "a file's end"),
    ];
    for (what, tar, word) in table {
        refused(what, &gzip(&tar), word);
    }
}

#[test]
fn a_gzip_file_is_one_stream() {
    let (one, two) = (tar(&[file()]), tar(&[other()]));
    let flagged = |flags: u8| {
        let mut file = gzip(&one);
        file[3] = flags;
        file
    };
    let named = |name: &str| {
        let mut encoder = flate2::GzBuilder::new().filename(name).write(Vec::new(), Compression::fast());
        encoder.write_all(&one).unwrap();
        encoder.finish().unwrap()
    };
    let commented = || {
        let mut encoder = flate2::GzBuilder::new().comment("a").write(Vec::new(), Compression::fast());
        encoder.write_all(&one).unwrap();
        encoder.finish().unwrap()
    };
    assert!(read(&named("model.tar")).is_ok());
    let empty = GzEncoder::new(Vec::new(), Compression::fast()).finish().unwrap();
    refused("a second stream", &[gzip(&one), gzip(&two)].concat(), "behind the end of its gzip");
    refused("a tar in two streams", &[gzip(&one[..700]), gzip(&one[700..])].concat(), "behind the end of its gzip");
    refused("an empty stream before", &[empty.clone(), gzip(&one)].concat(), "behind the end of its gzip");
    refused("an empty stream behind", &[gzip(&one), empty].concat(), "behind the end of its gzip");
    refused("zeros behind", &[gzip(&one), vec![0; 8]].concat(), "behind the end of its gzip");
    refused("a byte behind", &[gzip(&one), b"x".to_vec()].concat(), "behind the end of its gzip");
    refused("a comment", &commented(), "unusual flags");
    for flags in [1, 2, 4, 16, 32, 64, 128] {
        refused(&format!("flags {flags}"), &flagged(flags), "unusual flags");
    }
}
