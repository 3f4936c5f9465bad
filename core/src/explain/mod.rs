//! Why a delivery does not verify. Behind the feature `explain`.
//!
//! A receiver that refuses every delivery says no more than "the signature does not match". [`explain`] undoes, one after
//! the other, what is known to happen to a body, a header or a secret on its way, computes the MAC again, and **reports
//! as the cause only what then verifies**. What cannot be undone (an empty body, one cut off, characters lost, another
//! secret) it names as likely.
//!
//! It is a tool for whoever looks for the fault, and not for the way of an answer: a search may take 50,000 MACs. What it
//! found is never a reason to accept a delivery. Neither secret nor MAC nor body is in its text.
//!
//! ```
//! use tink_webhooks::explain::{Cause, explain};
//! use tink_webhooks::{Scheme, generate_signature};
//!
//! let secret = "67abc1e08fb64c92b450a13e0876330b";
//! let signed = r#"{"event":"settlement-payout:updated","content":{"amount":23.00}}"#;
//! let header = generate_signature(signed, secret, Scheme::V1, None)?;
//!
//! // What a receiver has that parsed the body and wrote it again.
//! let received = r#"{"event":"settlement-payout:updated","content":{"amount":23}}"#;
//! let explanation = explain(received, &header, [secret], None);
//! assert_eq!(explanation.cause(), Cause::NumbersRewritten);
//! assert!(explanation.proved());
//! println!("{explanation}");
//! # Ok::<(), tink_webhooks::Error>(())
//! ```

mod body;
mod cause;
mod encodings;
mod header;
mod likely;
mod limit;
mod literals;
mod rewrite;
mod search;
mod secret;
mod unwrap;

use std::fmt;

pub use cause::Cause;
pub use limit::{Limit, in_production};

use crate::clock;
use crate::explain::search::{BOUNDS, Bounds, Claim, Search, Trials};
use crate::signature::hmac::Key;
use crate::signature::secret::{MIN_PROVING_BYTES, Secrets};
use crate::signature::{SignatureHeader, Tolerance};

/// Why a delivery does not verify, as far as it can be known.
///
/// [`Display`](fmt::Display) gives the text for people, of several lines. Neither it nor [`Debug`] shows a secret, a MAC
/// or a body.
#[derive(Clone, PartialEq, Eq)]
pub struct Explanation {
    causes: Vec<Cause>,
    proved: bool,
    age: Option<i64>,
    secret_index: Option<usize>,
    original_body: Option<Vec<u8>>,
    exhausted: bool,
    macs: u32,
    hashed_bytes: u64,
}

/// Says why a delivery does not verify, or that it does.
///
/// `signature` is the header's value, there or not, as for
/// [`handle_webhook`](crate::WebhookHandler::handle_webhook). `secrets` are taken as they are, also those that no
/// receiver would accept: empty, quoted, with a line break. `now` is in unix seconds, for a delivery that was recorded;
/// left out, it is the system's clock, and where there is none the time is not judged. The time window is the default one
/// of 300 seconds.
///
/// It never fails. One search computes at most 50,000 MACs and hashes at most 128 MiB for them, whatever it is given. A
/// secret of fewer than 16 bytes proves nothing.
///
/// # Examples
///
/// ```
/// use tink_webhooks::explain::{Cause, explain};
/// let explanation = explain("", "t=1700000000,v1=00", ["67abc1e08fb64c92b450a13e0876330b"], None);
/// assert_eq!(explanation.cause(), Cause::HeaderMalformed);
/// assert!(!explanation.proved());
/// ```
pub fn explain<S: AsRef<[u8]>>(
    body: impl AsRef<[u8]>,
    signature: impl SignatureHeader,
    secrets: impl IntoIterator<Item = S>,
    now: Option<i64>,
) -> Explanation {
    let secrets: Vec<S> = secrets.into_iter().collect();
    let secrets: Vec<&[u8]> = secrets.iter().map(AsRef::as_ref).collect();
    run(
        body.as_ref(),
        signature.header_value().as_deref().unwrap_or_default(),
        &Keys::of(&secrets),
        now.or_else(system_seconds),
        BOUNDS,
    )
}

/// Says why a receiver with these keys refuses a delivery. Of what secrets looked like before, nothing is known here.
pub(crate) fn explain_refusal(body: &[u8], header: &[u8], secrets: &Secrets, now: Option<i64>) -> Explanation {
    let mut keys = Keys::default();
    for (index, key) in secrets.keys().iter().enumerate() {
        let trials = if secrets.is_short(index) { &mut keys.short } else { &mut keys.given };
        trials.add(key.clone(), index, None);
    }
    run(body, header, &keys, now.or_else(system_seconds), BOUNDS)
}

fn system_seconds() -> Option<i64> {
    clock::now().ok().map(|millis| millis.div_euclid(1_000))
}

/// The keys of a search.
#[derive(Default)]
struct Keys {
    given: Trials,
    /// Those that prove nothing.
    short: Trials,
    /// What was made of the given ones.
    variants: Trials,
}

impl Keys {
    fn of(secrets: &[&[u8]]) -> Self {
        let mut keys = Self::default();
        for (index, secret) in secrets.iter().enumerate().filter(|(_, secret)| !secret.is_empty()) {
            let trials = if secret.len() < MIN_PROVING_BYTES { &mut keys.short } else { &mut keys.given };
            trials.add(Key::from_any_bytes(secret), index, None);
            secret::add_variants(secret, index, &mut keys.variants);
        }
        keys
    }
}

fn run(body: &[u8], header: &[u8], keys: &Keys, now: Option<i64>, bounds: Bounds) -> Explanation {
    let mut search = Search::new(bounds);
    let found = find(body, header, keys, now, &mut search);
    let mut explanation = found.unwrap_or_else(|| Explanation::likely(likely(body, header, keys)));
    explanation.exhausted = search.exhausted;
    (explanation.macs, explanation.hashed_bytes) = (search.macs, search.hashed);
    explanation
}

/// Searches from what is cheap to what is dear.
fn find(body: &[u8], header: &[u8], keys: &Keys, now: Option<i64>, search: &mut Search) -> Option<Explanation> {
    let claims = header::claims(header);
    let Keys { given, short, variants } = keys;
    // As it came. Under a short secret a receiver accepts it too, and nothing is proved.
    let as_it_stands = claims.first().filter(|claim| claim.cause.is_none()).map_or(&[][..], std::slice::from_ref);
    for (trials, proved) in [(given, true), (short, false)] {
        if let Some(hit) = search.try_body(as_it_stands, trials, body) {
            let (secret_index, _) = trials.origin(hit.trial);
            return Some(Explanation::of_a_match(as_it_stands.first()?, secret_index, proved, now));
        }
    }
    let proved =
        |claim: Option<&Claim>, origin: (usize, Option<Cause>), mut causes: Vec<Cause>, body: Option<Vec<u8>>| {
            causes.extend(claim.and_then(|claim| claim.cause));
            causes.extend(origin.1);
            Explanation {
                causes,
                proved: true,
                secret_index: Some(origin.0),
                original_body: body,
                ..Explanation::nothing()
            }
        };
    for trials in [given, variants] {
        if let Some(hit) = search.try_body(&claims, trials, body) {
            return Some(proved(claims.get(hit.claim), trials.origin(hit.trial), Vec::new(), None));
        }
    }
    let swapped = header::claims(body);
    if let Some(hit) = search.try_body(&swapped, given, header) {
        let (claim, origin) = (swapped.get(hit.claim), given.origin(hit.trial));
        return Some(proved(claim, origin, vec![Cause::ArgumentsSwapped], None));
    }
    // The body under the given secrets and the header as it stands, in every way; then with other changes, in few.
    let plain = if as_it_stands.is_empty() { &claims } else { as_it_stands };
    for (claims, trials, level) in [(plain, given, 2), (&claims, given, 1), (plain, variants, 1)] {
        search.start_anew();
        if let Some(found) = body::find(body, claims, trials, search, level) {
            let (claim, origin) = (claims.get(found.hit.claim), trials.origin(found.hit.trial));
            return Some(proved(claim, origin, found.causes, Some(found.body)));
        }
    }
    None
}

/// What is likely where nothing was proved.
fn likely(body: &[u8], header: &[u8], keys: &Keys) -> Cause {
    if header.trim_ascii().is_empty() {
        Cause::HeaderMissing
    } else if header::claims(header).is_empty() {
        Cause::HeaderMalformed
    } else if keys.given.is_empty() && keys.short.is_empty() {
        Cause::SecretMissing
    } else {
        match likely::of_body(body) {
            Cause::SecretOther if keys.given.is_empty() => Cause::SecretShort,
            cause => cause,
        }
    }
}

impl Explanation {
    /// Nothing is known yet.
    fn nothing() -> Self {
        Self {
            causes: Vec::new(),
            proved: false,
            age: None,
            secret_index: None,
            original_body: None,
            exhausted: false,
            macs: 0,
            hashed_bytes: 0,
        }
    }

    fn likely(cause: Cause) -> Self {
        Self { causes: vec![cause], ..Self::nothing() }
    }

    /// Of a delivery whose MAC holds: what the time window says.
    fn of_a_match(claim: &Claim, secret_index: usize, proved: bool, now: Option<i64>) -> Self {
        let age = |signed_at: u64| Some(now?.saturating_sub(i64::try_from(signed_at).unwrap_or(i64::MAX)));
        let fresh = |age: i64| Tolerance::default().seconds().is_some_and(|tolerance| age.unsigned_abs() <= tolerance);
        let found = claim.signed_at.and_then(age);
        let cause = match found {
            Some(seconds) if fresh(seconds) => Cause::Verifies,
            // Thirteen digits: no time in seconds before the year 33,000.
            Some(_) if claim.signed_at >= Some(1_000_000_000_000) => Cause::TimeInMilliseconds,
            Some(seconds) if seconds > 0 => Cause::TimestampTooOld,
            Some(_) => Cause::TimestampInFuture,
            None => Cause::Verifies,
        };
        let age = found.filter(|_| matches!(cause, Cause::TimestampTooOld | Cause::TimestampInFuture));
        Self { causes: vec![cause], proved, age, secret_index: Some(secret_index), ..Self::nothing() }
    }

    /// The cause: of several that had to be undone together, the first.
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::explain::{Cause, explain};
    /// let explanation = explain("{}", None::<&str>, ["67abc1e08fb64c92b450a13e0876330b"], None);
    /// assert_eq!(explanation.cause(), Cause::HeaderMissing);
    /// ```
    pub fn cause(&self) -> Cause {
        self.causes.first().copied().unwrap_or(Cause::SecretOther)
    }

    /// Everything that had to be undone together, the body's changes first: at least one.
    ///
    /// # Examples
    ///
    /// ```
    /// # use tink_webhooks::explain::explain;
    /// let explanation = explain("{}", None::<&str>, ["67abc1e08fb64c92b450a13e0876330b"], None);
    /// assert_eq!(explanation.causes(), [explanation.cause()]);
    /// ```
    pub fn causes(&self) -> &[Cause] {
        &self.causes
    }

    /// Whether a MAC proves the cause: with these changes undone, the delivery verifies under a secret of at least 16
    /// bytes. It proves what happened, and never where.
    ///
    /// # Examples
    ///
    /// ```
    /// # use tink_webhooks::explain::explain;
    /// assert!(!explain("{}", None::<&str>, ["67abc1e08fb64c92b450a13e0876330b"], None).proved());
    /// ```
    pub const fn proved(&self) -> bool {
        self.proved
    }

    /// Whether nothing is wrong: the delivery verifies as it is.
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::{Scheme, explain::explain, generate_signature};
    /// let secret = "67abc1e08fb64c92b450a13e0876330b";
    /// let header = generate_signature("{}", secret, Scheme::V1, None)?;
    /// assert!(explain("{}", &header, [secret], None).verifies());
    /// # Ok::<(), tink_webhooks::Error>(())
    /// ```
    pub fn verifies(&self) -> bool {
        self.cause() == Cause::Verifies
    }

    /// Where it usually happens, in one sentence. It is called `where` in other languages.
    ///
    /// # Examples
    ///
    /// ```
    /// # use tink_webhooks::explain::explain;
    /// let explanation = explain("{}", None::<&str>, ["67abc1e08fb64c92b450a13e0876330b"], None);
    /// assert!(explanation.place().starts_with("usually"));
    /// ```
    pub fn place(&self) -> &'static str {
        self.cause().place()
    }

    /// The line to change, for each framework on a line of its own.
    ///
    /// # Examples
    ///
    /// ```
    /// # use tink_webhooks::explain::explain;
    /// let explanation = explain("", "00", ["67abc1e08fb64c92b450a13e0876330b"], None);
    /// assert!(explanation.fix().contains("X-Tink-Signature"));
    /// ```
    pub fn fix(&self) -> String {
        self.cause().fix()
    }

    /// Which of the given secrets it is, counted from 0, also where it was given in another form. None where nothing was
    /// proved.
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::{Scheme, explain::explain, generate_signature};
    /// let secret = "67abc1e08fb64c92b450a13e0876330b";
    /// let header = generate_signature("{}", secret, Scheme::V1, None)?;
    /// let quoted = format!("\"{secret}\"");
    /// assert_eq!(explain("{}", &header, ["another", &quoted], None).secret_index(), Some(1));
    /// # Ok::<(), tink_webhooks::Error>(())
    /// ```
    pub const fn secret_index(&self) -> Option<usize> {
        self.secret_index
    }

    /// The body that was signed, where that is another than the one given: to show what differs. Like any body it does
    /// not belong into a log.
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::{Scheme, explain::explain, generate_signature};
    /// let secret = "67abc1e08fb64c92b450a13e0876330b";
    /// let header = generate_signature(r#"{"a":1}"#, secret, Scheme::V1, None)?;
    /// let explanation = explain(r#"{"a": 1}"#, &header, [secret], None);
    /// assert_eq!(explanation.original_body(), Some(&br#"{"a":1}"#[..]));
    /// # Ok::<(), tink_webhooks::Error>(())
    /// ```
    pub fn original_body(&self) -> Option<&[u8]> {
        self.original_body.as_deref()
    }

    /// How many MACs the search computed: at most 50,000.
    ///
    /// # Examples
    ///
    /// ```
    /// # use tink_webhooks::explain::explain;
    /// assert_eq!(explain("{}", None::<&str>, ["67abc1e08fb64c92b450a13e0876330b"], None).macs(), 0);
    /// ```
    pub const fn macs(&self) -> u32 {
        self.macs
    }

    /// How many bytes it hashed for them: at most 128 MiB.
    ///
    /// # Examples
    ///
    /// ```
    /// # use tink_webhooks::explain::explain;
    /// assert_eq!(explain("{}", None::<&str>, ["67abc1e08fb64c92b450a13e0876330b"], None).hashed_bytes(), 0);
    /// ```
    pub const fn hashed_bytes(&self) -> u64 {
        self.hashed_bytes
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let certainty = if self.proved { "proved" } else { "likely" };
        let certainty = if self.verifies() && !self.proved { "not proved" } else { certainty };
        write!(f, "{} ({certainty}): ", self.cause())?;
        for (index, cause) in self.causes.iter().enumerate() {
            write!(f, "{}{}", if index > 0 { "; and " } else { "" }, cause.what())?;
        }
        if let Some(age) = self.age {
            write!(f, ", {} seconds {}", age.unsigned_abs(), if age > 0 { "ago" } else { "ahead" })?;
        }
        if let Some(index) = self.secret_index {
            write!(f, "\n  secret: number {index} of those given, counted from 0")?;
            if !self.proved {
                f.write_str("; it has fewer than 16 bytes, so that anybody may have guessed it")?;
            }
        }
        for cause in &self.causes {
            write!(f, "\n  where: {}", cause.place())?;
        }
        let mut lines: Vec<&str> =
            self.causes.iter().flat_map(|cause| cause.fixes()).flat_map(|fix| fix.lines()).collect();
        let mut seen = Vec::new();
        lines.retain(|line| {
            !seen.contains(line) && {
                seen.push(*line);
                true
            }
        });
        for line in lines {
            write!(f, "\n  fix: {line}")?;
        }
        if self.exhausted && !self.proved {
            f.write_str(
                "\n  the search stopped at its bounds: with fewer secrets, or a smaller delivery, it goes further",
            )?;
        }
        Ok(())
    }
}

impl fmt::Debug for Explanation {
    /// Without the body.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Explanation")
            .field("causes", &self.causes)
            .field("proved", &self.proved)
            .field("secret_index", &self.secret_index)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The counters, under bounds that are soon reached, of searches that would go far beyond them.
    #[test]
    fn no_search_goes_beyond_its_bounds() {
        assert_eq!((BOUNDS.macs, BOUNDS.bytes), (50_000, 134_217_728));
        let secrets: Vec<String> = (0..40).map(|number| format!("{number:032}")).collect();
        let secrets: Vec<&[u8]> = secrets.iter().map(String::as_bytes).collect();
        let members: Vec<String> = (0..12).map(|at| format!(r#""k{at}":{at}.5"#)).collect();
        let numbers = format!(r#"{{"event":"a:b","content":{{{}}}}}"#, members.join(","));
        let large = format!(r#"{{"event":"a:b","content":{{"amount":1.5,"a":"{}"}}}}"#, "\u{e5}/< +".repeat(2_000));
        let layered = serde_json::to_string(&serde_json::to_string(&large).unwrap_or_default()).unwrap_or_default();
        let header = format!("t=1767225600,v1={}", "0".repeat(64));
        let (mut few, mut small) = (0, 0);
        for body in [&numbers, &large, &layered, &"[".repeat(9_000), &"null,".repeat(3_000), &"%2B&a=".repeat(500)] {
            for count in [1, 3, 40] {
                for bounds in [Bounds { macs: 300, bytes: 1 << 30 }, Bounds { macs: 1 << 30, bytes: 200_000 }] {
                    let found = run(body.as_bytes(), header.as_bytes(), &Keys::of(&secrets[..count]), Some(0), bounds);
                    assert!(found.macs <= bounds.macs && found.hashed_bytes <= bounds.bytes);
                    assert!(!found.proved && found.exhausted == found.to_string().contains("stopped at its bounds"));
                    few += u32::from(found.exhausted && found.macs > 290);
                    small += u32::from(found.exhausted && found.hashed_bytes > 150_000);
                }
            }
        }
        assert!(few > 3 && small > 3, "the bounds are reached: {few}, {small}");
    }
}
