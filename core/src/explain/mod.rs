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

mod limit;

use std::fmt;
use std::ops::Range;

pub use limit::{ENVIRONMENTS, Limit, in_production, is_production};
pub use tink_webhooks_explain::Cause;
use tink_webhooks_explain::{BOUNDS, Bounds, Claim, Core, Found, Keys, Secrets as Trials};

use crate::clock;
use crate::payload::EventType;
use crate::signature::check::begins_like_v1;
use crate::signature::header::Header;
use crate::signature::hmac::{Key, digest, macs};
use crate::signature::secret::{Secrets, prepare};
use crate::signature::{SignatureHeader, Tolerance};

/// Why a delivery does not verify, as far as it can be known.
///
/// [`Display`](fmt::Display) gives the text for people, of several lines. Neither it nor [`Debug`] shows a secret, a MAC
/// or a body.
#[derive(Clone, PartialEq, Eq)]
pub struct Explanation {
    found: Found,
    age: Option<i64>,
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
    of_secrets(body.as_ref(), signature.header_value().as_deref().unwrap_or_default(), &secrets, now, BOUNDS)
}

fn of_secrets(body: &[u8], header: &[u8], secrets: &[&[u8]], now: Option<i64>, bounds: Bounds) -> Explanation {
    let found = tink_webhooks_explain::search(body, header, &Trials::of(secrets, &CORE), &CORE, bounds);
    Explanation::new(found, now)
}

/// Says why a receiver with these keys refuses a delivery. Of what secrets looked like before, nothing is known here.
pub(crate) fn explain_refusal(body: &[u8], header: &[u8], secrets: &Secrets, now: Option<i64>) -> Explanation {
    let which = |short: bool| {
        let indices: Vec<usize> = (0..secrets.keys().len()).filter(|&index| secrets.is_short(index) == short).collect();
        // With room for all: a list that grows leaves its keys behind in memory that is given back.
        let mut keys = Vec::with_capacity(indices.len());
        keys.extend(indices.iter().filter_map(|&index| secrets.keys().get(index)).cloned());
        (Box::new(Prepared(keys)) as Box<dyn Keys>, indices)
    };
    let trials = Trials::prepared(which(false), which(true), &CORE);
    Explanation::new(tink_webhooks_explain::search(body, header, &trials, &CORE, BOUNDS), now)
}

/// What the search asks of the rules of this crate.
const CORE: Core<'static> = Core {
    keys: &|| Box::new(Prepared(Vec::new())),
    header: &|value| Header::parse(Some(value)).ok().map(|header| claim(&header)),
    begins_like_v1: &begins_like_v1,
    example: &|name| match EventType::from_name(name) {
        EventType::Unknown => None,
        known => Some(known.example()),
    },
};

fn claim(header: &Header<'_>) -> Claim {
    let (signed_at, macs) = match header {
        Header::V1 { signed_at, candidates, .. } => (Some(*signed_at), candidates.iter().copied().collect()),
        Header::Bare(candidate) => (None, vec![*candidate]),
    };
    Claim { prefix: header.prefix().concat(), macs, signed_at, cause: None }
}

struct Prepared(Vec<Key>);

impl Keys for Prepared {
    fn add(&mut self, secret: &[u8]) {
        prepare(&mut self.0, secret);
    }

    fn find(&self, range: Range<usize>, parts: [&[u8]; 2], claimed: &[[u8; 32]]) -> Option<usize> {
        let mut computed = macs(self.0.get(range.clone())?, |states| digest(states, parts));
        let place = computed.position(|mac| claimed.iter().any(|claimed| mac.equals(claimed)))?;
        Some(range.start + place)
    }
}

impl Explanation {
    fn new(found: Found, now: Option<i64>) -> Self {
        let mut explanation = Self { found, age: None };
        if explanation.found.causes.is_empty() {
            explanation.judge(now.or_else(|| clock::now().ok().map(|millis| millis.div_euclid(1_000))));
        }
        explanation
    }

    /// Of a delivery whose MAC holds as it stands: what the time window says.
    fn judge(&mut self, now: Option<i64>) {
        let signed_at = self.found.signed_at;
        let age = signed_at.and_then(|t| Some(now?.saturating_sub(i64::try_from(t).unwrap_or(i64::MAX))));
        let tolerance = Tolerance::default().seconds().unwrap_or(u64::MAX);
        let cause = match age.filter(|age| age.unsigned_abs() > tolerance) {
            None => Cause::Verifies,
            // Thirteen digits: no time in seconds before the year 33,000.
            Some(_) if signed_at >= Some(1_000_000_000_000) => Cause::TimeInMilliseconds,
            Some(age) => {
                self.age = Some(age);
                if age > 0 { Cause::TimestampTooOld } else { Cause::TimestampInFuture }
            }
        };
        self.found.causes.push(cause);
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
        self.found.causes.first().copied().unwrap_or(Cause::SecretOther)
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
        &self.found.causes
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
        self.found.proved
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
        self.found.secret_index
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
        self.found.original_body.as_deref()
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
        self.found.macs
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
        self.found.hashed_bytes
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.found.text(self.age))
    }
}

impl fmt::Debug for Explanation {
    /// Without the body.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Explanation")
            .field("causes", &self.found.causes)
            .field("proved", &self.found.proved)
            .field("secret_index", &self.found.secret_index)
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
                    let found = of_secrets(body.as_bytes(), header.as_bytes(), &secrets[..count], Some(0), bounds);
                    assert!(found.macs() <= bounds.macs && found.hashed_bytes() <= bounds.bytes);
                    assert!(
                        !found.proved() && found.found.exhausted == found.to_string().contains("stopped at its bounds")
                    );
                    few += u32::from(found.found.exhausted && found.macs() > 290);
                    small += u32::from(found.found.exhausted && found.hashed_bytes() > 150_000);
                }
            }
        }
        assert!(few > 3 && small > 3, "the bounds are reached: {few}, {small}");
    }
}
