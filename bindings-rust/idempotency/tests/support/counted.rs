//! A store that counts.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tink_webhooks_idempotency::{Claim, MemoryStore, Store, StoreError, StoreFuture};
use tokio::time::sleep;

/// Counts what is asked of it, and fails or hangs on request.
#[derive(Clone, Default)]
pub(crate) struct Counted(pub(crate) Arc<Shared>);

#[derive(Default)]
pub(crate) struct Shared {
    pub(crate) memory: MemoryStore,
    asked: Mutex<Vec<&'static str>>,
    fails: Mutex<BTreeMap<&'static str, usize>>,
    hangs: Mutex<BTreeMap<&'static str, Duration>>,
}

impl Counted {
    /// But for extensions.
    pub(crate) fn asked(&self) -> Vec<&'static str> {
        self.0.asked.lock().unwrap().iter().copied().filter(|name| *name != "extend").collect()
    }

    pub(crate) fn beats(&self) -> usize {
        self.0.asked.lock().unwrap().iter().filter(|name| **name == "extend").count()
    }

    pub(crate) fn fails(&self, name: &'static str, times: usize) {
        self.0.fails.lock().unwrap().insert(name, times);
    }

    pub(crate) fn hangs(&self, name: &'static str, time: Duration) {
        self.0.hangs.lock().unwrap().insert(name, time);
    }

    async fn count<T>(&self, name: &'static str, answer: StoreFuture<'_, T>) -> Result<T, StoreError> {
        self.0.asked.lock().unwrap().push(name);
        let time = self.0.hangs.lock().unwrap().get(name).copied();
        if let Some(time) = time {
            sleep(time).await;
        }
        if let Some(left) = self.0.fails.lock().unwrap().get_mut(name).filter(|left| **left > 0) {
            *left -= 1;
            return Err("away".into());
        }
        answer.await
    }
}

/// The memory decides when it is asked, so it is asked when the future is polled.
macro_rules! counted {
    ($self:ident.$method:ident($($argument:ident),+)) => {
        Box::pin(async move {
            let later = Box::pin(async move { $self.0.memory.$method($($argument),+).await });
            $self.count(stringify!($method), later).await
        })
    };
}

impl Store for Counted {
    fn claim<'a>(&'a self, scope: &'a str, key: &'a str, token: &'a str, lease: Duration) -> StoreFuture<'a, Claim> {
        counted!(self.claim(scope, key, token, lease))
    }

    fn commit<'a>(&'a self, scope: &'a str, key: &'a str, token: &'a str, keep: Duration) -> StoreFuture<'a, bool> {
        counted!(self.commit(scope, key, token, keep))
    }

    fn release<'a>(&'a self, scope: &'a str, key: &'a str, token: &'a str) -> StoreFuture<'a, bool> {
        counted!(self.release(scope, key, token))
    }

    fn extend<'a>(&'a self, scope: &'a str, key: &'a str, token: &'a str, lease: Duration) -> StoreFuture<'a, bool> {
        counted!(self.extend(scope, key, token, lease))
    }
}
