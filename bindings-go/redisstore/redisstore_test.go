//go:build unix

package redisstore_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	tinkwebhooks "github.com/tink-webhooks/tink-webhooks/bindings-go"
	"github.com/tink-webhooks/tink-webhooks/bindings-go/idempotency"
	"github.com/tink-webhooks/tink-webhooks/bindings-go/idempotency/storetest"
	"github.com/tink-webhooks/tink-webhooks/bindings-go/internal/oncetest"
	"github.com/tink-webhooks/tink-webhooks/bindings-go/internal/servers"
	"github.com/tink-webhooks/tink-webhooks/bindings-go/redisstore"
)

func TestMain(m *testing.M) {
	oncetest.Main(m, map[string]func(string) (tinkwebhooks.HandlerFunc, error){
		"redis": func(address string) (tinkwebhooks.HandlerFunc, error) {
			store, err := redisstore.New(redis.NewClient(&redis.Options{Addr: address}))
			if err != nil {
				return nil, err
			}
			return oncetest.Effect(store)
		},
	})
}

// open makes a store over a client of its own.
func open(address string) oncetest.Open {
	return func(t testing.TB) idempotency.Store {
		t.Helper()
		client := redis.NewClient(&redis.Options{Addr: address})
		store, err := redisstore.New(client)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			_ = store.Close()
			_ = client.Close()
		})
		return store
	}
}

func TestTheStore(t *testing.T) {
	for _, name := range []string{"redis", "valkey"} {
		t.Run(name, func(t *testing.T) { oncetest.Run(t, open(servers.Redis(t, name).Address())) })
	}
}

// A cluster of one server: it refuses scripts whose keys are not in one slot.
func TestACluster(t *testing.T) {
	server := servers.Redis(t, "redis", "--cluster-enabled", "yes")
	client := redis.NewClusterClient(&redis.ClusterOptions{Addrs: []string{server.Address()}})
	defer client.Close()
	node := redis.NewClient(&redis.Options{Addr: server.Address()})
	defer node.Close()
	slots := []any{"CLUSTER", "ADDSLOTS"}
	for slot := range 16384 {
		slots = append(slots, slot)
	}
	if err := node.Do(t.Context(), slots...).Err(); err != nil {
		t.Fatal(err)
	}
	for until := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		state := node.ClusterInfo(t.Context()).Val()
		if strings.Contains(state, "cluster_state:ok") {
			break
		}
		if time.Now().After(until) {
			t.Fatal(state)
		}
	}
	store, err := redisstore.New(client)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	storetest.Run(t, store)
}

func TestAServerThatIsStopped(t *testing.T) {
	server := servers.Redis(t, "redis")
	oncetest.Stopped(t, server, open(server.Address()))
}

func TestWorkersThatAreKilled(t *testing.T) {
	oncetest.Kill(t, "redis", servers.Redis(t, "redis").Address(), true, nil)
}

// Handlers that have all connections of the pool keep their leases.
func TestLeasesHaveAConnectionOfTheirOwn(t *testing.T) {
	address := servers.Redis(t, "redis").Address()
	client := redis.NewClient(&redis.Options{Addr: address, PoolSize: 1, PoolTimeout: time.Minute})
	defer client.Close()
	store, err := redisstore.New(client)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	claimed, err := store.Claim(t.Context(), "s", "k", "a", time.Minute)
	if err != nil || claimed.State != idempotency.Claimed {
		t.Fatalf("%+v, %v", claimed, err)
	}
	taken := client.Conn()
	defer taken.Close()
	if err := taken.Ping(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	limited, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if held, err := store.Extend(limited, "s", "k", "a", time.Minute); !held || err != nil {
		t.Errorf("%v, %v", held, err)
	}
}

func TestWhereTheRecordsAre(t *testing.T) {
	client := redis.NewClient(&redis.Options{Addr: servers.Redis(t, "redis").Address()})
	defer client.Close()
	for prefix, opts := range map[string][]redisstore.Option{
		"tink-webhooks:once:": nil, "shop:": {redisstore.WithPrefix("shop:")},
	} {
		store, err := redisstore.New(client, opts...)
		if err != nil {
			t.Fatal(err)
		}
		defer store.Close()
		if _, err := store.Claim(t.Context(), "book", "k", "a", time.Minute); err != nil {
			t.Fatal(err)
		}
		if record := client.Get(t.Context(), prefix+"book:k").Val(); record != "claimed a" {
			t.Errorf("%s: %v", prefix, record)
		}
		if left := client.PTTL(t.Context(), prefix+"book:k").Val(); left <= time.Minute || left > 2*time.Minute {
			t.Errorf("%s: it goes in %s", prefix, left)
		}
	}
}

func TestWhatIsNoClient(t *testing.T) {
	for _, none := range []redis.UniversalClient{nil, (*redis.Client)(nil), (*redis.ClusterClient)(nil), (*redis.Ring)(nil)} {
		store, err := redisstore.New(none)
		if store != nil || err == nil || !strings.Contains(err.Error(), "client") {
			t.Errorf("%T: %v", none, err)
		}
	}
}

func TestNoPasswordIsShown(t *testing.T) {
	client := redis.NewClient(&redis.Options{Addr: "127.0.0.1:1", Password: "hunter2", MaxRetries: -1})
	defer client.Close()
	store, err := redisstore.New(client)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	_, err = store.Claim(t.Context(), "s", "k", "a", time.Second)
	if err == nil {
		t.Fatal("nobody listens there")
	}
	if shown := fmt.Sprint(store, err); strings.Contains(shown, "hunter2") {
		t.Error(shown)
	}
}

// The store's own client has a processor of notifications of its own: a second client that registers its handlers with
// that of the first logs an error, or panics where they are asked for.
func TestNotificationsOfMaintenance(t *testing.T) {
	client := redis.NewClient(&redis.Options{
		Addr:                     "127.0.0.1:1",
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeEnabled},
	})
	defer client.Close()
	store, err := redisstore.New(client)
	if err != nil {
		t.Fatal(err)
	}
	_ = store.Close()
}
