//! What a host and the module share: the arena, the record and the result. See README.md.

use std::cell::{Cell, RefCell};

use tink_webhooks::Error;
#[cfg(all(feature = "host", target_family = "wasm"))]
use tink_webhooks::Verification;
use zeroize::Zeroize;

use crate::answer::{Answer, NUMBERS};
use crate::fault::{DONE, Fault};
use crate::texts;

/// The record's words, of eight bytes: the numbers of an answer, the delivery id in two, the place of the result.
const WORDS: usize = NUMBERS + 3;
/// The arena does not begin smaller.
const FIRST_BYTES: usize = 16_384;

thread_local! {
    /// Where the host writes its arguments. All of its bytes are there, and the host knows where.
    static ARENA: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    /// A result that is no number. It is the module's, and the host reads it before its next call.
    static RESULT: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    static RECORD: [Cell<u64>; WORDS] = const { [const { Cell::new(0) }; WORDS] };
    static LAST_ERROR: RefCell<Option<Error>> = const { RefCell::new(None) };
}

/// The address of something in the memory of the module, as a host reads it.
#[expect(clippy::cast_possible_truncation, reason = "an address of wasm32 has 32 bits")]
fn address<T>(pointer: *const T) -> u32 {
    pointer.expose_provenance() as u32
}

/// The arena's address, once it has so many bytes; 0 if there is no memory for them. What was in it is wiped when it moves.
pub(crate) fn arena(size: u32) -> u32 {
    ARENA.with_borrow_mut(|arena| {
        let size = size as usize;
        if size > arena.len() || arena.is_empty() {
            // The old one is given back first, so that a large body does not need twice its size.
            arena.zeroize();
            *arena = Vec::new();
            let size = size.checked_next_power_of_two().unwrap_or(size).max(FIRST_BYTES);
            if arena.try_reserve_exact(size).is_err() {
                return 0;
            }
            arena.resize(size, 0);
        }
        address(arena.as_mut_ptr())
    })
}

/// The record's address, which never changes.
pub(crate) fn record() -> u32 {
    RECORD.with(|record| address(record.as_ptr()))
}

/// Writes the numbers of an answer.
pub(crate) fn write_answer(answer: &Answer) {
    RECORD.with(|record| {
        for (word, number) in record.iter().zip(answer.numbers) {
            word.set(number.to_bits());
        }
        let (halves, _) = answer.delivery_id.as_chunks::<8>();
        for (word, half) in record[NUMBERS..].iter().zip(halves) {
            word.set(u64::from_le_bytes(*half));
        }
    });
}

/// The same of what was proved alone.
#[cfg(all(feature = "host", target_family = "wasm"))]
pub(crate) fn write_verification(verification: &Verification) {
    #[expect(clippy::cast_precision_loss, reason = "counts and dates are far below 2^53")]
    write_numbers([
        verification.scheme.number().into(),
        verification.signed_at.unwrap_or_default() as f64,
        verification.secret_index as f64,
    ]);
    let id = verification.delivery_id.as_ref().map_or([0; 16], |id| *id.as_bytes());
    RECORD.with(|record| {
        for (word, half) in record[NUMBERS..].iter().zip(id.as_chunks::<8>().0) {
            word.set(u64::from_le_bytes(*half));
        }
    });
}

/// Writes some numbers to the beginning of the record.
pub(crate) fn write_numbers<const N: usize>(numbers: [f64; N]) {
    RECORD.with(|record| {
        for (word, number) in record.iter().zip(numbers) {
            word.set(number.to_bits());
        }
    });
}

/// Keeps a result for the host, and writes where it is.
pub(crate) fn write_result(bytes: Vec<u8>) {
    let (at, length) = (address(bytes.as_ptr()), bytes.len());
    RECORD.with(|record| record[WORDS - 1].set(u64::from(at) | (length as u64) << 32));
    RESULT.set(bytes);
}

/// The arguments of a call, one behind the other from the beginning of the arena.
pub(crate) struct Arguments<'a>(&'a [u8]);

impl<'a> Arguments<'a> {
    /// The next so many bytes.
    pub(crate) fn take(&mut self, length: u32) -> Result<&'a [u8], Fault> {
        let (taken, rest) = self.0.split_at_checked(length as usize).ok_or(Fault::Misuse)?;
        self.0 = rest;
        Ok(taken)
    }

    /// The same as a text.
    pub(crate) fn text(&mut self, length: u32) -> Result<&'a str, Fault> {
        texts::text(self.take(length)?)
    }

    /// The same for one that may be absent, which a negative length says.
    pub(crate) fn take_if_any(&mut self, length: i32) -> Result<Option<&'a [u8]>, Fault> {
        u32::try_from(length).ok().map(|length| self.take(length)).transpose()
    }
}

/// Runs a call over its arguments, and gives its code.
pub(crate) fn call(work: impl FnOnce(&mut Arguments<'_>) -> Result<(), Fault>) -> u32 {
    ARENA.with_borrow(|arena| code(work(&mut Arguments(arena))))
}

/// The same where so many bytes at the beginning of the arena hold a secret: they are wiped, whatever comes of the call.
pub(crate) fn call_and_wipe(length: u32, work: impl FnOnce(&mut Arguments<'_>) -> Result<(), Fault>) -> u32 {
    let code = call(work);
    ARENA.with_borrow_mut(|arena| {
        let length = arena.len().min(length as usize);
        arena[..length].zeroize();
    });
    code
}

/// The code of a result; its error is kept for [`take_error`].
pub(crate) fn code(result: Result<(), Fault>) -> u32 {
    result.map_or_else(
        |fault| {
            let (code, error) = fault.parts();
            if let Some(error) = error {
                LAST_ERROR.set(Some(error));
            }
            code
        },
        |()| DONE,
    )
}

/// The error of the latest call that failed, once.
pub(crate) fn take_error() -> Option<Error> {
    LAST_ERROR.take()
}

#[cfg(test)]
pub(crate) mod host {
    //! What a host does, without an address: on this machine one does not fit into the numbers of the protocol.

    use super::*;

    /// Writes arguments, as a host does.
    pub(crate) fn write(arguments: &[&[u8]]) {
        let bytes = arguments.concat();
        arena(u32::try_from(bytes.len()).unwrap_or(u32::MAX));
        ARENA.with_borrow_mut(|arena| arena[..bytes.len()].copy_from_slice(&bytes));
    }

    /// Whether these bytes are anywhere in the arena.
    pub(crate) fn arena_has(bytes: &[u8]) -> bool {
        ARENA.with_borrow(|arena| arena.windows(bytes.len()).any(|window| window == bytes))
    }

    pub(crate) fn number(index: usize) -> f64 {
        RECORD.with(|record| f64::from_bits(record[index].get()))
    }

    pub(crate) fn result() -> Vec<u8> {
        let length = RECORD.with(|record| record[WORDS - 1].get()) >> 32;
        RESULT.with_borrow(|result| {
            assert_eq!(result.len() as u64, length);
            result.clone()
        })
    }
}
