// Code generated from events/ by `make generate`; DO NOT EDIT.

package tinkwebhooks

import (
	"encoding/json"
	"reflect"
)

// The documented data of every known event. The shapes are those of docs.tink.com; the community envelope
// (credentials.*, provider_consents.*) has no documented data, so there all fields are only likely.
//
// Nothing is checked but that the data fits. Tink adds fields and values without notice, and its tables and examples
// differ in places: a field that is not named here is in [Event.Data], and enumerations are open.

// CredentialsStatus is how a refresh ended. TEMPORARY_ERROR needs no action of the user: refresh again later.
// AUTHENTICATION_ERROR and SESSION_EXPIRED need the user. Some of Tink's examples print STATUS_ before the value.
type CredentialsStatus string

// Known values; there may be others.
const (
	CredentialsStatusUpdated             CredentialsStatus = "UPDATED"
	CredentialsStatusTemporaryError      CredentialsStatus = "TEMPORARY_ERROR"
	CredentialsStatusAuthenticationError CredentialsStatus = "AUTHENTICATION_ERROR"
	CredentialsStatusSessionExpired      CredentialsStatus = "SESSION_EXPIRED"
)

// OperationSource is what started a refresh.
type OperationSource string

// Known values; there may be others.
const (
	OperationSourceAPI        OperationSource = "OPERATION_SOURCE_API"
	OperationSourceBackground OperationSource = "OPERATION_SOURCE_BACKGROUND"
	OperationSourceStreaming  OperationSource = "OPERATION_SOURCE_STREAMING"
)

// ErrorDetails is why a refresh failed, exactly.
type ErrorDetails struct {
	// The exact reason.
	Reason string `json:"reason,omitempty"`
	// Whether another refresh may succeed without the user.
	Retryable bool `json:"retryable,omitempty"`
}

// DetailedError is why a refresh failed. DisplayMessage may be empty.
type DetailedError struct {
	// The kind of error. It is TINK_SIDE_ERROR, PROVIDER_ERROR, USER_LOGIN_ERROR, AUTHORIZATION_ERROR or
	// ACCOUNT_INFORMATION_ERROR, or another.
	Type string `json:"type,omitempty"`
	// A text to show to the user. Tink may change its wording.
	DisplayMessage string        `json:"displayMessage,omitempty"`
	Details        *ErrorDetails `json:"details,omitempty"`
}

// RefreshFinished is the data of "refresh:finished". A refresh of credentials ended, well or not (Transactions).
type RefreshFinished struct {
	// The credentials' id in Tink's API.
	CredentialsID     string            `json:"credentialsId"`
	CredentialsStatus CredentialsStatus `json:"credentialsStatus"`
	// Repeats CredentialsStatus.
	//
	// Deprecated: by Tink. Read CredentialsStatus.
	Status CredentialsStatus `json:"status"`
	// When the refresh ended.
	Finished Time            `json:"finished"`
	Source   OperationSource `json:"source,omitempty"`
	// When the session at the bank expires and the user must log in again. 0 stands for "none".
	SessionExpiryDate Time `json:"sessionExpiryDate,omitzero"`
	// The id that your application gave to the user. Only older deliveries have it here, newer ones in context.
	ExternalUserID string         `json:"externalUserId,omitempty"`
	DetailedError  *DetailedError `json:"detailedError,omitempty"`
}

// Account is the account that transactions belong to.
type Account struct {
	// The account's id in Tink's API.
	ID string `json:"id"`
}

// ModifiedTransactions is what changed. Dates are YYYY-MM-DD.
type ModifiedTransactions struct {
	// The first date with a change.
	EarliestModifiedBookedDate string `json:"earliestModifiedBookedDate,omitempty"`
	// The last date with a change.
	LatestModifiedBookedDate string `json:"latestModifiedBookedDate,omitempty"`
	// How many transactions were added.
	Inserted Int `json:"inserted,omitempty"`
	// How many transactions were changed.
	Updated Int `json:"updated,omitempty"`
	// How many transactions were removed.
	Deleted Int `json:"deleted,omitempty"`
}

// AccountTransactionsModified is the data of "account-transactions:modified". Transactions of an account were added,
// changed or removed.
type AccountTransactionsModified struct {
	// The user's id in Tink's API.
	UserID string `json:"userId"`
	// The id that your application gave to the user, if it gave one.
	ExternalUserID string                `json:"externalUserId,omitempty"`
	Account        Account               `json:"account"`
	Transactions   *ModifiedTransactions `json:"transactions,omitempty"`
}

// AccountBookedTransactionsModified is the data of "account-booked-transactions:modified". Booked transactions of an
// account were added, changed or removed.
type AccountBookedTransactionsModified struct {
	// The user's id in Tink's API.
	UserID string `json:"userId"`
	// The id that your application gave to the user, if it gave one.
	ExternalUserID string                `json:"externalUserId,omitempty"`
	Account        Account               `json:"account"`
	Transactions   *ModifiedTransactions `json:"transactions,omitempty"`
}

// DeletedTransactions is the ids of the transactions that were deleted.
type DeletedTransactions struct {
	// The transactions' ids in Tink's API.
	IDs []string `json:"ids,omitempty"`
}

// AccountTransactionsDeleted is the data of "account-transactions:deleted". Transactions of an account were deleted.
type AccountTransactionsDeleted struct {
	// The user's id in Tink's API.
	UserID string `json:"userId"`
	// The id that your application gave to the user, if it gave one.
	ExternalUserID string               `json:"externalUserId,omitempty"`
	Account        Account              `json:"account"`
	Transactions   *DeletedTransactions `json:"transactions,omitempty"`
}

// AccountCreated is the data of "account:created". An account was created. The field is not documented. Receivers find
// the account's id in it.
type AccountCreated struct {
	// The account's id in Tink's API.
	ID string `json:"id,omitempty"`
}

// AccountUpdated is the data of "account:updated". An account was updated. The field is not documented. Receivers find
// the account's id in it.
type AccountUpdated struct {
	// The account's id in Tink's API.
	ID string `json:"id,omitempty"`
}

// Report is one report of a bundle: with ID if it was created, with Error if not.
type Report struct {
	// The kind of report. It is ACCOUNT_VERIFICATION_REPORT, TRANSACTION_REPORT, INCOME_CHECK_REPORT,
	// EXPENSE_CHECK_REPORT or RISK_INSIGHTS_REPORT, or another.
	Type string `json:"type"`
	// Whether the report was created. It is CREATED or FAILED, or another.
	Status string `json:"status"`
	// The report's id in Tink's API; only of a report that was created.
	ID string `json:"id,omitempty"`
	// Why the report was not created.
	Error string `json:"error,omitempty"`
}

// ReportsGenerationCompleted is the data of "reports-generation:completed". Reports were generated, or failed to be
// (Account Check and the other report products).
type ReportsGenerationCompleted struct {
	// The reports of the bundle.
	Reports []Report `json:"reports"`
}

// PaymentAccount is the account that money goes to.
type PaymentAccount struct {
	// The account's number.
	AccountNumber Text `json:"accountNumber"`
	// The kind of number.
	Type string `json:"type"`
}

// PaymentSource is the account that money comes from.
type PaymentSource struct {
	// The account's number.
	AccountNumber Text `json:"accountNumber,omitempty"`
	// The kind of number.
	Type string `json:"type,omitempty"`
	// The account as a URI.
	URI string `json:"uri,omitempty"`
	// The payer's name; with Verified Payments only.
	PayerName string `json:"payerName,omitempty"`
}

// PaymentStatus is the status of a one-time payment. The known values are the terminal ones; there are others.
type PaymentStatus string

// Known values; there may be others.
const (
	PaymentStatusSent         PaymentStatus = "SENT"
	PaymentStatusSettled      PaymentStatus = "SETTLED"
	PaymentStatusSettledPayer PaymentStatus = "SETTLED_PAYER"
	PaymentStatusSettledPayee PaymentStatus = "SETTLED_PAYEE"
	PaymentStatusFailed       PaymentStatus = "FAILED"
	PaymentStatusCancelled    PaymentStatus = "CANCELLED"
)

// RemittanceInformation is the reference that goes with a payment.
type RemittanceInformation struct {
	// The kind of reference.
	Type string `json:"type"`
	// The reference itself.
	Value Text `json:"value"`
}

// PayerInformation is the payer; deprecated, and with Verified Payments only.
type PayerInformation struct {
	// The payer's name.
	Name string `json:"name,omitempty"`
	// The number of the payer's account.
	AccountIdentifier Text `json:"accountIdentifier,omitempty"`
}

// PaymentUpdated is the data of "payment:updated". A payment reached a terminal status (Payments).
type PaymentUpdated struct {
	// The payment's id in Tink's API.
	ID string `json:"id"`
	// The id of the payment request that your application made.
	PaymentRequestID string `json:"paymentRequestId"`
	// The amount, in units of the currency. Do not compute with it as a binary fraction.
	Amount Number `json:"amount"`
	// ISO 4217 code of the currency.
	Currency string `json:"currency"`
	// How the money is sent.
	PaymentScheme string         `json:"paymentScheme"`
	Destination   PaymentAccount `json:"destination"`
	Source        *PaymentSource `json:"source,omitempty"`
	// The payer's bank.
	ProviderName string `json:"providerName"`
	// Who gets the money.
	RecipientName string `json:"recipientName"`
	// The message on the payer's statement.
	SourceMessage string        `json:"sourceMessage,omitempty"`
	Status        PaymentStatus `json:"status"`
	// The status in words.
	StatusMessage string `json:"statusMessage"`
	// When the payment was created.
	Created Time `json:"created,omitzero"`
	// When the payment last changed.
	Updated               Time                  `json:"updated,omitzero"`
	RemittanceInformation RemittanceInformation `json:"remittanceInformation"`
	// What your application stored with the payment request.
	Metadata map[string]string `json:"metadata,omitempty"`
	// With Verified Payments only.
	//
	// Deprecated: by Tink. Read Source.
	PayerInformation *PayerInformation `json:"payerInformation,omitempty"`
}

// UnscaledValue is unscaledValue times ten to the power of minus Scale. Some of Tink's interfaces print text here.
type UnscaledValue struct {
	// The digits of the amount.
	UnscaledValue Number `json:"unscaledValue"`
	// How many of the digits follow the decimal point.
	Scale Number `json:"scale"`
}

// Money is an amount in a currency.
type Money struct {
	// ISO 4217 code of the currency.
	CurrencyCode string        `json:"currencyCode"`
	Value        UnscaledValue `json:"value"`
}

// MandatePaymentStatus is the status of a payment under a mandate.
type MandatePaymentStatus string

// Known values; there may be others.
const (
	MandatePaymentStatusCreated      MandatePaymentStatus = "CREATED"
	MandatePaymentStatusSent         MandatePaymentStatus = "SENT"
	MandatePaymentStatusSettledPayer MandatePaymentStatus = "SETTLED_PAYER"
	MandatePaymentStatusSettledPayee MandatePaymentStatus = "SETTLED_PAYEE"
	MandatePaymentStatusFailed       MandatePaymentStatus = "FAILED"
	MandatePaymentStatusCancelled    MandatePaymentStatus = "CANCELLED"
)

// PayeeAccount is the account that money goes to. An example prints Number as a JSON number.
type PayeeAccount struct {
	// The account holder's name.
	Name string `json:"name"`
	// The account's number.
	Number Text `json:"number"`
	// The kind of number.
	Type string `json:"type"`
}

// PayerAccount is the account that money comes from. An example prints Number as a JSON number.
type PayerAccount struct {
	// The account holder's name.
	HolderName string `json:"holderName"`
	// The account's number.
	Number Text `json:"number"`
	// The kind of number.
	Type string `json:"type"`
}

// MandatePaymentUpdated is the data of "mandate-payment:updated". A payment under a mandate changed (variable recurring
// payments). Its times are ISO 8601.
type MandatePaymentUpdated struct {
	// The payment's id in Tink's API.
	ID string `json:"id"`
	// The id of the consent that allows the payment.
	ConsentID string `json:"consentId"`
	// The id of your merchant at Tink.
	MerchantID string `json:"merchantId,omitempty"`
	// The payer's bank.
	ProviderID string `json:"providerId"`
	// The kind of mandate. It is VRP_COMMERCIAL or VRP_SWEEPING, or another.
	Type   string               `json:"type"`
	Amount Money                `json:"amount"`
	Status MandatePaymentStatus `json:"status"`
	// The status in words.
	StatusMessage         string                `json:"statusMessage"`
	RemittanceInformation RemittanceInformation `json:"remittanceInformation"`
	PayeeAccount          PayeeAccount          `json:"payeeAccount"`
	PayerAccount          PayerAccount          `json:"payerAccount"`
	// When the payment was created.
	CreatedTime string `json:"createdTime"`
	// When the payment last changed.
	UpdatedTime string `json:"updatedTime"`
}

// AccountIdentifier is an account on either side of a settlement. Empty text stands for "none".
type AccountIdentifier struct {
	// The account's number.
	Identifier Text `json:"identifier"`
	// The kind of number. ACCOUNT_IDENTIFIER_TYPE_UNSPECIFIED comes with an empty Identifier.
	Type string `json:"type"`
}

// SettlementTransactionCreated is the data of "settlement-transaction:created". Money moved on a settlement account.
// Empty text stands for "none".
type SettlementTransactionCreated struct {
	// The id of your merchant at Tink.
	MerchantID string `json:"merchantId"`
	// The settlement account's id.
	AccountID string `json:"accountId"`
	// The transaction's id.
	TransactionID string `json:"transactionId"`
	// The amount, in units of the currency. Do not compute with it as a binary fraction.
	Amount Number `json:"amount"`
	// ISO 4217 code of the currency.
	CurrencyCode string `json:"currencyCode"`
	// When the money moved.
	Timestamp Time `json:"timestamp"`
	// The reference on the transaction.
	Reference string `json:"reference,omitempty"`
	// The account's balance afterwards.
	AccountBalance Number `json:"accountBalance,omitempty"`
	// The id of the payment request that it belongs to, if any.
	PaymentRequestID string             `json:"paymentRequestId,omitempty"`
	PayerAccount     *AccountIdentifier `json:"payerAccount,omitempty"`
	PayeeAccount     *AccountIdentifier `json:"payeeAccount,omitempty"`
	// What your application stored with the payment request.
	Metadata map[string]string `json:"metadata,omitempty"`
	// The transaction that this one refunds, if any.
	OriginalTransactionID string `json:"originalTransactionId,omitempty"`
	// The kind of movement. It is PAYIN, MERCHANT_PAYIN, EXTERNAL_PAYIN, SWEEP, REFUND, WITHDRAWAL or TRANSFER, or
	// another.
	Type string `json:"type"`
	// The refund that it belongs to, if any.
	RefundID string `json:"refundId,omitempty"`
	// Who paid.
	PayerName string `json:"payerName,omitempty"`
	// Who was paid.
	PayeeName string `json:"payeeName,omitempty"`
}

// SettlementPayoutUpdated is the data of "settlement-payout:updated". A payout from a settlement account ended.
type SettlementPayoutUpdated struct {
	// The payout's id.
	ID string `json:"id"`
	// The kind of payout.
	Type string `json:"type"`
	// The id of your merchant at Tink.
	MerchantID string `json:"merchantId"`
	// The settlement account's id.
	AccountID string `json:"accountId"`
	// The id of your app at Tink.
	AppID string `json:"appId,omitempty"`
	// Who is paid.
	PayeeName    string             `json:"payeeName,omitempty"`
	PayeeAccount *AccountIdentifier `json:"payeeAccount,omitempty"`
	// The amount, in units of the currency. Do not compute with it as a binary fraction.
	Amount Number `json:"amount"`
	// ISO 4217 code of the currency.
	CurrencyCode string `json:"currencyCode"`
	// The reference on the payout.
	Reference string `json:"reference,omitempty"`
	// What your application stored with the payout.
	Metadata map[string]string `json:"metadata,omitempty"`
	// When the payout changed.
	Timestamp Time `json:"timestamp"`
	// The payout's status. Only FAILED and COMPLETED are announced. It is PENDING, FAILED or COMPLETED, or another.
	Status string `json:"status"`
	// The status in words; may be empty.
	StatusMessage string `json:"statusMessage,omitempty"`
}

// SettlementAccountUpdated is the data of "settlement-account:updated". A settlement account's status changed.
type SettlementAccountUpdated struct {
	// The id of your merchant at Tink.
	MerchantID string `json:"merchantId"`
	// The settlement account's id.
	AccountID string `json:"accountId"`
	// The account's status. It is ENABLED, SUSPENDED or TERMINATED, or another.
	Status string `json:"status"`
}

// InsightAction is what a user can do about an insight.
type InsightAction struct {
	// The text of the button.
	Label string `json:"label,omitempty"`
	// What the action does.
	Data json.RawMessage `json:"data,omitempty"`
}

// Insight is one insight; what Data holds depends on Type.
type Insight struct {
	// The insight's id in Tink's API.
	ID string `json:"id"`
	// The user's id in Tink's API.
	UserID string `json:"userId,omitempty"`
	// The kind of insight.
	Type string `json:"type"`
	// A title to show to the user, in the user's language.
	Title string `json:"title,omitempty"`
	// A text to show to the user, in the user's language.
	Description string `json:"description,omitempty"`
	// When the insight was created.
	CreatedTime Time `json:"createdTime,omitzero"`
	// What the insight is about.
	Data json.RawMessage `json:"data,omitempty"`
	// What the user can do about it.
	Actions []InsightAction `json:"actions,omitempty"`
}

// ActionableInsightsCreated is the data of "actionable-insights:created". Insights were created (Money Manager).
type ActionableInsightsCreated struct {
	// The user's id in Tink's API.
	UserID string `json:"userId"`
	// The id that your application gave to the user, if it gave one.
	ExternalUserID string `json:"externalUserId,omitempty"`
	// The insights; at least one.
	Insights []Insight `json:"insights"`
}

// EnrichmentCompleted is the data of "enrichment-completed". A batch of transactions was enriched (Data Enrichment).
// The one name without a colon.
type EnrichmentCompleted struct {
	// The id of your app at Tink.
	AppID string `json:"appId"`
	// The user's id in Tink's API.
	UserID string `json:"userId"`
	// The batch's id.
	BatchID string `json:"batchId"`
	// How many transactions the batch holds.
	TotalTransactions Int `json:"totalTransactions"`
	// What your app may see of the result.
	PermittedEnrichments []string `json:"permittedEnrichments"`
	// When the batch was done.
	CompletedAt string `json:"completedAt"`
	// False after a timeout; some transactions are enriched even then.
	EnrichmentCompleted bool `json:"enrichmentCompleted"`
	// What was done with the transactions.
	BatchType string `json:"batchType"`
	// The operation's id.
	OperationID string `json:"operationId"`
}

// Credentials is the data of "credentials.updated", "credentials.refresh.succeeded" and "credentials.refresh.failed".
// What the community envelope says of credentials. Nothing documents this data, so all of its fields are only likely.
type Credentials struct {
	// The user's id in Tink's API.
	UserID string `json:"userId,omitempty"`
	// The id that your application gave to the user, if it gave one.
	ExternalUserID string `json:"externalUserId,omitempty"`
	// The credentials' id in Tink's API.
	CredentialsID string            `json:"credentialsId,omitempty"`
	Status        CredentialsStatus `json:"status,omitempty"`
}

// ProviderConsent is the data of "provider_consents.created" and "provider_consents.revoked". What the community
// envelope says of a provider consent. Nothing documents this data, so all of its fields are only likely.
type ProviderConsent struct {
	// The user's id in Tink's API.
	UserID string `json:"userId,omitempty"`
	// The id that your application gave to the user, if it gave one.
	ExternalUserID string `json:"externalUserId,omitempty"`
	// The consent's id.
	ConsentID string `json:"consentId,omitempty"`
	// The provider, usually a bank.
	ProviderName string `json:"providerName,omitempty"`
}

// dataTypes is the struct of every known event.
var dataTypes = map[EventType]reflect.Type{
	TypeCredentialsUpdated:                reflect.TypeFor[Credentials](),
	TypeCredentialsRefreshSucceeded:       reflect.TypeFor[Credentials](),
	TypeCredentialsRefreshFailed:          reflect.TypeFor[Credentials](),
	TypeProviderConsentsCreated:           reflect.TypeFor[ProviderConsent](),
	TypeProviderConsentsRevoked:           reflect.TypeFor[ProviderConsent](),
	TypeRefreshFinished:                   reflect.TypeFor[RefreshFinished](),
	TypeAccountTransactionsModified:       reflect.TypeFor[AccountTransactionsModified](),
	TypeAccountBookedTransactionsModified: reflect.TypeFor[AccountBookedTransactionsModified](),
	TypeAccountTransactionsDeleted:        reflect.TypeFor[AccountTransactionsDeleted](),
	TypeAccountCreated:                    reflect.TypeFor[AccountCreated](),
	TypeAccountUpdated:                    reflect.TypeFor[AccountUpdated](),
	TypeReportsGenerationCompleted:        reflect.TypeFor[ReportsGenerationCompleted](),
	TypePaymentUpdated:                    reflect.TypeFor[PaymentUpdated](),
	TypeMandatePaymentUpdated:             reflect.TypeFor[MandatePaymentUpdated](),
	TypeSettlementTransactionCreated:      reflect.TypeFor[SettlementTransactionCreated](),
	TypeSettlementPayoutUpdated:           reflect.TypeFor[SettlementPayoutUpdated](),
	TypeSettlementAccountUpdated:          reflect.TypeFor[SettlementAccountUpdated](),
	TypeActionableInsightsCreated:         reflect.TypeFor[ActionableInsightsCreated](),
	TypeEnrichmentCompleted:               reflect.TypeFor[EnrichmentCompleted](),
}
