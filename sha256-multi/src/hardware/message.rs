//! How a message lies in blocks, behind a key's block: most of them where it is.

use crate::Block;

/// Bytes of a block.
const BLOCK: usize = 64;
/// Bytes of the message's length in bits, at the very end.
const LENGTH: usize = 8;
/// Bytes that are made up of a prefix and the beginning of a body in one register.
const WORD: usize = 16;

/// A short prefix, and a body of at least a block.
pub(crate) struct Message<'b> {
    /// The prefix, its first byte lowest, and how many bytes it has: fewer than a word.
    prefix: u128,
    prefix_length: usize,
    /// The body, all of it.
    body: &'b [u8],
    /// Its first word, and what fills the rest of the first block.
    begin: &'b [u8; WORD],
    filling: &'b [u8; BLOCK - WORD],
    /// Behind that the blocks, and how many bytes are left; and its last block, whose end these are.
    blocks: &'b [Block],
    left: usize,
    last: &'b Block,
}

/// Where the last one or two blocks are laid out: at first zeros.
pub(crate) type Space = [u8; 3 * BLOCK];

impl<'b> Message<'b> {
    /// None if the parts are not as long as that.
    #[inline]
    pub(crate) fn new([first, second, body]: [&'b [u8]; 3]) -> Option<Self> {
        let prefix_length = first.len() + second.len();
        if prefix_length >= WORD {
            return None;
        }
        let (blocks, left) = body.get(BLOCK - prefix_length..)?.as_chunks();
        Some(Self {
            prefix: packed(first) | packed(second) << (8 * first.len()),
            prefix_length,
            body,
            begin: body.first_chunk()?,
            filling: body.get(WORD - prefix_length..)?.first_chunk()?,
            blocks,
            left: left.len(),
            last: body.last_chunk()?,
        })
    }

    #[inline]
    pub(crate) fn first_block(&self) -> Block {
        let word = self.prefix | u128::from_le_bytes(*self.begin) << (8 * self.prefix_length);
        let mut block = [0; BLOCK];
        block[..WORD].copy_from_slice(&word.to_le_bytes());
        block[WORD..].copy_from_slice(self.filling);
        block
    }

    #[inline]
    pub(crate) const fn blocks(&self) -> &'b [Block] {
        self.blocks
    }

    /// The last one or two blocks: the bytes that are left, and SHA-256's padding.
    #[inline]
    pub(crate) fn ends<'s>(&self, space: &'s mut Space) -> &'s [Block] {
        // The copy is of a fixed size, and so no call.
        space[..BLOCK].copy_from_slice(self.last);
        space[BLOCK] = 0x80;
        let from = BLOCK - self.left;
        let to = from + if self.left + 1 + LENGTH <= BLOCK { BLOCK } else { 2 * BLOCK };
        let size = 8 * (BLOCK + self.prefix_length + self.body.len()) as u64;
        space[to - LENGTH..to].copy_from_slice(&size.to_be_bytes());
        space[from..to].as_chunks().0
    }
}

/// Fewer bytes than a word, the first one lowest.
#[inline]
fn packed(bytes: &[u8]) -> u128 {
    match (bytes.first_chunk(), bytes.last_chunk()) {
        // They overlap, and are the same there.
        (Some(first), Some(last)) => {
            let behind = 8 * (bytes.len() - 8);
            u128::from(u64::from_le_bytes(*first)) | u128::from(u64::from_le_bytes(*last)) << behind
        }
        _ => bytes.iter().rev().fold(0, |packed, &byte| packed << 8 | u128::from(byte)),
    }
}
