//! A store in a file of SQLite.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use sqlx::query::Query;
use sqlx::sqlite::{SqliteArguments, SqliteConnectOptions, SqliteJournalMode};
use sqlx::{Sqlite, SqliteConnection};

use crate::own::Own;
use crate::store::{Claim, Store, StoreError, StoreFuture, milliseconds};
use crate::texts::sqlite as texts;

/// How long to wait for another process.
const BUSY: Duration = Duration::from_secs(5);
const TRIES: usize = 10;

/// Records in a file of SQLite, through sqlx, for the processes of one machine. Clones share everything.
///
/// It must be a file of its own: in your own file a long write transaction of a handler would keep its lease from being
/// extended.
///
/// # Examples
///
/// ```no_run
/// # async fn start() -> Result<(), Box<dyn std::error::Error>> {
/// use tink_webhooks_idempotency::{SqliteStore, once};
/// let store = SqliteStore::open("claims.db").await?;
/// let book = once(store, "book-payment", |event| async move { println!("{}", event.name()) })?;
/// # let _ = book;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct SqliteStore {
    shared: Arc<Shared>,
}

struct Shared {
    path: PathBuf,
    options: SqliteConnectOptions,
    asked: Own<SqliteConnection>,
    /// Another one: who waits for the other's lock would miss beats.
    leases: Own<SqliteConnection>,
}

type Statement<'q> = Query<'q, Sqlite, SqliteArguments<'q>>;

impl SqliteStore {
    /// Opens the file; makes it where it is not there, with its table.
    ///
    /// # Errors
    /// `sqlx::Error::Configuration` for `:memory:`, which is no file ([`MemoryStore`](crate::MemoryStore) is for one
    /// process); those of the database.
    ///
    /// # Examples
    ///
    /// See [`SqliteStore`].
    pub async fn open(path: impl AsRef<Path>) -> Result<Self, sqlx::Error> {
        let path = path.as_ref().to_owned();
        if ["", ":memory:"].iter().any(|none| path.as_os_str() == *none) {
            return Err(sqlx::Error::Configuration("SqliteStore needs a file: use MemoryStore for one process".into()));
        }
        let options = SqliteConnectOptions::new()
            .filename(&path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .busy_timeout(BUSY);
        let made = Self { shared: Arc::new(Shared { path, options, asked: Own::new(), leases: Own::new() }) };
        let until = Instant::now() + BUSY;
        // Another process may just be setting the journal's mode, for which SQLite does not wait.
        while let Err(error) = made.changed(&made.shared.asked, sqlx::query(texts::CREATE)).await {
            if Instant::now() > until {
                return Err(error);
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Ok(made)
    }

    /// Removes records that were kept long enough, and says how many; to be called now and then.
    ///
    /// # Errors
    /// Those of the database.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn nightly(store: tink_webhooks_idempotency::SqliteStore) -> Result<(), sqlx::Error> {
    /// println!("removed {}", store.prune().await?);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn prune(&self) -> Result<u64, sqlx::Error> {
        self.changed(&self.shared.asked, sqlx::query(texts::PRUNE)).await
    }

    /// How many rows a statement changes, which is a transaction of its own and waits for the disk.
    async fn changed(&self, own: &Own<SqliteConnection>, statement: Statement<'_>) -> Result<u64, sqlx::Error> {
        let (mut turn, _) = own.take(&self.shared.options).await?;
        sqlx::query(texts::DURABLE).execute(&mut turn.connection).await?;
        let done = statement.execute(&mut turn.connection).await?;
        turn.give_back();
        Ok(done.rows_affected())
    }

    async fn claimed(&self, scope: &str, key: &str, token: &str, lease: Duration) -> Result<Claim, StoreError> {
        let (mut turn, _) = self.shared.asked.take(&self.shared.options).await?;
        let found = claim_over(&mut turn.connection, scope, key, token, lease).await?;
        turn.give_back();
        Ok(found)
    }
}

async fn claim_over(
    connection: &mut SqliteConnection,
    scope: &str,
    key: &str,
    token: &str,
    lease: Duration,
) -> Result<Claim, StoreError> {
    sqlx::query(texts::QUICK).execute(&mut *connection).await?;
    for _ in 0..TRIES {
        let claim = statement(&texts::CLAIM, scope, key, token).bind(milliseconds(lease));
        if claim.execute(&mut *connection).await?.rows_affected() > 0 {
            return Ok(Claim::Claimed);
        }
        let answer = sqlx::query_scalar(&texts::ANSWER).bind(scope).bind(key);
        // None: it has just gone.
        if let Some(answer) = answer.fetch_optional(&mut *connection).await? {
            return Ok(Claim::of(answer));
        }
    }
    Err("the record comes and goes".into())
}

fn statement<'q>(text: &'static texts::Numbered, scope: &'q str, key: &'q str, token: &'q str) -> Statement<'q> {
    sqlx::query(text).bind(scope).bind(key).bind(token)
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SqliteStore").field(&self.shared.path).finish()
    }
}

impl Store for SqliteStore {
    fn claim<'a>(&'a self, scope: &'a str, key: &'a str, token: &'a str, lease: Duration) -> StoreFuture<'a, Claim> {
        Box::pin(self.claimed(scope, key, token, lease))
    }

    fn commit<'a>(&'a self, scope: &'a str, key: &'a str, token: &'a str, keep: Duration) -> StoreFuture<'a, bool> {
        let commit = statement(&texts::COMMIT, scope, key, token).bind(milliseconds(keep));
        Box::pin(async move { Ok(self.changed(&self.shared.asked, commit).await? > 0) })
    }

    fn release<'a>(&'a self, scope: &'a str, key: &'a str, token: &'a str) -> StoreFuture<'a, bool> {
        let release = statement(&texts::RELEASE, scope, key, token);
        Box::pin(async move { Ok(self.changed(&self.shared.leases, release).await? > 0) })
    }

    fn extend<'a>(&'a self, scope: &'a str, key: &'a str, token: &'a str, lease: Duration) -> StoreFuture<'a, bool> {
        let extend = statement(&texts::EXTEND, scope, key, token).bind(milliseconds(lease));
        Box::pin(async move { Ok(self.changed(&self.shared.leases, extend).await? > 0) })
    }
}
