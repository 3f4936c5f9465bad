//! A connection of a store's own.

use sqlx::Connection;
use tokio::sync::{Mutex, MutexGuard};

/// One that is made when it is needed. It is taken out while it is used: where that fails, or its future is dropped in
/// the middle of an answer or a transaction, it is closed, and not used again.
pub(crate) struct Own<C>(Mutex<Option<C>>);

impl<C: Connection> Own<C> {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(None))
    }

    /// Waits for its turn. Gives the connection, and whether it was used before.
    pub(crate) async fn take(&self, options: &C::Options) -> Result<(Turn<'_, C>, bool), sqlx::Error> {
        let mut kept = self.0.lock().await;
        let (connection, was_used) = match kept.take() {
            Some(connection) => (connection, true),
            None => (C::connect_with(options).await?, false),
        };
        Ok((Turn { kept, connection }, was_used))
    }
}

/// A connection, until it is given back.
pub(crate) struct Turn<'a, C> {
    kept: MutexGuard<'a, Option<C>>,
    pub(crate) connection: C,
}

impl<C> Turn<'_, C> {
    pub(crate) fn give_back(mut self) {
        *self.kept = Some(self.connection);
    }
}
