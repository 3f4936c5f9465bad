//! Holds the Rust library to the shared vectors: cases in, one a line, answers out. See `tests/README.md`.

use std::collections::BTreeMap;
use std::error::Error as StdError;
use std::fmt::{Display, Write as _};
use std::io::{BufRead, Write as _};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tink_webhooks::explain::explain;
use tink_webhooks::{
    Dispatcher, Error, Event, Handler, RegisteredHandler, Scheme, Verification, Verifier, WebhookHandler,
    generate_signature, hmac_sha256,
};

type Failure = Box<dyn StdError>;

/// The fields of one case that were not asked for yet: what is left at the end is a field this driver ignores.
struct Case(BTreeMap<String, String>);

impl Case {
    fn parse(line: &str) -> Result<Self, Failure> {
        let field = |field: &str| {
            let (key, value) = field.split_once('=').ok_or("a field without `=`")?;
            Ok((key.to_owned(), value.to_owned()))
        };
        line.split('\t').map(field).collect::<Result<_, Failure>>().map(Self)
    }

    fn text(&mut self, key: &str) -> Option<String> {
        self.0.remove(key)
    }

    fn bytes(&mut self, key: &str) -> Result<Option<Vec<u8>>, Failure> {
        Ok(self.text(key).map(hex::decode).transpose()?)
    }

    fn required(&mut self, key: &str) -> Result<Vec<u8>, Failure> {
        Ok(self.bytes(key)?.ok_or_else(|| format!("no `{key}`"))?)
    }
}

/// The fields of an answer, in order.
#[derive(Default)]
struct Answer(String);

impl Answer {
    fn put(&mut self, key: &str, value: impl Display) {
        // Writing to a String cannot fail.
        let _ = write!(self.0, "\t{key}={value}");
    }

    fn put_hex(&mut self, key: &str, value: impl AsRef<[u8]>) {
        self.put(key, hex::encode(value));
    }

    fn put_verification(&mut self, verification: &Verification) {
        self.put("scheme", verification.scheme);
        self.put("secret_index", verification.secret_index);
        if let Some(signed_at) = verification.signed_at {
            self.put("signed_at", signed_at);
        }
        if let Some(delivery_id) = verification.delivery_id {
            self.put("delivery_id", delivery_id);
        }
    }

    fn put_event(&mut self, event: &Event<'_>) {
        self.put("type", event.event_type());
        self.put_hex("name", event.name());
        self.put_hex("data", event.data_json());
        self.put("timestamp", event.timestamp_millis());
        self.put_hex("raw", event.raw_body());
        self.put_hex("serialized", event.serialize());
        if let Some(key) = event.idempotency_key() {
            self.put("idempotency_key", key);
        }
        if let Some(context) = event.context_json() {
            self.put_hex("context", context);
        }
        if let Some(user_id) = event.user_id() {
            self.put_hex("user_id", user_id.as_bytes());
        }
        if let Some(external_user_id) = event.external_user_id() {
            self.put_hex("external_user_id", external_user_id.as_bytes());
        }
        if let Some(verification) = event.verification() {
            self.put_verification(verification);
        }
    }

    fn put_error(&mut self, error: &Error) {
        self.put("kind", error.kind());
        self.put("reason", error.reason());
        self.put("status", error.http_status());
        self.put("code", error.code());
        if let Some(age) = error.age() {
            self.put("age", age);
        }
        if let Some(tolerance) = error.tolerance() {
            self.put("tolerance", tolerance);
        }
        if let Some(hint) = error.hint() {
            self.put_hex("hint", hint);
        }
        if let Some(failure) = error.handler_failure() {
            self.put("failures", failure.errors().len());
        }
    }
}

/// The labels in the order their handlers ran.
type Ran = Arc<Mutex<Vec<String>>>;

/// The handler object of a case, and what is needed to describe its handlers.
struct Subject {
    hooks: WebhookHandler,
    labelled: Vec<(String, Arc<Handler>)>,
}

impl Subject {
    fn make(case: &mut Case, ran: &Ran) -> Result<Result<Self, Error>, Failure> {
        let mut verifier = Verifier::builder();
        match case.text("secret").as_deref() {
            // Rust has no null: an absent secret is one that is empty.
            Some("null") => verifier = verifier.secret(""),
            Some(secret) => verifier = verifier.secret(hex::decode(secret)?),
            None => {}
        }
        match case.text("secrets").as_deref() {
            Some("[]") => verifier = verifier.secrets(Vec::<Vec<u8>>::new()),
            Some(list) => verifier = verifier.secrets(list.split(',').map(hex::decode).collect::<Result<Vec<_>, _>>()?),
            None => {}
        }
        if let Some(value) = case.bytes("env")? {
            verifier = verifier.secrets_from_environment(Some(&String::from_utf8(value)?));
        }
        match case.text("tolerance").as_deref() {
            Some("none") => verifier = verifier.tolerance_seconds(None),
            Some(seconds) => verifier = verifier.tolerance_seconds(Some(seconds.parse()?)),
            None => {}
        }
        if let Some(names) = case.text("schemes") {
            verifier = verifier.scheme_names(names.split(',').filter(|name| !name.is_empty()));
        }
        if let Some(bytes) = case.text("max_body_bytes") {
            verifier = verifier.max_body_bytes(bytes.parse()?);
        }
        let mut builder = WebhookHandler::builder().verifier(verifier);
        if let Some(now) = case.text("now") {
            let now = system_time(&now)?;
            builder = builder.clock(move || now);
        }
        let hooks = match builder.build() {
            Ok(hooks) => hooks,
            Err(error) => return Ok(Err(error)),
        };
        let mut subject = Self { hooks, labelled: Vec::new() };
        let registered = subject.register(case, ran)?;
        Ok(registered.map(|()| subject))
    }

    fn register(&mut self, case: &mut Case, ran: &Ran) -> Result<Result<(), Error>, Failure> {
        let handlers = case.text("handlers").unwrap_or_default();
        for item in handlers.split(',').filter(|item| !item.is_empty()) {
            let [key, label, mode] = item.split(':').collect::<Vec<_>>()[..] else { return Err("bad handlers".into()) };
            let (mode, allow_unknown) = mode.strip_suffix('+').map_or((mode, false), |mode| (mode, true));
            let handler = self.handler(label, mode == "fail", ran);
            let key = String::from_utf8(hex::decode(key)?)?;
            let result = if allow_unknown {
                self.hooks.register_handler_allow_unknown(&key, handler)
            } else {
                self.hooks.register_handler(&key, handler)
            };
            if let Err(error) = result {
                return Ok(Err(error));
            }
        }
        let unregister = case.text("unregister").unwrap_or_default();
        for key in unregister.split(',').filter(|key| !key.is_empty()) {
            if let Err(error) = self.hooks.unregister_handlers(&String::from_utf8(hex::decode(key)?)?) {
                return Ok(Err(error));
            }
        }
        Ok(Ok(()))
    }

    /// The same label is the same handler.
    fn handler(&mut self, label: &str, fails: bool, ran: &Ran) -> Arc<Handler> {
        if let Some((_, handler)) = self.labelled.iter().find(|(known, _)| known == label) {
            return Arc::clone(handler);
        }
        let handler = labelled(label, fails, ran);
        self.labelled.push((label.to_owned(), Arc::clone(&handler)));
        handler
    }

    fn describe(&self) -> String {
        let label = |handler: &RegisteredHandler| {
            let same = |known: &Arc<Handler>| RegisteredHandler::Sync(Arc::clone(known)).same(handler);
            let known = self.labelled.iter().find(|(_, known)| same(known));
            known.map_or("?", |(label, _)| label)
        };
        let group = |(key, handlers): (String, Vec<RegisteredHandler>)| {
            let labels: Vec<_> = handlers.iter().map(label).collect();
            format!("{}:{}", hex::encode(key), labels.join(" "))
        };
        self.hooks.get_handlers().into_iter().map(group).collect::<Vec<_>>().join(",")
    }
}

/// `explain`, whose answer is never an error.
fn why(case: &mut Case, answer: &mut Answer) -> Result<(), Failure> {
    let secrets = case.text("secrets").unwrap_or_default();
    let secrets = secrets.split(',').filter(|_| secrets != "[]").map(hex::decode).collect::<Result<Vec<_>, _>>()?;
    let now = case.text("now").map(|now| now.parse()).transpose()?;
    let found = explain(case.bytes("body")?.unwrap_or_default(), case.bytes("signature")?, secrets, now);
    answer.put("ok", 1);
    answer.put("cause", found.cause());
    answer.put("causes", found.causes().iter().map(ToString::to_string).collect::<Vec<_>>().join(","));
    answer.put("proved", u8::from(found.proved()));
    answer.put_hex("where", found.place());
    answer.put_hex("fix", found.fix());
    answer.put_hex("text", found.to_string());
    if let Some(index) = found.secret_index() {
        answer.put("secret_index", index);
    }
    if let Some(original) = found.original_body() {
        answer.put_hex("original", original);
    }
    Ok(())
}

fn system_time(seconds: &str) -> Result<SystemTime, Failure> {
    let (before, distance) = seconds.strip_prefix('-').map_or((false, seconds), |distance| (true, distance));
    let (whole, fraction) = distance.split_once('.').unwrap_or((distance, "0"));
    let whole: u64 = whole.parse().map_err(|_| Inexpressible("the clock in Rust returns a SystemTime"))?;
    let distance = Duration::new(whole, format!("{fraction:0<9}")[..9].parse()?);
    let time = if before { UNIX_EPOCH.checked_sub(distance) } else { UNIX_EPOCH.checked_add(distance) };
    Ok(time.ok_or(Inexpressible("a SystemTime does not reach that far"))?)
}

/// What Rust cannot express.
#[derive(Debug)]
struct Inexpressible(&'static str);

impl Display for Inexpressible {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

impl StdError for Inexpressible {}

fn run(case: &mut Case, answer: &mut Answer) -> Result<(), Failure> {
    let op = case.text("op").ok_or("no `op`")?;
    match op.as_str() {
        "mac" => {
            answer.put("ok", 1);
            answer.put_hex("mac", hmac_sha256(&case.required("secret")?)([&case.required("body")?]));
            return Ok(());
        }
        "sign" => return sign(case, answer),
        "explain" => return why(case, answer),
        "deserialize" | "dispatch" => return restore(&op, case, answer),
        _ => {}
    }
    let ran = Ran::default();
    let subject = match Subject::make(case, &ran)? {
        Ok(subject) => subject,
        Err(error) => {
            answer.put_error(&error);
            return Ok(());
        }
    };
    let body = case.bytes("body")?.unwrap_or_default();
    let signature = case.bytes("signature")?;
    let result = match op.as_str() {
        "configure" => {
            answer.put("ok", 1);
            answer.put("handlers", subject.describe());
            return Ok(());
        }
        "verify" => match subject.hooks.verify_signature(&body, signature.as_deref()) {
            Ok(verification) => {
                answer.put("ok", 1);
                answer.put_verification(&verification);
                return Ok(());
            }
            Err(error) => Err(error),
        },
        "construct" => subject.hooks.construct_event(&body, signature.as_deref()),
        "parse" => subject.hooks.parse_event(&body),
        "handle" => subject.hooks.handle_webhook(&body, signature.as_deref()),
        _ => return Err(format!("unknown op {op}").into()),
    };
    match &result {
        Ok(event) => {
            answer.put("ok", 1);
            answer.put_event(event);
        }
        Err(error) => answer.put_error(error),
    }
    if op == "handle" {
        answer.put("ran", ran.lock().map(|ran| ran.join(",")).unwrap_or_default());
    }
    Ok(())
}

/// A worker: it has no secret.
fn restore(op: &str, case: &mut Case, answer: &mut Answer) -> Result<(), Failure> {
    let text = case.bytes("body")?.unwrap_or_default();
    let ran = Ran::default();
    let (worker, mut same) = (Dispatcher::new(), BTreeMap::new());
    let handlers = case.text("handlers").unwrap_or_default();
    for item in handlers.split(',').filter(|item| !item.is_empty()) {
        let [key, label, mode] = item.split(':').collect::<Vec<_>>()[..] else { return Err("bad handlers".into()) };
        let handler = same.entry(label.to_owned()).or_insert_with(|| labelled(label, mode == "fail", &ran));
        worker.register_handler(&String::from_utf8(hex::decode(key)?)?, Arc::clone(handler))?;
    }
    let result = Event::deserialize(text).and_then(|event| {
        if op == "dispatch" {
            worker.dispatch(&event)?;
        }
        Ok(event)
    });
    match &result {
        Ok(event) => {
            answer.put("ok", 1);
            answer.put_event(event);
        }
        Err(error) => answer.put_error(error),
    }
    if op == "dispatch" {
        answer.put("ran", ran.lock().map(|ran| ran.join(",")).unwrap_or_default());
    }
    Ok(())
}

/// A handler that notes its label.
fn labelled(label: &str, fails: bool, ran: &Ran) -> Arc<Handler> {
    let (ran, name) = (Arc::clone(ran), label.to_owned());
    Arc::new(move |_| {
        if let Ok(mut ran) = ran.lock() {
            ran.push(name.clone());
        }
        if fails { Err("it failed".into()) } else { Ok(()) }
    })
}

fn sign(case: &mut Case, answer: &mut Answer) -> Result<(), Failure> {
    let secret = case.text("secret").filter(|secret| secret != "null").unwrap_or_default();
    let (secret, body) = (hex::decode(secret)?, case.bytes("body")?.unwrap_or_default());
    let signed_at = case.text("timestamp").map(|timestamp| timestamp.parse()).transpose()?;
    let scheme = case.text("scheme");
    let header = scheme
        .map_or(Ok(Scheme::V1), |scheme| Scheme::parse(&scheme))
        .and_then(|scheme| generate_signature(&body, &secret, scheme, signed_at));
    match header {
        Ok(header) => {
            answer.put("ok", 1);
            answer.put_hex("header", header);
        }
        Err(error) => answer.put_error(&error),
    }
    Ok(())
}

fn main() -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let mut case = Case::parse(&line?)?;
        let id = case.text("id").ok_or("no `id`")?;
        let mut answer = Answer::default();
        match run(&mut case, &mut answer) {
            Ok(()) => {}
            Err(failure) if failure.is::<Inexpressible>() => {
                answer = Answer::default();
                answer.put_hex("inexpressible", failure.to_string());
                case.0.clear();
            }
            Err(failure) => return Err(format!("{id}: {failure}").into()),
        }
        // A configuration that is refused ends a case early; only then may fields be left.
        if let Some(field) = case.0.keys().next().filter(|_| answer.0.starts_with("\tok")) {
            return Err(format!("{id}: unknown field `{field}`").into());
        }
        writeln!(out, "id={id}{}", answer.0)?;
        out.flush()?;
    }
    Ok(())
}
