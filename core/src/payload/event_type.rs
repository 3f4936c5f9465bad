// Generated from events/ by `make generate`; do not edit.
//! The types of events: every name that Tink documents for Events v2, and the five of the community envelope.

use std::fmt;

use super::examples;

/// The type of an event: its name if this library knows it, else [`EventType::Unknown`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[repr(u16)]
pub enum EventType {
    /// A name this library does not know; the event is dispatched all the same, and keeps its name.
    Unknown = 0,
    /// Credentials changed (community envelope).
    CredentialsUpdated = 1,
    /// A refresh of credentials succeeded (community envelope).
    CredentialsRefreshSucceeded = 2,
    /// A refresh of credentials failed (community envelope).
    CredentialsRefreshFailed = 3,
    /// A provider consent was created (community envelope).
    ProviderConsentsCreated = 4,
    /// A provider consent was revoked (community envelope).
    ProviderConsentsRevoked = 5,
    /// A refresh of credentials ended, well or not (Transactions).
    RefreshFinished = 101,
    /// Transactions of an account were added, changed or removed.
    AccountTransactionsModified = 102,
    /// Booked transactions of an account were added, changed or removed.
    AccountBookedTransactionsModified = 103,
    /// Transactions of an account were deleted.
    AccountTransactionsDeleted = 104,
    /// An account was created.
    AccountCreated = 105,
    /// An account was updated.
    AccountUpdated = 106,
    /// Reports were generated, or failed to be (Account Check and the other report products).
    ReportsGenerationCompleted = 107,
    /// A payment reached a terminal status (Payments).
    PaymentUpdated = 108,
    /// A payment under a mandate changed (variable recurring payments).
    MandatePaymentUpdated = 109,
    /// Money moved on a settlement account.
    SettlementTransactionCreated = 110,
    /// A payout from a settlement account ended.
    SettlementPayoutUpdated = 111,
    /// A settlement account's status changed.
    SettlementAccountUpdated = 112,
    /// Insights were created (Money Manager).
    ActionableInsightsCreated = 113,
    /// A batch of transactions was enriched (Data Enrichment). The one name without a colon.
    EnrichmentCompleted = 114,
}

impl EventType {
    /// Every known type, without [`EventType::Unknown`].
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::EventType;
    /// assert!(EventType::ALL.contains(&EventType::RefreshFinished));
    /// ```
    pub const ALL: &'static [Self] = &[
        Self::CredentialsUpdated,
        Self::CredentialsRefreshSucceeded,
        Self::CredentialsRefreshFailed,
        Self::ProviderConsentsCreated,
        Self::ProviderConsentsRevoked,
        Self::RefreshFinished,
        Self::AccountTransactionsModified,
        Self::AccountBookedTransactionsModified,
        Self::AccountTransactionsDeleted,
        Self::AccountCreated,
        Self::AccountUpdated,
        Self::ReportsGenerationCompleted,
        Self::PaymentUpdated,
        Self::MandatePaymentUpdated,
        Self::SettlementTransactionCreated,
        Self::SettlementPayoutUpdated,
        Self::SettlementAccountUpdated,
        Self::ActionableInsightsCreated,
        Self::EnrichmentCompleted,
    ];

    /// The type of an event with this exact wire name.
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::EventType;
    /// assert_eq!(EventType::from_name("refresh:finished"), EventType::RefreshFinished);
    /// assert_eq!(EventType::from_name("refresh:started"), EventType::Unknown);
    /// ```
    pub fn from_name(name: &str) -> Self {
        match name {
            "credentials.updated" => Self::CredentialsUpdated,
            "credentials.refresh.succeeded" => Self::CredentialsRefreshSucceeded,
            "credentials.refresh.failed" => Self::CredentialsRefreshFailed,
            "provider_consents.created" => Self::ProviderConsentsCreated,
            "provider_consents.revoked" => Self::ProviderConsentsRevoked,
            "refresh:finished" => Self::RefreshFinished,
            "account-transactions:modified" => Self::AccountTransactionsModified,
            "account-booked-transactions:modified" => Self::AccountBookedTransactionsModified,
            "account-transactions:deleted" => Self::AccountTransactionsDeleted,
            "account:created" => Self::AccountCreated,
            "account:updated" => Self::AccountUpdated,
            "reports-generation:completed" => Self::ReportsGenerationCompleted,
            "payment:updated" => Self::PaymentUpdated,
            "mandate-payment:updated" => Self::MandatePaymentUpdated,
            "settlement-transaction:created" => Self::SettlementTransactionCreated,
            "settlement-payout:updated" => Self::SettlementPayoutUpdated,
            "settlement-account:updated" => Self::SettlementAccountUpdated,
            "actionable-insights:created" => Self::ActionableInsightsCreated,
            "enrichment-completed" => Self::EnrichmentCompleted,
            _ => Self::Unknown,
        }
    }

    /// The known type with this `snake_case` spelling; `unknown` is none of them.
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::EventType;
    /// assert_eq!(EventType::from_snake_case("refresh_finished"), Some(EventType::RefreshFinished));
    /// ```
    pub fn from_snake_case(text: &str) -> Option<Self> {
        match text {
            "credentials_updated" => Some(Self::CredentialsUpdated),
            "credentials_refresh_succeeded" => Some(Self::CredentialsRefreshSucceeded),
            "credentials_refresh_failed" => Some(Self::CredentialsRefreshFailed),
            "provider_consents_created" => Some(Self::ProviderConsentsCreated),
            "provider_consents_revoked" => Some(Self::ProviderConsentsRevoked),
            "refresh_finished" => Some(Self::RefreshFinished),
            "account_transactions_modified" => Some(Self::AccountTransactionsModified),
            "account_booked_transactions_modified" => Some(Self::AccountBookedTransactionsModified),
            "account_transactions_deleted" => Some(Self::AccountTransactionsDeleted),
            "account_created" => Some(Self::AccountCreated),
            "account_updated" => Some(Self::AccountUpdated),
            "reports_generation_completed" => Some(Self::ReportsGenerationCompleted),
            "payment_updated" => Some(Self::PaymentUpdated),
            "mandate_payment_updated" => Some(Self::MandatePaymentUpdated),
            "settlement_transaction_created" => Some(Self::SettlementTransactionCreated),
            "settlement_payout_updated" => Some(Self::SettlementPayoutUpdated),
            "settlement_account_updated" => Some(Self::SettlementAccountUpdated),
            "actionable_insights_created" => Some(Self::ActionableInsightsCreated),
            "enrichment_completed" => Some(Self::EnrichmentCompleted),
            _ => None,
        }
    }

    /// The type with this number in C.
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::EventType;
    /// assert_eq!(EventType::from_number(0), Some(EventType::Unknown));
    /// assert_eq!(EventType::from_number(9_999), None);
    /// ```
    pub const fn from_number(number: u16) -> Option<Self> {
        match number {
            0 => Some(Self::Unknown),
            1 => Some(Self::CredentialsUpdated),
            2 => Some(Self::CredentialsRefreshSucceeded),
            3 => Some(Self::CredentialsRefreshFailed),
            4 => Some(Self::ProviderConsentsCreated),
            5 => Some(Self::ProviderConsentsRevoked),
            101 => Some(Self::RefreshFinished),
            102 => Some(Self::AccountTransactionsModified),
            103 => Some(Self::AccountBookedTransactionsModified),
            104 => Some(Self::AccountTransactionsDeleted),
            105 => Some(Self::AccountCreated),
            106 => Some(Self::AccountUpdated),
            107 => Some(Self::ReportsGenerationCompleted),
            108 => Some(Self::PaymentUpdated),
            109 => Some(Self::MandatePaymentUpdated),
            110 => Some(Self::SettlementTransactionCreated),
            111 => Some(Self::SettlementPayoutUpdated),
            112 => Some(Self::SettlementAccountUpdated),
            113 => Some(Self::ActionableInsightsCreated),
            114 => Some(Self::EnrichmentCompleted),
            _ => None,
        }
    }

    /// The type's number in C.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(tink_webhooks::EventType::Unknown.number(), 0);
    /// ```
    pub const fn number(self) -> u16 {
        self as u16
    }

    /// The `snake_case` spelling, `unknown` for [`EventType::Unknown`].
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(tink_webhooks::EventType::RefreshFinished.as_str(), "refresh_finished");
    /// ```
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::CredentialsUpdated => "credentials_updated",
            Self::CredentialsRefreshSucceeded => "credentials_refresh_succeeded",
            Self::CredentialsRefreshFailed => "credentials_refresh_failed",
            Self::ProviderConsentsCreated => "provider_consents_created",
            Self::ProviderConsentsRevoked => "provider_consents_revoked",
            Self::RefreshFinished => "refresh_finished",
            Self::AccountTransactionsModified => "account_transactions_modified",
            Self::AccountBookedTransactionsModified => "account_booked_transactions_modified",
            Self::AccountTransactionsDeleted => "account_transactions_deleted",
            Self::AccountCreated => "account_created",
            Self::AccountUpdated => "account_updated",
            Self::ReportsGenerationCompleted => "reports_generation_completed",
            Self::PaymentUpdated => "payment_updated",
            Self::MandatePaymentUpdated => "mandate_payment_updated",
            Self::SettlementTransactionCreated => "settlement_transaction_created",
            Self::SettlementPayoutUpdated => "settlement_payout_updated",
            Self::SettlementAccountUpdated => "settlement_account_updated",
            Self::ActionableInsightsCreated => "actionable_insights_created",
            Self::EnrichmentCompleted => "enrichment_completed",
        }
    }

    /// The wire name; none for [`EventType::Unknown`], whose events keep their own.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(tink_webhooks::EventType::RefreshFinished.name(), Some("refresh:finished"));
    /// ```
    pub const fn name(self) -> Option<&'static str> {
        match self {
            Self::Unknown => None,
            Self::CredentialsUpdated => Some("credentials.updated"),
            Self::CredentialsRefreshSucceeded => Some("credentials.refresh.succeeded"),
            Self::CredentialsRefreshFailed => Some("credentials.refresh.failed"),
            Self::ProviderConsentsCreated => Some("provider_consents.created"),
            Self::ProviderConsentsRevoked => Some("provider_consents.revoked"),
            Self::RefreshFinished => Some("refresh:finished"),
            Self::AccountTransactionsModified => Some("account-transactions:modified"),
            Self::AccountBookedTransactionsModified => Some("account-booked-transactions:modified"),
            Self::AccountTransactionsDeleted => Some("account-transactions:deleted"),
            Self::AccountCreated => Some("account:created"),
            Self::AccountUpdated => Some("account:updated"),
            Self::ReportsGenerationCompleted => Some("reports-generation:completed"),
            Self::PaymentUpdated => Some("payment:updated"),
            Self::MandatePaymentUpdated => Some("mandate-payment:updated"),
            Self::SettlementTransactionCreated => Some("settlement-transaction:created"),
            Self::SettlementPayoutUpdated => Some("settlement-payout:updated"),
            Self::SettlementAccountUpdated => Some("settlement-account:updated"),
            Self::ActionableInsightsCreated => Some("actionable-insights:created"),
            Self::EnrichmentCompleted => Some("enrichment-completed"),
        }
    }

    /// A body as Tink would send it: for tests, documentation and trying things out.
    ///
    /// The values are invented, the shapes are those of Tink's documentation; the community envelope has no
    /// documented `data`, so its fields are only likely. For [`EventType::Unknown`] it is an event of a name
    /// that does not exist.
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::{EventType, WebhookHandler};
    /// let hooks = WebhookHandler::builder().secret("s3cret").build()?;
    /// let event = hooks.parse_event(EventType::RefreshFinished.example())?;
    /// assert_eq!(event.event_type(), EventType::RefreshFinished);
    /// # Ok::<(), tink_webhooks::Error>(())
    /// ```
    pub const fn example(self) -> &'static str {
        match self {
            Self::Unknown => examples::UNKNOWN,
            Self::CredentialsUpdated => examples::CREDENTIALS_UPDATED,
            Self::CredentialsRefreshSucceeded => examples::CREDENTIALS_REFRESH_SUCCEEDED,
            Self::CredentialsRefreshFailed => examples::CREDENTIALS_REFRESH_FAILED,
            Self::ProviderConsentsCreated => examples::PROVIDER_CONSENTS_CREATED,
            Self::ProviderConsentsRevoked => examples::PROVIDER_CONSENTS_REVOKED,
            Self::RefreshFinished => examples::REFRESH_FINISHED,
            Self::AccountTransactionsModified => examples::ACCOUNT_TRANSACTIONS_MODIFIED,
            Self::AccountBookedTransactionsModified => examples::ACCOUNT_BOOKED_TRANSACTIONS_MODIFIED,
            Self::AccountTransactionsDeleted => examples::ACCOUNT_TRANSACTIONS_DELETED,
            Self::AccountCreated => examples::ACCOUNT_CREATED,
            Self::AccountUpdated => examples::ACCOUNT_UPDATED,
            Self::ReportsGenerationCompleted => examples::REPORTS_GENERATION_COMPLETED,
            Self::PaymentUpdated => examples::PAYMENT_UPDATED,
            Self::MandatePaymentUpdated => examples::MANDATE_PAYMENT_UPDATED,
            Self::SettlementTransactionCreated => examples::SETTLEMENT_TRANSACTION_CREATED,
            Self::SettlementPayoutUpdated => examples::SETTLEMENT_PAYOUT_UPDATED,
            Self::SettlementAccountUpdated => examples::SETTLEMENT_ACCOUNT_UPDATED,
            Self::ActionableInsightsCreated => examples::ACTIONABLE_INSIGHTS_CREATED,
            Self::EnrichmentCompleted => examples::ENRICHMENT_COMPLETED,
        }
    }
}

impl fmt::Display for EventType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::EventType;

    #[test]
    fn snake_case_is_the_name_with_separators_replaced() {
        for &event_type in EventType::ALL {
            let name = event_type.name().unwrap_or_default();
            assert_eq!(event_type.as_str(), name.replace([':', '.', '-'], "_"));
            assert_eq!(EventType::from_name(name), event_type);
            assert_eq!(EventType::from_snake_case(event_type.as_str()), Some(event_type));
            assert_eq!(EventType::from_number(event_type.number()), Some(event_type));
        }
    }
}
