import { createHmac } from "node:crypto";

import { describe, expect, it, onTestFinished } from "vitest";

import { Application } from "../../src/argocd/application.ts";
import { sourcesOf } from "../../src/argocd/application-facts.ts";
import { EventStreamParser } from "../../src/argocd/event-stream-parser.ts";
import { readEnvironment } from "../../src/config/environment.ts";
import { readYaml } from "../../src/config/yaml-document.ts";
import { openEnvelope, sealEnvelope } from "../../src/dispatch/envelope.ts";
import { readQueuedWork } from "../../src/dispatch/queued-work.ts";
import { evaluateExpression, evaluateTemplate } from "../../src/expressions/evaluate.ts";
import { commitsBetween } from "../../src/git/commits-between.ts";
import { GitProgram } from "../../src/git/git-program.ts";
import { digestOf } from "../../src/platform/canonical-json.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { errorCode } from "../../src/platform/errors.ts";
import { silentLogger } from "../../src/platform/logger.ts";
import { SecretMask } from "../../src/platform/masking.ts";
import { HttpReceiver } from "../../src/slack/http-receiver.ts";
import { readPayload } from "../../src/slack/request-payload.ts";
import { readFrame } from "../../src/slack/socket-frame.ts";
import { checkRunLink, makeRunLink } from "../../src/web/run-link.ts";
import { newKeys } from "../support/bullmq-rig.ts";
import { cpuTimeMs } from "../support/cpu-time.ts";
import { rightExcept } from "../support/configured.ts";
import { FakeClock, settle } from "../support/fake-clock.ts";
import { IntakeRig } from "../support/intake-rig.ts";
import { anApplication, SHA_A } from "./argocd/application-builder.ts";

// What happened to others, tried on what reads for us.

const SMUGGLED = [
  "--upload-pack=touch /tmp/x",
  "-c",
  "--output=/etc/passwd",
  "@/etc/passwd",
  "@file",
  "-",
  "--",
  "$(id)",
  "`id`",
  ";id",
  "a\nb",
  "../../etc/passwd",
];

/** The code of the error that this ends in; `none` when it ends in none. */
function codeOf(act: () => unknown): string {
  try {
    act();
    return "none";
  } catch (error) {
    return errorCode(error);
  }
}

async function rigOf(): Promise<IntakeRig> {
  const configuration = rightExcept("verbs: [promote]", "verbs: [promote, lock, unlock]");
  const live = { metadata: { name: "checkout-staging" }, status: { history: [{ id: 1, revision: SHA_A }] } };
  const rig = await IntakeRig.open([anApplication(live)], configuration);
  onTestFinished(() => rig[Symbol.asyncDispose]());
  return rig;
}

describe("an empty signing secret verifies everything", () => {
  it("nowhere here: without a secret there is no receiver, and an empty or short one is none", () => {
    const deps = { clock: new FakeClock(), logger: silentLogger };
    expect(() => new HttpReceiver({ ...deps, signingSecret: "" })).toThrow("would believe everybody");
    for (const empty of ["", "   "]) {
      expect(readEnvironment(new SecretMask(), { SLACK_SIGNING_SECRET: empty }).slackSigningSecret).toBeUndefined();
    }
    const short = (): unknown => readEnvironment(new SecretMask(), { SLACK_SIGNING_SECRET: "short" });
    expect(codeOf(short)).toBe("environment.invalid");
  });
});

describe("@file and --flag smuggled as an argument", () => {
  it.each(SMUGGLED)("%j is given to git as what it is, or not at all", async (text) => {
    const git = new GitProgram({ program: "/bin/echo", home: "/tmp", environment: {}, clock: systemClock });
    onTestFinished(() => git[Symbol.asyncDispose]());
    const call = { command: "2.40", operands: [text], paths: [text], about: "x", timeoutMs: 10_000 };
    if (text.startsWith("-")) {
      await expect(git.run(call)).rejects.toMatchObject({ code: expect.stringMatching(/^git\./u) });
    } else {
      expect((await git.run(call)).stdout).toBe(`2.40 ${text} -- ${text}\n`);
    }
  });

  it.each(SMUGGLED)("%j typed as a revision starts nothing", async (text) => {
    const rig = await rigOf();
    rig.revision = () => Promise.reject(new Error("git was asked"));
    await rig.type("U1", `/promote checkout "${text}" to staging`);
    await settle();
    expect(rig.store.events.listRuns({ limit: 1 })).toEqual([]);
  });
});

describe("expression or template injection", () => {
  const scope = { service: { name: "${{ service.owner }}" }, reason: "${{ 1 + 1 }}", list: ["'", "${{"] };

  it("into text that people typed evaluates nothing", () => {
    const values = { prompt: "${{ reason }} of ${{ service.name }}", one: "${{ reason }}" };
    expect(evaluateTemplate(values, scope)).toEqual({
      prompt: "${{ 1 + 1 }} of ${{ service.owner }}",
      one: "${{ 1 + 1 }}",
    });
  });

  it.each([
    "''.constructor.constructor('return process')()",
    "list.constructor",
    "reason['constructor']",
    "list.map(x, x.constructor)",
    "__proto__.polluted",
    "process.env",
    "globalThis",
    "import('fs')",
    "require('fs')",
    "[].filter.constructor('return 1')()",
    "this.constructor",
    "`${1}`",
    "eval('1')",
    "Function('return 1')()",
  ])("%s reaches no code", (text) => {
    expect(codeOf(() => evaluateExpression(text, scope))).toBe("expression.failed");
  });

  it("of YAML makes nothing but plain data", () => {
    for (const tag of [
      "!!js/function 'function(){}'",
      "!!python/object/apply:os.system ['id']",
      "!!binary aGk=",
      "!!set {a}",
      "!<tag:yaml.org,2002:js/undefined> ''",
    ]) {
      expect(readYaml({ text: `a: ${tag}`, file: "x.yaml" }).kind).toBe("broken");
    }
    const merged = readYaml({ text: "__proto__: { polluted: true }\n<<: { a: 1 }\n", file: "x.yaml" });
    expect({}).not.toHaveProperty("polluted");
    expect(merged.kind === "parsed" && Object.keys(Object(merged.document.value))).toEqual(["__proto__", "<<"]);
  });

  it("of SQL finds nothing and changes nothing", async () => {
    const rig = await rigOf();
    await rig.type("U1", "/promote checkout abc1234 to staging");
    await settle();
    const before = rig.store.events.listRuns({ limit: 10 });
    expect(before).toHaveLength(1);
    for (const text of [
      "' OR 1=1 --",
      "checkout' UNION SELECT 1--",
      "'; DROP TABLE runs; --",
      "%",
      "_",
      'checkout","prod',
    ]) {
      expect(rig.store.events.listRuns({ service: text, environment: text, limit: 10 })).toEqual([]);
      expect(rig.store.events.listRuns({ actor: text, limit: 10 })).toEqual([]);
      await rig.type("U1", `/qd history "${text}"`);
    }
    expect(rig.store.events.listRuns({ limit: 10 })).toEqual(before);
  });
});

describe("path traversal", () => {
  it.each(["../../etc", "a/../../b", "..", "apps/..", "./../x", "a\0b"])(
    "by %j stays in the repository",
    async (path) => {
      const shas = [SHA_A, "b".repeat(40)];
      const mirror = {
        read: () => Promise.resolve({ exitCode: 0, stdout: shas.map((sha) => `${sha} commit\n`).join("") }),
      };
      const request = { from: SHA_A, to: "b".repeat(40), paths: [path], most: 1 };
      await expect(commitsBetween(mirror, request)).rejects.toMatchObject({ code: "git.path" });
    },
  );

  it("by the name of a page's run leads to no other page", () => {
    const key = { id: "k", bytes: new Uint8Array(32) };
    const link = makeRunLink({ publicUrl: "", run: "run_1", until: 2000, key });
    const query = link.slice(link.indexOf("?") + 1);
    for (const run of ["run_1/../run_2", "../run_1", "run_1%2f..", "run_1/", "%72un_1", "RUN_1"]) {
      expect(checkRunLink({ path: `/runs/${run}`, query }, { keys: [key], now: 0 }).kind).toBe("forged");
    }
  });
});

describe("forged or wrong-audience tokens", () => {
  it("are none: what one key signed for one purpose opens nothing of another", () => {
    const { job, report, answer } = newKeys();
    for (const [maker, taker] of [
      [report, job],
      [answer, job],
      [job, report],
      [answer, report],
    ] as const) {
      const sealed = sealEnvelope(maker, { protocol: 1 });
      expect(openEnvelope(taker, sealed)).toEqual({ kind: "refused", fault: "foreign" });
      const renamed = sealed.replace(maker.id, taker.id);
      expect(openEnvelope(taker, renamed)).toEqual({ kind: "refused", fault: "forged" });
      expect(readQueuedWork(taker, { envelope: renamed }, new Map()).kind).toBe("refused");
    }
    const until = "99999999999";
    const signature = createHmac("sha256", job.bytes).update(`run_1\n${until}`).digest("base64url");
    const query = new URLSearchParams({ until, key: answer.id, signature }).toString();
    expect(checkRunLink({ path: "/runs/run_1", query }, { keys: [answer], now: 0 }).kind).toBe("forged");
  });
});

describe("decoder loops", () => {
  const deep = (levels: number): string => "[".repeat(levels) + "]".repeat(levels);
  const LEVELS = 100_000;

  it.each<readonly [string, () => unknown]>([
    ["a frame of a socket", () => readFrame(`{"type":"interactive","envelope_id":"e","payload":${deep(LEVELS)}}`)],
    ["a body of Slack", () => readPayload("form", Buffer.from(`payload=${deep(LEVELS)}`))],
    ["a body with a hundred thousand fields", () => readPayload("form", Buffer.from("a=&".repeat(LEVELS)))],
    ["an envelope", () => openEnvelope(newKeys().job, `{"v":1,"kid":"k","body":${deep(LEVELS)},"mac":""}`)],
    [
      "an application",
      () => Application.safeParse(JSON.parse(`{"metadata":{"name":"a"},"spec":{"source":${deep(LEVELS)}}}`)).success,
    ],
    ["a template without an end", () => codeOf(() => evaluateTemplate("${{ {".repeat(2000), {}))],
    [
      "YAML that multiplies itself",
      () =>
        readYaml({
          text: `a: &a [x]\n${Array.from({ length: 20 }, (_, level) => `b${level}: &b${level} [*${level === 0 ? "a" : `b${level - 1}`}, *${level === 0 ? "a" : `b${level - 1}`}]`).join("\n")}`,
          file: "x",
        }).kind,
    ],
    ["YAML that contains itself", () => readYaml({ text: "a: &a { b: *a }", file: "x" }).kind],
  ])("cannot be made of %s", (_what, decode) => {
    const started = cpuTimeMs();
    expect(() => decode()).not.toThrow();
    // 50 ms is the promise; a busy machine gets some more.
    expect(cpuTimeMs() - started).toBeLessThan(1000);
  });

  it("cannot be made of a stream that never comes to the end of a line, or of an event", () => {
    const parser = new EventStreamParser(1_000_000);
    const piece = Buffer.alloc(10_000, "x");
    const feed = (): void => {
      for (let count = 0; count < 1000; count += 1) parser.push(piece);
    };
    const started = cpuTimeMs();
    expect(codeOf(feed)).toBe("argocd.event-too-long");
    expect(cpuTimeMs() - started).toBeLessThan(1000);
  });
});

describe("a malformed value", () => {
  it("of an application is judged like any other, and not thrown about at every look", () => {
    const application = Application.parse({
      metadata: { name: "web\uD800", namespace: "\u0000", resourceVersion: "not a number" },
      status: { reconciledAt: "yesterday", history: [{ id: 1e308 }], operationState: { startedAt: "", phase: "?" } },
    });
    expect(digestOf(sourcesOf(application))).toMatch(/^[0-9a-f]{64}$/u);
    expect(application.metadata.name).toBe("web\uFFFD");
  });
});
