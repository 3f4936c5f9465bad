//! A store in Redis or Valkey.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use redis::aio::{ConnectionLike, MultiplexedConnection};
use redis::{AsyncConnectionConfig, Client, Cmd, RedisError};
use tokio::sync::Mutex;

use crate::store::{Claim, Store, StoreError, StoreFuture, milliseconds};
use crate::texts::redis as texts;

/// What the records' names begin with, in every language.
const PREFIX: &str = "tink-webhooks:once:";
/// How long connecting and an answer may take: shorter than a lease, so that one lost packet does not hold all beats up.
const PATIENCE: Duration = Duration::from_secs(5);

/// Records in Redis 5 or newer, or Valkey. Clones share everything.
///
/// The server must not evict records: `maxmemory-policy noeviction`. One that forgets, in a failover, makes handlers run
/// twice. Leases are extended over a connection of their own.
///
/// # Examples
///
/// ```
/// use tink_webhooks_idempotency::{RedisStore, once};
/// let store = RedisStore::new(redis::Client::open("redis://127.0.0.1")?); // connects when it is asked
/// let book = once(store, "book-payment", |event| async move { println!("{}", event.name()) })?;
/// # let _ = book;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct RedisStore {
    shared: Arc<Shared>,
}

struct Shared {
    prefix: String,
    asked: Link,
    leases: Link,
}

/// Where connections come from.
enum Link {
    /// One that is made when it is needed, and again when it broke.
    Own(Client, Mutex<Option<Arc<MultiplexedConnection>>>),
    Given(Box<dyn Given>),
}

/// A connection of the user's, of which clones share it.
trait Given: Send + Sync {
    fn clone_of(&self) -> Box<dyn ConnectionLike + Send>;
}

impl<C: ConnectionLike + Clone + Send + Sync + 'static> Given for C {
    fn clone_of(&self) -> Box<dyn ConnectionLike + Send> {
        Box::new(self.clone())
    }
}

impl RedisStore {
    /// Over this client, which gives two connections when the store is asked.
    ///
    /// # Examples
    ///
    /// See [`RedisStore`].
    pub fn new(client: Client) -> Self {
        let link = |client| Link::Own(client, Mutex::new(None));
        let shared = Shared { prefix: PREFIX.to_owned(), asked: link(client.clone()), leases: link(client) };
        Self { shared: Arc::new(shared) }
    }

    /// Over connections of yours, such as a `ConnectionManager` or one of a cluster, which must connect again by
    /// themselves and have time limits. Handlers must not use the second one, over which leases are extended.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn connected() -> redis::RedisResult<()> {
    /// use tink_webhooks_idempotency::RedisStore;
    /// let client = redis::Client::open("redis://127.0.0.1")?;
    /// let connect = || client.get_multiplexed_async_connection();
    /// let store = RedisStore::with_connections(connect().await?, connect().await?);
    /// # Ok(())
    /// # }
    /// ```
    pub fn with_connections<C>(asked: C, leases: C) -> Self
    where
        C: ConnectionLike + Clone + Send + Sync + 'static,
    {
        let given = |connection| Link::Given(Box::new(connection));
        Self { shared: Arc::new(Shared { prefix: PREFIX.to_owned(), asked: given(asked), leases: given(leases) }) }
    }

    async fn run(
        &self,
        link: &Link,
        text: &str,
        record: (&str, &str),
        token: &str,
        time: Option<Duration>,
    ) -> Result<i64, StoreError> {
        let mut command = redis::cmd("EVAL");
        command.arg(text).arg(1).arg(format!("{}{}:{}", self.shared.prefix, record.0, record.1)).arg(token);
        if let Some(time) = time {
            command.arg(milliseconds(time));
        }
        Ok(link.ask(&command).await?)
    }
}

impl Link {
    async fn ask(&self, command: &Cmd) -> Result<i64, RedisError> {
        let (client, kept) = match self {
            Self::Own(client, kept) => (client, kept),
            Self::Given(given) => {
                return Ok(redis::from_redis_value(given.clone_of().req_packed_command(command).await?)?);
            }
        };
        loop {
            let (connection, is_new) = {
                let mut kept = kept.lock().await;
                let is_new = kept.is_none();
                let connection = match &*kept {
                    Some(connection) => Arc::clone(connection),
                    None => Arc::clone(kept.insert(Arc::new(connect(client).await?))),
                };
                (connection, is_new)
            };
            let error = match command.query_async(&mut MultiplexedConnection::clone(&connection)).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            if !(error.is_io_error() || error.is_unrecoverable_error()) {
                return Err(error);
            }
            let mut kept = kept.lock().await;
            if kept.as_ref().is_some_and(|now| Arc::ptr_eq(now, &connection)) {
                *kept = None;
            }
            // It may have broken long ago, when the server was started again: each text may be sent twice.
            if is_new || error.is_timeout() {
                return Err(error);
            }
        }
    }
}

async fn connect(client: &Client) -> Result<MultiplexedConnection, RedisError> {
    let options =
        AsyncConnectionConfig::new().set_connection_timeout(Some(PATIENCE)).set_response_timeout(Some(PATIENCE));
    client.get_multiplexed_async_connection_with_config(&options).await
}

impl fmt::Debug for RedisStore {
    /// Without the client, which knows the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStore").field("prefix", &self.shared.prefix).finish_non_exhaustive()
    }
}

impl Store for RedisStore {
    fn claim<'a>(&'a self, scope: &'a str, key: &'a str, token: &'a str, lease: Duration) -> StoreFuture<'a, Claim> {
        let answer = self.run(&self.shared.asked, texts::CLAIM, (scope, key), token, Some(lease));
        Box::pin(async { Ok(Claim::of(answer.await?)) })
    }

    fn commit<'a>(&'a self, scope: &'a str, key: &'a str, token: &'a str, keep: Duration) -> StoreFuture<'a, bool> {
        let answer = self.run(&self.shared.asked, texts::COMMIT, (scope, key), token, Some(keep));
        Box::pin(async { Ok(answer.await? > 0) })
    }

    fn release<'a>(&'a self, scope: &'a str, key: &'a str, token: &'a str) -> StoreFuture<'a, bool> {
        let answer = self.run(&self.shared.leases, texts::RELEASE, (scope, key), token, None);
        Box::pin(async { Ok(answer.await? > 0) })
    }

    fn extend<'a>(&'a self, scope: &'a str, key: &'a str, token: &'a str, lease: Duration) -> StoreFuture<'a, bool> {
        let answer = self.run(&self.shared.leases, texts::EXTEND, (scope, key), token, Some(lease));
        Box::pin(async { Ok(answer.await? > 0) })
    }
}
