// Package redisstore keeps the records of package idempotency in Redis 5 or newer, or Valkey, through go-redis.
//
// The server must not evict records: maxmemory-policy noeviction. One that forgets, in a failover, makes handlers run
// twice.
package redisstore

import (
	"context"
	"fmt"
	"reflect"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/tink-webhooks/tink-webhooks/bindings-go/idempotency"
	"github.com/tink-webhooks/tink-webhooks/bindings-go/internal/effects"
	"github.com/tink-webhooks/tink-webhooks/bindings-go/internal/texts"
)

// Each text has one key, so that Cluster works. Where the server does not know one, go-redis sends it.
var (
	claim   = redis.NewScript(texts.Text("redis/claim.lua"))
	commit  = redis.NewScript(texts.Text("redis/commit.lua"))
	extend  = redis.NewScript(texts.Text("redis/extend.lua"))
	release = redis.NewScript(texts.Text("redis/release.lua"))
)

// Store is an [idempotency.Store]. Make it with [New].
type Store struct {
	client, beats redis.UniversalClient
	ownsBeats     bool
	prefix        string
}

var _ idempotency.Store = (*Store)(nil)

// Option is an option of [New].
type Option func(*Store)

// WithPrefix sets what the records' names begin with, "tink-webhooks:once:" by default.
func WithPrefix(prefix string) Option { return func(s *Store) { s.prefix = prefix } }

// New makes a store over a client: a [*redis.Client] or [*redis.ClusterClient], or another one. Leases are extended over a
// client of the store's own with the same options, so that handlers which use up a pool do not lose theirs; of other kinds
// of clients the given one is used. Nothing is sent yet.
//
// Errors: ErrInvalidOption for a nil client.
func New(client redis.UniversalClient, opts ...Option) (*Store, error) {
	made := &Store{client: client, beats: client, prefix: "tink-webhooks:once:"}
	if value := reflect.ValueOf(client); client == nil || value.Kind() == reflect.Pointer && value.IsNil() {
		return nil, effects.Refuse("the client is nil")
	}
	switch known := client.(type) {
	case *redis.Client:
		options := *known.Options()
		options.PoolSize, options.MinIdleConns, options.ContextTimeoutEnabled = ownConnections, 0, true
		options.PushNotificationProcessor = nil // that of the first has its handlers already: each makes its own
		made.beats, made.ownsBeats = redis.NewClient(&options), true
	case *redis.ClusterClient:
		options := *known.Options()
		options.PoolSize, options.MinIdleConns, options.ContextTimeoutEnabled = ownConnections, 0, true
		options.PushNotificationProcessor = nil
		made.beats, made.ownsBeats = redis.NewClusterClient(&options), true
	}
	for _, option := range opts {
		if option != nil {
			option(made)
		}
	}
	return made, nil
}

// ownConnections is how many leases are extended at once, of a server. One takes well under a millisecond.
const ownConnections = 4

// String names the kind of the client, and no address or password.
func (s *Store) String() string { return fmt.Sprintf("a redisstore.Store of %T", s.client) }

// Close closes the connections over which leases are extended, and not the client.
func (s *Store) Close() error {
	if s.ownsBeats {
		return s.beats.Close()
	}
	return nil
}

// Claim is [idempotency.Store].Claim.
func (s *Store) Claim(
	ctx context.Context, scope, key, token string, lease time.Duration,
) (idempotency.Claim, error) {
	answer, err := s.run(ctx, s.client, claim, scope, key, token, texts.Milliseconds(lease))
	if err != nil {
		return idempotency.Claim{}, err
	}
	return texts.ClaimOf(answer), nil
}

// Commit is [idempotency.Store].Commit.
func (s *Store) Commit(ctx context.Context, scope, key, token string, keep time.Duration) (bool, error) {
	answer, err := s.run(ctx, s.client, commit, scope, key, token, texts.Milliseconds(keep))
	return answer == 1, err
}

// Release is [idempotency.Store].Release.
func (s *Store) Release(ctx context.Context, scope, key, token string) (bool, error) {
	answer, err := s.run(ctx, s.client, release, scope, key, token)
	return answer == 1, err
}

// Extend is [idempotency.Store].Extend.
func (s *Store) Extend(ctx context.Context, scope, key, token string, lease time.Duration) (bool, error) {
	answer, err := s.run(ctx, s.beats, extend, scope, key, token, texts.Milliseconds(lease))
	return answer == 1, err
}

func (s *Store) run(
	ctx context.Context, client redis.UniversalClient, script *redis.Script, scope, key string, args ...any,
) (int64, error) {
	return script.Run(ctx, client, []string{s.prefix + scope + ":" + key}, args...).Int64()
}
