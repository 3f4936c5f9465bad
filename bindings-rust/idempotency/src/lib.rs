//! Does the effects of the webhooks of [Tink](https://tink.com) once: when Tink delivers an event again, when it comes
//! through a second endpoint, on another machine, and after a crash. **In doubt a handler runs twice, never not at all.**
//!
//! There are two ways. [`once`] goes around a handler whose effects are anywhere, with claims in a store:
//!
//! ```
//! # #[cfg(feature = "redis")] fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use tink_webhooks::WebhookHandler;
//! use tink_webhooks_idempotency::{RedisStore, once};
//!
//! let hooks = WebhookHandler::new("67abc1e08fb64c92b450a13e0876330b")?;
//! let store = RedisStore::new(redis::Client::open("redis://127.0.0.1")?);
//! hooks.on_async("payment:updated", once(store, "book-payment", |event| async move {
//!     println!("book {:?}", event.data_json());
//! })?)?;
//! # Ok(()) }
//! # #[cfg(not(feature = "redis"))] fn main() {}
//! ```
//!
//! `claim_in` goes into a handler that writes into your own PostgreSQL or SQLite: it inserts the event's key in the same
//! transaction, so that effect and key are committed together or not at all.
//!
//! Both go by [`Event::idempotency_key`](tink_webhooks::Event::idempotency_key). Events that only say "go and look", such
//! as `account:updated`, have none, and always run.
//!
//! # What a copy finds
//!
//! | it is | what happens | answer, outcome |
//! |---|---|---|
//! | done before | the handler is skipped | 200, `duplicate` if all were skipped |
//! | being done elsewhere | it waits till the other one's lease ends and a second more ([`wait`](Once::wait)), then skips or takes over | 200; 503 `in_progress` if the other one lives on, or too many wait ([`max_waiting`](Once::max_waiting)) |
//! | the store cannot be asked | the handler does not run, or does ([`on_store_failure`](Once::on_store_failure)) | 503 `store_unavailable` |
//! | the handler has run, and the commit cannot be written within the lease | counts as handled | 200, `commit_lost` in the log and the outcome |
//!
//! # The effect must be durable when the handler returns
//!
//! [`once`] commits when the handler has returned. What is committed, sent or saved later, in a task that the handler has
//! spawned or by a middleware, can still fail, and Tink's next try is then skipped: the event is lost.
//!
//! # Leases
//!
//! A claim holds for its [`lease`](Once::lease) (10 s) if its process dies, and is extended while the handler runs. That
//! is done by tasks on a runtime of tokio's in a thread of this crate, so that a handler that blocks its thread keeps its
//! claim. A handler that fails, panics, or is dropped gives it back.
//!
//! # Features
//!
//! | feature | what it adds |
//! |---|---|
//! | `redis` | `RedisStore`, through the crate `redis` 1 |
//! | `postgres` | `PostgresStore`, and `claim_in` for its transactions, through `sqlx` 0.8 |
//! | `sqlite` | `SqliteStore`, and `claim_in` for its transactions, through `sqlx` 0.8 |
//! | `conformance` | tests for a [`Store`] of yours |
//! | `tracing` (on) | lost leases and commits, and stores that cannot be asked, as events of `tracing` |
//!
//! Types of `redis` and `sqlx` are in the API, and the crates are re-exported: `tink_webhooks_idempotency::sqlx`.

#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

// From the ground up: each module knows only those above it.
mod store;

mod log;

#[cfg(any(feature = "redis", feature = "postgres", feature = "sqlite"))]
mod texts;

mod memory;

#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod own;

#[cfg(feature = "redis")]
mod redis_store;

#[cfg(feature = "postgres")]
mod postgres_store;

#[cfg(feature = "sqlite")]
mod sqlite_store;

#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod effects;

mod leases;

mod around;

mod once;

#[cfg(feature = "conformance")]
pub mod conformance;

#[cfg(any(feature = "postgres", feature = "sqlite"))]
pub use effects::{EffectsConnection, claim_in, create_tables, prune};
pub use memory::MemoryStore;
pub use once::{OnStoreFailure, Once, once};
#[cfg(feature = "postgres")]
pub use postgres_store::PostgresStore;
#[cfg(feature = "redis")]
pub use redis_store::RedisStore;
#[cfg(feature = "sqlite")]
pub use sqlite_store::SqliteStore;
pub use store::{Claim, Store, StoreError, StoreFuture};

#[cfg(feature = "redis")]
pub use redis;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
pub use sqlx;
pub use tink_webhooks;
