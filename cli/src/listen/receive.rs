//! Takes deliveries: reads, verifies, stores, forwards, answers, and explains afterwards what failed.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderValue, Method, Request, Response, StatusCode, header};
use tink_webhooks::{Kind, SignatureHeader, WebhookHandler, clock};
use tink_webhooks_http::read_body;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::spawn_blocking;

use super::explained::Explained;
use super::forward::{How, Receiver, Sent, passed_back};
use super::record::{Judgement, Record, Verdict};
use super::store::{Store, new_id};
use crate::secret::Secret;

/// How long a body may take.
const BODY_TIME: Duration = Duration::from_secs(30);
/// More bytes of headers than this are not kept, and no sender has reason for them.
const MOST_HEADER_BYTES: usize = 65_536;
/// How many deliveries are forwarded at once; the others wait.
const FORWARDS: usize = 16;
/// How many deliveries are in work at once, from the first byte to the line on the terminal.
const DELIVERIES: u32 = 1_024;
/// How many deliveries wait for an explanation. Beyond it they are shown with the error alone.
const EXPLANATIONS: usize = 32;

/// What every delivery needs.
pub(crate) struct Desk {
    pub(crate) hooks: WebhookHandler,
    pub(crate) secrets: Vec<Secret>,
    pub(crate) store: Store,
    pub(crate) receiver: Option<Receiver>,
    reports: mpsc::Sender<Report>,
    in_work: Arc<Semaphore>,
    forwards: Semaphore,
    waiting: Arc<Semaphore>,
    explainer: Semaphore,
}

/// For the terminal.
pub(crate) enum Report {
    Delivery(Arc<Record>),
    /// A file could not be written.
    NotKept(String),
}

impl Desk {
    pub(crate) fn new(
        hooks: WebhookHandler,
        secrets: Vec<Secret>,
        store: Store,
        receiver: Option<Receiver>,
        reports: mpsc::Sender<Report>,
    ) -> Self {
        Self {
            hooks,
            secrets,
            store,
            receiver,
            reports,
            in_work: Arc::new(Semaphore::new(DELIVERIES as usize)),
            forwards: Semaphore::new(FORWARDS),
            waiting: Arc::new(Semaphore::new(EXPLANATIONS)),
            explainer: Semaphore::new(1),
        }
    }

    /// Waits until every delivery that has begun is reported.
    pub(crate) async fn all_reported(&self) {
        // It fails only when the semaphore is closed, which nobody does.
        let _ = self.in_work.acquire_many(DELIVERIES).await;
    }

    /// Sends a delivery to the receiver, if there is one.
    pub(crate) async fn send(
        &self,
        how: How,
        record: &Arc<Record>,
        body: Arc<Vec<u8>>,
        signature: Option<String>,
    ) -> Option<Sent> {
        let receiver = self.receiver.clone()?;
        let _turn = self.forwards.acquire().await.ok()?;
        let record = Arc::clone(record);
        spawn_blocking(move || receiver.send(how, &record.headers, &body, signature.as_deref())).await.ok()
    }
}

/// Answers one request to the port of deliveries.
pub(crate) async fn receive(desk: Arc<Desk>, request: Request<Body>) -> Response<Body> {
    if request.method() != Method::POST {
        let mut answer = plain(StatusCode::METHOD_NOT_ALLOWED, "deliveries are POST requests\n");
        answer.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST"));
        return answer;
    }
    // Tink's requests have neither of these. With them a web page would fill the store, and reach the receiver behind it.
    if request.headers().contains_key(header::ORIGIN) || request.headers().contains_key("sec-fetch-site") {
        return plain(StatusCode::FORBIDDEN, "deliveries do not come from web pages\n");
    }
    let bytes: usize = request.headers().iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    if bytes > MOST_HEADER_BYTES {
        return plain(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "too large headers\n");
    }
    // A task of its own: it goes on when the sender leaves before the answer.
    let task = tokio::spawn(take(desk, request));
    task.await.unwrap_or_else(|_| plain(StatusCode::INTERNAL_SERVER_ERROR, "failed\n"))
}

async fn take(desk: Arc<Desk>, request: Request<Body>) -> Response<Body> {
    let in_work = Arc::clone(&desk.in_work).acquire_owned().await;
    let (parts, body) = request.into_parts();
    let declared = parts.headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    let read = read_body(body, declared, desk.hooks.max_body_bytes(), Some(BODY_TIME)).await;
    let received_at = clock::now().unwrap_or_default();
    let Ok(id) = new_id(received_at) else { return plain(StatusCode::INTERNAL_SERVER_ERROR, "failed\n") };

    let judgement = Judgement::of(&desk.hooks, &parts.headers, read.as_deref());
    let (own_status, verdict) = (judgement.status(), judgement.verdict);
    let target = parts.uri.path_and_query().map_or("/", |target| target.as_str()).to_owned();
    let body = read.ok().map(Arc::new);
    let slice = body.as_ref().map(|body| body.as_slice());
    let record = Record::new(id.clone(), received_at, target, &parts.headers, slice, judgement);
    let ticket = if needs_explanation(&record) { Arc::clone(&desk.waiting).try_acquire_owned().ok() } else { None };

    let stored = {
        let (desk, record, body, explaining) = (Arc::clone(&desk), record.clone(), body.clone(), ticket.is_some());
        spawn_blocking(move || desk.store.add(record, body.as_ref().map(|body| body.as_slice()), explaining)).await
    };
    if let Ok(Err(error)) = stored {
        let place = desk.store.folder().display();
        let _ = desk.reports.send(Report::NotKept(format!("not kept: {place}: {error}"))).await;
    }

    let record = Arc::new(record);
    let sent = match &body {
        Some(body) => desk.send(How::Forward, &record, Arc::clone(body), None).await,
        None => None,
    };
    let status = sent.as_ref().map_or(own_status, Sent::status);
    let attempt = sent.as_ref().map(|sent| sent.attempt.clone());
    let finish = move |record: &mut Record| {
        record.answered = Some(status);
        if let Some(attempt) = attempt {
            record.add(attempt);
        }
    };
    // One that has been removed meanwhile, as many have come, is reported all the same.
    let mut finished = Record::clone(&record);
    finish.clone()(&mut finished);
    let finished = desk.store.change(&id, |record, _| finish(record)).unwrap_or(Arc::new(finished));
    let signature = parts.headers.header_value().map(Cow::into_owned);
    tokio::spawn(async move {
        let _in_work = in_work;
        let explained = match (ticket, body) {
            (Some(_ticket), Some(body)) => explain(&desk, &finished.id, body, signature).await,
            _ => None,
        };
        // It fails only when the command ends.
        let _ = desk.reports.send(Report::Delivery(explained.unwrap_or(finished))).await;
    });
    answer(sent, status, verdict)
}

/// Whether there is something to find out: the signature does not fit, or its time does not.
fn needs_explanation(record: &Record) -> bool {
    let of_the_signature = |problem: &super::record::Problem| problem.kind == Kind::InvalidSignature.as_str();
    record.kept && record.problem.as_ref().is_some_and(of_the_signature)
}

/// One after the other, for all clients together.
async fn explain(desk: &Arc<Desk>, id: &str, body: Arc<Vec<u8>>, signature: Option<Vec<u8>>) -> Option<Arc<Record>> {
    let _turn = desk.explainer.acquire().await.ok()?;
    let with = Arc::clone(desk);
    let found = spawn_blocking(move || Explained::of(&body, signature.as_deref(), &with.secrets)).await.ok();
    desk.store.change(id, |record, explaining| (record.explanation, *explaining) = (found, false))
}

/// What the receiver answered, or without one what this library's adapters would.
fn answer(sent: Option<Sent>, status: u16, verdict: Verdict) -> Response<Body> {
    let code = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
    match sent {
        Some(Sent { answer: Some(answer), .. }) => {
            let mut passed = Response::new(Body::from(answer.body));
            *passed.status_mut() = code;
            *passed.headers_mut() = passed_back(&answer.headers);
            passed
        }
        Some(_) => plain(code, "the receiver did not answer\n"),
        None => plain(code, &format!("{}\n", verdict.word())),
    }
}

/// An answer of plain text.
pub(crate) fn plain(status: StatusCode, text: &str) -> Response<Body> {
    let mut answer = Response::new(Body::from(text.to_owned()));
    *answer.status_mut() = status;
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    answer
}
