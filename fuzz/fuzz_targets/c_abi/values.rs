//! Values in an event's data: each must be what the tree that `serde_json` builds has there, inside the body.

use std::mem::MaybeUninit;
use std::ptr::{null, null_mut};

use serde_json::Value;
use tink_webhooks_c as c;

use crate::memory::{Bytes, Slice, bytes_of};
use crate::{BUFFER_TOO_SMALL, INVALID_ARGUMENT, NULL_ARGUMENT, OK};

/// `tink_webhooks_value`, as the header declares it.
#[repr(C)]
#[derive(Clone, Copy)]
struct View {
    kind: u32,
    escaped: u32,
    json: Slice,
}

const _: () = assert!(size_of::<View>() == size_of::<c::ValueView>());

fn view(value: &c::ValueView) -> View {
    unsafe { std::mem::transmute_copy(value) }
}

fn json(value: &c::ValueView) -> Option<&'static [u8]> {
    bytes_of(unsafe { std::mem::transmute::<Slice, c::Slice>(view(value).json) })
}

unsafe fn written<T>(fill: impl FnOnce(*mut T)) -> T {
    let mut place = MaybeUninit::uninit();
    fill(place.as_mut_ptr());
    unsafe { place.assume_init() }
}

/// Looks a pointer up in the data of an event, and at all that is in what it finds.
pub unsafe fn look_up(event: *const c::Event<'static>, pointer: &Bytes) {
    unsafe {
        let mut code = OK;
        let value = written(|out| {
            code = c::tink_webhooks_event_data_get(event, pointer.ptr(), pointer.len(), out);
        });
        let found = json(&value);
        let Some(data) = bytes_of(c::tink_webhooks_event_data(event)) else {
            assert!(event.is_null() && code == NULL_ARGUMENT && found.is_none());
            return;
        };
        let tree: Value = serde_json::from_slice(data).expect("data is JSON");
        let text = std::str::from_utf8(&pointer.0).ok().filter(|text| is_pointer(text));
        assert_eq!(code, if text.is_some() { OK } else { INVALID_ARGUMENT });
        match (found, text.and_then(|text| tree.pointer(text))) {
            (Some(found), Some(expected)) => {
                let data = data.as_ptr_range();
                assert!(data.start <= found.as_ptr() && found.as_ptr_range().end <= data.end);
                compare(&value, expected);
            }
            (None, None) => assert_eq!((view(&value).kind, view(&value).escaped), (0, 0)),
            (found, expected) => panic!("{found:?} is not {expected:?}"),
        }
    }
}

fn is_pointer(text: &str) -> bool {
    let mut behind = text.split('~').skip(1);
    (text.is_empty() || text.starts_with('/')) && behind.all(|part| part.starts_with(['0', '1']))
}

/// Every function that reads a value says of it what the tree says.
unsafe fn compare(value: &c::ValueView, expected: &Value) {
    unsafe {
        let text = json(value).expect("a value has a text");
        assert_eq!(&serde_json::from_slice::<Value>(text).expect("a value is JSON"), expected);
        let kinds: [fn(&Value) -> bool; 6] =
            [Value::is_null, Value::is_boolean, Value::is_number, Value::is_string, Value::is_array, Value::is_object];
        let kind = kinds.iter().position(|is| is(expected)).map(|at| at + 1);
        assert_eq!(kind, usize::try_from(view(value).kind).ok());
        let (mut integer, mut number, mut truth) = (0, 0.0, false);
        let is_integer = c::tink_webhooks_value_int64(value, &raw mut integer);
        assert!(text == b"-0" || is_integer.then_some(integer) == expected.as_i64());
        let is_number = c::tink_webhooks_value_double(value, &raw mut number);
        assert_eq!(is_number.then_some(number), expected.as_f64());
        let is_truth = c::tink_webhooks_value_bool(value, &raw mut truth);
        assert_eq!(is_truth.then_some(truth), expected.as_bool());
        compare_string(value, expected.as_str());

        let count = c::tink_webhooks_value_count(value);
        let mut iterator = c::tink_webhooks_value_iterate(value);
        match expected {
            Value::Array(items) => {
                assert_eq!(count, items.len());
                let mut rows = c::tink_webhooks_value_iterate(value);
                for item in items {
                    compare(&next(&mut iterator).expect("as many elements").1, item);
                    compare_rows(&mut rows, item);
                }
                assert!(!c::tink_webhooks_iterator_next_members(&raw mut rows, null(), 0, null_mut()));
                compare_strings(value, items);
            }
            Value::Object(members) => {
                assert!(count >= members.len());
                for _ in 0..count {
                    let (key, _) = next(&mut iterator).expect("as many members");
                    assert_eq!(view(&key).kind, 4);
                }
                for (key, member) in members {
                    let found = members_of(value, &[key.as_str()])[0];
                    compare(&found, member);
                    let pointer = Bytes::new(format!("/{}", key.replace('~', "~0").replace('/', "~1")).as_bytes());
                    let again = written(|out| {
                        assert_eq!(c::tink_webhooks_value_get(value, pointer.ptr(), pointer.len(), out), OK);
                    });
                    assert_eq!(json(&again).map(<[u8]>::as_ptr_range), json(&found).map(<[u8]>::as_ptr_range));
                }
            }
            _ => assert_eq!(count, 0),
        }
        assert!(next(&mut iterator).is_none());
    }
}

unsafe fn next(iterator: &mut c::IteratorView) -> Option<(c::ValueView, c::ValueView)> {
    unsafe {
        let mut more = false;
        let (mut key, mut value) = (MaybeUninit::uninit(), MaybeUninit::uninit());
        more |= c::tink_webhooks_iterator_next(iterator, key.as_mut_ptr(), value.as_mut_ptr());
        more.then(|| (key.assume_init(), value.assume_init()))
    }
}

/// The keys as the caller's slices, each with an allocation of its size.
unsafe fn with_keys<R>(
    keys: &[&str],
    call: impl FnOnce(*const c::Slice, *mut c::ValueView) -> R,
) -> (R, Box<[c::ValueView]>) {
    let texts: Vec<_> = keys.iter().map(|key| Bytes::new(key.as_bytes())).collect();
    let slices: Box<[Slice]> = texts.iter().map(|text| Slice { ptr: text.ptr(), len: text.len() }).collect();
    let mut found = Box::new_uninit_slice(keys.len());
    let result = call(slices.as_ptr().cast(), found.as_mut_ptr().cast());
    (result, unsafe { found.assume_init() })
}

unsafe fn members_of(value: *const c::ValueView, keys: &[&str]) -> Box<[c::ValueView]> {
    unsafe {
        let (code, found) =
            with_keys(keys, |slices, out| c::tink_webhooks_value_members(value, slices, keys.len(), out));
        assert_eq!(code, OK);
        found
    }
}

/// The next element's members in one walk are those of the element.
unsafe fn compare_rows(rows: *mut c::IteratorView, item: &Value) {
    unsafe {
        let keys: Vec<_> = item.as_object().into_iter().flatten().map(|(key, _)| key.as_str()).take(4).collect();
        let call = |slices, out| c::tink_webhooks_iterator_next_members(rows, slices, keys.len(), out);
        let (more, found) = with_keys(&keys, call);
        assert!(more);
        for (key, value) in keys.iter().zip(&found) {
            let text = json(value).expect("the member is there");
            assert_eq!(&serde_json::from_slice::<Value>(text).expect("a value is JSON"), &item[*key]);
        }
    }
}

/// Strings in one call are the elements that they are in front of, up to the first that is none, or has escapes.
unsafe fn compare_strings(value: *const c::ValueView, items: &[Value]) {
    unsafe {
        let mut rows = c::tink_webhooks_value_iterate(value);
        // Of exactly the size that is given.
        let mut texts = Box::<[Slice]>::new_uninit_slice(items.len() / 2 + 1);
        let found = c::tink_webhooks_iterator_next_strings(&raw mut rows, texts.as_mut_ptr().cast(), texts.len());
        assert!(found <= texts.len());
        for (text, item) in texts.iter().zip(items).take(found) {
            let text: Slice = text.assume_init_read();
            assert_eq!(Some(std::slice::from_raw_parts(text.ptr, text.len)), item.as_str().map(str::as_bytes));
        }
        let next = next(&mut rows);
        assert_eq!(next.is_some(), found < items.len());
        if let (Some((_, next)), Some(item)) = (next, items.get(found)) {
            let text = json(&next).expect("the element is there");
            assert_eq!(&serde_json::from_slice::<Value>(text).expect("a value is JSON"), item);
        }
    }
}

/// Reads a string into buffers of exactly their size.
unsafe fn compare_string(value: &c::ValueView, expected: Option<&str>) {
    unsafe {
        let expected = expected.map(str::as_bytes);
        let enough = json(value).map_or(0, <[u8]>::len);
        for size in [0, 1, expected.map_or(0, <[u8]>::len), enough] {
            let mut buffer = vec![0xAA_u8; size].into_boxed_slice();
            let mut code = OK;
            let out = written(|out| {
                let pointer = if size == 0 { null_mut() } else { buffer.as_mut_ptr() };
                code = c::tink_webhooks_value_string(value, pointer, size, out);
            });
            if view(value).escaped == 1 && size < expected.map_or(0, <[u8]>::len) {
                assert_eq!((code, bytes_of(out)), (BUFFER_TOO_SMALL, None));
            } else {
                assert_eq!((code, bytes_of(out)), (OK, expected));
            }
        }
        let other = Bytes::new(expected.unwrap_or(b"x"));
        assert_eq!(c::tink_webhooks_value_is_string(value, other.ptr(), other.len()), expected.is_some());
        let longer = Bytes::new(&[&other.0, &b"x"[..]].concat());
        assert!(!c::tink_webhooks_value_is_string(value, longer.ptr(), longer.len()));
    }
}
