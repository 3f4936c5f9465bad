//! `listen` and `replay` over real HTTP.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop")]

mod listening;
mod support;

use std::fs;
use std::path::Path;

use listening::{Listening, exchange, sign};
use serde_json::Value;
use support::{Receiver, SECRET, folder, right, run};
use tink_webhooks::{Scheme, generate_signature};

const BODY: &[u8] = br#"{"event":"account:updated","content":{"id":"a1"}}"#;
const REFRESH: &[u8] = br#"{"event":"refresh:finished","content":{"credentialsId":"c1","finished":1767225600000}}"#;

fn old(body: &[u8]) -> String {
    generate_signature(body, SECRET, Scheme::V1, Some(1_700_000_000)).unwrap()
}

fn forged(body: &[u8]) -> String {
    generate_signature(body, "another-secret-0123456789abcdef", Scheme::V1, None).unwrap()
}

#[test]
fn the_receiver_gets_the_bytes_and_headers_that_came_and_the_sender_its_answer() {
    let receiver = Receiver::start(|_| (418, "a teapot".to_owned()));
    let mut listening = Listening::start(&folder("forward"), &["--forward-to", &receiver.url()]);
    let every: Vec<u8> = (0..=255).chain(*b"\r\n \xef\xbb\xbf{}\n").collect();
    let signature = sign(&every);
    let headers = format!(
        "X-Tink-Signature: {signature}\r\nX-Odd:  a\"b; c \r\nUser-Agent: Tink\r\nConnection: X-Hop\r\nX-Hop: 1\r\n"
    );
    let answer = listening.post("/any/path?x=%2f", &headers, &every);
    assert_eq!((answer.status, answer.text().as_str()), (418, "a teapot"));

    let requests = receiver.requests();
    let [request] = &requests[..] else { panic!("{} requests", requests.len()) };
    assert_eq!(request.body, every);
    let header = |name: &str| request.headers.get(name).map(String::as_str);
    assert_eq!(header("x-tink-signature"), Some(signature.as_str()));
    assert_eq!(header("x-odd"), Some("a\"b; c"));
    assert_eq!(header("user-agent"), Some("Tink"));
    assert_eq!(header("host"), Some(receiver.address.to_string().as_str()));
    for added in ["accept", "accept-encoding", "x-hop", "content-type"] {
        assert_eq!(header(added), None, "{added} did not come");
    }

    let printed = listening.printed();
    assert_eq!(printed["verdict"], "invalid");
    assert_eq!(printed["error"]["reason"], "invalid_utf8");
    assert_eq!(printed["receiver"]["status"], 418);
    assert_eq!(printed["receiver"]["tink"], "never_again");
}

#[test]
fn a_body_in_pieces_is_the_same_body() {
    let receiver = Receiver::start(right(SECRET));
    let mut listening = Listening::start(&folder("chunks"), &["--forward-to", &receiver.url()]);
    let (one, other) = BODY.split_at(10);
    let mut framed = Vec::new();
    for part in [one, other, b""] {
        framed.extend_from_slice(format!("{:x}\r\n", part.len()).as_bytes());
        framed.extend_from_slice(part);
        framed.extend_from_slice(b"\r\n");
    }
    let head =
        format!("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nX-Tink-Signature: {}\r\n", sign(BODY));
    assert_eq!(exchange(&listening.deliveries, &head, &framed).status, 200);
    assert_eq!(receiver.requests()[0].body, BODY);
    assert_eq!(listening.printed()["verdict"], "verified");
}

/// Verdict, body, signature, status, reason.
type Case<'a> = (&'a str, &'a [u8], Option<String>, u16, Option<&'a str>);

#[test]
fn without_a_receiver_it_answers_by_the_table_of_errors() {
    let mut listening = Listening::start(&folder("alone"), &[]);
    let digits = sign(b"12");
    let large = vec![b' '; 2_097_153];
    let cases: [Case<'_>; 8] = [
        ("verified", BODY, Some(sign(BODY)), 200, None),
        ("refused", BODY, None, 401, Some("missing_signature")),
        ("refused", BODY, Some("t=1".to_owned()), 401, Some("malformed_signature")),
        ("refused", BODY, Some(forged(BODY)), 401, Some("signature_mismatch")),
        ("refused", BODY, Some(old(BODY)), 401, Some("timestamp_too_old")),
        ("invalid", b"12", Some(digits), 400, Some("not_an_object")),
        ("test", br#"{"event":"test"}"#, Some(sign(br#"{"event":"test"}"#)), 200, Some("test_webhook")),
        ("refused", &large, Some(sign(&large)), 413, Some("body_too_large")),
    ];
    for (verdict, body, signature, status, reason) in cases {
        let answer = listening.deliver(body, signature.as_deref());
        assert_eq!(answer.status, status, "{reason:?}");
        let printed = listening.printed();
        assert_eq!(printed["verdict"], verdict, "{printed}");
        assert_eq!(printed["error"]["reason"].as_str(), reason);
        assert_eq!(printed["answered"], status);
    }
    let get = exchange(&listening.deliveries, "GET / HTTP/1.1\r\nHost: a\r\n", b"");
    assert_eq!((get.status, get.header("allow")), (405, Some("POST")));
}

#[test]
fn a_receiver_that_is_away_is_502_so_that_tink_comes_again() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut listening = Listening::start(&folder("away"), &["--forward-to", &format!("http://{nobody}/")]);
    assert_eq!(listening.deliver(BODY, Some(&sign(BODY))).status, 502);
    let printed = listening.printed();
    assert_eq!(printed["answered"], 502);
    assert_eq!(printed["receiver"]["status"], Value::Null);
    assert!(printed["receiver"]["error"].as_str().unwrap().contains("refused"), "{printed}");
}

#[cfg(unix)]
#[test]
fn files_are_the_users_alone_hold_what_came_and_are_bounded() {
    use std::os::unix::fs::PermissionsExt;

    let place = folder("files");
    let mut listening = Listening::start(&place, &["--keep", "2"]);
    let ids: Vec<String> = (0..3).map(|_| listening.deliver_signed(BODY)).collect();
    let store = &listening.folder;
    assert_eq!(fs::metadata(store).unwrap().permissions().mode() & 0o777, 0o700);
    let mut names = Vec::new();
    for file in fs::read_dir(store).unwrap() {
        let file = file.unwrap();
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{:?}", file.path());
        names.push(file.file_name().into_string().unwrap());
    }
    names.sort();
    let mut expected: Vec<String> =
        ids[1..].iter().flat_map(|id| [format!("{id}.body"), format!("{id}.json")]).collect();
    expected.sort();
    assert_eq!(names, expected);
    assert_eq!(fs::read(store.join(format!("{}.body", ids[2]))).unwrap(), BODY);

    // The next start shows them again.
    let (folder, _) = (place.clone(), listening.stop());
    let again = Listening::start(&folder, &[]);
    let kept = again.ask("/api/changes?after=0").json();
    let known: Vec<&str> =
        kept["deliveries"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap()).collect();
    assert_eq!(known, [&ids[1], &ids[2]]);
}

/// Neither the secret nor its usual encodings.
fn holds_no_secret(what: &str, bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for form in [SECRET, "6d61726b65722d7365637265", "bWFya2VyLXNlY3Jl"] {
        assert!(!text.contains(form), "{what} holds the secret");
    }
}

#[test]
fn the_secret_is_in_no_output_no_file_and_no_answer() {
    let receiver = Receiver::start(right(SECRET));
    let mut listening = Listening::start(&folder("secret"), &["--forward-to", &receiver.url()]);
    let ids = [listening.deliver_signed(REFRESH), {
        listening.deliver(BODY, Some(&forged(BODY)));
        listening.printed()["id"].as_str().unwrap().to_owned()
    }];
    let mut answers = vec![listening.ask("/"), listening.ask("/api/changes?after=0")];
    for id in &ids {
        for part in ["", "/body", "/copy/curl", "/copy/pytest", "/copy/node", "/copy/go"] {
            answers.push(listening.ask(&format!("/api/deliveries/{id}{part}")));
        }
        answers.push(listening.replay(id, false));
    }
    answers.push(listening.replay(&ids[0], true));
    for answer in &answers {
        assert_eq!(answer.status, 200, "{answer:?}");
        holds_no_secret(&answer.head, answer.head.as_bytes());
        holds_no_secret(&answer.head, &answer.body);
    }
    for file in fs::read_dir(&listening.folder).unwrap() {
        let file = file.unwrap().path();
        holds_no_secret(&file.display().to_string(), &fs::read(&file).unwrap());
    }
    let (out, err) = listening.stop();
    assert_eq!(out.lines().count(), 3);
    holds_no_secret("standard output", out.as_bytes());
    holds_no_secret("standard error", err.as_bytes());
}

/// What it is, the status, the headers.
type Asked<'a> = (&'a str, u16, Vec<(&'a str, &'a str)>);

#[test]
fn the_page_is_for_its_own_address_and_for_who_has_the_token() {
    let mut listening = Listening::start(&folder("guard"), &[]);
    let id = listening.deliver_signed(BODY);
    let port = listening.page.rsplit(':').next().unwrap().to_owned();
    let (own, origin) = (listening.page.clone(), format!("http://{}", listening.page));
    let token = format!("Bearer {}", listening.token);
    let rebound = format!("rebound.example:{port}");
    let elsewhere = format!("http://127.0.0.1:{}", listening.deliveries.rsplit(':').next().unwrap());
    let localhost = format!("localhost:{port}");
    let authorized = ("Authorization", token.as_str());
    let cookie = format!("token={}", listening.token);
    let cases: [Asked<'_>; 12] = [
        ("as the page", 200, vec![("Host", &own), authorized]),
        ("as the page, by its other name", 200, vec![("Host", &localhost), authorized]),
        ("as a browser", 200, vec![("Host", &own), authorized, ("Origin", &origin), ("Sec-Fetch-Site", "same-origin")]),
        ("another host", 403, vec![("Host", &rebound), authorized]),
        ("another port as host", 403, vec![("Host", "127.0.0.1"), authorized]),
        ("two hosts", 400, vec![("Host", &own), ("Host", &rebound), authorized]),
        ("another site", 403, vec![("Host", &own), authorized, ("Origin", "http://evil.example")]),
        ("another port of this machine", 403, vec![("Host", &own), authorized, ("Origin", &elsewhere)]),
        ("no origin", 403, vec![("Host", &own), authorized, ("Origin", "null")]),
        ("another site by its fetch", 403, vec![("Host", &own), authorized, ("Sec-Fetch-Site", "same-site")]),
        ("no token", 401, vec![("Host", &own), ("Cookie", &cookie)]),
        ("a wrong token", 401, vec![("Host", &own), ("Authorization", "Bearer 00000000000000000000000000000000")]),
    ];
    let paths =
        ["/api/changes?after=0".to_owned(), format!("/api/deliveries/{id}"), format!("/api/deliveries/{id}/body")];
    for (what, status, headers) in cases {
        for path in &paths {
            let answer = listening.ask_as(path, &headers);
            // hyper refuses a second Host by itself, or hands it on, and then it is refused here.
            let expected = if status == 400 { answer.status >= 400 } else { answer.status == status };
            assert!(expected, "{what}: {path}: {}", answer.status);
            assert!(status == 200 || !answer.text().contains("account:updated"), "{what}");
        }
    }
    assert_eq!(listening.ask_as("/", &[("Host", &rebound)]).status, 403);
}

#[test]
fn the_page_runs_its_own_script_alone_and_leaves_nothing_behind() {
    let listening = Listening::start(&folder("policy"), &[]);
    let [one, other] = [(); 2].map(|()| listening.ask_as("/", &[("Host", &listening.page)]));
    let policy = one.header("content-security-policy").unwrap();
    for part in
        ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "require-trusted-types-for 'script'"]
    {
        assert!(policy.contains(part), "{policy}");
    }
    assert!(!policy.contains("unsafe"), "{policy}");
    assert_ne!(Some(policy), other.header("content-security-policy"), "each answer has a nonce of its own");
    let nonce = policy.split("'nonce-").nth(1).unwrap().split('\'').next().unwrap();
    assert_eq!(one.text().matches(&format!("nonce=\"{nonce}\"")).count(), 2);
    for (name, value) in
        [("cache-control", "no-store"), ("referrer-policy", "no-referrer"), ("x-content-type-options", "nosniff")]
    {
        assert_eq!(one.header(name), Some(value));
    }
    assert!(!one.text().contains("innerHTML") && !one.text().contains("document.write"));
    let outside = one.text().replace("http://www.w3.org/2000/svg", "");
    assert!(!outside.contains("http://") && !outside.contains("https://"), "the page loads nothing from elsewhere");
}

#[test]
fn web_pages_deliver_nothing() {
    let receiver = Receiver::start(right(SECRET));
    let listening = Listening::start(&folder("web"), &["--forward-to", &receiver.url()]);
    for header in ["Origin: http://evil.example", "Origin: null", "Sec-Fetch-Site: cross-site"] {
        assert_eq!(listening.post("/", &format!("{header}\r\n"), BODY).status, 403, "{header}");
    }
    assert!(receiver.requests().is_empty());
    assert_eq!(listening.ask("/api/changes?after=0").json()["deliveries"].as_array().unwrap().len(), 0);
}

#[test]
fn names_of_files_are_not_taken_from_addresses() {
    let mut listening = Listening::start(&folder("names"), &[]);
    listening.deliver_signed(BODY);
    fs::write(listening.folder.parent().unwrap().join("outside.body"), "outside").unwrap();
    for id in ["..%2foutside", "../outside", "%2e%2e/outside", "outside", "", "20260101-000000-00000000"] {
        let answer = listening.ask(&format!("/api/deliveries/{id}/body"));
        assert_eq!(answer.status, 404, "{id}");
    }
}

#[test]
fn the_page_signs_nothing_of_a_stranger() {
    let receiver = Receiver::start(right(SECRET));
    let mut listening = Listening::start(&folder("oracle"), &["--forward-to", &receiver.url()]);
    for signature in [None, Some(forged(BODY)), Some(old(BODY)), Some("nonsense".to_owned())] {
        listening.deliver(BODY, signature.as_deref());
        let id = listening.printed()["id"].as_str().unwrap().to_owned();
        let before = receiver.requests().len();
        assert_eq!(listening.replay(&id, true).status, 403, "{signature:?}");
        assert_eq!(receiver.requests().len(), before, "nothing was sent");
        assert_eq!(listening.ask(&format!("/api/deliveries/{id}")).json()["can_sign"], false);
        let curl = listening.ask(&format!("/api/deliveries/{id}/copy/curl")).json();
        assert!(!curl["text"].as_str().unwrap().contains("tink-webhooks sign"), "{curl}");
    }
    // What verified is signed, unless its file was changed since.
    let id = listening.deliver_signed(BODY);
    assert_eq!(listening.replay(&id, true).json()["status"], 200);
    fs::write(listening.folder.join(format!("{id}.body")), REFRESH).unwrap();
    let before = receiver.requests().len();
    assert_eq!(listening.replay(&id, true).status, 403);
    assert_eq!(receiver.requests().len(), before);
}

#[test]
fn news_come_to_who_waits() {
    let mut listening = Listening::start(&folder("news"), &[]);
    let version = listening.ask("/api/changes?after=0").json()["version"].as_u64().unwrap();
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| listening.ask(&format!("/api/changes?after={version}")).json());
        listening.deliver(BODY, Some(&sign(BODY)));
        let news = waiting.join().unwrap();
        assert!(news["version"].as_u64().unwrap() > version);
        assert_eq!(news["deliveries"][0]["event"], "account:updated");
    });
    listening.printed();
}

fn replay(store: &Path, id: &str, more: &[&str]) -> support::Ended {
    let mut arguments = vec!["replay", id, "--json", "--store", store.to_str().unwrap()];
    arguments.extend(more);
    run(&arguments)
}

#[test]
fn replay_sends_it_as_it_was_or_signed_anew() {
    let receiver = Receiver::start(right(SECRET));
    let mut listening = Listening::start(&folder("replay"), &["--forward-to", &receiver.url()]);
    let id = listening.deliver_signed(REFRESH);
    listening.deliver(BODY, Some(&old(BODY)));
    let stale = listening.printed()["id"].as_str().unwrap().to_owned();
    let store = listening.folder.clone();

    let first = &receiver.requests()[0];
    let as_it_was = replay(&store, &id, &[]);
    assert_eq!((as_it_was.status, &as_it_was.json()["status"]), (0, &Value::from(200)), "{}", as_it_was.err);
    let last = receiver.requests().pop().unwrap();
    assert_eq!((&last.body, &last.headers), (&first.body, &first.headers));

    let anew = replay(&store, &id[..20], &["--sign"]);
    assert_eq!((anew.status, &anew.json()["how"]), (0, &Value::from("replay_signed")), "{}", anew.err);
    assert_eq!(receiver.requests().pop().unwrap().body, REFRESH);

    // The last one did not verify when it came: as it was it is refused again, and it is not signed without a word.
    let refused = replay(&store, "last", &[]);
    assert_eq!((refused.status, &refused.json()["status"]), (1, &Value::from(401)));
    let before = receiver.requests().len();
    let unsigned = replay(&store, &stale, &["--sign"]);
    assert_eq!(unsigned.status, 2);
    assert!(unsigned.err.contains("--sign-untrusted"), "{}", unsigned.err);
    assert_eq!(receiver.requests().len(), before);
    let signed = replay(&store, &stale, &["--sign-untrusted"]);
    assert_eq!((signed.status, &signed.json()["status"]), (0, &Value::from(200)), "{}", signed.err);

    for (wanted, more) in [("nothing", vec![]), ("2", vec![]), (id.as_str(), vec!["--forward-to", "ftp://a/"])] {
        assert_eq!(replay(&store, wanted, &more).status, 2, "{wanted}");
    }
}

#[test]
fn a_body_that_was_written_again_is_explained_with_the_bytes_that_changed() {
    let mut listening = Listening::start(&folder("explain"), &[]);
    let signed = br#"{"event":"payment:updated","content":{"id":"p1","amount":23.00}}"#;
    let came = br#"{"event":"payment:updated","content":{"id":"p1","amount":23}}"#;
    assert_eq!(listening.deliver(came, Some(&sign(signed))).status, 401);
    let printed = listening.printed();
    let explanation = &printed["explanation"];
    assert_eq!(explanation["proved"], true, "{printed}");
    let changed = &explanation["changed"];
    let at = signed.iter().zip(came).take_while(|(one, other)| one == other).count();
    assert_eq!((changed["at"].as_u64(), changed["before"].as_u64()), (Some(at as u64), Some(24)));
    assert!(changed["signed"].as_str().unwrap().ends_with("23.00}}"), "{changed}");
    assert!(changed["came"].as_str().unwrap().ends_with("23}}"), "{changed}");

    let id = printed["id"].as_str().unwrap();
    let detail = listening.ask(&format!("/api/deliveries/{id}")).json();
    assert_eq!((&detail["explanation"], &detail["explaining"]), (explanation, &Value::from(false)));

    // A body that nothing was done to has another cause.
    listening.deliver(signed, Some(&forged(signed)));
    let printed = listening.printed();
    assert_eq!(printed["explanation"]["proved"], false, "{printed}");
    assert_eq!(printed["explanation"]["changed"], Value::Null);
}
