//! Short strings that come often, such as keys and statuses: each is made once.

#![expect(clippy::inline_always, reason = "as the builder")]

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyString;

use super::text;
use super::words::{Text, Words};

/// How many strings are kept, of up to 31 bytes: with the table they are some 70 KB.
const PLACES: usize = 512;

/// A table with two places for each hash.
pub(super) struct Strings {
    places: Box<[Place]>,
}

/// A string is kept when it comes for a second time. So ids that never repeat displace nothing.
#[derive(Default)]
#[repr(align(64))] // a line of the processor's cache
struct Place {
    words: Words,
    string: Option<Py<PyString>>,
    /// The hash of the last string that was made for this place, or zero.
    last: u64,
}

impl Strings {
    fn new() -> Self {
        Self { places: (0..PLACES).map(|_| Place::default()).collect() }
    }

    /// The `str` of the text, whose bytes are in `words`.
    #[inline(always)]
    pub(super) fn get<'py>(&mut self, py: Python<'py>, words: Words, text: Text<'_>) -> PyResult<Bound<'py, PyString>> {
        let hash = hash(words);
        match self.places[place::<0>(hash)].of(words) {
            Some(string) => Ok(string.bind(py).clone()),
            // Not as a whole, which would be written to memory before it is known whether it is needed.
            None => self.other_or_new(py, words, hash, text.bytes(), text.is_ascii()),
        }
    }

    #[inline(never)]
    fn other_or_new<'py>(
        &mut self,
        py: Python<'py>,
        words: Words,
        hash: u64,
        bytes: &[u8],
        ascii: bool,
    ) -> PyResult<Bound<'py, PyString>> {
        let (first, second) = (place::<0>(hash), place::<1>(hash));
        if let Some(string) = self.places[second].of(words) {
            return Ok(string.bind(py).clone());
        }
        let string = text::string(py, bytes, ascii)?;
        if self.places[first].last == hash {
            let free = self.places[first].string.is_some() && self.places[second].string.is_none();
            let place = &mut self.places[if free { second } else { first }];
            place.words = words;
            place.string = Some(string.clone().unbind());
        }
        self.places[first].last = hash;
        Ok(string)
    }
}

impl Place {
    /// The string that is kept here, if it is that of these words.
    #[inline(always)]
    fn of(&self, words: Words) -> Option<&Py<PyString>> {
        // One word after another: to compare them as arrays, they would be written to memory first.
        let same = (0..words.len()).all(|index| self.words[index] == words[index]);
        self.string.as_ref().filter(|_| same)
    }
}

/// The index of one of a hash's places, each from other bits.
#[inline(always)]
#[expect(clippy::cast_possible_truncation, reason = "only the bits of an index are left")]
const fn place<const WHICH: u32>(hash: u64) -> usize {
    (hash >> (u64::BITS - (WHICH + 1) * PLACES.ilog2())) as usize % PLACES
}

/// Whoever can choose strings that share a place makes them slower, and no more.
#[inline(always)]
const fn hash(words: Words) -> u64 {
    const ODD: u64 = 0x9E37_79B9_7F4A_7C15;
    const ODD_TOO: u64 = 0xD6E8_FEB8_6659_FD93;
    let first = words[0].wrapping_mul(ODD) ^ words[1].rotate_left(32).wrapping_mul(ODD_TOO);
    let mixed = first ^ words[2] ^ words[3].rotate_left(32);
    (mixed ^ mixed >> 32).wrapping_mul(ODD)
}

/// The table of some threads, and the id of the interpreter that its strings are of.
struct Table {
    interpreter: i64,
    strings: Strings,
}

/// Tables for so many threads that build at the same time, as free-threaded Python lets them.
const TABLES: usize = 16;
static STRINGS: [Mutex<Option<Table>>; TABLES] = [const { Mutex::new(None) }; TABLES];

/// Runs `work` with the table of this thread; with a new one if that is not to be had. Then another thread is using it,
/// or the collector has run Python code in the middle of a build and that builds too, or this is another interpreter of
/// the process, as `mod_wsgi` has them, with which the first must not share objects.
pub(super) fn with_strings<T>(py: Python<'_>, work: impl FnOnce(&mut Strings) -> T) -> T {
    static THREADS: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static NUMBER: usize = THREADS.fetch_add(1, Ordering::Relaxed);
    }
    let interpreter = interpreter(py);
    if let Ok(mut table) = STRINGS[NUMBER.with(|number| number % TABLES)].try_lock() {
        let table = table.get_or_insert_with(|| Table { interpreter, strings: Strings::new() });
        if table.interpreter == interpreter {
            return work(&mut table.strings);
        }
    }
    work(&mut Strings::new())
}

/// The id of the interpreter that runs this thread. No other one of the process ever has the same.
fn interpreter(_: Python<'_>) -> i64 {
    // SAFETY: the argument proves that this thread is attached to an interpreter, so there is one, and it is alive.
    unsafe { ffi::PyInterpreterState_GetID(ffi::PyInterpreterState_Get()) }
}
