//! Which format a model file is of, by its first bytes; formats that are known and not read are refused by name.

use super::learner::Format;
use super::source::Source;
use crate::error::ModelError;

/// Enough for the fixed head of the legacy format and the objective's name behind it, and for tar's magic number.
const LOOKAHEAD: usize = 512;

const SAVE: &str = "save the booster with XGBoost's `save_model` (a name without extension, `.ubj` or `.json`)";
const PICKLE: &str = "a pickle runs any code that its author chose as soon as it is loaded, and the container would load it; \
     save the booster with XGBoost's `save_model` instead";

/// Recognises UBJSON, JSON and the legacy binary format.
///
/// # Errors
/// [`ModelError::Format`] for anything else, naming it where it is known.
pub(super) fn recognise(source: &mut Source<'_>) -> Result<Format, ModelError> {
    let start = source.peek(LOOKAHEAD)?;
    match start {
        // Both start with an object; the length of its first key follows in UBJSON, a quote in JSON. XGBoost tells them
        // apart by that too.
        [b'{', b'L', ..] => Ok(Format::Ubjson),
        [b'{', b'"', ..] => Ok(Format::Json),
        [b'b', b'i', b'n', b'f', ..] => Ok(Format::Legacy),
        other => Err(refuse(other)),
    }
}

/// That the file's name does not make XGBoost take it for another format.
///
/// # Errors
/// [`ModelError::Format`] for a file that XGBoost would not load under this name.
pub(super) fn check_ending(name: &str, format: Format) -> Result<(), ModelError> {
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
    let fits = match ending.as_deref() {
        Some("json") => format == Format::Json,
        Some("ubj") => format == Format::Ubjson,
        _ => true,
    };
    if fits {
        return Ok(());
    }
    let advice = "XGBoost goes by the ending; name the file `xgboost-model`";
    Err(ModelError::Format { found: format!("of the {format} format under the ending of another"), advice })
}

/// Versions before 1.0 wrote the binary format without `binf`: 136 bytes of parameters, then the objective's name behind
/// its 64-bit length. The container tries to unpickle a file first, and those parameters can be chosen to be a pickle.
fn is_headless_legacy(start: &[u8]) -> bool {
    let name = start.get(136..).and_then(|rest| rest.split_first_chunk::<8>());
    name.is_some_and(|(length, name)| {
        let length = u64::from_le_bytes(*length);
        let name = name.get(..usize::try_from(length).unwrap_or(usize::MAX));
        (1..=64).contains(&length)
            && name.is_some_and(|name| name.iter().all(|byte| byte.is_ascii_lowercase() || b":_".contains(byte)))
    })
}

fn refuse(start: &[u8]) -> ModelError {
    let format = |found: &str, advice| ModelError::Format { found: found.to_owned(), advice };
    if start.get(257..262) == Some(b"ustar") {
        return format("an uncompressed tar", "compress it with gzip, as `model.tar.gz`");
    }
    match start {
        [] => format("empty", SAVE),
        _ if is_headless_legacy(start) => {
            format("XGBoost's legacy binary format without its first four bytes, `binf`", SAVE)
        }
        [b'{', ..] => format("an object as XGBoost does not write it", SAVE),
        [0x80, 0..=5, ..] | [b'c', b'x' | b'_' | b'c' | b'n' | b's', ..] | [b'(', b'l' | b'd' | b'i', ..] => {
            format("a Python pickle", PICKLE)
        }
        [b'b', b's', b'6', b'4', ..] => format("XGBoost's legacy base64 format", SAVE),
        [0x1f, 0x8b, ..] => format("gzip-compressed once more", "put the plain model file into the tar"),
        [b'P', b'K', 3 | 5, 4 | 6, ..] => format("a zip archive", SAVE),
        [b'C', b'B', b'M', b'1', ..] => format("a CatBoost model", "only XGBoost models are scored"),
        [b't', b'r', b'e', b'e', b'\n' | b'\r', ..] => format("a LightGBM model", "only XGBoost models are scored"),
        // A protobuf whose field 1 is a small integer (`ir_version`) and whose field 2 is a text (`producer_name`).
        [0x08, 1..=20, 0x12, ..] => format("an ONNX model", "only XGBoost models are scored"),
        [0x89, b'H', b'D', b'F', ..] => format("an HDF5 file", "only XGBoost models are scored"),
        [0x78, 0x01 | 0x5e | 0x9c | 0xda, ..] => {
            format("zlib-compressed, as `joblib` writes a compressed pickle", PICKLE)
        }
        other => {
            let bytes: Vec<String> = other.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
            format(&format!("of an unknown format (it starts with the bytes {})", bytes.join(" ")), SAVE)
        }
    }
}
