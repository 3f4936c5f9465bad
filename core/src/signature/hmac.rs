//! HMAC-SHA256 (RFC 2104) whose key is prepared once: what surrounds the compressions, which are those of `sha2`.
//!
//! At the size of a webhook the general-purpose `hmac` crate spends a quarter of its time around the compressions, in
//! cloning and wiping two whole hashers. It is what this is tested against.

use ctutils::CtEq;
use sha2::block_api::compress256;
use sha256_multi::{AT_ONCE, compress, hmac};
use zeroize::{Zeroize, Zeroizing};

/// SHA-256's chaining value.
pub(crate) type State = [u32; 8];
type Block = [u8; BLOCK];

/// Bytes of a block.
const BLOCK: usize = 64;
/// Bytes of the message's length in bits, at the very end of what is compressed.
const LENGTH: usize = 8;
/// Up to so many bytes a message and its padding are laid out at once, and compressed in one call: that gains a
/// twentieth of a small event's `verify`, and nothing from 1 KB on.
const SMALL: usize = 8 * BLOCK;
/// SHA-256's initial chaining value (FIPS 180-4, 5.3.3).
const INITIAL: State =
    [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];

/// A secret as HMAC uses it: the chaining values after the key's block of the inner and of the outer hash. The secret's
/// own bytes are not kept, and these are wiped when they are dropped.
#[derive(Clone)]
pub(crate) struct Key {
    inner: State,
    outer: State,
}

impl Key {
    /// Prepares a key of any length, also one that is no usable secret.
    pub(crate) fn from_any_bytes(key: &[u8]) -> Self {
        let mut block = Zeroizing::new([0; BLOCK]);
        if key.len() > BLOCK {
            let mut state = Zeroizing::new([INITIAL]);
            let mut pending = Pending::behind(0);
            pending.update(&mut *state, key);
            pending.finish(&mut *state);
            block[..32].copy_from_slice(&*Zeroizing::new(to_bytes(state[0])));
            pending.block.zeroize();
        } else {
            block[..key.len()].copy_from_slice(key);
        }
        let after = |pad: u8| {
            let padded = Zeroizing::new(block.map(|byte| byte ^ pad));
            let mut state = INITIAL;
            compress256(&mut state, std::slice::from_ref(&*padded));
            state
        };
        Self { inner: after(0x36), outer: after(0x5c) }
    }

    /// The MAC over the parts, one after the other.
    #[inline]
    pub(crate) fn mac<const N: usize>(&self, parts: [&[u8]; N]) -> Mac {
        self.mac_of(|states| digest(states, parts))
    }

    /// The MAC over a body behind its prefix, by a processor that has a shorter way to it.
    #[inline]
    pub(crate) fn mac_at_once(&self, [first, second]: [&[u8]; 2], body: &[u8]) -> Option<Mac> {
        hmac(&self.inner, &self.outer, [first, second, body]).map(Mac::of)
    }

    /// The MAC over a message that `hash` takes the chaining value over.
    #[inline]
    pub(crate) fn mac_of(&self, hash: impl Fn(&mut [State])) -> Mac {
        let mut inner = [self.inner];
        hash(&mut inner);
        Mac::new(self.outer, inner[0])
    }

    /// The MAC that `mac` writes; it gets the inner and the outer chaining value.
    #[inline]
    pub(crate) fn mac_elsewhere(&self, mac: impl FnOnce(&mut [u64; 4], [&State; 2])) -> Mac {
        let mut made = Mac([0; 4]);
        mac(&mut made.0, [&self.inner, &self.outer]);
        made
    }
}

/// The MACs under several keys, in their order. `hash` takes chaining values over the message, and then they are its
/// digests: those of up to [`AT_ONCE`] keys together, which takes little longer than one.
#[inline]
pub(crate) fn macs<'k>(keys: &'k [Key], hash: impl Fn(&mut [State]) + 'k) -> impl Iterator<Item = Mac> + 'k {
    keys.chunks(AT_ONCE).flat_map(move |keys| {
        let mut inner = [State::default(); AT_ONCE];
        for (state, key) in inner.iter_mut().zip(keys) {
            *state = key.inner;
        }
        hash(&mut inner[..keys.len()]);
        keys.iter().zip(inner).map(|(key, digest)| Mac::new(key.outer, digest))
    })
}

/// The MACs over what has come so far, under several keys. Their chaining values are wiped when they are dropped.
pub(crate) struct RunningMacs {
    /// Of the inner and of the outer hash, for each key in its order.
    inner: Vec<State>,
    outer: Vec<State>,
    pending: Pending,
}

impl RunningMacs {
    /// Over nothing yet.
    pub(crate) fn begin(keys: &[Key]) -> Self {
        // From place to place: a value that a function returns stays behind on the stack, which nobody wipes.
        let chaining = |value: fn(&Key) -> &State| {
            let mut values = Vec::with_capacity(keys.len());
            for key in keys {
                values.extend_from_slice(std::slice::from_ref(value(key)));
            }
            values
        };
        Self {
            inner: chaining(|key| &key.inner),
            outer: chaining(|key| &key.outer),
            pending: Pending::behind(BLOCK as u64),
        }
    }

    pub(crate) fn update(&mut self, part: &[u8]) {
        self.pending.update(&mut self.inner, part);
    }

    /// The MACs, in the order of the keys. In place: what is moved leaves behind a copy that is not wiped, and who has an
    /// unfinished MAC can sign.
    pub(crate) fn finish(&mut self) -> impl Iterator<Item = Mac> {
        self.pending.finish(&mut self.inner);
        self.outer.iter().zip(&self.inner).map(|(outer, digest)| Mac::new(*outer, *digest))
    }

    /// Forgets every key: nothing can be proven any more.
    pub(crate) fn clear(&mut self) {
        for values in [&mut self.inner, &mut self.outer] {
            values.zeroize();
        }
    }
}

/// Takes chaining values behind a key's block over the parts, one after the other: then they are digests.
#[inline]
pub(crate) fn digest<const N: usize>(states: &mut [State], parts: [&[u8]; N]) {
    let size = parts.iter().fold(0, |size, part| size + part.len());
    if size < SMALL - LENGTH {
        let mut message = [0; SMALL];
        let mut filled = 0;
        for part in parts {
            message[filled..filled + part.len()].copy_from_slice(part);
            filled += part.len();
        }
        compress(states, pad(&mut message, filled, (BLOCK + size) as u64));
    } else {
        digest_pieces(states, parts);
    }
}

/// The same for any number of parts.
#[inline]
pub(crate) fn digest_pieces<'p>(states: &mut [State], parts: impl IntoIterator<Item = &'p [u8]>) {
    let mut pending = Pending::behind(BLOCK as u64);
    for part in parts {
        pending.update(states, part);
    }
    pending.finish(states);
}

/// What of an unfinished message has not been compressed, whatever the chaining values. It is not wiped: messages are no
/// secrets.
struct Pending {
    /// What has come and fills no block: its first `filled` bytes, which are fewer than 64.
    block: Block,
    filled: usize,
    /// Bytes so far: in pieces more may come than fit in memory.
    size: u64,
}

impl Pending {
    /// Goes on behind `size` bytes, whole blocks.
    #[inline]
    const fn behind(size: u64) -> Self {
        Self { block: [0; BLOCK], filled: 0, size }
    }

    #[inline]
    fn update(&mut self, states: &mut [State], mut part: &[u8]) {
        self.size += part.len() as u64;
        if self.filled > 0 {
            let (now, later) = part.split_at(part.len().min(BLOCK - self.filled));
            self.block[self.filled..self.filled + now.len()].copy_from_slice(now);
            self.filled += now.len();
            if self.filled < BLOCK {
                return;
            }
            compress(states, std::slice::from_ref(&self.block));
            part = later;
        }
        let (blocks, rest) = part.as_chunks();
        if !blocks.is_empty() {
            compress(states, blocks);
        }
        self.block[..rest.len()].copy_from_slice(rest);
        self.filled = rest.len();
    }

    /// Makes digests of the chaining values.
    #[inline]
    fn finish(&mut self, states: &mut [State]) {
        let mut last = [0; 2 * BLOCK];
        last[..self.filled].copy_from_slice(&self.block[..self.filled]);
        compress(states, pad(&mut last, self.filled, self.size));
    }
}

/// The blocks of a message, or of its end, that fills the beginning of `zeros`: with the padding that SHA-256 puts behind
/// it, a bit that is set and the whole message's `size` in bits.
#[inline]
fn pad(zeros: &mut [u8], filled: usize, size: u64) -> &[Block] {
    let blocks = (filled + 1 + LENGTH).div_ceil(BLOCK);
    zeros[filled] = 0x80;
    zeros[blocks * BLOCK - LENGTH..blocks * BLOCK].copy_from_slice(&(8 * size).to_be_bytes());
    &zeros.as_chunks().0[..blocks]
}

/// A finished MAC: its bytes, eight to a word as they stand in memory, so that few steps compare and wipe it. It can be
/// compared only in a time that does not depend on what differs.
pub(crate) struct Mac([u64; 4]);

impl Mac {
    /// The outer hash, over the digest of the inner one.
    #[inline]
    fn new(mut outer: State, inner: State) -> Self {
        let mut block = [0; BLOCK];
        block[..32].copy_from_slice(&to_bytes(inner));
        compress(std::slice::from_mut(&mut outer), pad(&mut block, 32, BLOCK as u64 + 32));
        let made = Self::of(outer);
        outer.zeroize();
        made
    }

    /// The MAC that is this chaining value.
    #[inline]
    fn of(state: State) -> Self {
        Self(words(&to_bytes(state)))
    }

    /// Whether this is the MAC that was claimed. All that differs is gathered before any of it is looked at.
    #[inline]
    pub(crate) fn equals(&self, claimed: &[u8; 32]) -> bool {
        let differing = self.0.iter().zip(words(claimed)).fold(0, |all, (one, other)| all | (one ^ other));
        differing.ct_eq(&0).to_bool()
    }

    /// For who makes a signature.
    pub(crate) fn to_bytes(&self) -> [u8; 32] {
        let mut bytes = [0; 32];
        for (bytes, word) in bytes.as_chunks_mut().0.iter_mut().zip(self.0) {
            *bytes = word.to_ne_bytes();
        }
        bytes
    }
}

#[inline]
fn words(bytes: &[u8; 32]) -> [u64; 4] {
    let mut words = [0; 4];
    for (word, bytes) in words.iter_mut().zip(bytes.as_chunks().0) {
        *word = u64::from_ne_bytes(*bytes);
    }
    words
}

impl Drop for Key {
    fn drop(&mut self) {
        self.inner.zeroize();
        self.outer.zeroize();
    }
}

impl Drop for RunningMacs {
    fn drop(&mut self) {
        self.clear();
    }
}

impl Drop for Mac {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

#[inline]
fn to_bytes(state: State) -> [u8; 32] {
    let mut bytes = [0; 32];
    for (bytes, word) in bytes.as_chunks_mut().0.iter_mut().zip(state) {
        *bytes = word.to_be_bytes();
    }
    bytes
}

#[cfg(test)]
mod properties {
    use hmac::{KeyInit, Mac as _};
    use proptest::prelude::*;

    use super::*;

    fn of_the_hmac_crate(key: &[u8], message: &[u8]) -> [u8; 32] {
        let mut mac = hmac::Hmac::<sha2::Sha256>::new_from_slice(key).expect("a key of any length");
        mac.update(message);
        mac.finalize().into_bytes().into()
    }

    /// Under Miri, which interprets, few must do.
    const KEYS: usize = if cfg!(miri) { 2 } else { 9 };
    const BYTES: usize = if cfg!(miri) { 130 } else { 700 };

    /// Lengths around the edges of blocks and of the padding, and any others.
    fn bytes() -> impl Strategy<Value = Vec<u8>> {
        let edges = prop::sample::select(vec![
            0_usize, 1, 31, 32, 54, 55, 56, 57, 63, 64, 65, 119, 120, 127, 128, 129, 503, 504, 505,
        ]);
        prop_oneof![edges.prop_filter("too long", |size| *size <= BYTES), 0..BYTES]
            .prop_flat_map(|size| prop::collection::vec(any::<u8>(), size))
    }

    proptest! {
        #[test]
        fn agrees_with_the_hmac_crate(key in bytes(), parts in [bytes(), bytes(), bytes()]) {
            let expected = of_the_hmac_crate(&key, &parts.concat());
            let key = Key::from_any_bytes(&key);
            prop_assert_eq!(key.mac(parts.each_ref().map(Vec::as_slice)).to_bytes(), expected);
            let pieces = || parts.iter().map(Vec::as_slice);
            prop_assert_eq!(key.mac_of(|states| digest_pieces(states, pieces())).to_bytes(), expected);
        }

        #[test]
        fn several_keys_are_as_one_by_one(keys in prop::collection::vec(bytes(), 0..=KEYS), parts in [bytes(), bytes()]) {
            let expected: Vec<_> = keys.iter().map(|key| of_the_hmac_crate(key, &parts.concat())).collect();
            let keys: Vec<_> = keys.iter().map(|key| Key::from_any_bytes(key)).collect();
            let found: Vec<_> = macs(&keys, |states| digest(states, parts.each_ref().map(Vec::as_slice)))
                .map(|mac| mac.to_bytes())
                .collect();
            prop_assert_eq!(&found, &expected);
            let mut running = RunningMacs::begin(&keys);
            for part in &parts {
                running.update(part);
            }
            let found: Vec<_> = running.finish().map(|mac| mac.to_bytes()).collect();
            prop_assert_eq!(&found, &expected);
        }

        #[test]
        fn only_equal_macs_are_equal(message in bytes(), at in 0..32_usize, flip in 1..=u8::MAX) {
            let mac = Key::from_any_bytes(b"key").mac([&message]);
            let mut claimed = mac.to_bytes();
            prop_assert!(mac.equals(&claimed));
            claimed[at] ^= flip;
            prop_assert!(!mac.equals(&claimed));
        }
    }
}
