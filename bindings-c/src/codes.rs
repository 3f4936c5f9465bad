//! The name, kind, HTTP status and message of each code: of core's reasons, and of the codes that only C has.

use tink_webhooks::Reason;

use crate::numbers::{
    TINK_WEBHOOKS_ERROR_ALREADY_BUILT, TINK_WEBHOOKS_ERROR_ALREADY_FINISHED, TINK_WEBHOOKS_ERROR_BUFFER_TOO_SMALL,
    TINK_WEBHOOKS_ERROR_INVALID_ARGUMENT, TINK_WEBHOOKS_ERROR_NULL_ARGUMENT, TINK_WEBHOOKS_ERROR_PANIC,
    TINK_WEBHOOKS_OK,
};
use crate::text::Text;

/// The codes that only C has: number, name, message.
pub(crate) const CALLS: [(u32, &str, &str); 6] = [
    (TINK_WEBHOOKS_ERROR_NULL_ARGUMENT, "null_argument", "an argument is NULL that must not be"),
    (TINK_WEBHOOKS_ERROR_PANIC, "panic", "a mistake inside libtink_webhooks; nothing was verified; please report it"),
    (
        TINK_WEBHOOKS_ERROR_INVALID_ARGUMENT,
        "invalid_argument",
        "a length no buffer can have, an unknown flag, an index out of range, or what is no JSON pointer",
    ),
    (TINK_WEBHOOKS_ERROR_ALREADY_BUILT, "already_built", "the builder was built before, and is empty"),
    (TINK_WEBHOOKS_ERROR_BUFFER_TOO_SMALL, "buffer_too_small", "the buffer is too small"),
    (TINK_WEBHOOKS_ERROR_ALREADY_FINISHED, "already_finished", "the verification was finished before, and is used up"),
];

/// The texts and the HTTP status of a code.
pub(crate) struct Row {
    code: u32,
    pub(crate) name: Text<32>,
    pub(crate) kind: Text<32>,
    pub(crate) http_status: u32,
    pub(crate) message: Text<256>,
}

impl Row {
    const UNKNOWN: Self = Self::new(u32::MAX, "unknown_code", "unknown_code", 500, "not a code of this library");

    const fn new(code: u32, name: &str, kind: &str, http_status: u32, message: &str) -> Self {
        Self { code, name: Text::new(name), kind: Text::new(kind), http_status, message: Text::new(message) }
    }

    pub(crate) fn of(code: u32) -> &'static Self {
        static UNKNOWN: Row = Row::UNKNOWN;
        ROWS.iter().find(|row| row.code == code).unwrap_or(&UNKNOWN)
    }
}

/// Success, core's table, and the codes that only C has.
static ROWS: [Row; 1 + Reason::ALL.len() + CALLS.len()] = {
    let mut rows = [const { Row::UNKNOWN }; 1 + Reason::ALL.len() + CALLS.len()];
    rows[0] = Row::new(TINK_WEBHOOKS_OK, "ok", "ok", 200, "no error");
    let mut at = 0;
    while at < Reason::ALL.len() {
        let reason = Reason::ALL[at];
        let kind = reason.kind().as_str();
        rows[1 + at] = Row::new(reason.code(), reason.as_str(), kind, reason.http_status() as u32, reason.message());
        at += 1;
    }
    at = 0;
    while at < CALLS.len() {
        let (code, name, message) = CALLS[at];
        rows[1 + Reason::ALL.len() + at] = Row::new(code, name, "invalid_call", 500, message);
        at += 1;
    }
    rows
};
