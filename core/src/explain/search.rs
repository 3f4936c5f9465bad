//! What a search may cost, and the one place where a MAC is compared.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};

use sha256_multi::AT_ONCE;

use crate::explain::cause::Cause;
use crate::signature::check::begins_like_v1;
use crate::signature::hmac::{Key, digest, macs};

/// What one search may cost.
#[derive(Clone, Copy)]
pub(super) struct Bounds {
    /// Most MACs.
    pub(super) macs: u32,
    /// Most bytes that are hashed for them; and most bytes of candidates that are made.
    pub(super) bytes: u64,
}

/// Of every search but those of tests.
pub(super) const BOUNDS: Bounds = Bounds { macs: 50_000, bytes: 128 << 20 };

/// Bytes of the blocks that HMAC hashes beside the message.
const AROUND: u64 = 128;

/// Keys to try.
#[derive(Default)]
pub(super) struct Trials {
    keys: Vec<Key>,
    /// Of each key: which of the given secrets it was made from, and what was undone to get it.
    origins: Vec<(usize, Option<Cause>)>,
}

impl Trials {
    pub(super) fn add(&mut self, key: Key, index: usize, cause: Option<Cause>) {
        self.keys.push(key);
        self.origins.push((index, cause));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    pub(super) fn origin(&self, trial: usize) -> (usize, Option<Cause>) {
        self.origins.get(trial).copied().unwrap_or_default()
    }
}

/// What a header may have meant.
#[derive(Clone)]
pub(super) struct Claim {
    /// What is signed ahead of the body.
    pub(super) prefix: Vec<u8>,
    /// The MACs that it claims, decoded; never shown.
    pub(super) macs: Vec<[u8; 32]>,
    /// The time that it states, in unix seconds.
    pub(super) signed_at: Option<u64>,
    /// What was undone to get it.
    pub(super) cause: Option<Cause>,
}

/// A MAC that held: over which claim, under which key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Hit {
    pub(super) claim: usize,
    pub(super) trial: usize,
}

/// Counts what is spent, and stops at the bounds.
pub(super) struct Search {
    bounds: Bounds,
    pub(super) macs: u32,
    pub(super) hashed: u64,
    made: u32,
    made_bytes: u64,
    pub(super) exhausted: bool,
    seen: HashSet<u64>,
    hasher: RandomState,
}

impl Search {
    pub(super) fn new(bounds: Bounds) -> Self {
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
    pub(super) fn start_anew(&mut self) {
        self.seen.clear();
    }

    /// Whether another candidate of this size may be made.
    pub(super) fn may_make(&mut self, size: usize) -> bool {
        self.made = self.made.saturating_add(1);
        self.made_bytes = self.made_bytes.saturating_add(size as u64);
        // Those that turn out to be equal to earlier ones cost no MAC, and are made all the same.
        let few = self.made <= self.bounds.macs.saturating_mul(4);
        let allowed = !self.exhausted && few && self.made_bytes <= self.bounds.bytes;
        self.exhausted |= !allowed;
        allowed
    }

    /// Whether this body has not been tried yet.
    pub(super) fn is_new(&mut self, body: &[u8]) -> bool {
        self.may_make(body.len()) && self.seen.insert(self.hasher.hash_one(body))
    }

    /// Tries a body under every claim and every key, in their order. None also where the bounds forbid to try.
    pub(super) fn try_body(&mut self, claims: &[Claim], trials: &Trials, body: &[u8]) -> Option<Hit> {
        for (claim_index, claim) in claims.iter().enumerate() {
            // Such a message is one of scheme `v1`: a bare MAC over it proves nothing.
            if claim.prefix.is_empty() && begins_like_v1(body) {
                continue;
            }
            // Several keys at once, and not so many that a bound is passed unseen.
            for (chunk_index, keys) in trials.keys.chunks(AT_ONCE).enumerate() {
                let count = u32::try_from(keys.len()).unwrap_or(u32::MAX);
                let size = (claim.prefix.len() + body.len()) as u64 + AROUND;
                let hashed = size.saturating_mul(u64::from(count));
                if self.exhausted || self.macs + count > self.bounds.macs || self.hashed + hashed > self.bounds.bytes {
                    self.exhausted = true;
                    return None;
                }
                self.macs += count;
                self.hashed += hashed;
                let parts = [claim.prefix.as_slice(), body];
                let mut computed = macs(keys, |states| digest(states, parts));
                let held = computed.position(|mac| claim.macs.iter().any(|claimed| mac.equals(claimed)));
                if let Some(position) = held {
                    return Some(Hit { claim: claim_index, trial: chunk_index * AT_ONCE + position });
                }
            }
        }
        None
    }
}
