import { request } from "undici";
import { describe, expect, it, onTestFinished } from "vitest";

import { systemClock } from "../../src/platform/clock.ts";
import { pushImage } from "../../src/simulator/registry-image.ts";
import { type RegistryOptions, RegistrySimulator } from "../../src/simulator/registry-simulator.ts";
import { imageResolve } from "../../src/steps/image/image-resolve.ts";
import { systemLookup } from "../../src/steps/network/checked-addresses.ts";
import { httpSender } from "../../src/steps/network/http-call.ts";
import { StepBench } from "../support/step-bench.ts";

const IMAGE = { layer: Buffer.alloc(1024) };
const LOGIN = {
  accounts: [
    { user: "reader", password: "canary-r", mayPush: false },
    { user: "writer", password: "canary-w", mayPush: true },
  ],
};
const basic = (user: string, password: string) => ({
  authorization: `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`,
});

async function open(options: RegistryOptions = {}): Promise<RegistrySimulator> {
  const registry = await RegistrySimulator.start(options);
  onTestFinished(() => registry[Symbol.asyncDispose]());
  return registry;
}

const resolving = (): StepBench =>
  new StepBench(
    imageResolve({
      send: httpSender({ clock: systemClock, lookup: systemLookup }),
      networkPolicy: () => ({ privateAddresses: "allow", allow: [] }),
    }),
  );

describe("the simulated registry", () => {
  it("gives the same image the same digest, and moves a tag to another one", async () => {
    const registry = await open();
    const content = registry.repository("harbor/checkout");
    const digest = pushImage(content, { tag: "1.5.0", image: IMAGE });
    expect(pushImage(content, { tag: "again", image: IMAGE })).toBe(digest);
    const image = `${registry.host}/harbor/checkout:1.5.0`;
    expect(await resolving().output({ image, platform: "linux/amd64" })).toMatchObject({ digest });
    const other = pushImage(content, { tag: "1.5.0", image: { layer: Buffer.alloc(2048) } });
    expect(other).not.toBe(digest);
    expect(await resolving().output({ image })).toMatchObject({ digest: other });
    content.tag("1.5.0", digest);
    expect(await resolving().output({ image })).toMatchObject({ digest });
    const answer = await request(`http://${registry.host}/v2/harbor/checkout/tags/list`);
    expect(await answer.body.json()).toEqual({ name: "harbor/checkout", tags: ["1.5.0", "again"] });
  });

  it.each(["basic", "token"] as const)("lets in whoever has an account, by way of %s", async (way) => {
    const registry = await open({ login: { ...LOGIN, way } });
    pushImage(registry.repository("harbor/checkout"), { tag: "1", image: IMAGE });
    const image = `${registry.host}/harbor/checkout:1`;
    const reader = { user: "reader", password: "canary-r" };
    expect(await resolving().output({ image, registry: reader })).toMatchObject({ digest: expect.any(String) });
    const wrong = { ...reader, password: "wrong" };
    expect(await resolving().failure({ image, registry: wrong })).toMatchObject({ code: "image.denied" });
    expect(await resolving().failure({ image })).toMatchObject({ code: "image.denied" });
  });

  it("lets push only those who may", async () => {
    const registry = await open({ login: { ...LOGIN, way: "basic" } });
    const url = `http://${registry.host}/v2/harbor/checkout/blobs/uploads/`;
    const status = async (headers: Record<string, string>): Promise<number> => {
      const { statusCode, body } = await request(url, { method: "POST", headers });
      await body.dump();
      return statusCode;
    };
    expect(await status({})).toBe(401);
    expect(await status(basic("reader", "canary-r"))).toBe(403);
    expect(await status(basic("writer", "canary-w"))).toBe(202);
  });

  it("takes no manifest whose parts are not there, and none under another digest", async () => {
    const content = (await open()).repository("harbor/checkout");
    const digest = `sha256:${"0".repeat(64)}`;
    const manifest = Buffer.from(JSON.stringify({ config: { digest }, layers: [] }));
    expect(content.putManifest("1", "x", manifest)).toMatchObject({ code: "MANIFEST_BLOB_UNKNOWN" });
    expect(content.putManifest(digest, "x", manifest)).toMatchObject({ code: "DIGEST_INVALID" });
    expect(content.putManifest("1", "x", Buffer.from("no"))).toMatchObject({ code: "MANIFEST_INVALID" });
    expect(content.manifest("1")).toBeUndefined();
  });

  it("knows what is about an image, and forgets what is deleted", async () => {
    const registry = await open();
    const content = registry.repository("harbor/checkout");
    const subject = pushImage(content, { tag: "1", image: IMAGE });
    const about = JSON.stringify({ artifactType: "test/signature", subject: { digest: subject }, layers: [] });
    content.putManifest("about", "application/vnd.oci.image.manifest.v1+json", Buffer.from(about));
    const referrers = async (query: string): Promise<unknown> => {
      const { body } = await request(`http://${registry.host}/v2/harbor/checkout/referrers/${subject}${query}`);
      return await body.json();
    };
    expect(await referrers("")).toMatchObject({ manifests: [{ artifactType: "test/signature" }] });
    expect(await referrers("?artifactType=other")).toMatchObject({ manifests: [] });
    expect([content.deleteManifest("1"), content.deleteManifest(subject), content.deleteManifest(subject)]).toEqual([
      true,
      true,
      false,
    ]);
    expect(content.manifest(subject)).toBeUndefined();
  });

  it("is away, fails, or asks for less where it is told to", async () => {
    const registry = await open();
    pushImage(registry.repository("a"), { tag: "1", image: IMAGE });
    const image = `${registry.host}/a:1`;
    for (const fault of [
      { kind: "down" },
      { kind: "status", status: 503 },
      { kind: "status", status: 429, retryAfterSeconds: 7 },
    ] as const) {
      registry.setFault(fault);
      const { retry } = await resolving().failure({ image });
      expect(retry).not.toBe("never");
    }
    registry.setFault({ kind: "none" });
    expect(await resolving().output({ image })).toMatchObject({ digest: expect.any(String) });
    expect(registry.requests).toBeGreaterThan(3);
  });
});
