//! The page and what it asks for. On loopback, for who has the address that was printed, and for no other site.
//!
//! - The page itself is the same for everybody and holds nothing. What it asks for needs the token of this start, in a header:
//!   no other site can send that, nor another port of this machine, as it could a cookie.
//! - `Host` is this address: a name that a stranger lets point to 127.0.0.1 is refused.
//! - `Origin` and `Sec-Fetch-Site`, where a browser sends them, are of this page.
//! - The page runs its own script and nothing else, and makes text nodes only: `Content-Security-Policy`, with Trusted Types.

use std::fmt::Display;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, Uri, header};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tink_webhooks::{WebhookHandler, generate_signature};
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use super::copy::{Form, copy};
use super::forward::How;
use super::random;
use super::receive::{Desk, plain};
use super::record::Record;
use super::store::{Entry, is_id};
use crate::failure::Outcome;
use crate::secret::Secret;

const PAGE: &str = include_str!("../page/index.html");
const STYLE: &str = concat!(include_str!("../page/style.css"), include_str!("../page/delivery.css"));
const SCRIPT: &str = concat!(
    include_str!("../page/json.js"),
    include_str!("../page/bytes.js"),
    include_str!("../page/diff.js"),
    include_str!("../page/dom.js"),
    include_str!("../page/payload.js"),
    include_str!("../page/list.js"),
    include_str!("../page/detail.js"),
    include_str!("../page/actions.js"),
    include_str!("../page/keys.js"),
    include_str!("../page/app.js"),
);

/// How long a request for news waits.
const NEWS_TIME: Duration = Duration::from_secs(25);
/// A request of the page is small.
const MOST_REQUEST_BYTES: usize = 1_024;

/// The page of one start.
pub(crate) struct Inspector {
    desk: Arc<Desk>,
    token: String,
    address: SocketAddr,
    settings: Value,
}

/// Why a request of the page is not answered.
struct Refusal(StatusCode, String);

type Answered = Result<Response<Body>, Refusal>;

impl Refusal {
    fn new(status: StatusCode, text: impl Display) -> Self {
        Self(status, text.to_string())
    }
}

impl Inspector {
    /// The page at `address`. `settings` is what it shows of the command.
    ///
    /// # Errors
    /// Where the system gives no random bytes.
    pub(crate) fn new(desk: Arc<Desk>, address: SocketAddr, settings: Value) -> Outcome<Self> {
        Ok(Self { desk, token: random::hex::<16>()?, address, settings })
    }

    /// The address for the user. The token stands where browsers keep it to themselves.
    pub(crate) fn url(&self) -> String {
        format!("http://{}/#token={}", self.address, self.token)
    }

    /// Answers one request.
    pub(crate) async fn answer(self: Arc<Self>, request: Request<Body>) -> Response<Body> {
        let mut answer = self
            .route(request)
            .await
            .unwrap_or_else(|Refusal(status, text)| json_answer(status, &json!({ "error": text })));
        for (name, value) in [
            ("cache-control", "no-store"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
            ("referrer-policy", "no-referrer"),
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
        ] {
            answer.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        answer
    }

    async fn route(&self, request: Request<Body>) -> Answered {
        let host = self.own_host(request.headers())?;
        let (parts, body) = request.into_parts();
        let path: Vec<&str> = parts.uri.path().trim_start_matches('/').split('/').collect();
        let get = |answer: Answered| if parts.method == Method::GET { answer } else { Err(method_not_allowed()) };
        if path == [""] {
            return get(Ok(page()?));
        }
        self.let_in(&parts.headers, &host)?;
        match path[..] {
            ["api", "changes"] if parts.method == Method::GET => Ok(self.changes(&parts.uri).await),
            ["api", "deliveries", id] => get(self.delivery(id)),
            ["api", "deliveries", id, "body"] => get(self.body(id).await),
            ["api", "deliveries", id, "copy", form] => get(self.copy(id, form).await),
            ["api", "deliveries", id, "replay"] if parts.method == Method::POST => {
                self.replay(id, &parts.headers, body).await
            }
            ["api", "changes"] | ["api", "deliveries", _, "replay"] => Err(method_not_allowed()),
            _ => Err(not_found()),
        }
    }

    /// The name by which this page was asked for. DNS rebinding gives another one.
    fn own_host(&self, headers: &HeaderMap) -> Result<String, Refusal> {
        let port = self.address.port();
        let own = ["127.0.0.1", "localhost", "[::1]"].map(|name| format!("{name}:{port}"));
        let mut given = headers.get_all(header::HOST).iter().map(HeaderValue::as_bytes);
        match (given.next(), given.next()) {
            (Some(host), None) => own.into_iter().find(|name| name.as_bytes().eq_ignore_ascii_case(host)),
            _ => None,
        }
        .ok_or_else(|| Refusal::new(StatusCode::FORBIDDEN, "this is not the address of this page"))
    }

    /// Only this page, and only with the token.
    fn let_in(&self, headers: &HeaderMap, host: &str) -> Result<(), Refusal> {
        let is = |name: HeaderName, allowed: &str| {
            headers.get_all(name).iter().all(|value| value.as_bytes().eq_ignore_ascii_case(allowed.as_bytes()))
        };
        let from_here = is(header::ORIGIN, &format!("http://{host}"))
            && is(HeaderName::from_static("sec-fetch-site"), "same-origin");
        if !from_here {
            return Err(Refusal::new(StatusCode::FORBIDDEN, "this request comes from another site"));
        }
        let given = headers.get(header::AUTHORIZATION).and_then(|value| value.as_bytes().strip_prefix(b"Bearer "));
        if given.is_some_and(|given| is_equal(given, self.token.as_bytes())) {
            return Ok(());
        }
        Err(Refusal::new(StatusCode::UNAUTHORIZED, "open the address that the command has printed"))
    }

    /// What has changed after a version; waits for it.
    async fn changes(&self, uri: &Uri) -> Response<Body> {
        let after = uri.query().and_then(|query| query.strip_prefix("after=")?.parse().ok()).unwrap_or(0);
        let mut version = self.desk.store.watch();
        // News or not, it is answered.
        let _ = timeout(NEWS_TIME, version.wait_for(|version| *version > after)).await;
        let (changed, version, first) = self.desk.store.changes(after);
        let deliveries: Vec<Value> = changed.iter().map(summary).collect();
        let mut news = json!({ "version": version, "first": first, "deliveries": deliveries });
        if after == 0 {
            news["listen"] = self.settings.clone();
        }
        json_answer(StatusCode::OK, &news)
    }

    fn entry(&self, id: &str) -> Result<Entry, Refusal> {
        let found = if is_id(id) { self.desk.store.get(id) } else { None };
        found.ok_or_else(not_found)
    }

    fn delivery(&self, id: &str) -> Answered {
        #[derive(Serialize)]
        struct Detail<'a> {
            #[serde(flatten)]
            record: &'a Record,
            number: u64,
            explaining: bool,
            can_sign: bool,
        }
        let Entry { record, number, explaining, .. } = self.entry(id)?;
        let detail = Detail { record: &record, number, explaining, can_sign: record.can_sign() };
        Ok(json_answer(StatusCode::OK, &detail))
    }

    /// A delivery that is kept, and its bytes.
    async fn stored(&self, id: &str) -> Result<(Arc<Record>, Vec<u8>), Refusal> {
        let record = self.entry(id)?.record;
        if !record.kept {
            return Err(Refusal::new(StatusCode::NOT_FOUND, "the body of this delivery was not kept"));
        }
        let (desk, id) = (Arc::clone(&self.desk), id.to_owned());
        match spawn_blocking(move || desk.store.body(&id)).await {
            Ok(Ok(body)) => Ok((record, body)),
            _ => Err(Refusal::new(StatusCode::NOT_FOUND, "the file of this delivery cannot be read")),
        }
    }

    async fn body(&self, id: &str) -> Answered {
        let mut answer = Response::new(Body::from(self.stored(id).await?.1));
        let bytes = HeaderValue::from_static("application/octet-stream");
        answer.headers_mut().insert(header::CONTENT_TYPE, bytes);
        Ok(answer)
    }

    async fn copy(&self, id: &str, form: &str) -> Answered {
        let form = Form::parse(form).ok_or_else(not_found)?;
        let (record, body) = self.stored(id).await?;
        let url = self.desk.receiver.as_ref().map_or_else(
            || self.settings["deliveries_at"].as_str().unwrap_or_default().to_owned(),
            super::forward::Receiver::url,
        );
        Ok(json_answer(StatusCode::OK, &copy(form, &record, &body, &self.desk.store.body_path(id), &url)))
    }

    async fn replay(&self, id: &str, headers: &HeaderMap, body: Body) -> Answered {
        #[derive(Deserialize)]
        struct Wish {
            sign: bool,
        }
        let bad = |text| Refusal::new(StatusCode::BAD_REQUEST, text);
        if headers.get(header::CONTENT_TYPE).is_none_or(|value| value != "application/json") {
            return Err(bad("application/json is asked for"));
        }
        let wish = to_bytes(body, MOST_REQUEST_BYTES).await.map_err(|_| bad("not read"))?;
        let Wish { sign } = serde_json::from_slice(&wish).map_err(|_| bad("not understood"))?;
        let (record, body) = self.stored(id).await?;
        let signature = if sign {
            let signed = sign_anew(&self.desk.hooks, &self.desk.secrets, &record, &body);
            Some(signed.map_err(|text| Refusal::new(StatusCode::FORBIDDEN, text))?)
        } else {
            None
        };
        let how = if sign { How::ReplaySigned } else { How::Replay };
        let sent = self.desk.send(how, &record, Arc::new(body), signature).await;
        let sent =
            sent.ok_or_else(|| Refusal::new(StatusCode::CONFLICT, "there is no receiver: start with --forward-to"))?;
        let answer = json_answer(StatusCode::OK, &sent.attempt);
        self.desk.store.change(id, |record, _| record.add(sent.attempt));
        Ok(answer)
    }
}

/// A signature of now for what verified when it came, and still does but for its age: its file may have changed.
///
/// # Errors
/// In words, for anything else: signing it would make authentic what a stranger has written.
pub(crate) fn sign_anew(
    hooks: &WebhookHandler,
    secrets: &[Secret],
    record: &Record,
    body: &[u8],
) -> Result<String, String> {
    let Some(proved) = record.verification.as_ref().filter(|_| record.can_sign()) else {
        return Err("it did not verify when it came, so it is not signed: a stranger may have written it".to_owned());
    };
    let still = match hooks.verify_signature(body, record.header("x-tink-signature")) {
        Ok(verification) => Some(verification.secret_index),
        // The check of the time is the last one: all else holds.
        Err(error) if error.reason() == tink_webhooks::Reason::TimestampTooOld => Some(proved.secret_index),
        Err(_) => None,
    };
    let secret = still.and_then(|index| secrets.get(index).or(secrets.first()));
    let Some(secret) = secret else {
        return Err("it does not verify any more with the secrets in force, so it is not signed".to_owned());
    };
    generate_signature(body, secret.bytes(), proved.scheme(), None).map_err(|error| error.message().to_owned())
}

/// A delivery for the list.
fn summary(entry: &Entry) -> Value {
    let Entry { record, number, .. } = entry;
    let event = record.event.as_ref();
    let last = record.attempts.last();
    json!({
        "id": record.id,
        "number": number,
        "received_at": record.received_at,
        "bytes": record.bytes,
        "verdict": record.verdict,
        "reason": record.problem.as_ref().map(|problem| &problem.reason),
        "cause": record.cause(),
        "event": event.map(|event| &event.name),
        "type": event.map(|event| &event.event_type),
        "user": event.and_then(|event| event.user_id.as_ref()),
        "external_user": event.and_then(|event| event.external_user_id.as_ref()),
        "key": event.and_then(|event| event.idempotency_key.as_ref()),
        "delivery_id": record.verification.as_ref().and_then(|proved| proved.delivery_id.as_ref()),
        "answered": record.answered,
        "forward": last.map(|attempt| json!({
            "how": attempt.how, "status": attempt.status, "ms": attempt.ms, "error": attempt.error,
        })),
    })
}

/// The page, with a nonce that only its own style and script have.
fn page() -> Result<Response<Body>, Refusal> {
    let failed = |_| Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "no random bytes");
    let nonce = random::hex::<16>().map_err(failed)?;
    let html = PAGE.replace("{{nonce}}", &nonce).replacen("{{style}}", STYLE, 1).replacen("{{script}}", SCRIPT, 1);
    let policy = format!(
        "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; connect-src 'self'; img-src data:; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    );
    let mut answer = Response::new(Body::from(html));
    let policy =
        HeaderValue::try_from(policy).map_err(|_| Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "no policy"))?;
    answer.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    Ok(answer)
}

fn json_answer(status: StatusCode, value: &impl Serialize) -> Response<Body> {
    let Ok(text) = serde_json::to_vec(value) else { return plain(StatusCode::INTERNAL_SERVER_ERROR, "failed\n") };
    let mut answer = Response::new(Body::from(text));
    *answer.status_mut() = status;
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    answer
}

fn not_found() -> Refusal {
    Refusal::new(StatusCode::NOT_FOUND, "there is no such delivery")
}

fn method_not_allowed() -> Refusal {
    Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "not with this method")
}

/// In a time that does not depend on where they differ. The length of a token is no secret.
fn is_equal(given: &[u8], token: &[u8]) -> bool {
    given.len() == token.len() && bool::from(ctutils::CtEq::ct_eq(given, token))
}
