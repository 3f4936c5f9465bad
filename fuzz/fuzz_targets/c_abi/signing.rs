//! What needs no object: signing, and the tables.

use std::ffi::CStr;
use std::ptr::null_mut;

use models::signature;
use tink_webhooks_c as c;

use crate::memory::{bytes_of, text};
use crate::{BUFFER_TOO_SMALL, Machine, OK, SECRETS};

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
