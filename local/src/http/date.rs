//! Virtual time in the forms of HTTP headers and XML.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// `Fri, 20 Nov 2026 03:00:00 GMT`.
pub(super) fn http(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// `2026-11-20T03:00:00.000Z`.
pub(super) fn iso(at: Timestamp) -> String {
    format!("{at:.3}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_s3_writes_them() {
        let at: Timestamp = "2026-11-20T03:00:08.25Z".parse().unwrap();
        assert_eq!(http(at), "Fri, 20 Nov 2026 03:00:08 GMT");
        assert_eq!(iso(at), "2026-11-20T03:00:08.250Z");
    }
}
