import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";

import { afterEach, describe, expect, it } from "vitest";

import { anchorKeyOf } from "../../src/audit/anchor-key.ts";
import { anchorText, signHead } from "../../src/audit/signed-head.ts";
import { UploadTarget } from "../../src/audit/upload-target.ts";
import { type Clock, systemClock } from "../../src/platform/clock.ts";
import { listen } from "../../src/platform/listen.ts";
import { appErrorOf } from "../support/app-error-of.ts";
import { FakeClock, settle } from "../support/fake-clock.ts";

const TOKEN = "canary-t0ken-objects";
const HEAD = signHead(
  { sequence: 12, hash: "a".repeat(64), log: "b".repeat(64), at: Date.UTC(2026, 10, 21) },
  anchorKeyOf(Buffer.alloc(32, 7)),
);

describe("an address for anchors", () => {
  let server: Server | undefined;
  afterEach(() => {
    server?.closeAllConnections();
    server?.close();
  });

  const target = async (
    answer: (request: IncomingMessage, response: ServerResponse) => void,
    clock: Clock = systemClock,
  ): Promise<UploadTarget> => {
    server = createServer(answer);
    const { port } = await listen(server);
    const url = `http://127.0.0.1:${port}/audit`;
    return new UploadTarget({ name: "url", url, token: () => TOKEN, environment: {}, clock });
  };
  const signal = new AbortController().signal;

  it("gets each head as an object of its own, which it is told not to replace", async () => {
    const got: unknown[] = [];
    const uploads = await target((request, response) => {
      let text = "";
      request.on("data", (chunk: Buffer) => void (text += chunk.toString()));
      request.on("end", () => {
        const { method, url, headers } = request;
        got.push({ method, url, text, bearer: headers.authorization, condition: headers["if-none-match"] });
        response.writeHead(201).end("made".repeat(100_000));
      });
    });
    const place = await uploads.write(HEAD, signal);
    expect(place).toMatch(/\/audit\/quarterdeck-bbbbbbbb-000000000012-aaaaaaaa\.json$/u);
    expect(place).not.toContain(TOKEN);
    expect(got).toEqual([
      {
        method: "PUT",
        url: "/audit/quarterdeck-bbbbbbbb-000000000012-aaaaaaaa.json",
        text: `${anchorText(HEAD)}\n`,
        bearer: `Bearer ${TOKEN}`,
        condition: "*",
      },
    ]);
  });

  it("has it when it says that it is there already: the answer to an earlier try was lost", async () => {
    const uploads = await target((_request, response) => response.writeHead(412).end());
    expect(await uploads.write(HEAD, signal)).toContain("quarterdeck-bbbbbbbb");
  });

  it.each([403, 404, 500, 302])("has nothing when it answers %d", async (status) => {
    const uploads = await target((_request, response) =>
      response.writeHead(status, { location: "/elsewhere" }).end("no"),
    );
    const error = await appErrorOf(uploads.write(HEAD, signal));
    expect(error.message).toContain(`HTTP ${status}`);
    expect(error.message).not.toContain(TOKEN);
    expect(error.retry).toBe("backoff");
  });

  it("has nothing when it hangs up, or says nothing for half a minute", async () => {
    const hanging = await target((request) => request.destroy());
    expect((await appErrorOf(hanging.write(HEAD, signal))).message).toContain("does not answer");
    const arrived = Promise.withResolvers<void>();
    const clock = new FakeClock();
    const silent = await target(() => arrived.resolve(), clock);
    const failed = appErrorOf(silent.write(HEAD, signal));
    await arrived.promise;
    await clock.advance(30_000);
    expect((await failed).message).toContain("does not answer");
    expect(clock.pendingTimers).toBe(0);
  });

  it("is not waited for when the server stops", async () => {
    const arrived = Promise.withResolvers<void>();
    const uploads = await target(() => arrived.resolve());
    const stop = new AbortController();
    const failed = appErrorOf(uploads.write(HEAD, stop.signal));
    await arrived.promise;
    stop.abort(new Error("the server is ending"));
    await settle();
    expect((await failed).code).toBe("audit.anchor");
  });
});
