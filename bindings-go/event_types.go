// Code generated from events/ by `make generate`; DO NOT EDIT.

package tinkwebhooks

// EventType is the type of an event: its name in snake_case, or [TypeUnknown].
type EventType string

// TypeUnknown is the type of every event whose name this version does not know. [Event.Name] tells the name.
const TypeUnknown EventType = "unknown"

// The types of the community envelope.
const (
	// Credentials changed (community envelope).
	TypeCredentialsUpdated EventType = "credentials_updated"
	// A refresh of credentials succeeded (community envelope).
	TypeCredentialsRefreshSucceeded EventType = "credentials_refresh_succeeded"
	// A refresh of credentials failed (community envelope).
	TypeCredentialsRefreshFailed EventType = "credentials_refresh_failed"
	// A provider consent was created (community envelope).
	TypeProviderConsentsCreated EventType = "provider_consents_created"
	// A provider consent was revoked (community envelope).
	TypeProviderConsentsRevoked EventType = "provider_consents_revoked"
)

// The types of Tink's Events v2.
const (
	// A refresh of credentials ended, well or not (Transactions).
	TypeRefreshFinished EventType = "refresh_finished"
	// Transactions of an account were added, changed or removed.
	TypeAccountTransactionsModified EventType = "account_transactions_modified"
	// Booked transactions of an account were added, changed or removed.
	TypeAccountBookedTransactionsModified EventType = "account_booked_transactions_modified"
	// Transactions of an account were deleted.
	TypeAccountTransactionsDeleted EventType = "account_transactions_deleted"
	// An account was created.
	TypeAccountCreated EventType = "account_created"
	// An account was updated.
	TypeAccountUpdated EventType = "account_updated"
	// Reports were generated, or failed to be (Account Check and the other report products).
	TypeReportsGenerationCompleted EventType = "reports_generation_completed"
	// A payment reached a terminal status (Payments).
	TypePaymentUpdated EventType = "payment_updated"
	// A payment under a mandate changed (variable recurring payments).
	TypeMandatePaymentUpdated EventType = "mandate_payment_updated"
	// Money moved on a settlement account.
	TypeSettlementTransactionCreated EventType = "settlement_transaction_created"
	// A payout from a settlement account ended.
	TypeSettlementPayoutUpdated EventType = "settlement_payout_updated"
	// A settlement account's status changed.
	TypeSettlementAccountUpdated EventType = "settlement_account_updated"
	// Insights were created (Money Manager).
	TypeActionableInsightsCreated EventType = "actionable_insights_created"
	// A batch of transactions was enriched (Data Enrichment). The one name without a colon.
	TypeEnrichmentCompleted EventType = "enrichment_completed"
)
