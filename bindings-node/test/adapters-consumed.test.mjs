// A body that another layer has read before the receiver: it answers at once with an error that says what to do, or
// verifies the bytes where that layer has kept them.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { Readable } from "node:stream";
import { afterEach, beforeEach, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { gunzipSync, gzipSync } from "node:zlib";
import express from "express";
import { webhookListener } from "tink-webhooks/http";
import { webhookFetch } from "tink-webhooks/web";
import {
  Application,
  CAP,
  connect,
  event,
  expressServer,
  fastifyServer,
  head,
  honoServer,
  koaServer,
  listen,
  nestServer,
  PATH,
  post,
  signed,
} from "./servers.mjs";

let application;
let server;

beforeEach(() => {
  application = new Application();
  server = undefined;
});

afterEach(() => server?.close());

const delivery = signed(event("a:b", { text: "användare ✓" }));
const send = (one = delivery, options = {}) => post(server.port, one, options);

/** The error that names `fix`. */
async function expectRefusal(fix, { headers = {}, ...options } = {}) {
  const answer = await send({ ...delivery, headers: { ...delivery.headers, ...headers } }, options);
  assert.deepEqual([answer.status, answer.text], [500, "invalid_option\n"]);
  assert.deepEqual(application.ran, []);
  assert.deepEqual(application.reasons, ["invalid_option"]);
  const [[level, line]] = application.log;
  assert.equal(level, "error");
  assert.match(line, /^tink webhook: invalid_option \(500\): the body of the request was read before this receiver/);
  assert.ok(line.includes(fix), line);
  assert.ok(!line.includes("användare"));
}

async function expectAcceptance(options = {}) {
  const answer = await send(delivery, options);
  assert.deepEqual([answer.status, answer.text], [200, "ok\n"], JSON.stringify(application.log));
  assert.deepEqual(application.ran, ["a:b"]);
}

describe("express", () => {
  const line = 'app.use("/webhooks/tink", express.raw({ type: "*/*", limit: "2mb" })) before app.use(express.json())';

  test("express.json()", async () => {
    server = await expressServer(application, [express.json()]);
    await expectRefusal(line);
  });

  test("express.json(), without a declared length", async () => {
    server = await expressServer(application, [express.json()]);
    await expectRefusal(line, { chunked: true });
  });

  test("the line that the error names", async () => {
    server = await expressServer(application, [
      (request, response, next) =>
        request.path === PATH ? express.raw({ type: "*/*" })(request, response, next) : next(),
      express.json(),
    ]);
    await expectAcceptance();
  });

  test("express.json() that keeps the bytes", async () => {
    const verify = (request, _response, bytes) => {
      request.rawBody = bytes;
    };
    server = await expressServer(application, [express.json({ verify })]);
    await expectAcceptance();
  });

  test("express.json() for other types reads nothing", async () => {
    server = await expressServer(application, [express.json({ type: "application/other" })]);
    await expectAcceptance();
  });

  test("express.urlencoded()", async () => {
    server = await expressServer(application, [express.urlencoded({ type: "*/*" })]);
    await expectRefusal(line);
  });

  test("a string that came out of a JSON parser is not what was signed", async () => {
    server = await expressServer(application, [express.json({ strict: false })]);
    const answer = await send(signed('"text"'));
    assert.equal(answer.status, 401);
  });

  for (const [name, middleware] of Object.entries({
    "reads to the end": async (request, _response, next) => {
      await request.toArray();
      next();
    },
    "reads to the end, and destroys": async (request, _response, next) => {
      for await (const _ of request);
      request.destroy();
      next();
    },
    "resumes, and waits": async (request, _response, next) => {
      request.resume();
      await sleep(20);
      next();
    },
    "reads a part, and pauses": (request, _response, next) => {
      request.once("data", () => {
        request.pause();
        next();
      });
    },
    "reads a part by hand": (request, _response, next) => {
      request.once("readable", () => {
        request.read(5);
        next();
      });
    },
  })) {
    test(`a middleware that ${name}`, async () => {
      server = await expressServer(application, [middleware]);
      await expectRefusal(line);
    });
  }

  for (const [name, middleware] of Object.entries({
    pauses: (request, _response, next) => {
      request.pause();
      next();
    },
    "pauses, and waits": async (request, _response, next) => {
      request.pause();
      await sleep(20);
      next();
    },
    "pauses later": (request, _response, next) => {
      setImmediate(() => request.pause());
      next();
    },
    waits: async (_request, _response, next) => {
      await sleep(20);
      next();
    },
    "listens to readable, and never reads": (request, _response, next) => {
      request.on("readable", () => {});
      next();
    },
    "reads along": (request, _response, next) => {
      request.on("data", () => {});
      next();
    },
    "reads along by hand": (request, _response, next) => {
      request.on("readable", () => {
        while (request.read() !== null);
      });
      next();
    },
    "sets an encoding": (request, _response, next) => {
      request.setEncoding("utf8");
      next();
    },
    "sets a strange encoding": (request, _response, next) => {
      request.setEncoding("base64");
      next();
    },
    "has a getter that throws": (request, _response, next) => {
      Object.defineProperty(request, "body", {
        get() {
          throw new Error("invalid JSON");
        },
      });
      next();
    },
    "leaves the bytes as a Uint8Array": async (request, _response, next) => {
      request.body = new Uint8Array(Buffer.concat(await request.toArray()));
      next();
    },
  })) {
    test(`a middleware that ${name} does no harm`, async () => {
      server = await expressServer(application, [middleware]);
      await expectAcceptance();
    });
  }

  test("a middleware that answers first", async () => {
    const answers = (_request, response, next) => {
      response.status(503).send("timeout");
      next();
    };
    server = await expressServer(application, [answers]);
    assert.equal((await send()).status, 503);
  });

  test("a rawBody that is too large", async () => {
    server = await expressServer(application, [express.raw({ type: "*/*" })]);
    assert.equal((await send(signed(" ".repeat(CAP + 1)))).status, 413);
  });
});

describe("nest", () => {
  test("without rawBody", async () => {
    server = await nestServer(application, false);
    await expectRefusal("{ rawBody: true } to NestFactory.create");
  });
});

describe("http", () => {
  test("a platform that has read the request, and left an object", async () => {
    const listener = webhookListener(application.hooks, application.options);
    server = await listen(
      createServer(async (request, response) => {
        request.body = JSON.parse(Buffer.concat(await request.toArray()));
        await listener(request, response);
      }),
    );
    await expectRefusal("leave the bytes in req.rawBody");
  });

  test("a platform that gives a stream without the body", async () => {
    const listener = webhookListener(application.hooks, application.options);
    const request = Object.assign(Readable.from([]), { method: "POST", headers: { "content-length": "10" } });
    await listener(request, { writeHead: () => ({ end() {} }) });
    assert.deepEqual(application.reasons, ["invalid_option"]);
  });

  test("a request that was answered before is left alone", async () => {
    const listener = webhookListener(application.hooks, application.options);
    let outcome;
    server = await listen(
      createServer((request, response) => {
        response.writeHead(503).end("timeout");
        outcome = listener(request, response);
      }),
    );
    assert.equal((await send()).status, 503);
    await outcome;
    assert.deepEqual(application.ran, ["a:b"]);
  });

  test("a client that left before the receiver was called", async () => {
    const listener = webhookListener(application.hooks, application.options);
    let outcome;
    server = await listen(
      createServer((request, response) => {
        request.once("close", () => {
          outcome = listener(request, response);
        });
      }),
    );
    const { socket } = await connect(server.port);
    socket.write(head(delivery) + delivery.body.slice(0, 10));
    await sleep(30);
    socket.destroy();
    await application.reported;
    await outcome;
    assert.deepEqual(application.reasons, ["unreadable_body"]);
  });

  test("a request that is no stream", async () => {
    const listener = webhookListener(application.hooks, application.options);
    const request = { method: "POST", headers: delivery.headers, body: { event: "a:b" } };
    const answers = [];
    const response = {
      writeHead: (status) => {
        answers.push(status);
        return response;
      },
      end: (text) => answers.push(text),
    };
    await listener(request, response);
    assert.deepEqual(answers, [500, "invalid_option\n"]);
  });
});

describe("koa", () => {
  const line = "app.use(bodyParser())";
  const parser = (keep) => async (context, next) => {
    const text = Buffer.concat(await context.req.toArray()).toString();
    context.request.body = JSON.parse(text);
    if (keep) {
      context.request.rawBody = text; // as koa-bodyparser does
    }
    await next();
  };

  test("a parser", async () => {
    server = await koaServer(application, [parser(false)]);
    await expectRefusal(line);
  });

  test("a parser that keeps the text", async () => {
    server = await koaServer(application, [parser(true)]);
    await expectAcceptance();
  });

  test("a middleware that has read a part", async () => {
    const reads = (context, next) =>
      new Promise((resolve, reject) => {
        context.req.once("data", () => {
          context.req.pause();
          next().then(resolve, reject);
        });
      });
    server = await koaServer(application, [reads]);
    await expectRefusal(line);
  });
});

describe("fastify", () => {
  const line = 'if (request.url === "/webhooks/tink") return payload';
  const consume = async (request) => {
    await request.raw.toArray();
  };

  for (const hook of ["onRequest", "preParsing"]) {
    test(`an ${hook} hook that reads the request`, async () => {
      server = await fastifyServer(application, { prepare: (app) => app.addHook(hook, consume) });
      await expectRefusal(line);
    });

    test(`an ${hook} hook that reads a request without a type`, async () => {
      server = await fastifyServer(application, { prepare: (app) => app.addHook(hook, consume) });
      const { headers, body } = delivery;
      const { socket, until } = await connect(server.port);
      socket.write(head({ body, headers: { ...headers, "Content-Type": undefined } }) + body);
      assert.match(await until(/invalid_option\n/), /HTTP\/1.1 500/);
      socket.destroy();
    });
  }

  test("a hook that leaves the bytes", async () => {
    const keep = async (request) => {
      request.rawBody = Buffer.concat(await request.raw.toArray());
    };
    server = await fastifyServer(application, { prepare: (app) => app.addHook("preParsing", keep) });
    await expectAcceptance();
  });

  test("a hook that reads along, as fastify-raw-body does", async () => {
    const tap = (request, _reply, payload, done) => {
      payload.on("data", () => {});
      payload.on("end", () => {
        request.tapped = true;
      });
      done(null, payload);
    };
    server = await fastifyServer(application, { prepare: (app) => app.addHook("preParsing", tap) });
    await expectAcceptance();
  });

  test("a hook that puts another stream in its place", async () => {
    const { createGunzip } = await import("node:zlib");
    const inflate = async (_request, _reply, payload) => payload.pipe(createGunzip());
    server = await fastifyServer(application, { prepare: (app) => app.addHook("preParsing", inflate) });
    const body = gzipSync(delivery.body);
    assert.equal(gunzipSync(body).toString(), delivery.body);
    assert.deepEqual((await post(server.port, { ...delivery, body })).text, "ok\n");
    assert.deepEqual((await post(server.port, { ...delivery, body: "no gzip" })).text, "unreadable_body\n");
    const bomb = signed(" ".repeat(1_000_000));
    assert.deepEqual((await post(server.port, { ...bomb, body: gzipSync(bomb.body) })).text, "body_too_large\n");
  });

  test("a stream that fails after it was given up", async () => {
    let failed = false;
    const fails = async (_request, _reply, payload) => {
      payload.resume();
      let given = false;
      const stream = new Readable({
        read() {
          if (!given) {
            given = true;
            this.push(Buffer.alloc(CAP + 1));
            setTimeout(() => this.destroy(new Error("too late")), 20);
          }
        },
      });
      return stream.on("close", () => {
        failed = true;
      });
    };
    server = await fastifyServer(application, { prepare: (app) => app.addHook("preParsing", fails) });
    assert.equal((await send()).text, "body_too_large\n");
    while (!failed) {
      await sleep(5);
    }
  });

  test("hooks that refuse come first, with the application's own answer", async () => {
    const refuse = (_request, reply, done) => {
      reply.code(403).send("not from there");
      done();
    };
    server = await fastifyServer(application, { prepare: (app) => app.addHook("preHandler", refuse) });
    assert.deepEqual((await send()).text, "not from there");
    assert.deepEqual(application.ran, []);
  });

  test("errors of the application's hooks go to its error handler", async () => {
    server = await fastifyServer(application, {
      prepare: (app) => {
        app.addHook("preHandler", async () => {
          throw Object.assign(new Error("slow down"), { statusCode: 429 });
        });
        app.setErrorHandler((error, _request, reply) => reply.code(error.statusCode).send("the application says no"));
      },
    });
    const answer = await send();
    assert.deepEqual([answer.status, answer.text], [429, "the application says no"]);
  });

  test("the application's limit is not that of deliveries", async () => {
    server = await fastifyServer(application, { options: { bodyLimit: 20 } });
    await expectAcceptance();
  });

  test("a hook that has changed the body", async () => {
    const changes = async (request) => {
      request.body = { changed: true };
    };
    server = await fastifyServer(application, { prepare: (app) => app.addHook("preValidation", changes) });
    await expectAcceptance();
  });

  test("other routes keep their parsers", async () => {
    const prepare = (app) =>
      app.addContentTypeParser("application/xml", { parseAs: "string" }, (_request, body, done) => done(null, [body]));
    server = await fastifyServer(application, { prepare });
    const answer = await post(server.port, { body: '{"a":1}' }, { path: "/other" });
    assert.deepEqual(JSON.parse(answer.text), { parsed: { a: 1 } });
    const bad = await post(server.port, { body: '{"a":' }, { path: "/other" });
    assert.equal(JSON.parse(bad.text).code, "FST_ERR_CTP_INVALID_JSON_BODY");
    const xml = { body: "<a/>", headers: { "Content-Type": "application/xml" } };
    assert.deepEqual(JSON.parse((await post(server.port, xml, { path: "/other" })).text), { parsed: ["<a/>"] });
  });

  test("Fastify's logger", async () => {
    const lines = [];
    const stream = { write: (line) => lines.push(JSON.parse(line)) };
    application.options.logger = undefined;
    const prepare = (app) => {
      application.options.logger = app.log;
    };
    server = await fastifyServer(application, { options: { logger: { stream } }, prepare });
    await send(signed("{}", "another"));
    await send(signed(event("account:updated", { text: "hunter3" })));
    await send(signed(event("test")));
    const ours = lines.filter(({ msg }) => msg.startsWith("tink webhook"));
    assert.deepEqual(
      ours.map(({ level }) => level),
      [40, 50, 30],
    );
    assert.ok(!JSON.stringify(lines).includes("hunter3"));
  });
});

describe("hono", () => {
  const line = "before request.json(), request.text()";
  test("json()", async () => {
    server = await honoServer(application, [
      async (context, next) => {
        await context.req.json();
        await next();
      },
    ]);
    await expectRefusal(line);
  });

  test("a copy", async () => {
    server = await honoServer(application, [
      async (context, next) => {
        await context.req.raw.clone().text();
        await next();
      },
    ]);
    await expectAcceptance();
  });
});

describe("a Web Request", () => {
  const make = (body = delivery.body, init = {}) =>
    new Request("https://localhost/", { method: "POST", body, duplex: "half", headers: delivery.headers, ...init });
  const receive = (request) => webhookFetch(application.hooks, application.options)(request);

  test("as it is", async () => {
    const response = await receive(make());
    assert.deepEqual([response.status, await response.text()], [200, "ok\n"]);
    assert.equal(response.headers.get("content-type"), "text/plain; charset=utf-8");
    assert.equal(response.headers.get("x-content-type-options"), "nosniff");
  });

  for (const [name, use] of Object.entries({
    "text()": (request) => request.text(),
    "json()": (request) => request.json(),
    "a reader": (request) => request.body.getReader().read(),
    "a reader that holds it": (request) => request.body.getReader(),
    "cancel()": (request) => request.body.cancel(),
  })) {
    test(`after ${name}`, async () => {
      const request = make();
      await use(request);
      const response = await receive(request);
      assert.deepEqual([response.status, await response.text()], [500, "invalid_option\n"]);
      assert.ok(application.log[0][1].includes(line));
      assert.equal(application.errors[0][1], request);
    });
  }
  const line = "webhookFetch(hooks) before request.json()";

  test("a stream without an end is cancelled", async () => {
    let pulled = 0;
    let cancelled = false;
    const endless = new ReadableStream({
      pull(controller) {
        pulled += 1;
        controller.enqueue(new Uint8Array(1_000));
      },
      cancel() {
        cancelled = true;
        throw new Error("of no interest");
      },
    });
    const response = await receive(make(endless));
    assert.deepEqual([response.status, await response.text()], [413, "body_too_large\n"]);
    assert.ok(pulled < 6, `${pulled} pieces`);
    assert.ok(cancelled);
  });

  test("a length that is too large is not read", async () => {
    let pulled = 0;
    const body = new ReadableStream({ pull: () => pulled++ }, { highWaterMark: 0 });
    const headers = { ...delivery.headers, "Content-Length": String(CAP + 1) };
    assert.equal((await receive(make(body, { headers }))).status, 413);
    assert.equal(pulled, 0);
  });

  test("a stream that fails", async () => {
    const body = new ReadableStream({ pull: (controller) => controller.error(new Error("gone")) });
    assert.equal((await receive(make(body))).status, 408);
    assert.equal(application.errors[0][0].cause.message, "gone");
  });

  test("a stream of something else than bytes", async () => {
    const body = new ReadableStream({ pull: (controller) => controller.enqueue({ event: "a:b" }) });
    assert.equal((await receive(make(body))).status, 408);
  });

  test("other methods, and no body", async () => {
    for (const method of ["GET", "HEAD", "PUT"]) {
      const response = await receive(new Request("https://localhost/", { method }));
      assert.deepEqual([response.status, response.headers.get("allow")], [405, "POST"]);
    }
    assert.equal((await receive(new Request("https://localhost/", { method: "POST" }))).status, 401);
  });
});
