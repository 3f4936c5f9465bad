//! Extends the leases of handlers that run, as tasks in a thread that no handler can keep busy: a handler that blocks the
//! thread on which it is polled must not lose its lease.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot::{self, error::TryRecvError};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::log;
use crate::store::{Store, StoreError};

/// How many beats a lease has.
const BEATS: u32 = 10;

/// The runtime of that thread, which runs as long as the program: it is idle between beats.
static RUNTIME: Mutex<Option<Handle>> = Mutex::new(None);

/// Starts a task in that thread. It begins there whatever becomes of the caller's runtime.
pub(crate) fn spawn<F>(task: F) -> io::Result<JoinHandle<F::Output>>
where
    F: Future<Output: Send> + Send + 'static,
{
    let mut found = RUNTIME.lock().unwrap_or_else(PoisonError::into_inner);
    let runtime = match &*found {
        Some(runtime) => runtime,
        None => found.insert(started()?),
    };
    Ok(runtime.spawn(task))
}

fn started() -> io::Result<Handle> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let handle = runtime.handle().clone();
    let run = move || runtime.block_on(std::future::pending::<()>());
    thread::Builder::new().name("tink-webhooks-leases".into()).spawn(run)?;
    Ok(handle)
}

/// Gives up a step of a store that takes longer than this.
pub(crate) async fn within<T>(
    patience: Duration,
    step: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, StoreError> {
    timeout(patience, step)
        .await
        .unwrap_or_else(|_| Err(format!("no answer within {} s", patience.as_secs_f64()).into()))
}

/// Names a claim.
pub(crate) struct Ticket {
    pub(crate) scope: Arc<str>,
    pub(crate) key: String,
    pub(crate) token: String,
}

/// A lease that is extended until this is dropped.
pub(crate) struct Beat {
    shared: Arc<Shared>,
    /// The task sees that it is gone.
    _runs: oneshot::Sender<()>,
}

struct Shared {
    held_until: Mutex<Instant>,
    /// The handler has ended: from now on the commit says whether the claim was lost.
    ended: AtomicBool,
}

impl Shared {
    fn held_until(&self) -> Instant {
        *self.held_until.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Beat {
    /// Extends a claim that was asked for at that time.
    pub(crate) fn start(
        store: Arc<dyn Store>,
        ticket: Arc<Ticket>,
        asked: Instant,
        lease: Duration,
        max_run: Duration,
    ) -> io::Result<Self> {
        let (runs, ended) = oneshot::channel();
        let shared = Arc::new(Shared { held_until: Mutex::new(asked + lease), ended: AtomicBool::new(false) });
        spawn(beat(store, ticket, Arc::clone(&shared), ended, lease, asked + max_run))?;
        Ok(Self { shared, _runs: runs })
    }

    /// Until when nobody else can have taken the claim.
    pub(crate) fn held_until(&self) -> Instant {
        self.shared.held_until()
    }

    /// The handler has ended well.
    pub(crate) fn handler_ended(&self) {
        self.shared.ended.store(true, Ordering::Relaxed);
    }
}

async fn beat(
    store: Arc<dyn Store>,
    ticket: Arc<Ticket>,
    shared: Arc<Shared>,
    mut ended: oneshot::Receiver<()>,
    lease: Duration,
    ends: Instant,
) {
    let Ticket { scope, key, token } = &*ticket;
    while timeout(lease / BEATS, &mut ended).await.is_err() {
        let asked = Instant::now();
        if asked >= ends {
            return log::runs_too_long(scope, key);
        }
        // One that hangs must leave time for others.
        match within(lease / 3, store.extend(scope, key, token, lease)).await {
            Ok(true) => *shared.held_until.lock().unwrap_or_else(PoisonError::into_inner) = asked + lease,
            Ok(false) if shared.ended.load(Ordering::Relaxed) || ended.try_recv() == Err(TryRecvError::Closed) => {
                return;
            }
            Ok(false) => return log::lease_lost(scope, key),
            Err(why) => log::not_extended(scope, key, &why),
        }
    }
}
