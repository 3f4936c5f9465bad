//! Data that is not of the type that was asked for.

use std::error::Error as StdError;
use std::fmt;

/// The data of an event is not of the type that was asked for.
///
/// It tells the type, the place in the data, and a field that is missing; never what stands there, as `serde_json`'s own
/// errors do.
///
/// # Examples
///
/// ```
/// use tink_webhooks::WebhookHandler;
///
/// #[derive(Debug, serde::Deserialize)]
/// struct Payment {
///     id: String,
///     amount: f64,
/// }
///
/// let hooks = WebhookHandler::new("s3cret")?;
/// let event = hooks.parse_event(r#"{"event":"payment:updated","content":{"id":"p1"}}"#)?;
/// let error = event.typed_data::<Payment>().unwrap_err();
/// assert!(error.to_string().ends_with("Payment: missing field `amount`"));
/// # Ok::<(), tink_webhooks::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataError {
    type_name: &'static str,
    missing: Option<Box<str>>,
    line: usize,
    column: usize,
}

impl DataError {
    pub(super) fn new<T>(error: &serde_json::Error) -> Self {
        let missing =
            error.to_string().strip_prefix("missing field `").and_then(|rest| Some(rest.split_once('`')?.0.into()));
        Self { type_name: std::any::type_name::<T>(), missing, line: error.line(), column: error.column() }
    }

    /// The wire name of a field that the type requires and the data does not have, if that is what is wrong.
    ///
    /// # Examples
    ///
    /// ```
    /// # let hooks = tink_webhooks::WebhookHandler::new("s3cret").unwrap();
    /// # #[derive(serde::Deserialize, Debug)]
    /// # struct Mine { id: String }
    /// let event = hooks.parse_event(r#"{"event":"a:b","content":{}}"#).unwrap();
    /// assert_eq!(event.typed_data::<Mine>().unwrap_err().missing_field(), Some("id"));
    /// ```
    pub fn missing_field(&self) -> Option<&str> {
        self.missing.as_deref()
    }

    /// Where in [`data_json`](crate::Event::data_json) the reading ended, counted from 1.
    ///
    /// # Examples
    ///
    /// ```
    /// # let hooks = tink_webhooks::WebhookHandler::new("s3cret").unwrap();
    /// let event = hooks.parse_event(r#"{"event":"a:b","content":[1, "two"]}"#).unwrap();
    /// assert_eq!(event.typed_data::<Vec<u8>>().unwrap_err().line_and_column(), (1, 9));
    /// ```
    pub const fn line_and_column(&self) -> (usize, usize) {
        (self.line, self.column)
    }
}

impl fmt::Display for DataError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the event's data is no {}: ", self.type_name)?;
        match &self.missing {
            Some(field) => write!(f, "missing field `{field}`"),
            None => write!(f, "another kind of value at line {}, column {}", self.line, self.column),
        }
    }
}

impl StdError for DataError {}
