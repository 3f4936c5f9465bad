//! For tests.

/// Steps of the tests that go through all there is: under Miri, which interprets, few must do.
pub(crate) const STEP: usize = if cfg!(miri) { 17 } else { 1 };
