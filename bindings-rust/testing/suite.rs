//! What every receiver must do, asked with real requests on loopback. Each adapter's tests start servers for it.

use std::fmt::{self, Write as _};
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::panic::resume_unwind;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use tink_webhooks::data::RefreshFinished;
use tink_webhooks::{Error, EventType, Reason, Scheme, Tally, WebhookHandler, generate_signature};
use tink_webhooks_http::{Outcome, tink_webhooks};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

pub(crate) const SECRET: &str = "67abc1e08fb64c92b450a13e0876330b";
pub(crate) const CAP: usize = 100_000;
pub(crate) const BODY_TIMEOUT: Duration = Duration::from_millis(400);

/// Lines that handlers, hooks and the log write.
#[derive(Clone, Default)]
pub(crate) struct Lines(Arc<Mutex<Vec<String>>>);

impl Lines {
    pub(crate) fn push(&self, line: impl Into<String>) {
        self.0.lock().unwrap().push(line.into());
    }

    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }

    /// Waits for so many lines, and takes all.
    pub(crate) fn wait(&self, count: usize) -> Vec<String> {
        let deadline = Instant::now() + Duration::from_secs(20);
        while self.0.lock().unwrap().len() < count {
            assert!(Instant::now() < deadline, "{:?}", self.take());
            thread::sleep(Duration::from_millis(2));
        }
        self.take()
    }
}

/// A subscriber that writes each event as a line.
struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let _ = write!(self.0, " {field}={value:?}");
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        let mut next = Some(value);
        while let Some(error) = next {
            let _ = write!(self.0, " {field}={error}");
            next = error.source();
        }
    }
}

impl Subscriber for Lines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "tink_webhooks"
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut line = Line(event.metadata().level().to_string());
        event.record(&mut line);
        self.push(line.0);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// The handler object of the servers. `ran` gets a line from every handler.
pub(crate) fn hooks(ran: &Lines) -> WebhookHandler {
    let hooks = WebhookHandler::builder().secret(SECRET).schemes([Scheme::V1]).max_body_bytes(CAP).build().unwrap();
    let log = ran.clone();
    hooks
        .on_typed_async(move |event, refresh: RefreshFinished| {
            let log = log.clone();
            async move { log.push(format!("{} {}", event.name(), refresh.credentials_status)) }
        })
        .unwrap();
    hooks.on("account:updated", |_| Err("the database is away")).unwrap();
    // Not `panic!`: it would print.
    hooks.on("account:created", |_| -> () { resume_unwind(Box::new("no such account")) }).unwrap();
    hooks
        .on_async("account-transactions:modified", |_| async {
            tokio::time::sleep(Duration::from_millis(1)).await;
            let now = true;
            if now {
                resume_unwind(Box::new("no such transaction"));
            }
        })
        .unwrap();
    let log = ran.clone();
    hooks
        .on_blocking("payment:updated", move |_| {
            // It panics on a thread that polls tasks.
            tokio::runtime::Handle::current().block_on(async {});
            log.push("blocking, where it may");
        })
        .unwrap();
    let log = ran.clone();
    hooks
        .on_async("slow:event", move |_| {
            let log = log.clone();
            async move {
                log.push("slow begins");
                tokio::time::sleep(Duration::from_millis(300)).await;
                log.push("slow ends");
            }
        })
        .unwrap();
    // As what makes effects happen once does.
    for reason in [Reason::InProgress, Reason::StoreUnavailable] {
        hooks.on(format!("not:now-{reason}"), move |_| Err(Error::new(reason))).unwrap();
    }
    hooks.on("commit:lost", |_| Tally::current().unwrap().lose_commit()).unwrap();
    let log = ran.clone();
    hooks
        .on("*", move |event| match event.name() {
            "done:before" => Tally::current().unwrap().skip(),
            name => log.push(format!("any {name}")),
        })
        .unwrap();
    hooks
}

/// What the servers' hook writes.
pub(crate) fn describe(outcome: &Outcome<'_>) -> String {
    assert!(outcome.duration < Duration::from_secs(20));
    let lost = if outcome.commit_lost { "commit_lost " } else { "" };
    format!(
        "{lost}{} {} {:?} {:?} {:?} {:?}",
        outcome.kind,
        outcome.status,
        outcome.reason().map(|reason| reason.to_string()),
        outcome.event_type.map(EventType::as_str),
        outcome.secret_index,
        outcome.age.map(|age| age.clamp(-1, 2)),
    )
}

pub(crate) fn sign(body: &str) -> String {
    generate_signature(body, SECRET, Scheme::V1, None).unwrap()
}

/// An answer: its status, its head in lower case, its text.
#[derive(Debug)]
pub(crate) struct Answered(pub(crate) u16, pub(crate) String, pub(crate) String);

/// A request as it is on the wire.
pub(crate) fn request(method: &str, signature: Option<&str>, framing: &str) -> String {
    let signature = signature.map_or(String::new(), |value| format!("X-Tink-Signature: {value}\r\n"));
    format!("{method} /webhooks/tink HTTP/1.1\r\nHost: x\r\n{signature}{framing}\r\n")
}

pub(crate) fn connect(server: SocketAddr) -> TcpStream {
    let connection = TcpStream::connect(server).unwrap();
    connection.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    connection.set_nodelay(true).unwrap();
    connection
}

/// Reads one answer, with the length that its head says.
pub(crate) fn answer(connection: &mut TcpStream) -> Answered {
    let mut received = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&received).into_owned();
        if let Some((head, rest)) = text.split_once("\r\n\r\n") {
            let head = head.to_lowercase();
            let length = head.split("content-length: ").nth(1).and_then(|rest| rest.split("\r\n").next());
            if rest.len() >= length.unwrap_or("0").parse::<usize>().unwrap() {
                let status = head.split(' ').nth(1).unwrap().parse().unwrap();
                return Answered(status, head, rest.to_owned());
            }
        }
        let mut buffer = [0; 4_096];
        let length = connection.read(&mut buffer).unwrap();
        assert!(length > 0, "closed without an answer: {text}");
        received.extend_from_slice(&buffer[..length]);
    }
}

pub(crate) fn post(server: SocketAddr, body: &str, signature: Option<&str>) -> Answered {
    let mut connection = connect(server);
    let head = request("POST", signature, &format!("Content-Length: {}\r\n", body.len()));
    connection.write_all(head.as_bytes()).unwrap();
    // One that is too large is refused before it was sent.
    let _ = connection.write_all(body.as_bytes());
    answer(&mut connection)
}

/// Everything. `ran` is what handlers write, `told` what the hook does, and `log` what the subscriber does.
pub(crate) fn holds(server: SocketAddr, ran: &Lines, told: &Lines, log: &Lines) {
    let handled = |event| format!("handled 200 None Some(\"{event}\") Some(0) Some(0)");
    let failed = |event| format!("failed 500 Some(\"handler_failed\") Some(\"{event}\") Some(0) Some(0)");
    let refused = |status, reason| format!("refused {status} Some(\"{reason}\") None None None");
    let check = |answered: &Answered, status, text: &str, outcome: String| {
        assert_eq!((answered.0, answered.2.as_str()), (status, text), "{answered:?}");
        assert!(answered.1.contains("content-type: text/plain; charset=utf-8"), "{answered:?}");
        assert!(answered.1.contains("x-content-type-options: nosniff"), "{answered:?}");
        // A second may begin between signing and receipt.
        let told = told.wait(1).join("\n").replace("Some(1)", "Some(0)");
        assert_eq!(told, outcome);
    };

    // Handled: typed and asynchronous, blocking, without a handler of its own.
    let refresh = EventType::RefreshFinished.example();
    check(&post(server, refresh, Some(&sign(refresh))), 200, "ok\n", handled("refresh_finished"));
    assert_eq!(ran.take(), ["refresh:finished UPDATED", "any refresh:finished"]);
    let payment = EventType::PaymentUpdated.example();
    check(&post(server, payment, Some(&sign(payment))), 200, "ok\n", handled("payment_updated"));
    assert_eq!(ran.take(), ["blocking, where it may", "any payment:updated"]);
    let unknown = r#"{"event":"balance-check:completed"}"#;
    check(&post(server, unknown, Some(&sign(unknown))), 200, "ok\n", handled("unknown"));
    assert_eq!(ran.take(), ["any balance-check:completed"]);
    assert!(log.take().is_empty());
    let ping = r#"{"type":"test","data":{}}"#;
    let outcome = "test 200 Some(\"test_webhook\") None None None";
    check(&post(server, ping, Some(&sign(ping))), 200, "test_webhook\n", outcome.to_owned());
    assert!(ran.take().is_empty() && log.wait(1)[0].starts_with("INFO "));

    // Failed: an error, a panic, a panic after a wait. The message is in the log and not in the answer.
    for (known, message) in [
        (EventType::AccountUpdated, "the database is away"),
        (EventType::AccountCreated, "the handler panicked: no such account"),
        (EventType::AccountTransactionsModified, "the handler panicked: no such transaction"),
    ] {
        let body = known.example();
        check(&post(server, body, Some(&sign(body))), 500, "handler_failed\n", failed(known.as_str()));
        assert_eq!(ran.take(), [format!("any {}", known.name().unwrap())]);
        let line = log.wait(1).join("\n");
        assert!(line.starts_with("ERROR ") && line.contains(message) && line.contains(known.as_str()), "{line}");
        assert!(!line.contains(SECRET) && !line.contains("5f0c2a9be1d84f7ea0b6c3d2918e7a40"), "{line}");
    }

    // Not now, done before, and done without a record of it.
    for (name, status, text, outcome) in [
        ("not:now-in_progress", 503, "in_progress\n", "in_progress 503 Some(\"in_progress\")"),
        ("not:now-store_unavailable", 503, "store_unavailable\n", "failed 503 Some(\"store_unavailable\")"),
        ("done:before", 200, "ok\n", "duplicate 200 None"),
        ("commit:lost", 200, "ok\n", "commit_lost handled 200 None"),
    ] {
        let body = format!(r#"{{"event":"{name}"}}"#);
        let outcome = format!("{outcome} Some(\"unknown\") Some(0) Some(0)");
        check(&post(server, &body, Some(&sign(&body))), status, text, outcome);
        assert_eq!(log.take().len(), usize::from(status == 503));
    }
    ran.take();

    // Refused.
    let forged = generate_signature(refresh, "another", Scheme::V1, None).unwrap();
    check(&post(server, refresh, Some(&forged)), 401, "signature_mismatch\n", refused(401, "signature_mismatch"));
    assert!(log.wait(1)[0].starts_with("WARN "));
    check(&post(server, refresh, None), 401, "missing_signature\n", refused(401, "missing_signature"));
    let old = generate_signature(refresh, SECRET, Scheme::V1, Some(1_700_000_000)).unwrap();
    let outcome = "refused 401 Some(\"timestamp_too_old\") None None Some(2)".to_owned();
    check(&post(server, refresh, Some(&old)), 401, "timestamp_too_old\n", outcome);
    check(&post(server, "[]", Some(&sign("[]"))), 400, "not_an_object\n", refused(400, "not_an_object"));
    let large = " ".repeat(CAP + 1);
    let answered = post(server, &large, Some(&sign(&large)));
    check(&answered, 413, "body_too_large\n", refused(413, "body_too_large"));
    assert!(answered.1.contains("connection: close"), "{answered:?}");
    log.take();
    for method in ["GET", "PUT"] {
        let mut connection = connect(server);
        connection.write_all(request(method, None, "Content-Length: 0\r\n").as_bytes()).unwrap();
        let answered = answer(&mut connection);
        check(&answered, 405, "method_not_allowed\n", refused(405, "method_not_allowed"));
        assert!(answered.1.contains("allow: post"), "{answered:?}");
    }
    assert!(log.take().is_empty(), "health checks are not logged");
    assert!(ran.take().is_empty());

    pieces(server, ran, told);
    clients_that_fail(server, ran, told);
}

/// Bodies that come in pieces, with a length and without.
fn pieces(server: SocketAddr, ran: &Lines, told: &Lines) {
    let body = EventType::RefreshFinished.example();
    let signature = sign(body);
    let chunked = request("POST", Some(&signature), "Transfer-Encoding: chunked\r\n");
    let mut connection = connect(server);
    connection.write_all(chunked.as_bytes()).unwrap();
    for byte in body.as_bytes().chunks(1) {
        connection.write_all(b"1\r\n").unwrap();
        connection.write_all(byte).unwrap();
        connection.write_all(b"\r\n").unwrap();
    }
    connection.write_all(b"0\r\n\r\n").unwrap();
    assert_eq!(answer(&mut connection).0, 200);
    assert_eq!((ran.take().len(), told.wait(1).len()), (2, 1));
    // On the same connection, which was kept: what never ends is refused at the cap.
    connection.write_all(chunked.as_bytes()).unwrap();
    let piece = format!("2710\r\n{}\r\n", "x".repeat(10_000));
    while connection.write_all(piece.as_bytes()).is_ok() && told.0.lock().unwrap().is_empty() {}
    assert_eq!(told.wait(1), ["refused 413 Some(\"body_too_large\") None None None"]);
    // Two header fields are one with two values.
    let (t, mac) = signature.split_once(',').unwrap();
    let framing = format!("X-Tink-Signature: {mac}\r\nContent-Length: {}\r\n", body.len());
    let mut connection = connect(server);
    connection.write_all(request("POST", Some(t), &framing).as_bytes()).unwrap();
    connection.write_all(body.as_bytes()).unwrap();
    assert_eq!(answer(&mut connection).0, 200);
    assert_eq!((ran.take().len(), told.wait(1).len()), (2, 1));
}

fn clients_that_fail(server: SocketAddr, ran: &Lines, told: &Lines) {
    let body = EventType::RefreshFinished.example();
    let head = request("POST", Some(&sign(body)), &format!("Content-Length: {}\r\n", body.len()));
    let unreadable = "refused 408 Some(\"unreadable_body\") None None None";
    // One that stops sending.
    let mut connection = connect(server);
    connection.write_all(format!("{head}{{").as_bytes()).unwrap();
    let answered = answer(&mut connection);
    assert_eq!((answered.0, answered.2.as_str()), (408, "unreadable_body\n"));
    assert!(answered.1.contains("connection: close"), "{answered:?}");
    assert_eq!(told.wait(1), [unreadable]);
    // One that leaves before the end of its body: nobody is answered.
    let mut connection = connect(server);
    connection.write_all(format!("{head}{{").as_bytes()).unwrap();
    connection.shutdown(Shutdown::Both).unwrap();
    drop(connection);
    // One that leaves while a handler is at work, which goes on.
    told.take();
    let slow = r#"{"event":"slow:event"}"#;
    let mut connection = connect(server);
    let head = request("POST", Some(&sign(slow)), &format!("Content-Length: {}\r\n", slow.len()));
    connection.write_all(format!("{head}{slow}").as_bytes()).unwrap();
    let began = ran.wait(1);
    assert_eq!(began, ["slow begins"]);
    connection.shutdown(Shutdown::Both).unwrap();
    drop(connection);
    assert_eq!(ran.wait(2), ["slow ends", "any slow:event"]);
    let outcome = told.wait(1).pop().unwrap();
    assert!(outcome.starts_with("handled 200 None Some(\"unknown\")"), "{outcome}");
}
