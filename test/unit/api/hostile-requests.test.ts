import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";

import { ErrorBody } from "../../../src/api/api-answer.ts";
import { OPERATIONS } from "../../../src/api/operations.ts";
import { ApiRig, bodyOf } from "../../support/api-rig.ts";
import { RUN } from "../slack/sample-run.ts";

let rig: ApiRig;
let token: string;

beforeAll(async () => {
  rig = await ApiRig.open();
  token = rig.token();
});

const POSTS = ["/api/commands/promote/runs", `/api/runs/${RUN}/cancel`, `/api/runs/${RUN}/retry`];
const NASTY = [
  "__proto__",
  "constructor",
  "toString",
  "",
  "\0",
  "\ud800",
  "../..",
  "%2e%2e",
  "<!channel>",
  "' OR 1=1 --",
  "${{ 1 }}",
  "x".repeat(3000),
];

const text = fc.oneof(fc.string({ unit: "binary", maxLength: 40 }), fc.constantFrom(...NASTY));
const member = fc.oneof(
  fc.constantFrom("inputs", "words", "cause", "reason", "from", "says", "link", "service", "revision"),
  text,
);
const json = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    text,
    fc.double(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(member, tie("value"), { maxKeys: 4 }),
  ),
})).value;
const query = fc.array(
  fc.tuple(fc.oneof(fc.constantFrom("service", "limit", "open", "before", "after", "by"), text), text),
  { maxLength: 4 },
);

const Asked = z.strictObject({
  machine: z.strictObject({ sort: z.literal("token"), name: z.literal("ci") }),
  door: z.literal("api"),
  command: z.enum(["promote", "cancel", "retry"]),
  typed: z.union([
    z.strictObject({ words: z.string().max(2000) }),
    z.strictObject({ values: z.record(z.string(), z.string()) }),
  ]),
  cause: z.strictObject({ says: z.string().max(300), link: z.string().max(1000).optional() }).optional(),
});

/** What may come back for anything that somebody sends: never a failure of ours, and always JSON that says what is wrong. */
function expectAnswer({ status, body = "", stream, bytes }: Awaited<ReturnType<ApiRig["ask"]>>): void {
  expect([200, 201, 204, 404, 405, 409, 410, 415, 422]).toContain(status);
  if (status >= 400) expect(ErrorBody.safeParse(bodyOf({ status, body })).success).toBe(true);
  else if (stream === undefined && bytes === undefined && status !== 204)
    expect(() => bodyOf({ status, body })).not.toThrow();
}

describe("whoever has a token and means no good", () => {
  it("gets with any body nothing in but what a command takes, as text", async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...POSTS), json, async (path, body) => {
        rig.door.asked.clear();
        expectAnswer(await rig.ask({ method: "POST", path, body, token }));
        for (const { ask } of rig.door.asked.values()) expect(Asked.safeParse(ask).error).toBeUndefined();
      }),
      { numRuns: 300 },
    );
  });

  it("gets nothing in with bytes that are no JSON", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...POSTS),
        fc.uint8Array({ minLength: 1, maxLength: 200 }),
        async (path, bytes) => {
          const answer = await rig.ask({ method: "POST", path, text: Buffer.from(bytes), token });
          expectAnswer(answer);
          expect(answer.status).not.toBe(201);
        },
      ),
      { numRuns: 200 },
    );
  });

  it("is answered whatever is in the path and in the query", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...OPERATIONS),
        fc.array(text, { minLength: 3, maxLength: 3 }),
        query,
        fc.boolean(),
        async ({ method, path: template }, parts, pairs, isRaw) => {
          const left = [...parts];
          const path = template.replaceAll(/\{\w+\}/gu, () => {
            const part = left.shift() ?? "";
            return isRaw ? part.replaceAll("?", "") : encodeURIComponent(part.toWellFormed());
          });
          const search = new URLSearchParams(
            pairs.map(([name, value]): [string, string] => [name.toWellFormed(), value.toWellFormed()]),
          ).toString();
          expectAnswer(
            await rig.ask({ method, path: `${path}?${search}`, token, ...(method === "POST" && { body: {} }) }),
          );
        },
      ),
      { numRuns: 300 },
    );
  });

  it("is one request by any key that is one, and none by any that is not", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "binary", maxLength: 260 }), async (key) => {
        rig.door.asked.clear();
        const keyed = {
          method: "POST",
          path: POSTS[0] ?? "",
          body: { words: "x" },
          token,
          headers: { "idempotency-key": key },
        };
        const answers = [await rig.ask(keyed), await rig.ask(keyed)];
        const isKey = /^[\x21-\x7e]{1,255}$/u.test(key);
        expect([answers.map(({ status }) => status), rig.door.asked.size]).toEqual(
          isKey ? [[201, 201], 1] : [[422, 422], 0],
        );
      }),
      { numRuns: 100 },
    );
  });
});

describe("whoever has no token", () => {
  it("learns nothing by any header", async () => {
    const wrong = await rig.ask({ path: "/api/runs" });
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          text,
          text.map((secret) => `Bearer ${secret}`),
        ),
        async (authorization) => {
          expect(await rig.ask({ path: "/api/runs", headers: { authorization } })).toEqual(wrong);
        },
      ),
      { numRuns: 100 },
    );
    expect(wrong.status).toBe(401);
  });
});
