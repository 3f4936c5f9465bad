// Package effects checks what ClaimIn of the stores is given.
package effects

import (
	"reflect"

	tinkwebhooks "github.com/tink-webhooks/tink-webhooks/bindings-go"
	"github.com/tink-webhooks/tink-webhooks/bindings-go/internal/bridge"
	"github.com/tink-webhooks/tink-webhooks/bindings-go/internal/scope"
)

// Check refuses a nil transaction and a scope that is no name.
func Check(tx any, name string) error {
	if !scope.Is(name) {
		return Refuse(scope.Wanted)
	}
	return CheckTx(tx)
}

// CheckTx refuses a nil transaction.
func CheckTx(tx any) error {
	if value := reflect.ValueOf(tx); tx == nil || value.Kind() == reflect.Pointer && value.IsNil() {
		return Refuse("the transaction is nil")
	}
	return nil
}

// Refuse returns an error with the reason invalid_option.
func Refuse(text string) error {
	return bridge.Refuse(string(tinkwebhooks.ErrInvalidOption), text, nil)
}
