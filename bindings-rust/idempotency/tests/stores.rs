//! Every store keeps what `once` relies on, on real servers, and no effect is lost or doubled around it.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::collections::BTreeSet;
use std::env;
use std::future::pending;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sqlx::postgres::PgPoolOptions;
use support::{Folder, Server, payment, until};
use tink_webhooks::{Error, HandlerFuture, Reason};
use tink_webhooks_idempotency::conformance::check;
use tink_webhooks_idempotency::{
    Claim, MemoryStore, Once, PostgresStore, RedisStore, SqliteStore, Store, StoreFuture, tink_webhooks,
};
use tokio::time::sleep;

const LEASE: Duration = Duration::from_secs(1);

/// The store of a kind at a place, as another process opens it too.
async fn open(kind: &str, place: &str) -> Arc<dyn Store> {
    match kind {
        "redis" => Arc::new(RedisStore::new(redis::Client::open(place).unwrap())),
        "postgres" => {
            Arc::new(PostgresStore::new(PgPoolOptions::new().max_connections(4).connect_lazy(place).unwrap()))
        }
        _ => Arc::new(SqliteStore::open(place).await.unwrap()),
    }
}

fn count(ran: &Arc<AtomicUsize>) -> Arc<AtomicUsize> {
    Arc::clone(ran)
}

/// Everything that is asked of every store.
async fn holds(kind: &str, place: &str) {
    let store = open(kind, place).await;
    check(Arc::clone(&store)).await;
    three_copies_at_once(&store).await;
    a_process_that_is_killed(kind, place, &store).await;
}

/// Each outlives its lease, and no two of them run at once.
async fn three_copies_at_once(store: &Arc<dyn Store>) {
    let (ran, running) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (ran_too, running_too) = (count(&ran), count(&running));
    let book = Once::new(Arc::clone(store), "three").lease(LEASE).wait(Duration::from_secs(60)).around(move |_| {
        let (ran, running) = (count(&ran_too), count(&running_too));
        async move {
            ran.fetch_add(1, Ordering::SeqCst);
            assert_eq!(running.fetch_add(1, Ordering::SeqCst), 0, "two at once");
            sleep(Duration::from_millis(2_500)).await;
            running.fetch_sub(1, Ordering::SeqCst);
        }
    });
    let book = book.unwrap();
    let copies: Vec<_> = (0..3).map(|_| tokio::spawn(book(payment()))).collect();
    for copy in copies {
        copy.await.unwrap().unwrap();
    }
    assert_eq!(ran.load(Ordering::SeqCst), 1);
}

/// In the middle of its handler. The lease ends, and another process takes over; and once it has committed, nobody does.
async fn a_process_that_is_killed(kind: &str, place: &str, store: &Arc<dyn Store>) {
    let mut child = Command::new(env::current_exe().unwrap())
        .args(["the_process_that_is_killed", "--exact", "--ignored", "--nocapture"])
        .env("TINK_WEBHOOKS_TEST_STORE", format!("{kind} {place}"))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let began = lines.map_while(Result::ok).any(|line| line.contains("the handler runs"));
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(began);
    let ran = Arc::new(AtomicUsize::new(0));
    let ran_too = count(&ran);
    let once = Once::new(Arc::clone(store), "killed").lease(LEASE);
    let book = once.around(move |_| {
        ran_too.fetch_add(1, Ordering::SeqCst);
        std::future::ready(())
    });
    let book = book.unwrap();
    for _ in 0..2 {
        book(payment()).await.unwrap();
        assert_eq!(ran.load(Ordering::SeqCst), 1);
    }
}

#[test]
#[ignore = "it is started by the tests of stores, and killed"]
fn the_process_that_is_killed() {
    let Ok(store) = env::var("TINK_WEBHOOKS_TEST_STORE") else { return };
    let (kind, place) = store.split_once(' ').unwrap();
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
        let once = Once::new(open(kind, place).await, "killed").lease(LEASE);
        let book = once.around(|_| async {
            std::io::stdout().write_all(b"the handler runs\n").unwrap();
            pending::<()>().await;
        });
        book.unwrap()(payment()).await.unwrap();
    });
}

/// A server decides by its own clock: that of a client, wrong by an hour, changes nothing.
fn a_clock_that_is_wrong(kind: &str, place: &str) {
    let folder = Folder::new();
    let library = folder.0.join("wrong_clock.so");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/wrong_clock.c");
    let Ok(made) = Command::new("cc").args(["-shared", "-fPIC", "-o"]).args([&library, &source]).status() else {
        return support::missing("cc").unwrap_or_default();
    };
    assert!(made.success());
    let asked = |hours: i64| {
        let mut child = Command::new(env::current_exe().unwrap());
        child.args(["the_process_with_a_wrong_clock", "--exact", "--ignored", "--nocapture"]);
        child.env("TINK_WEBHOOKS_TEST_STORE", format!("{kind} {place}")).env("LD_PRELOAD", &library);
        let output = child.env("WRONG_BY", (hours * 3_600).to_string()).output().unwrap().stdout;
        let line = String::from_utf8(output).unwrap();
        let line = line.lines().find_map(|line| line.split_once("clock: ")).unwrap().1.to_owned();
        let (now, found) = line.split_once(' ').unwrap();
        let off = now.parse::<i64>().unwrap() - now_in_seconds();
        assert!((off - hours * 3_600).abs() < 60, "the clock is wrong by {off} s");
        found.to_owned()
    };
    assert_eq!(asked(0), "claimed");
    for hours in [1, -1] {
        // With an hour more or less it would be over, or longer.
        let left: u64 = asked(hours).parse().unwrap();
        assert!((1..=1_800_000).contains(&left), "{left}");
    }
}

fn now_in_seconds() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs().try_into().unwrap()
}

#[test]
#[ignore = "it is started by the tests of stores, with another clock"]
fn the_process_with_a_wrong_clock() {
    let Ok(store) = env::var("TINK_WEBHOOKS_TEST_STORE") else { return };
    let (kind, place) = store.split_once(' ').unwrap();
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
        let store = open(kind, place).await;
        let found = store.claim("clock", "k", &now_in_seconds().to_string(), Duration::from_secs(1_800)).await.unwrap();
        let found = match found {
            Claim::Claimed => "claimed".to_owned(),
            Claim::Busy(left) => left.as_millis().to_string(),
            Claim::Done => "done".to_owned(),
        };
        std::io::stdout().write_all(format!("clock: {} {found}\n", now_in_seconds()).as_bytes()).unwrap();
    });
}

/// A handler that waits in the middle for what the test does meanwhile, and counts.
fn slow(ran: &Arc<AtomicUsize>) -> impl Fn(Arc<tink_webhooks::Event<'static>>) -> HandlerFuture + Send + Sync + use<> {
    let ran = count(ran);
    move |_| {
        let ran = count(&ran);
        Box::pin(async move {
            ran.fetch_add(1, Ordering::SeqCst);
            sleep(Duration::from_millis(400)).await;
            Ok(())
        })
    }
}

/// Nothing is lost whose retries outlast it, and what was committed stays so.
async fn a_server_that_is_away(kind: &str, server: &mut Server) {
    let place = if kind == "redis" { server.redis_url() } else { server.postgres_url() };
    let store = open(kind, &place).await;
    let ran = Arc::new(AtomicUsize::new(0));
    let once = |scope: &str| Once::new(Arc::clone(&store), scope).lease(Duration::from_secs(10)).around(slow(&ran));
    let (book, mail) = (once("book").unwrap(), once("mail").unwrap());
    book(payment()).await.unwrap();
    // Stopped before the claim: nobody runs.
    server.stop();
    let error = book(payment()).await.unwrap_err();
    assert_eq!(error.downcast_ref::<Error>().unwrap().reason(), Reason::StoreUnavailable);
    assert_eq!(ran.load(Ordering::SeqCst), 1);
    server.start();
    book(payment()).await.unwrap();
    assert_eq!(ran.load(Ordering::SeqCst), 1, "it has what was committed");
    // Stopped between claim and commit, and back within the lease: the commit is tried again.
    let running = tokio::spawn(mail(payment()));
    until("the handler runs", || ran.load(Ordering::SeqCst) == 2).await;
    server.stop();
    sleep(Duration::from_millis(600)).await;
    server.start();
    running.await.unwrap().unwrap();
    mail(payment()).await.unwrap();
    assert_eq!(ran.load(Ordering::SeqCst), 2, "the commit was written");
    // The connection of leases is made anew.
    assert_eq!(store.claim("away", "k", "a", LEASE).await.unwrap(), Claim::Claimed);
    assert!(store.extend("away", "k", "a", LEASE).await.unwrap());
    server.stop();
    assert!(store.extend("away", "k", "a", LEASE).await.is_err());
    server.start();
    // A server that was killed may have forgotten it.
    assert_eq!(store.claim("away", "k", "a", LEASE).await.unwrap(), Claim::Claimed);
    assert!(store.extend("away", "k", "a", LEASE).await.unwrap());
}

/// Connections belong to the runtime in which they were made, and are made anew in another one.
async fn a_runtime_that_ended(store: &Arc<dyn Store>) {
    let own = Arc::clone(store);
    let asked = thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            assert_eq!(own.claim("runtime", "k", "a", LEASE).await.unwrap(), Claim::Claimed);
            assert!(own.extend("runtime", "k", "a", LEASE).await.unwrap());
        });
    });
    assert!(asked.join().is_ok());
    assert_eq!(store.claim("runtime", "k", "a", LEASE).await.unwrap(), Claim::Claimed);
    assert!(store.extend("runtime", "k", "a", LEASE).await.unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memory() {
    let store = MemoryStore::new();
    check(store.clone()).await;
    three_copies_at_once(&(Arc::new(store) as Arc<dyn Store>)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite() {
    let folder = Folder::new();
    let place = folder.0.join("claims.db").display().to_string();
    holds("sqlite", &place).await;
    a_runtime_that_ended(&open("sqlite", &place).await).await;
    for none in ["", ":memory:"] {
        assert!(matches!(SqliteStore::open(none).await, Err(sqlx::Error::Configuration(_))));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_server() {
    let Some(mut server) = Server::redis("redis") else { return };
    holds("redis", &server.redis_url()).await;
    let client = redis::Client::open(server.redis_url()).unwrap();
    let (one, two) =
        (client.get_multiplexed_async_connection().await.unwrap(), client.get_multiplexed_async_connection());
    let given = RedisStore::with_connections(one, two.await.unwrap());
    assert_eq!(given.claim("given", "k", "a", LEASE).await.unwrap(), Claim::Claimed);
    assert!(given.extend("given", "k", "a", LEASE).await.unwrap());
    a_runtime_that_ended(&open("redis", &server.redis_url()).await).await;
    a_clock_that_is_wrong("redis", &server.redis_url());
    a_server_that_is_away("redis", &mut server).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn valkey_server() {
    let Some(server) = Server::redis("valkey") else { return };
    holds("redis", &server.redis_url()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_server() {
    let Some(mut server) = Server::postgres() else { return };
    let pool = PgPoolOptions::new().max_connections(1).connect(&server.postgres_url()).await.unwrap();
    let store = PostgresStore::new(pool.clone());
    // As several processes do at their start.
    let (one, two) =
        (store.clone(), PostgresStore::new(PgPoolOptions::new().connect(&server.postgres_url()).await.unwrap()));
    let (one, two) = tokio::join!(one.create_tables(), two.create_tables());
    assert!(one.is_ok() && two.is_ok(), "{one:?} {two:?}");
    holds("postgres", &server.postgres_url()).await;
    a_handler_that_takes_all_connections_of_the_pool(&store, &pool).await;
    drop((store, pool));
    a_clock_that_is_wrong("postgres", &server.postgres_url());
    a_server_that_is_away("postgres", &mut server).await;
}

async fn a_handler_that_takes_all_connections_of_the_pool(store: &PostgresStore, pool: &sqlx::PgPool) {
    let pool = pool.clone();
    let once = Once::new(store.clone(), "pool").lease(LEASE);
    let book = once.around(move |_| {
        let pool = pool.clone();
        async move {
            let _kept = pool.acquire().await.unwrap();
            sleep(Duration::from_millis(1_600)).await;
        }
    });
    let running = tokio::spawn(book.unwrap()(payment()));
    sleep(Duration::from_millis(1_400)).await;
    let key = payment().idempotency_key().unwrap().to_string();
    let other = store.claim("pool", &key, "another", LEASE);
    // It waits for the pool's only connection, and so for the handler's end: by then it is done.
    assert!(matches!(other.await.unwrap(), Claim::Busy(_) | Claim::Done));
    running.await.unwrap().unwrap();
    assert_eq!(store.claim("pool", &key, "another", LEASE).await.unwrap(), Claim::Done);
}

#[tokio::test]
async fn done_records_are_pruned_after_they_were_kept() {
    let folder = Folder::new();
    let (memory, sqlite) = (MemoryStore::new(), SqliteStore::open(folder.0.join("claims.db")).await.unwrap());
    let server = Server::postgres();
    let postgres = match &server {
        Some(server) => {
            let store = PostgresStore::new(sqlx::PgPool::connect(&server.postgres_url()).await.unwrap());
            store.create_tables().await.unwrap();
            Some(store)
        }
        None => None,
    };
    let mut stores: Vec<&dyn Store> = vec![&memory, &sqlite];
    stores.extend(postgres.as_ref().map(|store| store as &dyn Store));
    for store in &stores {
        for (key, keep) in [("short", 1), ("long", 60_000)] {
            store.claim("prune", key, "a", LEASE).await.unwrap();
            assert!(store.commit("prune", key, "a", Duration::from_millis(keep)).await.unwrap());
        }
    }
    sleep(Duration::from_millis(50)).await;
    assert_eq!((memory.prune(), sqlite.prune().await.unwrap()), (1, 1));
    if let Some(postgres) = &postgres {
        assert_eq!(postgres.prune().await.unwrap(), 1);
    }
    for store in &stores {
        assert_eq!(store.claim("prune", "short", "b", LEASE).await.unwrap(), Claim::Claimed);
        assert_eq!(store.claim("prune", "long", "b", LEASE).await.unwrap(), Claim::Done);
    }
}

#[tokio::test]
async fn memory_has_a_cap_and_keeps_what_runs() {
    let store = MemoryStore::with_max_records(10.try_into().unwrap());
    let long = Duration::from_secs(60);
    store.claim("s", "runs", "a", long).await.unwrap();
    for number in 0..100 {
        store.claim("s", &number.to_string(), "a", long).await.unwrap();
        store.commit("s", &number.to_string(), "a", long).await.unwrap();
    }
    assert_eq!(store.len(), 10);
    assert!(matches!(store.claim("s", "runs", "b", long).await.unwrap(), Claim::Busy(_)));
    assert_eq!(store.claim("s", "99", "b", long).await.unwrap(), Claim::Done);
}

/// Does not ask who holds it, where it is committed or extended.
struct Unfenced(MemoryStore, bool);

impl Store for Unfenced {
    fn claim<'a>(&'a self, scope: &'a str, key: &'a str, token: &'a str, lease: Duration) -> StoreFuture<'a, Claim> {
        self.0.claim(scope, key, token, lease)
    }

    fn commit<'a>(&'a self, scope: &'a str, key: &'a str, token: &'a str, keep: Duration) -> StoreFuture<'a, bool> {
        if self.1 { Box::pin(async { Ok(true) }) } else { self.0.commit(scope, key, token, keep) }
    }

    fn release<'a>(&'a self, scope: &'a str, key: &'a str, token: &'a str) -> StoreFuture<'a, bool> {
        self.0.release(scope, key, token)
    }

    fn extend<'a>(&'a self, scope: &'a str, key: &'a str, token: &'a str, lease: Duration) -> StoreFuture<'a, bool> {
        if self.1 { self.0.extend(scope, key, token, lease) } else { Box::pin(async { Ok(true) }) }
    }
}

#[tokio::test]
async fn the_suite_refuses_a_store_that_is_wrong() {
    for commits in [true, false] {
        assert!(tokio::spawn(check(Unfenced(MemoryStore::new(), commits))).await.unwrap_err().is_panic());
    }
}

/// In every language.
#[test]
fn the_packaged_texts_are_those_of_the_project() {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = |root: &Path| -> BTreeSet<_> {
        let folders = ["redis", "postgres", "sqlite"].map(|name| std::fs::read_dir(root.join(name)).unwrap());
        let paths = folders.into_iter().flatten().map(|entry| entry.unwrap().path());
        paths.map(|path| (path.strip_prefix(root).unwrap().to_owned(), std::fs::read(path).unwrap())).collect()
    };
    let (copies, texts) = (files(&own.join("texts")), files(&own.join("../../stores")));
    assert!(texts.len() > 15);
    assert_eq!(copies, texts);
}
