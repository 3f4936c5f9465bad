//! What a host and the module share: the arena, the record and the result. See README.md.

use std::cell::{Cell, RefCell};

use tink_webhooks::Error;
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
    static RECORD: Cell<[u64; WORDS]> = const { Cell::new([0; WORDS]) };
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
        let mut words = record.get();
        for (word, number) in words.iter_mut().zip(answer.numbers) {
            *word = number.to_bits();
        }
        let (halves, _) = answer.delivery_id.as_chunks::<8>();
        for (word, half) in words[NUMBERS..].iter_mut().zip(halves) {
            *word = u64::from_le_bytes(*half);
        }
        record.set(words);
    });
}

/// Writes some numbers to the beginning of the record.
pub(crate) fn write_numbers<const N: usize>(numbers: [f64; N]) {
    RECORD.with(|record| {
        let mut words = record.get();
        for (word, number) in words.iter_mut().zip(numbers) {
            *word = number.to_bits();
        }
        record.set(words);
    });
}

/// Keeps a result for the host, and writes where it is.
pub(crate) fn write_result(bytes: Vec<u8>) {
    let (at, length) = (address(bytes.as_ptr()), bytes.len());
    RECORD.with(|record| {
        let mut words = record.get();
        words[WORDS - 1] = u64::from(at) | (length as u64) << 32;
        record.set(words);
    });
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
        f64::from_bits(RECORD.get()[index])
    }

    pub(crate) fn result() -> Vec<u8> {
        let length = RECORD.get()[WORDS - 1] >> 32;
        RESULT.with_borrow(|result| {
            assert_eq!(result.len() as u64, length);
            result.clone()
        })
    }
}
