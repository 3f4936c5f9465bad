//! Several texts in one run of bytes: each behind its length, four bytes, little-endian.

use crate::fault::Fault;

/// In the place of a length: there is no such text.
const ABSENT: u32 = u32::MAX;

/// Writes texts.
#[derive(Default)]
pub(crate) struct Texts(Vec<u8>);

impl Texts {
    pub(crate) fn of<'a>(texts: impl IntoIterator<Item = &'a str>) -> Vec<u8> {
        texts.into_iter().fold(Self::default(), |written, text| written.with(Some(text))).0
    }

    pub(crate) fn with(self, text: Option<&str>) -> Self {
        self.with_bytes(text.map(str::as_bytes))
    }

    /// The same with what need not be UTF-8.
    pub(crate) fn with_bytes(mut self, text: Option<&[u8]>) -> Self {
        let length = text.map_or(ABSENT, |text| u32::try_from(text.len()).unwrap_or(ABSENT));
        self.0.extend_from_slice(&length.to_le_bytes());
        self.0.extend_from_slice(text.unwrap_or_default());
        self
    }

    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

/// Takes the first text, which need not be UTF-8.
pub(crate) fn take<'a>(bytes: &mut &'a [u8]) -> Result<Option<&'a [u8]>, Fault> {
    let (length, rest) = bytes.split_first_chunk().ok_or(Fault::Misuse)?;
    let length = u32::from_le_bytes(*length);
    if length == ABSENT {
        *bytes = rest;
        return Ok(None);
    }
    let (text, rest) = rest.split_at_checked(length as usize).ok_or(Fault::Misuse)?;
    *bytes = rest;
    Ok(Some(text))
}

/// Takes the first text, which must be there.
pub(crate) fn take_bytes<'a>(bytes: &mut &'a [u8]) -> Result<&'a [u8], Fault> {
    take(bytes)?.ok_or(Fault::Misuse)
}

/// The bytes as a text.
pub(crate) fn text(bytes: &[u8]) -> Result<&str, Fault> {
    str::from_utf8(bytes).map_err(|_| Fault::Misuse)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_taken() {
        let written = Texts::default().with(Some("ä")).with(None).with(Some("")).into_bytes();
        let mut rest = &written[..];
        assert_eq!(take(&mut rest).ok(), Some(Some("ä".as_bytes())));
        assert_eq!(take(&mut rest).ok(), Some(None));
        assert_eq!(take(&mut rest).ok(), Some(Some(&[][..])));
        assert!(rest.is_empty() && take(&mut rest).is_err());
    }

    #[test]
    fn a_length_beyond_the_end_is_refused() {
        for bytes in [&[5, 0, 0, 0, 1][..], &[1, 0, 0], &[0xFE, 0xFF, 0xFF, 0xFF]] {
            assert!(matches!(take(&mut &*bytes), Err(Fault::Misuse)), "{bytes:?}");
        }
    }
}
