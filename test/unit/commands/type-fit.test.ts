import { describe, expect, it } from "vitest";
import { z } from "zod";

import { whyNoFit } from "../../../src/commands/type-fit.ts";
import type { ExpressionType } from "../../../src/expressions/expression-type.ts";

const text: ExpressionType = { kind: "string" };
const whole: ExpressionType = { kind: "int" };
const yesOrNo: ExpressionType = { kind: "bool" };
const anything: ExpressionType = { kind: "any" };
const texts: ExpressionType = { kind: "list", of: text };
const labels: ExpressionType = { kind: "map", of: text };
const place: ExpressionType = { kind: "object", name: "Place", fields: { name: text, port: whole } };

const SecretText = z.string().meta({ secret: true });
const secret: ExpressionType = { kind: "secret" };
const login: ExpressionType = { kind: "object", name: "Login", fields: { user: text, password: secret } };
const NO_SECRET = "this is a secret, and only inputs that are declared for secrets take one";

describe("a secret", () => {
  it.each([
    [secret, SecretText],
    [secret, SecretText.optional()],
    [secret, z.union([z.strictObject({ name: z.string() }), SecretText])],
    [{ kind: "list", of: secret } as const, z.array(SecretText)],
    [{ kind: "map", of: secret } as const, z.record(z.string(), SecretText)],
    [login, z.strictObject({ user: z.string(), password: SecretText.optional() })],
    [login, z.record(z.string(), SecretText)],
    [text, SecretText],
  ])("%j fits what is declared for it", (type, schema) => {
    expect(whyNoFit(type, schema)).toBeUndefined();
  });

  it.each([
    [secret, z.string(), NO_SECRET],
    [secret, z.json(), NO_SECRET],
    [secret, z.unknown(), NO_SECRET],
    [secret, z.int(), NO_SECRET],
    [secret, z.union([z.string(), z.null()]), NO_SECRET],
    [{ kind: "list", of: secret } as const, z.array(z.string()), NO_SECRET],
    [{ kind: "list", of: secret } as const, z.array(z.unknown()), NO_SECRET],
    [{ kind: "map", of: secret } as const, z.record(z.string(), z.string()), NO_SECRET],
    [login, z.unknown(), `Login holds a secret. ${NO_SECRET}`],
    [login, z.strictObject({ user: z.string() }), `"password": ${NO_SECRET}`],
    [login, z.strictObject({ password: z.string() }), `"password": ${NO_SECRET}`],
    [login, z.looseObject({ user: z.string() }), `"password": ${NO_SECRET}`],
  ])("%j fits nothing else %#", (type, schema, reason) => {
    expect(whyNoFit(type, schema)).toBe(reason);
  });
});

describe("a value of a known type", () => {
  it.each([
    [text, z.string().regex(/^x/u)],
    [text, z.enum(["a", "b"])],
    [text, z.string().optional()],
    [text, z.string().nullable()],
    [text, z.union([z.int(), z.string()])],
    [text, z.unknown()],
    [text, z.json()],
    [whole, z.int()],
    [whole, z.number()],
    [{ kind: "double" } as const, z.number()],
    [yesOrNo, z.boolean().default(false)],
    [{ kind: "null" } as const, z.string().nullable()],
    [texts, z.array(z.string())],
    [{ kind: "list", of: anything } as const, z.array(z.string())],
    [labels, z.record(z.string(), z.string())],
    [labels, z.strictObject({ name: z.string() })],
    [place, z.strictObject({ name: z.string() })],
    [place, z.record(z.string(), z.unknown())],
    [anything, z.strictObject({ name: z.string() })],
  ])("%j may fit", (type, schema) => {
    expect(whyNoFit(type, schema)).toBeUndefined();
  });

  it.each([
    [text, z.int(), "a whole number is expected, but this is text"],
    [text, z.boolean(), "true or false is expected, but this is text"],
    [text, z.array(z.string()), "a list is expected, but this is text"],
    [text, z.null(), "null is expected, but this is text"],
    [whole, z.string(), "text is expected, but this is a whole number"],
    [{ kind: "double" } as const, z.int(), "a whole number is expected, but this is a number"],
    [yesOrNo, z.union([z.int(), z.string()]), "a whole number is expected, but this is true or false"],
    [texts, z.string(), "text is expected, but this is a list of text"],
    [texts, z.array(z.int()), "a whole number is expected, but this is text"],
    [labels, z.string(), "text is expected, but this is a map"],
    [{ kind: "null" } as const, z.string(), "text is expected, but this is null"],
    [place, z.string(), "text is expected, but this is Place; its fields are name, port"],
    [place, z.strictObject({ host: z.string() }), 'a map with "host" is expected, but this is Place, which has none'],
    [place, z.strictObject({ port: z.string() }), '"port": text is expected, but this is a whole number'],
  ])("%j can never fit %#", (type, schema, reason) => {
    expect(whyNoFit(type, schema)).toBe(reason);
  });
});
