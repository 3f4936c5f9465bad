//! Refuses forged deliveries, whose instructions `test_timing.py` counts: `timing WAY`. Standard input has one case per
//! line: secrets separated by commas, header, and body in hex, separated by tabs. Each is refused inside [`measured`],
//! which callgrind watches. As timing.c.

use std::error::Error;
use std::hint::black_box;
use std::io::stdin;

use tink_webhooks::{Reason, Verification, Verifier, clock, hmac_sha256};

type Failure = Box<dyn Error>;
type Verify = fn(&Verifier, &[u8], &[u8]) -> Result<Verification, tink_webhooks::Error>;

/// From the second call on, the allocator and the lazy parts of the runtime have been initialised.
const ROUNDS: usize = 3;
/// Not a divisor of the block size of SHA-256, so that pieces end anywhere in a block.
const PIECE: usize = 40;

/// Callgrind counts the instructions of this function only.
#[inline(never)]
fn measured(refusal: &dyn Fn() -> Option<Reason>) -> Option<Reason> {
    black_box(refusal())
}

fn whole(verifier: &Verifier, body: &[u8], header: &[u8]) -> Result<Verification, tink_webhooks::Error> {
    verifier.verify_signature(body, Some(header), clock::now)
}

fn scattered(verifier: &Verifier, body: &[u8], header: &[u8]) -> Result<Verification, tink_webhooks::Error> {
    let pieces: Vec<&[u8]> = body.chunks(PIECE).collect();
    verifier.verify_signature_scattered(&pieces, Some(header), clock::now)
}

fn stream(verifier: &Verifier, body: &[u8], header: &[u8]) -> Result<Verification, tink_webhooks::Error> {
    let mut stream = verifier.begin_verification(Some(header))?;
    for piece in body.chunks(PIECE) {
        stream.update(piece)?;
    }
    stream.finish(clock::now)
}

/// The self-check: a comparison that stops at the first difference. If its counts were equal, the test would prove
/// nothing. Scheme `body` only.
fn early_exit(secret: &str, body: &[u8], header: &str) -> Option<Reason> {
    let (Ok(claimed), mac) = (hex::decode(header), hmac_sha256(secret.as_bytes())([body])) else {
        return None;
    };
    for (one, other) in mac.iter().zip(&claimed) {
        if black_box(one) != other {
            return Some(Reason::SignatureMismatch);
        }
    }
    None
}

fn main() -> Result<(), Failure> {
    let way = std::env::args().nth(1).ok_or("which way?")?;
    let verify: Option<Verify> = match &*way {
        "whole" => Some(whole),
        "scattered" => Some(scattered),
        "stream" => Some(stream),
        "early exit" => None,
        other => return Err(format!("no way {other}").into()),
    };
    for line in stdin().lines() {
        let line = line?;
        let [secrets, header, body] = line.split('\t').collect::<Vec<_>>()[..] else {
            return Err(format!("no case: {line}").into());
        };
        let (secrets, header, body) = (secrets.split(',').collect::<Vec<_>>(), header.to_owned(), hex::decode(body)?);
        let verifier = Verifier::builder().secrets(&secrets).build()?;
        for _ in 0..ROUNDS {
            let reason = measured(&|| match verify {
                Some(verify) => verify(&verifier, &body, header.as_bytes()).err().map(|error| error.reason()),
                None => early_exit(secrets[0], &body, &header),
            });
            if reason != Some(Reason::SignatureMismatch) {
                return Err(format!("{reason:?}, and had to be refused for its MAC: {line}").into());
            }
        }
    }
    Ok(())
}
