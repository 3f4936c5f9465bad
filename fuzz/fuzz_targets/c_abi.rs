//! Sequences of calls of the C ABI, any that the header allows, under AddressSanitizer. The input is a program for a
//! small machine: it keeps a few objects of each kind, an operation takes some of them (or NULL), and at the end all are
//! freed, in an order that the input chooses.
//!
//! Inputs lie in memory of their exact size, which is freed or overwritten as soon as the header lets it be: what reads
//! too far or too late is found. Each `user_data` is memory of its own that `destroy` frees: what is destroyed twice, or
//! never, or used afterwards, is found.

#![no_main]

use std::cell::{Cell, RefCell};
use std::ffi::{CStr, c_char, c_void};
use std::ptr::{null, null_mut};

use arbitrary::Unstructured;
use libfuzzer_sys::fuzz_target;
use models::signature::{self, Options, verdict};
use tink_webhooks::Scheme;
use tink_webhooks_c as c;

const OK: u32 = 0;
const NULL_ARGUMENT: u32 = 901;
const PANIC: u32 = 902;
const INVALID_ARGUMENT: u32 = 903;
const ALREADY_BUILT: u32 = 904;
const BUFFER_TOO_SMALL: u32 = 905;
const ALLOW_UNKNOWN: u32 = 1;
/// Objects of each kind that are kept.
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
const NOW: i64 = 1_700_000_000_000;

/// Types of the C layer whose fields are private, as the header declares them.
#[repr(C)]
#[derive(Clone, Copy)]
struct Slice {
    ptr: *const u8,
    len: usize,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct Verification {
    scheme: u32,
    secret_index: u32,
    signed_at: i64,
    delivery_id: [u8; 33],
    reserved: [u8; 7],
}

const _: () = assert!(size_of::<Slice>() == size_of::<c::Slice>());
const _: () = assert!(size_of::<Verification>() == size_of::<c::VerificationView>());

fn bytes_of(slice: c::Slice) -> Option<&'static [u8]> {
    let slice: Slice = unsafe { std::mem::transmute(slice) };
    assert!(!slice.ptr.is_null() || slice.len == 0);
    // Valid as long as its owner; every use here ends before.
    (!slice.ptr.is_null()).then(|| unsafe { std::slice::from_raw_parts(slice.ptr, slice.len) })
}

unsafe fn text(pointer: *const c_char) -> &'static str {
    assert!(!pointer.is_null());
    unsafe { CStr::from_ptr(pointer) }.to_str().expect("texts are UTF-8")
}

/// Memory of the caller's: its own allocation, of exactly this size.
struct Bytes(Box<[u8]>);

impl Bytes {
    fn new(bytes: &[u8]) -> Self {
        Self(bytes.into())
    }

    fn ptr(&self) -> *const u8 {
        if self.0.is_empty() { null() } else { self.0.as_ptr() }
    }

    fn len(&self) -> usize {
        self.0.len()
    }
}

/// `user_data` of a handler or a clock.
struct Data {
    magic: u64,
    returns: u32,
    action: u8,
    millis: i64,
}

const ALIVE: u64 = 0x0A11_7E5A_11FE_0BEE;

thread_local! {
    /// How many `user_data` the library has taken over, and how many it has destroyed.
    static TAKEN: Cell<usize> = const { Cell::new(0) };
    static DESTROYED: Cell<usize> = const { Cell::new(0) };
    static RUNNING: RefCell<Running> = const { RefCell::new(Running::NOTHING) };
}

/// What handlers see of the call they run under, and what they leave behind.
struct Running {
    hooks: *mut c::Hooks,
    depth: u32,
    ran: usize,
    clones: Vec<*mut c::Event<'static>>,
}

impl Running {
    const NOTHING: Self = Self { hooks: null_mut(), depth: 0, ran: 0, clones: Vec::new() };
}

fn new_data(returns: u32, action: u8, millis: i64) -> *mut c_void {
    Box::into_raw(Box::new(Data { magic: ALIVE, returns, action, millis })).cast()
}

unsafe extern "C" fn destroy(user_data: *mut c_void) {
    let data = unsafe { Box::from_raw(user_data.cast::<Data>()) };
    assert_eq!(data.magic, ALIVE);
    DESTROYED.set(DESTROYED.get() + 1);
}

unsafe extern "C" fn clock(user_data: *mut c_void) -> i64 {
    let data = unsafe { &*user_data.cast::<Data>() };
    assert_eq!(data.magic, ALIVE);
    data.millis
}

unsafe extern "C" fn other_handler(user_data: *mut c_void, event: *const c::Event<'static>) -> u32 {
    unsafe { handler(user_data, event) + 1 }
}

unsafe extern "C" fn handler(user_data: *mut c_void, event: *const c::Event<'static>) -> u32 {
    unsafe { look_at(event, None) };
    let (hooks, enough) = RUNNING.with_borrow_mut(|running| {
        running.ran += 1;
        (running.hooks, running.depth >= 3 || running.ran > 100)
    });
    // A number in place of a pointer: a handler without memory of its own.
    if (user_data as usize) < 16 {
        return u32::from(user_data as usize == 1);
    }
    unsafe {
        let data = user_data.cast::<Data>();
        assert_eq!((*data).magic, ALIVE);
        let key = KEYS[usize::from((*data).action % 16) % KEYS.len()];
        match (*data).action / 16 {
            1 => {
                c::tink_webhooks_unregister_handlers(hooks, key.as_ptr(), key.len(), null_mut(), null_mut());
            }
            2 if !enough => {
                register_new(hooks, key, ALLOW_UNKNOWN, new_data(0, (*data).action, 0), null_mut());
            }
            3 if !enough => {
                let clone = c::tink_webhooks_event_clone(event);
                RUNNING.with_borrow_mut(|running| running.clones.push(clone));
            }
            4 if !enough => {
                RUNNING.with_borrow_mut(|running| running.depth += 1);
                let _ = c::tink_webhooks_dispatch(hooks, event, null_mut());
                RUNNING.with_borrow_mut(|running| running.depth -= 1);
            }
            5 => {
                let mut listing = null_mut();
                assert_eq!(c::tink_webhooks_get_handlers(hooks, &raw mut listing, null_mut()), OK);
                c::tink_webhooks_handlers_free(listing);
            }
            _ => {}
        }
        // Still there: the dispatch holds it, whatever was unregistered above.
        assert_eq!((*data).magic, ALIVE);
        (*data).returns
    }
}

/// Registers a handler with memory of its own, which is still the caller's if that fails.
unsafe fn register_new(
    hooks: *mut c::Hooks,
    key: &[u8],
    flags: u32,
    data: *mut c_void,
    err: *mut *mut c::ErrorObject,
) -> u32 {
    let (key, function) = (Bytes::new(key), Some(handler as _));
    let code = unsafe {
        c::tink_webhooks_register_handler(hooks, key.ptr(), key.len(), flags, function, data, Some(destroy), err)
    };
    if code == OK {
        TAKEN.set(TAKEN.get() + 1);
    } else {
        drop(unsafe { Box::from_raw(data.cast::<Data>()) });
    }
    code
}

/// Asks an event everything. What must lie in its body does.
unsafe fn look_at(event: *const c::Event<'static>, body: Option<&[u8]>) {
    unsafe {
        let raw = bytes_of(c::tink_webhooks_event_raw_body(event));
        let slices = [
            (c::tink_webhooks_event_name(event), false),
            (c::tink_webhooks_event_user_id(event), false),
            (c::tink_webhooks_event_external_user_id(event), false),
            (c::tink_webhooks_event_data(event), true),
            (c::tink_webhooks_event_context(event), true),
        ];
        for (slice, in_body) in slices {
            let Some(slice) = bytes_of(slice) else { continue };
            assert!(std::str::from_utf8(slice).is_ok() && !slice.is_empty());
            let raw = raw.expect("an event has a body").as_ptr_range();
            assert!(
                !in_body || slice == b"{}" || (raw.contains(&slice.as_ptr()) && slice.as_ptr_range().end <= raw.end)
            );
        }
        let mut proven = [0xAA_u8; size_of::<Verification>()];
        let verified = c::tink_webhooks_event_verification(event, proven.as_mut_ptr().cast());
        assert_eq!(verified, proven.iter().any(|&byte| byte != 0));
        assert_eq!(c::tink_webhooks_event_verification(event, null_mut()), verified);
        let _ = c::tink_webhooks_event_timestamp(event);
        let (number, name) = (c::tink_webhooks_event_type(event), c::tink_webhooks_event_type_name(event));
        if event.is_null() {
            assert!(raw.is_none() && name.is_null() && !verified);
        } else {
            assert_eq!(text(name), text(c::tink_webhooks_type_name(number)));
            assert!(bytes_of(c::tink_webhooks_event_name(event)).is_some());
            assert!(body.is_none() || raw == body);
        }
    }
}

/// Asks an error everything.
unsafe fn look_at_error(error: *const c::ErrorObject) -> u32 {
    unsafe {
        let code = c::tink_webhooks_error_code(error);
        assert!(!text(c::tink_webhooks_error_message(error)).is_empty());
        let hint = c::tink_webhooks_error_hint(error);
        assert!(hint.is_null() || !text(hint).is_empty());
        let (mut age, mut tolerance) = (7, 7);
        let in_window = c::tink_webhooks_error_age(error, &raw mut age);
        assert_eq!(in_window, matches!(code, 105 | 106));
        assert!(in_window || age == 7);
        assert!(!c::tink_webhooks_error_tolerance(error, &raw mut tolerance) || in_window);
        assert!(!c::tink_webhooks_error_age(error, null_mut()));
        assert_eq!(c::tink_webhooks_error_failure_count(error) > 0, code == 401);
        assert_eq!(c::tink_webhooks_error_first_failure(error) != 0, code == 401);
        assert_ne!(text(c::tink_webhooks_code_name(code)), "unknown_code");
        code
    }
}

/// Options as they were set, to foretell what building them gives.
struct Builder {
    pointer: *mut c::Builder,
    options: Options,
    environment: Option<Vec<u8>>,
    clock: Option<i64>,
    /// The code that building gives, whatever the secrets.
    fails: Option<u32>,
    bad_tolerance: bool,
    bad_schemes: bool,
    built: bool,
}

impl Builder {
    fn expected(&mut self) -> u32 {
        if let Some(code) = self.fails {
            return code;
        }
        if self.bad_tolerance {
            return 503;
        }
        if self.bad_schemes || self.options.max_body_bytes == 0 {
            return 505;
        }
        if self.options.secrets.is_empty() {
            let environment = self.environment.take().and_then(|value| String::from_utf8(value).ok());
            let secrets = environment.iter().flat_map(|value| value.split_whitespace());
            self.options.secrets = secrets.map(|secret| secret.as_bytes().to_vec()).collect();
        }
        match &self.options.secrets[..] {
            [one] if one.is_empty() => 501,
            several => signature::judge_secrets(several).err().map_or(OK, |reason| reason.code()),
        }
    }
}

struct Hooks {
    pointer: *mut c::Hooks,
    options: Options,
    /// `None`: the system's.
    clock: Option<i64>,
}

impl Hooks {
    fn clock_is_bad(&self) -> bool {
        self.clock.is_some_and(|millis| !(-62_135_596_800_000..=253_402_300_799_999).contains(&millis))
    }

    /// The code of `verify_signature`.
    fn expected(&mut self, body: &[u8], header: &[u8]) -> u32 {
        let now = std::time::UNIX_EPOCH.elapsed().expect("after 1970").as_millis();
        self.options.now_millis = self.clock.unwrap_or(i64::try_from(now).expect("before the year 9999"));
        let verdict = verdict(&self.options, body, header);
        let asks_clock = match &verdict {
            Ok((scheme, ..)) => *scheme == Scheme::V1 && self.options.tolerance.is_some(),
            Err(reason) => matches!(reason.code(), 105 | 106),
        };
        if asks_clock && self.clock_is_bad() { 505 } else { verdict.err().map_or(OK, |reason| reason.code()) }
    }
}

struct Event {
    pointer: *mut c::Event<'static>,
    body: Bytes,
}

struct Machine<'u> {
    input: Unstructured<'u>,
    builders: Vec<Builder>,
    hooks: Vec<Hooks>,
    events: Vec<Event>,
    errors: Vec<*mut c::ErrorObject>,
    listings: Vec<*mut c::Listing>,
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
        let secrets = hooks.map(|at| &self.hooks[at].options.secrets[..]).unwrap_or_default();
        Bytes::new(&signature::expand(&template.0, &body.0, secrets))
    }

    /// Makes a call that can fail, with an error object or without, and checks that code and object agree.
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

    fn keep(&mut self, pointer: *mut c::Event<'static>, body: Bytes) {
        self.events.push(Event { pointer, body });
        if self.events.len() > KEPT {
            let event = self.events.remove(0);
            unsafe { c::tink_webhooks_event_free(event.pointer) };
        }
    }

    /// Takes over what handlers have cloned.
    fn keep_clones(&mut self) -> usize {
        let Running { ran, clones, .. } = RUNNING.replace(Running::NOTHING);
        for clone in clones {
            let body = unsafe { bytes_of(c::tink_webhooks_event_raw_body(clone)) }.unwrap_or_default();
            self.keep(clone, Bytes::new(body));
        }
        ran
    }

    fn run(&mut self) {
        // Something to begin with, so that short programs reach far.
        self.new_builder();
        self.builders[0].options.secrets.push(SECRETS[0].to_vec());
        unsafe { c::tink_webhooks_builder_add_secret(self.builders[0].pointer, SECRETS[0].as_ptr(), SECRETS[0].len()) };
        self.set_clock(Some(0), NOW);
        self.build(Some(0), false);
        while !self.input.is_empty() {
            self.step();
        }
        while self.free_something() {}
        assert_eq!(TAKEN.take(), DESTROYED.take(), "each user_data that was taken over is destroyed, once");
    }

    fn new_builder(&mut self) {
        let pointer = c::tink_webhooks_builder_new();
        assert!(!pointer.is_null());
        let options = Options {
            secrets: Vec::new(),
            schemes: vec![Scheme::V1, Scheme::Body],
            tolerance: Some(300),
            max_body_bytes: 2_097_152,
            now_millis: 0,
        };
        self.builders.push(Builder {
            pointer,
            options,
            environment: None,
            clock: None,
            fails: None,
            bad_tolerance: false,
            bad_schemes: false,
            built: false,
        });
    }

    fn builder(&self, at: Option<usize>) -> *mut c::Builder {
        at.map_or(null_mut(), |at| self.builders[at].pointer)
    }

    fn hooks(&self, at: Option<usize>) -> *mut c::Hooks {
        at.map_or(null_mut(), |at| self.hooks[at].pointer)
    }

    /// What a setter's code means for the model.
    fn was_set(&mut self, at: Option<usize>, code: u32, set: impl FnOnce(&mut Builder)) {
        match at.map(|at| &mut self.builders[at]) {
            None => assert_eq!(code, NULL_ARGUMENT),
            Some(builder) if builder.built => assert_eq!(code, ALREADY_BUILT),
            Some(builder) if code != OK => {
                builder.fails.get_or_insert(code);
            }
            Some(builder) => set(builder),
        }
    }

    fn set_clock(&mut self, at: Option<usize>, millis: i64) {
        let data = new_data(0, 0, millis);
        let code = unsafe { c::tink_webhooks_builder_set_clock(self.builder(at), Some(clock), data, Some(destroy)) };
        if code == OK {
            TAKEN.set(TAKEN.get() + 1);
        } else {
            drop(unsafe { Box::from_raw(data.cast::<Data>()) });
        }
        self.was_set(at, code, |builder| builder.clock = Some(millis));
    }

    fn build(&mut self, at: Option<usize>, without_out: bool) {
        let (builder, mut hooks) = (self.builder(at), std::ptr::dangling_mut());
        let out = if without_out { null_mut() } else { &raw mut hooks };
        let code = self.call(|err| unsafe { c::tink_webhooks_builder_build(builder, out, err) });
        let Some(builder) = at.map(|at| &mut self.builders[at]) else {
            assert_eq!(code, NULL_ARGUMENT);
            assert!(without_out || hooks.is_null());
            return;
        };
        if builder.built {
            assert_eq!(code, ALREADY_BUILT);
        } else {
            builder.built = true;
            let expected = builder.expected();
            assert_eq!(code, if without_out { NULL_ARGUMENT } else { expected });
        }
        assert!(without_out || hooks.is_null() == (code != OK));
        if code == OK {
            let Options { secrets, schemes, tolerance, max_body_bytes, now_millis } = &builder.options;
            let options = Options {
                secrets: secrets.clone(),
                schemes: schemes.clone(),
                tolerance: *tolerance,
                max_body_bytes: *max_body_bytes,
                now_millis: *now_millis,
            };
            self.hooks.push(Hooks { pointer: hooks, options, clock: builder.clock });
            if self.hooks.len() > KEPT {
                unsafe { c::tink_webhooks_free(self.hooks.remove(0).pointer) };
            }
        }
    }

    #[expect(clippy::too_many_lines, reason = "one arm per function of the header")]
    fn step(&mut self) {
        match self.byte() % 32 {
            0 if self.builders.len() < KEPT => self.new_builder(),
            1 => {
                let (at, secret) = (self.pick(self.builders.len()), self.of(&SECRETS));
                let code = unsafe { c::tink_webhooks_builder_add_secret(self.builder(at), secret.ptr(), secret.len()) };
                self.was_set(at, code, |builder| builder.options.secrets.push(secret.0.to_vec()));
            }
            2 => {
                let (at, value) = (self.pick(self.builders.len()), self.of(&[b"one two", b"", b" \n", b"\xff"]));
                let code =
                    unsafe { c::tink_webhooks_builder_set_environment(self.builder(at), value.ptr(), value.len()) };
                self.was_set(at, code, |builder| builder.environment = Some(value.0.to_vec()));
            }
            3 => {
                let at = self.pick(self.builders.len());
                let seconds = match self.byte() {
                    0 => f64::NAN,
                    1 => f64::INFINITY,
                    2 => -1.0,
                    3 => 1e300,
                    byte => f64::from(byte) * 2.5,
                };
                let code = unsafe { c::tink_webhooks_builder_set_tolerance(self.builder(at), seconds) };
                self.was_set(at, code, |builder| {
                    builder.bad_tolerance = !seconds.is_finite() || seconds < 0.0;
                    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "cuts and saturates")]
                    let seconds = seconds as u64;
                    builder.options.tolerance = Some(seconds);
                });
            }
            4 => {
                let at = self.pick(self.builders.len());
                let code = unsafe { c::tink_webhooks_builder_disable_window(self.builder(at)) };
                self.was_set(at, code, |builder| {
                    (builder.bad_tolerance, builder.options.tolerance) = (false, None);
                });
            }
            5 => {
                let (at, flags) = (self.pick(self.builders.len()), u32::from(self.byte() % 6));
                let code = unsafe { c::tink_webhooks_builder_allow_schemes(self.builder(at), flags) };
                self.was_set(at, code, |builder| {
                    builder.bad_schemes = flags == 0 || flags > 3;
                    let schemes = [(1, Scheme::V1), (2, Scheme::Body)].into_iter();
                    builder.options.schemes =
                        schemes.filter(|(bit, _)| flags & bit != 0).map(|(_, scheme)| scheme).collect();
                });
            }
            6 => {
                let at = self.pick(self.builders.len());
                let cap = [0, 1, 100, 1_000, usize::MAX][usize::from(self.byte()) % 5];
                let code = unsafe { c::tink_webhooks_builder_set_max_body_bytes(self.builder(at), cap) };
                self.was_set(at, code, |builder| builder.options.max_body_bytes = cap);
            }
            7 => {
                let at = self.pick(self.builders.len());
                if self.seldom() {
                    let code = unsafe { c::tink_webhooks_builder_set_clock(self.builder(at), None, null_mut(), None) };
                    assert_ne!(code, OK);
                    self.was_set(at, code, |_| unreachable!());
                } else {
                    let millis = [NOW, NOW + 200_000, NOW - 400_000, i64::MAX, i64::MIN][usize::from(self.byte()) % 5];
                    self.set_clock(at, millis);
                }
            }
            8 => {
                let (at, without_out) = (self.pick(self.builders.len()), self.seldom());
                self.build(at, without_out);
            }
            9 | 10 => {
                self.free_something();
            }
            11 => {
                let at = self.pick(self.hooks.len());
                let cap = unsafe { c::tink_webhooks_max_body_bytes(self.hooks(at)) };
                assert_eq!(cap, at.map_or(0, |at| self.hooks[at].options.max_body_bytes));
            }
            12..=15 => self.deliver(),
            16 => self.parse(),
            17 | 18 => {
                let (at, event) = (self.pick(self.hooks.len()), self.pick(self.events.len()));
                let (hooks, event) = (self.hooks(at), event.map_or(null_mut(), |event| self.events[event].pointer));
                RUNNING.with_borrow_mut(|running| running.hooks = hooks);
                let code = self.call(|err| unsafe { c::tink_webhooks_dispatch(hooks, event, err) });
                let ran = self.keep_clones();
                let missing = hooks.is_null() || event.is_null();
                assert_eq!(code == NULL_ARGUMENT, missing);
                assert!(missing || code == OK || code == 401);
                assert!(ran == 0 || !missing);
            }
            19..=21 => self.register(),
            22 => {
                let (at, key, counted) = (self.pick(self.hooks.len()), self.of(&KEYS), self.seldom());
                let (hooks, mut removed) = (self.hooks(at), 7);
                let out = if counted { null_mut() } else { &raw mut removed };
                let code = self
                    .call(|err| unsafe { c::tink_webhooks_unregister_handlers(hooks, key.ptr(), key.len(), out, err) });
                assert!(code == OK || code == if hooks.is_null() { NULL_ARGUMENT } else { 504 });
            }
            23 => {
                let (at, key, number) = (self.pick(self.hooks.len()), self.of(&KEYS), self.byte() % 8);
                let (hooks, mut removed) = (self.hooks(at), 7);
                let user_data = usize::from(number) as *mut c_void;
                let code = self.call(|err| unsafe {
                    let function = Some(handler as _);
                    c::tink_webhooks_unregister_handler(
                        hooks,
                        key.ptr(),
                        key.len(),
                        function,
                        user_data,
                        &raw mut removed,
                        err,
                    )
                });
                assert!(code != OK || removed <= 1);
            }
            24 => self.matching(),
            25 if self.listings.len() < KEPT => {
                let at = self.pick(self.hooks.len());
                let (hooks, mut listing) = (self.hooks(at), null_mut());
                let code = self.call(|err| unsafe { c::tink_webhooks_get_handlers(hooks, &raw mut listing, err) });
                assert_eq!(code, if hooks.is_null() { NULL_ARGUMENT } else { OK });
                if code == OK {
                    self.listings.push(listing);
                }
            }
            26 => {
                let at = self.pick(self.listings.len());
                let listing = at.map_or(null_mut(), |at| self.listings[at]);
                let index = usize::from(self.byte());
                unsafe { self.look_at_listing(listing, index) };
            }
            27 => {
                if let Some(at) = self.pick(self.events.len()) {
                    let event = &self.events[at];
                    let copy = Bytes::new(&event.body.0);
                    let clone = unsafe {
                        look_at(event.pointer, Some(&event.body.0));
                        c::tink_webhooks_event_clone(event.pointer)
                    };
                    unsafe { look_at(clone, Some(&copy.0)) };
                    self.keep(clone, copy);
                } else {
                    unsafe {
                        look_at(null(), None);
                        assert!(c::tink_webhooks_event_clone(null()).is_null());
                    }
                }
            }
            28 => {
                let at = self.pick(self.errors.len());
                let code = unsafe { look_at_error(at.map_or(null(), |at| self.errors[at].cast_const())) };
                assert!(at.is_some() || code == NULL_ARGUMENT);
            }
            29 | 30 => self.sign(),
            31 => {
                let number = u32::from(self.byte()) * u32::from(self.byte() % 8);
                unsafe {
                    let [name, kind, message] = [
                        c::tink_webhooks_code_name(number),
                        c::tink_webhooks_code_kind(number),
                        c::tink_webhooks_code_message(number),
                    ]
                    .map(|found| text(found));
                    assert_eq!(name == "unknown_code", kind == "unknown_code");
                    assert!(!message.is_empty());
                    assert!((200..600).contains(&c::tink_webhooks_code_http_status(number)));
                    let named = c::tink_webhooks_type_name(number);
                    let example = bytes_of(c::tink_webhooks_example_body(number));
                    assert_eq!(named.is_null(), example.is_none());
                    assert_eq!(text(c::tink_webhooks_version()), tink_webhooks::VERSION);
                    assert_ne!(c::tink_webhooks_abi_version(), 0);
                }
            }
            _ => {}
        }
    }

    /// Verifies, constructs or handles a delivery.
    fn deliver(&mut self) {
        let (at, kind, mut body) = (self.pick(self.hooks.len()), self.byte() % 4, self.body());
        let header = self.header(&body, at);
        let hooks = self.hooks(at);
        let expected = match at {
            Some(at) => self.hooks[at].expected(&body.0, &header.0),
            None => NULL_ARGUMENT,
        };
        let clock_is_bad = at.is_some_and(|at| self.hooks[at].clock_is_bad());
        let (b, n, s, m) = (body.ptr(), body.len(), header.ptr(), header.len());
        if kind == 0 {
            let mut proven = [0xAA_u8; size_of::<Verification>()];
            let code = self.call(|err| unsafe {
                c::tink_webhooks_verify_signature(hooks, b, n, s, m, proven.as_mut_ptr().cast(), err)
            });
            assert_eq!(code, expected);
            assert_eq!(code == OK, proven.iter().any(|&byte| byte != 0));
            let proven: Verification = unsafe { std::mem::transmute(proven) };
            assert!(proven.delivery_id[32] == 0 && proven.reserved == [0; 7]);
            let secrets = at.map_or(1, |at| self.hooks[at].options.secrets.len().max(1));
            assert!((proven.secret_index as usize) < secrets && proven.scheme < 3);
            assert!(proven.scheme != 2 || (proven.signed_at, proven.delivery_id[0]) == (0, 0));
            return;
        }
        RUNNING.with_borrow_mut(|running| running.hooks = hooks);
        let mut event = std::ptr::dangling_mut();
        let out = if self.byte() % 8 == 7 { null_mut() } else { &raw mut event };
        let code = self.call(|err| unsafe {
            match kind {
                1 => c::tink_webhooks_construct_event(hooks, b, n, s, m, out, err),
                2 => c::tink_webhooks_construct_event_borrowed(hooks, b, n, s, m, out, err),
                _ => c::tink_webhooks_handle_webhook(hooks, b, n, s, m, out, err),
            }
        });
        let ran = self.keep_clones();
        if out.is_null() && kind != 3 {
            assert_eq!(code, NULL_ARGUMENT);
            return;
        }
        assert!(out.is_null() || event.is_null() == (code != OK));
        if expected != OK {
            assert_eq!((code, ran), (expected, 0), "nothing runs before the signature holds");
        } else {
            let allowed =
                matches!(code, OK | 201..=207 | 301) || (code == 505 && clock_is_bad) || (code == 401 && kind == 3);
            assert!(allowed, "{code}");
            assert!(ran == 0 || matches!(code, OK | 401));
        }
        if code == OK && !out.is_null() {
            self.took(event, body, kind == 2);
        } else {
            body.0.fill(0);
        }
    }

    fn took(&mut self, event: *mut c::Event<'static>, mut body: Bytes, borrowed: bool) {
        let same = unsafe { bytes_of(c::tink_webhooks_event_raw_body(event)) }.map(<[u8]>::as_ptr) == Some(body.ptr());
        assert_eq!(same, borrowed);
        if !borrowed {
            // The library has a copy: ours may change and go.
            let copy = Bytes::new(&body.0);
            body.0.fill(b'x');
            body = copy;
        }
        unsafe { look_at(event, Some(&body.0)) };
        self.keep(event, body);
    }

    fn parse(&mut self) {
        let (at, borrowed, body) = (self.pick(self.hooks.len()), self.byte() % 2 == 1, self.body());
        let (hooks, mut event) = (self.hooks(at), std::ptr::dangling_mut());
        let (b, n) = (body.ptr(), body.len());
        let code = self.call(|err| unsafe {
            if borrowed {
                c::tink_webhooks_parse_event_borrowed(hooks, b, n, &raw mut event, err)
            } else {
                c::tink_webhooks_parse_event(hooks, b, n, &raw mut event, err)
            }
        });
        assert_eq!(event.is_null(), code != OK);
        assert!(matches!(code, OK | 201..=208 | 301 | 505) || (hooks.is_null() && code == NULL_ARGUMENT));
        if code == OK {
            assert!(!unsafe { c::tink_webhooks_event_verification(event, null_mut()) });
            self.took(event, body, borrowed);
        }
    }

    fn register(&mut self) {
        let (at, key, kind) = (self.pick(self.hooks.len()), self.of(&KEYS), self.byte());
        let hooks = self.hooks(at);
        let flags = u32::from(kind / 8 % 3);
        match kind % 8 {
            // Numbers, which may be registered twice, by two functions.
            0..=2 => {
                let user_data = usize::from(self.byte() % 8) as *mut c_void;
                let function = if kind % 8 == 2 { other_handler as _ } else { handler as _ };
                let code = self.call(|err| unsafe {
                    let (key, length) = (key.ptr(), key.len());
                    c::tink_webhooks_register_handler(hooks, key, length, flags, Some(function), user_data, None, err)
                });
                assert!(flags < 2 || code == if hooks.is_null() { NULL_ARGUMENT } else { INVALID_ARGUMENT });
            }
            3 => {
                let code = self.call(|err| unsafe {
                    c::tink_webhooks_register_handler(hooks, key.ptr(), key.len(), flags, None, null_mut(), None, err)
                });
                assert_eq!(code, NULL_ARGUMENT);
            }
            // What is registered once more under its key is not taken over again, whatever `destroy` comes with it.
            4 if !hooks.is_null() => unsafe {
                let mut listing = null_mut();
                assert_eq!(c::tink_webhooks_get_handlers(hooks, &raw mut listing, null_mut()), OK);
                let count = c::tink_webhooks_handlers_count(listing);
                let (mut name, mut function, mut user_data) = (std::mem::zeroed(), None, null_mut());
                let index = usize::from(self.byte());
                let out = (&raw mut name, &raw mut function, &raw mut user_data);
                if c::tink_webhooks_handlers_get(listing, index, out.0, out.1, out.2) == OK {
                    let key = bytes_of(name).expect("a key is never empty");
                    let again = Some(destroy as _);
                    let code = c::tink_webhooks_register_handler(
                        hooks,
                        key.as_ptr(),
                        key.len(),
                        ALLOW_UNKNOWN,
                        function,
                        user_data,
                        again,
                        null_mut(),
                    );
                    assert_eq!(code, OK);
                    let mut now = null_mut();
                    assert_eq!(c::tink_webhooks_get_handlers(hooks, &raw mut now, null_mut()), OK);
                    assert_eq!(c::tink_webhooks_handlers_count(now), count);
                    c::tink_webhooks_handlers_free(now);
                } else {
                    assert!(index >= count);
                }
                c::tink_webhooks_handlers_free(listing);
            },
            _ => {
                let (returns, action) = (self.byte(), self.byte());
                let data = new_data(u32::from(returns / 128), action, 0);
                self.call(|err| unsafe { register_new(hooks, &key.0, flags, data, err) });
            }
        }
    }

    fn matching(&mut self) {
        let (at, name) = (self.pick(self.hooks.len()), self.of(&KEYS));
        let hooks = self.hooks(at);
        let mut room = vec![std::ptr::dangling_mut::<c_void>(); usize::from(self.byte() % 8)].into_boxed_slice();
        let mut count = usize::MAX;
        let out = if room.is_empty() { null_mut() } else { room.as_mut_ptr() };
        let code = unsafe {
            c::tink_webhooks_matching_handlers(hooks, name.ptr(), name.len(), out, room.len(), &raw mut count)
        };
        if std::str::from_utf8(&name.0).is_err() {
            assert_eq!(code, INVALID_ARGUMENT);
        } else {
            assert_eq!(code, if hooks.is_null() { NULL_ARGUMENT } else { OK });
        }
        assert_eq!(count == usize::MAX, code != OK);
        for user_data in room.iter().take(if code == OK { count } else { 0 }) {
            let own = *user_data as usize >= 16;
            assert!(!own || unsafe { (*user_data.cast::<Data>()).magic } == ALIVE);
        }
    }

    unsafe fn look_at_listing(&mut self, listing: *const c::Listing, index: usize) {
        unsafe {
            let count = c::tink_webhooks_handlers_count(listing);
            let (mut name, mut function, mut user_data) = (std::mem::zeroed(), None, null_mut());
            let out = (&raw mut name, &raw mut function, &raw mut user_data);
            let code = c::tink_webhooks_handlers_get(listing, index, out.0, out.1, out.2);
            let same = c::tink_webhooks_handlers_get(listing, index, null_mut(), null_mut(), null_mut());
            assert_eq!(code, same);
            let expected = if index < count { OK } else { INVALID_ARGUMENT };
            assert_eq!(code, if listing.is_null() { NULL_ARGUMENT } else { expected });
            assert_eq!(function.is_some(), code == OK);
            if code == OK {
                assert!(bytes_of(name).is_some_and(|name| std::str::from_utf8(name).is_ok()));
                assert!((user_data as usize) < 16 || (*user_data.cast::<Data>()).magic == ALIVE);
            }
        }
    }

    fn sign(&mut self) {
        let (body, secret, scheme) = (self.body(), self.of(&SECRETS), u32::from(self.byte() % 4));
        let t =
            [0, 1_700_000_000, -1, 253_402_300_799, 253_402_300_800, i64::MIN, i64::MAX][usize::from(self.byte()) % 7];
        let mut buffer = vec![0xAA_u8; usize::from(self.byte()).min(140)].into_boxed_slice();
        let room = buffer.len();
        let (b, n, s, m) = (body.ptr(), body.len(), secret.ptr(), secret.len());
        let out = if room == 0 { null_mut() } else { buffer.as_mut_ptr().cast() };
        let code =
            self.call(|err| unsafe { c::tink_webhooks_generate_signature(b, n, s, m, scheme, t, out, room, err) });
        if code != OK {
            assert!(room == 0 || buffer[0] == 0);
            assert!(matches!(code, 501 | 502 | 505 | BUFFER_TOO_SMALL));
            assert!(code != BUFFER_TOO_SMALL || room < 128);
            return;
        }
        let header = CStr::from_bytes_until_nul(&buffer).expect("a NUL").to_bytes();
        let secrets = vec![secret.0.to_vec()];
        assert_eq!(signature::judge_secrets(&secrets), Ok(()));
        let template: &[u8] = if scheme == 1 { b"{v1}" } else { b"{bare}" };
        let signed = header.rsplit(|&byte| byte == b'=').next();
        if scheme == 1 {
            let template = [&header[..header.len() - 64], template].concat();
            assert_eq!(header, signature::expand(&template, &body.0, &secrets));
        } else {
            assert_eq!(signed, Some(&signature::expand(template, &body.0, &secrets)[..]));
        }
    }

    /// Ends an object; false if there is none any more.
    fn free_something(&mut self) -> bool {
        let lengths =
            [self.builders.len(), self.hooks.len(), self.events.len(), self.errors.len(), self.listings.len()];
        let kinds: Vec<_> = (0..lengths.len()).filter(|&kind| lengths[kind] > 0).collect();
        let Some(kind) = self.pick(kinds.len()).or((!kinds.is_empty()).then_some(0)) else {
            unsafe {
                c::tink_webhooks_builder_free(null_mut());
                c::tink_webhooks_free(null_mut());
                c::tink_webhooks_event_free(null_mut());
                c::tink_webhooks_error_free(null_mut());
                c::tink_webhooks_handlers_free(null_mut());
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
                _ => c::tink_webhooks_handlers_free(self.listings.remove(at)),
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
    }
    .run();
});
