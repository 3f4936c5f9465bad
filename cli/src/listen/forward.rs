//! Sends a delivery to the user's receiver: the bytes and the headers as they came.

use std::io::Read;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use tink_webhooks::clock;
use ureq::http::{HeaderMap, HeaderName, HeaderValue, Request, Uri};

use super::headers::{Header, from_latin1, headers_of, latin1};
use crate::failure::{Failure, Outcome};
use crate::http_client::is_here;
use crate::tink::Next;

/// How much of an answer's body is kept; the sender gets [`MOST_OF_AN_ANSWER`].
const KEPT_OF_AN_ANSWER: usize = 16_384;
const MOST_OF_AN_ANSWER: usize = 1_048_576;

/// What belongs to one connection (RFC 9110, 7.6.1), and what describes the message anew.
const OF_THE_CONNECTION: [&str; 11] = [
    "connection",
    "content-length",
    "host",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Why a delivery was sent to the receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum How {
    /// When it came.
    Forward,
    /// Again, with the signature that it came with.
    Replay,
    /// Again, with a signature of now.
    ReplaySigned,
}

/// What came of one sending.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Attempt {
    /// Epoch milliseconds.
    pub(crate) at: i64,
    pub(crate) how: How,
    pub(crate) url: String,
    /// None where there was no answer.
    pub(crate) status: Option<u16>,
    pub(crate) ms: u64,
    /// Why there was no answer, in words.
    pub(crate) error: Option<String>,
    pub(crate) headers: Vec<Header>,
    /// The beginning of the answer's body, one character a byte.
    pub(crate) body: String,
    pub(crate) body_bytes: usize,
    /// What Tink would do after this answer.
    pub(crate) next: String,
}

/// An attempt, and the answer to pass on.
pub(crate) struct Sent {
    pub(crate) attempt: Attempt,
    pub(crate) answer: Option<Answer>,
    timed_out: bool,
}

/// What the receiver answered.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Sent {
    /// The status that the sender gets: the receiver's own, or that of a proxy whose receiver is away, after which Tink
    /// delivers again.
    pub(crate) fn status(&self) -> u16 {
        self.attempt.status.unwrap_or(if self.timed_out { 504 } else { 502 })
    }
}

/// The user's receiver.
#[derive(Debug, Clone)]
pub(crate) struct Receiver {
    agent: ureq::Agent,
    uri: Uri,
}

impl Receiver {
    /// A receiver at `url`, which is asked exactly there whatever path the delivery came to.
    ///
    /// # Errors
    /// For what is not an address of http or https, and for one with a password: it would be shown.
    pub(crate) fn new(url: &str, timeout: Duration) -> Outcome<Self> {
        let whole = if url.contains("://") { url.to_owned() } else { format!("http://{url}") };
        let uri: Uri = whole.parse().map_err(|_| Failure::usage("--forward-to: not a URL"))?;
        let authority = uri.authority().map_or("", |authority| authority.as_str());
        if authority.contains('@') {
            return Err(Failure::usage("--forward-to: a URL with a password is not taken, since it would be shown"));
        }
        if !matches!(uri.scheme_str(), Some("http" | "https")) || uri.host().is_none_or(str::is_empty) {
            return Err(Failure::usage("--forward-to: not a URL of http or https"));
        }
        let mut config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_global(Some(timeout))
            // Nothing is added to what came.
            .user_agent("")
            .accept("")
            .accept_encoding("");
        if is_here(&uri) {
            config = config.proxy(None);
        }
        Ok(Self { agent: config.build().into(), uri })
    }

    pub(crate) fn url(&self) -> String {
        self.uri.to_string()
    }

    /// Sends it and waits for the answer. `signature` stands in for the one that it came with.
    pub(crate) fn send(&self, how: How, headers: &[Header], body: &[u8], signature: Option<&str>) -> Sent {
        let at = clock::now().unwrap_or_default();
        let started = Instant::now();
        let result = self.exchange(headers, body, signature);
        let ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let attempt = |status: Option<u16>| Attempt {
            at,
            how,
            url: self.url(),
            status,
            ms,
            error: None,
            headers: Vec::new(),
            body: String::new(),
            body_bytes: 0,
            next: Next::after(status).as_str().to_owned(),
        };
        match result {
            Ok(answer) => {
                let kept = &answer.body[..answer.body.len().min(KEPT_OF_AN_ANSWER)];
                let attempt = Attempt {
                    headers: headers_of(&answer.headers),
                    body: latin1(kept),
                    body_bytes: answer.body.len(),
                    ..attempt(Some(answer.status))
                };
                Sent { attempt, answer: Some(answer), timed_out: false }
            }
            Err(error) => {
                let timed_out = matches!(error, ureq::Error::Timeout(_));
                Sent { attempt: Attempt { error: Some(in_words(&error)), ..attempt(None) }, answer: None, timed_out }
            }
        }
    }

    fn exchange(&self, headers: &[Header], body: &[u8], signature: Option<&str>) -> Result<Answer, ureq::Error> {
        let mut request = Request::post(&self.uri).body(body).map_err(ureq::Error::from)?;
        *request.headers_mut() = passed_on(headers, signature);
        let (parts, body) = self.agent.run(request)?.into_parts();
        let mut received = Vec::new();
        // What cannot be read of the answer changes nothing: its status counts.
        let _ = body.into_reader().take(MOST_OF_AN_ANSWER as u64).read_to_end(&mut received);
        Ok(Answer { status: parts.status.as_u16(), headers: parts.headers, body: received })
    }
}

/// The headers that go on to the receiver.
fn passed_on(headers: &[Header], signature: Option<&str>) -> HeaderMap {
    let mut passed = HeaderMap::with_capacity(headers.len() + 1);
    for (name, value) in headers {
        if is_of_the_connection(name, headers) {
            continue;
        }
        // They came in by HTTP, so these cannot fail but for a file that somebody has changed.
        let field = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_bytes(&from_latin1(value)));
        if let (Ok(name), Ok(value)) = field {
            passed.append(name, value);
        }
    }
    if let Some(value) = signature.and_then(|signature| HeaderValue::from_str(signature).ok()) {
        passed.insert("x-tink-signature", value);
    }
    passed
}

/// Also what the field `Connection` names.
fn is_of_the_connection(name: &str, headers: &[Header]) -> bool {
    let named = |(field, value): &Header| {
        field == "connection" && value.split(',').any(|option| option.trim().eq_ignore_ascii_case(name))
    };
    OF_THE_CONNECTION.contains(&name) || (name != "x-tink-signature" && headers.iter().any(named))
}

/// The headers of the answer that go back to the sender.
pub(crate) fn passed_back(headers: &HeaderMap) -> HeaderMap {
    let known = headers_of(headers);
    let mut passed = HeaderMap::with_capacity(headers.len());
    for (name, value) in headers {
        if !is_of_the_connection(name.as_str(), &known) {
            passed.append(name, value.clone());
        }
    }
    passed
}

fn in_words(error: &ureq::Error) -> String {
    match error {
        ureq::Error::Timeout(_) => "no answer within the time".to_owned(),
        ureq::Error::Io(error) if error.kind() == std::io::ErrorKind::ConnectionRefused => {
            "connection refused: nothing listens there".to_owned()
        }
        ureq::Error::HostNotFound => "no such host".to_owned(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(name: &str, value: &str) -> Header {
        (name.to_owned(), value.to_owned())
    }

    #[test]
    fn what_belongs_to_the_connection_stays_there() {
        let came = [
            header("host", "tunnel.example"),
            header("connection", "close, X-Hop"),
            header("x-hop", "1"),
            header("x-tink-signature", "t=1,v1=2"),
            header("accept", "*/*"),
            header("x-twice", "a"),
            header("x-twice", "\u{e5}"),
            header("content-length", "3"),
        ];
        let passed = headers_of(&passed_on(&came, None));
        let expected = [came[3].clone(), came[4].clone(), came[5].clone(), came[6].clone()];
        assert_eq!(passed, expected);
        let anew = passed_on(&came, Some("t=2,v1=3"));
        assert_eq!(anew.get_all("x-tink-signature").iter().collect::<Vec<_>>(), ["t=2,v1=3"]);
    }

    #[test]
    fn an_address_with_a_password_is_not_taken() {
        let refused = |url| Receiver::new(url, Duration::from_secs(1)).unwrap_err().message;
        assert!(!refused("http://me:hidden@127.0.0.1/").contains("hidden"));
        refused("ftp://127.0.0.1/");
        assert_eq!(
            Receiver::new("localhost:3000/hooks", Duration::from_secs(1)).unwrap().url(),
            "http://localhost:3000/hooks"
        );
    }
}
