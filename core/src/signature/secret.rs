//! Secrets: which are usable, and that nothing of them stays behind.

use std::fmt;

use zeroize::{Zeroize, Zeroizing};

use crate::error::{Error, Reason};
use crate::signature::hmac::Key;

/// The secrets in force, in the order they were given: at least one.
pub(crate) struct Secrets {
    keys: Vec<Key>,
    /// Which of them are too short to prove what happened to a delivery.
    #[cfg(feature = "explain")]
    short: Vec<bool>,
    /// What is likely to be wrong with them. It holds nothing of them.
    warnings: Vec<&'static str>,
}

impl Secrets {
    /// One secret. An empty one means that nothing was configured.
    pub(crate) fn one(secret: &[u8]) -> Result<Self, Error> {
        if secret.is_empty() {
            return Err(Error::new(Reason::SecretNotConfigured));
        }
        Self::several([secret])
    }

    /// Several secrets. No secret at all means that nothing was configured; an empty one among them is a mistake.
    pub(crate) fn several<S: AsRef<[u8]>>(secrets: impl IntoIterator<Item = S>) -> Result<Self, Error> {
        let (mut keys, mut warnings) = (Vec::new(), Vec::new());
        #[cfg(feature = "explain")]
        let mut short = Vec::new();
        for secret in secrets {
            add(&mut keys, secret.as_ref())?;
            #[cfg(feature = "explain")]
            short.push(secret.as_ref().len() < tink_webhooks_explain::MIN_PROVING_BYTES);
            warnings.extend(doubt(secret.as_ref()).filter(|warning| !warnings.contains(warning)));
        }
        if keys.is_empty() {
            return Err(Error::new(Reason::SecretNotConfigured));
        }
        Ok(Self {
            keys,
            #[cfg(feature = "explain")]
            short,
            warnings,
        })
    }

    /// The value of `TINK_WEBHOOK_SECRET`: secrets separated by white space.
    pub(crate) fn from_environment(value: Option<&str>) -> Result<Self, Error> {
        Self::several(value.unwrap_or_default().split_whitespace())
    }

    pub(crate) fn keys(&self) -> &[Key] {
        &self.keys
    }

    /// Whether a secret is too short to prove what happened to a delivery.
    #[cfg(feature = "explain")]
    pub(crate) fn is_short(&self, index: usize) -> bool {
        self.short.get(index).copied().unwrap_or(true)
    }

    pub(crate) fn warnings(&self) -> &[&'static str] {
        &self.warnings
    }
}

/// Prepares one more secret, if it is usable.
fn add(keys: &mut Vec<Key>, secret: &[u8]) -> Result<(), Error> {
    check(secret)?;
    prepare(keys, secret);
    Ok(())
}

/// Prepares one more secret of any bytes. What making it left on the stack is wiped: otherwise it would travel on in the
/// unused parts of what is put there next, an error on its way to the heap for one.
pub(crate) fn prepare(keys: &mut Vec<Key>, secret: &[u8]) {
    make(keys, secret);
    wipe_stack();
}

#[inline(never)]
fn make(keys: &mut Vec<Key>, secret: &[u8]) {
    if keys.len() == keys.capacity() {
        // By hand: what a growing `Vec` moves out of is given back as it is, with the keys still in it.
        let mut larger = Vec::with_capacity(2 * keys.len() + 1);
        larger.extend(keys.iter().cloned());
        *keys = larger;
    }
    keys.push(Key::from_any_bytes(secret));
}

/// Overwrites the stack below the caller.
#[inline(never)]
fn wipe_stack() {
    let mut below = [0_u8; 4_096];
    below.zeroize();
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secrets({} not shown)", self.keys.len())
    }
}

/// The environment's value, wiped once it has been used.
pub(crate) fn environment() -> Option<Zeroizing<String>> {
    // As bytes first: text that turns out to be none is wiped as well.
    let value = Zeroizing::new(std::env::var_os("TINK_WEBHOOK_SECRET")?.into_encoded_bytes());
    str::from_utf8(&value).ok().map(|value| Zeroizing::new(value.to_owned()))
}

/// Refuses what can only be a mistake in how the secret reached us, and says which mistake.
fn check(secret: &[u8]) -> Result<(), Error> {
    let mut chunks = secret.utf8_chunks();
    let first = chunks.next().and_then(|chunk| chunk.valid().chars().next());
    let last = secret.utf8_chunks().last().filter(|chunk| chunk.invalid().is_empty());
    let last = last.and_then(|chunk| chunk.valid().chars().next_back());
    let what = if secret.is_empty() {
        "a webhook secret is empty"
    } else if secret.contains(&0) {
        "a webhook secret holds a NUL character"
    } else if first.is_some_and(char::is_whitespace) {
        "a webhook secret begins with white space"
    } else if last.is_some_and(char::is_whitespace) {
        "a webhook secret ends with white space: was it read from a file with a newline at its end?"
    } else {
        return Ok(());
    };
    Err(Error::with_message(Reason::InvalidSecret, what))
}

/// What is usable, but most likely not the secret that Tink showed: every delivery would be 401, which is final.
fn doubt(secret: &[u8]) -> Option<&'static str> {
    match secret {
        [first @ (b'"' | b'\'' | b'`'), .., last] if first == last => Some(
            "a webhook secret has quotes at both ends, which count as part of it: was it read from a file whose quotes are \
             kept, as by docker run --env-file?",
        ),
        _ if secret.contains(&b',') => Some(
            "a webhook secret contains a comma, and is taken for one secret: several in TINK_WEBHOOK_SECRET are separated \
             by white space",
        ),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(secret: &[u8]) -> String {
        check(secret).err().map(|error| error.message().to_owned()).unwrap_or_default()
    }

    #[test]
    fn the_text_says_which_mistake_it_is() {
        assert!(message(b"").contains("empty"));
        assert!(message(b"a\0b").contains("NUL"));
        assert!(message(" a".as_bytes()).contains("begins"));
        assert!(message("a\u{3000}".as_bytes()).contains("ends"));
        assert!(message("a b".as_bytes()).is_empty());
        assert!(message(b"\xff a\xff").is_empty());
        assert!(message(b"\xff\xfe\n").contains("ends"));
    }

    #[test]
    fn the_environment_may_hold_several() {
        assert_eq!(Secrets::from_environment(Some(" a\n b ")).map(|secrets| secrets.keys().len()).ok(), Some(2));
        for nothing in [None, Some(""), Some(" \n")] {
            let error = Secrets::from_environment(nothing).err();
            assert_eq!(error.map(|error| error.reason()), Some(Reason::SecretNotConfigured));
        }
    }

    #[test]
    fn what_is_most_likely_not_meant_is_warned_of() {
        let warnings = |value| Secrets::from_environment(Some(value)).map(|secrets| secrets.warnings().to_vec()).ok();
        for quoted in ["\"hunter2\"", "'hunter2'", "`hunter2`", "\"a\" \"b\"", "\"a,b\""] {
            let found = warnings(quoted).unwrap_or_default();
            assert!(matches!(found[..], [text] if text.contains("quotes") && !text.contains("hunter2")), "{quoted}");
        }
        for several in ["new,old", "new, old", "new,old other,third"] {
            let found = warnings(several).unwrap_or_default();
            assert!(matches!(found[..], [text] if text.contains("comma") && !text.contains("old")), "{several}");
        }
        for usual in ["67abc1e08fb64c92b450a13e0876330b", "new old", "\"", "\"a", "a'b"] {
            assert_eq!(warnings(usual), Some(Vec::new()), "{usual}");
        }
    }

    #[test]
    fn debug_output_shows_no_secret() {
        let secrets = Secrets::one(b"hunter2");
        assert!(!format!("{secrets:?}").contains("hunter2"));
    }
}
