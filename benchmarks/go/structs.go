package main

import (
	"encoding/json"
	"fmt"
	"log"

	"github.com/tink-webhooks/tink-webhooks/benchmarks/go/peer"
	tinkwebhooks "github.com/tink-webhooks/tink-webhooks/bindings-go"
)

// intoStructs are the cases in which data becomes a struct: one of the library's, one of one's own, and by hand.
func intoStructs(hooks *tinkwebhooks.Handler, body []byte, signature string, verify func() error) []benchmark {
	switch name := nameOf(body); name {
	case "refresh:finished":
		return intoStruct[tinkwebhooks.RefreshFinished, peer.Refresh](hooks, body, signature, verify)
	case "payment:updated":
		return intoStruct[tinkwebhooks.PaymentUpdated, peer.Payment](hooks, body, signature, verify)
	case "actionable-insights:created":
		return intoStruct[tinkwebhooks.ActionableInsightsCreated, peer.Insights](hooks, body, signature, verify)
	case "account-transactions:deleted":
		return intoStruct[tinkwebhooks.AccountTransactionsDeleted, peer.Deleted](hooks, body, signature, verify)
	default:
		log.Fatalf("no struct for %s", name)
		return nil
	}
}

func nameOf(body []byte) string {
	var envelope peer.Envelope
	if err := json.Unmarshal(body, &envelope); err != nil {
		log.Fatal(err)
	}
	return envelope.Event
}

func intoStruct[Ours, Own any](hooks *tinkwebhooks.Handler, body []byte, signature string, verify func() error) []benchmark {
	constructed := func(data any) error {
		event, err := hooks.ConstructEvent(body, signature)
		if err != nil {
			return err
		}
		return event.DecodeData(data)
	}
	return []benchmark{
		{"construct, data into a struct", func() error { return constructed(new(Ours)) }},
		{"construct, data into a struct of one's own", func() error { return constructed(new(Own)) }},
		{"crypto/hmac + encoding/json, struct", func() error {
			if err := verify(); err != nil {
				return err
			}
			return json.Unmarshal(body, new(peer.Full[Own]))
		}},
	}
}

// otherIDs are the cases with another body in each call, whose ids nothing can have kept from an earlier one.
func otherIDs(hooks *tinkwebhooks.Handler, secret string, body []byte) []benchmark {
	const different = 64
	type delivery struct {
		body      []byte
		signature string
	}
	deliveries := make([]delivery, different)
	for number := range deliveries {
		changed := withOtherIDs(body, number)
		signature, err := tinkwebhooks.GenerateSignature(changed, secret)
		if err != nil {
			log.Fatal(err)
		}
		deliveries[number] = delivery{changed, signature}
	}
	next := 0
	return []benchmark{{"construct, data read, ids never repeat", func() error {
		next = (next + 1) % different
		event, err := hooks.ConstructEvent(deliveries[next].body, deliveries[next].signature)
		if err != nil {
			return err
		}
		var data map[string]any
		return event.DecodeData(&data)
	}}}
}

// withOtherIDs changes the last two digits of every run of 32 hex digits.
func withOtherIDs(body []byte, number int) []byte {
	changed, run := append([]byte{}, body...), 0
	for at, c := range changed {
		if '0' <= c && c <= '9' || 'a' <= c && c <= 'f' {
			run++
		} else {
			run = 0
		}
		if run == 32 {
			copy(changed[at-1:], fmt.Sprintf("%02x", number))
		}
	}
	return changed
}
