//! A started `tink-webhooks listen`, and HTTP written by hand, so that each byte of a request is the test's own.

#![allow(dead_code, reason = "each test uses a part")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout};

use serde_json::Value;
use tink_webhooks::{Scheme, generate_signature};

use crate::support::{SECRET, command};

/// A started command, which is killed with the test.
pub(crate) struct Listening {
    child: Child,
    lines: BufReader<ChildStdout>,
    /// Host and port for deliveries, and for the page.
    pub(crate) deliveries: String,
    pub(crate) page: String,
    pub(crate) token: String,
    pub(crate) folder: PathBuf,
    /// All that was printed.
    pub(crate) printed: String,
}

impl Drop for Listening {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

impl Listening {
    /// Starts it with a folder of this test, or one that is there.
    pub(crate) fn start(folder: &Path, arguments: &[&str]) -> Self {
        let store = folder.join("store");
        let mut all = vec!["listen", "--json", "--port", "0", "--page-port", "0", "--store", store.to_str().unwrap()];
        all.extend(arguments);
        let mut child = command(&all).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        let mut first = String::new();
        lines.read_line(&mut first).unwrap();
        let listening: Value = serde_json::from_str(&first).unwrap();
        let address = |name: &str| listening[name].as_str().unwrap().trim_start_matches("http://").to_owned();
        let page = address("page");
        let (page, token) = page.split_once("/#token=").unwrap();
        let (page, token) = (page.to_owned(), token.to_owned());
        Self { child, lines, deliveries: address("deliveries"), page, token, folder: store, printed: first }
    }

    /// The next delivery that it prints.
    pub(crate) fn printed(&mut self) -> Value {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        self.printed.push_str(&line);
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"))
    }

    /// Sends a body with this signature.
    pub(crate) fn deliver(&self, body: &[u8], signature: Option<&str>) -> Answer {
        let signature = signature.map_or_else(String::new, |value| format!("X-Tink-Signature: {value}\r\n"));
        self.post("/webhooks/tink?a=b", &format!("Content-Type: application/json\r\n{signature}"), body)
    }

    /// Sends a body that is signed as it has to be, and gives the id of the delivery.
    pub(crate) fn deliver_signed(&mut self, body: &[u8]) -> String {
        self.deliver(body, Some(&sign(body)));
        self.printed()["id"].as_str().unwrap().to_owned()
    }

    pub(crate) fn post(&self, path: &str, headers: &str, body: &[u8]) -> Answer {
        let length = body.len();
        let head = format!("POST {path} HTTP/1.1\r\nHost: shop.example\r\n{headers}Content-Length: {length}\r\n");
        exchange(&self.deliveries, &head, body)
    }

    /// Asks the page's address for something as the page itself does.
    pub(crate) fn ask(&self, path: &str) -> Answer {
        self.ask_as(path, &[("Host", &self.page), ("Authorization", &format!("Bearer {}", self.token))])
    }

    pub(crate) fn ask_as(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        exchange(&self.page, &format!("GET {path} HTTP/1.1\r\n{}", lines(headers)), b"")
    }

    /// Asks for a replay as the page does.
    pub(crate) fn replay(&self, id: &str, sign: bool) -> Answer {
        let wish = format!("{{\"sign\":{sign}}}");
        let authorization = format!("Bearer {}", self.token);
        let length = wish.len().to_string();
        let origin = format!("http://{}", self.page);
        let headers = lines(&[
            ("Host", &self.page),
            ("Authorization", &authorization),
            ("Origin", &origin),
            ("Sec-Fetch-Site", "same-origin"),
            ("Content-Type", "application/json"),
            ("Content-Length", &length),
        ]);
        exchange(&self.page, &format!("POST /api/deliveries/{id}/replay HTTP/1.1\r\n{headers}"), wish.as_bytes())
    }

    /// Stops it, and gives what it printed to standard error.
    pub(crate) fn stop(mut self) -> (String, String) {
        let mut errors = String::new();
        self.child.kill().unwrap();
        self.child.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
        self.lines.read_to_string(&mut self.printed).unwrap();
        (std::mem::take(&mut self.printed), errors)
    }
}

/// A signature of now.
pub(crate) fn sign(body: &[u8]) -> String {
    generate_signature(body, SECRET, Scheme::V1, None).unwrap()
}

fn lines(headers: &[(&str, &str)]) -> String {
    headers.iter().map(|(name, value)| [name, ": ", value, "\r\n"].concat()).collect()
}

/// Writes a request and reads the answer to its end.
pub(crate) fn exchange(address: &str, head: &str, body: &[u8]) -> Answer {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(format!("{head}Connection: close\r\n\r\n").as_bytes()).unwrap();
    // A request that is refused by its head may be answered before its body is read.
    let _ = stream.write_all(body);
    let mut received = Vec::new();
    let _ = stream.read_to_end(&mut received);
    let end = received.windows(4).position(|part| part == b"\r\n\r\n").unwrap_or_else(|| panic!("no answer to {head}"));
    let head = String::from_utf8_lossy(&received[..end]).into_owned();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let body = received.split_off(end + 4);
    let body = if head.to_ascii_lowercase().contains("transfer-encoding: chunked") { unchunked(&body) } else { body };
    Answer { status, head, body }
}

fn unchunked(mut framed: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    loop {
        let end = framed.windows(2).position(|pair| pair == b"\r\n").unwrap();
        let length = usize::from_str_radix(std::str::from_utf8(&framed[..end]).unwrap(), 16).unwrap();
        if length == 0 {
            return body;
        }
        body.extend_from_slice(&framed[end + 2..end + 2 + length]);
        framed = &framed[end + 4 + length..];
    }
}
