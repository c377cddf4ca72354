import { generateKeyPairSync } from "node:crypto";

import { describe, expect, it } from "vitest";

import type { ProgramEnd, ProgramOrder } from "../../../../src/programs/program-order.ts";
import { cosignVerify } from "../../../../src/steps/cosign/cosign-verify.ts";
import { StepBench } from "../../../support/step-bench.ts";
import { recording, ToolBench } from "../../../support/tool-bench.ts";

const SIGNED = "registry.example.com/checkout@sha256:7d5225e2801d8c75facfbd98b49a74b7f73606c6dcae95334add95e6c5bf2e0c";
const ATTESTED =
  "registry.example.com/checkout@sha256:d09eb6bc1e863d8cb8d56c0224bd6916dd64263a7af1af910684c543e4a54ef9";
const ATTESTED_ONLY =
  "registry.example.com/checkout@sha256:3966454e23feafe42cd4fe7a998a20e705d67a76e02151dbed884b782bbddde5";
const key = generateKeyPairSync("ec", { namedCurve: "P-256" })
  .publicKey.export({ type: "spki", format: "pem" })
  .toString();
const KEYLESS = {
  identity: "https://github.com/acme/checkout/.github/workflows/release.yml@refs/heads/main",
  issuer: "https://token.actions.githubusercontent.com",
};
const TYPE = "https://example.com/tests/v1";

const GOOD = { stdout: recording("cosign/verify-key.json"), stderr: recording("cosign/verify-key.stderr") };

type Answer = Partial<ProgramEnd> | ((order: ProgramOrder) => Partial<ProgramEnd>);

async function bench(answer: Answer): Promise<{ tools: ToolBench; step: StepBench } & AsyncDisposable> {
  const tools = await ToolBench.open(typeof answer === "function" ? answer : () => answer);
  return {
    tools,
    step: new StepBench(cosignVerify(tools.deps)),
    [Symbol.asyncDispose]: () => tools[Symbol.asyncDispose](),
  };
}

/** What the tests change of a signature. */
interface Signature {
  critical: { image: Record<string, string> };
  optional: Record<string, string>;
}

/** The recorded list with each entry changed. */
function changed(change: (signature: Signature) => void): Partial<ProgramEnd> {
  const list: readonly Signature[] = JSON.parse(GOOD.stdout);
  for (const signature of list) change(signature);
  return { stdout: `\n${JSON.stringify(list)}` };
}

describe("cosign/verify", () => {
  it("says by which key an image is signed, for an approval", async () => {
    await using rig = await bench(GOOD);
    expect(await rig.step.output({ image: SIGNED, key })).toMatchObject({
      image: SIGNED,
      digest: SIGNED.split("@")[1],
      identity: expect.stringMatching(/^key sha256:[0-9a-f]{64}$/u),
      signatures: 1,
      attestations: [],
      check: {
        name: "cosign/verify checkout@sha256:7d5225e2801d",
        result: expect.stringMatching(/^signed by key sha256:/u),
      },
    });
    expect(rig.step.artifacts.text("log")).toContain("The signatures were verified against the specified public key");
    expect(await rig.tools.leftovers()).toEqual([]);
  });

  it("hands the key over as a file of its own, never as a text that could name something else", async () => {
    await using rig = await bench(GOOD);
    await rig.step.run({ image: SIGNED, key });
    const { order, files } = rig.tools.last;
    expect(order.args).toContain(`--key=${order.folder}/key.pub`);
    expect(files["key.pub"]).toBe(key);
    expect(order.args.at(-1)).toBe(SIGNED);
  });

  it("asserts identity and issuer exactly, each in one argument", async () => {
    await using rig = await bench(GOOD);
    await rig.step.output({ image: SIGNED, keyless: KEYLESS });
    const { args } = rig.tools.last.order;
    expect(args).toEqual(
      expect.arrayContaining([
        `--certificate-identity=${KEYLESS.identity}`,
        `--certificate-oidc-issuer=${KEYLESS.issuer}`,
      ]),
    );
    expect(args.join(" ")).not.toContain("regexp");
  });

  it.each([
    [{ key: "gcpkms://projects/a/locations/b" }, "cosign.bad-key"],
    [{ key: "env://COSIGN_PUBLIC_KEY" }, "cosign.bad-key"],
    [{ key: "https://keys.example.com/cosign.pub" }, "cosign.bad-key"],
    [{}, "cosign.bad-input"],
    [{ key, keyless: KEYLESS }, "cosign.bad-input"],
    [{ keyless: KEYLESS, "insecure-ignore-tlog": true }, "cosign.bad-input"],
    [{ key, image: "registry.example.com/checkout:1.4.2" }, "image.no-digest"],
  ])("refuses %j before anything runs", async (input, code) => {
    await using rig = await bench(GOOD);
    expect(await rig.step.failure({ image: SIGNED, ...input })).toMatchObject({ code });
    expect(rig.tools.seen).toEqual([]);
  });

  it.each([
    { keyless: { identity: KEYLESS.identity } },
    { keyless: { issuer: KEYLESS.issuer } },
    { keyless: { "identity-regexp": ".*", issuer: KEYLESS.issuer } },
    { keyless: { identity: "", issuer: "" } },
  ])("takes no %j: identity and issuer are both needed", async (input) => {
    await using rig = await bench(GOOD);
    await expect(rig.step.run({ image: SIGNED, ...input })).rejects.toThrow(/keyless/u);
    expect(rig.tools.seen).toEqual([]);
  });

  it("leaves the transparency log out only when that is said by name, and says so in what it found", async () => {
    await using rig = await bench(GOOD);
    await rig.step.output({ image: SIGNED, key });
    expect(rig.tools.last.order.args.join(" ")).not.toContain("tlog");
    const output = await rig.step.output({ image: SIGNED, key, "insecure-ignore-tlog": true });
    expect(rig.tools.last.order.args).toContain("--insecure-ignore-tlog=true");
    expect(output).toMatchObject({ check: { result: expect.stringContaining("without the transparency log") } });
  });

  it("gives the credentials to the one registry, and no secret to the arguments", async () => {
    await using rig = await bench(GOOD);
    const password = "a-password-of-the-registry";
    const outcome = await rig.step.run({ image: SIGNED, key, registry: { user: "verifier", password } });
    const { order, files } = rig.tools.last;
    expect(Object.keys(JSON.parse(files["docker/config.json"] ?? "{}").auths)).toEqual(["registry.example.com"]);
    expect(JSON.stringify([order.args, order.env, outcome])).not.toContain(password);
  });
});

describe("what is no signature, whatever the exit code", () => {
  it.each([
    ["an image without one", { exitCode: 10, stderr: recording("cosign/verify-unsigned.stderr") }, "cosign.unsigned"],
    ["another key", { exitCode: 1, stderr: recording("cosign/verify-wrong-key.stderr") }, "cosign.not-verified"],
    ["nothing at all", { stdout: "" }, "cosign.unreadable-output"],
    ["an empty list", { stdout: "\n[]" }, "cosign.unsigned"],
    ["a list of something else", { stdout: '\n[{"critical":{}}]' }, "cosign.unreadable-output"],
    ["an error that is not known", { exitCode: 1, stderr: "Error: something" }, "cosign.failed"],
    ["a kill", { ...GOOD, exitCode: undefined, endedBy: "SIGKILL" }, "cosign.failed"],
    ["the end of an output", { ...GOOD, isCut: true }, "cosign.too-large"],
    [
      "a signature of another image",
      changed(({ critical }) => (critical.image["docker-manifest-digest"] = `sha256:${"0".repeat(64)}`)),
      "cosign.unsigned",
    ],
  ])("%s", async (_what, answer, code) => {
    await using rig = await bench(answer);
    expect(await rig.step.failure({ image: SIGNED, key })).toMatchObject({ code, retry: "never" });
  });

  it("an attestation alone, for which Cosign succeeds", async () => {
    await using rig = await bench({ stdout: recording("cosign/verify-attested-only.json") });
    const failure = await rig.step.failure({ image: ATTESTED_ONLY, key });
    expect(failure).toMatchObject({ code: "cosign.unsigned", retry: "never" });
  });

  it("a signature that names somebody else than was asserted", async () => {
    await using rig = await bench(changed((signature) => (signature.optional = { Subject: "eve@example.com" })));
    expect(await rig.step.failure({ image: SIGNED, keyless: KEYLESS })).toMatchObject({ code: "cosign.not-verified" });
  });
});

describe("what is no verdict", () => {
  it.each([
    ["no trusted root", recording("cosign/verify-keyless-offline.stderr")],
    ["no registry", recording("cosign/verify-registry-away.stderr")],
  ])("%s is an outage, which a retry may end", async (_what, stderr) => {
    await using rig = await bench({ exitCode: 1, stderr });
    expect(await rig.step.failure({ image: SIGNED, key })).toMatchObject({
      code: "cosign.unreachable",
      retry: "backoff",
    });
  });
});

describe("attestations", () => {
  const both = (attestations: Partial<ProgramEnd>) => (order: ProgramOrder) =>
    order.args[0] === "verify"
      ? {
          stdout: recording("cosign/verify-key.json").replaceAll(
            SIGNED.split("@")[1] ?? "",
            ATTESTED.split("@")[1] ?? "",
          ),
        }
      : attestations;
  const asserted = both({ stdout: recording("cosign/verify-attestation.jsonl") });

  it("have to be of the type, and one of them as the condition has it", async () => {
    await using rig = await bench(asserted);
    const attestations = [{ type: TYPE, condition: 'predicate.result == "ok" && predicate.n >= 3' }];
    expect(await rig.step.output({ image: ATTESTED, key, attestations })).toMatchObject({
      attestations: [{ type: TYPE, count: 1 }],
      check: { result: expect.stringContaining(`asserted: ${TYPE}`) },
    });
    expect(rig.tools.last.order.args.slice(0, 2)).toEqual(["verify-attestation", `--type=${TYPE}`]);
  });

  it("stop a run where the condition does not hold, or cannot be judged", async () => {
    await using rig = await bench(asserted);
    for (const condition of ['predicate.result == "bad"', "predicate.absent > 1"]) {
      const failure = await rig.step.failure({ image: ATTESTED, key, attestations: [{ type: TYPE, condition }] });
      expect(failure).toMatchObject({ code: "cosign.condition", retry: "never" });
    }
  });

  it("do not count when they are about another image, of another type, or too large", async () => {
    const line = JSON.parse(recording("cosign/verify-attestation.jsonl"));
    const statement = JSON.parse(Buffer.from(line.payload, "base64").toString());
    const printed = (change: object): Partial<ProgramEnd> => ({
      stdout: JSON.stringify({
        ...line,
        payload: Buffer.from(JSON.stringify({ ...statement, ...change })).toString("base64"),
      }),
    });
    const cases: readonly (readonly [Partial<ProgramEnd>, string])[] = [
      [printed({ subject: [{ digest: { sha256: "0".repeat(64) } }] }), "cosign.no-attestation"],
      [printed({ predicateType: "https://example.com/other/v1" }), "cosign.no-attestation"],
      [printed({ predicate: "x".repeat(1_100_000) }), "cosign.too-large"],
      [{ stdout: "not an envelope" }, "cosign.unreadable-output"],
      [{ exitCode: 1, stderr: recording("cosign/verify-attestation-other-type.stderr") }, "cosign.no-attestation"],
    ];
    for (const [end, code] of cases) {
      await using rig = await bench(both(end));
      expect(await rig.step.failure({ image: ATTESTED, key, attestations: [{ type: TYPE }] })).toMatchObject({ code });
    }
  });
});
