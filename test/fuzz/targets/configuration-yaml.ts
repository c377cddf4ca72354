import { readFileSync } from "node:fs";

import { checkConfiguration } from "../../../src/config/load-configuration.ts";
import { rightConfiguration } from "../../support/configured.ts";
import { type FuzzTarget, must } from "../fuzz-target.ts";

const example = readFileSync(new URL("../../../quarterdeck.example.yaml", import.meta.url), "utf8");

/** `quarterdeck.yaml`: read and checked. */
export const target: FuzzTarget = {
  seeds: [rightConfiguration, example, ""],
  words: [
    "slack:\n",
    "argocd:\n",
    "environments:\n",
    "services:\n",
    "roles:\n",
    "grants:\n",
    "secrets:\n",
    "git:\n",
    "people:\n",
    "discovery: {}\n",
    "  - name: ",
    "url: ",
    "token: ${{ secrets.A }}",
    "approval: none",
    "{ group: S0RELEASE }",
    "{ user: U0ANA00001 }",
    "env: ",
    "file: ",
    "quorum: 1",
    "expires: 8h",
    "branches: [",
    "release/*",
    "**",
    "&a ",
    "*a",
    "<<: *a",
    "!!binary ",
    "? ",
    "---\n",
    "__proto__: ",
    "mode: observe",
    "file:///etc/passwd",
    "https://u:p@h/",
    "../",
    "all",
    "- ",
    ": ",
    "&a [*a]",
    "&a {b: *a}",
  ],
  // What is longer takes longer by as much.
  longest: 20_000,
  run(input) {
    const result = checkConfiguration({ text: input, file: "/etc/quarterdeck/quarterdeck.yaml" });
    if (result.kind === "valid") return result;
    must(result.diagnostics.length > 0, "what is wrong is said");
    for (const { line, column, message } of result.diagnostics)
      must(line >= 1 && column >= 1 && message !== "", "a mistake has a place");
    return result;
  },
};
