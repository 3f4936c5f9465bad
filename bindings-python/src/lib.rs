//! The Python binding: converts types and errors. Every rule is in the core.

#![expect(clippy::doc_markdown, reason = "doc comments of what Python sees are its docstrings, in Google's style")]

mod arguments;
mod dispatcher;
mod errors;
mod event;
mod explain;
mod handler;
mod pickle;
mod sign;

use pyo3::prelude::*;

/// `tink_webhooks._native`. Holds no state of its own and needs no GIL: every class is immutable, and the registry in
/// the handler object has its own lock.
#[pymodule(gil_used = false)]
mod _native {
    #[pymodule_export]
    use crate::dispatcher::{Dispatcher, is_awaitable};
    #[pymodule_export]
    use crate::errors::{dispatch_failed, refusal};
    #[pymodule_export]
    use crate::event::{Event, Verification};
    #[pymodule_export]
    use crate::explain::{explain_delivery, may_explain};
    #[pymodule_export]
    use crate::handler::WebhookHandler;
    #[pymodule_export]
    use crate::pickle::{deserialize_event, restore_event, restore_verification};
    #[pymodule_export]
    use crate::sign::{example_body, generate_signature};

    use pyo3::prelude::*;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", tink_webhooks::VERSION)
    }
}
