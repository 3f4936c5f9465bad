//! Calls that must cost the same, for `test_timing.py` to count instructions of. Each call is made through
//! [`measured`], which callgrind watches; for each one a line on standard output names its group and its variant.

#![expect(clippy::print_stdout, reason = "what was called is what this program has to say")]

use std::error::Error;
use std::hint::black_box;

use tink_webhooks::{Scheme, Verifier, clock, generate_signature, hmac_sha256};

type Failure = Box<dyn Error>;

const SECRETS: [&str; 4] = [
    "67abc1e08fb64c92b450a13e0876330b",
    "5a1d9c3e7b2f48069e0c4d8b6a3f1e27",
    "c0ffee00c0ffee00c0ffee00c0ffee00",
    "0123456789abcdef0123456789abcdef",
];
const BODY: &str = r#"{"event":"account:updated","context":{"userId":"u1"},"content":{"id":"a1"}}"#;
/// The allocator and the lazy parts of the runtime are used to the call from the second time on.
const ROUNDS: usize = 3;

/// What callgrind counts, and nothing else.
#[inline(never)]
fn measured(call: &dyn Fn() -> bool) -> bool {
    black_box(call())
}

fn measure(group: &str, variant: &str, call: &dyn Fn() -> bool) -> Result<(), Failure> {
    for _ in 0..ROUNDS {
        if measured(call) {
            return Err(format!("{group}, {variant}: accepted, and had to be refused").into());
        }
    }
    println!("{group}\t{variant}");
    Ok(())
}

/// Another digit of the same class: a digit stays a digit and a letter a letter, so that reading the sender's own text
/// costs the same. (What it costs depends on that text alone, which is no secret.)
const fn other(digit: u8) -> u8 {
    match digit {
        b'9' => b'0',
        b'f' => b'a',
        digit => digit + 1,
    }
}

/// A MAC with the named digits replaced.
fn wrong_at(mac: &str, at: impl Fn(usize) -> bool) -> String {
    let digits = mac.bytes().enumerate().map(|(index, digit)| if at(index) { other(digit) } else { digit });
    digits.map(char::from).collect()
}

/// Near misses: how many digits are right from the left, from the right, or at all.
fn near_misses(mac: &str) -> [(&'static str, String); 6] {
    [
        ("first digit wrong", wrong_at(mac, |at| at == 0)),
        ("last digit wrong", wrong_at(mac, |at| at == 63)),
        ("first byte wrong", wrong_at(mac, |at| at < 2)),
        ("last byte wrong", wrong_at(mac, |at| at > 61)),
        ("second half wrong", wrong_at(mac, |at| at > 31)),
        ("all digits wrong", wrong_at(mac, |_| true)),
    ]
}

fn accepts(verifier: &Verifier, body: &[u8], header: &str) -> bool {
    verifier.verify_signature(body, Some(header.as_bytes()), clock::now).is_ok()
}

fn one_secret(scheme: Scheme) -> Result<(), Failure> {
    let verifier = Verifier::builder().secret(SECRETS[0]).build()?;
    let header = generate_signature(BODY, SECRETS[0], scheme, None)?;
    let (before, mac) = header.split_at(header.len() - 64);
    for (variant, near) in near_misses(mac) {
        let header = format!("{before}{near}");
        measure(&format!("scheme {scheme}"), variant, &|| accepts(&verifier, BODY.as_bytes(), &header))?;
    }
    Ok(())
}

/// Which of several secrets a signature is near to: the same text, and that secret in every place of the list.
fn several_secrets() -> Result<(), Failure> {
    let header = generate_signature(BODY, SECRETS[0], Scheme::V1, None)?;
    let (before, mac) = header.split_at(header.len() - 64);
    for place in 0..SECRETS.len() {
        let mut secrets = SECRETS;
        secrets.swap(0, place);
        let verifier = Verifier::builder().secrets(secrets).build()?;
        for (variant, near) in near_misses(mac) {
            let header = format!("{before}{near}");
            let variant = format!("{variant}, near to secret {place}");
            measure("four secrets", &variant, &|| accepts(&verifier, BODY.as_bytes(), &header))?;
        }
    }
    Ok(())
}

/// Several candidates in one header: which of them is near.
fn several_candidates() -> Result<(), Failure> {
    let verifier = Verifier::builder().secrets(SECRETS).build()?;
    let header = generate_signature(BODY, SECRETS[3], Scheme::V1, None)?;
    let (before, mac) = header.split_at(header.len() - 64);
    let (near, far) = (wrong_at(mac, |at| at == 63), wrong_at(mac, |_| true));
    for place in 0..4 {
        let macs = (0..4).map(|at| if at == place { &*near } else { &*far }).collect::<Vec<_>>().join(",v1=");
        let header = format!("{before}{macs}");
        let variant = format!("candidate {place} near");
        measure("four candidates", &variant, &|| accepts(&verifier, BODY.as_bytes(), &header))?;
    }
    Ok(())
}

fn bodies_of_equal_length() -> Result<(), Failure> {
    let verifier = Verifier::builder().secret(SECRETS[0]).build()?;
    let header = generate_signature("another body", SECRETS[0], Scheme::V1, None)?;
    for len in [75, 1_000, 100_000] {
        let bodies = [
            ("zeros", vec![0; len]),
            ("all bits", vec![0xff; len]),
            ("digits", b"0123456789".iter().copied().cycle().take(len).collect::<Vec<_>>()),
            ("an event again and again", BODY.bytes().cycle().take(len).collect()),
        ];
        for (variant, content) in &bodies {
            let group = format!("body of {len} bytes");
            measure(&group, variant, &|| accepts(&verifier, content, &header))?;
        }
    }
    Ok(())
}

/// The self-check: a comparison that stops at the first difference. If these counts were equal, the test would prove
/// nothing.
fn early_exit() -> Result<(), Failure> {
    let mac = hmac_sha256(SECRETS[0].as_bytes());
    for (variant, near) in near_misses(&hex::encode(mac([BODY.as_bytes()]))) {
        measure("early exit", variant, &|| {
            let (Ok(claimed), mac) = (hex::decode(&near), mac([BODY.as_bytes()])) else {
                return true;
            };
            for (one, other) in mac.iter().zip(&claimed) {
                if black_box(one) != other {
                    return false;
                }
            }
            true
        })?;
    }
    Ok(())
}

fn main() -> Result<(), Failure> {
    one_secret(Scheme::V1)?;
    one_secret(Scheme::Body)?;
    several_secrets()?;
    several_candidates()?;
    bodies_of_equal_length()?;
    early_exit()
}
