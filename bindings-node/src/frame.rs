//! The frame: one buffer for a call's arguments and its answer. `ts/frame.ts` is the other half.
//!
//! It begins with the request: [`REQUEST`] doubles in the machine's byte order, which say where the answer, the
//! signature and the body are; the last is written here. TypeScript owns the buffer and does not share it, so it does not
//! change during a call. A large body is not in it: it is the call's second argument, and no other thread sees its memory
//! either.

use tink_webhooks::DeliveryId;
use tink_webhooks_wasm::{Answer, NUMBERS};

/// The request: where the answer goes, the signature's start and length, the body's start and length, how the time is
/// known, and the user's clock; then whether the delivery id is [in the signature](id_is_in).
const REQUEST: usize = 8;
/// Where the last of them is.
const ID_IN_SIGNATURE: usize = REQUEST - 1;

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

    /// Writes the answer to its place; nothing if that is not in the frame. And whether the delivery id
    /// [is in the signature](id_is_in).
    pub(crate) fn answer(&mut self, answer: &Answer, id_in_signature: bool) {
        let (numbers, _) = self.0.as_chunks_mut::<8>();
        numbers[ID_IN_SIGNATURE] = f64::from(u8::from(id_in_signature)).to_ne_bytes();
        let start = self.offset(0);
        let Some(place) = self.0.get_mut(start..).and_then(|place| place.split_at_mut_checked(NUMBERS * 8)) else {
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

/// Whether the signature ends with a MAC that begins with this delivery id, in lower case. Then TypeScript need not make a
/// text of the id: it cuts it from the header's, which lives as long as such a part of it, and so is not to be long.
pub(crate) fn id_is_in(signature: &[u8], delivery_id: DeliveryId) -> bool {
    signature.len() <= 100 && signature.last_chunk::<64>().is_some_and(|mac| mac[..32] == delivery_id.to_hex())
}
