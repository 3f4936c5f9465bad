//! One half of a pair in Rust: `pair put PORT LIST` or `pair take PORT LIST...`, as `tests/pairs/python_pair.py`
//! describes it.

use std::env;
use std::error::Error;
use std::io::{Write, stdin, stdout};

use redis::{Client, Connection, cmd};
use tink_webhooks_axum::tink_webhooks::{Dispatcher, Event, Scheme, WebhookHandler};

type Failure = Box<dyn Error + Send + Sync>;

fn put(client: &mut Connection, list: &str) -> Result<(), Failure> {
    let hooks = WebhookHandler::builder().schemes([Scheme::V1, Scheme::Body]).build()?;
    for line in stdin().lines() {
        let line = line?;
        let (header, body) = line.split_once('\t').ok_or("no TAB")?;
        let event = hooks.construct_event(body.as_bytes(), header)?;
        cmd("RPUSH").arg(list).arg(event.serialize()).query::<()>(client)?;
    }
    Ok(())
}

/// What an event does not have is `-`.
fn or_none(value: Option<impl ToString>) -> String {
    value.map_or_else(|| "-".into(), |value| value.to_string())
}

fn show(event: &Event<'_>) -> Result<(), Failure> {
    let proof = event.verification().ok_or("it was verified")?;
    let fields = [
        event.event_type().to_string(),
        event.timestamp_millis().to_string(),
        or_none(event.idempotency_key()),
        proof.scheme.to_string(),
        proof.secret_index.to_string(),
        or_none(proof.signed_at),
        or_none(proof.delivery_id),
        event.data_json().to_owned(),
    ];
    Ok(writeln!(stdout(), "{}", fields.join("\t"))?)
}

fn take(client: &mut Connection, lists: &[String]) -> Result<(), Failure> {
    if env::var_os("TINK_WEBHOOK_SECRET").is_some() {
        return Err("there is a secret".into());
    }
    let work = Dispatcher::new();
    work.on("*", show)?;
    for list in lists {
        for text in cmd("LRANGE").arg(list).arg(0).arg(-1).query::<Vec<String>>(client)? {
            work.dispatch(&Event::deserialize(&text)?)?;
        }
    }
    Ok(())
}

fn main() -> Result<(), Failure> {
    let [way, port, lists @ ..] = &env::args().skip(1).collect::<Vec<_>>()[..] else {
        return Err("give a way, a port and lists".into());
    };
    let mut client = Client::open(format!("redis://127.0.0.1:{port}/0"))?.get_connection()?;
    if way == "put" { put(&mut client, &lists[0]) } else { take(&mut client, lists) }
}
