//! An error as an answer.

use std::error::Error as StdError;
use std::fmt;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};
use tink_webhooks::Error;
use tink_webhooks_http::Answer;

use crate::receiver::respond;

/// An error of the library as an answer: its status, and its reason as the text. The error's own text and a handler's are
/// not in it.
///
/// # Examples
///
/// ```
/// use actix_web::ResponseError;
/// use tink_webhooks_actix::Rejection;
/// use tink_webhooks_actix::tink_webhooks::{Error, Reason};
/// assert_eq!(Rejection::from(Error::new(Reason::SignatureMismatch)).status_code(), 401);
/// ```
pub struct Rejection(pub Error);

impl From<Error> for Rejection {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

impl ResponseError for Rejection {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.0.http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        respond(Answer::from(&self.0), false)
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
