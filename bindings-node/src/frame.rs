//! The frame: one buffer for a call's arguments and its answer. `ts/frame.ts` is the other half.
//!
//! It begins with the request: [`REQUEST`] doubles in the machine's byte order, which say where the answer, the
//! signature and the body are. TypeScript owns the buffer and does not share it, so it does not change during a call.
//! A large body is not in it: it is the call's second argument, and no other thread sees its memory either.

use tink_webhooks::{Delivery, Span, Text, Verification};

/// The request: where the answer goes, the signature's start and length, the body's start and length, how the time is
/// known, and the user's clock.
const REQUEST: usize = 7;
/// The answer's numbers; the bytes of the delivery id follow.
const ANSWER: usize = 19;

/// The arguments of a call.
pub(crate) struct Request {
    /// Where the signature's bytes are; none for an absent header.
    pub(crate) signature: Option<std::ops::Range<usize>>,
    /// Where the body is; none for one that is the call's second argument.
    pub(crate) body: Option<std::ops::Range<usize>>,
    /// How the time is known.
    pub(crate) clock: Clock,
}

/// How the time is known.
#[derive(Clone, Copy)]
pub(crate) enum Clock {
    /// The caller has a clock of the user's, which it asks only when it has to.
    Ask,
    /// What that clock gave, or `Date.now`, in milliseconds.
    Says(f64),
}

/// Reads and writes the numbers of a frame.
pub(crate) struct Frame<'a>(&'a mut [u8]);

impl<'a> Frame<'a> {
    /// `None` for a buffer that is too small to be a frame.
    pub(crate) fn new(bytes: &'a mut [u8]) -> Option<Self> {
        (bytes.len() >= REQUEST * size_of::<f64>()).then_some(Self(bytes))
    }

    fn get(&self, index: usize) -> f64 {
        let (numbers, _) = self.0.as_chunks::<8>();
        numbers.get(index).copied().map_or(f64::NAN, f64::from_ne_bytes)
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates, and is checked by slicing")]
    fn offset(&self, index: usize) -> usize {
        self.get(index) as usize
    }

    pub(crate) fn request(&self) -> Request {
        Request {
            signature: (self.get(2) >= 0.0).then(|| self.range(1)),
            body: (self.get(3) >= 0.0).then(|| self.range(3)),
            clock: if self.get(5) > 0.0 { Clock::Ask } else { Clock::Says(self.get(6)) },
        }
    }

    /// The range whose start and length stand at `index`.
    fn range(&self, index: usize) -> std::ops::Range<usize> {
        let start = self.offset(index);
        start..start.saturating_add(self.offset(index + 1))
    }

    /// The bytes of a range that [`request`](Self::request) gave; empty if it is not in the frame.
    pub(crate) fn bytes(&self, range: std::ops::Range<usize>) -> &[u8] {
        self.0.get(range).unwrap_or_default()
    }

    /// Writes the answer to its place; nothing if that is not in the frame.
    pub(crate) fn answer(&mut self, answer: &Answer) {
        let start = self.offset(0);
        let Some(place) = self.0.get_mut(start..).and_then(|place| place.split_at_mut_checked(ANSWER * 8)) else {
            return;
        };
        let (numbers, _) = place.0.as_chunks_mut::<8>();
        for (number, value) in numbers.iter_mut().zip(answer.numbers) {
            *number = value.to_ne_bytes();
        }
        if let Some(delivery_id) = place.1.first_chunk_mut() {
            *delivery_id = answer.delivery_id;
        }
    }
}

/// What is written back: numbers only, so that nothing borrows from the frame when it is written.
#[derive(Default)]
pub(crate) struct Answer {
    numbers: [f64; ANSWER],
    delivery_id: [u8; 16],
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
