import { describe, expect, it } from "vitest";

import { diffManifests } from "../../../src/argocd/manifest-diff.ts";
import { hiddenText, renderingText } from "../../../src/steps/rendering-text.ts";

const OLD = "28b89acdce598ba80821fe5a1aac5a2e55d4c7c0de0a8c9e0d8f6d6a4b2c1d00";
const NEW = "77aa9acdce598ba80821fe5a1aac5a2e55d4c7c0de0a8c9e0d8f6d6a4b2c1d11";

function deployment(image: string): string {
  return JSON.stringify({
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "checkout", namespace: "checkout-prod" },
    spec: { template: { spec: { containers: [{ name: "checkout", image }] } } },
  });
}

function settings(name: string, data: Readonly<Record<string, string>>): string {
  return JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace: "shop" }, data });
}

describe("what a rendering changes, in words", () => {
  it("shows the old and the new image with the first digits of their digests", () => {
    const image = "registry.example.com/shop/checkout";
    const diff = diffManifests(
      [deployment(`${image}:1.4.2@sha256:${OLD}`)],
      [deployment(`${image}:1.5.0@sha256:${NEW}`)],
    );
    expect(renderingText(diff)).toEqual({
      summary: "1 changed",
      lines: [
        "changed Deployment/checkout",
        `  spec.template.spec.containers[checkout].image: ${image}:1.4.2@sha256:28b89acdce59… → ${image}:1.5.0@sha256:77aa9acdce59…`,
      ],
    });
  });

  it("gives each field a line below its object, and says what is new and what is gone", () => {
    const diff = diffManifests(
      [settings("checkout", { TIMEOUT: "5s", OLD: "on" }), settings("gone", {})],
      [settings("checkout", { TIMEOUT: "3s", INSTALMENTS: "on" }), settings("fresh", {})],
    );
    expect(renderingText(diff)).toEqual({
      summary: "1 changed, 1 new, 1 gone",
      lines: [
        "removed ConfigMap/gone",
        "changed ConfigMap/checkout",
        "  data.INSTALMENTS: (nothing) → on",
        "  data.OLD: on → (nothing)",
        "  data.TIMEOUT: 5s → 3s",
        "created ConfigMap/fresh",
      ],
    });
  });

  it("stays within twelve lines and counts what it leaves out", () => {
    const many = (value: string): string[] =>
      Array.from({ length: 5 }, (_, index) =>
        settings(`settings-${index}`, { A: value, B: value, C: value, D: value, E: value }),
      );
    const { lines } = renderingText(diffManifests(many("1"), many("2")));
    expect(lines).toHaveLength(11);
    expect(lines.slice(0, 5)).toEqual([
      "changed ConfigMap/settings-0",
      "  data.A: 1 → 2",
      "  data.B: 1 → 2",
      "  data.C: 1 → 2",
      "  and 2 more fields",
    ]);
    expect(lines.at(-1)).toBe("and 3 more objects");
  });

  it("keeps the end of a long path", () => {
    const nested = (value: string): string =>
      JSON.stringify({
        apiVersion: "v1",
        kind: "Thing",
        metadata: { name: "deep" },
        spec: { "a-rather-long-key": { "another-rather-long-key": { "and-one-more-of-them": { level: value } } } },
      });
    const { lines } = renderingText(diffManifests([nested("low")], [nested("high")]));
    expect(lines[1]).toBe("  …long-key.another-rather-long-key.and-one-more-of-them.level: low → high");
  });

  it("says in one word that nothing changes", () => {
    expect(renderingText(diffManifests([settings("a", {})], [settings("a", {})]))).toEqual({
      summary: "changes nothing",
      lines: [],
    });
  });

  it("says whose values it cannot see, because Argo CD hides those of Secrets", () => {
    const secret = (name: string, value: string): string =>
      JSON.stringify({ apiVersion: "v1", kind: "Secret", metadata: { name }, data: { password: value } });
    const hidden = secret("db", "++++++++");
    expect(hiddenText(diffManifests([hidden], [hidden]))).toBe(
      "Argo CD hides the values of Secrets, so it is not known whether those of db change.",
    );
    expect(hiddenText(diffManifests([secret("db", "aG9zdA==")], [secret("db", "aG9zdA==")]))).toBeUndefined();
    const many = Array.from({ length: 7 }, (_, index) => secret(`s${index}`, "++++++++"));
    expect(hiddenText(diffManifests(many, many))).toContain("s0, s1, s2, s3, s4 and others change");
  });
});
