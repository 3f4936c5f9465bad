//! The event catalogue: every name Tink documents for Events v2, and the five of the community envelope.

use std::fmt;

/// The catalogue is written once: variant, number in C, wire name, `snake_case` type.
macro_rules! event_types {
    ($($(#[$doc:meta])* $variant:ident = $number:literal, $name:literal, $snake:literal;)*) => {
        /// The type of an event: its name if this library knows it, else [`EventType::Unknown`].
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        #[repr(u16)]
        pub enum EventType {
            /// A name this library does not know; the event is dispatched all the same, and keeps its name.
            Unknown = 0,
            $($(#[$doc])* $variant = $number,)*
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
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

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
                    $($name => Self::$variant,)*
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
                    $($snake => Some(Self::$variant),)*
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
                    $($number => Some(Self::$variant),)*
                    _ => None,
                }
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
                    $(Self::$variant => $snake,)*
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
                    $(Self::$variant => Some($name),)*
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
                let text = match self {
                    Self::Unknown => r#"{"context":{"userId":"5f0c2a9be1d84f7ea0b6c3d2918e7a40"},"content":{"id":"1"},"event":"something:new"}"#,
                    $(Self::$variant => include_str!(concat!("examples/", $snake, ".json")),)*
                };
                // The files end in a newline, deliveries do not.
                text.trim_ascii_end()
            }
        }
    };
}

event_types! {
    /// Credentials changed (community envelope).
    CredentialsUpdated = 1, "credentials.updated", "credentials_updated";
    /// A refresh of credentials succeeded (community envelope).
    CredentialsRefreshSucceeded = 2, "credentials.refresh.succeeded", "credentials_refresh_succeeded";
    /// A refresh of credentials failed (community envelope).
    CredentialsRefreshFailed = 3, "credentials.refresh.failed", "credentials_refresh_failed";
    /// A provider consent was created (community envelope).
    ProviderConsentsCreated = 4, "provider_consents.created", "provider_consents_created";
    /// A provider consent was revoked (community envelope).
    ProviderConsentsRevoked = 5, "provider_consents.revoked", "provider_consents_revoked";
    /// A refresh of credentials ended, well or not (Transactions).
    RefreshFinished = 101, "refresh:finished", "refresh_finished";
    /// Transactions of an account were added, changed or removed.
    AccountTransactionsModified = 102, "account-transactions:modified", "account_transactions_modified";
    /// The same for booked transactions only.
    AccountBookedTransactionsModified = 103, "account-booked-transactions:modified", "account_booked_transactions_modified";
    /// Transactions of an account were deleted.
    AccountTransactionsDeleted = 104, "account-transactions:deleted", "account_transactions_deleted";
    /// An account was created.
    AccountCreated = 105, "account:created", "account_created";
    /// An account was updated.
    AccountUpdated = 106, "account:updated", "account_updated";
    /// Reports were generated, or failed to be (Account Check and the other report products).
    ReportsGenerationCompleted = 107, "reports-generation:completed", "reports_generation_completed";
    /// A payment reached a terminal status (Payments).
    PaymentUpdated = 108, "payment:updated", "payment_updated";
    /// A payment under a mandate changed (variable recurring payments).
    MandatePaymentUpdated = 109, "mandate-payment:updated", "mandate_payment_updated";
    /// Money moved on a settlement account.
    SettlementTransactionCreated = 110, "settlement-transaction:created", "settlement_transaction_created";
    /// A payout from a settlement account ended.
    SettlementPayoutUpdated = 111, "settlement-payout:updated", "settlement_payout_updated";
    /// A settlement account's status changed.
    SettlementAccountUpdated = 112, "settlement-account:updated", "settlement_account_updated";
    /// Insights were created (Money Manager).
    ActionableInsightsCreated = 113, "actionable-insights:created", "actionable_insights_created";
    /// A batch of transactions was enriched (Data Enrichment). The one name without a colon.
    EnrichmentCompleted = 114, "enrichment-completed", "enrichment_completed";
}

impl EventType {
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
