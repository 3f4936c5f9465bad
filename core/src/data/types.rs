// Generated from events/ by `make generate`; do not edit.
//! The documented data of every known event. The shapes are those of docs.tink.com; the community envelope
//! (`credentials.*`, `provider_consents.*`) has no documented data, so there all fields are only likely.
//!
//! Tink adds fields and values without notice, and its tables and examples differ in places: fields that are not named
//! here are passed over (read them with a type of yours), and enumerations are open. A field that should be there and is
//! missing is empty: empty text, an enumeration's `Other("")`, a [`Number`] without digits. A type of yours is as strict
//! as you write it.

use std::collections::BTreeMap;
use std::ops::Deref;

use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::error::DataError;
use super::from_event::{FromEvent, KnownData};
use super::open::open_enum;
use super::scalar::{self, Number};
use crate::event::Event;
use crate::payload::EventType;

open_enum! {
    /// How a refresh ended. `TEMPORARY_ERROR` needs no action of the user: refresh again later. `AUTHENTICATION_ERROR`
    /// and `SESSION_EXPIRED` need the user. Some of Tink's examples print `STATUS_` before the value.
    CredentialsStatus {
        Updated = "UPDATED",
        TemporaryError = "TEMPORARY_ERROR",
        AuthenticationError = "AUTHENTICATION_ERROR",
        SessionExpired = "SESSION_EXPIRED",
    }
}

open_enum! {
    /// What started a refresh.
    OperationSource {
        Api = "OPERATION_SOURCE_API",
        Background = "OPERATION_SOURCE_BACKGROUND",
        Streaming = "OPERATION_SOURCE_STREAMING",
    }
}

/// Why a refresh failed, exactly.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct ErrorDetails {
    /// The exact reason.
    pub reason: Option<String>,
    /// Whether another refresh may succeed without the user.
    pub retryable: Option<bool>,
}

/// Why a refresh failed. `display_message` may be empty.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct DetailedError {
    /// The kind of error. It is `TINK_SIDE_ERROR`, `PROVIDER_ERROR`, `USER_LOGIN_ERROR`, `AUTHORIZATION_ERROR` or
    /// `ACCOUNT_INFORMATION_ERROR`, or another.
    #[serde(rename = "type")]
    pub type_: Option<String>,
    /// A text to show to the user. Tink may change its wording.
    pub display_message: Option<String>,
    /// Why a refresh failed, exactly.
    pub details: Option<ErrorDetails>,
}

/// `refresh:finished`. A refresh of credentials ended, well or not (Transactions).
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct RefreshFinished {
    /// The credentials' id in Tink's API.
    pub credentials_id: String,
    /// How a refresh ended. `TEMPORARY_ERROR` needs no action of the user: refresh again later. `AUTHENTICATION_ERROR`
    /// and `SESSION_EXPIRED` need the user. Some of Tink's examples print `STATUS_` before the value.
    pub credentials_status: CredentialsStatus,
    /// Repeats `credentials_status`.
    #[deprecated(note = "by Tink. Read `credentials_status`.")]
    pub status: CredentialsStatus,
    /// When the refresh ended.
    #[serde(deserialize_with = "scalar::time_or_none")]
    pub finished: Option<DateTime<Utc>>,
    /// What started a refresh.
    pub source: Option<OperationSource>,
    /// When the session at the bank expires and the user must log in again. 0 stands for "none".
    #[serde(deserialize_with = "scalar::time_or_none")]
    pub session_expiry_date: Option<DateTime<Utc>>,
    /// The id that your application gave to the user. Only older deliveries have it here, newer ones in `context`.
    pub external_user_id: Option<String>,
    /// Why a refresh failed. `displayMessage` may be empty.
    pub detailed_error: Option<DetailedError>,
}

/// The account that transactions belong to.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct Account {
    /// The account's id in Tink's API.
    pub id: String,
}

/// What changed. Dates are `YYYY-MM-DD`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct ModifiedTransactions {
    /// The first date with a change.
    pub earliest_modified_booked_date: Option<String>,
    /// The last date with a change.
    pub latest_modified_booked_date: Option<String>,
    /// How many transactions were added.
    #[serde(deserialize_with = "scalar::int_or_none")]
    pub inserted: Option<i64>,
    /// How many transactions were changed.
    #[serde(deserialize_with = "scalar::int_or_none")]
    pub updated: Option<i64>,
    /// How many transactions were removed.
    #[serde(deserialize_with = "scalar::int_or_none")]
    pub deleted: Option<i64>,
}

/// `account-transactions:modified`. Transactions of an account were added, changed or removed.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct AccountTransactionsModified {
    /// The user's id in Tink's API.
    pub user_id: String,
    /// The id that your application gave to the user, if it gave one.
    pub external_user_id: Option<String>,
    /// The account that transactions belong to.
    pub account: Account,
    /// What changed. Dates are `YYYY-MM-DD`.
    pub transactions: Option<ModifiedTransactions>,
}

/// `account-booked-transactions:modified`. Booked transactions of an account were added, changed or removed.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct AccountBookedTransactionsModified {
    /// The user's id in Tink's API.
    pub user_id: String,
    /// The id that your application gave to the user, if it gave one.
    pub external_user_id: Option<String>,
    /// The account that transactions belong to.
    pub account: Account,
    /// What changed. Dates are `YYYY-MM-DD`.
    pub transactions: Option<ModifiedTransactions>,
}

/// The ids of the transactions that were deleted.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct DeletedTransactions {
    /// The transactions' ids in Tink's API.
    pub ids: Option<Vec<String>>,
}

/// `account-transactions:deleted`. Transactions of an account were deleted.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct AccountTransactionsDeleted {
    /// The user's id in Tink's API.
    pub user_id: String,
    /// The id that your application gave to the user, if it gave one.
    pub external_user_id: Option<String>,
    /// The account that transactions belong to.
    pub account: Account,
    /// The ids of the transactions that were deleted.
    pub transactions: Option<DeletedTransactions>,
}

/// `account:created`. An account was created. The field is not documented. Receivers find the account's id in it.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct AccountCreated {
    /// The account's id in Tink's API.
    pub id: Option<String>,
}

/// `account:updated`. An account was updated. The field is not documented. Receivers find the account's id in it.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct AccountUpdated {
    /// The account's id in Tink's API.
    pub id: Option<String>,
}

/// One report of a bundle: with `id` if it was created, with `error` if not.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct Report {
    /// The kind of report. It is `ACCOUNT_VERIFICATION_REPORT`, `TRANSACTION_REPORT`, `INCOME_CHECK_REPORT`,
    /// `EXPENSE_CHECK_REPORT` or `RISK_INSIGHTS_REPORT`, or another.
    #[serde(rename = "type")]
    pub type_: String,
    /// Whether the report was created. It is `CREATED` or `FAILED`, or another.
    pub status: String,
    /// The report's id in Tink's API; only of a report that was created.
    pub id: Option<String>,
    /// Why the report was not created.
    pub error: Option<String>,
}

/// `reports-generation:completed`. Reports were generated, or failed to be (Account Check and the other report
/// products).
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct ReportsGenerationCompleted {
    /// The reports of the bundle.
    pub reports: Vec<Report>,
}

/// The account that money goes to.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct PaymentAccount {
    /// The account's number.
    #[serde(deserialize_with = "scalar::text")]
    pub account_number: String,
    /// The kind of number.
    #[serde(rename = "type")]
    pub type_: String,
}

/// The account that money comes from.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct PaymentSource {
    /// The account's number.
    #[serde(deserialize_with = "scalar::text_or_none")]
    pub account_number: Option<String>,
    /// The kind of number.
    #[serde(rename = "type")]
    pub type_: Option<String>,
    /// The account as a URI.
    pub uri: Option<String>,
    /// The payer's name; with Verified Payments only.
    pub payer_name: Option<String>,
}

open_enum! {
    /// The status of a one-time payment. The known values are the terminal ones; there are others.
    PaymentStatus {
        Sent = "SENT",
        Settled = "SETTLED",
        SettledPayer = "SETTLED_PAYER",
        SettledPayee = "SETTLED_PAYEE",
        Failed = "FAILED",
        Cancelled = "CANCELLED",
    }
}

/// The reference that goes with a payment.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct RemittanceInformation {
    /// The kind of reference.
    #[serde(rename = "type")]
    pub type_: String,
    /// The reference itself.
    #[serde(deserialize_with = "scalar::text")]
    pub value: String,
}

/// The payer; deprecated, and with Verified Payments only.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct PayerInformation {
    /// The payer's name.
    pub name: Option<String>,
    /// The number of the payer's account.
    #[serde(deserialize_with = "scalar::text_or_none")]
    pub account_identifier: Option<String>,
}

/// `payment:updated`. A payment reached a terminal status (Payments).
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct PaymentUpdated {
    /// The payment's id in Tink's API.
    pub id: String,
    /// The id of the payment request that your application made.
    pub payment_request_id: String,
    /// The amount, in units of the currency. Do not compute with it as a binary fraction.
    pub amount: Number,
    /// ISO 4217 code of the currency.
    pub currency: String,
    /// How the money is sent.
    pub payment_scheme: String,
    /// The account that money goes to.
    pub destination: PaymentAccount,
    /// The account that money comes from.
    pub source: Option<PaymentSource>,
    /// The payer's bank.
    pub provider_name: String,
    /// Who gets the money.
    pub recipient_name: String,
    /// The message on the payer's statement.
    pub source_message: Option<String>,
    /// The status of a one-time payment. The known values are the terminal ones; there are others.
    pub status: PaymentStatus,
    /// The status in words.
    pub status_message: String,
    /// When the payment was created.
    #[serde(deserialize_with = "scalar::time_or_none")]
    pub created: Option<DateTime<Utc>>,
    /// When the payment last changed.
    #[serde(deserialize_with = "scalar::time_or_none")]
    pub updated: Option<DateTime<Utc>>,
    /// The reference that goes with a payment.
    pub remittance_information: RemittanceInformation,
    /// What your application stored with the payment request.
    pub metadata: Option<BTreeMap<String, String>>,
    /// With Verified Payments only.
    #[deprecated(note = "by Tink. Read `source`.")]
    pub payer_information: Option<PayerInformation>,
}

/// `unscaled_value` times ten to the power of minus `scale`. Some of Tink's interfaces print text here.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct UnscaledValue {
    /// The digits of the amount.
    pub unscaled_value: Number,
    /// How many of the digits follow the decimal point.
    pub scale: Number,
}

/// An amount in a currency.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct Money {
    /// ISO 4217 code of the currency.
    pub currency_code: String,
    /// `unscaledValue` times ten to the power of minus `scale`. Some of Tink's interfaces print text here.
    pub value: UnscaledValue,
}

open_enum! {
    /// The status of a payment under a mandate.
    MandatePaymentStatus {
        Created = "CREATED",
        Sent = "SENT",
        SettledPayer = "SETTLED_PAYER",
        SettledPayee = "SETTLED_PAYEE",
        Failed = "FAILED",
        Cancelled = "CANCELLED",
    }
}

/// The account that money goes to. An example prints `number` as a JSON number.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct PayeeAccount {
    /// The account holder's name.
    pub name: String,
    /// The account's number.
    #[serde(deserialize_with = "scalar::text")]
    pub number: String,
    /// The kind of number.
    #[serde(rename = "type")]
    pub type_: String,
}

/// The account that money comes from. An example prints `number` as a JSON number.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct PayerAccount {
    /// The account holder's name.
    pub holder_name: String,
    /// The account's number.
    #[serde(deserialize_with = "scalar::text")]
    pub number: String,
    /// The kind of number.
    #[serde(rename = "type")]
    pub type_: String,
}

/// `mandate-payment:updated`. A payment under a mandate changed (variable recurring payments). Its times are ISO 8601.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct MandatePaymentUpdated {
    /// The payment's id in Tink's API.
    pub id: String,
    /// The id of the consent that allows the payment.
    pub consent_id: String,
    /// The id of your merchant at Tink.
    pub merchant_id: Option<String>,
    /// The payer's bank.
    pub provider_id: String,
    /// The kind of mandate. It is `VRP_COMMERCIAL` or `VRP_SWEEPING`, or another.
    #[serde(rename = "type")]
    pub type_: String,
    /// An amount in a currency.
    pub amount: Money,
    /// The status of a payment under a mandate.
    pub status: MandatePaymentStatus,
    /// The status in words.
    pub status_message: String,
    /// The reference that goes with a payment.
    pub remittance_information: RemittanceInformation,
    /// The account that money goes to. An example prints `number` as a JSON number.
    pub payee_account: PayeeAccount,
    /// The account that money comes from. An example prints `number` as a JSON number.
    pub payer_account: PayerAccount,
    /// When the payment was created.
    pub created_time: String,
    /// When the payment last changed.
    pub updated_time: String,
}

/// An account on either side of a settlement. Empty text stands for "none".
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct AccountIdentifier {
    /// The account's number.
    #[serde(deserialize_with = "scalar::text")]
    pub identifier: String,
    /// The kind of number. `ACCOUNT_IDENTIFIER_TYPE_UNSPECIFIED` comes with an empty `identifier`.
    #[serde(rename = "type")]
    pub type_: String,
}

/// `settlement-transaction:created`. Money moved on a settlement account. Empty text stands for "none".
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct SettlementTransactionCreated {
    /// The id of your merchant at Tink.
    pub merchant_id: String,
    /// The settlement account's id.
    pub account_id: String,
    /// The transaction's id.
    pub transaction_id: String,
    /// The amount, in units of the currency. Do not compute with it as a binary fraction.
    pub amount: Number,
    /// ISO 4217 code of the currency.
    pub currency_code: String,
    /// When the money moved.
    #[serde(deserialize_with = "scalar::time_or_none")]
    pub timestamp: Option<DateTime<Utc>>,
    /// The reference on the transaction.
    pub reference: Option<String>,
    /// The account's balance afterwards.
    pub account_balance: Option<Number>,
    /// The id of the payment request that it belongs to, if any.
    pub payment_request_id: Option<String>,
    /// An account on either side of a settlement. Empty text stands for "none".
    pub payer_account: Option<AccountIdentifier>,
    /// An account on either side of a settlement. Empty text stands for "none".
    pub payee_account: Option<AccountIdentifier>,
    /// What your application stored with the payment request.
    pub metadata: Option<BTreeMap<String, String>>,
    /// The transaction that this one refunds, if any.
    pub original_transaction_id: Option<String>,
    /// The kind of movement. It is `PAYIN`, `MERCHANT_PAYIN`, `EXTERNAL_PAYIN`, `SWEEP`, `REFUND`, `WITHDRAWAL` or
    /// `TRANSFER`, or another.
    #[serde(rename = "type")]
    pub type_: String,
    /// The refund that it belongs to, if any.
    pub refund_id: Option<String>,
    /// Who paid.
    pub payer_name: Option<String>,
    /// Who was paid.
    pub payee_name: Option<String>,
}

/// `settlement-payout:updated`. A payout from a settlement account ended.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct SettlementPayoutUpdated {
    /// The payout's id.
    pub id: String,
    /// The kind of payout.
    #[serde(rename = "type")]
    pub type_: String,
    /// The id of your merchant at Tink.
    pub merchant_id: String,
    /// The settlement account's id.
    pub account_id: String,
    /// The id of your app at Tink.
    pub app_id: Option<String>,
    /// Who is paid.
    pub payee_name: Option<String>,
    /// An account on either side of a settlement. Empty text stands for "none".
    pub payee_account: Option<AccountIdentifier>,
    /// The amount, in units of the currency. Do not compute with it as a binary fraction.
    pub amount: Number,
    /// ISO 4217 code of the currency.
    pub currency_code: String,
    /// The reference on the payout.
    pub reference: Option<String>,
    /// What your application stored with the payout.
    pub metadata: Option<BTreeMap<String, String>>,
    /// When the payout changed.
    #[serde(deserialize_with = "scalar::time_or_none")]
    pub timestamp: Option<DateTime<Utc>>,
    /// The payout's status. Only `FAILED` and `COMPLETED` are announced. It is `PENDING`, `FAILED` or `COMPLETED`, or
    /// another.
    pub status: String,
    /// The status in words; may be empty.
    pub status_message: Option<String>,
}

/// `settlement-account:updated`. A settlement account's status changed.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct SettlementAccountUpdated {
    /// The id of your merchant at Tink.
    pub merchant_id: String,
    /// The settlement account's id.
    pub account_id: String,
    /// The account's status. It is `ENABLED`, `SUSPENDED` or `TERMINATED`, or another.
    pub status: String,
}

/// What a user can do about an insight.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct InsightAction {
    /// The text of the button.
    pub label: Option<String>,
    /// What the action does.
    pub data: Option<serde_json::Value>,
}

/// One insight; what `data` holds depends on `type_`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct Insight {
    /// The insight's id in Tink's API.
    pub id: String,
    /// The user's id in Tink's API.
    pub user_id: Option<String>,
    /// The kind of insight.
    #[serde(rename = "type")]
    pub type_: String,
    /// A title to show to the user, in the user's language.
    pub title: Option<String>,
    /// A text to show to the user, in the user's language.
    pub description: Option<String>,
    /// When the insight was created.
    #[serde(deserialize_with = "scalar::time_or_none")]
    pub created_time: Option<DateTime<Utc>>,
    /// What the insight is about.
    pub data: Option<serde_json::Value>,
    /// What the user can do about it.
    pub actions: Option<Vec<InsightAction>>,
}

/// `actionable-insights:created`. Insights were created (Money Manager).
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct ActionableInsightsCreated {
    /// The user's id in Tink's API.
    pub user_id: String,
    /// The id that your application gave to the user, if it gave one.
    pub external_user_id: Option<String>,
    /// The insights; at least one.
    pub insights: Vec<Insight>,
}

/// `enrichment-completed`. A batch of transactions was enriched (Data Enrichment). The one name without a colon.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct EnrichmentCompleted {
    /// The id of your app at Tink.
    pub app_id: String,
    /// The user's id in Tink's API.
    pub user_id: String,
    /// The batch's id.
    pub batch_id: String,
    /// How many transactions the batch holds.
    #[serde(deserialize_with = "scalar::int")]
    pub total_transactions: i64,
    /// What your app may see of the result.
    pub permitted_enrichments: Vec<String>,
    /// When the batch was done.
    pub completed_at: String,
    /// False after a timeout; some transactions are enriched even then.
    pub enrichment_completed: bool,
    /// What was done with the transactions.
    pub batch_type: String,
    /// The operation's id.
    pub operation_id: String,
}

/// What the community envelope says of credentials. Nothing documents this data, so all of its fields are only likely.
/// It is the data of `credentials.updated`, `credentials.refresh.succeeded`, `credentials.refresh.failed`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct Credentials {
    /// The user's id in Tink's API.
    pub user_id: Option<String>,
    /// The id that your application gave to the user, if it gave one.
    pub external_user_id: Option<String>,
    /// The credentials' id in Tink's API.
    pub credentials_id: Option<String>,
    /// How a refresh ended. `TEMPORARY_ERROR` needs no action of the user: refresh again later. `AUTHENTICATION_ERROR`
    /// and `SESSION_EXPIRED` need the user. Some of Tink's examples print `STATUS_` before the value.
    pub status: Option<CredentialsStatus>,
}

/// What the community envelope says of a provider consent. Nothing documents this data, so all of its fields are only
/// likely. It is the data of `provider_consents.created`, `provider_consents.revoked`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct ProviderConsent {
    /// The user's id in Tink's API.
    pub user_id: Option<String>,
    /// The id that your application gave to the user, if it gave one.
    pub external_user_id: Option<String>,
    /// The consent's id.
    pub consent_id: Option<String>,
    /// The provider, usually a bank.
    pub provider_name: Option<String>,
}

/// The data of `credentials.updated`. Credentials changed (community envelope).
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(transparent)]
pub struct CredentialsUpdated(pub Credentials);

impl Deref for CredentialsUpdated {
    type Target = Credentials;

    fn deref(&self) -> &Credentials {
        &self.0
    }
}

/// The data of `credentials.refresh.succeeded`. A refresh of credentials succeeded (community envelope).
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(transparent)]
pub struct CredentialsRefreshSucceeded(pub Credentials);

impl Deref for CredentialsRefreshSucceeded {
    type Target = Credentials;

    fn deref(&self) -> &Credentials {
        &self.0
    }
}

/// The data of `credentials.refresh.failed`. A refresh of credentials failed (community envelope).
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(transparent)]
pub struct CredentialsRefreshFailed(pub Credentials);

impl Deref for CredentialsRefreshFailed {
    type Target = Credentials;

    fn deref(&self) -> &Credentials {
        &self.0
    }
}

/// The data of `provider_consents.created`. A provider consent was created (community envelope).
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(transparent)]
pub struct ProviderConsentsCreated(pub ProviderConsent);

impl Deref for ProviderConsentsCreated {
    type Target = ProviderConsent;

    fn deref(&self) -> &ProviderConsent {
        &self.0
    }
}

/// The data of `provider_consents.revoked`. A provider consent was revoked (community envelope).
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(transparent)]
pub struct ProviderConsentsRevoked(pub ProviderConsent);

impl Deref for ProviderConsentsRevoked {
    type Target = ProviderConsent;

    fn deref(&self) -> &ProviderConsent {
        &self.0
    }
}

impl KnownData for CredentialsUpdated {
    const EVENT_TYPE: EventType = EventType::CredentialsUpdated;
}

impl KnownData for CredentialsRefreshSucceeded {
    const EVENT_TYPE: EventType = EventType::CredentialsRefreshSucceeded;
}

impl KnownData for CredentialsRefreshFailed {
    const EVENT_TYPE: EventType = EventType::CredentialsRefreshFailed;
}

impl KnownData for ProviderConsentsCreated {
    const EVENT_TYPE: EventType = EventType::ProviderConsentsCreated;
}

impl KnownData for ProviderConsentsRevoked {
    const EVENT_TYPE: EventType = EventType::ProviderConsentsRevoked;
}

impl KnownData for RefreshFinished {
    const EVENT_TYPE: EventType = EventType::RefreshFinished;
}

impl KnownData for AccountTransactionsModified {
    const EVENT_TYPE: EventType = EventType::AccountTransactionsModified;
}

impl KnownData for AccountBookedTransactionsModified {
    const EVENT_TYPE: EventType = EventType::AccountBookedTransactionsModified;
}

impl KnownData for AccountTransactionsDeleted {
    const EVENT_TYPE: EventType = EventType::AccountTransactionsDeleted;
}

impl KnownData for AccountCreated {
    const EVENT_TYPE: EventType = EventType::AccountCreated;
}

impl KnownData for AccountUpdated {
    const EVENT_TYPE: EventType = EventType::AccountUpdated;
}

impl KnownData for ReportsGenerationCompleted {
    const EVENT_TYPE: EventType = EventType::ReportsGenerationCompleted;
}

impl KnownData for PaymentUpdated {
    const EVENT_TYPE: EventType = EventType::PaymentUpdated;
}

impl KnownData for MandatePaymentUpdated {
    const EVENT_TYPE: EventType = EventType::MandatePaymentUpdated;
}

impl KnownData for SettlementTransactionCreated {
    const EVENT_TYPE: EventType = EventType::SettlementTransactionCreated;
}

impl KnownData for SettlementPayoutUpdated {
    const EVENT_TYPE: EventType = EventType::SettlementPayoutUpdated;
}

impl KnownData for SettlementAccountUpdated {
    const EVENT_TYPE: EventType = EventType::SettlementAccountUpdated;
}

impl KnownData for ActionableInsightsCreated {
    const EVENT_TYPE: EventType = EventType::ActionableInsightsCreated;
}

impl KnownData for EnrichmentCompleted {
    const EVENT_TYPE: EventType = EventType::EnrichmentCompleted;
}

/// The data of an event of any type.
///
/// # Examples
///
/// ```
/// use tink_webhooks::{EventType, WebhookHandler, data::EventData};
/// let hooks = WebhookHandler::new("s3cret")?;
/// let event = hooks.parse_event(EventType::PaymentUpdated.example())?;
/// match event.typed_data()? {
///     EventData::PaymentUpdated(payment) => assert_eq!(payment.amount.as_str(), "10.55"),
///     EventData::RefreshFinished(refresh) => println!("{}", refresh.credentials_status),
///     _ => {} // of no interest here, or new
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum EventData {
    /// Credentials changed (community envelope).
    CredentialsUpdated(Box<CredentialsUpdated>),
    /// A refresh of credentials succeeded (community envelope).
    CredentialsRefreshSucceeded(Box<CredentialsRefreshSucceeded>),
    /// A refresh of credentials failed (community envelope).
    CredentialsRefreshFailed(Box<CredentialsRefreshFailed>),
    /// A provider consent was created (community envelope).
    ProviderConsentsCreated(Box<ProviderConsentsCreated>),
    /// A provider consent was revoked (community envelope).
    ProviderConsentsRevoked(Box<ProviderConsentsRevoked>),
    /// A refresh of credentials ended, well or not (Transactions).
    RefreshFinished(Box<RefreshFinished>),
    /// Transactions of an account were added, changed or removed.
    AccountTransactionsModified(Box<AccountTransactionsModified>),
    /// Booked transactions of an account were added, changed or removed.
    AccountBookedTransactionsModified(Box<AccountBookedTransactionsModified>),
    /// Transactions of an account were deleted.
    AccountTransactionsDeleted(Box<AccountTransactionsDeleted>),
    /// An account was created.
    AccountCreated(Box<AccountCreated>),
    /// An account was updated.
    AccountUpdated(Box<AccountUpdated>),
    /// Reports were generated, or failed to be (Account Check and the other report products).
    ReportsGenerationCompleted(Box<ReportsGenerationCompleted>),
    /// A payment reached a terminal status (Payments).
    PaymentUpdated(Box<PaymentUpdated>),
    /// A payment under a mandate changed (variable recurring payments).
    MandatePaymentUpdated(Box<MandatePaymentUpdated>),
    /// Money moved on a settlement account.
    SettlementTransactionCreated(Box<SettlementTransactionCreated>),
    /// A payout from a settlement account ended.
    SettlementPayoutUpdated(Box<SettlementPayoutUpdated>),
    /// A settlement account's status changed.
    SettlementAccountUpdated(Box<SettlementAccountUpdated>),
    /// Insights were created (Money Manager).
    ActionableInsightsCreated(Box<ActionableInsightsCreated>),
    /// A batch of transactions was enriched (Data Enrichment). The one name without a colon.
    EnrichmentCompleted(Box<EnrichmentCompleted>),
    /// Of a name that this library does not know.
    Unknown(serde_json::Value),
}

impl FromEvent for EventData {
    fn from_event(event: &Event<'_>) -> Result<Self, DataError> {
        Ok(match event.event_type() {
            EventType::CredentialsUpdated => Self::CredentialsUpdated(Box::from_event(event)?),
            EventType::CredentialsRefreshSucceeded => Self::CredentialsRefreshSucceeded(Box::from_event(event)?),
            EventType::CredentialsRefreshFailed => Self::CredentialsRefreshFailed(Box::from_event(event)?),
            EventType::ProviderConsentsCreated => Self::ProviderConsentsCreated(Box::from_event(event)?),
            EventType::ProviderConsentsRevoked => Self::ProviderConsentsRevoked(Box::from_event(event)?),
            EventType::RefreshFinished => Self::RefreshFinished(Box::from_event(event)?),
            EventType::AccountTransactionsModified => Self::AccountTransactionsModified(Box::from_event(event)?),
            EventType::AccountBookedTransactionsModified => {
                Self::AccountBookedTransactionsModified(Box::from_event(event)?)
            }
            EventType::AccountTransactionsDeleted => Self::AccountTransactionsDeleted(Box::from_event(event)?),
            EventType::AccountCreated => Self::AccountCreated(Box::from_event(event)?),
            EventType::AccountUpdated => Self::AccountUpdated(Box::from_event(event)?),
            EventType::ReportsGenerationCompleted => Self::ReportsGenerationCompleted(Box::from_event(event)?),
            EventType::PaymentUpdated => Self::PaymentUpdated(Box::from_event(event)?),
            EventType::MandatePaymentUpdated => Self::MandatePaymentUpdated(Box::from_event(event)?),
            EventType::SettlementTransactionCreated => Self::SettlementTransactionCreated(Box::from_event(event)?),
            EventType::SettlementPayoutUpdated => Self::SettlementPayoutUpdated(Box::from_event(event)?),
            EventType::SettlementAccountUpdated => Self::SettlementAccountUpdated(Box::from_event(event)?),
            EventType::ActionableInsightsCreated => Self::ActionableInsightsCreated(Box::from_event(event)?),
            EventType::EnrichmentCompleted => Self::EnrichmentCompleted(Box::from_event(event)?),
            EventType::Unknown => Self::Unknown(FromEvent::from_event(event)?),
        })
    }
}
