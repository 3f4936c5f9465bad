//! The header's value, as HTTP libraries hand it out.

/// The value of the `X-Tink-Signature` header, as HTTP libraries hand it out: text or bytes, there or not.
pub trait SignatureHeader {
    /// The header's bytes; `None` for an absent header.
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::SignatureHeader;
    /// assert_eq!("t=1".header_value(), Some(&b"t=1"[..]));
    /// assert_eq!(None::<&str>.header_value(), None);
    /// ```
    fn header_value(&self) -> Option<&[u8]>;
}

impl SignatureHeader for str {
    fn header_value(&self) -> Option<&[u8]> {
        Some(self.as_bytes())
    }
}

impl SignatureHeader for String {
    fn header_value(&self) -> Option<&[u8]> {
        Some(self.as_bytes())
    }
}

impl SignatureHeader for [u8] {
    fn header_value(&self) -> Option<&[u8]> {
        Some(self)
    }
}

impl SignatureHeader for Vec<u8> {
    fn header_value(&self) -> Option<&[u8]> {
        Some(self)
    }
}

impl<T: SignatureHeader + ?Sized> SignatureHeader for &T {
    fn header_value(&self) -> Option<&[u8]> {
        (**self).header_value()
    }
}

impl<T: SignatureHeader> SignatureHeader for Option<T> {
    fn header_value(&self) -> Option<&[u8]> {
        self.as_ref().and_then(SignatureHeader::header_value)
    }
}
