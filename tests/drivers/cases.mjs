// What a driver of the package does with a case of the shared vectors, on every JavaScript runtime: it uses nothing of
// Node. See tests/README.md.

const bytes = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (digits) => Number.parseInt(digits, 16));
const toText = (hex) => new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes(hex));
const hexOf = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
const latin1 = (hex) => Array.from(bytes(hex), (byte) => String.fromCharCode(byte)).join("");
const toHex = (text) => hexOf(new TextEncoder().encode(text));

/** Text where the bytes are UTF-8, as a user would pass it. */
function textOrBytes(hex) {
  const text = toText(hex);
  return toHex(text) === hex ? text : bytes(hex);
}

/**
 * The function that answers a line with a line.
 *
 * @param library the package, as `import` gives it
 * @param setEnvironment sets the secret of the environment, where the package reads one
 */
export function driver(library, setEnvironment) {
  const { Dispatcher, WebhookError, WebhookEvent, WebhookHandler, explain, generateSignature } = library;
  /** Takes a field out of the case: what is left at the end is a field this driver ignores. */
  function take(fields, name) {
    const value = fields.get(name);
    fields.delete(name);
    return value;
  }

  function options(fields) {
    const made = {};
    const secret = take(fields, "secret");
    if (secret !== undefined) made.secret = secret === "null" ? null : textOrBytes(secret);
    const secrets = take(fields, "secrets");
    if (secrets !== undefined) made.secret = secrets === "[]" ? [] : secrets.split(",").map(textOrBytes);
    const env = take(fields, "env");
    if (env !== undefined) setEnvironment(toText(env));
    const tolerance = take(fields, "tolerance");
    const special = { none: null, inf: Number.POSITIVE_INFINITY, "-inf": Number.NEGATIVE_INFINITY };
    if (tolerance !== undefined) made.tolerance = tolerance in special ? special[tolerance] : Number(tolerance);
    const schemes = take(fields, "schemes");
    if (schemes !== undefined) made.schemes = schemes.split(",").filter(Boolean);
    const cap = take(fields, "max_body_bytes");
    if (cap !== undefined) made.maxBodyBytes = Number(cap);
    const now = take(fields, "now");
    if (now !== undefined) made.clock = () => (now in special ? special[now] : Number(now) * 1000);
    return made;
  }

  /** `explain`, whose answer is never an error. */
  function why(fields) {
    const secrets = take(fields, "secrets") ?? "[]";
    const header = take(fields, "signature");
    const found = explain(
      bytes(take(fields, "body") ?? ""),
      header === undefined ? undefined : latin1(header),
      secrets === "[]" ? [] : secrets.split(",").map(textOrBytes),
      { now: Number(take(fields, "now")) },
    );
    return {
      ok: 1,
      cause: found.cause,
      causes: found.causes.join(","),
      proved: Number(found.proved),
      where: toHex(found.where),
      fix: toHex(found.fix),
      text: toHex(String(found)),
      secret_index: found.secretIndex,
      original: found.originalBody && hexOf(found.originalBody),
    };
  }

  function showVerification(verification) {
    return {
      scheme: verification.scheme,
      secret_index: verification.secretIndex,
      signed_at: verification.signedAt,
      delivery_id: verification.deliveryId,
    };
  }

  function showEvent(event) {
    const hex = (text) => (text === undefined ? undefined : toHex(text));
    return {
      type: event.type,
      name: toHex(event.name),
      data: toHex(JSON.stringify(event.data)),
      timestamp: event.timestamp.getTime(),
      raw: toHex(JSON.stringify(event.raw)),
      serialized: toHex(event.serialize()),
      idempotency_key: event.idempotencyKey,
      context: event.context && toHex(JSON.stringify(event.context)),
      user_id: hex(event.userId),
      external_user_id: hex(event.externalUserId),
      ...(event.verification && showVerification(event.verification)),
    };
  }

  function showError(error) {
    return {
      kind: error.kind,
      reason: error.reason,
      status: error.status,
      age: error.age,
      tolerance: error.tolerance,
      hint: error.hint && toHex(error.hint),
      failures: error.errors?.length,
    };
  }

  function sign(fields) {
    const secret = take(fields, "secret") ?? "null";
    const timestamp = take(fields, "timestamp");
    const named = {};
    if (timestamp !== undefined) named.timestamp = Number(timestamp);
    const scheme = take(fields, "scheme");
    if (scheme !== undefined) named.scheme = scheme;
    const header = generateSignature(
      bytes(take(fields, "body") ?? ""),
      secret === "null" ? null : textOrBytes(secret),
      named,
    );
    return { ok: 1, header: toHex(header) };
  }

  function register(hooks, fields, ran) {
    const labelled = new Map();
    for (const item of (take(fields, "handlers") ?? "").split(",").filter(Boolean)) {
      const [key, label, mode] = item.split(":");
      if (!labelled.has(label)) {
        labelled.set(label, async () => {
          ran.push(label);
          if (mode.startsWith("fail")) throw new Error(label);
        });
      }
      hooks.registerHandler(toText(key), labelled.get(label), { allowUnknown: mode.endsWith("+") });
    }
    for (const key of (take(fields, "unregister") ?? "").split(",").filter(Boolean)) {
      hooks.unregisterHandlers(toText(key));
    }
    return labelled;
  }

  function describe(hooks, labelled) {
    const labels = new Map([...labelled].map(([label, handler]) => [handler, label]));
    return Object.entries(hooks.getHandlers())
      .map(([key, handlers]) => `${toHex(key)}:${handlers.map((handler) => labels.get(handler)).join(" ")}`)
      .join(",");
  }

  /** A worker: it has no secret. */
  async function restore(op, fields, ran) {
    const worker = new Dispatcher();
    register(worker, fields, ran);
    const event = WebhookEvent.deserialize(textOrBytes(take(fields, "body") ?? ""));
    if (op === "dispatch") await worker.dispatch(event);
    return { ok: 1, ...showEvent(event) };
  }

  async function run(op, fields, ran) {
    if (op === "explain") return why(fields);
    if (op === "sign") return sign(fields);
    if (op === "deserialize" || op === "dispatch") return restore(op, fields, ran);
    const hooks = new WebhookHandler(options(fields));
    const labelled = register(hooks, fields, ran);
    const body = bytes(take(fields, "body") ?? "");
    const header = take(fields, "signature");
    // Header values reach a Node program as Latin-1 text.
    const signature = header === undefined ? undefined : latin1(header);
    switch (op) {
      case "configure":
        return { ok: 1, handlers: describe(hooks, labelled) };
      case "verify":
        return { ok: 1, ...showVerification(hooks.verifySignature(body, signature)) };
      case "construct":
        return { ok: 1, ...showEvent(hooks.constructEvent(body, signature)) };
      case "parse":
        return { ok: 1, ...showEvent(hooks.parseEvent(body)) };
      case "handle":
        return { ok: 1, ...showEvent(await hooks.handleWebhook(body, signature)) };
      default:
        throw new Error(`no such op: ${op}`);
    }
  }

  async function answer(op, fields) {
    if (op === "mac") {
      fields.clear();
      return { inexpressible: toHex("this binding has no HMAC of arbitrary keys") };
    }
    if (!setEnvironment && fields.has("env")) {
      fields.clear();
      return { inexpressible: toHex("there is no environment at the edge") };
    }
    const ran = [];
    let result;
    try {
      result = await run(op, fields, ran);
    } catch (error) {
      fields.clear();
      if (!WebhookError.is(error)) return { crash: toHex(String(error?.stack)) };
      result = showError(error);
    }
    return op === "handle" || op === "dispatch" ? { ...result, ran: ran.join(",") } : result;
  }

  /** @throws for a field that this driver ignores */
  return async (line) => {
    const fields = new Map(
      line.split("\t").map((field) => [field.slice(0, field.indexOf("=")), field.slice(field.indexOf("=") + 1)]),
    );
    const id = take(fields, "id");
    const result = await answer(take(fields, "op"), fields);
    if (fields.size > 0) {
      throw new Error(`${id}: unknown fields ${[...fields.keys()].join(", ")}`);
    }
    const shown = Object.entries(result).filter(([, value]) => value !== undefined);
    return `id=${id}${shown.map(([key, value]) => `\t${key}=${value}`).join("")}`;
  };
}
