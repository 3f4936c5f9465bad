//! What the Python binding cannot be faster than: the core's own work, and a call into Rust that does none. As a module
//! of Python, so that `python_bench.py` times both in turns with its other cases.

use std::hint::black_box;
use std::time::Instant;

use pyo3::prelude::*;

/// A class with methods, as the handler object is.
#[pyclass(frozen)]
struct Floor {
    verifier: tink_webhooks::Verifier,
}

#[pymethods]
impl Floor {
    #[new]
    fn new(secret: &str) -> Self {
        let verifier = tink_webhooks::Verifier::builder().secret(secret).schemes([tink_webhooks::Scheme::V1]);
        Self { verifier: verifier.build().expect("a verifier") }
    }

    /// Takes what `construct_event` takes, does nothing, and makes nothing.
    fn empty(&self, body: &[u8], signature: &str) {
        black_box((body, signature));
    }

    /// Verifies and reads a delivery `calls` times, in Rust alone. Gives the nanoseconds of all of them.
    fn construct(&self, body: &[u8], signature: &str, calls: usize) -> u128 {
        let start = Instant::now();
        for _ in 0..calls {
            let delivery = self.verifier.construct::<tink_webhooks::Error>(
                black_box(body),
                Some(black_box(signature.as_bytes())),
                tink_webhooks::clock::now,
            );
            black_box(delivery.expect("valid"));
        }
        start.elapsed().as_nanos()
    }
}

/// The module.
#[pymodule]
mod floor {
    #[pymodule_export]
    use super::Floor;
}
