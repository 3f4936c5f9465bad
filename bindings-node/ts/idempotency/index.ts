// Doing an event's effects once: when Tink delivers it again, on another machine, after a crash. docs/once.md says when.
export {
  type Connection,
  claimIn,
  claimInSync,
  createTables,
  type PostgresClient,
  type PruneOptions,
  prune,
  type StoreWithTables,
} from "./effects";
export { MemoryStore, type MemoryStoreOptions } from "./memory";
export { type OnceOptions, once } from "./once";
export { type PostgresPool, PostgresStore } from "./postgres";
export { type IoredisClient, type NodeRedisClient, RedisStore, type RedisStoreOptions } from "./redis";
export { SQLiteStore } from "./sqlite";
export type { BetterSqliteDatabase, NodeSqliteDatabase, SqliteDatabase } from "./sqlite-database";
export type { Claim, Store } from "./store";
