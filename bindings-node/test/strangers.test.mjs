// What a stranger sees when an endpoint of one's own lets the library's errors pass to its framework: the status, and
// its fixed text.
import "reflect-metadata";
import assert from "node:assert/strict";
import http from "node:http";
import { after, before, describe, mock, test } from "node:test";
import { Controller, Headers, HttpCode, Module, Post, Req } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import express from "express";
import Fastify from "fastify";
import Koa from "koa";
import { WebhookError, WebhookHandler } from "tink-webhooks";
import { webhookListener } from "tink-webhooks/http";
import { webhookMiddleware } from "tink-webhooks/koa";
import { webhookFetch } from "tink-webhooks/web";
import { event, listen, PATH, post, SECRET, signed } from "./servers.mjs";

const hooks = new WebhookHandler({ secret: SECRET });
hooks.on("account:updated", () => {
  throw new Error("hunter2");
});

async function nest() {
  class Receiver {
    async receive(request, signature) {
      await hooks.handleWebhook(request.rawBody, signature);
      return "ok";
    }
  }
  // The same as the syntax of decorators.
  const method = Object.getOwnPropertyDescriptor(Receiver.prototype, "receive");
  Post("tink")(Receiver.prototype, "receive", method);
  HttpCode(200)(Receiver.prototype, "receive", method);
  Req()(Receiver.prototype, "receive", 0);
  Headers("x-tink-signature")(Receiver.prototype, "receive", 1);
  Controller("webhooks")(Receiver);
  class App {}
  Module({ controllers: [Receiver] })(App);
  const app = await NestFactory.create(App, { rawBody: true, logger: false });
  await app.listen(0, "127.0.0.1");
  return { port: app.getHttpServer().address().port, close: () => app.close() };
}

function expressIn(environment) {
  const app = express();
  app.set("env", environment); // by default NODE_ENV, else "development"
  app.post(PATH, express.raw({ type: "*/*" }), async (request, response) => {
    await hooks.handleWebhook(request.body, request.headers["x-tink-signature"]);
    response.send("ok");
  });
  return listen(http.createServer(app));
}

function koa() {
  const app = new Koa();
  app.use(async (context) => {
    const body = Buffer.concat(await context.req.toArray());
    await hooks.handleWebhook(body, context.get("x-tink-signature"));
    context.body = "ok";
  });
  return listen(http.createServer(app.callback()));
}

async function fastify(errorHandler) {
  const app = Fastify();
  if (errorHandler) app.setErrorHandler(errorHandler);
  app.addContentTypeParser("application/json", { parseAs: "buffer" }, async (_request, body) => body);
  app.post(PATH, async (request) => {
    await hooks.handleWebhook(request.body, request.headers["x-tink-signature"]);
    return "ok";
  });
  await app.listen({ port: 0, host: "127.0.0.1" });
  return { port: app.server.address().port, close: () => app.close() };
}

/** As the guide shows it. */
const answers = (error, _request, reply) => reply.code(error.statusCode ?? 500).send();

const html = (text) => new RegExp(`<pre>${text}</pre>`);
const json = (statusCode, message) => new RegExp(`^${JSON.stringify({ statusCode, message })}$`);
const FRAMEWORKS = {
  nest: [nest, { 401: json(401, "Unauthorized"), 500: json(500, "Internal Server Error") }, 200],
  express: [() => expressIn("production"), { 401: html("Unauthorized"), 500: html("Internal Server Error") }, 500],
  koa: [koa, { 401: /^Unauthorized$/, 500: /^Internal Server Error$/ }, 200],
  fastify: [() => fastify(answers), { 401: /^$/, 500: /^$/ }, 200],
};
const OLD = { timestamp: 1_700_000_000 };
const CASES = [
  ["forged", signed(event("a:b"), "another"), 401],
  ["unsigned", { body: "{}" }, 401],
  ["old", signed(event("a:b"), SECRET, OLD), 401],
  ["a handler that failed", signed(event("account:updated")), 500],
];

before(() => mock.method(console, "error", () => {})); // where Koa and Express log
after(() => mock.restoreAll());

for (const [name, [serve, texts, ping]] of Object.entries(FRAMEWORKS)) {
  describe(name, () => {
    let server;
    before(async () => {
      server = await serve();
    });
    after(() => server.close());

    for (const [what, delivery, status] of CASES) {
      test(what, async () => {
        const answer = await post(server.port, delivery);
        assert.equal(answer.status, status);
        assert.match(answer.text, texts[status]);
        const seen = JSON.stringify(answer);
        assert.ok(!/mismatch|missing|too_old|signed|tolerance|handler|hunter2|SignatureError/i.test(seen), seen);
      });
    }

    test("accepted, and the test ping", async () => {
      const accepted = await post(server.port, signed(event("a:b")));
      assert.deepEqual([accepted.status, accepted.text], [200, "ok"]);
      assert.equal((await post(server.port, signed(event("test")))).status, ping);
    });
  });
}

test("what the guide warns of: Express in development sends the stack, Fastify by itself the message", async () => {
  for (const [serve, shown] of [
    [() => expressIn("development"), /^[\s\S]*<pre>InvalidSignatureError: no secret gives this signature/],
    [fastify, /"message":"no secret gives this signature/],
  ]) {
    const server = await serve();
    const { status, text } = await post(server.port, CASES[0][1]);
    await server.close();
    assert.equal(status, 401);
    assert.match(text, shown);
  }
});

test("the properties that frameworks read", async () => {
  const error = await hooks.handleWebhook("{}", undefined).catch((thrown) => thrown);
  assert.ok(error instanceof WebhookError);
  assert.deepEqual([error.status, error.statusCode, error.expose], [401, 401, false]);
  assert.deepEqual(Object.keys(error).includes("statusCode"), false, "printed once");
});

describe("an adapter that is given another framework's objects", () => {
  const handled = [];
  const worker = new WebhookHandler({ secret: SECRET });
  worker.on("*", (given) => handled.push(given.name));
  const seen = [];
  const options = {
    logger: { warn() {}, error: (line) => seen.push(line) },
    onError: (error) => seen.push(error.reason),
    onOutcome: (outcome) => seen.push(outcome.outcome),
  };
  const listener = webhookListener(worker, options);
  const middleware = webhookMiddleware(worker, options);
  const receive = webhookFetch(worker, options);
  const delivery = signed(event("refresh:finished"));
  const web = () =>
    new Request("http://127.0.0.1/", { method: "POST", body: delivery.body, headers: delivery.headers });
  const misuses = {
    "Fastify's, as NestJS on Fastify has them": ["tink-webhooks/fastify", viaFastify],
    "node:http's, to the function for Web Requests": ["tink-webhooks/express", viaHttp((request) => receive(request))],
    "node:http's, to Koa's middleware": ["tink-webhooks/express", viaHttp((request) => middleware(request))],
    "a Web Request, to the listener": ["tink-webhooks/web", () => listener(web())],
    "a Web Request, to Koa's middleware": ["tink-webhooks/web", () => middleware(web())],
    "Koa's context, to the listener": ["tink-webhooks/koa", viaKoa],
    "a Lambda event, to the listener": ["tink-webhooks/aws-lambda", () => listener({ httpMethod: "POST" })],
    "Hono's context, to the function": ["c.req.raw", () => receive({ req: { raw: web() } })],
    nothing: ["it was given undefined", () => receive(undefined)],
  };

  async function viaFastify() {
    const app = Fastify();
    let thrown;
    app.addContentTypeParser("application/json", { parseAs: "buffer" }, async (_request, body) => body);
    app.post(PATH, async (request, reply) => {
      try {
        await listener(request, reply);
      } catch (error) {
        thrown = error;
        throw error;
      }
    });
    app.setErrorHandler(answers);
    await app.listen({ port: 0, host: "127.0.0.1" });
    const answer = await post(app.server.address().port, delivery);
    assert.equal(answer.status, 500);
    await app.close();
    throw thrown;
  }

  function viaHttp(call) {
    return async () => {
      let thrown;
      const server = await listen(
        http.createServer((request, response) => {
          call(request).catch((error) => {
            thrown = error;
            response.writeHead(error.statusCode).end();
          });
        }),
      );
      assert.equal((await post(server.port, delivery)).status, 500);
      await server.close();
      throw thrown;
    };
  }

  async function viaKoa() {
    const app = new Koa();
    app.silent = true;
    let thrown;
    app.use(async (context) => {
      await listener(context).catch((error) => {
        thrown = error;
        throw error;
      });
    });
    const server = await listen(http.createServer(app.callback()));
    assert.equal((await post(server.port, delivery)).status, 500);
    await server.close();
    throw thrown;
  }

  for (const [name, [way, misuse]] of Object.entries(misuses)) {
    test(name, async () => {
      seen.length = 0;
      await assert.rejects(misuse, (error) => {
        assert.ok(WebhookError.is(error));
        assert.deepEqual([error.reason, error.status], ["invalid_option", 500]);
        assert.ok(error.message.includes(way), error.message);
        return true;
      });
      assert.equal(seen.length, 3);
      assert.ok(seen[0].startsWith("tink webhook: invalid_option (500): ") && seen[0].includes(way));
      assert.deepEqual(seen.slice(1), ["invalid_option", "failed"]);
      assert.deepEqual(handled, []);
    });
  }
});
