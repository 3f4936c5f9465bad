//! Operations on builders, and what needs no object: signing, and the tables.

use std::ffi::CStr;
use std::ptr::null_mut;

use models::signature::{self, Options};
use tink_webhooks::Scheme;
use tink_webhooks_c as c;

use crate::callbacks::{Data, TAKEN, clock, destroy, new_data};
use crate::memory::{bytes_of, text};
use crate::objects::{Builder, Hooks, Receiver};
use crate::{ALREADY_BUILT, BUFFER_TOO_SMALL, KEPT, Machine, NOW, NULL_ARGUMENT, OK, SECRETS};

impl Machine<'_> {
    pub fn new_builder(&mut self) {
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

    pub fn builder(&self, at: Option<usize>) -> *mut c::Builder {
        at.map_or(null_mut(), |at| self.builders[at].pointer)
    }

    /// What a setter's code means for the model.
    pub fn was_set(&mut self, at: Option<usize>, code: u32, set: impl FnOnce(&mut Builder)) {
        match at.map(|at| &mut self.builders[at]) {
            None => assert_eq!(code, NULL_ARGUMENT),
            Some(builder) if builder.built => assert_eq!(code, ALREADY_BUILT),
            Some(builder) if code != OK => {
                builder.fails.get_or_insert(code);
            }
            Some(builder) => set(builder),
        }
    }

    pub fn set_clock(&mut self, at: Option<usize>, millis: i64) {
        let data = new_data(0, 0, millis);
        let code = unsafe { c::tink_webhooks_builder_set_clock(self.builder(at), Some(clock), data, Some(destroy)) };
        if code == OK {
            TAKEN.set(TAKEN.get() + 1);
        } else {
            drop(unsafe { Box::from_raw(data.cast::<Data>()) });
        }
        self.was_set(at, code, |builder| builder.clock = Some(millis));
    }

    pub fn build(&mut self, at: Option<usize>, without_out: bool) {
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
            let receiver = Receiver { options: builder.options.clone(), clock: builder.clock };
            self.hooks.push(Hooks { pointer: hooks, receiver });
            if self.hooks.len() > KEPT {
                unsafe { c::tink_webhooks_free(self.hooks.remove(0).pointer) };
            }
        }
    }

    /// Sets something, or builds.
    pub fn configure(&mut self, operation: u8) {
        match operation {
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
            _ => {}
        }
    }
}

impl Machine<'_> {
    pub fn sign(&mut self) {
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

    pub fn look_up(&mut self) {
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
}
