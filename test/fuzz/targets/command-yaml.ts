import { loadCommands, readCommandFolder } from "../../../src/commands/load-commands.ts";
import { Plan } from "../../../src/domain/plan.ts";
import { testCatalogue } from "../../unit/commands/test-catalogue.ts";
import { type FuzzTarget, must } from "../fuzz-target.ts";

const FOLDER = new URL("../../../commands", import.meta.url).pathname;
const texts = (await readCommandFolder(FOLDER)).map(({ text }) => text);
const setting = { catalogue: testCatalogue, slashNames: {}, secrets: ["TOKEN", "DEPLOY_KEY"] };
/** A second file, which the one that is tried may use, and which uses that one. */
const OTHER = `name: Other
summary: Uses and is used
inputs:
  target: { type: string, default: a }
  token: { type: string, secret: true }
steps:
  - { id: own, uses: slack/alert, if: "\${{ target == 'a' }}" }
  - { id: back, uses: command/promote, if: "\${{ false }}" }
outputs: { target: { value: "\${{ target }}" }, token: { value: "\${{ token }}" } }
`;
const PART = OTHER.replace(/  - \{ id: back.*\n/u, "").replace("name: Other", "name: Part");
const NEW = `name: Everything
summary: Every block and key
on: { slash: "/every <service> in <environment>" }
inputs:
  service: { type: service }
  environment: { type: environment, of: service }
defaults: { timeout: 5m, retry: { attempts: 2 }, with: { command/part: { target: b } } }
steps:
  - parallel:
      - { id: part, uses: command/part, with: { token: "\${{ secrets.TOKEN }}" } }
      - for-each: \${{ service.environments }}
        as: each
        at-a-time: 20%
        fail-fast: false
        steps: [{ id: a, uses: slack/alert }]
  - { id: other, uses: command/part, with: { token: "\${{ steps.part.outputs.token }}", target: c } }
on-failure: [{ id: b, uses: slack/alert }]
finally: [{ id: c, uses: slack/alert, if: "\${{ run.status == 'failed' }}" }]
outputs: { target: { value: "\${{ steps.other.outputs.target }}", summary: T } }
timeout: 1h
`;

/** A command file: read, checked with its expressions, compiled into a plan. */
export const target: FuzzTarget = {
  seeds: [...texts, NEW, PART, OTHER],
  words: [
    "steps:\n",
    "  - ",
    "for-each: ",
    "as: ",
    "lock: ",
    "parallel:\n",
    "at-a-time: ",
    "20%",
    "fail-fast: false",
    "finally:\n",
    "outputs: ",
    "defaults: ",
    "command/part",
    "command/other",
    "command/promote",
    "secrets.TOKEN",
    "steps.part.outputs.token",
    "secret: true",
    "run.status",
    "uses: ",
    "with: ",
    "if: ",
    "${{ ",
    " }}",
    "on:\n  slash: ",
    "inputs:\n",
    "type: ",
    "pattern: ",
    "default: ",
    "choice",
    "values: ",
    "retry: ",
    "timeout: 5m",
    "on-failure:\n",
    "approval",
    "argocd/sync",
    "slack/alert",
    "&a ",
    "*a",
    "<<: *a",
    "!!binary ",
    "? ",
    "|\n",
    ">-\n",
    "---\n",
    "...\n",
    "%YAML 1.1\n",
    "__proto__: ",
    "[",
    "{",
    "upTo(",
    "service",
  ],
  longest: 40_000,
  run(input) {
    const others = [
      { file: "commands/other.yaml", text: OTHER },
      { file: "commands/part.yaml", text: PART },
    ];
    const set = loadCommands([{ file: "commands/promote.yaml", text: input }, ...others], setting);
    for (const { line, column, length } of set.diagnostics)
      must(line >= 1 && column >= 1 && length >= 1, "a mistake has a place");
    for (const { body } of [...set.commands, ...set.subCommands])
      must(body.kind !== "plan" || Plan.safeParse(body.plan).success, "what is compiled is a plan");
    const loaded = new Set([...set.commands, ...set.subCommands].map(({ id }) => id));
    const isFaulty = set.diagnostics.some(({ file }) => file === "commands/promote.yaml");
    const usesFaulty = set.diagnostics.some(({ file }) => file !== "commands/promote.yaml");
    must(loaded.has("promote") || isFaulty || usesFaulty, "a file is a command or has a mistake");
    must(!loaded.has("promote") || !isFaulty, "a file with a mistake is no command");
    must(
      loaded.has("part") || set.diagnostics.some(({ file }) => file === "commands/part.yaml"),
      "what is right by itself stays so",
    );
    return { diagnostics: set.diagnostics, commands: set.commands.map(({ id, body }) => ({ id, body })) };
  },
};
