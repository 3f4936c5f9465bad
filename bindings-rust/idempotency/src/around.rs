//! What is done around a handler: claiming, waiting for another one, committing, releasing. The rules are here once, for
//! asynchronous handlers and for those that block.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tink_webhooks::{Error, IdempotencyKey, Reason};
use tokio::time::{sleep, timeout};

use crate::leases::{self, Beat, Ticket, within};
use crate::log;
use crate::store::{Claim, Store, StoreError};

/// How long a claim that has to wait pauses before it asks again: it grows from the one to the other.
const PAUSES: (Duration, Duration) = (Duration::from_millis(20), Duration::from_millis(250));
/// How long a handler that failed waits until its claim is released.
const RELEASE: Duration = Duration::from_secs(1);
/// How long a store may take to answer a claim, at least.
const PATIENCE: Duration = Duration::from_secs(5);

/// What is done around one handler.
pub(crate) struct Around {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) scope: Arc<str>,
    pub(crate) wait: Option<Duration>,
    pub(crate) lease: Duration,
    pub(crate) max_run: Duration,
    pub(crate) keep: Duration,
    pub(crate) max_waiting: usize,
    /// Whether the handler runs where the store cannot be asked.
    pub(crate) runs_without: bool,
    /// How many copies wait.
    pub(crate) waiting: AtomicUsize,
}

/// What came of a claim.
pub(crate) enum Begun {
    /// The handler is to run, under this claim.
    Run(Held),
    /// The handler is to run, and nobody knows of it.
    RunWithout,
    /// What the handler does was done before.
    Skip,
}

impl Around {
    /// Claims; waits for another one.
    pub(crate) async fn begin(self: &Arc<Self>, key: IdempotencyKey) -> Result<Begun, Error> {
        let ticket = Ticket { scope: Arc::clone(&self.scope), key: key.to_string(), token: token() };
        // From now on the store may have it, even where this future is dropped.
        let mut held = Held { around: Arc::clone(self), ticket: Arc::new(ticket), beat: None, open: true };
        let claimed = self.claim(&held.ticket).await;
        held.open = matches!(claimed, Ok(Some(_)));
        let asked = match claimed {
            Ok(Some(asked)) => asked,
            Ok(None) => return Ok(Begun::Skip),
            Err(error) if self.runs_without && error.reason() == Reason::StoreUnavailable => {
                log::runs_without(&self.scope, &held.ticket.key, &error);
                return Ok(Begun::RunWithout);
            }
            Err(error) => return Err(error),
        };
        let (store, ticket) = (Arc::clone(&self.store), Arc::clone(&held.ticket));
        let beat =
            Beat::start(store, ticket, asked, self.lease, self.max_run).map_err(|why| unavailable(why.into()))?;
        held.beat = Some(beat);
        Ok(Begun::Run(held))
    }

    /// When the claim that succeeded was asked for; none where it was done before.
    async fn claim(&self, ticket: &Ticket) -> Result<Option<Instant>, Error> {
        let mut queued: Option<(Instant, Waiting<'_>)> = None;
        let mut pause = PAUSES.0;
        loop {
            let asked = Instant::now();
            let step = self.store.claim(&ticket.scope, &ticket.key, &ticket.token, self.lease);
            let left = match within(self.lease.max(PATIENCE), step).await.map_err(unavailable)? {
                Claim::Claimed => return Ok(Some(asked)),
                Claim::Done => return Ok(None),
                Claim::Busy(left) => left,
            };
            let now = Instant::now();
            let until = if let Some((until, _)) = &queued {
                *until
            } else {
                // If that one has died its lease ends, and this one takes over. If not it lives on.
                let wait = self.wait.unwrap_or_else(|| left.saturating_add(Duration::from_secs(1)));
                let until = now.checked_add(wait).unwrap_or(now);
                queued.insert((until, self.queue()?)).0
            };
            if now >= until {
                return Err(Error::new(Reason::InProgress));
            }
            let longest = left.saturating_add(Duration::from_millis(5)).min(until - now);
            sleep(pause.min(longest).max(Duration::from_millis(1))).await;
            pause = (pause * 3 / 2).min(PAUSES.1);
        }
    }

    fn queue(&self) -> Result<Waiting<'_>, Error> {
        let one = Waiting(&self.waiting);
        if self.waiting.fetch_add(1, Ordering::Relaxed) < self.max_waiting {
            return Ok(one);
        }
        let message = "other copies of the event are being handled, and too many wait for them (max_waiting)";
        Err(Error::with_message(Reason::InProgress, message))
    }

    /// Says that the effect was done. Tries again until another one may have claimed. Whether the store has it.
    async fn commit(&self, ticket: &Ticket, until: Instant) -> bool {
        let mut pause = PAUSES.0;
        loop {
            let step = self.store.commit(&ticket.scope, &ticket.key, &ticket.token, self.keep);
            let left = until.saturating_duration_since(Instant::now());
            let why = match within(left.max(RELEASE), step).await {
                Ok(true) => return true,
                Ok(false) => "another one has claimed it".into(),
                Err(_) if Instant::now() + pause < until => {
                    sleep(pause).await;
                    pause = (pause * 2).min(Duration::from_secs(1));
                    continue;
                }
                Err(why) => why,
            };
            log::commit_lost(&ticket.scope, &ticket.key, &why.to_string());
            return false;
        }
    }
}

fn unavailable(why: StoreError) -> Error {
    Error::new(Reason::StoreUnavailable).with_source(why)
}

/// 32 hex digits, new for each try. They need not be secret: the standard library's keys, which no two hashers share,
/// are random enough.
pub(crate) fn token() -> String {
    format!("{:016x}{:016x}", RandomState::new().hash_one(0), RandomState::new().hash_one(1))
}

/// A copy that waits.
struct Waiting<'a>(&'a AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A claim that is held, or that the store may have. Dropped before it was committed it is released: so it is where a
/// handler panics, and where the future is dropped.
pub(crate) struct Held {
    around: Arc<Around>,
    ticket: Arc<Ticket>,
    beat: Option<Beat>,
    open: bool,
}

impl Held {
    /// Says that the effect was done; whether the store has it. A client that leaves now must not undo what the handler
    /// has done: it goes on as a task of its own.
    pub(crate) async fn commit(mut self) -> bool {
        self.open = false;
        let until = self.beat.as_ref().map_or_else(Instant::now, |beat| {
            beat.handler_ended();
            beat.held_until()
        });
        // The beats go on until it is written.
        let task = tokio::spawn(async move { self.around.commit(&self.ticket, until).await });
        // It ends early where the runtime does.
        task.await.unwrap_or(false)
    }

    /// Gives the claim back, at best. If it cannot, the lease ends. It goes on where it takes longer than one waits.
    pub(crate) async fn release(mut self) {
        if let Some(task) = self.release_apart() {
            drop(timeout(RELEASE, task).await);
        }
    }

    fn release_apart(&mut self) -> Option<tokio::task::JoinHandle<()>> {
        self.open = false;
        self.beat = None;
        let (store, ticket) = (Arc::clone(&self.around.store), Arc::clone(&self.ticket));
        let release = async move {
            let Ticket { scope, key, token } = &*ticket;
            if let Err(why) = within(PATIENCE, store.release(scope, key, token)).await {
                log::not_released(scope, key, &why);
            }
        };
        leases::spawn(release).ok()
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if self.open {
            drop(self.release_apart());
        }
    }
}
