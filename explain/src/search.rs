//! What a search may cost, and the one place where a MAC is compared.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};

use crate::cause::Cause;
use crate::{Core, Keys};

/// What one search may cost.
#[derive(Clone, Copy)]
pub struct Bounds {
    /// Most MACs.
    pub macs: u32,
    /// Most bytes that are hashed for them; and most bytes of candidates that are made.
    pub bytes: u64,
}

/// Of every search but those of tests.
pub const BOUNDS: Bounds = Bounds { macs: 50_000, bytes: 128 << 20 };

/// Keys that are tried before the bounds are looked at again.
const AT_ONCE: usize = 4;
/// Bytes of the blocks that HMAC hashes beside the message.
const AROUND: u64 = 128;

/// Keys to try.
pub(crate) struct Trials {
    keys: Box<dyn Keys>,
    /// Of each key: which of the given secrets it was made from, and what was undone to get it.
    origins: Vec<(usize, Option<Cause>)>,
}

impl Trials {
    pub(crate) fn new(core: &Core<'_>) -> Self {
        Self { keys: (core.keys)(), origins: Vec::new() }
    }

    /// Keys that are there, as they were given.
    pub(crate) fn of(keys: Box<dyn Keys>, indices: Vec<usize>) -> Self {
        Self { keys, origins: indices.into_iter().map(|index| (index, None)).collect() }
    }

    pub(crate) fn add(&mut self, secret: &[u8], index: usize, cause: Option<Cause>) {
        self.keys.add(secret);
        self.origins.push((index, cause));
    }

    pub(crate) fn len(&self) -> usize {
        self.origins.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.origins.is_empty()
    }

    pub(crate) fn origin(&self, trial: usize) -> (usize, Option<Cause>) {
        self.origins.get(trial).copied().unwrap_or_default()
    }
}

/// What a header claims, or may have claimed.
#[derive(Clone)]
pub struct Claim {
    /// What is signed ahead of the body.
    pub prefix: Vec<u8>,
    /// The MACs that it claims, decoded; never shown.
    pub macs: Vec<[u8; 32]>,
    /// The time that it states, in unix seconds.
    pub signed_at: Option<u64>,
    /// What was undone to get it; nothing for a header as it stands.
    pub cause: Option<Cause>,
}

/// A MAC that held: over which claim, under which key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Hit {
    pub(crate) claim: usize,
    pub(crate) trial: usize,
}

/// Counts what is spent, and stops at the bounds.
pub(crate) struct Search {
    bounds: Bounds,
    pub(crate) macs: u32,
    pub(crate) hashed: u64,
    made: u32,
    made_bytes: u64,
    pub(crate) exhausted: bool,
    seen: HashSet<u64>,
    hasher: RandomState,
}

impl Search {
    pub(crate) fn new(bounds: Bounds) -> Self {
        Self {
            bounds,
            macs: 0,
            hashed: 0,
            made: 0,
            made_bytes: 0,
            exhausted: false,
            seen: HashSet::new(),
            hasher: RandomState::new(),
        }
    }

    /// For other claims or keys: what was tried may be tried again. What was spent stays spent.
    pub(crate) fn start_anew(&mut self) {
        self.seen.clear();
    }

    /// How many bodies of a size there are in a part of the bytes that may be spent.
    pub(crate) fn share(&self, size: usize, part: u64) -> usize {
        usize::try_from(self.bounds.bytes / part / (size as u64 + 1)).unwrap_or(usize::MAX)
    }

    /// Whether so many MACs over a body of a size are a small part of what may be spent.
    pub(crate) fn affords(&self, size: usize, count: usize) -> bool {
        count <= self.share(size, 4) && count as u64 <= u64::from(self.bounds.macs / 4)
    }

    /// Whether another candidate of this size may be made.
    pub(crate) fn may_make(&mut self, size: usize) -> bool {
        self.made = self.made.saturating_add(1);
        self.made_bytes = self.made_bytes.saturating_add(size as u64);
        // Those that turn out to be equal to earlier ones cost no MAC, and are made all the same.
        let few = self.made <= self.bounds.macs.saturating_mul(4);
        let allowed = !self.exhausted && few && self.made_bytes <= self.bounds.bytes;
        self.exhausted |= !allowed;
        allowed
    }

    /// Whether this body has not been tried yet.
    pub(crate) fn is_new(&mut self, body: &[u8]) -> bool {
        self.may_make(body.len()) && self.seen.insert(self.hasher.hash_one(body))
    }

    /// Tries a body under every claim and every key, in their order. None also where the bounds forbid to try.
    pub(crate) fn try_body(&mut self, core: &Core<'_>, claims: &[Claim], trials: &Trials, body: &[u8]) -> Option<Hit> {
        for (claim_index, claim) in claims.iter().enumerate() {
            // Such a message is one of scheme `v1`: a bare MAC over it proves nothing.
            if claim.prefix.is_empty() && (core.begins_like_v1)(body) {
                continue;
            }
            // Several keys at once, and not so many that a bound is passed unseen.
            let total = trials.origins.len();
            for start in (0..total).step_by(AT_ONCE) {
                let end = total.min(start + AT_ONCE);
                let count = u32::try_from(end - start).unwrap_or(u32::MAX);
                let size = (claim.prefix.len() + body.len()) as u64 + AROUND;
                let hashed = size.saturating_mul(u64::from(count));
                if self.exhausted || self.macs + count > self.bounds.macs || self.hashed + hashed > self.bounds.bytes {
                    self.exhausted = true;
                    return None;
                }
                self.macs += count;
                self.hashed += hashed;
                if let Some(trial) = trials.keys.find(start..end, [&claim.prefix, body], &claim.macs) {
                    return Some(Hit { claim: claim_index, trial });
                }
            }
        }
        None
    }
}
