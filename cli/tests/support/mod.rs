//! A receiver on loopback, and the command as its users run it.

#![allow(dead_code, reason = "each test uses a part")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop")]

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;

/// The secret of the tests. Nothing that is printed may hold it.
pub(crate) const SECRET: &str = "marker-secret-3f9b1c0d7e5a4826";

/// A request as it came.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    pub(crate) fn signature(&self) -> Option<&str> {
        self.headers.get("x-tink-signature").map(String::as_str)
    }
}

/// A receiver that answers what a closure says, until the process of the test ends.
pub(crate) struct Receiver {
    pub(crate) address: SocketAddr,
    pub(crate) requests: Arc<Mutex<Vec<Request>>>,
}

impl Receiver {
    pub(crate) fn start(answer: impl Fn(&Request) -> (u16, String) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&requests);
        let answer = Arc::new(answer);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (answer, kept) = (Arc::clone(&answer), Arc::clone(&kept));
                thread::spawn(move || serve(&stream, &*answer, &kept));
            }
        });
        Self { address, requests }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/webhooks", self.address)
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }
}

/// Answers the requests of one connection.
fn serve(stream: &TcpStream, answer: &dyn Fn(&Request) -> (u16, String), kept: &Mutex<Vec<Request>>) -> Option<()> {
    let mut reader = BufReader::new(stream);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|&read| read > 0)?;
        let method = line.split(' ').next()?.to_owned();
        let mut headers = HashMap::new();
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).ok()?;
            let Some((name, value)) = line.trim_end().split_once(':') else { break };
            headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
        }
        let length = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
        let request = Request { method, headers, body };
        kept.lock().unwrap().push(request.clone());
        let (status, text) = answer(&request);
        let mut stream = stream;
        write!(stream, "HTTP/1.1 {status} Status\r\nContent-Length: {}\r\n\r\n{text}", text.len()).ok()?;
    }
}

/// How a command ended, and what it printed.
pub(crate) struct Ended {
    pub(crate) status: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ended {
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}\n{}", self.out, self.err))
    }
}

/// The command with the secret in its environment.
pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tink-webhooks"));
    command.args(arguments).env("TINK_WEBHOOK_SECRET", SECRET).env_remove("NO_COLOR");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs it with this on standard input.
pub(crate) fn run_with(mut command: Command, input: &[u8]) -> Ended {
    let child = command.spawn().unwrap();
    end(child, input)
}

/// Gives a started command its input, and waits for its end.
pub(crate) fn end(mut child: Child, input: &[u8]) -> Ended {
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let writer = thread::spawn(move || {
        // A command that reads no input has closed it.
        let _ = stdin.write_all(&input);
    });
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ended { status: output.status.code().unwrap_or(-1), out: text(&output.stdout), err: text(&output.stderr) }
}

/// Runs it without input.
pub(crate) fn run(arguments: &[&str]) -> Ended {
    run_with(command(arguments), b"")
}

/// A folder of this test alone, empty.
pub(crate) fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// What a receiver of this library answers.
pub(crate) fn right(secret: &str) -> impl Fn(&Request) -> (u16, String) + Send + Sync + 'static {
    let hooks =
        tink_webhooks::WebhookHandler::builder().secret(secret).schemes([tink_webhooks::Scheme::V1]).build().unwrap();
    move |request: &Request| {
        if request.method != "POST" {
            return (405, "method_not_allowed".to_owned());
        }
        match hooks.handle_webhook(&request.body, request.signature()) {
            Ok(_) => (200, "ok".to_owned()),
            Err(error) => (error.http_status(), error.reason().to_string()),
        }
    }
}
