//! Requests as Tink sends them: redirects are not followed, and no status is an error.

use std::io::Read;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Args;
use ureq::http::{self, HeaderName, HeaderValue, Uri};
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};

use crate::failure::{Failure, Outcome};

/// Most bytes of an answer that are kept.
const MOST_OF_AN_ANSWER: u64 = 4_096;

/// How the receiver is reached.
#[derive(Args)]
#[command(next_help_heading = "Connection")]
pub(crate) struct ConnectionArgs {
    /// Seconds to wait for an answer; how long Tink waits is not documented
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = seconds)]
    pub(crate) timeout: Duration,
    /// Another header for each request, such as `Host: shop.example`
    #[arg(long, value_name = "NAME: VALUE")]
    pub(crate) header: Vec<String>,
    /// A file of certificates (PEM) to trust instead of the usual authorities
    #[arg(long, value_name = "FILE")]
    pub(crate) cacert: Option<PathBuf>,
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "not a number of seconds".to_owned())?;
    Duration::try_from_secs_f64(seconds)
        .ok()
        .filter(|given| !given.is_zero())
        .ok_or_else(|| "must be above 0".to_owned())
}

/// What a receiver answered.
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// The beginning of its body.
    pub(crate) text: Vec<u8>,
    pub(crate) duration: Duration,
}

/// An answer, or in words why there is none.
pub(crate) type Sent = Result<Answer, String>;

/// The connection to one receiver.
pub(crate) struct Client {
    agent: ureq::Agent,
    uri: Uri,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Client {
    /// A client for the receiver at `url`; without a scheme it is `http://`.
    pub(crate) fn new(url: &str, args: &ConnectionArgs) -> Outcome<Self> {
        let uri = uri_of(url)?;
        let mut config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_global(Some(args.timeout))
            // Each request has a connection of its own: one that a receiver has closed meanwhile is not its answer.
            .max_idle_connections(0)
            .user_agent(concat!("tink-webhooks-cli/", env!("CARGO_PKG_VERSION")));
        if is_here(&uri) {
            // A proxy of the environment does not lead to this machine.
            config = config.proxy(None);
        }
        if let Some(file) = &args.cacert {
            config = config.tls_config(TlsConfig::builder().root_certs(authorities(file)?).build());
        }
        let headers = args.header.iter().map(|given| header(given)).collect::<Outcome<Vec<_>>>()?;
        Ok(Self { agent: config.build().into(), uri, headers })
    }

    pub(crate) fn url(&self) -> String {
        self.uri.to_string()
    }

    /// Sends a body with a signature as POST, or without a body as GET.
    pub(crate) fn send(&self, body: Option<&[u8]>, signature: Option<&str>) -> Sent {
        let mut request = http::Request::builder().uri(&self.uri).header("content-type", "application/json");
        if let Some(signature) = signature {
            request = request.header("x-tink-signature", signature);
        }
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let started = Instant::now();
        let answer = match body {
            Some(body) => {
                request.method("POST").body(body).map_err(ureq::Error::from).and_then(|request| self.agent.run(request))
            }
            None => {
                request.method("GET").body(()).map_err(ureq::Error::from).and_then(|request| self.agent.run(request))
            }
        };
        let mut answer = answer.map_err(|error| error.to_string())?;
        let duration = started.elapsed();
        // What cannot be read of the answer changes nothing: its status counts.
        let mut text = Vec::new();
        let _ = answer.body_mut().as_reader().take(MOST_OF_AN_ANSWER).read_to_end(&mut text);
        Ok(Answer { status: answer.status().as_u16(), text, duration })
    }
}

fn uri_of(url: &str) -> Outcome<Uri> {
    let wrong = |what: &str| Failure::usage(format!("{url}: {what}"));
    let whole = if url.contains("://") { url.to_owned() } else { format!("http://{url}") };
    let uri: Uri = whole.parse().map_err(|_| wrong("not a URL"))?;
    if !matches!(uri.scheme_str(), Some("http" | "https")) || uri.host().is_none_or(str::is_empty) {
        return Err(wrong("not a URL of http or https"));
    }
    Ok(uri)
}

/// Whether it is this machine itself.
pub(crate) fn is_here(uri: &Uri) -> bool {
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn header(given: &str) -> Outcome<(HeaderName, HeaderValue)> {
    let parsed = given.split_once(':').and_then(|(name, value)| {
        let name = HeaderName::from_bytes(name.trim().as_bytes()).ok()?;
        Some((name, HeaderValue::from_str(value.trim()).ok()?))
    });
    // The value may be a credential.
    parsed.ok_or_else(|| Failure::usage("--header: write NAME: VALUE, in visible ASCII"))
}

fn authorities(file: &std::path::Path) -> Outcome<RootCerts> {
    let text = std::fs::read(file).map_err(|error| Failure::file(file, &error))?;
    let certificates: Vec<Certificate<'static>> = parse_pem(&text)
        .filter_map(|item| match item {
            Ok(PemItem::Certificate(certificate)) => Some(certificate),
            _ => None,
        })
        .collect();
    if certificates.is_empty() {
        return Err(Failure::usage(format!("{}: no certificate in PEM", file.display())));
    }
    Ok(RootCerts::new_with_certs(&certificates))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_http_or_https() {
        for (given, expected) in [
            ("localhost:8000/hooks", "http://localhost:8000/hooks"),
            ("https://shop.example/tink?a=b", "https://shop.example/tink?a=b"),
        ] {
            assert_eq!(uri_of(given).unwrap().to_string(), expected);
        }
        for wrong in ["ftp://a/", "", "http://", "/hooks", "a b"] {
            assert!(uri_of(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn this_machine_is_known_by_its_names() {
        for (url, expected) in
            [("http://127.0.0.1:1/", true), ("http://[::1]/", true), ("LOCALHOST", true), ("127.0.0.1.nip.io", false)]
        {
            assert_eq!(is_here(&uri_of(url).unwrap()), expected, "{url}");
        }
    }
}
