//! A receiver of the race: `once_receiver WAY PLACE`, with two secrets in `TINK_WEBHOOK_SECRET`.
//!
//! WAY is `once`, `claim_in`, `check`, `slow:LEASE:SECONDS` or `until:LEASE:FILE`, as `python_receiver.py` describes them.
//! PLACE is `redis://...`, `postgresql://...` or `sqlite:FOLDER`, where both the claims and the effects are. It prints
//! where it listens.

mod log;

use std::env;
use std::error::Error;
use std::hash::{BuildHasher, RandomState};
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::Router;
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client};
use sqlx::postgres::PgPoolOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use sqlx::{PgPool, SqlitePool};
use tink_webhooks_axum::Receiver;
use tink_webhooks_axum::tink_webhooks::{Event, HandlerFuture, Scheme, WebhookHandler};
use tink_webhooks_idempotency::{Once, PostgresStore, RedisStore, SqliteStore, Store, claim_in};
use tokio::net::TcpListener;
use tokio::time::sleep;

const SCOPE: &str = "book";
/// A tenth of the default, as all other times of the race.
const LEASE: Duration = Duration::from_secs(1);
/// How many milliseconds a handler takes at most, and how many of a hundred fail.
const MOMENT: u64 = 10;
const FAILING: u64 = 5;

type Failure = Box<dyn Error + Send + Sync>;

/// Where claims and effects are.
#[derive(Clone)]
enum Place {
    Redis(Box<Client>, MultiplexedConnection),
    Postgres(PgPool),
    Sqlite(SqlitePool),
}

/// A number below another, no secret.
fn random(below: u64) -> u64 {
    RandomState::new().hash_one(below) % below
}

/// What comes before the effect.
async fn work() -> Result<(), Failure> {
    sleep(Duration::from_millis(random(MOMENT + 1))).await;
    if random(100) < FAILING { Err("the bank is away".into()) } else { Ok(()) }
}

/// What is booked.
fn row(event: &Event<'_>) -> Result<(String, i64), Failure> {
    let key = event.idempotency_key().ok_or("the race is of occurrences")?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
    Ok((key.to_string(), i64::try_from(now.as_millis())?))
}

/// A handler that writes its key in the same transaction if `in_own`, and else nothing but its effect.
async fn book(place: Place, event: Arc<Event<'static>>, in_own: bool) -> Result<(), Failure> {
    if !in_own {
        work().await?;
    }
    match place {
        Place::Redis(_, mut connection) => {
            let (key, now) = row(&event)?;
            let mut push = redis::cmd("RPUSH");
            push.arg("bookings").arg(format!("{key} {now}"));
            push.query_async::<()>(&mut connection).await?;
        }
        Place::Postgres(pool) => {
            let mut transaction = pool.begin().await?;
            if in_own {
                if !claim_in(&mut transaction, &event, SCOPE).await? {
                    return Ok(());
                }
                work().await?;
            }
            let (key, now) = row(&event)?;
            let insert = sqlx::query("INSERT INTO bookings VALUES ($1, $2)").bind(key).bind(now);
            insert.execute(&mut *transaction).await?;
            transaction.commit().await?;
        }
        Place::Sqlite(pool) => {
            let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await?;
            if in_own {
                if !claim_in(&mut transaction, &event, SCOPE).await? {
                    return Ok(());
                }
                work().await?;
            }
            let (key, now) = row(&event)?;
            let insert = sqlx::query("INSERT INTO bookings VALUES (?, ?)").bind(key).bind(now);
            insert.execute(&mut *transaction).await?;
            transaction.commit().await?;
        }
    }
    Ok(())
}

/// Has an effect of this name.
async fn write(place: &Place, name: String) -> Result<(), Failure> {
    let now = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis())?;
    match place {
        // A connection does not come back by itself when its server does.
        Place::Redis(client, _) => {
            let mut push = redis::cmd("RPUSH");
            push.arg("bookings").arg(format!("{name} {now}"));
            push.query_async::<()>(&mut client.get_multiplexed_async_connection().await?).await?;
        }
        Place::Postgres(pool) => {
            sqlx::query("INSERT INTO bookings VALUES ($1, $2)").bind(name).bind(now).execute(pool).await?;
        }
        Place::Sqlite(pool) => {
            sqlx::query("INSERT INTO bookings VALUES (?, ?)").bind(name).bind(now).execute(pool).await?;
        }
    }
    Ok(())
}

/// A handler that takes its time.
async fn take_time(place: Place, event: Arc<Event<'static>>, duration: Duration) -> Result<(), Failure> {
    let key = event.idempotency_key().ok_or("the race is of occurrences")?;
    write(&place, format!("{key}:begin")).await?;
    sleep(duration).await;
    write(&place, format!("{key}:end")).await
}

/// A handler that has its effect, and then waits for a file.
async fn wait_for(place: Place, event: Arc<Event<'static>>, file: Arc<Path>) -> Result<(), Failure> {
    let key = event.idempotency_key().ok_or("the race is of occurrences")?;
    write(&place, format!("{key}:done")).await?;
    while !file.exists() {
        sleep(Duration::from_millis(10)).await;
    }
    Ok(())
}

/// A handler that never fails, also for events that have no key.
async fn steady(place: Place, event: Arc<Event<'static>>) -> Result<(), Failure> {
    let name = event.idempotency_key().map_or_else(|| event.name().to_owned(), |key| key.to_string());
    write(&place, name).await
}

/// The lease, and the file that the handler waits for.
fn until(way: &str) -> Result<Option<(Duration, Arc<Path>)>, Failure> {
    let Some((lease, file)) = way.strip_prefix("until:").and_then(|rest| rest.split_once(':')) else {
        return Ok(None);
    };
    Ok(Some((Duration::from_secs_f64(lease.parse()?), Path::new(file).into())))
}

/// The lease, and how long the handler takes.
fn slow(way: &str) -> Result<Option<(Duration, Duration)>, Failure> {
    let Some((lease, duration)) = way.strip_prefix("slow:").and_then(|rest| rest.split_once(':')) else {
        return Ok(None);
    };
    Ok(Some((Duration::from_secs_f64(lease.parse()?), Duration::from_secs_f64(duration.parse()?))))
}

async fn open(place: &str) -> Result<(Arc<dyn Store>, Place), Failure> {
    if place.starts_with("redis:") {
        let client = Client::open(place)?;
        // By default it gives up after half a second, when the effect may be there.
        let options = AsyncConnectionConfig::new().set_response_timeout(Some(Duration::from_secs(10)));
        let effects = client.get_multiplexed_async_connection_with_config(&options).await?;
        return Ok((Arc::new(RedisStore::new(client.clone())), Place::Redis(Box::new(client), effects)));
    }
    if place.starts_with("postgresql:") {
        let pool = PgPoolOptions::new().max_connections(16).connect(place).await?;
        return Ok((Arc::new(PostgresStore::new(pool.clone())), Place::Postgres(pool)));
    }
    let folder = place.strip_prefix("sqlite:").ok_or("an unknown place")?;
    let options = SqliteConnectOptions::new().filename(format!("{folder}/shop.db"));
    let pool = SqlitePoolOptions::new().connect_with(options.busy_timeout(Duration::from_secs(20))).await?;
    Ok((Arc::new(SqliteStore::open(format!("{folder}/claims.db")).await?), Place::Sqlite(pool)))
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<(), Failure> {
    log::to_stderr()?;
    let [way, place] = env::args().skip(1).collect::<Vec<_>>().try_into().map_err(|_| "give WAY and PLACE")?;
    let in_own = way == "claim_in";
    let (store, place) = open(&place).await?;
    let hooks = WebhookHandler::builder().schemes([Scheme::V1]).build()?;
    if let Some((lease, duration)) = slow(&way)? {
        let handler = move |event| -> HandlerFuture { Box::pin(take_time(place.clone(), event, duration)) };
        hooks.on_async("*", Once::new(store, SCOPE).lease(lease).around(handler)?)?;
        return serve(hooks).await;
    }
    if let Some((lease, file)) = until(&way)? {
        let handler = move |event| -> HandlerFuture { Box::pin(wait_for(place.clone(), event, Arc::clone(&file))) };
        hooks.on_async("*", Once::new(store, SCOPE).lease(lease).around(handler)?)?;
        return serve(hooks).await;
    }
    if way == "check" {
        let handler = move |event| -> HandlerFuture { Box::pin(steady(place.clone(), event)) };
        hooks.on_async("*", Once::new(store, SCOPE).around(handler)?)?;
        return serve(hooks).await;
    }
    let handler = move |event| -> HandlerFuture { Box::pin(book(place.clone(), event, in_own)) };
    if in_own {
        hooks.on_async("*", handler)?;
    } else {
        hooks.on_async("*", Once::new(store, SCOPE).lease(LEASE).around(handler)?)?;
    }
    serve(hooks).await
}

async fn serve(hooks: WebhookHandler) -> Result<(), Failure> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    std::io::stdout().write_all(format!("listening on http://{}/\n", listener.local_addr()?).as_bytes())?;
    axum::serve(listener, Router::new().fallback_service(Receiver::new(hooks))).await?;
    Ok(())
}
