// The same cases for every adapter in its real framework.
import assert from "node:assert/strict";
import http from "node:http";
import { after, afterEach, beforeEach, describe, test } from "node:test";
import { HandlerError } from "tink-webhooks";
import { ADAPTERS, Application, CAP, connect, event, head, post, SECRET, signed } from "./servers.mjs";

const unhandled = [];
process.on("unhandledRejection", (reason) => unhandled.push(reason));
process.on("warning", (warning) => unhandled.push(warning));
after(() => assert.deepEqual(unhandled, []));

describe("adapters", { concurrency: true }, () => {
  for (const [name, serve] of Object.entries(ADAPTERS)) {
    describe(name, { concurrency: 1 }, () => {
      let application;
      let server;
      let agent;

      beforeEach(async () => {
        application = new Application();
        server = await serve(application);
        agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
      });

      afterEach(async () => {
        agent.destroy();
        await server.close();
        const told = application.outcomes.map(([{ error }, request]) => [error, request]);
        const failed = told.filter(([error]) => error !== undefined);
        assert.equal(failed.length, application.errors.length, "one outcome for each call of onError");
        for (const [error, request] of application.errors) {
          assert.ok(failed.some((one) => one[0] === error && one[1] === request));
        }
      });

      const send = (delivery, options = {}) => post(server.port, delivery, { agent, ...options });
      const expect = ({ status, text }, ...expected) => assert.deepEqual([status, text], expected);

      // NestJS and express.raw read bodies themselves, up to 100 kB; a route of NestJS is for one method.
      const reads = name === "nest" || name.startsWith("express.");
      const stream = reads ? () => {} : test; // for what is the parser's matter
      const oneMethod = name === "nest";

      test("accepted, after the handlers were awaited", async () => {
        expect(await send(signed(event("refresh:finished"))), 200, "ok\n");
        assert.deepEqual(application.ran, ["refresh:finished"]);
        assert.deepEqual(application.errors, []);
        assert.deepEqual(application.log, []);
      });

      test("an event with an unknown name", async () => {
        expect(await send(signed(event("something:new"))), 200, "ok\n");
        assert.deepEqual(application.ran, ["something:new"]);
      });

      test("text beyond ASCII", async () => {
        let seen;
        application.hooks.on("refresh:finished", (event) => {
          seen = event.data.text;
        });
        const text = "användare ✓ 🦊";
        for (const chunked of [false, true]) {
          seen = undefined;
          expect(await send(signed(event("refresh:finished", { text })), { chunked }), 200, "ok\n");
          assert.equal(seen, text);
        }
      });

      test("white space is part of what was signed", async () => {
        expect(await send(signed(' { "event" : "a:b",\r\n"content":{"amount":23.00}}\n')), 200, "ok\n");
      });

      for (const [type, what] of [
        [undefined, "no Content-Type"],
        ["text/plain", "text"],
        ["application/json; charset=utf-8", "a charset"],
        ["application/x-www-form-urlencoded", "a form"],
        ["nonsense", "a Content-Type that is none"],
      ]) {
        // What body parsers make of it is not tested here.
        stream(`it does not matter: ${what}`, async () => {
          const { body, headers } = signed(event("a:b"));
          const { socket, until } = await connect(server.port);
          socket.write(head({ body, headers: { ...headers, "Content-Type": type } }) + body);
          assert.match(await until(/ok\n/), /^HTTP\/1.1 200/);
          socket.destroy();
        });
      }

      test("forged", async () => {
        expect(await send(signed(event("refresh:finished"), "another")), 401, "signature_mismatch\n");
        assert.deepEqual(application.ran, []);
        assert.deepEqual(application.reasons, ["signature_mismatch"]);
        const [, request] = application.errors[0];
        assert.ok(request.headers ?? request.raw ?? request.req, "the framework's request");
        const [[level, line]] = application.log;
        assert.equal(level, "warn");
        assert.match(line, /^tink webhook: signature_mismatch \(401\): ./);
        assert.ok(!line.includes(SECRET));
      });

      test("tampered", async () => {
        const { headers } = signed(event("refresh:finished"));
        expect(await send({ body: event("refresh:finisheD"), headers }), 401, "signature_mismatch\n");
      });

      test("stale", async () => {
        const stale = signed(event("refresh:finished"), SECRET, { timestamp: 1_700_000_000 });
        expect(await send(stale), 401, "timestamp_too_old\n");
      });

      test("unsigned", async () => {
        expect(await send({ body: "{}" }), 401, "missing_signature\n");
      });

      test("several headers are joined to one value, which the core checks", async () => {
        const { body, headers } = signed("{}");
        const [signature] = Object.values(headers);
        expect(
          await send({ body, headers: { "X-Tink-Signature": [signature, signature] } }),
          401,
          "malformed_signature\n",
        );
        const [t, v1] = signature.split(",");
        const split = { body: event("a:b"), headers: { "X-Tink-Signature": [t, v1] } };
        expect(await send(split), 401, "signature_mismatch\n");
      });

      test("a header that is not ASCII", async () => {
        const headers = { "X-Tink-Signature": "t=1,v1=é" };
        expect(await send({ body: "{}", headers }), 401, "malformed_signature\n");
      });

      test("an empty body", async () => {
        for (const chunked of [false, true]) {
          expect(await send(signed(""), { chunked }), 400, "invalid_json\n");
        }
        const { socket, until } = await connect(server.port);
        socket.write(head(signed(""), undefined).replace(/Content-Length.*\r\n/, ""));
        assert.match(await until(/invalid_json\n/), /^HTTP\/1.1 400/);
        socket.destroy();
      });

      test("the test ping", async () => {
        expect(await send(signed(event("test"))), 200, "test_webhook\n");
        assert.deepEqual(application.ran, []);
        assert.deepEqual(application.reasons, ["test_webhook"]);
        assert.equal(application.log[0][0], "info");
      });

      test("a failed handler: the others ran, and its message is not in the answer", async () => {
        const answer = await send(signed(event("account:updated", { secret: "tr0ub4dor" })));
        expect(answer, 500, "handler_failed\n");
        assert.deepEqual(application.ran, ["account:updated"]);
        const [[error]] = application.errors;
        assert.ok(error instanceof HandlerError);
        assert.equal(error.errors[0].message, "hunter2");
        const [[level, line]] = application.log;
        assert.equal(level, "error");
        assert.match(line, /handler_failed \(500\)[\s\S]*hunter2[\s\S]*servers\.mjs:\d+/, "with the handler's stack");
        assert.ok(!line.includes("tr0ub4dor"));
      });

      test("as large as allowed, and larger", async () => {
        for (const chunked of [false, true]) {
          const body = event("a:b").padEnd(CAP);
          expect(await send(signed(body), { chunked }), 200, "ok\n");
          expect(await send(signed(`${body} `), { chunked }), 413, "body_too_large\n");
        }
        assert.deepEqual(application.reasons, ["body_too_large", "body_too_large"]);
      });

      stream("a sender without an end gets its answer", async () => {
        const { socket, until } = await connect(server.port);
        const piece = `${(65_536).toString(16)}\r\n${" ".repeat(65_536)}\r\n`;
        const declared = { "Content-Length": undefined, "Transfer-Encoding": "chunked" };
        socket.write(head({ body: "", headers: declared }));
        const pump = () => {
          while (!socket.destroyed && socket.write(piece));
        };
        socket.on("drain", pump);
        pump();
        const answer = await until(/body_too_large\n/);
        assert.match(answer, /^HTTP\/1.1 413/);
        socket.off("drain", pump);
        assert.ok(socket.bytesWritten - socket.writableLength < 64 * 2 ** 20, "not all of it was read");
        socket.destroy();
        assert.deepEqual(application.reasons, ["body_too_large"]);
      });

      stream("a large length is refused before the body comes", async () => {
        const { socket, until } = await connect(server.port);
        socket.write(head({ body: "" }, 1_000_000));
        const answer = await until(/body_too_large\n/);
        assert.match(answer, /^HTTP\/1.1 413/);
        socket.destroy();
      });

      test("another method", async () => {
        for (const method of ["GET", "PUT", "DELETE", "HEAD"]) {
          for (const body of [undefined, "{}"]) {
            const answer = await send({ body }, { method });
            if (oneMethod) {
              assert.match(String(answer.status), /^40[045]$/, "the framework answers");
            } else {
              expect(answer, 405, method === "HEAD" ? "" : "method_not_allowed\n");
              assert.equal(answer.headers.allow, "POST");
            }
          }
        }
        assert.deepEqual(application.ran, []);
        assert.deepEqual(application.reasons, Array(oneMethod ? 0 : 8).fill("method_not_allowed"));
        assert.deepEqual(application.log, []);
      });

      test("onOutcome is called once for each delivery", async () => {
        const timestamp = Math.floor(Date.now() / 1_000) - 100;
        const old = signed(event("account:created"), SECRET, { timestamp });
        await send(old);
        await send(signed(event("something:new"), SECRET, { timestamp }));
        await send(signed(event("account:updated"), SECRET, { timestamp }));
        await send(signed(event("account:created"), "another"));
        await send(signed(event("account:created"), SECRET, { timestamp: timestamp - 900 }));
        await send(signed(event("test")));
        await send(signed("{}"));
        if (!oneMethod) await send({}, { method: "GET" });
        const seen = application.outcomes.map(([{ age, duration, error, commitLost, ...rest }, request]) => {
          assert.ok(request.headers ?? request.raw ?? request.req, "the framework's request");
          assert.ok(duration > 0 && duration < 60_000, String(duration));
          assert.equal(error?.reason, rest.reason ?? undefined);
          assert.equal(commitLost, false);
          return [...Object.values(rest), age === null ? null : Math.round(age / 10) * 10];
        });
        const refusals = [
          ["refused", 401, "invalid_signature", "signature_mismatch", null, null, null],
          ["refused", 401, "invalid_signature", "timestamp_too_old", null, null, 1_000],
          ["test", 200, "test_webhook", "test_webhook", null, null, null],
          ["refused", 400, "invalid_payload", "missing_type", null, null, null],
          ["refused", 405, "invalid_request", "method_not_allowed", null, null, null],
        ];
        assert.deepEqual(seen, [
          ["handled", 200, null, null, "account_created", 0, 100],
          ["handled", 200, null, null, "unknown", 0, 100],
          ["failed", 500, "handler_failed", "handler_failed", "account_updated", 0, 100],
          ...refusals.slice(0, oneMethod ? -1 : undefined),
        ]);
        const [failed] = application.outcomes[2];
        assert.ok(failed.duration >= 19, "the handlers count"); // a timer may be a millisecond early
      });

      test("answers are plain text", async () => {
        const { headers } = await send(signed(event("a:b")));
        assert.equal(headers["content-type"], "text/plain; charset=utf-8");
        assert.equal(headers["x-content-type-options"], "nosniff");
        assert.equal(headers["content-length"], "3");
      });

      test("the connection can be used again after every answer", async () => {
        const ports = new Set();
        for (const delivery of [
          signed(event("refresh:finished")),
          signed(event("a:b"), "another"),
          { body: "{}" },
          signed(""),
          signed(event("test")),
          signed(event("account:updated")),
          signed("nonsense"),
          signed(event("refresh:finished")),
        ]) {
          const answer = await send(delivery);
          ports.add(answer.port);
        }
        assert.equal(ports.size, 1, "one connection for all");
        assert.deepEqual(application.ran, ["refresh:finished", "account:updated", "refresh:finished"]);
      });

      stream("a client that leaves midway", async () => {
        const delivery = signed(event("refresh:finished"));
        const { socket } = await connect(server.port);
        socket.write(head(delivery) + delivery.body.slice(0, 10));
        await new Promise((resolve) => setTimeout(resolve, 50));
        socket.destroy();
        await application.reported;
        assert.deepEqual(application.reasons, ["unreadable_body"]);
        assert.match(application.log[0][1], /unreadable_body \(408\): the client left/);
        const [[{ outcome, status, reason }]] = application.outcomes;
        assert.deepEqual([outcome, status, reason], ["refused", 408, "unreadable_body"]);
        expect(await send(delivery), 200, "ok\n");
        assert.deepEqual(application.ran, ["refresh:finished"]);
      });

      test("a client that leaves while a handler runs", async () => {
        const delivery = signed(event("refresh:finished"));
        const started = new Promise((resolve) => application.hooks.on("refresh:finished", resolve));
        const { socket } = await connect(server.port);
        socket.write(head(delivery) + delivery.body);
        await started;
        socket.destroy();
        expect(await send(delivery), 200, "ok\n");
        assert.deepEqual(application.ran, ["refresh:finished", "refresh:finished"]);
      });

      test("pipelined deliveries on one connection", async () => {
        const delivery = signed(event("refresh:finished"));
        const forged = signed(event("refresh:finished"), "another");
        const { socket, until } = await connect(server.port);
        socket.write([delivery, forged, delivery].map((one) => head(one) + one.body).join(""));
        const answers = await until(/ok\n[\s\S]*mismatch\n[\s\S]*ok\n/);
        assert.deepEqual(answers.match(/HTTP\/1.1 \d+/g), ["HTTP/1.1 200", "HTTP/1.1 401", "HTTP/1.1 200"]);
        socket.destroy();
      });

      test("one byte at a time", async () => {
        const delivery = signed(event("a:b"));
        const { socket, until } = await connect(server.port);
        socket.setNoDelay();
        socket.write(head(delivery));
        for (const byte of Buffer.from(delivery.body)) {
          socket.write(Buffer.of(byte));
          await new Promise(setImmediate);
        }
        assert.match(await until(/ok\n/), /^HTTP\/1.1 200/);
        socket.destroy();
      });

      test("a client that sends Expect: 100-continue", async () => {
        const delivery = signed(event("a:b"));
        const { socket, until } = await connect(server.port);
        socket.write(head({ body: delivery.body, headers: { ...delivery.headers, Expect: "100-continue" } }));
        await until(/100 Continue\r\n\r\n/);
        socket.write(delivery.body);
        assert.match(await until(/ok\n/), /HTTP\/1.1 200/);
        socket.destroy();
      });
    });
  }
});
