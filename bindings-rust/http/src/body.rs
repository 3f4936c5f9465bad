//! Reads a body, no more of it than the cap and for no longer than the time limit.

use std::error::Error as StdError;
use std::pin::pin;
use std::time::Duration;

use bytes::Buf;
use http_body::Body;
use http_body_util::{BodyExt, LengthLimitError};
use tink_webhooks::{Error, Reason};
use tokio::runtime::Handle;

/// The bytes of a body as they come. Memory is bounded by the cap whatever the pieces and whatever was declared.
///
/// # Examples
///
/// ```
/// use tink_webhooks_http::BodyBuffer;
/// let mut buffer = BodyBuffer::new(Some(5), 1_000)?;
/// buffer.push(b"he")?;
/// buffer.push(b"llo")?;
/// assert_eq!(buffer.finish()?, b"hello");
/// # Ok::<(), tink_webhooks_http::tink_webhooks::Error>(())
/// ```
#[derive(Debug)]
pub struct BodyBuffer {
    bytes: Vec<u8>,
    declared: Option<u64>,
    limit: usize,
}

impl BodyBuffer {
    /// For a body of which `Content-Length` says this.
    ///
    /// # Errors
    /// [`Reason::BodyTooLarge`] if that is more than the limit: nothing need be read.
    ///
    /// # Examples
    ///
    /// ```
    /// assert!(tink_webhooks_http::BodyBuffer::new(Some(1_001), 1_000).is_err());
    /// ```
    pub fn new(declared: Option<u64>, limit: usize) -> Result<Self, Error> {
        let capacity = match declared {
            Some(bytes) => usize::try_from(bytes).ok().filter(|bytes| *bytes <= limit).ok_or_else(too_large)?,
            None => 0,
        };
        // What is only declared costs no more than this.
        Ok(Self { bytes: Vec::with_capacity(capacity.min(0x1_0000)), declared, limit })
    }

    /// Takes a piece.
    ///
    /// # Errors
    /// [`Reason::BodyTooLarge`] if it is one too many; it is not kept.
    ///
    /// # Examples
    ///
    /// ```
    /// assert!(tink_webhooks_http::BodyBuffer::new(None, 3)?.push(b"four").is_err());
    /// # Ok::<(), tink_webhooks_http::tink_webhooks::Error>(())
    /// ```
    pub fn push(&mut self, piece: &[u8]) -> Result<(), Error> {
        if piece.len() > self.limit - self.bytes.len() {
            return Err(too_large());
        }
        self.bytes.extend_from_slice(piece);
        Ok(())
    }

    /// The whole body.
    ///
    /// # Errors
    /// [`Reason::InvalidOption`] if nothing came of a body that was declared: another layer has read it.
    ///
    /// # Examples
    ///
    /// ```
    /// assert!(tink_webhooks_http::BodyBuffer::new(Some(5), 1_000)?.finish().is_err());
    /// # Ok::<(), tink_webhooks_http::tink_webhooks::Error>(())
    /// ```
    pub fn finish(self) -> Result<Vec<u8>, Error> {
        if self.bytes.is_empty() && self.declared.is_some_and(|bytes| bytes > 0) {
            return Err(Error::with_message(
                Reason::InvalidOption,
                "the body of the request was read before this receiver could, so its bytes cannot be verified: let what \
                 comes before it leave the body alone, or put the bytes back",
            ));
        }
        Ok(self.bytes)
    }
}

fn too_large() -> Error {
    Error::new(Reason::BodyTooLarge)
}

/// Reads a body to its end.
///
/// # Errors
/// [`Reason::BodyTooLarge`] as soon as it is longer than `limit`; [`Reason::UnreadableBody`] if it does not arrive whole,
/// or not within the time; [`Reason::InvalidOption`] if another layer has read it.
///
/// # Examples
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use tink_webhooks_http::read_body;
/// let body = http_body_util::Full::new(bytes::Bytes::from("hello"));
/// assert_eq!(read_body(body, Some(5), 1_000, None).await?, b"hello");
/// # Ok::<(), tink_webhooks_http::tink_webhooks::Error>(())
/// # }).unwrap();
/// ```
pub async fn read_body<B>(
    body: B,
    declared: Option<u64>,
    limit: usize,
    timeout: Option<Duration>,
) -> Result<Vec<u8>, Error>
where
    B: Body,
    B::Error: Into<Box<dyn StdError + Send + Sync>>,
{
    let buffer = BodyBuffer::new(declared, limit)?;
    within(timeout, read(body, buffer)).await
}

/// Waits for the reading of a body no longer than this. Outside a tokio runtime there is no limit.
///
/// # Errors
/// The reading's; [`Reason::UnreadableBody`] after the time.
///
/// # Examples
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use std::{future::pending, time::Duration};
/// let error = tink_webhooks_http::within::<()>(Some(Duration::from_millis(1)), pending()).await.unwrap_err();
/// assert_eq!(error.http_status(), 408);
/// # });
/// ```
pub async fn within<T>(timeout: Option<Duration>, reading: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    match timeout.filter(|_| Handle::try_current().is_ok()) {
        Some(timeout) => tokio::time::timeout(timeout, reading).await.unwrap_or_else(|_| {
            let message = format!("the body was not complete after {} s", timeout.as_secs_f64());
            Err(Error::with_message(Reason::UnreadableBody, message))
        }),
        None => reading.await,
    }
}

async fn read<B>(body: B, mut buffer: BodyBuffer) -> Result<Vec<u8>, Error>
where
    B: Body,
    B::Error: Into<Box<dyn StdError + Send + Sync>>,
{
    let mut body = pin!(body);
    while let Some(frame) = body.as_mut().frame().await {
        let Ok(mut data) = frame.map_err(|error| unreadable(error.into()))?.into_data() else { continue };
        while data.has_remaining() {
            let piece = data.chunk();
            buffer.push(piece)?;
            let length = piece.len();
            data.advance(length);
        }
    }
    buffer.finish()
}

/// The error of a body's stream. A layer that limits bodies has its own way to say that one is too large.
fn unreadable(error: Box<dyn StdError + Send + Sync>) -> Error {
    let mut cause: Option<&(dyn StdError + 'static)> = Some(&*error);
    while let Some(error) = cause {
        if error.is::<LengthLimitError>() {
            return too_large();
        }
        cause = error.source();
    }
    Error::with_message(Reason::UnreadableBody, "the client left before the body was complete, or its stream failed")
        .with_source(error)
}
