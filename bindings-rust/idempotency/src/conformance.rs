//! Tests for a [`Store`] of yours: what [`once`](crate::once) relies on. Behind the feature `conformance`.
//!
//! ```
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! use tink_webhooks_idempotency::{MemoryStore, conformance::check};
//! check(MemoryStore::new()).await; // yours
//! # });
//! ```

use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;

use crate::around::token as new;
use crate::store::{Claim, Store, StoreFuture};

/// The lease of these tests. A shorter one ends by itself on a busy machine.
const LEASE: Duration = Duration::from_secs(1);
/// How long done records are kept.
const KEEP: Duration = Duration::from_secs(60);
/// A little more than a lease.
const ENDED: Duration = Duration::from_millis(1_100);
/// How many ask at once.
const CROWD: usize = 16;

/// Runs every test. It takes some ten seconds, since leases must end. The store may hold records of earlier tests.
///
/// # Panics
/// A test has failed; the message says what does not hold. So it is where the store gives an error.
///
/// # Examples
///
/// See [the module](self).
pub async fn check(store: impl Store + 'static) {
    let store: Arc<dyn Store> = Arc::new(store);
    let asked = Asked(&*store);
    asked.one_claims_and_the_other_is_told_how_long().await;
    asked.what_was_committed_is_done().await;
    asked.claiming_again_with_the_same_token().await;
    asked.nobody_else_commits_releases_or_extends().await;
    asked.what_was_released_is_free().await;
    asked.what_was_forgotten_is_done_once_it_is_committed().await;
    asked.a_lease_ends_and_the_stolen_token_can_do_nothing().await;
    asked.a_slow_holder_that_nobody_overtook_commits().await;
    asked.extending_keeps_it().await;
    asked.scopes_and_keys_are_apart().await;
    of_a_crowd_one_claims(&store).await;
}

struct Asked<'a>(&'a dyn Store);

impl Asked<'_> {
    async fn claim(&self, scope: &str, key: &str, token: &str) -> Claim {
        answered(self.0.claim(scope, key, token, LEASE)).await
    }

    async fn claims(&self, key: &str, token: &str) -> bool {
        self.claim("s", key, token).await == Claim::Claimed
    }

    async fn is_busy(&self, key: &str, token: &str) -> bool {
        matches!(self.claim("s", key, token).await, Claim::Busy(_))
    }

    async fn is_done(&self, key: &str, token: &str) -> bool {
        self.claim("s", key, token).await == Claim::Done
    }

    async fn commits(&self, key: &str, token: &str) -> bool {
        answered(self.0.commit("s", key, token, KEEP)).await
    }

    async fn releases(&self, key: &str, token: &str) -> bool {
        answered(self.0.release("s", key, token)).await
    }

    async fn extends(&self, key: &str, token: &str) -> bool {
        answered(self.0.extend("s", key, token, LEASE)).await
    }

    async fn one_claims_and_the_other_is_told_how_long(&self) {
        let key = new();
        assert!(self.claims(&key, "a").await, "the first one claims");
        let found = self.claim("s", &key, "b").await;
        let (least, most) = (Claim::Busy(Duration::ZERO), LEASE + Duration::from_millis(1));
        let told = found != least && matches!(found, Claim::Busy(left) if left <= most);
        assert!(told, "the second one does not, and is told how long the lease runs, not {found:?}");
    }

    async fn what_was_committed_is_done(&self) {
        let key = new();
        self.claims(&key, "a").await;
        assert!(self.commits(&key, "a").await, "the holder commits");
        for token in ["a", "b"] {
            assert!(self.is_done(&key, token).await, "what is committed is done");
            assert!(!self.releases(&key, token).await, "what is done is not released");
            assert!(!self.extends(&key, token).await, "what is done has no lease");
        }
        assert!(self.commits(&key, "a").await, "committing again, after an answer that was lost, is well");
        assert!(!self.commits(&key, "b").await, "another one cannot commit it");
        assert!(self.is_done(&key, "c").await, "it stays done");
    }

    async fn claiming_again_with_the_same_token(&self) {
        let key = new();
        self.claims(&key, "a").await;
        assert!(self.claims(&key, "a").await, "the same token claims again");
        assert!(self.is_busy(&key, "b").await, "and holds it");
    }

    async fn nobody_else_commits_releases_or_extends(&self) {
        let key = new();
        for held in [false, true] {
            if held {
                self.claims(&key, "a").await;
                assert!(!self.commits(&key, "b").await, "another token does not commit");
            }
            assert!(!self.releases(&key, "b").await, "another token does not release");
            assert!(!self.extends(&key, "b").await, "another token does not extend");
        }
        assert!(self.is_busy(&key, "c").await, "the holder still holds it");
    }

    async fn what_was_released_is_free(&self) {
        let key = new();
        self.claims(&key, "a").await;
        assert!(self.releases(&key, "a").await, "the holder releases");
        assert!(!self.releases(&key, "a").await, "it is released once");
        assert!(self.claims(&key, "b").await, "what was released is free");
        assert!(!self.commits(&key, "a").await, "the one that released has no claim");
    }

    async fn what_was_forgotten_is_done_once_it_is_committed(&self) {
        let key = new();
        assert!(!self.extends(&key, "a").await, "what is not there is not extended");
        assert!(self.commits(&key, "a").await, "nobody else has claimed it, and the effect was done");
        assert!(self.is_done(&key, "b").await, "what is committed is done");
        assert!(!self.commits(&key, "b").await, "another one cannot commit it");
    }

    async fn a_lease_ends_and_the_stolen_token_can_do_nothing(&self) {
        let key = new();
        self.claims(&key, "a").await;
        sleep(ENDED).await;
        assert!(self.claims(&key, "b").await, "after the lease another one claims");
        assert!(!self.extends(&key, "a").await, "a stolen token does not extend");
        assert!(!self.commits(&key, "a").await, "a stolen token does not commit");
        assert!(!self.releases(&key, "a").await, "a stolen token does not release");
        assert!(self.is_busy(&key, "a").await, "a stolen token does not claim");
        assert!(self.commits(&key, "b").await, "the thief commits");
    }

    async fn a_slow_holder_that_nobody_overtook_commits(&self) {
        let key = new();
        self.claims(&key, "a").await;
        sleep(ENDED).await;
        assert!(self.commits(&key, "a").await, "nobody else has claimed it");
        assert!(self.is_done(&key, "b").await, "so it is done");
    }

    async fn extending_keeps_it(&self) {
        let key = new();
        self.claims(&key, "a").await;
        for _ in 0..3 {
            sleep(LEASE * 6 / 10).await;
            assert!(self.extends(&key, "a").await, "the holder extends");
            assert!(self.is_busy(&key, "b").await, "so it holds");
        }
    }

    async fn scopes_and_keys_are_apart(&self) {
        let key = new();
        for scope in ["s", "s:t", "s:", "buchen-müller 'x' %s $1 ?1"] {
            assert!(self.claim(scope, &key, scope).await == Claim::Claimed, "the scope {scope:?} is free");
        }
        assert!(answered(self.0.commit("s:t", &key, "s:t", KEEP)).await, "one of them commits");
        assert!(self.is_busy(&key, "b").await, "the others do not");
        assert!(self.claims(&new(), "b").await, "another key is free");
    }
}

/// Of a record that is new, and of one whose lease has ended.
async fn of_a_crowd_one_claims(store: &Arc<dyn Store>) {
    let key = new();
    for round in ["new", "ended"] {
        let crowd: Vec<_> = (0..CROWD)
            .map(|number| {
                let (store, key, token) = (Arc::clone(store), key.clone(), format!("{round}-{number}"));
                tokio::spawn(async move { answered(store.claim("s", &key, &token, LEASE)).await })
            })
            .collect();
        let mut found = Vec::new();
        for one in crowd {
            found.extend(one.await.ok());
        }
        let claimed = found.iter().filter(|one| **one == Claim::Claimed).count();
        let busy = found.iter().filter(|one| matches!(one, Claim::Busy(_))).count();
        assert!((claimed, busy) == (1, CROWD - 1), "one of a crowd claims, and not {found:?}");
        sleep(ENDED).await;
    }
}

/// The answer of a store that can tell.
async fn answered<T>(answer: StoreFuture<'_, T>) -> T {
    let answer = answer.await;
    assert!(answer.is_ok(), "the store cannot tell: {:?}", answer.err().map(|error| error.to_string()));
    answer.unwrap_or_else(|_| unreachable!())
}
