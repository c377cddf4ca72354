import { describe, expect, it } from "vitest";

import { loadAll, mistakesIn, mistakesOf, planOf, TYPED } from "./chain-rig.ts";

const WHOLE =
  "a secret is only ever passed on as a whole: it is not compared, not joined to a text and no member of anything";
const NO_SECRET = "this is a secret, and only inputs that are declared for secrets take one";
const call = (with_: string, more = ""): string => `{ id: a, uses: test/call, with: { ${with_} }${more} }`;
const next = (with_: string): string => `steps:\n  - { id: b, uses: test/call }\n  - ${call(with_)}\n`;

describe("a secret of the configuration", () => {
  it("is named in the plan with all others that the command passes on, each once", () => {
    const plan = planOf(`
steps:
  - ${call("token: '${{ secrets.TOKEN }}', headers: { a: '${{ fast ? secrets.TOKEN : secrets.DEPLOY_KEY }}' }")}
`);
    expect(plan.secrets).toEqual(["DEPLOY_KEY", "TOKEN"]);
    expect(planOf("steps: [{ id: a, uses: test/call }]")).not.toHaveProperty("secrets");
  });

  it.each([
    "token: '${{ secrets.TOKEN }}'",
    "token: 'a text'",
    "token: '${{ service.name }}'",
    "headers: { Authorization: '${{ secrets.TOKEN }}' }",
    "login: { user: ana, password: '${{ secrets.TOKEN }}' }",
    "login: { key: '${{ secrets.DEPLOY_KEY }}' }",
  ])("may stand where the kind takes one: %s", (with_) => {
    expect(mistakesIn(`steps: [${call(with_)}]`)).toEqual([]);
  });

  it.each([
    [call("url: '${{ secrets.TOKEN }}'"), `'\${{ secrets.TOKEN }}' | "url": ${NO_SECRET}`],
    [call("body: '${{ secrets.TOKEN }}'"), `'\${{ secrets.TOKEN }}' | "body": ${NO_SECRET}`],
    [call("body: { deep: ['${{ secrets.TOKEN }}'] }"), `'\${{ secrets.TOKEN }}' | "0": ${NO_SECRET}`],
    [call("login: { user: '${{ secrets.TOKEN }}', password: x }"), `'\${{ secrets.TOKEN }}' | "user": ${NO_SECRET}`],
    [
      call("token: 'Bearer ${{ secrets.TOKEN }}'"),
      "secrets.TOKEN | a secret cannot stand inside a text; it is only ever passed on as a whole, with nothing around it",
    ],
    [call(`token: "\${{ 'Bearer ' + secrets.TOKEN }}"`), `secrets.TOKEN | ${WHOLE}`],
    [call("share: 1", ", if: \"${{ secrets.TOKEN == 'x' }}\""), `secrets.TOKEN | ${WHOLE}`],
    [
      call("share: 1", ", if: '${{ secrets.TOKEN }}'"),
      `'\${{ secrets.TOKEN }}' | "if" is true or false, but this is a secret`,
    ],
    [
      call("token: '${{ secrets.TOKEM }}'"),
      'TOKEM | the configuration declares no secret "TOKEM". Did you mean "TOKEN"?',
    ],
    [
      call("token: '${{ secrets.OTHER }}'"),
      'OTHER | the configuration declares no secret "OTHER". There is: TOKEN, DEPLOY_KEY',
    ],
    [call("headers: '${{ secrets }}'"), "secrets | secrets are named one by one, such as secrets.TOKEN"],
    [
      "{ id: g, uses: approval, with: { app: a/b/c, revision: '${{ revision.sha }}', prompt: '${{ secrets.TOKEN }}' } }",
      `'\${{ secrets.TOKEN }}' | "prompt": ${NO_SECRET}`,
    ],
    [
      "{ id: g, uses: approval, with: { app: a/b/c, revision: '${{ revision.sha }}', prompt: 'With ${{ secrets.TOKEN }}?' } }",
      "secrets.TOKEN | a secret cannot stand inside a text",
    ],
    [
      "{ lock: '${{ secrets.TOKEN }}', steps: [{ id: a, uses: test/call }] }",
      "a lock's key is a text, or a list of texts, but this is a secret",
    ],
    [
      "{ lock: 'x/${{ secrets.TOKEN }}', steps: [{ id: a, uses: test/call }] }",
      "secrets.TOKEN | a secret cannot stand inside a text",
    ],
    [
      "{ lock: ['${{ secrets.TOKEN }}'], steps: [{ id: a, uses: test/call }] }",
      "a lock's key is a text, or a list of texts, but this is a secret",
    ],
    ["{ for-each: '${{ [secrets.TOKEN] }}', as: t, steps: [{ id: a, uses: test/call }] }", `secrets.TOKEN | ${WHOLE}`],
    [
      "{ for-each: '${{ service.environments }}', as: t, at-a-time: '${{ secrets.TOKEN }}', steps: [{ id: a, uses: test/call }] }",
      '"at-a-time" is a whole number such as 3, or a share such as 20%, but this is a secret',
    ],
  ])("may stand nowhere else, also not in a block: %s", (entry, mistake) => {
    expect(mistakesIn(`steps: [${entry}]`)).toEqual([expect.stringContaining(mistake)]);
    expect(mistakesIn(`steps: [{ parallel: [{ steps: [${entry}] }] }]`)).toEqual([expect.stringContaining(mistake)]);
  });

  it("is not known where none is declared, and no input is called like them", () => {
    const text = `${TYPED}steps: [${call("token: '${{ secrets.TOKEN }}'")}]\n`;
    const named = `name: Y\nsummary: Z\ninputs: { secrets: { type: string } }\nsteps: [{ id: a, uses: test/call }]\n`;
    expect(mistakesOf({ y: named })).toEqual(['y.yaml:3 secrets | "secrets" means something else in expressions']);
    expect(loadAll({ x: text }).diagnostics).toEqual([]);
  });
});

describe("a secret that a step gives", () => {
  it("goes to a step after it that takes secrets", () => {
    expect(
      mistakesIn(next("token: '${{ steps.b.outputs.key }}', headers: { x: '${{ steps.b.outputs.keys[0] }}' }")),
    ).toEqual([]);
  });

  it.each([
    ["url: '${{ steps.b.outputs.key }}'", `"url": ${NO_SECRET}`],
    ["body: '${{ steps.b.outputs }}'", `"body": steps.b.outputs holds a secret. ${NO_SECRET}`],
    ["body: '${{ steps.b }}'", `"body": steps.b holds a secret. ${NO_SECRET}`],
    ["body: '${{ steps.b.outputs.keys }}'", `"body": a list of a secret holds a secret. ${NO_SECRET}`],
    ["url: 'https://${{ steps.b.outputs.key }}'", "steps.b.outputs.key | a secret cannot stand inside a text"],
    [
      "url: '${{ steps.b.outputs.keys.map(k, string(k))[0] }}'",
      "steps.b.outputs.keys | a list of a secret holds a secret",
    ],
  ])("goes nowhere else: %s", (with_, mistake) => {
    expect(mistakesIn(next(with_))).toEqual([expect.stringContaining(mistake)]);
  });

  it("is nothing to go through", () => {
    const loop =
      "steps: [{ id: b, uses: test/call }, { for-each: '${{ steps.b.outputs.keys }}', as: k, steps: [{ id: a, uses: test/call }] }]";
    expect(mistakesIn(loop)).toEqual([
      expect.stringContaining("a loop does not go through secrets, because its values are shown"),
    ]);
  });
});

describe("a secret that is passed to a command", () => {
  const part = (definition: string, with_ = "token: '${{ token }}'"): string =>
    `name: Part\nsummary: S\ninputs: { token: ${definition} }\nsteps: [${call(with_)}]\noutputs: { token: { value: "\${{ token }}" } }\n`;
  const use = (token: string): string => `steps: [{ id: p, uses: command/part, with: { token: ${token} } }]`;
  const SECRET = "{ type: string, secret: true }";

  it("is a secret in it and in what it gives, also where a text was passed", () => {
    for (const token of ["'${{ secrets.TOKEN }}'", "'${{ service.name }}'", "text"]) {
      expect(mistakesIn(use(token), { part: part(SECRET) })).toEqual([]);
    }
    expect(mistakesIn(use("x"), { part: part(SECRET, "url: '${{ token }}'") })).toEqual([
      `part.yaml:4 '\${{ token }}' | "url": ${NO_SECRET}`,
    ]);
    const after = use("x").replace(/\]$/u, `, ${call("url: '${{ steps.p.outputs.token }}'")}]`);
    expect(mistakesIn(after, { part: part(SECRET) })).toEqual([expect.stringContaining(`"url": ${NO_SECRET}`)]);
  });

  it("is known to the plan, as are the secrets that the command itself names", () => {
    const own = part(SECRET, "token: '${{ token }}', headers: { x: '${{ secrets.DEPLOY_KEY }}' }");
    expect(planOf(use("'${{ secrets.TOKEN }}'"), { part: own }).secrets).toEqual(["DEPLOY_KEY", "TOKEN"]);
  });

  it("is taken by no input that is not declared for it", () => {
    expect(mistakesIn(use("'${{ secrets.TOKEN }}'"), { part: part("{ type: string }") })).toEqual([
      `1 '\${{ secrets.TOKEN }}' | "token": text is expected, but this is a secret`,
    ]);
  });

  it("is never typed, never in the file, and always passed", () => {
    expect(mistakesIn("steps: [{ id: p, uses: command/part }]", { part: part(SECRET) })).toEqual([
      '1 command/part | command/part needs "token" in "with"',
    ]);
    const odd = "{ type: string, secret: true, optional: true, default: x, pattern: x }";
    expect(mistakesOf({ part: part(odd) })).toEqual([
      "part.yaml:3 default | a secret has no default; it is always passed",
      "part.yaml:3 optional | a secret is not optional; it is always passed",
      "part.yaml:3 pattern | a secret is never looked at, so it has no pattern",
    ]);
    for (const slash of ["/hand <service> in <environment>", "/hand <service> in <environment> with <token>"]) {
      const places = "service: { type: service }, environment: { type: environment, of: service }, ";
      const typed = `on: { slash: "${slash}" }\n${part(SECRET).replace("inputs: { ", `inputs: { ${places}`)}`;
      expect(mistakesOf({ part: typed })).toEqual([
        'part.yaml:4 secret | a secret is never typed, so a command with "on" has no such input; name it as secrets.NAME in the steps, or leave out on: then other commands pass it',
      ]);
    }
  });
});
