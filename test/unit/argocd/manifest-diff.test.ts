import { describe, expect, it } from "vitest";

import { Manifests } from "../../../src/argocd/argocd-responses.ts";
import { diffManifests } from "../../../src/argocd/manifest-diff.ts";
import { cpuTimeMs } from "../../support/cpu-time.ts";
import { readRecording } from "./recording.ts";

const deployment = (image: string, more: object = {}, env: readonly object[] = []): string =>
  JSON.stringify({
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "web", namespace: "prod" },
    spec: {
      replicas: 2,
      template: {
        spec: {
          containers: [
            { name: "web", image, env },
            { name: "proxy", image: "proxy:1" },
          ],
        },
      },
      ...more,
    },
  });
const configMap = (name: string, data: object): string =>
  JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace: "prod" }, data });
const secret = (data: object): string =>
  JSON.stringify({ apiVersion: "v1", kind: "Secret", metadata: { name: "db", namespace: "prod" }, data });

describe("diffManifests", () => {
  it("says that it cannot compare what is nested more deeply than the stack goes", () => {
    const deep = `{"kind":"Widget","metadata":{"name":"w"},"spec":${"[".repeat(5000)}${"]".repeat(5000)}}`;
    expect(() => diffManifests([deep], [deep])).toThrow("Widget w is nested more than 500 levels deep");
  });

  it("is quick where thousands of objects have the same name, or none", () => {
    const started = cpuTimeMs();
    expect(
      diffManifests(
        Array.from({ length: 10_000 }, () => "{}"),
        [],
      ).removed,
    ).toBe(10_000);
    // Many seconds when each looked for a free name.
    expect(cpuTimeMs() - started).toBeLessThan(1000);
  });

  it("says that two renderings are the same, whatever the order of objects and keys", () => {
    const from = [deployment("web:1"), configMap("a", { x: "1", y: "2" })];
    const to = [configMap("a", { y: "2", x: "1" }), deployment("web:1")];
    expect(diffManifests(from, to)).toMatchObject({
      changesNothing: true,
      objects: [],
      created: 0,
      changed: 0,
      removed: 0,
    });
  });

  it("names what is created, changed and removed, with the fields that change", () => {
    const diff = diffManifests(
      [deployment("web:1"), configMap("old", {})],
      [deployment("web:2", { replicas: 3 }), configMap("new", {})],
    );
    expect(diff).toMatchObject({ changesNothing: false, created: 1, changed: 1, removed: 1 });
    expect(diff.objects).toEqual([
      { change: "removed", kind: "ConfigMap", name: "old", fields: [], moreFields: 0 },
      {
        change: "changed",
        kind: "Deployment",
        name: "web",
        fields: [
          { path: "spec.replicas", from: "2", to: "3" },
          { path: "spec.template.spec.containers[web].image", from: "web:1", to: "web:2" },
        ],
        moreFields: 0,
      },
      { change: "created", kind: "ConfigMap", name: "new", fields: [], moreFields: 0 },
    ]);
  });

  it("matches named items of a list by name, and others by place", () => {
    const from = configMap("a", {
      list: [1, 2],
      ports: [
        { name: "http", port: 80 },
        { name: "metrics", port: 90 },
      ],
    });
    const to = configMap("a", { list: [1, 3, 4], ports: [{ name: "metrics", port: 91 }] });
    expect(diffManifests([from], [to]).objects[0]?.fields).toEqual([
      { path: "data.list[1]", from: "2", to: "3" },
      { path: "data.list[2]", from: undefined, to: "4" },
      { path: "data.ports[http]", from: '{"name":"http","port":80}', to: undefined },
      { path: "data.ports[metrics].port", from: "90", to: "91" },
    ]);
  });

  it("never shows the values of a Secret, and says whose values cannot be compared", () => {
    const diff = diffManifests(
      [secret({ password: "++++++++", host: "aG9zdA==" })],
      [secret({ password: "+++++++++", host: "b3RoZXI=" })],
    );
    expect(diff.maskedSecrets).toEqual(["db"]);
    expect(diff.objects[0]?.fields).toEqual([
      { path: "data.host", from: "(hidden)", to: "(hidden)" },
      { path: "data.password", from: "(hidden)", to: "(hidden)" },
    ]);
    expect(JSON.stringify(diff)).not.toMatch(/aG9z|b3Ro/u);
  });

  it("hides what looks secret elsewhere: environment variables, ConfigMaps, whole subtrees", () => {
    const from = [
      deployment("web:1", {}, [{ name: "DB_PASSWORD", value: "hunter1" }]),
      configMap("a", { apiKey: "key-1" }),
    ];
    const to = [
      deployment("web:1", { extra: { auth: { token: "tok-2" } } }, [{ name: "DB_PASSWORD", value: "hunter2" }]),
      configMap("a", { apiKey: "key-2" }),
    ];
    const text = JSON.stringify(diffManifests(from, to));
    expect(text).not.toMatch(/hunter|key-|tok-/u);
    expect(text).toContain("env[DB_PASSWORD].value");
  });

  it("hides a secret that a line of text was added with", () => {
    const from = [deployment("web:1")];
    const to = [deployment("web:1", {}, [{ name: "API_TOKEN", value: "tok-9" }])];
    expect(JSON.stringify(diffManifests(from, to))).not.toContain("tok-9");
  });

  it("caps what it lists, and counts the rest", () => {
    const many = (value: string): string[] =>
      Array.from({ length: 50 }, (_, index) => configMap(`c${index}`, { v: value }));
    const fields = (value: number): string =>
      configMap("f", Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`k${index}`, value])));
    const diff = diffManifests(many("1"), many("2"));
    expect(diff).toMatchObject({ changed: 50, moreObjects: 20 });
    expect(diff.objects).toHaveLength(30);
    expect(diffManifests([fields(1)], [fields(2)]).objects[0]).toMatchObject({ moreFields: 28 });
    const [long] = diffManifests(
      [configMap("a", { v: "1" })],
      [configMap("a", { v: `x\n${"y".repeat(500)}` })],
    ).objects;
    expect(long?.fields[0]?.to).toMatch(/^x y+…$/u);
    expect(long?.fields[0]?.to).toHaveLength(80);
  });

  it("shows where two long values differ, and digests by their first digits", () => {
    const beginning = "a".repeat(100);
    const [change] = diffManifests(
      [configMap("a", { long: `${beginning}one` })],
      [configMap("a", { long: `${beginning}two` })],
    ).objects;
    const shown = `…${"a".repeat(20)}`;
    expect(change?.fields).toEqual([{ path: "data.long", from: `${shown}one`, to: `${shown}two` }]);
    const digest = (digit: string): string => `web@sha256:${digit.repeat(64)}`;
    const [image] = diffManifests(
      [configMap("a", { image: digest("1") })],
      [configMap("a", { image: digest("2") })],
    ).objects;
    expect(image?.fields).toEqual([
      { path: "data.image", from: "web@sha256:111111111111…", to: "web@sha256:222222222222…" },
    ]);
  });

  it("keeps apart hooks that share a generated name, and skips what is no manifest", () => {
    const hook = (image: string): string =>
      JSON.stringify({
        apiVersion: "batch/v1",
        kind: "Job",
        metadata: { generateName: "migrate-" },
        spec: { template: { spec: { containers: [{ name: "m", image }] } } },
      });
    const diff = diffManifests([hook("m:1"), hook("n:1"), "not json", "null"], [hook("m:1"), hook("n:2")]);
    expect(diff).toMatchObject({ changed: 1, objects: [{ name: "migrate-*" }] });
  });

  it("is not led astray by keys that objects have by birth", () => {
    const from = JSON.parse(
      '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"constructor":"1"}}',
    );
    const to = JSON.parse('{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"toString":"2"}}');
    expect(diffManifests([JSON.stringify(from)], [JSON.stringify(to)]).objects[0]?.fields).toEqual([
      { path: "data.constructor", from: "1", to: undefined },
      { path: "data.toString", from: undefined, to: "2" },
    ]);
  });

  it("survives objects nested beyond reason", () => {
    const nested = (value: number): string =>
      configMap("a", JSON.parse(`${'{"k":'.repeat(200)}${value}${"}".repeat(200)}`));
    expect(diffManifests([nested(1)], [nested(2)])).toMatchObject({ changed: 1 });
  });

  it("reads what a real server renders", () => {
    const rendered = readRecording("sync-manual-to-healthy").find(({ request }) =>
      request?.path.includes("/manifests?"),
    );
    const { manifests } = Manifests.parse(rendered?.response?.body);
    const diff = diffManifests([], manifests);
    expect(diff.objects.map(({ kind, name }) => `${kind}/${name}`).toSorted()).toEqual([
      "Deployment/checkout",
      "Service/checkout",
    ]);
  });
});
