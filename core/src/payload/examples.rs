// Generated from events/ by `make generate`; do not edit.
//! A body of every event, as `EventType::example` gives it.

/// An event of a name that does not exist.
pub(super) const UNKNOWN: &str =
    r#"{"context":{"userId":"5f0c2a9be1d84f7ea0b6c3d2918e7a40"},"content":{"id":"1"},"event":"something:new"}"#;

pub(super) const CREDENTIALS_UPDATED: &str = r#"{"type":"credentials.updated","data":{"userId":"5f0c2a9be1d84f7ea0b6c3d2918e7a40","externalUserId":"customer-1001","credentialsId":"0b7d5e6a94c24a6f8b1e3c5d7f9a2b4c","status":"UPDATED"},"timestamp":"2026-01-05T08:06:45Z"}"#;

pub(super) const CREDENTIALS_REFRESH_SUCCEEDED: &str = r#"{"type":"credentials.refresh.succeeded","data":{"userId":"5f0c2a9be1d84f7ea0b6c3d2918e7a40","externalUserId":"customer-1001","credentialsId":"0b7d5e6a94c24a6f8b1e3c5d7f9a2b4c"},"timestamp":"2026-01-05T08:06:45Z"}"#;

pub(super) const CREDENTIALS_REFRESH_FAILED: &str = r#"{"type":"credentials.refresh.failed","data":{"userId":"5f0c2a9be1d84f7ea0b6c3d2918e7a40","externalUserId":"customer-1001","credentialsId":"0b7d5e6a94c24a6f8b1e3c5d7f9a2b4c","status":"TEMPORARY_ERROR"},"timestamp":"2026-01-05T08:06:45Z"}"#;

pub(super) const PROVIDER_CONSENTS_CREATED: &str = r#"{"type":"provider_consents.created","data":{"userId":"5f0c2a9be1d84f7ea0b6c3d2918e7a40","externalUserId":"customer-1001","consentId":"4d2f8a6c1e3b45978f0a2c4e6b8d0f12","providerName":"se-demobank"},"timestamp":"2026-01-05T08:06:45Z"}"#;

pub(super) const PROVIDER_CONSENTS_REVOKED: &str = r#"{"type":"provider_consents.revoked","data":{"userId":"5f0c2a9be1d84f7ea0b6c3d2918e7a40","externalUserId":"customer-1001","consentId":"4d2f8a6c1e3b45978f0a2c4e6b8d0f12","providerName":"se-demobank"},"timestamp":"2026-01-05T08:06:45Z"}"#;

pub(super) const REFRESH_FINISHED: &str = r#"{"context":{"userId":"5f0c2a9be1d84f7ea0b6c3d2918e7a40","externalUserId":"customer-1001"},"content":{"credentialsId":"0b7d5e6a94c24a6f8b1e3c5d7f9a2b4c","status":"UPDATED","credentialsStatus":"UPDATED","finished":1767225600123,"source":"OPERATION_SOURCE_BACKGROUND","sessionExpiryDate":1774915200000},"event":"refresh:finished"}"#;

pub(super) const ACCOUNT_TRANSACTIONS_MODIFIED: &str = r#"{"context":{"userId":"5f0c2a9be1d84f7ea0b6c3d2918e7a40","externalUserId":"customer-1001"},"content":{"userId":"5f0c2a9be1d84f7ea0b6c3d2918e7a40","externalUserId":"customer-1001","account":{"id":"7c1e9d3b5a2f4086b4d8e6f0a1c3e5d7"},"transactions":{"earliestModifiedBookedDate":"2026-01-02","latestModifiedBookedDate":"2026-01-05","inserted":3,"updated":1,"deleted":0}},"event":"account-transactions:modified"}"#;

pub(super) const ACCOUNT_BOOKED_TRANSACTIONS_MODIFIED: &str = r#"{"context":{"userId":"5f0c2a9be1d84f7ea0b6c3d2918e7a40"},"content":{"userId":"5f0c2a9be1d84f7ea0b6c3d2918e7a40","account":{"id":"7c1e9d3b5a2f4086b4d8e6f0a1c3e5d7"},"transactions":{"earliestModifiedBookedDate":"2026-01-02","latestModifiedBookedDate":"2026-01-02","inserted":1,"updated":0,"deleted":2}},"event":"account-booked-transactions:modified"}"#;

pub(super) const ACCOUNT_TRANSACTIONS_DELETED: &str = r#"{"context":{"userId":"5f0c2a9be1d84f7ea0b6c3d2918e7a40"},"content":{"userId":"5f0c2a9be1d84f7ea0b6c3d2918e7a40","account":{"id":"7c1e9d3b5a2f4086b4d8e6f0a1c3e5d7"},"transactions":{"ids":["a1b2c3d4e5f60718293a4b5c6d7e8f90","b2c3d4e5f60718293a4b5c6d7e8f90a1"]}},"event":"account-transactions:deleted"}"#;

pub(super) const ACCOUNT_CREATED: &str = r#"{"context":{"userId":"5f0c2a9be1d84f7ea0b6c3d2918e7a40","externalUserId":"customer-1001"},"content":{"id":"7c1e9d3b5a2f4086b4d8e6f0a1c3e5d7"},"event":"account:created"}"#;

pub(super) const ACCOUNT_UPDATED: &str = r#"{"context":{"userId":"5f0c2a9be1d84f7ea0b6c3d2918e7a40","externalUserId":"customer-1001"},"content":{"id":"7c1e9d3b5a2f4086b4d8e6f0a1c3e5d7"},"event":"account:updated"}"#;

pub(super) const REPORTS_GENERATION_COMPLETED: &str = r#"{"context":{"userId":"5f0c2a9be1d84f7ea0b6c3d2918e7a40","externalReference":"loan-77"},"content":{"reports":[{"id":"3e5d7c1b9a2f40864bd8e6f0a1c35e7d","type":"ACCOUNT_VERIFICATION_REPORT","status":"CREATED"},{"type":"TRANSACTION_REPORT","status":"FAILED","error":"FAILED_PRECONDITION"}]},"event":"reports-generation:completed"}"#;

pub(super) const PAYMENT_UPDATED: &str = r#"{"context":{"userId":"5f0c2a9be1d84f7ea0b6c3d2918e7a40","externalUserId":"customer-1001"},"event":"payment:updated","content":{"id":"c0ffee00112233445566778899aabbcc","paymentRequestId":"d00dfeed112233445566778899aabbcc","amount":10.55,"currency":"EUR","paymentScheme":"SEPA_INSTANT_CREDIT_TRANSFER","destination":{"accountNumber":"FI2112345600000785","type":"iban"},"providerName":"fi-demobank","recipientName":"Shop Oy","sourceMessage":"Order 55","status":"SENT","statusMessage":"The payment was sent to the bank","created":1767225600000,"updated":1767225660000,"remittanceInformation":{"type":"UNSTRUCTURED","value":"Order 55"},"metadata":{"orderId":"55"}}}"#;

pub(super) const MANDATE_PAYMENT_UPDATED: &str = r#"{"context":{"userId":"5f0c2a9be1d84f7ea0b6c3d2918e7a40"},"event":"mandate-payment:updated","content":{"id":"2f9b6a5e-7f0d-4a51-9a58-3f6a5d0c1b11","consentId":"6a1f7c55-0a39-4b0e-8f47-5c1b9f1d2e22","providerId":"uk-demobank","type":"VRP_SWEEPING","amount":{"currencyCode":"GBP","value":{"scale":2,"unscaledValue":1250}},"status":"SETTLED_PAYER","statusMessage":"Funds left the payer account","remittanceInformation":{"type":"REFERENCE","value":"SAVE1"},"payeeAccount":{"name":"Savings","number":"04000412345678","type":"SORT_CODE"},"payerAccount":{"holderName":"A Person","number":"04000487654321","type":"SORT_CODE"},"createdTime":"2026-01-05T09:35:39Z","updatedTime":"2026-01-05T09:36:02Z"}}"#;

pub(super) const SETTLEMENT_TRANSACTION_CREATED: &str = r#"{"content":{"merchantId":"1d1b6c1e-3f0a-4a5b-9a77-000000000001","accountId":"1d1b6c1e-3f0a-4a5b-9a77-000000000002","transactionId":"1d1b6c1e-3f0a-4a5b-9a77-000000000003","amount":23.00,"currencyCode":"EUR","timestamp":1767225600000,"reference":"AbCdEf12","accountBalance":123.50,"paymentRequestId":"d00dfeed112233445566778899aabbcc","payerAccount":{"identifier":"DE75512108001245126199","type":"IBAN"},"payeeAccount":{"identifier":"","type":"ACCOUNT_IDENTIFIER_TYPE_UNSPECIFIED"},"metadata":{"orderId":"55"},"originalTransactionId":"","type":"PAYIN","refundId":"","payerName":"A Person","payeeName":""},"event":"settlement-transaction:created"}"#;

pub(super) const SETTLEMENT_PAYOUT_UPDATED: &str = r#"{"content":{"id":"1d1b6c1e-3f0a-4a5b-9a77-000000000004","type":"REFUND","merchantId":"1d1b6c1e-3f0a-4a5b-9a77-000000000001","accountId":"1d1b6c1e-3f0a-4a5b-9a77-000000000002","appId":"9f8e7d6c5b4a39281706f5e4d3c2b1a0","payeeName":"A Person","payeeAccount":{"identifier":"DE75512108001245126199","type":"IBAN"},"amount":23.00,"currencyCode":"EUR","reference":"AbCdEf12","metadata":{},"timestamp":1767225700000,"status":"COMPLETED","statusMessage":""},"event":"settlement-payout:updated"}"#;

pub(super) const SETTLEMENT_ACCOUNT_UPDATED: &str = r#"{"content":{"merchantId":"1d1b6c1e-3f0a-4a5b-9a77-000000000001","accountId":"1d1b6c1e-3f0a-4a5b-9a77-000000000002","status":"SUSPENDED"},"event":"settlement-account:updated"}"#;

pub(super) const ACTIONABLE_INSIGHTS_CREATED: &str = r#"{"context":{"userId":"5f0c2a9be1d84f7ea0b6c3d2918e7a40","externalUserId":"customer-1001"},"content":{"userId":"5f0c2a9be1d84f7ea0b6c3d2918e7a40","externalUserId":"customer-1001","insights":[{"id":"e1d2c3b4a5968778695a4b3c2d1e0f00","userId":"5f0c2a9be1d84f7ea0b6c3d2918e7a40","type":"BUDGET_OVERSPENT","title":"Budget spent","description":"The food budget is spent.","createdTime":1767225600000,"data":{"type":"BUDGET_OVERSPENT"},"actions":[{"label":"Archive","data":{"type":"DISMISS"}}]}]},"event":"actionable-insights:created"}"#;

pub(super) const ENRICHMENT_COMPLETED: &str = r#"{"content":{"appId":"9f8e7d6c5b4a39281706f5e4d3c2b1a0","userId":"5f0c2a9be1d84f7ea0b6c3d2918e7a40","batchId":"5b7f0c1e-2d3a-4e5f-8a9b-000000000005","totalTransactions":48,"permittedEnrichments":["CATEGORIZATION","MERCHANT_INFORMATION"],"completedAt":"2026-01-05T08:06:45Z","enrichmentCompleted":true,"batchType":"INSERT","operationId":"5b7f0c1e-2d3a-4e5f-8a9b-000000000006"},"event":"enrichment-completed"}"#;
