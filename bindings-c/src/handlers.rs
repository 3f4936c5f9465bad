//! Registering, unregistering and listing handlers.

use std::ffi::c_void;
use std::sync::Arc;

use tink_webhooks::{Error, EventType, Key, Reason};

use crate::callback::{Callback, DestroyFn, HandlerFn};
use crate::failure::{ErrorObject, Failure};
use crate::guard::{self, guard, guard_code};
use crate::hooks::Hooks;
use crate::numbers::TINK_WEBHOOKS_REGISTER_ALLOW_UNKNOWN;
use crate::pointers::{self, Out};
use crate::views::Slice;

/// The text of a key.
///
/// # Safety
/// As [`pointers::bytes`].
unsafe fn key<'a>(event_type: *const u8, event_type_len: usize) -> Result<&'a str, Failure> {
    // SAFETY: as the caller says.
    let event_type = unsafe { pointers::bytes(event_type, event_type_len) }?;
    let not_utf8 = |_| Error::with_message(Reason::UnknownEventType, "not an event type: the text is not UTF-8");
    Ok(str::from_utf8(event_type).map_err(not_utf8)?)
}

/// What is likely to be wrong with a key.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tink_webhooks_event_type_warning(event_type: *const u8, event_type_len: usize) -> Slice {
    guard(Slice::NOTHING, || {
        // SAFETY: NULL, or valid as the header says.
        let key = unsafe { key(event_type, event_type_len) };
        let key = key.and_then(|text| Ok(Key::parse(text, true)?));
        Slice::of_optional(key.ok().and_then(|key| key.warning()))
    })
}

/// Registers a handler for an event type.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tink_webhooks_register_handler(
    hooks: *mut Hooks,
    event_type: *const u8,
    event_type_len: usize,
    flags: u32,
    handler: Option<HandlerFn>,
    user_data: *mut c_void,
    destroy: Option<DestroyFn>,
    err: *mut *mut ErrorObject,
) -> u32 {
    // SAFETY: each is NULL, or valid as the header says.
    unsafe {
        guard_code(err, || {
            let hooks = pointers::reference(hooks)?;
            let handler = handler.ok_or(Failure::NULL_ARGUMENT)?;
            if flags & !TINK_WEBHOOKS_REGISTER_ALLOW_UNKNOWN != 0 {
                return Err(Failure::INVALID_ARGUMENT);
            }
            let key = Key::parse(key(event_type, event_type_len)?, flags & TINK_WEBHOOKS_REGISTER_ALLOW_UNKNOWN != 0)?;
            let callback = Callback::new(handler, user_data, destroy);
            let registered = hooks.registry().register(&key, callback, |one, other| Ok::<_, Failure>(one.is(other)))?;
            if let Some(known) = registered {
                known.disown();
            }
            Ok(())
        })
    }
}

/// Removes all handlers of a key.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tink_webhooks_unregister_handlers(
    hooks: *mut Hooks,
    event_type: *const u8,
    event_type_len: usize,
    removed: *mut usize,
    err: *mut *mut ErrorObject,
) -> u32 {
    // SAFETY: each is NULL, or valid as the header says.
    unsafe {
        guard_code(err, || {
            let handlers = pointers::reference(hooks)?.registry().unregister_text(key(event_type, event_type_len)?)?;
            pointers::write(removed, handlers.len());
            Ok(())
        })
    }
}

/// Removes one handler of a key.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tink_webhooks_unregister_handler(
    hooks: *mut Hooks,
    event_type: *const u8,
    event_type_len: usize,
    handler: Option<HandlerFn>,
    user_data: *mut c_void,
    removed: *mut usize,
    err: *mut *mut ErrorObject,
) -> u32 {
    // SAFETY: each is NULL, or valid as the header says.
    unsafe {
        guard_code(err, || {
            let registry = pointers::reference(hooks)?.registry();
            let wanted = Callback::new(handler.ok_or(Failure::NULL_ARGUMENT)?, user_data, None);
            let handlers = registry.remove_text_where(key(event_type, event_type_len)?, |one| one.is(&wanted))?;
            pointers::write(removed, handlers.len());
            Ok(())
        })
    }
}

/// Finds the handlers that an event of this name would run.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tink_webhooks_matching_handlers(
    hooks: *const Hooks,
    name: *const u8,
    name_len: usize,
    user_data: *mut *mut c_void,
    capacity: usize,
    count: *mut usize,
) -> u32 {
    // SAFETY: each is NULL, or valid as the header says.
    unsafe {
        guard_code(std::ptr::null_mut(), || {
            let name = str::from_utf8(pointers::bytes(name, name_len)?).map_err(|_| Failure::INVALID_ARGUMENT)?;
            let handlers = pointers::reference(hooks)?.registry().snapshot();
            if count.is_null() || (user_data.is_null() && capacity > 0) {
                return Err(Failure::NULL_ARGUMENT);
            }
            let mut matching = 0;
            for handler in handlers.matching(EventType::from_name(name), name) {
                if matching < capacity {
                    user_data.add(matching).write(handler.user_data());
                }
                matching += 1;
            }
            count.write(matching);
            Ok(())
        })
    }
}

/// `tink_webhooks_handlers`: each handler with the text of its key.
pub struct Listing(Vec<(Arc<str>, Arc<Callback<HandlerFn>>)>);

/// Lists what is registered now.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tink_webhooks_get_handlers(
    hooks: *const Hooks,
    out: *mut *mut Listing,
    err: *mut *mut ErrorObject,
) -> u32 {
    // SAFETY: each is NULL, or valid as the header says.
    unsafe {
        guard_code(err, || {
            let mut out = Out::new(out)?;
            let snapshot = pointers::reference(hooks)?.registry().snapshot();
            let groups = snapshot.groups().map(|(key, handlers)| (Arc::<str>::from(key.as_str()), handlers));
            let pairs = groups.flat_map(|(key, handlers)| {
                handlers.iter().map(move |handler| (Arc::clone(&key), Arc::clone(handler)))
            });
            out.give(Listing(pairs.collect()));
            Ok(())
        })
    }
}

/// How many handlers the listing holds.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tink_webhooks_handlers_count(handlers: *const Listing) -> usize {
    // SAFETY: NULL, or a live listing.
    unsafe { guard::ask(handlers, 0, |handlers| handlers.0.len()) }
}

/// One handler of a listing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tink_webhooks_handlers_get(
    handlers: *const Listing,
    index: usize,
    event_type: *mut Slice,
    handler: *mut Option<HandlerFn>,
    user_data: *mut *mut c_void,
) -> u32 {
    // SAFETY: each is NULL, or valid as the header says.
    unsafe {
        guard_code(std::ptr::null_mut(), || {
            let (key, callback) = pointers::reference(handlers)?.0.get(index).ok_or(Failure::INVALID_ARGUMENT)?;
            pointers::write(event_type, Slice::of(key));
            pointers::write(handler, Some(callback.function()));
            pointers::write(user_data, callback.user_data());
            Ok(())
        })
    }
}

/// Frees a listing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tink_webhooks_handlers_free(handlers: *mut Listing) {
    // SAFETY: NULL, or a listing that the caller owns.
    unsafe { guard::free(handlers) };
}
