//! For every processor, and the judge of what is for some only.

use crate::{Block, ROUND_CONSTANTS, State};

pub(crate) fn compress<const N: usize>(states: &mut [State; N], blocks: &[Block]) {
    for block in blocks {
        let schedule = schedule(block);
        for state in &mut *states {
            rounds(state, &schedule);
        }
    }
}

/// The message schedule, with each round's constant added.
fn schedule(block: &Block) -> [u32; 64] {
    let mut words = [0_u32; 64];
    for (word, bytes) in words.iter_mut().zip(block.as_chunks().0) {
        *word = u32::from_be_bytes(*bytes);
    }
    for at in 16..64 {
        let (early, late) = (words[at - 15], words[at - 2]);
        let early = early.rotate_right(7) ^ early.rotate_right(18) ^ early >> 3;
        let late = late.rotate_right(17) ^ late.rotate_right(19) ^ late >> 10;
        words[at] = words[at - 16].wrapping_add(early).wrapping_add(words[at - 7]).wrapping_add(late);
    }
    for (word, constant) in words.iter_mut().zip(ROUND_CONSTANTS.as_flattened()) {
        *word = word.wrapping_add(*constant);
    }
    words
}

fn rounds(state: &mut State, schedule: &[u32; 64]) {
    let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = *state;
    for word in schedule {
        let choice = g ^ e & (f ^ g);
        let majority = a & b ^ c & (a ^ b);
        let one = e.rotate_right(6) ^ e.rotate_right(11) ^ e.rotate_right(25);
        let one = h.wrapping_add(*word).wrapping_add(one).wrapping_add(choice);
        let two = a.rotate_right(2) ^ a.rotate_right(13) ^ a.rotate_right(22);
        (h, g, f, e) = (g, f, e, d.wrapping_add(one));
        (d, c, b, a) = (c, b, a, one.wrapping_add(two).wrapping_add(majority));
    }
    for (word, more) in state.iter_mut().zip([a, b, c, d, e, f, g, h]) {
        *word = word.wrapping_add(more);
    }
}
