package tinkwebhooks

// EventType is the type of an event: its name in snake_case, or [TypeUnknown].
type EventType string

// TypeUnknown is the type of every event whose name this version does not know. [Event.Name] tells the name.
const TypeUnknown EventType = "unknown"

// The types of the community envelope.
const (
	TypeCredentialsUpdated          EventType = "credentials_updated"
	TypeCredentialsRefreshSucceeded EventType = "credentials_refresh_succeeded"
	TypeCredentialsRefreshFailed    EventType = "credentials_refresh_failed"
	TypeProviderConsentsCreated     EventType = "provider_consents_created"
	TypeProviderConsentsRevoked     EventType = "provider_consents_revoked"
)

// The types of Tink's Events v2.
const (
	TypeRefreshFinished                   EventType = "refresh_finished"
	TypeAccountTransactionsModified       EventType = "account_transactions_modified"
	TypeAccountBookedTransactionsModified EventType = "account_booked_transactions_modified"
	TypeAccountTransactionsDeleted        EventType = "account_transactions_deleted"
	TypeAccountCreated                    EventType = "account_created"
	TypeAccountUpdated                    EventType = "account_updated"
	TypeReportsGenerationCompleted        EventType = "reports_generation_completed"
	TypePaymentUpdated                    EventType = "payment_updated"
	TypeMandatePaymentUpdated             EventType = "mandate_payment_updated"
	TypeSettlementTransactionCreated      EventType = "settlement_transaction_created"
	TypeSettlementPayoutUpdated           EventType = "settlement_payout_updated"
	TypeSettlementAccountUpdated          EventType = "settlement_account_updated"
	TypeActionableInsightsCreated         EventType = "actionable_insights_created"
	TypeEnrichmentCompleted               EventType = "enrichment_completed"
)
