// One half of a pair in Go: put PORT LIST, or take PORT LIST..., as tests/pairs/python_pair.py describes it.
package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"log"
	"os"

	"github.com/redis/go-redis/v9"
	tinkwebhooks "github.com/tink-webhooks/tink-webhooks/bindings-go"
)

func put(ctx context.Context, client *redis.Client, list string) error {
	hooks, err := tinkwebhooks.NewHandler(tinkwebhooks.WithSchemes(tinkwebhooks.SchemeV1, tinkwebhooks.SchemeBody))
	if err != nil {
		return err
	}
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		header, body, _ := bytes.Cut(lines.Bytes(), []byte("\t"))
		event, err := hooks.ConstructEvent(body, string(header))
		if err != nil {
			return err
		}
		if err := client.RPush(ctx, list, event.Serialize()).Err(); err != nil {
			return err
		}
	}
	return lines.Err()
}

func show(_ context.Context, event *tinkwebhooks.Event) error {
	proof, _ := event.Verification()
	signedAt := "-"
	if !proof.SignedAt.IsZero() {
		signedAt = fmt.Sprint(proof.SignedAt.Unix())
	}
	_, err := fmt.Printf("%s\t%d\t%s\t%s\t%d\t%s\t%s\t%s\n", event.Type(), event.Timestamp().UnixMilli(),
		cmp.Or(event.IdempotencyKey(), "-"), proof.Scheme, proof.SecretIndex, signedAt, cmp.Or(proof.DeliveryID, "-"),
		event.Data())
	return err
}

func take(ctx context.Context, client *redis.Client, lists []string) error {
	if os.Getenv("TINK_WEBHOOK_SECRET") != "" {
		return errors.New("there is a secret")
	}
	work, err := tinkwebhooks.NewDispatcher()
	if err != nil {
		return err
	}
	if _, err := work.RegisterHandler(tinkwebhooks.AllEvents, show); err != nil {
		return err
	}
	for _, list := range lists {
		texts, err := client.LRange(ctx, list, 0, -1).Result()
		if err != nil {
			return err
		}
		for _, text := range texts {
			event, err := tinkwebhooks.Deserialize([]byte(text))
			if err != nil {
				return err
			}
			if err := work.Dispatch(ctx, event); err != nil {
				return err
			}
		}
	}
	return nil
}

func main() {
	ctx, client := context.Background(), redis.NewClient(&redis.Options{Addr: "127.0.0.1:" + os.Args[2]})
	var err error
	if os.Args[1] == "put" {
		err = put(ctx, client, os.Args[3])
	} else {
		err = take(ctx, client, os.Args[3:])
	}
	if err != nil {
		log.Fatal(err)
	}
}
