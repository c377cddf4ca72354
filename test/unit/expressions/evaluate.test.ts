import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import {
  evaluateCondition,
  evaluateExpression,
  evaluateList,
  evaluateTemplate,
  type Scope,
} from "../../../src/expressions/evaluate.ts";
import type { Json } from "../../../src/platform/canonical-json.ts";
import { AppError } from "../../../src/platform/errors.ts";
import { cpuTimeMs } from "../../support/cpu-time.ts";

const staging = { name: "staging", app: "main/argocd/checkout-staging", first: true, last: false };
const prod = { name: "prod", app: "main/argocd/checkout-prod", first: false, last: true, approval: { quorum: 1 } };
const scope = {
  service: { name: "checkout", environments: [staging, prod] },
  environment: prod,
  revision: { sha: "abc1230000000000000000000000000000000000", short: "abc1230" },
  reason: null,
  steps: { sync: { outputs: { postedAt: 5, operation: { run: "run_1" } } } },
};

function failureOf(text: string, values: Scope): unknown {
  try {
    evaluateExpression(text, values);
    return undefined;
  } catch (error) {
    return error;
  }
}

function again(value: Json): Json {
  return JSON.parse(JSON.stringify(value));
}

describe("evaluating an expression", () => {
  it("gives the beginning of a list up to and including an item", () => {
    expect(evaluateList("upTo(service.environments, environment)", scope)).toEqual([staging, prod]);
    expect(evaluateList("upTo(service.environments, service.environments[0])", scope)).toEqual([staging]);
  });

  it("says which names there are when the item is not in the list", () => {
    expect(() => evaluateList("upTo(service.environments, {'name': 'qa'})", scope)).toThrow(
      "The expression `upTo(service.environments, {'name': 'qa'})` failed: upTo: \"qa\" is not in the list staging, prod",
    );
  });

  it("shortens a commit to seven characters", () => {
    expect(evaluateExpression("short(revision.sha)", scope)).toBe("abc1230");
  });

  it("takes and gives whole numbers as JSON numbers", () => {
    expect(evaluateExpression("steps.sync.outputs.postedAt + 1", scope)).toBe(6);
    expect(evaluateExpression("{'a': [1, 2.5, null, true, 'x']}", {})).toEqual({ a: [1, 2.5, null, true, "x"] });
  });

  it("refuses a whole number that JSON cannot carry exactly", () => {
    expect(() => evaluateExpression("9007199254740991 + 1", {})).toThrow("whole numbers end at 9007199254740991");
  });

  it("refuses infinities", () => {
    expect(() => evaluateExpression("1.0 / 0.0", {})).toThrow("no number to work with");
  });

  it("says whether a field is there", () => {
    expect(evaluateCondition("has(environment.approval)", scope)).toBe(true);
    expect(evaluateCondition("has(environment.probe)", scope)).toBe(false);
  });

  it("takes an expression in its brackets as well as bare", () => {
    expect(evaluateCondition(" ${{ !environment.first }} ", scope)).toBe(true);
    expect(evaluateCondition("!environment.first", scope)).toBe(true);
  });

  it("fails on a condition that is neither true nor false", () => {
    expect(() => evaluateCondition("service.name", scope)).toThrow('a condition is true or false, not "checkout"');
  });

  it("fails on a list that is none", () => {
    expect(() => evaluateList("service.name", scope)).toThrow('a list is expected, not "checkout"');
  });

  it("fails with a code, the expression and the reason on one line", () => {
    expect(failureOf("steps.probe.outputs.x", scope)).toMatchObject({
      code: "expression.failed",
      retry: "never",
      message: "The expression `steps.probe.outputs.x` failed: no such key: probe",
    });
  });

  it("fails on a variable that has no value", () => {
    expect(() => evaluateExpression("nope", scope)).toThrow("The expression `nope` failed: unknown variable: nope");
  });

  it.each(["constructor", "__proto__", "toString", "hasOwnProperty"])("knows nothing of %s", (name) => {
    expect(() => evaluateExpression(name, scope)).toThrow("failed");
    expect(() => evaluateExpression(`service.${name}`, scope)).toThrow("failed");
    expect(() => evaluateExpression(`service['${name}']`, scope)).toThrow("failed");
  });

  it("treats names such as __proto__ and constructor as ordinary keys of a value", () => {
    const value: Json = JSON.parse('{"__proto__": {"polluted": 1}, "constructor": "x"}');
    expect(evaluateExpression("v.constructor", { v: value })).toBe("x");
    expect(evaluateExpression("v['__proto__'].polluted", { v: value })).toBe(1);
    expect(Object.getPrototypeOf(evaluateExpression("v", { v: value }))).toBe(Object.prototype);
    expect({}).not.toHaveProperty("polluted");
  });

  it.each([
    ["'aaaa'.matches('(a+)+$')", "matches"],
    ["'a,b'.split(',')", "split"],
    ["cel.bind(x, 1, x)", "bind"],
    ["timestamp('2024-01-01T00:00:00Z')", "timestamp"],
    ["type(1)", "type"],
  ])("does not offer %s", (text, name) => {
    expect(() => evaluateExpression(text, {})).toThrow(`there is no function "${name}"`);
  });

  it("has neither unsigned numbers nor bytes", () => {
    expect(() => evaluateExpression("1u", {})).toThrow("numbers are written 1 or 1.5");
    expect(() => evaluateExpression("b'x'", {})).toThrow("numbers are written 1 or 1.5");
  });
});

describe("evaluating a template", () => {
  it("keeps the type of a string that is one expression", () => {
    const value = { operation: "${{ steps.sync.outputs.operation }}", at: "${{steps.sync.outputs.postedAt}}" };
    expect(evaluateTemplate(value, scope)).toEqual({ operation: { run: "run_1" }, at: 5 });
  });

  it("puts values into longer strings as text, and null as nothing", () => {
    const text =
      "Promote ${{ service.name }} ${{ revision.short }} at ${{ steps.sync.outputs.postedAt }}${{ reason }}?";
    expect(evaluateTemplate(text, scope)).toBe("Promote checkout abc1230 at 5?");
  });

  it("walks nested values and leaves keys, numbers and plain strings alone", () => {
    const value = { "${{ a }}": [1, true, null, "plain", { deep: "${{ service.name }}" }] };
    expect(evaluateTemplate(value, scope)).toEqual({ "${{ a }}": [1, true, null, "plain", { deep: "checkout" }] });
  });

  it("does not evaluate what a value brings along", () => {
    expect(evaluateTemplate("${{ text }} and ${{ text }}", { text: "${{ secret }}" })).toBe(
      "${{ secret }} and ${{ secret }}",
    );
  });

  it("refuses a list or a map inside a text", () => {
    expect(() => evaluateTemplate("x ${{ service.environments }}", scope)).toThrow("cannot stand inside a text");
  });

  it("refuses an expression that is not closed", () => {
    expect(() => evaluateTemplate("x ${{ service.name }", scope)).toThrow('this "${{" has no "}}" that closes it');
  });

  it("refuses a text that grows beyond all measure", () => {
    expect(() => evaluateTemplate("${{ a }} ${{ a }}", { a: "x".repeat(30_000) })).toThrow("60001 characters");
  });
});

describe("the cost of an expression", () => {
  const many = Array.from({ length: 1000 }, (_, index) => ({ name: `n${index}`, inner: { a: 1, b: 2, c: 3 } }));

  it("is bounded by the loops and the longest list", () => {
    expect(() => evaluateExpression("l.map(a, l.map(b, a.name + b.name))", { l: many })).toThrow("too much work");
    expect(() => evaluateExpression("l.exists(a, a in l)", { l: many })).toThrow("too much work");
    expect(evaluateExpression("size(l.filter(a, a.name == 'n7'))", { l: many })).toBe(1);
  });

  it("is bounded by the number of values looked at", () => {
    const wide = Array.from({ length: 20_000 }, () => [1, 2]);
    expect(() => evaluateExpression("size(l)", { l: wide })).toThrow("more than 20000 values");
  });

  it("is bounded by the depth of loops", () => {
    expect(() => evaluateExpression("[1].map(a, [1].map(b, [1].map(c, 1)))", {})).toThrow("loops within one another");
  });

  it("is bounded by the length of the text and the size of the tree", () => {
    expect(() => evaluateExpression(`1${" ".repeat(2100)}+ 1`, {})).toThrow("at most 2000 characters");
    expect(() => evaluateExpression(Array.from({ length: 300 }, () => "1").join("+"), {})).toThrow(
      "too long or too deep",
    );
    expect(() => evaluateExpression(`${"(".repeat(100)}1${")".repeat(100)}`, {})).toThrow("too long or too deep");
    expect(() => evaluateExpression(`${"!".repeat(1900)}true`, {})).toThrow("too long or too deep");
  });

  it.each([
    ["a loop in a loop", "l.map(a, l.map(b, a.name + b.name))", many.slice(0, 150)],
    ["comparing everything with everything", "l.filter(a, l.exists(b, a == b && b == a)).size()", many.slice(0, 60)],
    ["whole lists compared in a loop", "l.map(a, l == m && m == l)", many.slice(0, 300)],
    ["texts joined in a loop", "l.map(a, l.map(b, b.name).join(a.name)).join()", many.slice(0, 100)],
  ])("stays low at the limit: %s", (_, text, list) => {
    const copy: Json = structuredClone(list);
    const started = cpuTimeMs();
    failureOf(text, { l: list, m: copy });
    // 50 ms is the promise; a busy machine gets some more.
    expect(cpuTimeMs() - started).toBeLessThan(250);
  });
});

describe("any text at all", () => {
  const piece = fc.constantFrom(
    ..."service environment steps .name [0] ( ) + - * / % == != < && || ! ? : , 'a' 1 2.5 [ ] { } in has upTo map filter".split(
      " ",
    ),
  );
  const text = fc.oneof(
    fc.string(),
    fc.array(fc.nat(0xffff), { maxLength: 50 }).map((units) => String.fromCharCode(...units)),
    fc.array(piece).map((all) => all.join(" ")),
  );

  it("gives a JSON value or fails with the code of expressions", () => {
    fc.assert(
      fc.property(text, (source) => {
        expect(failureOf(source, scope) ?? "a value").toSatisfy(
          (result) => result === "a value" || (result instanceof AppError && result.code === "expression.failed"),
        );
      }),
      { numRuns: 500 },
    );
  });

  it("comes back unchanged from a template that only names it", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const plain = again(JSON.parse(JSON.stringify(value)));
        expect(evaluateTemplate({ x: "${{ v }}" }, { v: plain })).toEqual({ x: plain });
      }),
    );
  });
});
