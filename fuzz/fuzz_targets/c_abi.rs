//! Any sequence of calls of the C ABI that the header allows, under AddressSanitizer. The input is a program for a
//! small machine: it keeps a few objects of each kind, an operation takes some of them (or NULL), and at the end all
//! are freed, in an order that the input chooses.
//!
//! The bytes that are passed have an allocation of exactly their size, which is freed or overwritten as soon as the
//! header allows it, so that reading too far or too late is found. Each `user_data` is an allocation that `destroy`
//! frees, so that destroying it twice or never, or using it afterwards, is found.

#![no_main]

use std::ptr::{null, null_mut};

use arbitrary::Unstructured;
use libfuzzer_sys::fuzz_target;
use models::signature;
use tink_webhooks_c as c;

use callbacks::{DESTROYED, TAKEN};
use memory::{Bytes, bytes_of};
use objects::{Builder, Event, Hooks, look_at, look_at_error};
use pieces::Stream;

#[path = "c_abi/building.rs"]
mod building;
#[path = "c_abi/callbacks.rs"]
mod callbacks;
#[path = "c_abi/deliveries.rs"]
mod deliveries;
#[path = "c_abi/explanations.rs"]
mod explanations;
#[path = "c_abi/handlers.rs"]
mod handlers;
#[path = "c_abi/memory.rs"]
mod memory;
#[path = "c_abi/objects.rs"]
mod objects;
#[path = "c_abi/pieces.rs"]
mod pieces;
#[path = "c_abi/texts.rs"]
mod texts;
#[path = "c_abi/values.rs"]
mod values;

const OK: u32 = 0;
const NULL_ARGUMENT: u32 = 901;
const PANIC: u32 = 902;
const INVALID_ARGUMENT: u32 = 903;
const ALREADY_BUILT: u32 = 904;
const BUFFER_TOO_SMALL: u32 = 905;
const ALREADY_FINISHED: u32 = 906;
const ALLOW_UNKNOWN: u32 = 1;
/// How many objects of each kind are kept.
const KEPT: usize = 3;
const KEYS: [&[u8]; 10] = [
    b"refresh:finished",
    b"refresh_finished",
    b"account:updated",
    b"credentials.updated",
    b"unknown",
    b"*",
    b"my:own",
    b"refresh:finishd",
    b"no such",
    b"\xff",
];
const SECRETS: [&[u8]; 6] = [b"67abc1e08fb64c92b450a13e0876330b", b"old", b"", b"ends with a line\n", b"a\0b", b"\xff"];
const POINTERS: [&[u8]; 9] = [
    b"",
    b"/credentialsId",
    b"/insights/0/actions/0/data",
    b"/transactions/ids/1",
    b"/externalUserId",
    b"/metadata",
    b"/a~1b/~01/-",
    b"no pointer",
    b"/~2",
];
const NOW: i64 = 1_700_000_000_000;

struct Machine<'u> {
    input: Unstructured<'u>,
    builders: Vec<Builder>,
    hooks: Vec<Hooks>,
    events: Vec<Event>,
    errors: Vec<*mut c::ErrorObject>,
    listings: Vec<*mut c::Listing>,
    streams: Vec<Stream>,
}

impl Machine<'_> {
    /// 0 when the input is used up.
    fn byte(&mut self) -> u8 {
        self.input.arbitrary().unwrap_or(0)
    }

    /// One time in four.
    fn seldom(&mut self) -> bool {
        self.byte() % 4 == 3
    }

    /// An index below `length`, or, rarely, none.
    fn pick(&mut self, length: usize) -> Option<usize> {
        let byte = usize::from(self.byte());
        (length > 0 && byte < 250).then(|| byte % length)
    }

    fn raw(&mut self) -> Vec<u8> {
        let length = usize::from(self.byte()).min(self.input.len());
        self.input.bytes(length).unwrap_or_default().to_vec()
    }

    fn of(&mut self, table: &[&[u8]]) -> Bytes {
        let byte = usize::from(self.byte());
        if byte >= 224 { Bytes::new(&self.raw()) } else { Bytes::new(table[byte % table.len()]) }
    }

    fn body(&mut self) -> Bytes {
        let example = |number: u32| bytes_of(c::tink_webhooks_example_body(number)).unwrap_or_default();
        let types = [0, 1, 2, 3, 4, 5, 101, 102, 107, 114];
        match self.byte() % 8 {
            0..=3 => Bytes::new(example(types[usize::from(self.byte()) % types.len()])),
            4 => {
                let mut body = example(types[usize::from(self.byte()) % types.len()]).to_vec();
                let at = usize::from(self.byte()) * 3 % body.len();
                body[at] = self.byte();
                Bytes::new(&body)
            }
            5 => Bytes::new(br#"{"event":"t\u0065st"}"#),
            6 => Bytes::new(
                br#"{"event":"a\u003ab","context":{"userId":"\u00e9\u0000"},"content":{"externalUserId":"x"}}"#,
            ),
            _ => Bytes::new(&self.raw()),
        }
    }

    fn header(&mut self, body: &Bytes, hooks: Option<usize>) -> Bytes {
        const TEMPLATES: [&[u8]; 5] =
            [b"t=1700000000,v1={v1}", b"{bare}", b"t=1700000000,v1={v1-last}", b"t=1699990000,v1={v1}", b""];
        let template = self.of(&TEMPLATES);
        let secrets = hooks.map(|at| &self.hooks[at].receiver.options.secrets[..]).unwrap_or_default();
        Bytes::new(&signature::expand(&template.0, &body.0, secrets))
    }

    /// Makes a call that can fail, with or without an error object, and checks that code and object agree.
    fn call(&mut self, call: impl FnOnce(*mut *mut c::ErrorObject) -> u32) -> u32 {
        if self.seldom() {
            let code = call(null_mut());
            assert_ne!(code, PANIC);
            return code;
        }
        let mut error = std::ptr::dangling_mut();
        let code = call(&raw mut error);
        assert_ne!(code, PANIC);
        assert_eq!(error.is_null(), code == OK);
        if code != OK {
            assert_eq!(unsafe { look_at_error(error) }, code);
            if self.errors.len() < KEPT {
                self.errors.push(error);
            } else {
                unsafe { c::tink_webhooks_error_free(error) };
            }
        }
        code
    }

    fn hooks(&self, at: Option<usize>) -> *mut c::Hooks {
        at.map_or(null_mut(), |at| self.hooks[at].pointer)
    }

    fn run(&mut self) {
        // A handle to begin with, so that short programs reach far.
        self.new_builder();
        self.builders[0].options.secrets.push(SECRETS[0].to_vec());
        unsafe { c::tink_webhooks_builder_add_secret(self.builders[0].pointer, SECRETS[0].as_ptr(), SECRETS[0].len()) };
        self.set_clock(Some(0), NOW);
        self.build(Some(0), false);
        while !self.input.is_empty() {
            self.step();
        }
        while self.free_something() {}
        assert_eq!(TAKEN.take(), DESTROYED.take(), "each user_data that was taken over is destroyed exactly once");
    }

    fn step(&mut self) {
        match self.byte() % 44 {
            0 if self.builders.len() < KEPT => self.new_builder(),
            operation @ 1..=8 => self.configure(operation),
            9 | 10 => {
                self.free_something();
            }
            11 => {
                let at = self.pick(self.hooks.len());
                let cap = unsafe { c::tink_webhooks_max_body_bytes(self.hooks(at)) };
                assert_eq!(cap, at.map_or(0, |at| self.hooks[at].receiver.options.max_body_bytes));
            }
            12..=15 => self.deliver(),
            16 => self.parse(),
            17 | 18 => self.dispatch(),
            19..=21 => self.register(),
            22 => self.unregister_all(),
            23 => self.unregister(),
            24 => self.matching(),
            25 if self.listings.len() < KEPT => self.list(),
            26 => self.look_into_listing(),
            27 => self.look_at_event(),
            28 => {
                let at = self.pick(self.errors.len());
                let code = unsafe { look_at_error(at.map_or(null(), |at| self.errors[at].cast_const())) };
                assert!(at.is_some() || code == NULL_ARGUMENT);
            }
            29 | 30 => self.sign(),
            31 => self.look_up(),
            32 => self.begin(),
            33 | 34 => self.update(),
            35 => self.finish(),
            36 | 37 => self.scattered(),
            38 | 39 => self.text(),
            40 => self.restore(),
            41 => self.dispatcher(),
            42 => self.key(),
            43 => self.explain(),
            _ => {}
        }
    }

    /// Frees an object; false if none is left.
    fn free_something(&mut self) -> bool {
        let lengths = [
            self.builders.len(),
            self.hooks.len(),
            self.events.len(),
            self.errors.len(),
            self.listings.len(),
            self.streams.len(),
        ];
        let kinds: Vec<_> = (0..lengths.len()).filter(|&kind| lengths[kind] > 0).collect();
        let Some(kind) = self.pick(kinds.len()).or((!kinds.is_empty()).then_some(0)) else {
            unsafe {
                c::tink_webhooks_builder_free(null_mut());
                c::tink_webhooks_free(null_mut());
                c::tink_webhooks_event_free(null_mut());
                c::tink_webhooks_error_free(null_mut());
                c::tink_webhooks_handlers_free(null_mut());
                c::tink_webhooks_stream_free(null_mut());
            }
            return false;
        };
        let kind = kinds[kind];
        let at = usize::from(self.byte()) % lengths[kind];
        unsafe {
            match kind {
                0 => c::tink_webhooks_builder_free(self.builders.remove(at).pointer),
                1 => c::tink_webhooks_free(self.hooks.remove(at).pointer),
                2 => {
                    let event = self.events.remove(at);
                    look_at(event.pointer, Some(&event.body.0));
                    c::tink_webhooks_event_free(event.pointer);
                }
                3 => c::tink_webhooks_error_free(self.errors.remove(at)),
                4 => c::tink_webhooks_handlers_free(self.listings.remove(at)),
                _ => c::tink_webhooks_stream_free(self.streams.remove(at).pointer),
            }
        }
        true
    }
}

fuzz_target!(|input: &[u8]| {
    let input = Unstructured::new(input);
    Machine {
        input,
        builders: Vec::new(),
        hooks: Vec::new(),
        events: Vec::new(),
        errors: Vec::new(),
        listings: Vec::new(),
        streams: Vec::new(),
    }
    .run();
});
