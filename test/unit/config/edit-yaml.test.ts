import { assert, constantFrom, property, string } from "fast-check";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";

import { editKustomizeImage } from "../../../src/config/edit-kustomize-image.ts";
import { editYaml, type YamlEdit } from "../../../src/config/edit-yaml.ts";
import { tryValuePath, valuePathText } from "../../../src/config/value-path.ts";
import type { Json } from "../../../src/platform/canonical-json.ts";
import { AppError } from "../../../src/platform/errors.ts";
import { cpuTimeMs } from "../../support/cpu-time.ts";

const VALUES = `# Values of checkout.  Written by people.

image:
    repository:   registry.example.com/checkout   # never a tag here
    tag: "1.4.2"       # written by Quarterdeck
    pull: 'IfNotPresent'


replicas: 3
debug:   off
owner: &team payments
labels: { team: *team,tier: "web" }
hosts:
- shop.example.com     # public
-   name: intern
    port: 8080
notes: |
  keep   this
    as it is
empty:
last: yes # the end
`;

const set = (text: string, path: string, value: Json, more: Partial<YamlEdit> = {}): string =>
  editYaml(text, { path, value, create: false, ...more });

/** The lines that differ, as they are afterwards. */
function changedLines(before: string, after: string): readonly string[] {
  const old = before.split("\n");
  return after.split("\n").filter((line, index) => line !== old[index]);
}

function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof AppError) return error.code;
    throw error;
  }
  return "nothing";
}

describe("setting a value in YAML", () => {
  it.each<[string, Json, string]>([
    ["image.tag", "1.5.0", '    tag: "1.5.0"       # written by Quarterdeck'],
    ["image.pull", "It's", "    pull: 'It''s'"],
    [
      "image.repository",
      "registry.example.com/other",
      "    repository:   registry.example.com/other   # never a tag here",
    ],
    ["replicas", 5, "replicas: 5"],
    ["replicas", "5", 'replicas: "5"'],
    ["debug", true, "debug:   true"],
    ["debug", "no", 'debug:   "no"'],
    ["last", "12:30", 'last: "12:30" # the end'],
    ["labels.tier", "api", 'labels: { team: *team,tier: "api" }'],
    ["labels.team", "search", 'labels: { team: search,tier: "web" }'],
    ["owner", "search", "owner: &team search"],
    ["hosts[0]", "new.example.com", "- new.example.com     # public"],
    ["hosts[name=intern].port", 9090, "    port: 9090"],
    ['["last"]', null, "last: null # the end"],
  ])("changes %s to %j, and nothing else", (path, value, line) => {
    const after = set(VALUES, path, value);
    expect(changedLines(VALUES, after)).toEqual([line]);
    expect(after.split("\n")).toHaveLength(VALUES.split("\n").length);
  });

  it("changes nothing where the value is that already", () => {
    expect(set(VALUES, "image.tag", "1.4.2")).toBe(VALUES);
  });

  it("keeps ends of lines as Windows writes them", () => {
    const text = "a: 1 # one\r\nb:\r\n  c: x\r\n";
    expect(set(text, "b.c", "new")).toBe("a: 1 # one\r\nb:\r\n  c: new\r\n");
    expect(set(text, "b.d", "z", { create: true })).toBe("a: 1 # one\r\nb:\r\n  c: x\r\n  d: z\r\n");
    expect(set(text, "b", { d: 1 })).toBe("a: 1 # one\r\nb:\r\n  d: 1\r\n");
  });

  it("makes what is missing where that is asked for, beside what is there", () => {
    const after = set(VALUES, "image.digest", "sha256:abc", { create: true });
    expect(after).toBe(VALUES.replace("'IfNotPresent'\n", "'IfNotPresent'\n    digest: sha256:abc\n"));
    expect(set(VALUES, "zone", "eu", { create: true })).toBe(`${VALUES.trimEnd()}\nzone: eu\n`);
    expect(parse(set(VALUES, "empty.deep[0].name", "x", { create: true }))).toMatchObject({
      empty: { deep: [{ name: "x" }] },
    });
    expect(parse(set(VALUES, "hosts[name=other].port", 1, { create: true }))).toMatchObject({
      hosts: ["shop.example.com", { name: "intern" }, { name: "other", port: 1 }],
    });
    expect(set("", "a.b", 1, { create: true })).toBe("a:\n  b: 1\n");
  });

  it("keeps remarks, order, quotes and anchors where more than one value is replaced", () => {
    const after = set(VALUES, "hosts", [{ name: "one" }]);
    for (const kept of [
      "# Values of checkout.",
      "# written by Quarterdeck",
      "&team payments",
      "*team",
      "'IfNotPresent'",
      "# the end",
    ]) {
      expect(after).toContain(kept);
    }
    expect(parse(after)).toEqual({ ...parse(VALUES), hosts: [{ name: "one" }] });
  });

  it("finds the document that is meant", () => {
    const text = "kind: Service\nmetadata: { name: a }\nx: 1\n---\nkind: Deployment # it\nmetadata: {name: a}\nx: 1\n";
    const document = { kind: "Deployment", name: "a" };
    expect(set(text, "x", 2, { document })).toBe(text.replace(/x: 1\n$/u, "x: 2\n"));
    expect(codeOf(() => set(text, "x", 2))).toBe("yaml.which-document");
    expect(codeOf(() => set(text, "x", 2, { document: { name: "a" } }))).toBe("yaml.which-document");
    expect(codeOf(() => set(text, "x", 2, { document: { name: "b" } }))).toBe("yaml.which-document");
  });

  it.each<[string, string, string]>([
    ["a: {{ .Values.x }}\n", "a", "yaml.other-kind"],
    ["{{ if .x }}\na: 1\n{{ end }}\n", "a", "yaml.broken"],
    [VALUES, "image", "yaml.other-kind"],
    ["a: 1\na: 2\n", "a", "yaml.broken"],
    ["a: 1\nb: *nothing\n", "a", "yaml.broken"],
    ["a: *nothing\n", "a", "yaml.broken"],
    [VALUES, "image.tga", "yaml.path-missing"],
    [VALUES, "replicas.count", "yaml.path-missing"],
    [VALUES, "hosts[7]", "yaml.path-missing"],
    [VALUES, "image..tag", "yaml.bad-path"],
    [VALUES, "", "yaml.bad-path"],
    ["base: &b {x: 1}\nprod: *b\n", "prod.x", "yaml.through-alias"],
    [`a: ${"[".repeat(5000)}`, "a", "yaml.broken"],
    ["a: 1\n".padEnd(300_000, "#"), "a", "yaml.too-large"],
  ])("refuses what cannot be done (%#)", (text, path, code) => {
    expect(codeOf(() => set(text, path, "x"))).toBe(code);
  });

  it("says no to what is broken all over as fast as to anything", () => {
    const text = `a:\n e*x]\n[name=[na[[[=  \n-${"[name=web]".repeat(480)}`;
    expect(codeOf(() => set(text, "a", "x"))).toBe("yaml.broken");
    const before = cpuTimeMs();
    codeOf(() => set(text, "a", "x"));
    expect(cpuTimeMs() - before).toBeLessThan(500);
  });

  it("says what is there instead", () => {
    expect(() => set(VALUES, "image.tga", "x")).toThrow(
      "there is no image.tga: image has repository, tag, pull. Check how it is written, or say create: true",
    );
  });

  it("sets any text so that readers of YAML 1.1 and 1.2 read that text, and leaves the other lines alone", () => {
    const path = constantFrom("image.tag", "image.pull", "image.repository", "labels.tier", "owner", "hosts[0]");
    assert(
      property(path, string({ unit: "grapheme", maxLength: 30 }), (way, value) => {
        const after = set(VALUES, way, value);
        expect([valueAt(after, way, "1.1"), valueAt(after, way, "1.2")]).toEqual([value, value]);
        expect(changedLines(VALUES, after).length).toBeLessThanOrEqual(1);
      }),
      { numRuns: 40 },
    );
  });
});

function valueAt(text: string, path: string, version: "1.1" | "1.2"): unknown {
  return path.split(/[.[]/u).reduce<unknown>(
    (inner, step) => {
      return typeof inner === "object" && inner !== null ? Reflect.get(inner, step.replace("]", "")) : undefined;
    },
    parse(text, { version }),
  );
}

describe("setting a value in JSON", () => {
  const JSON_TEXT = '{\n    "image": {"tag": "1.4.2",   "x": [1, 2]},\n    "n": 1.50\n}\n';

  it("changes that value and stays JSON", () => {
    expect(set(JSON_TEXT, "image.tag", "no")).toBe(JSON_TEXT.replace("1.4.2", "no"));
    expect(set(JSON_TEXT, "image.x[1]", "two")).toBe(JSON_TEXT.replace("1, 2", '1, "two"'));
    expect(JSON.parse(set(JSON_TEXT, "image.digest", "sha256:abc", { create: true }))).toMatchObject({
      image: { tag: "1.4.2", digest: "sha256:abc" },
    });
    expect(set(JSON_TEXT, "image.digest", "x", { create: true })).toMatch(/^\{\n {4}"image"/u);
  });
});

describe("setting an image of a kustomization", () => {
  const KUSTOMIZATION = `resources: [deployment.yaml]
images:
  # the shop
  - name: checkout
    newName: registry.example.com/checkout
    newTag: 1.4.2 # pinned
  - name: web
    digest: sha256:111
    newTag: "7"
  - name: bare
`;
  const image = (name: string, value: { digest: string } | { tag: string }, create = false): string =>
    editKustomizeImage(KUSTOMIZATION, { name, value, create });

  it("replaces what is there, and leaves only one of digest and tag", () => {
    expect(image("checkout", { tag: "1.5.0" })).toBe(KUSTOMIZATION.replace("1.4.2", "1.5.0"));
    expect(image("checkout", { digest: "sha256:abc" })).toBe(
      KUSTOMIZATION.replace("newTag: 1.4.2", "digest: sha256:abc"),
    );
    expect(image("web", { digest: "sha256:222" })).toBe(
      KUSTOMIZATION.replace("sha256:111", "sha256:222").replace('    newTag: "7"\n', ""),
    );
    expect(image("web", { tag: "1.10" })).toBe(
      KUSTOMIZATION.replace("    digest: sha256:111\n", "").replace('"7"', '"1.10"'),
    );
    expect(image("bare", { digest: "sha256:abc" })).toBe(`${KUSTOMIZATION}    digest: sha256:abc\n`);
  });

  it("does not invent an image, unless that is asked for", () => {
    expect(codeOf(() => image("chekout", { tag: "1" }))).toBe("yaml.path-missing");
    expect(parse(image("new", { tag: "1" }, true))).toMatchObject({
      images: [{}, {}, {}, { name: "new", newTag: "1" }],
    });
    const empty = editKustomizeImage("resources: []\n", { name: "new", value: { digest: "sha256:1" }, create: true });
    expect(parse(empty)).toEqual({ resources: [], images: [{ name: "new", digest: "sha256:1" }] });
  });
});

describe("the way to a value", () => {
  it.each([["image.tag"], ["a[0].b"], ["c[name=web].image"], ['m["example.com/team"].x'], ["a-b_c"], ["x[0][1]"]])(
    "is read and written: %s",
    (text) => {
      expect(valuePathText(tryValuePath(text) ?? [])).toBe(text);
    },
  );

  it.each([[""], ["."], ["a."], [".a"], ["a..b"], ["a[x]"], ["a[-1]"], ["a]"], ["a b"], ["a[0]b"]])(
    "is never %j",
    (text) => {
      expect(tryValuePath(text)).toBeUndefined();
    },
  );
});
