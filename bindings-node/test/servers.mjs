// Every web adapter in its real framework, behind a real server on loopback, and the clients of the tests.
import "reflect-metadata";
import { once } from "node:events";
import http from "node:http";
import net from "node:net";
import { serve } from "@hono/node-server";
import { Controller, Module, Post, Req, Res } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import express from "express";
import Fastify from "fastify";
import { Hono } from "hono";
import Koa from "koa";
import { generateSignature, WebhookHandler } from "tink-webhooks";
import { webhookHandler } from "tink-webhooks/express";
import { tinkWebhooks } from "tink-webhooks/fastify";
import { webhookListener } from "tink-webhooks/http";
import { webhookMiddleware } from "tink-webhooks/koa";
import { webhookFetch } from "tink-webhooks/web";

export const PATH = "/webhooks/tink";
export const SECRET = "67abc1e08fb64c92b450a13e0876330b";
export const CAP = 2_000;

/** The handlers of a test, and a record of their calls. */
export class Application {
  ran = [];
  errors = [];
  outcomes = [];
  log = [];
  #reported = withResolvers();

  constructor({ maxBodyBytes = CAP } = {}) {
    this.hooks = new WebhookHandler({ secret: SECRET, schemes: ["v1"], maxBodyBytes });
    this.hooks.on("account:updated", () => {
      throw new Error("hunter2");
    });
    this.hooks.on("*", async (event) => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      this.ran.push(event.name);
    });
  }

  options = {
    onError: async (error, request) => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      this.errors.push([error, request]);
      this.#reported.resolve();
    },
    onOutcome: (...given) => this.outcomes.push(given),
    logger: {
      info: (message, fields) => this.log.push(["info", message, fields]),
      warn: (message, fields) => this.log.push(["warn", message, fields]),
      error: (message, fields) => this.log.push(["error", message, fields]),
    },
  };

  /** Waits until `onError` was called. */
  get reported() {
    return this.#reported.promise;
  }

  get reasons() {
    return this.errors.map(([error]) => error.reason ?? error.code ?? error.name);
  }
}

function withResolvers() {
  const made = {};
  made.promise = new Promise((resolve, reject) => Object.assign(made, { resolve, reject }));
  return made;
}

/** Listens on a free port. Gives the port and a function that stops the server. */
export async function listen(server) {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const close = async () => {
    server.closeAllConnections?.();
    await new Promise((resolve) => server.close(resolve));
  };
  return { port: server.address().port, close };
}

export async function expressServer(application, before = [], { options = application.options } = {}) {
  const app = express();
  for (const middleware of before) {
    app.use(middleware);
  }
  app.all(PATH, webhookHandler(application.hooks, options));
  app.use((error, _request, response, _next) => response.status(599).send(`next was called: ${error}`));
  return listen(http.createServer(app));
}

export async function nestServer(application, rawBody = true) {
  const handle = webhookHandler(application.hooks, application.options);
  class Receiver {
    receive(request, response) {
      return handle(request, response);
    }
  }
  // The same as the syntax of decorators.
  const method = Object.getOwnPropertyDescriptor(Receiver.prototype, "receive");
  Post("tink")(Receiver.prototype, "receive", method);
  Req()(Receiver.prototype, "receive", 0);
  Res()(Receiver.prototype, "receive", 1);
  Controller("webhooks")(Receiver);
  class App {}
  Module({ controllers: [Receiver] })(App);
  const app = await NestFactory.create(App, { rawBody, logger: false });
  await app.listen(0, "127.0.0.1");
  const close = () => {
    app.getHttpServer().closeAllConnections();
    return app.close();
  };
  return { port: app.getHttpServer().address().port, close };
}

export async function koaServer(application, before = []) {
  const app = new Koa();
  app.on("error", () => {}); // Koa reports clients that left, too
  for (const middleware of before) {
    app.use(middleware);
  }
  const receive = webhookMiddleware(application.hooks, application.options);
  app.use((context, next) => (context.path === PATH ? receive(context, next) : next()));
  return listen(http.createServer(app.callback()));
}

export async function fastifyServer(application, { prepare = () => {}, prefix = "", options = {} } = {}) {
  const app = Fastify({ forceCloseConnections: true, ...options });
  prepare(app);
  const path = PATH.slice(prefix.length);
  await app.register(tinkWebhooks, { hooks: application.hooks, path, prefix, ...application.options });
  app.post("/other", (request, reply) => reply.send({ parsed: request.body }));
  await app.listen({ port: 0, host: "127.0.0.1" });
  return { port: app.server.address().port, close: () => app.close() };
}

export async function honoServer(application, before = []) {
  const app = new Hono();
  const receive = webhookFetch(application.hooks, application.options);
  app.use(...before, async (_context, next) => next());
  app.all(PATH, (context) => receive(context.req.raw));
  const server = serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" });
  await once(server, "listening");
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { port: server.address().port, close };
}

/** The adapters that the same cases are run with. */
export const ADAPTERS = {
  http: (application) => listen(http.createServer(webhookListener(application.hooks, application.options))),
  express: expressServer,
  "express.raw": (application) => expressServer(application, [express.raw({ type: "*/*" })]),
  "express.text": (application) => expressServer(application, [express.text({ type: "*/*" })]),
  "Express 4, whose parsers leave {}": (application) => expressServer(application, [leavesAnEmptyBody]),
  nest: nestServer,
  koa: koaServer,
  fastify: (application) => fastifyServer(application),
  "fastify with a prefix": (application) => fastifyServer(application, { prefix: "/webhooks" }),
  hono: honoServer,
};

function leavesAnEmptyBody(request, _response, next) {
  request.body = {};
  next();
}

/** A signed body. */
export function signed(body, secret = SECRET, options = {}) {
  return { body, headers: { "X-Tink-Signature": generateSignature(body, secret, options) } };
}

export const event = (name, content = {}) => JSON.stringify({ event: name, content });

/** Posts through an agent of `node:http`. */
export async function post(
  port,
  { body, headers = {} },
  { method = "POST", chunked = false, agent = false, path = PATH } = {},
) {
  const length = body === undefined || chunked ? {} : { "Content-Length": Buffer.byteLength(body) };
  const type = { "Content-Type": "application/json" };
  const request = http.request({ port, method, path, agent, headers: { ...type, ...length, ...headers } });
  request.on("error", () => {}); // seen by `once` too
  if (chunked) {
    for (const piece of [body.slice(0, 7), body.slice(7)]) {
      request.write(piece);
    }
  } else if (body !== undefined) {
    request.write(body);
  }
  request.end();
  const [response] = await once(request, "response");
  const { socket } = response;
  return { ...(await text(response)), port: socket.localPort };
}

export async function text(response) {
  const chunks = await response.toArray();
  return { status: response.statusCode, headers: response.headers, text: Buffer.concat(chunks).toString() };
}

/** A socket to write to by hand. `closed` gives everything that was received, when the other side has closed. */
export async function connect(port) {
  const socket = net.connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  await once(socket, "connect");
  const chunks = [];
  let changed = () => {};
  socket.on("data", (chunk) => {
    chunks.push(chunk);
    changed();
  });
  const received = () => Buffer.concat(chunks).toString();
  const closed = new Promise((resolve) => {
    socket.on("end", () => resolve(received()));
    socket.on("error", () => resolve(received()));
  });
  /** Waits for a text. */
  const until = (pattern) =>
    new Promise((resolve, reject) => {
      changed = () => pattern.test(received()) && resolve(received());
      changed();
      closed.then(() => reject(new Error(`closed before ${pattern}: ${received()}`)));
    });
  return { socket, closed, received, until };
}

export function head({ body, headers = {} }, length = Buffer.byteLength(body)) {
  const given = { Host: "localhost", "Content-Type": "application/json", "Content-Length": length, ...headers };
  const lines = Object.entries(given)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}: ${value}`);
  return `POST ${PATH} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`;
}
