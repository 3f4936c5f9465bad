//! What some processors have. Each module asks its processor first, and does nothing on one that lacks it.

#[cfg(all(target_arch = "aarch64", target_endian = "little"))]
mod aarch64;
#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
mod avx2;
#[cfg(all(target_family = "wasm", feature = "host"))]
pub(crate) mod host;
#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
mod message;
#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
pub(crate) mod sha_ni;
#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
mod vectors;

use crate::{Block, State};

/// One of the ways; false if the processor lacks what it needs, and then nothing was done.
pub(crate) type Way<const N: usize> = fn(&mut [State; N], &[Block]) -> bool;

/// The ways of this architecture by their names, the fastest first.
pub(crate) const fn ways<const N: usize>() -> &'static [(&'static str, Way<N>)] {
    #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
    return &[("SHA-NI", sha_ni::compress), ("AVX2", avx2::compress)];
    #[cfg(all(target_arch = "aarch64", target_endian = "little"))]
    return &[("SHA2", aarch64::compress)];
    #[cfg(all(target_family = "wasm", feature = "host"))]
    return &[("host", host::compress)];
    #[allow(unreachable_code, reason = "on the other architectures")]
    &[]
}

/// By the fastest way that this processor has; false if it has none.
pub(crate) fn compress<const N: usize>(states: &mut [State; N], blocks: &[Block]) -> bool {
    ways().iter().any(|(_, way)| way(states, blocks))
}

/// An HMAC in one go, by a processor that has a shorter way to it: see [`crate::hmac`].
#[inline]
pub(crate) fn hmac(inner: &State, outer: &State, parts: [&[u8]; 3]) -> Option<State> {
    #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
    return message::Message::new(parts).and_then(|message| sha_ni::hmac(inner, outer, &message));
    #[allow(unreachable_code, reason = "on the other architectures")]
    {
        let _ = (inner, outer, parts);
        None
    }
}
