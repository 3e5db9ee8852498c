//! Each format has one form: what is written otherwise is refused, even where most readers would read it alike.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use meridian_xgboost::Model;
use support::{Sketch, Ubj};

#[track_caller]
fn refused(what: &str, file: &[u8], words: &[&str]) {
    let text = Model::from_ubjson(file).expect_err(&format!("{what} must be refused")).to_string();
    for word in words {
        assert!(text.contains(word), "{what}: {word:?} is not in {text:?}");
    }
}

fn document() -> Ubj {
    let attributes = vec![("alpha", Ubj::Text("1")), ("beta", Ubj::Text("2"))];
    Sketch { attributes, ..Sketch::default() }.document()
}

/// `from` once in the bytes, and `to` in its place.
#[track_caller]
fn replaced(file: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let at = file.windows(from.len()).position(|window| window == from).expect("it is there");
    [&file[..at], to, &file[at + from.len()..]].concat()
}

#[test]
fn ubjson_in_another_form_is_refused() {
    let usual = document().bytes();
    let long = |value: i64| [b"L".as_slice(), &value.to_be_bytes()].concat();
    let attacks: [(&str, Vec<u8>, Vec<u8>); 10] = [
        ("a short length", [long(7), b"learner".to_vec()].concat(), b"i\x07learner".to_vec()),
        ("a negative length", long(7), long(-7)),
        ("a counted object", b"{L".to_vec(), [b"{#".to_vec(), long(2), b"L".to_vec()].concat()),
        ("a no-op", b"version[".to_vec(), b"versionN[".to_vec()),
        (
            "an open list",
            [b"[#".to_vec(), long(3), b"i\x03i\x02i\x00".to_vec()].concat(),
            b"[i\x03i\x02i\x00]".to_vec(),
        ),
        ("a wide integer", b"i\x03i\x02i\x00".to_vec(), b"I\x00\x03i\x02i\x00".to_vec()),
        ("an unsigned integer", b"i\x03i\x02i\x00".to_vec(), b"U\x03i\x02i\x00".to_vec()),
        ("a negative integer", b"i\x03i\x02i\x00".to_vec(), b"i\xffi\x02i\x00".to_vec()),
        (
            "a typed list",
            b"[#L\0\0\0\0\0\0\0\x03i\x03i\x02i\x00".to_vec(),
            b"[$i#L\0\0\0\0\0\0\0\x03\x03\x02\x00".to_vec(),
        ),
        ("a text that is not UTF-8", b"alpha".to_vec(), b"alph\xff".to_vec()),
    ];
    for (what, from, to) in attacks {
        refused(what, &replaced(&usual, &from, &to), &[]);
    }
    refused("a tail", &[usual.as_slice(), b"}"].concat(), &["follow the model's end"]);
    refused("two models", &[usual.as_slice(), &usual].concat(), &["follow the model's end"]);
}

#[test]
fn json_in_another_form_is_refused() {
    let usual = document().json();
    let attacks: [(&str, &str); 33] = [
        (r#"{"learner""#, r#" {"learner""#),
        (r#"{"learner""#, "\u{feff}{\"learner\""),
        (r#"{"learner""#, r#"{ "learner""#),
        (r#""learner":"#, r#""learner" :"#),
        (r#""learner":"#, r#""learner": "#),
        (r#""learner":"#, r#""\u006cearner":"#),
        (r#""learner":"#, "'learner':"),
        (r#""learner":"#, r#"learner:"#),
        (r#","version""#, r#",,"version""#),
        ("[3,2,0]", "[3,2,0,]"),
        ("[3,2,0]", "[3, 2,0]"),
        ("[3,2,0]", "[3,2,00]"),
        ("[3,2,0]", "[3,2,-0]"),
        ("[3,2,0]", "[3,+2,0]"),
        ("[3,2,0]", "[3,2.0,0]"),
        ("[3,2,0]", "[3,2E0,0]"),
        ("[3,2,0]", "[3,0x2,0]"),
        ("[3,2,0]", "[3,null,0]"),
        ("[5E-1,", "[5e-1,"),
        ("[5E-1,", "[0.5,"),
        ("[5E-1,", "[5.0E-1,"),
        ("[5E-1,", "[5E-01,"),
        ("[5E-1,", "[5.00000001E-1,"),
        ("[5E-1,", "[50E-2,"),
        ("[5E-1,", "[NaN,"),
        ("[5E-1,", "[Infinity,"),
        ("[5E-1,", "[null,"),
        ("[1,1,1]", "[true,1,1]"),
        (r#""alpha":"1""#, r#""alpha":"\u0031""#),
        (r#""alpha":"1""#, r#""alpha":"\/""#),
        (r#""alpha":"1""#, r#""alpha":"\\u0031""#),
        (r#""alpha":"1""#, "\"alpha\":\"\n\""),
        (r#""alpha":"1""#, r#""alpha":"\b""#),
    ];
    for (from, to) in attacks {
        let bent = replaced(usual.as_bytes(), from.as_bytes(), to.as_bytes());
        refused(&format!("{to} for {from}"), &bent, &[]);
    }
    for tail in ["\n", " ", "}", "{}", "\0"] {
        refused(&format!("{tail:?} behind"), format!("{usual}{tail}").as_bytes(), &["follow the model's end"]);
    }
    let said = replaced(usual.as_bytes(), br#""alpha":"1""#, br#""alpha":"a\"b\\c\n\t""#);
    assert!(Model::from_ubjson(&said).is_ok());
}

#[test]
fn bytes_that_say_nothing_in_the_legacy_format_must_be_zeros() {
    let usual = Sketch::default().legacy();
    let mut accepted = Vec::new();
    for place in 4..usual.len() {
        for flip in [1, 0x80] {
            let mut bent = usual.clone();
            bent[place] ^= flip;
            if let Ok(model) = Model::from_ubjson(&bent) {
                accepted.push(place);
                // What is left to choose is what the model says, and every reader reads it alike.
                assert!(model.margin(&[0.7]).is_ok());
            }
        }
    }
    // The base score, no or one class, the minor version, where the score comes from, no or one value a leaf; directions,
    // thresholds and leaves; statistics that are not scored; the last digit of the weight.
    let allowed = |place: &usize| {
        (4..8).contains(place)
            || [12, 28, 357].contains(place)
            || (36..37).contains(place)
            || (485..545).contains(place)
            || (545..593).contains(place)
            || *place == usual.len() - 4
    };
    let wrong: Vec<usize> = accepted.into_iter().filter(|place| !allowed(place)).collect();
    assert!(wrong.is_empty(), "{wrong:?} of {}", usual.len());
}

#[test]
fn a_legacy_file_without_its_first_bytes_is_refused() {
    // Its parameters may be chosen to be a pickle, which the container tries first.
    refused("headless", &Sketch::default().legacy()[4..], &["without its first four bytes", "binf"]);
}
