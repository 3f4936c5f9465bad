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

// CredentialsStatus is how a refresh ended. Some of Tink's examples print STATUS_ before it.
type CredentialsStatus string

// Known values; there may be others. CredentialsTemporaryError needs no action of the user, the last two do.
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

// PaymentStatus is the status of a one-time payment.
type PaymentStatus string

// The terminal statuses; there are others.
const (
	PaymentStatusSent         PaymentStatus = "SENT"
	PaymentStatusSettled      PaymentStatus = "SETTLED"
	PaymentStatusSettledPayer PaymentStatus = "SETTLED_PAYER"
	PaymentStatusSettledPayee PaymentStatus = "SETTLED_PAYEE"
	PaymentStatusFailed       PaymentStatus = "FAILED"
	PaymentStatusCancelled    PaymentStatus = "CANCELLED"
)

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

// RefreshFinished is the data of "refresh:finished".
type RefreshFinished struct {
	CredentialsID     string            `json:"credentialsId"`
	CredentialsStatus CredentialsStatus `json:"credentialsStatus"`
	// Status repeats CredentialsStatus.
	//
	// Deprecated: by Tink. Read CredentialsStatus.
	Status            CredentialsStatus `json:"status"`
	Finished          Time              `json:"finished"`
	Source            OperationSource   `json:"source,omitempty"`
	SessionExpiryDate Time              `json:"sessionExpiryDate,omitzero"`
	ExternalUserID    string            `json:"externalUserId,omitempty"`
	DetailedError     *DetailedError    `json:"detailedError,omitempty"`
}

// DetailedError is why a refresh failed. DisplayMessage may be empty.
type DetailedError struct {
	// Type is TINK_SIDE_ERROR, PROVIDER_ERROR, USER_LOGIN_ERROR, AUTHORIZATION_ERROR or ACCOUNT_INFORMATION_ERROR, or
	// another.
	Type           string        `json:"type,omitempty"`
	DisplayMessage string        `json:"displayMessage,omitempty"`
	Details        *ErrorDetails `json:"details,omitempty"`
}

// ErrorDetails is why a refresh failed, exactly.
type ErrorDetails struct {
	Reason    string `json:"reason,omitempty"`
	Retryable bool   `json:"retryable,omitempty"`
}

// Account is the account that transactions belong to.
type Account struct {
	ID string `json:"id"`
}

// AccountTransactionsModified is the data of "account-transactions:modified".
type AccountTransactionsModified struct {
	UserID         string                `json:"userId"`
	ExternalUserID string                `json:"externalUserId,omitempty"`
	Account        Account               `json:"account"`
	Transactions   *ModifiedTransactions `json:"transactions,omitempty"`
}

// AccountBookedTransactionsModified is the data of "account-booked-transactions:modified": the same for booked
// transactions.
type AccountBookedTransactionsModified struct {
	UserID         string                `json:"userId"`
	ExternalUserID string                `json:"externalUserId,omitempty"`
	Account        Account               `json:"account"`
	Transactions   *ModifiedTransactions `json:"transactions,omitempty"`
}

// ModifiedTransactions is what changed. Dates are YYYY-MM-DD.
type ModifiedTransactions struct {
	EarliestModifiedBookedDate string `json:"earliestModifiedBookedDate,omitempty"`
	LatestModifiedBookedDate   string `json:"latestModifiedBookedDate,omitempty"`
	Inserted                   Int    `json:"inserted,omitempty"`
	Updated                    Int    `json:"updated,omitempty"`
	Deleted                    Int    `json:"deleted,omitempty"`
}

// AccountTransactionsDeleted is the data of "account-transactions:deleted".
type AccountTransactionsDeleted struct {
	UserID         string               `json:"userId"`
	ExternalUserID string               `json:"externalUserId,omitempty"`
	Account        Account              `json:"account"`
	Transactions   *DeletedTransactions `json:"transactions,omitempty"`
}

// DeletedTransactions is the ids of the transactions that were deleted.
type DeletedTransactions struct {
	IDs []string `json:"ids,omitempty"`
}

// AccountCreated is the data of "account:created". The field is not documented; receivers find the account's id in it.
type AccountCreated struct {
	ID string `json:"id,omitempty"`
}

// AccountUpdated is the data of "account:updated", as [AccountCreated].
type AccountUpdated struct {
	ID string `json:"id,omitempty"`
}

// ReportsGenerationCompleted is the data of "reports-generation:completed".
type ReportsGenerationCompleted struct {
	Reports []Report `json:"reports"`
}

// Report is one report of a bundle: with ID if it was created, with Error if not.
type Report struct {
	Type string `json:"type"`
	// Status is CREATED or FAILED.
	Status string `json:"status"`
	ID     string `json:"id,omitempty"`
	Error  string `json:"error,omitempty"`
}

// PaymentUpdated is the data of "payment:updated".
type PaymentUpdated struct {
	ID                    string                `json:"id"`
	PaymentRequestID      string                `json:"paymentRequestId"`
	Amount                Number                `json:"amount"`
	Currency              string                `json:"currency"`
	PaymentScheme         string                `json:"paymentScheme"`
	Destination           PaymentAccount        `json:"destination"`
	Source                *PaymentSource        `json:"source,omitempty"`
	ProviderName          string                `json:"providerName"`
	RecipientName         string                `json:"recipientName"`
	SourceMessage         string                `json:"sourceMessage,omitempty"`
	Status                PaymentStatus         `json:"status"`
	StatusMessage         string                `json:"statusMessage"`
	Created               Time                  `json:"created,omitzero"`
	Updated               Time                  `json:"updated,omitzero"`
	RemittanceInformation RemittanceInformation `json:"remittanceInformation"`
	Metadata              map[string]string     `json:"metadata,omitempty"`
	// PayerInformation comes with Verified Payments only.
	//
	// Deprecated: by Tink. Read Source.
	PayerInformation *PayerInformation `json:"payerInformation,omitempty"`
}

// PaymentAccount is the account that money goes to.
type PaymentAccount struct {
	AccountNumber Text   `json:"accountNumber"`
	Type          string `json:"type"`
}

// PaymentSource is the account that money comes from.
type PaymentSource struct {
	AccountNumber Text   `json:"accountNumber,omitempty"`
	Type          string `json:"type,omitempty"`
	URI           string `json:"uri,omitempty"`
	PayerName     string `json:"payerName,omitempty"`
}

// RemittanceInformation is the reference that goes with a payment.
type RemittanceInformation struct {
	Type  string `json:"type"`
	Value Text   `json:"value"`
}

// PayerInformation is deprecated, and comes with Verified Payments only.
type PayerInformation struct {
	Name              string `json:"name,omitempty"`
	AccountIdentifier Text   `json:"accountIdentifier,omitempty"`
}

// MandatePaymentUpdated is the data of "mandate-payment:updated". Its times are in ISO 8601.
type MandatePaymentUpdated struct {
	ID         string `json:"id"`
	ConsentID  string `json:"consentId"`
	MerchantID string `json:"merchantId,omitempty"`
	ProviderID string `json:"providerId"`
	// Type is VRP_COMMERCIAL or VRP_SWEEPING.
	Type                  string                `json:"type"`
	Amount                Money                 `json:"amount"`
	Status                MandatePaymentStatus  `json:"status"`
	StatusMessage         string                `json:"statusMessage"`
	RemittanceInformation RemittanceInformation `json:"remittanceInformation"`
	PayeeAccount          PayeeAccount          `json:"payeeAccount"`
	PayerAccount          PayerAccount          `json:"payerAccount"`
	CreatedTime           string                `json:"createdTime"`
	UpdatedTime           string                `json:"updatedTime"`
}

// Money is an amount in a currency.
type Money struct {
	CurrencyCode string        `json:"currencyCode"`
	Value        UnscaledValue `json:"value"`
}

// UnscaledValue is UnscaledValue times ten to the power of minus Scale.
type UnscaledValue struct {
	UnscaledValue Number `json:"unscaledValue"`
	Scale         Number `json:"scale"`
}

// PayeeAccount is the account that money goes to.
type PayeeAccount struct {
	Name   string `json:"name"`
	Number Text   `json:"number"`
	Type   string `json:"type"`
}

// PayerAccount is the account that money comes from.
type PayerAccount struct {
	HolderName string `json:"holderName"`
	Number     Text   `json:"number"`
	Type       string `json:"type"`
}

// AccountIdentifier is an account on either side of a settlement. Empty text stands for "none".
type AccountIdentifier struct {
	Identifier Text   `json:"identifier"`
	Type       string `json:"type"`
}

// SettlementTransactionCreated is the data of "settlement-transaction:created". Empty text stands for "none".
type SettlementTransactionCreated struct {
	MerchantID            string             `json:"merchantId"`
	AccountID             string             `json:"accountId"`
	TransactionID         string             `json:"transactionId"`
	Amount                Number             `json:"amount"`
	CurrencyCode          string             `json:"currencyCode"`
	Timestamp             Time               `json:"timestamp"`
	Reference             string             `json:"reference,omitempty"`
	AccountBalance        Number             `json:"accountBalance,omitempty"`
	PaymentRequestID      string             `json:"paymentRequestId,omitempty"`
	PayerAccount          *AccountIdentifier `json:"payerAccount,omitempty"`
	PayeeAccount          *AccountIdentifier `json:"payeeAccount,omitempty"`
	Metadata              map[string]string  `json:"metadata,omitempty"`
	OriginalTransactionID string             `json:"originalTransactionId,omitempty"`
	// Type is PAYIN, MERCHANT_PAYIN, EXTERNAL_PAYIN, SWEEP, REFUND, WITHDRAWAL or TRANSFER, or another.
	Type      string `json:"type"`
	RefundID  string `json:"refundId,omitempty"`
	PayerName string `json:"payerName,omitempty"`
	PayeeName string `json:"payeeName,omitempty"`
}

// SettlementPayoutUpdated is the data of "settlement-payout:updated".
type SettlementPayoutUpdated struct {
	ID           string             `json:"id"`
	Type         string             `json:"type"`
	MerchantID   string             `json:"merchantId"`
	AccountID    string             `json:"accountId"`
	AppID        string             `json:"appId,omitempty"`
	PayeeName    string             `json:"payeeName,omitempty"`
	PayeeAccount *AccountIdentifier `json:"payeeAccount,omitempty"`
	Amount       Number             `json:"amount"`
	CurrencyCode string             `json:"currencyCode"`
	Reference    string             `json:"reference,omitempty"`
	Metadata     map[string]string  `json:"metadata,omitempty"`
	Timestamp    Time               `json:"timestamp"`
	// Status is PENDING, FAILED or COMPLETED.
	Status        string `json:"status"`
	StatusMessage string `json:"statusMessage,omitempty"`
}

// SettlementAccountUpdated is the data of "settlement-account:updated".
type SettlementAccountUpdated struct {
	MerchantID string `json:"merchantId"`
	AccountID  string `json:"accountId"`
	// Status is ENABLED, SUSPENDED or TERMINATED.
	Status string `json:"status"`
}

// ActionableInsightsCreated is the data of "actionable-insights:created": at least one insight.
type ActionableInsightsCreated struct {
	UserID         string    `json:"userId"`
	ExternalUserID string    `json:"externalUserId,omitempty"`
	Insights       []Insight `json:"insights"`
}

// Insight is one insight; what Data holds depends on Type.
type Insight struct {
	ID          string          `json:"id"`
	UserID      string          `json:"userId,omitempty"`
	Type        string          `json:"type"`
	Title       string          `json:"title,omitempty"`
	Description string          `json:"description,omitempty"`
	CreatedTime Time            `json:"createdTime,omitzero"`
	Data        json.RawMessage `json:"data,omitempty"`
	Actions     []InsightAction `json:"actions,omitempty"`
}

// InsightAction is what a user can do about an insight.
type InsightAction struct {
	Label string          `json:"label,omitempty"`
	Data  json.RawMessage `json:"data,omitempty"`
}

// EnrichmentCompleted is the data of "enrichment-completed".
type EnrichmentCompleted struct {
	AppID                string   `json:"appId"`
	UserID               string   `json:"userId"`
	BatchID              string   `json:"batchId"`
	TotalTransactions    Int      `json:"totalTransactions"`
	PermittedEnrichments []string `json:"permittedEnrichments"`
	// CompletedAt is in ISO 8601.
	CompletedAt string `json:"completedAt"`
	// EnrichmentCompleted is false after a timeout.
	EnrichmentCompleted bool   `json:"enrichmentCompleted"`
	BatchType           string `json:"batchType"`
	OperationID         string `json:"operationId"`
}

// Credentials is the data of "credentials.updated", "credentials.refresh.succeeded" and "credentials.refresh.failed".
type Credentials struct {
	UserID         string            `json:"userId,omitempty"`
	ExternalUserID string            `json:"externalUserId,omitempty"`
	CredentialsID  string            `json:"credentialsId,omitempty"`
	Status         CredentialsStatus `json:"status,omitempty"`
}

// ProviderConsent is the data of "provider_consents.created" and "provider_consents.revoked".
type ProviderConsent struct {
	UserID         string `json:"userId,omitempty"`
	ExternalUserID string `json:"externalUserId,omitempty"`
	ConsentID      string `json:"consentId,omitempty"`
	ProviderName   string `json:"providerName,omitempty"`
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
