import { createHash } from "node:crypto";

import { describe, expect, it } from "vitest";

import { imageResolve } from "../../../../src/steps/image/image-resolve.ts";
import type { HttpAnswer, HttpCall } from "../../../../src/steps/network/http-call.ts";
import { StepBench } from "../../../support/step-bench.ts";

const INDEX = "application/vnd.oci.image.index.v1+json";
const IMAGE = "application/vnd.oci.image.manifest.v1+json";
const CONFIG = "application/vnd.oci.image.config.v1+json";
const LOGIN = { user: "reader", password: "a-password-of-the-registry" };
const BASIC = `Basic ${Buffer.from(`${LOGIN.user}:${LOGIN.password}`).toString("base64")}`;

const digestOf = (text: string): string => `sha256:${createHash("sha256").update(text).digest("hex")}`;

/** A registry of one repository, and what else answers beside it. */
class FakeRegistry {
  readonly calls: HttpCall[] = [];
  readonly content = new Map<string, { readonly type: string; readonly text: string }>();
  readonly index: string;
  readonly images: readonly string[];
  answer: (call: HttpCall) => Partial<HttpAnswer> | undefined = () => undefined;

  constructor() {
    this.images = ["amd64", "arm64"].map((architecture) => {
      const config = this.put(CONFIG, JSON.stringify({ architecture, os: "linux" }));
      return this.put(
        IMAGE,
        JSON.stringify({
          schemaVersion: 2,
          mediaType: IMAGE,
          config: { mediaType: CONFIG, digest: config },
          layers: [],
        }),
      );
    });
    const manifests = [
      ...this.images.map((digest, at) => ({
        mediaType: IMAGE,
        digest,
        platform: { os: "linux", architecture: at === 0 ? "amd64" : "arm64" },
      })),
      { mediaType: IMAGE, digest: this.images[0], platform: { os: "unknown", architecture: "unknown" } },
    ];
    this.index = this.put(INDEX, JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests }), "1.4.2");
  }

  put(type: string, text: string, tag?: string): string {
    const digest = digestOf(text);
    this.content.set(digest, { type, text });
    if (tag !== undefined) this.content.set(tag, { type, text });
    return digest;
  }

  get step(): StepBench {
    const send = async (call: HttpCall): Promise<HttpAnswer> => {
      this.calls.push(call);
      const found = this.content.get(call.url.pathname.split("/").at(-1) ?? "");
      const body = Buffer.from(found?.text ?? "");
      const plain = { status: found === undefined ? 404 : 200, headers: { "content-type": found?.type ?? "" }, body };
      return { ...plain, isCut: false, url: call.url.href, redirects: 0, latencyMs: 1, ...this.answer(call) };
    };
    return new StepBench(imageResolve({ send, networkPolicy: () => ({ privateAddresses: "deny", allow: [] }) }));
  }

  /** Lets nobody in who has not the token, which is given to whoever knows the password. */
  lockWithToken(realm: string): void {
    this.answer = ({ url, headers }) => {
      if (url.href.startsWith(realm)) {
        return headers["authorization"] === BASIC
          ? { status: 200, body: Buffer.from('{"token":"t0ken"}') }
          : { status: 401 };
      }
      if (headers["authorization"] === "Bearer t0ken") return undefined;
      return {
        status: 401,
        headers: { "www-authenticate": `Bearer realm="${realm}",service="reg",scope="repository:other:push"` },
      };
    };
  }
}

const TAG = "registry.example.com/team/checkout:1.4.2";

describe("image/resolve", () => {
  it("names the index that a tag means, by its digest, with the platforms in it", async () => {
    const registry = new FakeRegistry();
    expect(await registry.step.output({ image: TAG })).toEqual({
      digest: registry.index,
      reference: `registry.example.com/team/checkout@${registry.index}`,
      registry: "registry.example.com",
      repository: "team/checkout",
      tag: "1.4.2",
      index: "",
      mediaType: INDEX,
      platforms: [
        { platform: "linux/amd64", digest: registry.images[0] },
        { platform: "linux/arm64", digest: registry.images[1] },
      ],
      notes: [`team/checkout:1.4.2 is ${registry.index.slice(0, 19)}`],
    });
    expect(registry.calls[0]?.url.href).toBe("https://registry.example.com/v2/team/checkout/manifests/1.4.2");
  });

  it("takes the one image for a platform, and looks whether it is there", async () => {
    const registry = new FakeRegistry();
    const input = { image: TAG, platform: "linux/arm64" };
    expect(await registry.step.output(input)).toMatchObject({ digest: registry.images[1], index: registry.index });
    registry.content.delete(registry.images[1] ?? "");
    expect(await registry.step.failure(input)).toMatchObject({ code: "image.not-found", retry: "never" });
    expect(await registry.step.failure({ image: TAG, platform: "windows/amd64" })).toMatchObject({
      code: "image.no-platform",
    });
  });

  it("finds the platform of a single image in its configuration", async () => {
    const registry = new FakeRegistry();
    const image = `registry.example.com/team/checkout@${registry.images[0]}`;
    expect(await registry.step.output({ image, platform: "linux/amd64" })).toMatchObject({
      digest: registry.images[0],
      index: "",
      tag: "",
    });
    expect(await registry.step.failure({ image, platform: "linux/arm64" })).toMatchObject({
      code: "image.no-platform",
    });
  });

  it("asks for a token where it is told to, for reading this repository and nothing else", async () => {
    const registry = new FakeRegistry();
    registry.lockWithToken("https://registry.example.com/token");
    await registry.step.output({ image: TAG, registry: LOGIN });
    const [first, second, third] = registry.calls;
    expect(first?.headers).not.toHaveProperty("authorization");
    expect(second?.url.searchParams.get("scope")).toBe("repository:team/checkout:pull");
    expect(second?.headers["authorization"]).toBe(BASIC);
    expect(third?.headers["authorization"]).toBe("Bearer t0ken");
  });

  it("sends the password to no other host than the registry, unless that host is named", async () => {
    const registry = new FakeRegistry();
    registry.lockWithToken("https://tokens.example.net/token");
    const failure = await registry.step.failure({ image: TAG, registry: LOGIN });
    expect(failure).toMatchObject({ code: "image.realm-refused", retry: "never" });
    expect(failure.message).toContain("token-host: tokens.example.net");
    expect(JSON.stringify(registry.calls.map(({ headers }) => headers))).not.toContain(BASIC);
    const named = { ...LOGIN, "token-host": "tokens.example.net" };
    expect(await registry.step.output({ image: TAG, registry: named })).toMatchObject({ digest: registry.index });
  });

  it.each(["http://registry.example.com/token", "file:///etc/passwd", "https://a:b@registry.example.com/", "nowhere"])(
    "asks for no token at %s",
    async (realm) => {
      const registry = new FakeRegistry();
      registry.lockWithToken(realm);
      expect(await registry.step.failure({ image: TAG })).toMatchObject({ code: "image.realm-refused" });
      expect(registry.calls).toHaveLength(1);
    },
  );

  it("sends the password itself where the registry wants that, and says when it is not enough", async () => {
    const registry = new FakeRegistry();
    registry.answer = ({ headers }) =>
      headers["authorization"] === BASIC
        ? undefined
        : { status: 401, headers: { "www-authenticate": 'Basic realm="r"' } };
    expect(await registry.step.output({ image: TAG, registry: LOGIN })).toMatchObject({ digest: registry.index });
    expect(
      await registry.step.failure({ image: TAG, registry: { ...LOGIN, password: "another-password" } }),
    ).toMatchObject({ code: "image.denied" });
    expect(await registry.step.failure({ image: TAG })).toMatchObject({ code: "image.denied" });
  });

  it("goes without TLS only to this machine, or where that is allowed", async () => {
    const registry = new FakeRegistry();
    await registry.step.output({ image: "127.0.0.1:5000/team/checkout:1.4.2" });
    await registry.step.output({ image: TAG, registry: { http: true } });
    await registry.step.output({ image: TAG });
    expect(registry.calls.map(({ url }) => url.protocol)).toEqual(["http:", "http:", "https:"]);
  });

  it("asks Docker's registry at its own address", async () => {
    const registry = new FakeRegistry();
    await registry.step.output({ image: "acme/checkout:1.4.2" });
    expect(registry.calls[0]?.url.href).toBe("https://registry-1.docker.io/v2/acme/checkout/manifests/1.4.2");
  });
});

describe("what a registry may not make a step believe", () => {
  it.each([
    [
      "bytes with another digest than it says",
      { headers: { "content-type": INDEX, "docker-content-digest": `sha256:${"0".repeat(64)}` } },
      "image.digest-differs",
    ],
    ["a page instead of an image", { headers: { "content-type": "text/html" } }, "image.bad-manifest"],
    ["an index that came as an image", { headers: { "content-type": IMAGE } }, "image.bad-manifest"],
    ["no JSON", { body: Buffer.from("<html>") }, "image.bad-manifest"],
    ["more than fits", { isCut: true }, "image.too-large"],
    ["a status that means nothing", { status: 302 }, "image.bad-answer"],
    ["nothing", { status: 404 }, "image.not-found"],
  ])("%s", async (_what, answer, code) => {
    const registry = new FakeRegistry();
    registry.answer = () => answer;
    expect(await registry.step.failure({ image: TAG })).toMatchObject({ code, retry: "never" });
  });

  it("another image under a digest that was asked for", async () => {
    const registry = new FakeRegistry();
    const [first = "", second = ""] = registry.images;
    registry.content.set(first, { type: IMAGE, text: registry.content.get(second)?.text ?? "" });
    const failure = await registry.step.failure({ image: `registry.example.com/team/checkout@${first}` });
    expect(failure).toMatchObject({ code: "image.digest-differs" });
  });

  it("that it is gone, while it only asks to be left alone", async () => {
    const registry = new FakeRegistry();
    registry.answer = () => ({ status: 429, headers: { "retry-after": "17" } });
    expect(await registry.step.failure({ image: TAG })).toMatchObject({
      code: "image.registry-away",
      retry: { afterMs: 17_000 },
    });
  });
});

describe("an image that is looked at again", () => {
  it("has to be the one that it was before", async () => {
    const registry = new FakeRegistry();
    const image = "registry.example.com/team/checkout:1.4.2";
    expect(await registry.step.output({ image, expected: registry.index })).toMatchObject({ digest: registry.index });
    const expected = `sha256:${"0".repeat(64)}`;
    expect(await registry.step.failure({ image, expected })).toMatchObject({
      code: "image.moved",
      retry: "never",
      details: { expected, digest: registry.index },
    });
  });
});
