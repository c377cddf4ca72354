import { checkExpression } from "../../../src/expressions/check.ts";
import { evaluateExpression, evaluateTemplate } from "../../../src/expressions/evaluate.ts";
import { compileExpression } from "../../../src/expressions/expression.ts";
import type { TypeScope } from "../../../src/expressions/expression-type.ts";
import { parseTemplate } from "../../../src/expressions/template.ts";
import { errorCode } from "../../../src/platform/errors.ts";
import { type FuzzTarget, must } from "../fuzz-target.ts";

const environments = ["dev", "staging", "prod"].map((name, index) => ({
  name,
  app: `main/argocd/checkout-${name}`,
  first: index === 0,
  last: index === 2,
  approval: { quorum: index },
}));
const scope = {
  service: { name: "checkout", environments },
  environment: { name: "prod", app: "main/argocd/checkout-prod", first: false, last: true, approval: { quorum: 2 } },
  revision: { sha: "abc1230000000000000000000000000000000000", short: "abc1230" },
  reason: null,
  numbers: Array.from({ length: 60 }, (_, index) => index),
  long: "x".repeat(2000),
  secrets: { TOKEN: { secret: "TOKEN" } },
  create: { key: { sealed: { key: "1", origin: "x", nonce: "n", data: "d" } }, name: "a" },
  steps: { sync: { outputs: { postedAt: 5, operation: { run: "run_1" } } } },
};
const place: TypeScope = {
  service: {
    kind: "object",
    name: "service",
    fields: { name: { kind: "string" }, environments: { kind: "list", of: { kind: "any" } } },
  },
  environment: { kind: "object", name: "environment", fields: { name: { kind: "string" }, first: { kind: "bool" } } },
  revision: { kind: "object", name: "revision", fields: { sha: { kind: "string" }, short: { kind: "string" } } },
  numbers: { kind: "list", of: { kind: "int" } },
  reason: { kind: "null" },
  secrets: { kind: "object", name: "secrets", fields: { TOKEN: { kind: "secret" }, KEY: { kind: "secret" } } },
  create: { kind: "object", name: "create", fields: { key: { kind: "secret" }, name: { kind: "string" } } },
};

/** What stands in `${{ }}`, and a text with such pieces in it. */
export const target: FuzzTarget = {
  seeds: [
    "upTo(service.environments, environment)",
    "service.environments.filter(e, e.name != 'prod').map(e, e.name).join(', ')",
    "has(environment.approval) && environment.approval.quorum > 1",
    "'sync of ' + service.name + ' at ' + short(revision.sha)",
    "numbers.map(a, numbers.map(b, a + b))",
    "numbers.exists(n, n == 3) ? 'yes' : 'no'",
    "{'a': [1, 2.5, null, true, 'x']}",
    "string(steps.sync.outputs.postedAt) + long.substring(0, 10).upperAscii()",
    "Promote ${{ service.name }} ${{ revision.short }} to ${{ environment.name }}?",
    "${{ {'a': {'b': 1}} }}",
    "environment.first ? secrets.TOKEN : create.key",
    "has(create.key) && create.name == 'a'",
    "!environment.first && (reason == null || size(reason) > 3)",
    "service.environments[0].app.indexOf('/') % 3 - -1",
  ],
  words: [
    "service",
    "environments",
    "environment",
    "revision",
    "numbers",
    "long",
    "secrets.TOKEN",
    "secrets.KEY",
    "create.key",
    "steps.sync.outputs",
    ".map(",
    ".filter(",
    ".all(",
    ".exists_one(",
    "has(",
    "size(",
    "string(",
    "int(",
    "double(",
    ".join(",
    ".matches(",
    "upTo(",
    "short(",
    "a, ",
    "b, ",
    " + ",
    " && ",
    " || ",
    " in ",
    " == ",
    " ? ",
    " : ",
    "[0]",
    "'",
    '"""',
    "b'",
    "r'",
    "0x",
    "1u",
    "1e9",
    "${{ ",
    " }}",
    "numbers.map(a, numbers.map(b, ",
    "dyn(",
    "type(",
    "cel.bind(",
    "timestamp(",
    "duration(",
    ".constructor",
    ".__proto__",
    "['constructor']",
    ".lowerAscii()",
    ".split(",
    "optional.of(",
    "?.",
    "long + long",
  ],
  longest: 4000,
  run(input) {
    const compilation = compileExpression(input);
    if (!compilation.ok) must(compilation.problem.message !== "", "a mistake is explained");
    const check = checkExpression(input, place);
    const isSecretUsed = check.ok && check.secrets.length > 0;
    // A secret is the result as a whole, or only whether it is there was asked.
    must(!isSecretUsed || check.type.kind === "secret" || input.includes("has"), "a secret is only passed on whole");
    return [
      check,
      parseTemplate(input),
      expected(() => evaluateExpression(input, scope)),
      expected(() => evaluateTemplate({ with: [input] }, scope)),
    ];
  },
};

function expected(evaluate: () => unknown): unknown {
  try {
    const value = evaluate();
    must(value === undefined || JSON.stringify(value) !== undefined, "a value is JSON");
    return value;
  } catch (error) {
    if (errorCode(error) === "expression.failed") return errorCode(error);
    throw error;
  }
}
