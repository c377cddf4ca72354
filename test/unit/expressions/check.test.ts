import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";

import { Revision, Service, Target } from "../../../src/domain/target.ts";
import { checkExpression } from "../../../src/expressions/check.ts";
import { type TypeScope, typeOfSchema, typeText } from "../../../src/expressions/expression-type.ts";

const syncOutput = z.strictObject({
  revision: z.string(),
  postedAt: z.int(),
  skipped: z.boolean(),
  share: z.number(),
  operation: z.strictObject({ run: z.string(), attempt: z.int() }),
  labels: z.record(z.string(), z.string()),
});

const scope: TypeScope = {
  service: typeOfSchema(Service, "Service"),
  environment: typeOfSchema(Target, "Target"),
  target: typeOfSchema(Target, "Target"),
  revision: typeOfSchema(Revision, "Revision"),
  reason: { kind: "any" },
  count: { kind: "int" },
  steps: {
    kind: "object",
    name: "steps",
    fields: {
      sync: {
        kind: "object",
        name: "steps.sync",
        fields: { outputs: typeOfSchema(syncOutput, "steps.sync.outputs") },
      },
    },
  },
};

describe("checking an expression", () => {
  it.each([
    ["service.name", { kind: "string" }],
    ["!target.first", { kind: "bool" }],
    ["has(environment.approval)", { kind: "bool" }],
    ["steps.sync.outputs.postedAt", { kind: "int" }],
    ["steps.sync.outputs.postedAt + 1", { kind: "int" }],
    ["steps.sync.outputs.labels", { kind: "map", of: { kind: "string" } }],
    ["steps.sync.outputs.labels.team", { kind: "string" }],
    ["steps.sync.outputs.share", { kind: "any" }],
    ["service.name + '/' + target.name", { kind: "string" }],
    ["service.environments.map(x, x.name)", { kind: "list", of: { kind: "string" } }],
    ["short(revision.sha)", { kind: "string" }],
    ["reason", { kind: "any" }],
    ["reason == null", { kind: "bool" }],
    ["[target.name, 'x']", { kind: "list", of: { kind: "string" } }],
    ["[1, 'x']", { kind: "list", of: { kind: "any" } }],
    ["{'a': 1}", { kind: "map", of: { kind: "int" } }],
    ["null", { kind: "null" }],
    ["1.5", { kind: "double" }],
    ["target.first ? 'a' : 'b'", { kind: "string" }],
  ])("knows the type of %s", (text, type) => {
    expect(checkExpression(text, scope)).toEqual({ ok: true, type, secrets: [] });
  });

  it("knows that the beginning of a list is a list of the same", () => {
    expect(checkExpression("upTo(service.environments, environment)", scope)).toEqual({
      ok: true,
      type: { kind: "list", of: typeOfSchema(Target, "Service.environments[]") },
      secrets: [],
    });
  });

  it.each([
    ["servic.name", 0, 6, 'there is no variable "servic". Did you mean "service"?'],
    ["1 + 'a' == servic", 11, 6, 'there is no variable "servic". Did you mean "service"?'],
    ["service.nam", 8, 3, 'Service has no "nam". Did you mean "name"?'],
    ["target.approvals", 7, 9, 'Target has no "approvals". Did you mean "approval"?'],
    ["revision.xyz", 9, 3, 'Revision has no "xyz". There is: kind, repository, sha, short, text'],
    ["steps.synk.outputs.x", 6, 4, 'steps has no "synk". Did you mean "sync"?'],
    ["steps.sync.outputs.rev", 19, 3, 'steps.sync.outputs has no "rev". There is: revision, postedAt'],
    ["steps.sync.output.rev", 11, 6, 'steps.sync has no "output". Did you mean "outputs"?'],
    ["steps.sync.outputs.operation.atempt", 29, 6, 'Did you mean "attempt"?'],
    ["has(target.aproval)", 11, 7, 'Target has no "aproval". Did you mean "approval"?'],
    ["service.environments.filter(x, x.nam == 'a')", 33, 3, '"nam". Did you mean "name"?'],
    ["upTo(service.environments, target)[0].nam", 38, 3, '"nam". Did you mean "name"?'],
    ["service.environments.filter(x, x.first)[0].nam", 43, 3, '"nam". Did you mean "name"?'],
    ["service.constructor", 8, 11, 'Service has no "constructor"'],
    ["service.toString", 8, 8, 'Service has no "toString"'],
    ["toString", 0, 8, 'there is no variable "toString"'],
    ["service.name + 1", 0, 16, "no such overload: string + int. To join other values to text, use string(...)"],
    ["!service.name", 0, 13, "no such overload: !string"],
    ["service.name && true", 0, 20, "logical operator requires bool operands, got 'string'"],
    ["shrt(revision.sha)", 0, 18, 'there is no function "shrt". Did you mean "short"?'],
    ["short(1)", 0, 8, "short does not take (int)"],
    ["upTo(service.environments, service)", 0, 35, "upTo does not take (list<Service.environments[]>, Service)"],
    ["target.first ? 1 : 'a'", 0, 22, "ternary branches must have the same type"],
    ["service.name.x", 13, 1, "cannot index type 'string'"],
    ["1 +", 3, 1, "the expression ends too early"],
    ["", 0, 1, "an expression is expected"],
    ["'abc", 0, 4, "this text has no closing quote"],
    ["a b", 2, 1, "unexpected character: 'b'"],
    ["(1 * )", 5, 1, '")" is not expected here'],
    ["1 = 2", 2, 1, "one = is not expected here; two compare: =="],
    ["é", 0, 1, "unexpected character: é"],
  ])("finds what is wrong with %s", (text, offset, length, message) => {
    expect(checkExpression(text, scope)).toMatchObject({
      ok: false,
      problem: { offset, length, message: expect.stringContaining(message) },
    });
  });

  it("gives a verdict on any text, with a place inside it", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(fc.nat(0xffff), { maxLength: 3000 }).map((units) => String.fromCharCode(...units)),
        ),
        (text) => {
          const check = checkExpression(text, scope);
          const offset = check.ok ? 0 : check.problem.offset;
          expect(offset).toBeGreaterThanOrEqual(0);
          expect(offset).toBeLessThanOrEqual(text.length);
        },
      ),
    );
  });
});

describe("a secret in an expression", () => {
  const SecretText = z.string().meta({ secret: true });
  const output = z.strictObject({
    kubeconfig: SecretText,
    token: SecretText.nullable(),
    clusters: z.array(z.strictObject({ name: z.string(), key: SecretText })),
    none: z.strictObject({}),
    tokens: z.record(z.string(), SecretText),
    name: z.string(),
  });
  const secret = { kind: "secret" } as const;
  const withSecrets: TypeScope = {
    ...scope,
    secrets: { kind: "object", name: "secrets", fields: { TOKEN: secret, KEY: secret } },
    create: typeOfSchema(output, "create"),
    isNew: { kind: "bool" },
  };

  it.each([
    ["secrets.TOKEN", ["TOKEN"]],
    ["isNew ? secrets.TOKEN : secrets.KEY", ["TOKEN", "KEY"]],
    ["isNew ? secrets.TOKEN : create.kubeconfig", ["TOKEN"]],
    ["create.kubeconfig", []],
    ["create.token", []],
    ["create.clusters[0].key", []],
    ["create.tokens['a']", []],
    ["create.tokens.a", []],
  ])("is passed on whole by %s", (text, secrets) => {
    expect(checkExpression(text, withSecrets)).toEqual({ ok: true, type: secret, secrets });
  });

  it.each(["has(create.kubeconfig)", "has(secrets.TOKEN)", "create.name == 'a'", "create.clusters[0].name == 'a'"])(
    "is not what %s is about",
    (text) => {
      expect(checkExpression(text, withSecrets)).toMatchObject({ ok: true, type: { kind: "bool" } });
    },
  );

  const WHOLE = "a secret is only ever passed on as a whole";

  it.each([
    ["secrets.TOKEN == secrets.KEY", 0, 13, WHOLE],
    ["'Bearer ' + secrets.TOKEN", 12, 13, WHOLE],
    ["string(secrets.TOKEN)", 7, 13, WHOLE],
    ["[secrets.TOKEN]", 1, 13, WHOLE],
    ["{'token': secrets.TOKEN}", 10, 13, WHOLE],
    ["size(create.kubeconfig) > 0", 5, 17, WHOLE],
    ["create.kubeconfig.startsWith('a')", 0, 17, WHOLE],
    ["create.kubeconfig in ['a']", 0, 17, WHOLE],
    ["secrets.TOKEN ? 1 : 2", 0, 13, WHOLE],
    ["create.tokens[create.kubeconfig]", 14, 17, WHOLE],
    ["create.clusters.map(c, c.key)", 0, 15, "a list of create.clusters[] holds a secret"],
    ["create.clusters.exists(c, c.name == 'a')", 0, 15, "a list of create.clusters[] holds a secret"],
    ["[1].map(x, create.kubeconfig)", 11, 17, WHOLE],
    ["create == create", 0, 6, "create holds a secret, so its members are named one by one"],
    ["secrets", 0, 7, "secrets are named one by one, such as secrets.TOKEN"],
    ["secrets['TOKEN']", 0, 16, "a secret is named as secrets.TOKEN, without brackets"],
    ["secrets.TOKEM", 8, 5, 'secrets has no "TOKEM". Did you mean "TOKEN"?'],
    ["isNew ? secrets.TOKEN : 'none'", 0, 30, "ternary branches must have the same type"],
  ])("is kept from anything else: %s", (text, offset, length, message) => {
    expect(checkExpression(text, withSecrets)).toMatchObject({
      ok: false,
      problem: { offset, length, message: expect.stringContaining(message) },
    });
  });
});

describe("what can only be one of a few texts", () => {
  const told: TypeScope = {
    event: typeOfSchema(z.strictObject({ kind: z.enum(["push", "workflow_run"]), branch: z.string() }), "event"),
    all: typeOfSchema(z.array(z.strictObject({ kind: z.enum(["push", "package"]) })), "all"),
  };

  it.each([
    ['event.kind == "workflowrun"', 'this is never "workflowrun". Did you mean "workflow_run"?', '"workflowrun"'],
    ['"deleted" != event.kind', 'this is never "deleted". There is: push, workflow_run', '"deleted"'],
    ['event.kind in ["push", "pushed"]', 'this is never "pushed". Did you mean "push"?', '"pushed"'],
    ['event.branch == "main" && event.kind == "x"', 'this is never "x". There is: push, workflow_run', '"x"'],
    ['all.exists(one, one.kind == "pack")', 'this is never "pack". There is: push, package', '"pack"'],
  ])("is compared with no other: %s", (text, message, place) => {
    expect(checkExpression(text, told)).toMatchObject({
      ok: false,
      problem: { message, offset: text.indexOf(place), length: place.length },
    });
  });

  it.each([
    'event.kind == "push" || "workflow_run" == event.kind',
    'event.kind in ["push", "workflow_run"]',
    'event.kind != ""',
    'event.kind == event.branch && event.branch == "anything"',
    'event.kind.startsWith("pu")',
    'all.exists(one, one.kind == "package")',
    '"x" in ["x", "y"] && event.branch in ["x"]',
  ])("is compared with these: %s", (text) => {
    expect(checkExpression(text, told)).toMatchObject({ ok: true });
  });
});

describe("the type of a schema", () => {
  it("is a secret where it is declared, also where it may be missing", () => {
    const secret = z.string().meta({ secret: true });
    expect(typeOfSchema(secret.optional(), "x")).toEqual({ kind: "secret" });
    expect(typeOfSchema(secret.nullable(), "x")).toEqual({ kind: "secret" });
    expect(typeText({ kind: "secret" })).toBe("a secret");
  });

  it("is `any` for what may be one of several types", () => {
    expect(typeOfSchema(z.union([z.string(), z.int()]), "x")).toEqual({ kind: "any" });
    expect(typeOfSchema(z.json(), "x")).toEqual({ kind: "any" });
    expect(typeOfSchema(z.unknown(), "x")).toEqual({ kind: "any" });
    expect(typeOfSchema(z.string().nullable(), "x")).toEqual({ kind: "any" });
  });

  it("is the type of its values for literals and enums", () => {
    expect(typeOfSchema(z.enum(["a", "b"]), "x")).toEqual({ kind: "string", values: ["a", "b"] });
    expect(typeOfSchema(z.literal("a"), "x")).toEqual({ kind: "string" });
  });

  it("is a list of the items, an object of the members, a map of the values", () => {
    expect(typeOfSchema(z.strictObject({ a: z.array(z.int()), b: z.null() }), "x")).toEqual({
      kind: "object",
      name: "x",
      fields: { a: { kind: "list", of: { kind: "int" } }, b: { kind: "null" } },
    });
    expect(typeOfSchema(z.record(z.string(), z.boolean()), "x")).toEqual({ kind: "map", of: { kind: "bool" } });
  });
});
