//! Uses secrets, for `test_memory.py` to search the memory that is left: `memory SCENARIO`, with the secrets on
//! standard input, one per line. The program keeps them in one place and wipes it.

use std::error::Error;
use std::fs::File;
use std::hint::black_box;
use std::io::Read;
use std::sync::Mutex;

use tink_webhooks::explain::{Cause, explain};
use tink_webhooks::{Scheme, VerificationStream, Verifier, VerifierBuilder, WebhookHandler, clock, generate_signature};
use zeroize::Zeroize;

type Failure = Box<dyn Error>;

const BODY: &str = r#"{"event":"account:updated","context":{"userId":"u1"},"content":{"id":"a1"}}"#;

static INPUT: Mutex<[u8; 8_192]> = Mutex::new([0; 8_192]);

fn uses(verifier: &Verifier, secrets: &[&[u8]]) -> Result<(), Failure> {
    for secret in secrets {
        let header = generate_signature(BODY, secret, Scheme::V1, None)?;
        verifier.verify_signature(BODY.as_bytes(), Some(header.as_bytes()), clock::now)?;
        verifier.construct(BODY.as_bytes(), Some(header.as_bytes()), clock::now)?;
        let forged = verifier.verify_signature(b"another", Some(header.as_bytes()), clock::now);
        let bare = generate_signature(BODY, secret, Scheme::Body, None)?;
        verifier.verify_signature(BODY.as_bytes(), Some(bare.as_bytes()), clock::now)?;
        forged.err().ok_or("a forged delivery was accepted")?;
    }
    Ok(())
}

/// A stream that was fed byte by byte, and so went through every state.
fn fed(verifier: &Verifier, header: &str, text: &str) -> Result<VerificationStream, Failure> {
    let mut stream = verifier.begin_verification(Some(header.as_bytes()))?;
    for byte in text.as_bytes().chunks(1) {
        stream.update(byte)?;
    }
    Ok(stream)
}

fn finishes_streams(verifier: &Verifier, secrets: &[&[u8]]) -> Result<(), Failure> {
    for secret in secrets {
        let header = generate_signature(BODY, secret, Scheme::V1, None)?;
        let bare = generate_signature(BODY, secret, Scheme::Body, None)?;
        fed(verifier, &header, BODY)?.finish(clock::now)?;
        fed(verifier, &bare, BODY)?.finish(clock::now)?;
        verifier.verify_signature_scattered(&[BODY], Some(header.as_bytes()), clock::now)?;
        fed(verifier, &header, BODY)?.finish(|| Err::<i64, Failure>("no clock".into())).err().ok_or("no clock")?;
        fed(verifier, &header, "another")?.finish(clock::now).err().ok_or("a forged delivery was accepted")?;
        // A body that begins with a digit, or is too large, is refused before all of it has come.
        fed(verifier, &bare, "1")?.finish(clock::now).err().ok_or("a forged delivery was accepted")?;
        let mut large = fed(verifier, &header, BODY)?;
        large.update("1").err().ok_or("taken, and had to be too large")?;
        large.finish(clock::now).err().ok_or("accepted, and had to be too large")?;
    }
    Ok(())
}

fn drops_streams(verifier: &Verifier, secret: &[u8]) -> Result<(), Failure> {
    for scheme in [Scheme::V1, Scheme::Body] {
        let header = generate_signature(BODY, secret, scheme, None)?;
        for fed_so_far in ["", "{", BODY] {
            drop(fed(verifier, &header, fed_so_far)?);
        }
    }
    Ok(())
}

fn fails(builder: VerifierBuilder) -> Result<(), Failure> {
    let error = builder.build().err().ok_or("it was built, and had to fail")?;
    // The error is formatted, as for a log.
    drop(format!("{error} {error:?}"));
    Ok(())
}

fn handles(secrets: &[&[u8]]) -> Result<(), Failure> {
    let hooks = WebhookHandler::builder().secrets(secrets).build()?;
    hooks.on("account:updated", |_| Err::<(), _>("the database is away"))?;
    let header = generate_signature(BODY, secrets[0], Scheme::V1, None)?;
    let failure = hooks.handle_webhook(BODY, &header).err().ok_or("the handler did not run")?;
    drop(format!("{hooks:?} {failure:?} {failure}"));
    hooks.unregister_handlers("account:updated")?;
    hooks.on("*", |_| -> () { std::panic::resume_unwind(Box::new(())) })?;
    let failure = hooks.handle_webhook(BODY, &header).err().ok_or("the handler did not panic")?;
    drop(format!("{failure:?} {failure}"));
    Ok(())
}

/// The secret in base64 without padding.
fn base64(secret: &[u8]) -> Vec<u8> {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bit = |at: usize| secret.get(at / 8).map_or(0, |byte| usize::from(byte >> (7 - at % 8) & 1));
    let letter = |first: usize| alphabet[(first..first + 6).fold(0, |all, at| all << 1 | bit(at))];
    (0..8 * secret.len()).step_by(6).map(letter).collect()
}

/// Explains a delivery under secrets as they are and in other forms, from which the search makes them again.
fn explains(secrets: &[&[u8]]) -> Result<(), Failure> {
    for secret in secrets {
        let header = generate_signature(BODY, secret, Scheme::V1, None)?;
        let caused = |body: &str, secrets: &[&[u8]], cause: Cause| {
            let explanation = explain(body, &header, secrets, None);
            drop(format!("{explanation} {explanation:?}"));
            if explanation.cause() == cause { Ok(()) } else { Err(format!("{explanation}")) }
        };
        caused(BODY, secrets, Cause::Verifies)?;
        caused("{}", secrets, Cause::SecretOther)?;
        // This program leaves no copy of its own: each form is made in one block.
        let quoted = [b"\"", *secret, b"\"\n"].concat();
        let digits = hex::encode(secret).into_bytes();
        let percents = digits.chunks(2).flat_map(|digits| [b'%', digits[0], digits[1]]).collect::<Vec<_>>();
        for (form, cause) in [
            (quoted, Cause::SecretWhitespace),
            (digits, Cause::SecretEncoded),
            (percents, Cause::SecretEncoded),
            (base64(secret), Cause::SecretEncoded),
        ] {
            caused(BODY, &[&form, b"another secret"], cause)?;
            wipe(form);
        }
    }
    Ok(())
}

/// The same for what a receiver refuses.
fn explains_refusals(verifier: &Verifier, secrets: &[&[u8]]) -> Result<(), Failure> {
    for secret in secrets {
        let header = generate_signature(BODY, secret, Scheme::V1, None)?;
        for (body, verifies) in [(BODY, true), ("{}", false)] {
            let explanation = verifier.explain(body.as_bytes(), Some(header.as_bytes()), None);
            drop(format!("{explanation} {explanation:?}"));
            if explanation.verifies() != verifies {
                return Err(explanation.to_string().into());
            }
        }
    }
    Ok(())
}

fn run(scenario: &str, secrets: &[&[u8]]) -> Result<(), Failure> {
    let builder = Verifier::builder;
    match scenario {
        "nothing" => {}
        "leak" => drop(black_box(secrets[0].to_vec())),
        "one" => uses(&builder().secret(secrets[0]).build()?, &secrets[..1])?,
        "several" => uses(&builder().secrets(secrets).build()?, secrets)?,
        "rotated" => {
            for count in 1..=secrets.len() {
                let verifier = builder().secrets(&secrets[..count]).build()?;
                uses(&verifier, &secrets[..count])?;
            }
        }
        "replaced" => {
            let verifier = builder().secrets(secrets).secret(secrets[0]).secrets(secrets).build()?;
            uses(&verifier, secrets)?;
        }
        "never built" => drop(builder().secrets(secrets)),
        "shown" => drop(format!("{:?} {:?}", builder().secrets(secrets), builder().secrets(secrets).build())),
        "refused" => {
            let mistaken: Vec<u8> = [secrets[0], b"\n"].concat();
            let among = [secrets[0], &mistaken, secrets[1]];
            fails(builder().secrets(among))?;
            fails(builder().secret(&mistaken))?;
            fails(builder().secrets(secrets).tolerance_seconds(Some(-1.0)))?;
            fails(builder().secrets(secrets).max_body_bytes(0))?;
            generate_signature(BODY, &mistaken, Scheme::V1, None).err().ok_or("signed")?;
            generate_signature("1", secrets[0], Scheme::Body, None).err().ok_or("signed")?;
            wipe(mistaken);
        }
        "environment" => uses(&builder().build()?, secrets)?,
        "broken environment" => fails(builder())?,
        "given environment" => {
            // One block, large enough from the start: this program leaves no copy of its own.
            let mut value = Vec::with_capacity(8_192);
            for secret in secrets {
                value.extend_from_slice(secret);
                value.push(b' ');
            }
            uses(&builder().secrets_from_environment(str::from_utf8(&value).ok()).build()?, secrets)?;
            wipe(value);
        }
        "streams finished" => {
            finishes_streams(&builder().secrets(secrets).max_body_bytes(BODY.len()).build()?, secrets)?;
        }
        "streams dropped" => drops_streams(&builder().secrets(secrets).build()?, secrets[0])?,
        "handler" => handles(secrets)?,
        "explained" => explains(secrets)?,
        "refusals explained" => explains_refusals(&builder().secrets(secrets).build()?, secrets)?,
        other => return Err(format!("no scenario {other}").into()),
    }
    Ok(())
}

fn wipe(mut bytes: Vec<u8>) {
    bytes.zeroize();
}

fn main() -> Result<(), Failure> {
    let scenario = std::env::args().nth(1).ok_or("which scenario?")?;
    let mut input = INPUT.lock().map_err(|_| "poisoned")?;
    // Without the buffer of `stdin()`, which would be another copy.
    let len = File::open("/dev/stdin")?.read(&mut *input)?;
    let secrets: Vec<&[u8]> = input[..len].split(|&byte| byte == b'\n').filter(|secret| !secret.is_empty()).collect();
    run(&scenario, &secrets)?;
    drop(secrets);
    input.zeroize();
    Ok(())
}
