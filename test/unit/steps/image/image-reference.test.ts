import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { referenceByDigest, shortReference, tryImageReference } from "../../../../src/steps/image/image-reference.ts";

const DIGEST = `sha256:${"4f2a6c1d".repeat(8)}`;

describe("an image reference", () => {
  it.each([
    ["redis", { registry: "docker.io", repository: "library/redis", tag: undefined, digest: undefined }],
    ["acme/checkout:1.4", { registry: "docker.io", repository: "acme/checkout", tag: "1.4", digest: undefined }],
    ["index.docker.io/acme/checkout", { registry: "docker.io", repository: "acme/checkout" }],
    ["localhost/checkout", { registry: "localhost", repository: "checkout" }],
    ["registry.example.com:5000/a/b/c:v1", { registry: "registry.example.com:5000", repository: "a/b/c", tag: "v1" }],
    [
      `ghcr.io/acme/checkout:v1@${DIGEST}`,
      { registry: "ghcr.io", repository: "acme/checkout", tag: "v1", digest: DIGEST },
    ],
    [`127.0.0.1:5000/checkout@${DIGEST}`, { registry: "127.0.0.1:5000", repository: "checkout", digest: DIGEST }],
    [`[::1]:5000/checkout@${DIGEST}`, { registry: "[::1]:5000", repository: "checkout" }],
  ])("%s is taken apart", (text, parts) => {
    expect(tryImageReference(text)).toMatchObject(parts);
  });

  it.each([
    "",
    "--config=/etc/passwd",
    "-checkout",
    "registry.example.com/Checkout",
    "registry.example.com/check out",
    "registry.example.com/../checkout",
    "registry.example.com/checkout:",
    "registry.example.com/checkout@sha256:abc",
    `registry.example.com/checkout@sha512:${"a".repeat(128)}`,
    `registry.example.com/checkout@${DIGEST}@${DIGEST}`,
    `user:password@registry.example.com/checkout@${DIGEST}`,
    "https://registry.example.com/checkout",
    "registry.example.com/checkout\n--insecure",
    "a".repeat(501),
  ])("%j is none", (text) => {
    expect(tryImageReference(text)).toBeUndefined();
  });

  it("names the same image when it is written down by its digest and read again", () => {
    const part = fc.stringMatching(/^[a-z0-9]{1,8}$/u);
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 3 }), part, (path, host) => {
        const image = { registry: `${host}.example.com`, repository: path.join("/") };
        expect(tryImageReference(referenceByDigest(image, DIGEST))).toEqual({
          ...image,
          tag: undefined,
          digest: DIGEST,
        });
      }),
    );
  });

  it("is short for people", () => {
    expect(shortReference({ repository: "team/checkout", digest: DIGEST })).toBe("checkout@sha256:4f2a6c1d4f2a");
  });
});
