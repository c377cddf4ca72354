#!/usr/bin/env node
// Plain JavaScript, so that even a Node that cannot run the rest gets to say so.
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 24 || (major === 24 && minor < 12)) {
  process.stderr.write(
    `Quarterdeck needs Node 24.12 or later; this is ${process.versions.node} (${process.execPath}).\n` +
      "On Linux x64 `npm ci` brings its own: start it with npm or npx, as in `npm start` or `npx quarterdeck serve`.\n" +
      "Elsewhere install Node 24 and put it first on the PATH.\n",
  );
  process.exit(1);
}
// What people type beside a server finds what `npm start` gives that server. The server of a demo must not find it.
if (["doctor", "validate", "steps", "schema", "audit"].includes(process.argv[2] ?? "") && existsSync(".env"))
  process.loadEnvFile(".env");
const { enableCompileCache } = await import("node:module");
// What is compiled is kept for the next start, beside the code: whoever may write there may change the code as well.
enableCompileCache(fileURLToPath(new URL("../node_modules/.cache/quarterdeck", import.meta.url)));
await import("./main.ts");
