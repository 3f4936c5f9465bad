// A receiver that is wrong on purpose: it trims the body before it verifies it. `go run .` prints where it listens; the
// secret is in TINK_WEBHOOK_SECRET.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"time"

	tinkwebhooks "github.com/tink-webhooks/tink-webhooks/bindings-go"
)

func main() {
	hooks, err := tinkwebhooks.NewHandler()
	if err != nil {
		log.Fatal(err)
	}
	defer hooks.Close()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Print(err)
		return
	}
	fmt.Printf("listening on http://%s/\n", listener.Addr())
	routes := http.NewServeMux()
	routes.HandleFunc("POST /", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 2<<20))
		if err == nil {
			_, err = hooks.VerifySignature(bytes.TrimSpace(body), r.Header.Get("X-Tink-Signature"))
		}
		var refused *tinkwebhooks.Error
		switch {
		case errors.As(err, &refused):
			http.Error(w, string(refused.Reason), refused.HTTPStatus())
		case err != nil:
			http.Error(w, "unreadable", http.StatusBadRequest)
		default:
			fmt.Fprintln(w, "ok")
		}
	})
	server := &http.Server{Handler: routes, ReadHeaderTimeout: 10 * time.Second}
	log.Print(server.Serve(listener))
}
