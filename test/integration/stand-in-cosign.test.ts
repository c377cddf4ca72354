import { generateKeyPairSync } from "node:crypto";

import { describe, expect, it, onTestFinished } from "vitest";

import type { Outcome } from "../../src/domain/outcome.ts";
import { findProgram } from "../../src/programs/find-program.ts";
import type { Programs } from "../../src/programs/program-order.ts";
import { pushImage } from "../../src/simulator/registry-image.ts";
import { signImage } from "../../src/simulator/registry-signature.ts";
import { RegistrySimulator } from "../../src/simulator/registry-simulator.ts";
import { cosignVerify } from "../../src/steps/cosign/cosign-verify.ts";
import { standInPrograms, temporaryFolder } from "../support/stand-in-bench.ts";
import { StepBench } from "../support/step-bench.ts";
import { machinePrograms } from "../support/terraform-program.ts";
import { ToolBench } from "../support/tool-bench.ts";

const hasCosign = await findProgram("cosign", process.env["PATH"]).then(
  () => true,
  () => false,
);

const own = generateKeyPairSync("ec", { namedCurve: "P-256" });
const other = generateKeyPairSync("ec", { namedCurve: "P-256" });
const pemOf = ({ publicKey }: typeof own): string => publicKey.export({ type: "spki", format: "pem" }).toString();

/** What is said of an image that is signed, of one that somebody else has signed, of one that nobody has, and of nothing at all. */
async function verdicts(programs: Programs): Promise<readonly unknown[]> {
  const registry = await RegistrySimulator.start();
  onTestFinished(() => registry[Symbol.asyncDispose]());
  const content = registry.repository("shop/checkout");
  const name = `${registry.host}/shop/checkout`;
  const signed = pushImage(content, { tag: "1", image: { layer: Buffer.from("one") } });
  const unsigned = pushImage(content, { tag: "2", image: { layer: Buffer.from("two") } });
  signImage(content, { name, digest: signed, privateKey: own.privateKey });
  const tools = await ToolBench.open();
  onTestFinished(() => tools[Symbol.asyncDispose]());
  const verify = async (host: string, digest: string, key: string): Promise<unknown> => {
    const bench = new StepBench(cosignVerify({ ...tools.deps, programs }));
    const input = { image: `${host}/shop/checkout@${digest}`, key, "insecure-ignore-tlog": true };
    return shapeOf(await bench.run(input), registry.host);
  };
  return [
    await verify(registry.host, signed, pemOf(own)),
    await verify(registry.host, signed, pemOf(other)),
    await verify(registry.host, unsigned, pemOf(own)),
    await verify("127.0.0.1:1", signed, pemOf(own)),
  ];
}

function shapeOf(outcome: Outcome, host: string): unknown {
  if (outcome.status === "succeeded") return JSON.parse(JSON.stringify(outcome).replaceAll(host, "HOST"));
  return outcome.status === "failed" ? { code: outcome.failure.code, retry: outcome.failure.retry } : outcome.status;
}

const WANTED = [
  { status: "succeeded" },
  { code: "cosign.not-verified" },
  { code: "cosign.unsigned" },
  { code: "cosign.unreachable", retry: "backoff" },
];

describe("signatures of images in a registry", () => {
  it("are judged by the stand-in for Cosign by the key and the digest", async () => {
    expect(await verdicts(await standInPrograms(["cosign"]))).toMatchObject(WANTED);
  });

  it.skipIf(!hasCosign)("are judged by the real program in the same way", async () => {
    const programs = machinePrograms(await temporaryFolder());
    onTestFinished(() => programs[Symbol.asyncDispose]());
    expect(await verdicts(programs)).toEqual(await verdicts(await standInPrograms(["cosign"])));
  });
});
