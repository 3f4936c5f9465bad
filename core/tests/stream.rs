//! A body in pieces gets the verdict of the whole body, however it is cut.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use proptest::prelude::*;
use tink_webhooks::{Error, Event, Reason, Scheme, Verification, VerificationStream, Verifier, generate_signature};

const NOW: i64 = 1_700_000_000;
const CAP: usize = 64;

type Verdict = Result<Verification, Reason>;

fn verifier() -> Verifier {
    Verifier::builder().secrets(["new", "old", "older"]).max_body_bytes(CAP).build().unwrap()
}

#[expect(clippy::unnecessary_wraps, reason = "a clock may fail; this one does not")]
fn now() -> Result<i64, Error> {
    Ok(NOW * 1_000)
}

fn verdict(result: Result<Verification, Error>) -> Verdict {
    result.map_err(|error| error.reason())
}

fn feed(mut stream: VerificationStream, pieces: &[&[u8]]) -> Verdict {
    for piece in pieces {
        let _ = stream.update(piece); // `finish` reports it too
    }
    verdict(stream.finish(now))
}

fn streamed(pieces: &[&[u8]], signature: &[u8]) -> Verdict {
    verifier()
        .begin_verification(Some(signature))
        .map_err(|error| error.reason())
        .and_then(|stream| feed(stream, pieces))
}

/// Cuts the body at these places, whatever they are.
fn cut<'b>(body: &'b [u8], places: &[usize]) -> Vec<&'b [u8]> {
    let mut places: Vec<_> = places.iter().map(|place| place % (body.len() + 1)).collect();
    places.sort_unstable();
    let starts = [0].into_iter().chain(places.iter().copied());
    starts.zip(places.iter().copied().chain([body.len()])).map(|(from, to)| &body[from..to]).collect()
}

/// Headers of every kind: right, forged, stale, with several candidates, bare, malformed.
fn header() -> impl Strategy<Value = fn(&[u8]) -> String> {
    fn v1(body: &[u8], secret: &str, at: i64) -> String {
        generate_signature(body, secret, Scheme::V1, Some(at)).unwrap()
    }
    fn bare(body: &[u8]) -> String {
        generate_signature(body, "old", Scheme::Body, None).unwrap_or_else(|_| "0".repeat(64))
    }
    prop::sample::select(vec![
        (|body| v1(body, "new", NOW)) as fn(&[u8]) -> String,
        |body| v1(body, "older", NOW),
        |body| v1(body, "forged", NOW),
        |body| v1(body, "old", NOW - 301),
        |body| v1(body, "old", NOW + 301),
        |body| format!("{},v1={}", v1(b"other", "old", NOW), &v1(body, "older", NOW)[16..]),
        |body| format!("{},v1={}", v1(body, "older", NOW), &v1(body, "new", NOW)[16..]),
        bare,
        |_| "t=1".to_owned(),
        |_| String::new(),
    ])
}

proptest! {
    #[test]
    fn any_cut_gives_the_verdict_of_the_whole(
        body in prop::collection::vec(prop_oneof![any::<u8>(), b'0'..=b'9'], 0..=CAP + 2),
        places in prop::collection::vec(any::<usize>(), 0..6),
        header in header(),
    ) {
        let header = header(&body);
        let pieces = cut(&body, &places);
        prop_assert_eq!(pieces.concat(), body.clone());
        let whole = verdict(verifier().verify_signature(&body, Some(header.as_bytes()), now));
        let scattered = verdict(verifier().verify_signature_scattered(&pieces, Some(header.as_bytes()), now));
        prop_assert_eq!(&scattered, &whole);

        let stream = streamed(&pieces, header.as_bytes());
        match stream {
            // The one thing a stream knows in another order: it sees the header before it can count the body.
            Err(reason @ (Reason::MissingSignature | Reason::MalformedSignature)) if body.len() > CAP => {
                prop_assert_eq!(whole, Err(Reason::BodyTooLarge));
                prop_assert_eq!(verdict(verifier().verify_signature(b"", Some(header.as_bytes()), now)), Err(reason));
            }
            _ => prop_assert_eq!(&stream, &whole),
        }
        let bytes: Vec<_> = body.chunks(1).collect();
        prop_assert_eq!(streamed(&bytes, header.as_bytes()), stream);
    }

    #[test]
    fn a_piece_that_is_missing_doubled_or_moved_is_noticed(
        body in prop::collection::vec(any::<u8>(), 2..=CAP / 2),
        place in any::<usize>(),
    ) {
        let header = generate_signature(&body, "old", Scheme::V1, Some(NOW)).unwrap();
        let (one, two) = body.split_at(1 + place % (body.len() - 1));
        prop_assert!(streamed(&[one, two], header.as_bytes()).is_ok());
        for wrong in [&[one][..], &[two], &[one, one, two], &[one, two, two]] {
            prop_assert_eq!(streamed(wrong, header.as_bytes()), Err(Reason::SignatureMismatch));
        }
        if [two, one].concat() != body {
            prop_assert_eq!(streamed(&[two, one], header.as_bytes()), Err(Reason::SignatureMismatch));
        }
    }
}

/// The rule that keeps the schemes apart looks at the body's first byte, wherever the pieces begin.
#[test]
fn a_bare_mac_over_a_body_that_begins_with_a_digit_is_refused() {
    let captured = generate_signature("{}", "old", Scheme::V1, Some(NOW)).unwrap();
    let mac = captured.split_once("v1=").unwrap().1.as_bytes();
    for pieces in [&[&b"1700000000.{}"[..]][..], &[b"", b"1", b"700000000.{}"], &[b"", b"", b"1700000000.", b"{}"]] {
        assert_eq!(streamed(pieces, mac), Err(Reason::SignatureMismatch));
        assert_eq!(
            verdict(verifier().verify_signature_scattered(pieces, Some(mac), now)),
            Err(Reason::SignatureMismatch)
        );
    }
    // A digit later on is none of its business.
    let bare = generate_signature("{1}", "old", Scheme::Body, None).unwrap();
    assert_eq!(streamed(&[b"", b"{", b"1}"], bare.as_bytes()).unwrap().secret_index, 1);
}

#[test]
fn too_large_stays_too_large() {
    let body = [b'x'; CAP];
    let header = generate_signature(body, "new", Scheme::V1, Some(NOW)).unwrap();
    let mut stream = verifier().begin_verification(Some(header.as_bytes())).unwrap();
    stream.update(body).unwrap();
    stream.update("").unwrap();
    assert_eq!(stream.update("y").unwrap_err().reason(), Reason::BodyTooLarge);
    assert_eq!(stream.update("").unwrap_err().reason(), Reason::BodyTooLarge);
    assert_eq!(verdict(stream.finish(now)), Err(Reason::BodyTooLarge));
}

/// As with a whole body: forged deliveries learn nothing about the clock, and read it in vain.
#[test]
fn the_clock_is_read_after_the_mac_has_held() {
    let forged = generate_signature("{}", "forged", Scheme::V1, Some(NOW)).unwrap();
    let mut stream = verifier().begin_verification(Some(forged.as_bytes())).unwrap();
    stream.update("{}").unwrap();
    let verdict = stream.finish(|| -> Result<i64, Error> { unreachable!("the MAC does not hold") });
    assert_eq!(verdict.unwrap_err().reason(), Reason::SignatureMismatch);
}

#[test]
fn debug_output_shows_no_mac() {
    let header = generate_signature("{}", "new", Scheme::V1, Some(NOW)).unwrap();
    let stream = verifier().begin_verification(Some(header.as_bytes())).unwrap();
    assert_eq!(format!("{stream:?}"), "VerificationStream { scheme: V1, .. }");
}

#[test]
fn an_event_of_pieces_has_its_verification_and_the_time_of_signing() {
    let body = r#"{"event":"account:updated","content":{}}"#;
    let (verifier, header) = (verifier(), generate_signature(body, "old", Scheme::V1, Some(NOW - 7)).unwrap());
    let signature = Some(header.as_bytes());
    let whole = Event::from(verifier.construct(body.as_bytes(), signature, now).unwrap());
    let scattered = verifier.construct_scattered(&[&body[..9], "", &body[9..]], signature, now).unwrap();
    let mut stream = verifier.begin_verification(signature).unwrap();
    for piece in body.as_bytes().chunks(5) {
        stream.update(piece).unwrap();
    }
    let streamed = Event::from(stream.finish_delivery(body.as_bytes(), now).unwrap());
    for event in [&scattered, &streamed] {
        assert_eq!(event.raw_body(), body.as_bytes());
        assert_eq!(event.timestamp_millis(), (NOW - 7) * 1_000);
        assert_eq!(event.verification(), whole.verification());
        assert_eq!(event.verification().unwrap().secret_index, 1);
    }
}

#[test]
fn pieces_that_are_no_event_get_the_reason_of_the_whole() {
    let verifier = verifier();
    let header = |body: &str| generate_signature(body, "new", Scheme::V1, Some(NOW)).unwrap();
    let reason = |pieces: &[&str], header: &str| {
        verifier.construct_scattered(pieces, Some(header.as_bytes()), now).map(drop).map_err(|error| error.reason())
    };
    assert_eq!(reason(&["[", "]"], &header("[]")), Err(Reason::NotAnObject));
    assert_eq!(reason(&["[", "]"], &header("{}")), Err(Reason::SignatureMismatch));
    assert_eq!(reason(&[&"x".repeat(CAP), "x"], "malformed"), Err(Reason::BodyTooLarge));
    // What is read must be what came: a longer or shorter text is refused, and a failed proof is told of first.
    let body = r#"{"event":"a:b"}"#;
    for (secret_of, read, expected) in [
        (body, r#"{"event":"a:bc"}"#, Reason::InvalidOption),
        (body, "", Reason::InvalidOption),
        ("{}", r#"{"event":"a:bc"}"#, Reason::SignatureMismatch),
    ] {
        let mut stream = verifier.begin_verification(Some(header(secret_of).as_bytes())).unwrap();
        stream.update(body).unwrap();
        assert_eq!(stream.finish_delivery(read.as_bytes(), now).unwrap_err().reason(), expected);
    }
}
