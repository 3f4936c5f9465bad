//! Work that a client which leaves does not stop.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;

use tokio::runtime::Handle;
use tokio::task::JoinHandle;

/// Runs a future to its end even where the one that is returned is dropped, as a server does when the client leaves: what
/// is not ready at once goes on as a task of tokio. None if that task was ended from outside, as when the runtime shuts
/// down.
///
/// Outside a tokio runtime it is awaited as it is.
///
/// # Examples
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// assert_eq!(tink_webhooks_http::run_to_end(async { 7 }).await, Some(7));
/// # });
/// ```
pub async fn run_to_end<T: Send + 'static>(future: impl Future<Output = T> + Send + 'static) -> Option<T> {
    run_to_end_with(future, |rest| tokio::spawn(rest)).await
}

/// The same with another way to start a task, such as one for futures that stay on their thread.
///
/// # Examples
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let answer = tink_webhooks_http::run_to_end_with(async { 7 }, |rest| tokio::task::spawn_local(rest));
/// assert_eq!(tokio::task::LocalSet::new().run_until(answer).await, Some(7));
/// # });
/// ```
pub async fn run_to_end_with<F: Future>(
    future: F,
    spawn: impl FnOnce(Pin<Box<F>>) -> JoinHandle<F::Output>,
) -> Option<F::Output> {
    let mut future = Box::pin(future);
    // Most deliveries are done with this, and need no task.
    let first = poll_fn(|context| Poll::Ready(future.as_mut().poll(context))).await;
    match (first, Handle::try_current()) {
        (Poll::Ready(value), _) => Some(value),
        (Poll::Pending, Ok(_)) => spawn(future).await.ok(),
        (Poll::Pending, Err(_)) => Some(future.await),
    }
}
