import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { anchorKeyOf, pemOf } from "../../../src/audit/anchor-key.ts";
import { exportLog } from "../../../src/audit/export-log.ts";
import { commitmentOf, GENESIS, headerHash } from "../../../src/audit/hash-chain.ts";
import { verifyExport } from "../../../src/audit/read-export.ts";
import { anchorsIn, anchorText, signHead } from "../../../src/audit/signed-head.ts";
import { type LogRow, PERSON_RECORDED, personCommitment } from "../../../src/audit/verify-log.ts";
import { canonicalJson } from "../../../src/platform/canonical-json.ts";
import { type FuzzTarget, must } from "../fuzz-target.ts";

const key = anchorKeyOf(Buffer.alloc(32, 7));
const folder = mkdtempSync(join(tmpdir(), "quarterdeck-fuzz-log-"));
process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
const file = join(folder, "log.jsonl");

const ana = { pseudonym: "p_ana", team: "T1", user: "U1", salt: "0".repeat(32) };
const recorded = { pseudonym: ana.pseudonym, commitment: personCommitment(ana) };
const rows: LogRow[] = [];
for (const [stream, type, actor, content] of [
  ["people", PERSON_RECORDED, "", recorded],
  ["run_01J0", "run.started", "p_ana", { title: "Promote", text: ',"payload":{}' }],
  ["run_01J0", "step.started", "", { path: "promote/sync", attempt: 1 }],
  ["server", "server.started", "", {}],
] as const) {
  const [previous] = rows.slice(-1);
  const payload = canonicalJson(content);
  const salt = "a".repeat(32);
  const version = rows.filter((row) => row.stream === stream).length + 1;
  const header = {
    sequence: rows.length + 1,
    at: 1_790_000_000_000,
    stream,
    version,
    type,
    actor,
    commitment: commitmentOf(salt, payload),
  };
  rows.push({
    ...header,
    hash: headerHash({ ...header, previousHash: previous?.hash ?? GENESIS.hash }),
    salt,
    payload,
  });
}
const [first] = rows;
const last = rows.at(-1);
if (first === undefined || last === undefined) throw new Error("the log is empty");
const whole = Array.from(exportLog({ rows, people: [ana], format: "jsonl" }), (line) => `${line}\n`).join("");
const anchor = anchorText(signHead({ sequence: last.sequence, hash: last.hash, log: first.hash, at: 1 }, key));

/** An export of the log and, after an empty line, the text in which its anchors stand; also for the verifier that shares no code with us. */
export const target: FuzzTarget = {
  seeds: [
    `${whole}\n${anchor}`,
    `${whole}\n`,
    `${whole}\n${JSON.stringify({ text: anchor })} and ${anchor}`,
    `\n${anchor}`,
  ],
  words: [
    anchor,
    '"quarterdeck-anchor/1"',
    '"sequence":',
    '"hash":',
    '"payload":',
    '"payload":null}',
    '"salt":null',
    '"person":',
    "\n",
    "{",
    "}",
    '\\"',
    "\\/",
    "\u2028",
    "\\ud800",
  ],
  longest: 20_000,
  async run(input) {
    const end = input.indexOf("\n\n");
    const [log, around] = end === -1 ? [input, ""] : [input.slice(0, end + 1), input.slice(end + 2)];
    const { heads, unreadable } = anchorsIn(around.toWellFormed());
    for (const head of heads)
      must(
        around.toWellFormed().replaceAll("\\", "").includes(anchorText(head).replaceAll("\\", "")),
        "an anchor stands in the text",
      );
    writeFileSync(file, log.toWellFormed());
    const verdict = verifyExport(file, { signed: heads, keys: [key], areAllKeys: true });
    // Nobody but whoever has the key can have made another log.
    if (verdict.status === "intact" && verdict.provenTo > 0)
      must(log.trimEnd() === whole.trimEnd(), "only the log that was anchored is proven");
    must((await othersSay()) === (verdict.status === "intact") || heads.length > 0, "two verifiers say the same");
    return [verdict, heads.length, unreadable];
  },
};

type Verifier = (log: {
  path: string;
  anchors: readonly [];
  keys: readonly string[];
  heads: readonly [];
}) => Promise<{ problems: readonly string[] }>;

const other: unknown = await import(new URL("../../../docs/verify-log.mjs", import.meta.url).href);

/** Whether the verifier that auditors have finds nothing wrong with the log. */
async function othersSay(): Promise<boolean> {
  if (typeof other !== "object" || other === null || !("verifyLog" in other) || !isVerifier(other.verifyLog))
    return false;
  try {
    const { problems } = await other.verifyLog({ path: file, anchors: [], keys: [pemOf(key)], heads: [] });
    return problems.length === 0;
  } catch {
    return false;
  }
}

function isVerifier(value: unknown): value is Verifier {
  return typeof value === "function";
}
