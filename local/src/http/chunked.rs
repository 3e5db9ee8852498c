//! `aws-chunked`: a body in chunks, each perhaps signed, with checksums in the trailer.
//!
//! ```text
//! 5;chunk-signature=...\r\nhello\r\n0;chunk-signature=...\r\nx-amz-checksum-crc32:...\r\n\r\n
//! ```

use super::reply::malformed;
use crate::services::ApiError;

/// A decoded body and what followed it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Decoded {
    pub body: Vec<u8>,
    pub trailer: Vec<(String, String)>,
}

/// Takes the chunks apart. Signatures are skipped: nothing here is verified but lengths.
pub(super) fn decode(mut rest: &[u8]) -> Result<Decoded, ApiError> {
    let mut decoded = Decoded::default();
    loop {
        let (head, after) = line(rest)?;
        let size = head.split(';').next().unwrap_or_default();
        let size = usize::from_str_radix(size, 16)
            .map_err(|_| malformed(format!("aws-chunked: {size:?} is not a chunk's size")))?;
        if size == 0 {
            decoded.trailer = trailer(after)?;
            return Ok(decoded);
        }
        let (chunk, after) = after.split_at_checked(size).ok_or_else(cut)?;
        decoded.body.extend_from_slice(chunk);
        rest = after.strip_prefix(b"\r\n").ok_or_else(cut)?;
    }
}

fn trailer(mut rest: &[u8]) -> Result<Vec<(String, String)>, ApiError> {
    let mut headers = Vec::new();
    while !rest.is_empty() {
        let (text, after) = line(rest)?;
        rest = after;
        if let Some((name, value)) = text.split_once(':') {
            headers.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
        }
    }
    Ok(headers)
}

/// One line without its end, and what follows.
fn line(bytes: &[u8]) -> Result<(&str, &[u8]), ApiError> {
    let end = bytes.windows(2).position(|pair| pair == b"\r\n").ok_or_else(cut)?;
    let (text, after) = bytes.split_at_checked(end).ok_or_else(cut)?;
    let text = std::str::from_utf8(text).map_err(|_| malformed("aws-chunked: a line is not text"))?;
    Ok((text, after.get(2..).unwrap_or_default()))
}

fn cut() -> ApiError {
    ApiError::new("IncompleteBody", 400, "aws-chunked: the body ends in the middle of a chunk")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_joined_and_the_trailer_is_read() {
        let wire = b"5;chunk-signature=ab\r\nhello\r\n7\r\n, world\r\n0;chunk-signature=cd\r\n\
                     x-amz-checksum-CRC32: AAAAAA==\r\nx-amz-trailer-signature:ef\r\n\r\n";
        let decoded = decode(wire).unwrap();
        assert_eq!(decoded.body, b"hello, world");
        let names: Vec<&str> = decoded.trailer.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["x-amz-checksum-crc32", "x-amz-trailer-signature"]);
        assert_eq!(decoded.trailer[0].1, "AAAAAA==");
    }

    #[test]
    fn an_empty_body_has_one_empty_chunk() {
        assert_eq!(decode(b"0\r\n\r\n").unwrap(), Decoded::default());
    }

    #[test]
    fn a_cut_or_wrong_body_is_refused() {
        for (wire, code) in [
            (b"5\r\nhel".as_slice(), "IncompleteBody"),
            (b"5\r\nhelloX", "IncompleteBody"),
            (b"", "IncompleteBody"),
            (b"zz\r\n", "SerializationException"),
        ] {
            assert_eq!(decode(wire).unwrap_err().code, code);
        }
    }
}
