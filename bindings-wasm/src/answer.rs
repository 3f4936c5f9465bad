//! What a delivery is, in numbers: how JavaScript and Go read it.

use tink_webhooks::{Delivery, Span, Text, Verification};

/// How many numbers an answer has; the bytes of the delivery id follow.
///
/// | index | |
/// |---|---|
/// | 0 | the scheme: 1 is `v1`, 2 is `body`, 0 that nothing was verified |
/// | 1, 2 | the verified `t` in unix seconds, 0 for scheme `body`; which secret matched |
/// | 3, 4 | the number of the event type, 0 for `unknown`; when it happened, epoch milliseconds |
/// | 5, 6, 7 | the name: where it begins and ends in the body, and 1 if it has escapes |
/// | 8, 9 | `content` or `data`: where it begins and ends; -1 if there is none |
/// | 10, 11 | `context`: the same |
/// | 12, 13, 14 | `userId`: as the name; -1, -1, 0 if there is none |
/// | 15, 16, 17 | `externalUserId`: the same |
/// | 18 | 1 if every byte of the body is ASCII |
pub const NUMBERS: usize = 19;

/// Numbers only, so that nothing borrows from the body when it is written.
#[derive(Default)]
pub struct Answer {
    /// The numbers.
    pub numbers: [f64; NUMBERS],
    /// The delivery id; zeros for scheme `body`, and where nothing was verified.
    pub delivery_id: [u8; 16],
}

impl Answer {
    #[expect(clippy::cast_precision_loss, reason = "offsets, counts and dates are far below 2^53")]
    fn verification(&mut self, verification: &Verification) {
        self.numbers[0] = verification.scheme.number().into();
        self.numbers[1] = verification.signed_at.unwrap_or_default() as f64;
        self.numbers[2] = verification.secret_index as f64;
        if let Some(delivery_id) = verification.delivery_id {
            self.delivery_id = *delivery_id.as_bytes();
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "offsets, counts and dates are far below 2^53")]
    fn delivery(&mut self, delivery: &Delivery<'_>) {
        if let Some(verification) = &delivery.verification {
            self.verification(verification);
        }
        let payload = &delivery.payload;
        self.numbers[3] = payload.event_type.number().into();
        self.numbers[4] = delivery.timestamp_millis as f64;
        self.text(5, Some(payload.name));
        self.span(8, payload.data);
        self.span(10, payload.context);
        self.text(12, payload.user_id);
        self.text(15, payload.external_user_id);
        self.numbers[18] = f64::from(u8::from(payload.is_ascii));
    }

    #[expect(clippy::cast_precision_loss, reason = "an offset into a buffer")]
    fn span(&mut self, at: usize, span: Option<Span>) {
        let span = span.map_or([-1.0, -1.0], |span| [span.start as f64, span.end as f64]);
        self.numbers[at..at + 2].copy_from_slice(&span);
    }

    fn text(&mut self, at: usize, text: Option<Text>) {
        self.span(at, text.map(|text| text.span));
        self.numbers[at + 2] = f64::from(u8::from(text.is_some_and(|text| text.escaped)));
    }
}

impl From<&Verification> for Answer {
    fn from(verification: &Verification) -> Self {
        let mut answer = Self::default();
        answer.verification(verification);
        answer
    }
}

impl From<&Delivery<'_>> for Answer {
    fn from(delivery: &Delivery<'_>) -> Self {
        let mut answer = Self::default();
        answer.delivery(delivery);
        answer
    }
}
