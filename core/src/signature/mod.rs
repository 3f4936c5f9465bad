//! Whether a delivery comes from Tink: secrets, the header, the MAC and the time window.

pub(crate) mod check;
pub(crate) mod digits;
pub(crate) mod header;
pub(crate) mod hmac;
pub(crate) mod scheme;
pub(crate) mod secret;
mod sign;
mod stream;
mod verification;
mod window;

pub use header::SignatureHeader;
pub use scheme::Scheme;
pub use sign::{generate_signature, hmac_sha256};
pub use stream::VerificationStream;
pub use verification::{DeliveryId, Verification};
pub use window::Tolerance;
