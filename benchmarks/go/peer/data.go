package peer

import "encoding/json"

// Refresh is the data of refresh:finished, as one writes it down by hand.
type Refresh struct {
	CredentialsID     string `json:"credentialsId"`
	CredentialsStatus string `json:"credentialsStatus"`
	Status            string `json:"status"`
	Finished          int64  `json:"finished"`
	Source            string `json:"source"`
	SessionExpiryDate int64  `json:"sessionExpiryDate"`
}

// Party is an account on either side of a payment.
type Party struct {
	AccountNumber string `json:"accountNumber"`
	Type          string `json:"type"`
}

// Payment is the data of payment:updated.
type Payment struct {
	ID                    string      `json:"id"`
	PaymentRequestID      string      `json:"paymentRequestId"`
	Amount                json.Number `json:"amount"`
	Currency              string      `json:"currency"`
	PaymentScheme         string      `json:"paymentScheme"`
	Destination           Party       `json:"destination"`
	ProviderName          string      `json:"providerName"`
	RecipientName         string      `json:"recipientName"`
	SourceMessage         string      `json:"sourceMessage"`
	Status                string      `json:"status"`
	StatusMessage         string      `json:"statusMessage"`
	Created               int64       `json:"created"`
	Updated               int64       `json:"updated"`
	RemittanceInformation struct {
		Type  string `json:"type"`
		Value string `json:"value"`
	} `json:"remittanceInformation"`
	Metadata map[string]string `json:"metadata"`
}

// Insights is the data of actionable-insights:created.
type Insights struct {
	UserID         string `json:"userId"`
	ExternalUserID string `json:"externalUserId"`
	Insights       []struct {
		ID          string          `json:"id"`
		UserID      string          `json:"userId"`
		Type        string          `json:"type"`
		Title       string          `json:"title"`
		Description string          `json:"description"`
		CreatedTime int64           `json:"createdTime"`
		Data        json.RawMessage `json:"data"`
		Actions     []struct {
			Label string          `json:"label"`
			Data  json.RawMessage `json:"data"`
		} `json:"actions"`
	} `json:"insights"`
}

// Deleted is the data of account-transactions:deleted.
type Deleted struct {
	UserID  string `json:"userId"`
	Account struct {
		ID string `json:"id"`
	} `json:"account"`
	Transactions struct {
		IDs []string `json:"ids"`
	} `json:"transactions"`
}

// Full is an event with its data in a struct.
type Full[T any] struct {
	Event   string
	Content T
	Context json.RawMessage
}
