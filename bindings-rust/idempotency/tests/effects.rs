//! The key in the user's own transaction, on real databases.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::time::Duration;

use sqlx::postgres::PgPoolOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use sqlx::{Database, Encode, Executor, PgPool, Pool, SqlitePool, Transaction, Type};
use support::{Folder, Server, event, payment};
use tink_webhooks::{Event, EventType};
use tink_webhooks_idempotency::{EffectsConnection, claim_in, create_tables, prune, tink_webhooks};

/// What a handler does: the first time of each event it books.
async fn book<D>(transaction: &mut Transaction<'_, D>, event: &Event<'_>) -> bool
where
    D: Database<Connection: EffectsConnection>,
    for<'c> &'c mut D::Connection: Executor<'c, Database = D>,
{
    let is_new = claim_in(transaction, event, "book").await.unwrap();
    if is_new {
        (&mut **transaction).execute("INSERT INTO bookings VALUES ('p1')").await.unwrap();
    }
    is_new
}

async fn booked<D>(pool: &Pool<D>) -> i64
where
    D: Database<Connection: EffectsConnection>,
    for<'c> &'c mut D::Connection: Executor<'c, Database = D>,
    for<'a> D::Arguments<'a>: sqlx::IntoArguments<'a, D>,
    i64: for<'r> sqlx::Decode<'r, D> + Type<D>,
    usize: sqlx::ColumnIndex<D::Row>,
{
    sqlx::query_scalar("SELECT count(*) FROM bookings").fetch_one(&mut *pool.acquire().await.unwrap()).await.unwrap()
}

/// Everything that is the same on both databases.
async fn holds<D>(pool: Pool<D>)
where
    D: Database<Connection: EffectsConnection>,
    for<'c> &'c mut D::Connection: Executor<'c, Database = D>,
    for<'a> D::Arguments<'a>: sqlx::IntoArguments<'a, D>,
    i64: for<'r> sqlx::Decode<'r, D> + Type<D> + for<'q> Encode<'q, D>,
    usize: sqlx::ColumnIndex<D::Row>,
{
    let mut connection = pool.acquire().await.unwrap();
    connection.execute("CREATE TABLE bookings (id TEXT)").await.unwrap();
    for _ in 0..2 {
        create_tables(&mut *connection).await.unwrap();
    }
    drop(connection);
    let payment = payment();
    // A handler that fails: its transaction is rolled back, and Tink's next try books.
    let mut transaction = pool.begin().await.unwrap();
    assert!(book(&mut transaction, &payment).await);
    drop(transaction);
    assert_eq!(booked(&pool).await, 0);
    for is_new in [true, false, false] {
        let mut transaction = pool.begin().await.unwrap();
        assert_eq!(book(&mut transaction, &payment).await, is_new);
        transaction.commit().await.unwrap();
    }
    assert_eq!(booked(&pool).await, 1);
    // Another handler has its own scope, and an event without a key always runs.
    let mut transaction = pool.begin().await.unwrap();
    assert!(claim_in(&mut transaction, &payment, "mail").await.unwrap());
    let signal = event(EventType::AccountUpdated);
    for _ in 0..2 {
        assert!(claim_in(&mut transaction, &signal, "book").await.unwrap());
    }
    transaction.commit().await.unwrap();
    let mut transaction = pool.begin().await.unwrap();
    assert_eq!(prune(&mut *transaction, Duration::from_secs(60)).await.unwrap(), 0);
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert_eq!(prune(&mut *transaction, Duration::from_millis(1)).await.unwrap(), 2);
    drop(transaction);
    let mut transaction = pool.begin().await.unwrap();
    assert!(!book(&mut transaction, &payment).await, "pruning was rolled back");
}

async fn sqlite_pool(folder: &Folder) -> SqlitePool {
    let options = SqliteConnectOptions::new().filename(folder.0.join("own.db")).create_if_missing(true);
    let options = options.busy_timeout(Duration::from_secs(20));
    SqlitePoolOptions::new().max_connections(4).connect_with(options).await.unwrap()
}

#[tokio::test]
async fn sqlite() {
    let folder = Folder::new();
    holds(sqlite_pool(&folder).await).await;
}

/// Copies at once: one books, the others wait for it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite_copies_at_once() {
    let folder = Folder::new();
    let pool = sqlite_pool(&folder).await;
    pool.execute("CREATE TABLE bookings (id TEXT)").await.unwrap();
    create_tables(&mut *pool.acquire().await.unwrap()).await.unwrap();
    let copies: Vec<_> = (0..4)
        .map(|_| {
            let pool = pool.clone();
            tokio::spawn(async move {
                let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await.unwrap();
                let is_new = book(&mut transaction, &payment()).await;
                transaction.commit().await.unwrap();
                is_new
            })
        })
        .collect();
    let mut new = 0;
    for copy in copies {
        new += usize::from(copy.await.unwrap());
    }
    assert_eq!((new, booked(&pool).await), (1, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres() {
    let Some(server) = Server::postgres() else { return };
    let pool = PgPoolOptions::new().max_connections(4).connect(&server.postgres_url()).await.unwrap();
    holds(pool.clone()).await;
    pool.execute("TRUNCATE bookings, tink_webhooks_effects").await.unwrap();
    for (first_commits, second_books) in [(false, true), (true, false)] {
        a_copy_waits_for_the_first_one_s_end(&pool, first_commits, second_books).await;
        pool.execute("TRUNCATE bookings, tink_webhooks_effects").await.unwrap();
    }
}

async fn a_copy_waits_for_the_first_one_s_end(pool: &PgPool, first_commits: bool, second_books: bool) {
    let mut first = pool.begin().await.unwrap();
    assert!(book(&mut first, &payment()).await);
    let own = pool.clone();
    let second = tokio::spawn(async move {
        let mut second = own.begin().await.unwrap();
        let is_new = book(&mut second, &payment()).await;
        second.commit().await.unwrap();
        is_new
    });
    let waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'";
    while sqlx::query_scalar::<_, i64>(waits).fetch_one(pool).await.unwrap() == 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    if first_commits {
        first.commit().await.unwrap();
    } else {
        first.rollback().await.unwrap();
    }
    assert_eq!(second.await.unwrap(), second_books);
    assert_eq!(booked(pool).await, 1);
}
