//! Every way is compared with `sha2`, and with a known answer.

use proptest::prelude::*;
use sha2::block_api::compress256;

use crate::{Block, State, portable};

/// FIPS 180-4, 5.3.3: the chaining value that SHA-256 begins with.
const INITIAL: State =
    [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];

fn one_by_one(states: &[State], blocks: &[Block]) -> Vec<State> {
    let mut states = states.to_vec();
    for state in &mut states {
        compress256(state, blocks);
    }
    states
}

/// What each way that this processor has makes of the states, by its name.
fn by_every_way<const N: usize>(states: [State; N], blocks: &[Block]) -> Vec<(&'static str, [State; N])> {
    let mut found = vec![("portable", states)];
    portable::compress(&mut found[0].1, blocks);
    #[cfg(not(any(miri, sha2_backend = "soft", sha2_256_backend = "soft")))]
    for (name, way) in crate::hardware::ways() {
        let mut states = states;
        if way(&mut states, blocks) {
            found.push((name, states));
        }
    }
    found
}

/// "abc" and its padding; its digest is an example of FIPS 180-4.
#[test]
fn a_known_answer() {
    let mut block = [0; 64];
    block[..4].copy_from_slice(b"abc\x80");
    block[63] = 24;
    let digest: State =
        [0xba78_16bf, 0x8f01_cfea, 0x4141_40de, 0x5dae_2223, 0xb003_61a3, 0x9617_7a9c, 0xb410_ff61, 0xf200_15ad];
    for count in 1..=9 {
        let mut states = vec![INITIAL; count];
        crate::compress(&mut states, &[block]);
        assert_eq!(states, vec![digest; count]);
    }
    for (way, states) in by_every_way([INITIAL; 2], &[block]) {
        assert_eq!(states, [digest; 2], "{way}");
    }
}

/// With every length around the edges of words and blocks.
#[test]
fn an_hmac_of_every_length() {
    let (inner, outer) = (INITIAL, INITIAL.map(u32::reverse_bits));
    let bytes: Vec<u8> = (0..=u8::MAX).collect();
    for prefix in 0..16 {
        for first in [0, prefix / 2, prefix] {
            for length in 64..if cfg!(miri) { 66 } else { 200 } {
                let parts = [&bytes[..first], &bytes[first..prefix], &bytes[prefix..prefix + length]];
                let expected = hmac_by_hand(inner, outer, &bytes[..prefix + length]);
                assert!(crate::hmac(&inner, &outer, parts).is_none_or(|found| found == expected), "{prefix} {length}");
            }
        }
    }
}

#[test]
fn nothing_of_nothing() {
    crate::compress(&mut [], &[[0; 64]]);
    let mut states = [INITIAL; 3];
    crate::compress(&mut states, &[]);
    assert_eq!(states, [INITIAL; 3]);
}

/// HMAC as RFC 2104 and FIPS 180-4 have it, from the chaining values behind the key's blocks.
fn hmac_by_hand(inner: State, outer: State, message: &[u8]) -> State {
    let digest = |mut state: State, message: &[u8]| {
        let mut padded = message.to_vec();
        padded.push(0x80);
        padded.resize((padded.len() + 8).next_multiple_of(64) - 8, 0);
        padded.extend((8 * (64 + message.len() as u64)).to_be_bytes());
        compress256(&mut state, padded.as_chunks().0);
        state
    };
    let inner = digest(inner, message);
    digest(outer, inner.map(u32::to_be_bytes).as_flattened())
}

/// Miri is slow, and knows no SHA extensions.
const BLOCKS: usize = if cfg!(miri) { 2 } else { 20 };

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: if cfg!(miri) { 4 } else { 256 }, ..ProptestConfig::default() })]

    #[test]
    fn as_one_by_one(
        states in prop::collection::vec(any::<State>(), 0..=9),
        blocks in prop::collection::vec(any::<Block>(), 0..=BLOCKS),
    ) {
        let expected = one_by_one(&states, &blocks);
        let mut together = states.clone();
        crate::compress(&mut together, &blocks);
        prop_assert_eq!(together, expected);
    }

    /// Every length that the parts may have, and those next to them.
    #[test]
    fn hmac_is_right_or_left_out(
        keys in any::<[State; 2]>(),
        first in prop::collection::vec(any::<u8>(), 0..=18),
        second in prop::collection::vec(any::<u8>(), 0..=3),
        body in prop::collection::vec(any::<u8>(), 0..=64 * BLOCKS),
    ) {
        let [inner, outer] = keys;
        let found = crate::hmac(&inner, &outer, [&first, &second, &body]);
        let expected = hmac_by_hand(inner, outer, &[&first[..], &second, &body].concat());
        prop_assert!(found.is_none_or(|found| found == expected));
        let has_way = crate::hmac(&inner, &outer, [b"", b"", &[0; 64]]).is_some();
        prop_assert_eq!(found.is_some(), has_way && first.len() + second.len() < 16 && body.len() >= 64);
    }

    #[test]
    fn every_way_is_right(
        states in any::<[State; 4]>(),
        blocks in prop::collection::vec(any::<Block>(), 0..=BLOCKS),
    ) {
        let expected = one_by_one(&states, &blocks);
        for (way, found) in by_every_way(states, &blocks) {
            prop_assert_eq!(&found[..], &expected[..], "{}", way);
        }
        let [first, second, third, _] = states;
        for (way, found) in by_every_way([first, second], &blocks) {
            prop_assert_eq!(&found[..], &expected[..2], "{}", way);
        }
        for (way, found) in by_every_way([first, second, third], &blocks) {
            prop_assert_eq!(&found[..], &expected[..3], "{}", way);
        }
    }
}
