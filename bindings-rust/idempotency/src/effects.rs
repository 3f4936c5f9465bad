//! The key in the user's own transaction.

use std::pin::Pin;
use std::time::Duration;

use sqlx::{Connection, Database, Transaction};
use tink_webhooks::Event;

use self::sealed::Connected;
use crate::store::milliseconds;

/// Inserts the event's key in the transaction in which the handler writes: both are committed, or neither.
///
/// Call it first, and return where it is false. A copy waits, on PostgreSQL, until the transaction of the other one has
/// ended: committed, it gets false; rolled back, true. On SQLite begin with `pool.begin_with("BEGIN IMMEDIATE")`. The table
/// is made by [`create_tables`]. `scope` names what is done once, as for [`once`](crate::once): another one for each
/// handler.
///
/// A pool or a connection is no transaction, and does not compile: there the key would be committed at once, and the event
/// lost if the handler then fails.
///
/// ```compile_fail,E0308
/// # async fn book(mut pool: sqlx::PgPool, event: tink_webhooks::Event<'_>) -> Result<bool, sqlx::Error> {
/// tink_webhooks_idempotency::claim_in(&mut pool, &event, "book-payment").await
/// # }
/// ```
///
/// # Errors
/// Those of the database, such as a conflict or a time-out. They are yours to pass on, so that Tink delivers again.
///
/// # Examples
///
/// ```
/// use std::sync::Arc;
/// use sqlx::SqlitePool;
/// use tink_webhooks::Event;
/// use tink_webhooks_idempotency::claim_in;
///
/// async fn book(pool: SqlitePool, event: Arc<Event<'static>>) -> Result<(), sqlx::Error> {
///     let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await?;
///     if claim_in(&mut transaction, &event, "book-payment").await? {
///         let insert = sqlx::query("INSERT INTO bookings (event) VALUES (?)").bind(event.data_json());
///         insert.execute(&mut *transaction).await?;
///     }
///     transaction.commit().await
/// }
/// ```
pub async fn claim_in<D>(
    transaction: &mut Transaction<'_, D>,
    event: &Event<'_>,
    scope: &str,
) -> Result<bool, sqlx::Error>
where
    D: Database<Connection: EffectsConnection>,
{
    match event.idempotency_key() {
        Some(key) => Ok(transaction.insert(scope, key.to_string()).await? == 1),
        None => Ok(true),
    }
}

/// Makes the table of [`claim_in`] where it is not there, in the transaction of the connection if it has one; to be called
/// at each start, or by a migration.
///
/// # Errors
/// Those of the database.
///
/// # Examples
///
/// ```
/// async fn start(pool: sqlx::SqlitePool) -> Result<(), sqlx::Error> {
///     tink_webhooks_idempotency::create_tables(&mut *pool.acquire().await?).await
/// }
/// ```
pub async fn create_tables(connection: &mut impl EffectsConnection) -> Result<(), sqlx::Error> {
    connection.create().await
}

/// Removes the keys of [`claim_in`] that were kept so long, in the transaction of the connection if it has one, and says
/// how many; to be called now and then. Keep them for 7 days, or longer.
///
/// # Errors
/// Those of the database.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// async fn nightly(pool: sqlx::SqlitePool) -> Result<u64, sqlx::Error> {
///     tink_webhooks_idempotency::prune(&mut *pool.acquire().await?, Duration::from_secs(30 * 86_400)).await
/// }
/// ```
pub async fn prune(connection: &mut impl EffectsConnection, keep: Duration) -> Result<u64, sqlx::Error> {
    connection.prune(milliseconds(keep)).await
}

type Done<'c, T> = Pin<Box<dyn Future<Output = Result<T, sqlx::Error>> + Send + 'c>>;

/// A connection of a database that [`claim_in`] knows: PostgreSQL or SQLite.
///
/// # Examples
///
/// ```
/// fn known<C: tink_webhooks_idempotency::EffectsConnection>() {}
/// known::<sqlx::SqliteConnection>();
/// ```
#[diagnostic::on_unimplemented(message = "claim_in knows PostgreSQL and SQLite, and not `{Self}`")]
pub trait EffectsConnection: Connection + sealed::Connected {}

mod sealed {
    use super::Done;

    pub trait Connected: Send {
        fn insert<'c>(&'c mut self, scope: &'c str, key: String) -> Done<'c, u64>;
        fn create(&mut self) -> Done<'_, ()>;
        fn prune(&mut self, keep: i64) -> Done<'_, u64>;
    }
}

#[cfg(feature = "postgres")]
mod postgres {
    use sqlx::Executor;

    use super::{Done, EffectsConnection, sealed::Connected};
    use crate::texts::postgres as texts;

    impl EffectsConnection for sqlx::PgConnection {}

    impl Connected for sqlx::PgConnection {
        fn insert<'c>(&'c mut self, scope: &'c str, key: String) -> Done<'c, u64> {
            let insert = sqlx::query(texts::EFFECT).bind(scope).bind(key);
            Box::pin(async { Ok(insert.execute(self).await?.rows_affected()) })
        }

        fn create(&mut self) -> Done<'_, ()> {
            Box::pin(async { self.execute(texts::CREATE).await.map(drop) })
        }

        fn prune(&mut self, keep: i64) -> Done<'_, u64> {
            let prune = sqlx::query(texts::PRUNE_EFFECTS).bind(keep);
            Box::pin(async { Ok(prune.execute(self).await?.rows_affected()) })
        }
    }
}

#[cfg(feature = "sqlite")]
mod sqlite {
    use sqlx::Executor;

    use super::{Done, EffectsConnection, sealed::Connected};
    use crate::texts::sqlite as texts;

    impl EffectsConnection for sqlx::SqliteConnection {}

    impl Connected for sqlx::SqliteConnection {
        fn insert<'c>(&'c mut self, scope: &'c str, key: String) -> Done<'c, u64> {
            let insert = sqlx::query(&texts::EFFECT).bind(scope).bind(key);
            Box::pin(async { Ok(insert.execute(self).await?.rows_affected()) })
        }

        fn create(&mut self) -> Done<'_, ()> {
            Box::pin(async { self.execute(texts::CREATE_EFFECTS).await.map(drop) })
        }

        fn prune(&mut self, keep: i64) -> Done<'_, u64> {
            let prune = sqlx::query(&texts::PRUNE_EFFECTS).bind(keep);
            Box::pin(async { Ok(prune.execute(self).await?.rows_affected()) })
        }
    }
}
