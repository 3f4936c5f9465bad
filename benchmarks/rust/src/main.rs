//! This library and others in Rust: `bench ROUNDS SECRET BODY…` prints a line of JSON per case and body. Within a round
//! every case runs once, one after the other, so that a disturbance of the machine affects all of them.

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use hmac::{Hmac, KeyInit, Mac};
use tink_webhooks::{
    Error, EventType, RegisteredHandler, Scheme, Verifier, WebhookHandler, clock, generate_signature, hmac_sha256,
};

type Case<'a> = (String, Box<dyn Fn() + 'a>);

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [rounds, secret, bodies @ ..] = arguments.as_slice() else { panic!("bench ROUNDS SECRET BODY…") };
    for path in bodies {
        run(rounds.parse().expect("a number of rounds"), secret, &std::fs::read(path).expect("a body"));
    }
}

fn run(rounds: usize, secret: &str, body: &[u8]) {
    let header = generate_signature(body, secret, Scheme::V1, None).expect("a signature");
    let signature = header.as_bytes();
    let t = &header[2..12];

    let verifier = Verifier::builder().secret(secret).schemes([Scheme::V1]).build().expect("a verifier");
    let mac = hmac_sha256(secret.as_bytes());
    let keyed = Hmac::<sha2::Sha256>::new_from_slice(secret.as_bytes()).expect("a key");
    let ring_key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, secret.as_bytes());
    // The blocks that HMAC must compress: the message with its padding, and one block of the outer hash.
    let blocks = vec![[0x5a_u8; 64]; (t.len() + 1 + body.len() + 9).div_ceil(64) + 1];

    let ring_verify = || assert!(by_hand(&ring_key, black_box(&header), black_box(body)));
    let dense = dense(body.len());
    let mut cases: Vec<Case<'_>> = vec![
        ("SHA-256 compressions".into(), Box::new(|| {
            let mut state = [0x6a09_e667_u32; 8];
            sha2::block_api::compress256(&mut state, black_box(&blocks));
            black_box(state);
        })),
        ("MAC".into(), Box::new(|| {
            black_box(mac([t.as_bytes(), b".", black_box(body)]));
        })),
        ("hmac crate, keyed state kept".into(), Box::new(|| {
            let mut mac = keyed.clone();
            mac.update(t.as_bytes());
            mac.update(b".");
            mac.update(black_box(body));
            black_box(mac.finalize());
        })),
        ("verify".into(), Box::new(|| {
            black_box(verifier.verify_signature::<Error>(black_box(body), Some(signature), clock::now).expect("valid"));
        })),
        ("construct".into(), Box::new(|| {
            black_box(verifier.construct::<Error>(black_box(body), Some(signature), clock::now).expect("valid"));
        })),
        ("parse".into(), Box::new(|| {
            black_box(verifier.parse::<Error>(black_box(body), clock::now).expect("valid"));
        })),
        ("construct, data read".into(), Box::new(|| {
            let delivery = verifier.construct::<Error>(black_box(body), Some(signature), clock::now).expect("valid");
            let data = delivery.payload.data.expect("data").of(delivery.text);
            black_box(serde_json::from_str::<serde_json::Value>(data).expect("JSON"));
        })),
        ("ring HMAC".into(), Box::new(ring_verify)),
        ("ring HMAC + serde_json".into(), Box::new(|| {
            ring_verify();
            black_box(serde_json::from_slice::<serde_json::Value>(black_box(body)).expect("JSON"));
        })),
    ];
    if body.len() > 100_000 {
        cases.push(("parse, dense".into(), Box::new(|| {
            black_box(verifier.parse::<Error>(black_box(&dense), clock::now).expect("valid"));
        })));
    }
    for count in [1, 10, 100] {
        let hooks = Arc::new(with_handlers(secret, count));
        let function = |registered: &RegisteredHandler| match registered {
            RegisteredHandler::Sync(handler) => Arc::clone(handler),
            other => panic!("{other:?}"),
        };
        let plain: Vec<_> = hooks.get_handlers()["*"].iter().map(function).collect();
        let dispatching = Arc::clone(&hooks);
        let event = hooks.parse_event(body).expect("valid");
        let same = event.clone();
        cases.push((format!("dispatch, {count} handlers"), Box::new(move || {
            dispatching.dispatch(black_box(&event)).expect("handled");
        })));
        cases.push((format!("plain loop, {count} handlers"), Box::new(move || {
            black_box(&plain).iter().for_each(|handler| handler(black_box(&same)).expect("handled"));
        })));
        cases.push((format!("handle, {count} handlers"), Box::new(move || {
            black_box(hooks.handle_webhook(black_box(body), signature).expect("valid"));
        })));
    }
    for count in [1, 2, 4, 8] {
        // The right secret is the last, so every other is tried first.
        let secrets = (1..count).map(|index| format!("other-{index}")).chain([secret.to_owned()]);
        let several = Verifier::builder().secrets(secrets).build().expect("a verifier");
        cases.push((format!("verify, {count} secrets"), Box::new(move || {
            black_box(several.verify_signature::<Error>(black_box(body), Some(signature), clock::now).expect("valid"));
        })));
    }

    let calls = (2_000_000 / (body.len() + 500)).max(3);
    let mut samples = vec![Vec::with_capacity(rounds); cases.len()];
    for round in 0..rounds + 2 {
        for ((_, case), samples) in cases.iter().zip(&mut samples) {
            let start = Instant::now();
            (0..calls).for_each(|_| case());
            if round >= 2 {
                samples.push(start.elapsed().as_secs_f64() * 1e9 / calls as f64);
            }
        }
    }
    for ((name, _), samples) in cases.iter().zip(&samples) {
        println!("{}", serde_json::json!({ "case": name, "bytes": body.len(), "ns": samples }));
    }
    let verify = || {
        black_box(verifier.verify_signature::<Error>(body, Some(signature), clock::now).expect("valid"));
    };
    // In the last one each thread has an object of its own: what sharing one costs is the difference.
    let (shared, own) = (with_handlers(secret, 1), [(); 2].map(|()| with_handlers(secret, 1)));
    let handle = |hooks: &WebhookHandler| {
        black_box(hooks.handle_webhook(body, signature).expect("valid"));
    };
    let calls = calls * 20;
    for threads in [1, 2] {
        let several: [(&str, &(dyn Fn(usize) + Sync)); 3] = [
            ("verify", &|_| verify()),
            ("handle", &|_| handle(&shared)),
            ("handle, nothing shared", &|thread| handle(&own[thread])),
        ];
        let mut samples = [const { Vec::new() }; 3];
        for _ in 0..rounds.clamp(5, 9) {
            for ((_, call), samples) in several.iter().zip(&mut samples) {
                samples.push(on_threads(threads, calls, call) / (calls * threads) as f64);
            }
        }
        for ((name, _), samples) in several.iter().zip(&samples) {
            let case = format!("{name}, {threads} threads");
            println!("{}", serde_json::json!({ "case": case, "bytes": body.len(), "ns": samples }));
        }
    }
}

/// What one writes oneself: the header's parts, the time window, the MAC, in as few lines.
fn by_hand(key: &ring::hmac::Key, header: &str, body: &[u8]) -> bool {
    let part = |name: &str| header.split(',').find_map(|part| part.strip_prefix(name));
    let (Some(t), Some(v1)) = (part("t="), part("v1=")) else { return false };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
    let mut claimed = [0; 32];
    if !t.parse::<u64>().is_ok_and(|t| now.abs_diff(t) <= 300) || hex::decode_to_slice(v1, &mut claimed).is_err() {
        return false;
    }
    let mut context = ring::hmac::Context::with_key(key);
    context.update(t.as_bytes());
    context.update(b".");
    context.update(body);
    context.sign().as_ref().iter().zip(&claimed).fold(0, |all, (one, other)| all | (one ^ other)) == 0
}

/// A body of so many bytes: many short strings, numbers and containers, and blanks at its end.
fn dense(length: usize) -> Vec<u8> {
    let content = |event: EventType| -> serde_json::Value {
        serde_json::from_str::<serde_json::Value>(event.example()).expect("JSON")["content"].clone()
    };
    let pair = format!(
        "{},{},",
        content(EventType::ActionableInsightsCreated)["insights"][0],
        content(EventType::PaymentUpdated)
    );
    let (begin, end) = (r#"{"event":"actionable-insights:created","content":{"insights":["#, "1]}}");
    let times = length.saturating_sub(begin.len() + end.len()) / pair.len();
    let mut body = format!("{begin}{}{end}", pair.repeat(times)).into_bytes();
    body.resize(length.max(body.len()), b' ');
    body
}

/// With handlers for every event that look at its type and no more.
fn with_handlers(secret: &str, count: usize) -> WebhookHandler {
    let hooks = WebhookHandler::builder().secret(secret).build().expect("a handler object");
    for _ in 0..count {
        hooks.on("*", |event| -> Result<(), Error> {
            black_box(event.event_type());
            Ok(())
        }).expect("registered");
    }
    hooks
}

/// The nanoseconds in which every thread, told its number, has made its calls.
fn on_threads(threads: usize, calls: usize, call: &(dyn Fn(usize) + Sync)) -> f64 {
    let start = Instant::now();
    std::thread::scope(|scope| {
        for thread in 0..threads {
            scope.spawn(move || (0..calls).for_each(|_| call(thread)));
        }
    });
    start.elapsed().as_secs_f64() * 1e9
}
