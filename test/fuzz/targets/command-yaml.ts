import { loadCommands, readCommandFolder } from "../../../src/commands/load-commands.ts";
import { readCommand } from "../../../src/commands/read-command.ts";
import { testCatalogue } from "../../unit/commands/test-catalogue.ts";
import { type FuzzTarget, must } from "../fuzz-target.ts";

const FOLDER = new URL("../../../commands", import.meta.url).pathname;
const texts = (await readCommandFolder(FOLDER)).map(({ text }) => text);
const setting = { catalogue: testCatalogue, slashNames: {} };

/** A command file: read, checked with its expressions, compiled into a plan. */
export const target: FuzzTarget = {
  seeds: texts,
  words: [
    "steps:\n",
    "  - ",
    "for-each: ",
    "as: ",
    "lock: ",
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
    const { command, diagnostics } = readCommand({ file: "commands/promote.yaml", text: input }, setting);
    must((command === undefined) === diagnostics.length > 0, "a file is a command or has a mistake");
    for (const { line, column, length } of diagnostics)
      must(line >= 1 && column >= 1 && length >= 1, "a mistake has a place");
    const set = loadCommands([{ file: "commands/promote.yaml", text: input }], setting);
    return { diagnostics: set.diagnostics, commands: set.commands.map(({ id, body }) => ({ id, body })) };
  },
};
