//! The verdict on a delivery: arbitrary options, header and body. Core and the model must agree, so an HMAC from
//! another crate confirms what core accepts. An error says nothing about the payload unless the signature is valid.
//!
//! The input, little-endian: flags (bit 0: allow `v1`, 1: allow `body`, 2: window off), the clock minus 2023-11-14 in
//! milliseconds (4 bytes), tolerance (2), cap (2; 0 is the default), length of the secrets (1), length of the header
//! (2); then the secrets, a line feed between two; the header; the body.

#![no_main]

use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use models::signature::{Options, assert_same, expand, judge_secrets, verdict};
use tink_webhooks::{Error, Reason, Scheme, Verifier, WebhookHandler, generate_signature};

const NOW: i64 = 1_700_000_000_000;

fn take<'i>(input: &mut &'i [u8], length: usize) -> &'i [u8] {
    let (taken, rest) = input.split_at(length.min(input.len()));
    *input = rest;
    taken
}

fuzz_target!(|input: &[u8]| {
    let mut input = input;
    let Some((&[flags, a, b, c, d, e, f, g, h, secrets, i, j], _)) = input.split_first_chunk::<12>() else { return };
    take(&mut input, 12);
    let secrets = take(&mut input, secrets.into());
    let secrets: Vec<Vec<u8>> = secrets.split(|&byte| byte == b'\n').map(<[u8]>::to_vec).collect();
    let header = take(&mut input, u16::from_le_bytes([i, j]).into());
    let body = input;

    let schemes = [(1, Scheme::V1), (2, Scheme::Body)].into_iter();
    let schemes: Vec<_> = schemes.filter_map(|(bit, scheme)| (flags & bit != 0).then_some(scheme)).collect();
    let tolerance = (flags & 4 == 0).then_some(u64::from(u16::from_le_bytes([e, f])));
    let mut builder =
        Verifier::builder().secrets(&secrets).schemes(schemes.clone()).tolerance(tolerance.map(Duration::from_secs));
    match usize::from(u16::from_le_bytes([g, h])) {
        0 => {}
        cap => builder = builder.max_body_bytes(cap),
    }
    let verifier = match builder.build() {
        Ok(verifier) => verifier,
        Err(error) => {
            let expected = if schemes.is_empty() { Err(Reason::InvalidOption) } else { judge_secrets(&secrets) };
            assert_eq!(expected, Err(error.reason()));
            return;
        }
    };
    assert_eq!(judge_secrets(&secrets), Ok(()));
    assert!(!schemes.is_empty());

    let now_millis = NOW + i64::from(i32::from_le_bytes([a, b, c, d]));
    let max_body_bytes = verifier.max_body_bytes();
    let header = expand(header, body, &secrets);
    let options = Options { secrets, schemes, tolerance, max_body_bytes, now_millis };
    let expected = verdict(&options, body, &header);
    let clock = || Ok::<_, Error>(now_millis);
    assert_same(&expected, &verifier.verify_signature(body, Some(&header), clock), &header);

    // The whole: the signature's verdict first, then exactly what parsing alone says.
    let constructed = verifier.construct(body, Some(&header), clock);
    let parsed = verifier.parse(body, clock);
    match (&expected, &constructed, &parsed) {
        (Err(reason), Err(error), _) => assert_eq!(*reason, error.reason()),
        (Ok(_), Err(error), Err(alone)) => assert_eq!(error.reason(), alone.reason()),
        (Ok((scheme, t, ..)), Ok(delivery), Ok(alone)) => {
            assert_eq!(delivery.text.as_bytes(), body);
            assert_eq!(delivery.payload.name, alone.payload.name);
            assert!(delivery.verification.is_some() && alone.verification.is_none());
            let signed = if *scheme == Scheme::V1 { t.cast_signed() * 1000 } else { now_millis };
            assert_eq!(delivery.timestamp_millis, delivery.payload.timestamp_millis.unwrap_or(signed));
        }
        _ => panic!("{expected:?}, {constructed:?}, {parsed:?}"),
    }

    // What this library signs, it accepts.
    let secret = &options.secrets[0];
    let signed_at = now_millis.div_euclid(1000);
    for scheme in [Scheme::V1, Scheme::Body] {
        match generate_signature(body, secret, scheme, Some(signed_at)) {
            Err(error) => {
                assert_eq!(error.reason(), Reason::InvalidOption);
                assert!(scheme == Scheme::Body && matches!(body, [b'0'..=b'9', ..]));
            }
            Ok(signature) => {
                let accepted = verifier.verify_signature(body, Some(signature.as_bytes()), clock);
                let may = options.schemes.contains(&scheme) && body.len() <= max_body_bytes;
                assert_eq!(accepted.is_ok(), may, "{accepted:?}");
            }
        }
    }
    let hooks = WebhookHandler::new(secret).expect("checked above");
    let _ = hooks.handle_webhook(body, &header[..]);
});
