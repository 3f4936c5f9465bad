//! An error as an answer.

use std::error::Error as StdError;
use std::fmt;

use axum_core::body::Body;
use axum_core::response::{IntoResponse, Response};
use tink_webhooks::Error;
use tink_webhooks_http::Answer;

/// An error of the library as an answer: its status, and its reason as the text. The error's own text and a handler's are
/// not in it.
///
/// # Examples
///
/// ```
/// use axum::response::IntoResponse;
/// use tink_webhooks_axum::Rejection;
/// use tink_webhooks_axum::tink_webhooks::{Error, Reason};
/// let answer = Rejection::from(Error::new(Reason::SignatureMismatch)).into_response();
/// assert_eq!(answer.status(), 401);
/// ```
pub struct Rejection(pub Error);

impl From<Error> for Rejection {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

impl IntoResponse for Rejection {
    fn into_response(self) -> Response {
        http::Response::from(Answer::from(&self.0)).map(Body::new)
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl StdError for Rejection {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source()
    }
}
