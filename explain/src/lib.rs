//! What happened to a delivery on its way, undone and tried: a part of `tink-webhooks`, whose feature `explain` is what
//! programs use. Compiled for size, which is why what is called from there is never inlined there; what is computed again and again, HMAC, is lent by it.

#![forbid(unsafe_code)]

mod body;
mod cause;
mod encodings;
mod header;
mod json;
mod likely;
mod literals;
mod rewrite;
mod search;
mod secret;
mod text;
mod unwrap;

use std::ops::Range;

pub use cause::Cause;
pub use search::{BOUNDS, Bounds, Claim};

use search::{Search, Trials};

/// Fewest bytes of a secret that proves what happened to a delivery: a shorter one can be guessed, and is in many an
/// environment.
pub const MIN_PROVING_BYTES: usize = 16;

/// Keys of HMAC-SHA256, prepared.
pub trait Keys {
    /// Prepares one more, of a secret of any bytes.
    fn add(&mut self, secret: &[u8]);

    /// The first key of a range under which the MAC over the parts, one after the other, is one of those that are
    /// claimed; compared in constant time.
    fn find(&self, range: Range<usize>, parts: [&[u8]; 2], claimed: &[[u8; 32]]) -> Option<usize>;
}

/// The rules that are written in `tink-webhooks`, and there alone.
pub struct Core<'a> {
    /// No keys yet.
    pub keys: &'a dyn Fn() -> Box<dyn Keys>,
    /// Reads a header by the grammar.
    pub header: &'a dyn Fn(&[u8]) -> Option<Claim>,
    /// Whether a body begins as a message of scheme `v1` does, over which no bare MAC counts.
    pub begins_like_v1: &'a dyn Fn(&[u8]) -> bool,
    /// The documented example of an event of this name.
    pub example: &'a dyn Fn(&str) -> Option<&'static str>,
}

/// The secrets of a search, prepared.
pub struct Secrets {
    given: Trials,
    /// Those that prove nothing.
    short: Trials,
    /// What was made of the given ones.
    variants: Trials,
}

impl Secrets {
    /// Of their bytes, which are not kept.
    #[inline(never)]
    pub fn of(secrets: &[&[u8]], core: &Core<'_>) -> Self {
        let mut keys = Self { given: Trials::new(core), short: Trials::new(core), variants: Trials::new(core) };
        for (index, secret) in secrets.iter().enumerate().filter(|(_, secret)| !secret.is_empty()) {
            let trials = if secret.len() < MIN_PROVING_BYTES { &mut keys.short } else { &mut keys.given };
            trials.add(secret, index, None);
            secret::add_variants(secret, index, &mut keys.variants);
        }
        keys
    }

    /// Of keys that were prepared before, each with its place among the secrets: long ones, and those that prove nothing.
    #[inline(never)]
    pub fn prepared(long: (Box<dyn Keys>, Vec<usize>), short: (Box<dyn Keys>, Vec<usize>), core: &Core<'_>) -> Self {
        Self { given: Trials::of(long.0, long.1), short: Trials::of(short.0, short.1), variants: Trials::new(core) }
    }
}

/// What a search has found.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Found {
    /// What had to be undone together, the body's changes first; empty where the MAC holds as it stands.
    pub causes: Vec<Cause>,
    /// Whether a MAC proves it.
    pub proved: bool,
    /// The time that the header states, where the MAC holds as it stands.
    pub signed_at: Option<u64>,
    /// Which secret it is.
    pub secret_index: Option<usize>,
    /// The body that was signed, where it is another.
    pub original_body: Option<Vec<u8>>,
    /// Whether the search stopped at its bounds.
    pub exhausted: bool,
    /// How many MACs it computed.
    pub macs: u32,
    /// How many bytes it hashed for them.
    pub hashed_bytes: u64,
}

/// Searches from what is cheap to what is dear. Where nothing holds, the cause is what is likely.
#[inline(never)]
pub fn search(body: &[u8], header: &[u8], secrets: &Secrets, core: &Core<'_>, bounds: Bounds) -> Found {
    let mut search = Search::new(bounds);
    let claims = header::claims(header, core);
    let found = find(body, header, &claims, secrets, core, &mut search);
    let mut found = found.unwrap_or_else(|| {
        let none = secrets.given.is_empty() && secrets.short.is_empty();
        let cause = if header.trim_ascii().is_empty() {
            Cause::HeaderMissing
        } else if claims.is_empty() {
            Cause::HeaderMalformed
        } else if none {
            Cause::SecretMissing
        } else {
            match likely::of_body(body) {
                Cause::SecretOther if secrets.given.is_empty() => Cause::SecretShort,
                cause => cause,
            }
        };
        Found { causes: vec![cause], ..Found::default() }
    });
    found.exhausted = search.exhausted;
    (found.macs, found.hashed_bytes) = (search.macs, search.hashed);
    found
}

fn find(
    body: &[u8],
    header: &[u8],
    claims: &[Claim],
    secrets: &Secrets,
    core: &Core<'_>,
    search: &mut Search,
) -> Option<Found> {
    let Secrets { given, short, variants } = secrets;
    // As it came. Under a short secret a receiver accepts it too, and nothing is proved.
    let as_it_stands = claims.first().filter(|claim| claim.cause.is_none()).map_or(&[][..], std::slice::from_ref);
    for (trials, proved) in [(given, true), (short, false)] {
        if let Some(hit) = search.try_body(core, as_it_stands, trials, body) {
            let secret_index = Some(trials.origin(hit.trial).0);
            let signed_at = as_it_stands.first().and_then(|claim| claim.signed_at);
            return Some(Found { proved, signed_at, secret_index, ..Found::default() });
        }
    }
    let proved =
        |claim: Option<&Claim>, origin: (usize, Option<Cause>), mut causes: Vec<Cause>, body: Option<Vec<u8>>| {
            causes.extend(claim.and_then(|claim| claim.cause));
            causes.extend(origin.1);
            Found { causes, proved: true, secret_index: Some(origin.0), original_body: body, ..Found::default() }
        };
    let plain = if as_it_stands.is_empty() { claims } else { as_it_stands };
    for trials in [given, variants] {
        // Of a large body not every combination: what is left is needed for the ways to write it.
        let affordable =
            [claims, plain].into_iter().find(|claims| search.affords(body.len(), claims.len() * trials.len()));
        let claims = affordable.unwrap_or_default();
        if let Some(hit) = search.try_body(core, claims, trials, body) {
            return Some(proved(claims.get(hit.claim), trials.origin(hit.trial), Vec::new(), None));
        }
    }
    let swapped = header::claims(body, core);
    if let Some(hit) = search.try_body(core, &swapped, given, header) {
        return Some(proved(swapped.get(hit.claim), given.origin(hit.trial), vec![Cause::ArgumentsSwapped], None));
    }
    // The body under the given secrets and the header as it stands, in every way; then with other changes, in few.
    for (claims, trials, level) in [(plain, given, 2), (claims, given, 1), (plain, variants, 1)] {
        search.start_anew();
        if let Some(found) = body::find(body, core, claims, trials, search, level) {
            let (claim, origin) = (claims.get(found.hit.claim), trials.origin(found.hit.trial));
            return Some(proved(claim, origin, found.causes, Some(found.body)));
        }
    }
    None
}
