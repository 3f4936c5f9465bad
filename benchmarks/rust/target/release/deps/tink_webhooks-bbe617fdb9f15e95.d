/work/main/benchmarks/rust/target/release/deps/tink_webhooks-bbe617fdb9f15e95.d: /work/main/core/src/lib.rs /work/main/core/src/carry.rs /work/main/core/src/claim.rs /work/main/core/src/clock.rs /work/main/core/src/dispatch.rs /work/main/core/src/error.rs /work/main/core/src/event.rs /work/main/core/src/event_type.rs /work/main/core/src/handler.rs /work/main/core/src/header.rs /work/main/core/src/json.rs /work/main/core/src/payload.rs /work/main/core/src/registry.rs /work/main/core/src/scheme.rs /work/main/core/src/secret.rs /work/main/core/src/stream.rs /work/main/core/src/timestamp.rs /work/main/core/src/verifier.rs /work/main/core/src/window.rs /work/main/core/src/examples/credentials_updated.json /work/main/core/src/examples/credentials_refresh_succeeded.json /work/main/core/src/examples/credentials_refresh_failed.json /work/main/core/src/examples/provider_consents_created.json /work/main/core/src/examples/provider_consents_revoked.json /work/main/core/src/examples/refresh_finished.json /work/main/core/src/examples/account_transactions_modified.json /work/main/core/src/examples/account_booked_transactions_modified.json /work/main/core/src/examples/account_transactions_deleted.json /work/main/core/src/examples/account_created.json /work/main/core/src/examples/account_updated.json /work/main/core/src/examples/reports_generation_completed.json /work/main/core/src/examples/payment_updated.json /work/main/core/src/examples/mandate_payment_updated.json /work/main/core/src/examples/settlement_transaction_created.json /work/main/core/src/examples/settlement_payout_updated.json /work/main/core/src/examples/settlement_account_updated.json /work/main/core/src/examples/actionable_insights_created.json /work/main/core/src/examples/enrichment_completed.json

/work/main/benchmarks/rust/target/release/deps/libtink_webhooks-bbe617fdb9f15e95.rlib: /work/main/core/src/lib.rs /work/main/core/src/carry.rs /work/main/core/src/claim.rs /work/main/core/src/clock.rs /work/main/core/src/dispatch.rs /work/main/core/src/error.rs /work/main/core/src/event.rs /work/main/core/src/event_type.rs /work/main/core/src/handler.rs /work/main/core/src/header.rs /work/main/core/src/json.rs /work/main/core/src/payload.rs /work/main/core/src/registry.rs /work/main/core/src/scheme.rs /work/main/core/src/secret.rs /work/main/core/src/stream.rs /work/main/core/src/timestamp.rs /work/main/core/src/verifier.rs /work/main/core/src/window.rs /work/main/core/src/examples/credentials_updated.json /work/main/core/src/examples/credentials_refresh_succeeded.json /work/main/core/src/examples/credentials_refresh_failed.json /work/main/core/src/examples/provider_consents_created.json /work/main/core/src/examples/provider_consents_revoked.json /work/main/core/src/examples/refresh_finished.json /work/main/core/src/examples/account_transactions_modified.json /work/main/core/src/examples/account_booked_transactions_modified.json /work/main/core/src/examples/account_transactions_deleted.json /work/main/core/src/examples/account_created.json /work/main/core/src/examples/account_updated.json /work/main/core/src/examples/reports_generation_completed.json /work/main/core/src/examples/payment_updated.json /work/main/core/src/examples/mandate_payment_updated.json /work/main/core/src/examples/settlement_transaction_created.json /work/main/core/src/examples/settlement_payout_updated.json /work/main/core/src/examples/settlement_account_updated.json /work/main/core/src/examples/actionable_insights_created.json /work/main/core/src/examples/enrichment_completed.json

/work/main/benchmarks/rust/target/release/deps/libtink_webhooks-bbe617fdb9f15e95.rmeta: /work/main/core/src/lib.rs /work/main/core/src/carry.rs /work/main/core/src/claim.rs /work/main/core/src/clock.rs /work/main/core/src/dispatch.rs /work/main/core/src/error.rs /work/main/core/src/event.rs /work/main/core/src/event_type.rs /work/main/core/src/handler.rs /work/main/core/src/header.rs /work/main/core/src/json.rs /work/main/core/src/payload.rs /work/main/core/src/registry.rs /work/main/core/src/scheme.rs /work/main/core/src/secret.rs /work/main/core/src/stream.rs /work/main/core/src/timestamp.rs /work/main/core/src/verifier.rs /work/main/core/src/window.rs /work/main/core/src/examples/credentials_updated.json /work/main/core/src/examples/credentials_refresh_succeeded.json /work/main/core/src/examples/credentials_refresh_failed.json /work/main/core/src/examples/provider_consents_created.json /work/main/core/src/examples/provider_consents_revoked.json /work/main/core/src/examples/refresh_finished.json /work/main/core/src/examples/account_transactions_modified.json /work/main/core/src/examples/account_booked_transactions_modified.json /work/main/core/src/examples/account_transactions_deleted.json /work/main/core/src/examples/account_created.json /work/main/core/src/examples/account_updated.json /work/main/core/src/examples/reports_generation_completed.json /work/main/core/src/examples/payment_updated.json /work/main/core/src/examples/mandate_payment_updated.json /work/main/core/src/examples/settlement_transaction_created.json /work/main/core/src/examples/settlement_payout_updated.json /work/main/core/src/examples/settlement_account_updated.json /work/main/core/src/examples/actionable_insights_created.json /work/main/core/src/examples/enrichment_completed.json

/work/main/core/src/lib.rs:
/work/main/core/src/carry.rs:
/work/main/core/src/claim.rs:
/work/main/core/src/clock.rs:
/work/main/core/src/dispatch.rs:
/work/main/core/src/error.rs:
/work/main/core/src/event.rs:
/work/main/core/src/event_type.rs:
/work/main/core/src/handler.rs:
/work/main/core/src/header.rs:
/work/main/core/src/json.rs:
/work/main/core/src/payload.rs:
/work/main/core/src/registry.rs:
/work/main/core/src/scheme.rs:
/work/main/core/src/secret.rs:
/work/main/core/src/stream.rs:
/work/main/core/src/timestamp.rs:
/work/main/core/src/verifier.rs:
/work/main/core/src/window.rs:
/work/main/core/src/examples/credentials_updated.json:
/work/main/core/src/examples/credentials_refresh_succeeded.json:
/work/main/core/src/examples/credentials_refresh_failed.json:
/work/main/core/src/examples/provider_consents_created.json:
/work/main/core/src/examples/provider_consents_revoked.json:
/work/main/core/src/examples/refresh_finished.json:
/work/main/core/src/examples/account_transactions_modified.json:
/work/main/core/src/examples/account_booked_transactions_modified.json:
/work/main/core/src/examples/account_transactions_deleted.json:
/work/main/core/src/examples/account_created.json:
/work/main/core/src/examples/account_updated.json:
/work/main/core/src/examples/reports_generation_completed.json:
/work/main/core/src/examples/payment_updated.json:
/work/main/core/src/examples/mandate_payment_updated.json:
/work/main/core/src/examples/settlement_transaction_created.json:
/work/main/core/src/examples/settlement_payout_updated.json:
/work/main/core/src/examples/settlement_account_updated.json:
/work/main/core/src/examples/actionable_insights_created.json:
/work/main/core/src/examples/enrichment_completed.json:

# env-dep:CARGO_PKG_VERSION=0.1.0
