//! A store in PostgreSQL.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use sqlx::error::DatabaseError;
use sqlx::postgres::PgArguments;
use sqlx::query::Query;
use sqlx::{Executor, PgConnection, PgPool, Postgres};

use crate::own::Own;
use crate::store::{Claim, Store, StoreError, StoreFuture, milliseconds};
use crate::texts::postgres as texts;

/// `serialization_failure` and `deadlock_detected`, where the server's default isolation is stricter; and two sessions
/// that make the same table.
const AGAIN: [&str; 5] = ["40001", "40P01", "23505", "42P07", "42710"];
const TRIES: usize = 10;

/// Records in PostgreSQL 9.5 or newer, through sqlx. Clones share everything.
///
/// [`create_tables`](Self::create_tables) makes the table. Leases are extended over a connection of the store's own, so
/// that handlers that take all connections of the pool do not lose theirs.
///
/// # Examples
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use sqlx::PgPool;
/// use tink_webhooks_idempotency::{PostgresStore, once};
/// let store = PostgresStore::new(PgPool::connect_lazy("postgres://tink@127.0.0.1/shop")?);
/// let book = once(store, "book-payment", |event| async move { println!("{}", event.name()) })?;
/// # let _ = book;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
#[derive(Clone)]
pub struct PostgresStore {
    pool: PgPool,
    leases: Arc<Own<PgConnection>>,
}

type Statement<'q> = Query<'q, Postgres, PgArguments>;

impl PostgresStore {
    /// Over this pool, and one connection more.
    ///
    /// # Examples
    ///
    /// See [`PostgresStore`].
    pub fn new(pool: PgPool) -> Self {
        Self { pool, leases: Arc::new(Own::new()) }
    }

    /// Makes the tables of this store and of [`claim_in`](crate::claim_in) where they are not there; to be called at each
    /// start, or by a migration.
    ///
    /// # Errors
    /// Those of the database.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn start(pool: sqlx::PgPool) -> Result<(), sqlx::Error> {
    /// let store = tink_webhooks_idempotency::PostgresStore::new(pool);
    /// store.create_tables().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn create_tables(&self) -> Result<(), sqlx::Error> {
        for _ in 1..TRIES {
            match self.pool.execute(texts::CREATE).await {
                Err(error) if may_help(&error) => (),
                result => return result.map(drop),
            }
        }
        self.pool.execute(texts::CREATE).await.map(drop)
    }

    /// Removes records that were kept long enough, and says how many; to be called now and then.
    ///
    /// # Errors
    /// Those of the database.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn nightly(store: tink_webhooks_idempotency::PostgresStore) -> Result<(), sqlx::Error> {
    /// println!("removed {}", store.prune().await?);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn prune(&self) -> Result<u64, sqlx::Error> {
        self.changed(|| sqlx::query(texts::PRUNE)).await
    }

    async fn claimed(&self, scope: &str, key: &str, token: &str, lease: Duration) -> Result<Claim, StoreError> {
        for _ in 0..TRIES {
            let claim = || statement(texts::CLAIM, scope, key, token).bind(milliseconds(lease));
            if self.changed(claim).await? > 0 {
                return Ok(Claim::Claimed);
            }
            let answer = sqlx::query_scalar(texts::ANSWER).bind(scope).bind(key);
            // None: it has just gone.
            if let Some(answer) = answer.fetch_optional(&self.pool).await? {
                return Ok(Claim::of(answer));
            }
        }
        Err("the record comes and goes".into())
    }

    /// Over the pool. How many rows were changed.
    async fn changed<'q>(&self, statement: impl Fn() -> Statement<'q>) -> Result<u64, sqlx::Error> {
        for _ in 1..TRIES {
            match statement().execute(&self.pool).await {
                Err(error) if may_help(&error) => (),
                result => return Ok(result?.rows_affected()),
            }
        }
        Ok(statement().execute(&self.pool).await?.rows_affected())
    }

    /// Over the connection of its own. Whether a row was changed.
    async fn beat<'q>(&self, statement: impl Fn() -> Statement<'q>) -> Result<bool, StoreError> {
        loop {
            let (mut turn, was_used) = self.leases.take(&self.pool.connect_options()).await?;
            match statement().execute(&mut turn.connection).await {
                Ok(done) => {
                    turn.give_back();
                    return Ok(done.rows_affected() > 0);
                }
                // It may have broken long ago, when the server was started again: each text may be sent twice.
                Err(_) if was_used => (),
                Err(error) => return Err(error.into()),
            }
        }
    }
}

fn statement<'q>(text: &'static str, scope: &'q str, key: &'q str, token: &'q str) -> Statement<'q> {
    sqlx::query(text).bind(scope).bind(key).bind(token)
}

/// Whether the database says that running it again may help.
fn may_help(error: &sqlx::Error) -> bool {
    error.as_database_error().and_then(DatabaseError::code).is_some_and(|code| AGAIN.contains(&&*code))
}

impl fmt::Debug for PostgresStore {
    /// Without the options of connections.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresStore").field("connections", &self.pool.size()).finish_non_exhaustive()
    }
}

impl Store for PostgresStore {
    fn claim<'a>(&'a self, scope: &'a str, key: &'a str, token: &'a str, lease: Duration) -> StoreFuture<'a, Claim> {
        Box::pin(self.claimed(scope, key, token, lease))
    }

    fn commit<'a>(&'a self, scope: &'a str, key: &'a str, token: &'a str, keep: Duration) -> StoreFuture<'a, bool> {
        Box::pin(async move {
            let commit = || statement(texts::COMMIT, scope, key, token).bind(milliseconds(keep));
            Ok(self.changed(commit).await? > 0)
        })
    }

    fn release<'a>(&'a self, scope: &'a str, key: &'a str, token: &'a str) -> StoreFuture<'a, bool> {
        Box::pin(self.beat(move || statement(texts::RELEASE, scope, key, token)))
    }

    fn extend<'a>(&'a self, scope: &'a str, key: &'a str, token: &'a str, lease: Duration) -> StoreFuture<'a, bool> {
        Box::pin(self.beat(move || statement(texts::EXTEND, scope, key, token).bind(milliseconds(lease))))
    }
}
