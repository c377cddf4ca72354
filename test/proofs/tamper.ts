import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { anchorKeyOf, pemOf } from "../../src/audit/anchor-key.ts";
import { type SignedHead, signHead } from "../../src/audit/signed-head.ts";
import { openStore } from "../../src/store/store.ts";
import { STORE_DEPS } from "../support/store-folder.ts";
import { Dice } from "../sim/dice.ts";
import { amountOf, atLeast, exactly, type Finding, none, type Proof, type ProofSize } from "./proof.ts";
import { anchorLines, CRASH, type Evidence, judge } from "./tamper-judges.ts";
import {
  anchor,
  backUp,
  bytesOf,
  contentOf,
  exportText,
  happen,
  hide,
  keepLog,
  type KeptLog,
  type LogContent,
  putContent,
} from "./tamper-log.ts";
import { otherText, TAMPERINGS, TAMPERINGS_OF_THEMSELVES } from "./tamperings.ts";

/** How often each way of tampering is tried, on the database and on the export. */
const TRIES: Readonly<Record<ProofSize, number>> = { short: 2, full: 150 };
const LOGS: Readonly<Record<ProofSize, number>> = { short: 1, full: 5 };
const EVENTS: Readonly<Record<ProofSize, number>> = { short: 40, full: 90 };

const BASE64URL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** R6: whatever is done to a log, both verifiers find it by the newest anchor; whatever is allowed, neither calls tampering. */
export const tamper: Proof = {
  goal: "R6",
  says: "tampering with the log, full about 8 min",
  prove: async (size, part = 1) => {
    const tally = new Tally();
    const tries = Math.ceil(amountOf(TRIES, size, part) / LOGS[size]);
    for (let seed = 0; seed < LOGS[size]; seed += 1) {
      const trial = { tally, dice: new Dice(String(seed + 1)), tries, events: EVENTS[size] };
      await inFolder(async (folder) => proveOn(await keepLog(folder, trial), folder, trial));
    }
    if (size === "full") await provePlayed(tally, tries);
    return tally.findings();
  },
};

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "quarterdeck-tamper-"));
  try {
    await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The same on a log that the whole program has written. */
async function provePlayed(tally: Tally, tries: number): Promise<void> {
  // It brings the whole program with it, which the short size does not need.
  const { playLog } = await import("./tamper-played-log.ts");
  const trial = { tally, dice: new Dice("4711"), tries, events: 0 };
  await inFolder(async (folder) => proveOn(await playLog(folder), folder, trial));
}

/** What came out, by what was done. */
class Tally {
  readonly #found = new Map<string, { tried: number; found: number; missed: string[] }>();
  readonly #crashes: string[] = [];
  readonly #alarms: string[] = [];
  #sound = 0;

  /** Somebody tampered: both have to find it. */
  async tampered(what: string, evidence: Evidence): Promise<void> {
    const { product, independent } = await judge(evidence);
    const entry = this.#found.get(what) ?? { tried: 0, found: 0, missed: [] };
    this.#found.set(what, entry);
    entry.tried += 1;
    if (product !== undefined && independent !== undefined) entry.found += 1;
    else entry.missed.push(product === undefined ? "missed by audit verify" : "missed by the independent verifier");
    if (product?.startsWith(CRASH) === true) this.#crashes.push(`${what}: ${product}`);
  }

  /** Nothing is wrong with it: neither may say so. */
  async sound(what: string, evidence: Evidence): Promise<void> {
    const { product, independent } = await judge(evidence);
    this.#sound += 1;
    if (product !== undefined) this.#alarms.push(`${what}: audit verify says ${product}`);
    if (independent !== undefined) this.#alarms.push(`${what}: the independent verifier says ${independent}`);
  }

  findings(): readonly Finding[] {
    const kinds = Array.from(this.#found, ([what, { tried, found }]) =>
      exactly("R6", `${what}: found by both verifiers`, { is: found, wanted: tried }),
    );
    return [
      ...kinds,
      atLeast("R6", "sound logs, backups and exports", { is: this.#sound, wanted: 1 }),
      none("R6", "false alarms on those", this.#alarms),
      none("R6", "verifications that ended in an error nobody foresaw", this.#crashes),
    ];
  }
}

interface Trial {
  readonly tally: Tally;
  readonly dice: Dice;
  readonly tries: number;
  /** How many events each log has, about. */
  readonly events: number;
}

async function proveOn(log: KeptLog, folder: string, trial: Trial): Promise<void> {
  await soundLogs(log, folder, trial);
  await tamperedContent(log, folder, trial);
  await withoutAnchors(log, folder, trial);
  await hiddenEvents(log, folder, trial);
  await olderFiles(log, folder, trial);
  await rawBytes(log, folder, trial);
  await tamperedText(log, folder, trial);
  await forgedAnchors(log, folder, trial);
}

/** As an auditor has it: what was anchored, and the public key. */
const given = ({ anchors, keyText }: KeptLog) => ({ anchors: anchorLines(anchors), keyText });

function copyWith(log: KeptLog, folder: string, content: LogContent): { readonly db: string; readonly jsonl: string } {
  const db = join(folder, "copy.db");
  const jsonl = join(folder, "copy.jsonl");
  copyFileSync(log.file, db);
  putContent(db, content);
  writeFileSync(jsonl, exportText(content));
  return { db, jsonl };
}

async function tamperedContent(log: KeptLog, folder: string, { tally, dice, tries }: Trial): Promise<void> {
  const content = contentOf(log.file);
  const text = exportText(content);
  const anchored = log.anchors.at(-1)?.sequence ?? 0;
  for (const [what, change] of Object.entries(TAMPERINGS)) {
    for (let attempt = 0; attempt < tries; attempt += 1) {
      const { db, jsonl } = copyWith(log, folder, change(content, dice, anchored));
      await tally.tampered(`${what}, database`, { file: db, isExport: false, ...given(log) });
      // Of a person who did nothing and whom no event records, an export says nothing.
      if (exportText(contentOf(db)) === text) continue;
      await tally.tampered(`${what}, export`, { file: jsonl, isExport: true, ...given(log) });
    }
  }
}

/** Nothing was kept elsewhere but the public key. */
async function withoutAnchors(log: KeptLog, folder: string, { tally, dice, tries }: Trial): Promise<void> {
  const content = contentOf(log.file);
  // What is before a signed head inside the log is held by it.
  const signed = log.anchors.at(-1)?.sequence ?? 0;
  const alone = { anchors: "", keyText: log.keyText };
  for (const [what, change] of Object.entries(TAMPERINGS_OF_THEMSELVES)) {
    for (let attempt = 0; attempt < tries; attempt += 1) {
      const { db, jsonl } = copyWith(log, folder, change(content, dice, signed));
      await tally.tampered(`${what}, without anchors, database`, { file: db, isExport: false, ...alone });
      await tally.tampered(`${what}, without anchors, export`, { file: jsonl, isExport: true, ...alone });
    }
  }
}

/** Every event is there, and the program does not see one of them. */
async function hiddenEvents(log: KeptLog, folder: string, { tally, dice, tries }: Trial): Promise<void> {
  const file = join(folder, "hidden.db");
  const { length } = contentOf(log.file).rows;
  for (let attempt = 0; attempt < tries; attempt += 1) {
    copyFileSync(log.file, file);
    hide(file, 1 + dice.below(length));
    await tally.tampered("hide an event, database", { file, isExport: false, ...given(log) });
  }
}

/** A file from earlier is in order in itself; only the anchor knows better. */
async function olderFiles(log: KeptLog, folder: string, { tally }: Trial): Promise<void> {
  for (const older of log.older) {
    await tally.tampered("put an older file back, database", { file: older, isExport: false, ...given(log) });
    const { jsonl } = copyWith(log, folder, contentOf(older));
    await tally.tampered("put an older file back, export", { file: jsonl, isExport: true, ...given(log) });
  }
}

/** One byte of the file is another one. Where that changes nothing that the log says, nothing has to be found. */
async function rawBytes(log: KeptLog, folder: string, { tally, dice, tries }: Trial): Promise<void> {
  const before = JSON.stringify(contentOf(log.file));
  const file = join(folder, "bytes.db");
  for (let attempt = 0; attempt < tries * 4; attempt += 1) {
    const bytes = Buffer.from(bytesOf(log.file));
    const place = dice.below(bytes.length);
    bytes[place] = (bytes[place] ?? 0) ^ (1 << dice.below(8));
    writeFileSync(file, bytes);
    if (tryContent(file) === before) continue;
    await tally.tampered("change a byte, database", { file, isExport: false, ...given(log) });
  }
}

function tryContent(file: string): string | undefined {
  try {
    return JSON.stringify(contentOf(file));
  } catch {
    return undefined;
  }
}

/** The text of an export, letter by letter and line by line. */
async function tamperedText(log: KeptLog, folder: string, { tally, dice, tries }: Trial): Promise<void> {
  const text = exportText(contentOf(log.file));
  const lines = text.split("\n").slice(0, -1);
  const file = join(folder, "text.jsonl");
  const line = (): number => dice.below((log.anchors.at(-1)?.sequence ?? 2) - 1);
  const ways: Readonly<Record<string, () => readonly string[]>> = {
    "change a letter": () => {
      const index = line();
      return lines.with(index, otherText(lines[index] ?? "", dice));
    },
    "rename who did it": () => {
      const named = lines.flatMap((each, index) => (each.includes('"user":"U0') ? [index] : []));
      const index = dice.pick(named);
      return lines.with(index, (lines[index] ?? "").replace(/"user":"U0[A-Z0-9]+"/u, '"user":"U0EVE"'));
    },
    "say another time": () => {
      const index = line();
      return lines.with(index, (lines[index] ?? "").replace(/"time":"\d{4}/u, '"time":"2019'));
    },
    "name another event before it": () => {
      const index = line();
      return lines.with(index, (lines[index] ?? "").replace(/"previousHash":"./u, '"previousHash":"x'));
    },
    "add what was not said": () => {
      const index = line();
      return lines.with(index, (lines[index] ?? "").replace("{", '{"approvedBy":"U0EVE",'));
    },
    "say a member twice": () => {
      const index = line();
      return lines.with(index, (lines[index] ?? "").replace("{", '{"type":"gate.approved",'));
    },
    "take a line out": () => lines.toSpliced(line(), 1),
    "swap two lines": () => {
      const index = line();
      return lines.with(index, lines[index + 1] ?? "").with(index + 1, lines[index] ?? "");
    },
  };
  for (const [what, way] of Object.entries(ways)) {
    for (let attempt = 0; attempt < tries; attempt += 1) {
      writeFileSync(file, `${way().join("\n")}\n`);
      await tally.tampered(`${what}, export`, { file, isExport: true, ...given(log) });
    }
  }
}

/** The log is as it was, and what is given with it is false. */
async function forgedAnchors(log: KeptLog, _folder: string, { tally, dice, tries }: Trial): Promise<void> {
  const { anchors, key, file, keyText } = log;
  const stranger = anchorKeyOf(Buffer.from(dice.hex(64), "hex"));
  const one = (): SignedHead => dice.pick(anchors);
  const ways: Readonly<Record<string, () => Pick<Evidence, "anchors" | "keyText">>> = {
    "change an anchor": () => {
      const inner = anchorLines([one()]).trimEnd().slice(1, -1);
      return { keyText, anchors: `{${otherText(inner, dice)}}\n` };
    },
    "damage one of several anchors": () => {
      const kept = anchorLines(anchors);
      const end = anchorLines(anchors.slice(0, 1 + dice.below(anchors.length))).length - 2;
      return { keyText, anchors: kept.slice(0, end - dice.below(200)) + kept.slice(end + dice.below(2)) };
    },
    "write an anchor otherwise": () => ({
      keyText,
      anchors: anchorLines([one()]).replace(",", dice.pick([" ,", ", "])),
    }),
    "spell a signature otherwise": () => {
      const head = one();
      const last = BASE64URL.indexOf(head.signature.at(-1) ?? "");
      const signature = head.signature.slice(0, -1) + (BASE64URL[last ^ 1] ?? "");
      return { keyText, anchors: anchorLines([{ ...head, signature }]) };
    },
    "sign an anchor with another key": () => ({ keyText, anchors: anchorLines([signHead(one(), stranger)]) }),
    "say that another key signed": () => ({
      keyText,
      anchors: anchorLines([{ ...signHead(one(), stranger), key: key.id }]),
    }),
    "take the signature of another anchor": () => ({
      keyText,
      anchors: anchorLines([{ ...one(), sequence: 1 + dice.below(9), signature: one().signature }]),
    }),
    "give another key": () => ({ keyText: pemOf(stranger), anchors: anchorLines(anchors) }),
    "give anchors of another log": () => {
      const { at, sequence, hash } = one();
      return { keyText, anchors: anchorLines([signHead({ at, sequence, hash, log: dice.hex(64) }, key)]) };
    },
  };
  for (const [what, way] of Object.entries(ways)) {
    for (let attempt = 0; attempt < tries; attempt += 1) {
      await tally.tampered(what, { file, isExport: false, ...way() });
    }
  }
}

/** What is allowed: redaction, backups, exports, anchors of any age, none at all, and verifying while the server writes. */
async function soundLogs(log: KeptLog, folder: string, { tally, dice, tries }: Trial): Promise<void> {
  const content = contentOf(log.file);
  const all = given(log);
  await tally.sound("the log", { file: log.file, isExport: false, ...all });
  await tally.sound("the log without anchors", { file: log.file, isExport: false, ...all, anchors: "" });
  const twoKeys = `${pemOf(anchorKeyOf(Buffer.from(dice.hex(64), "hex")))}\n${log.keyText}`;
  await tally.sound("the log with keys of earlier", { file: log.file, isExport: false, ...all, keyText: twoKeys });
  for (const older of log.older) {
    const until = contentOf(older).rows.length;
    const anchors = anchorLines(log.anchors.filter(({ sequence }) => sequence < until));
    await tally.sound("a backup with the anchors of then", { file: older, isExport: false, ...all, anchors });
  }
  for (let attempt = 0; attempt < tries; attempt += 1) {
    const { db, jsonl } = copyWith(log, folder, redacted(content, dice));
    await tally.sound("a redacted log", { file: db, isExport: false, ...all });
    await tally.sound("an export of a redacted log", { file: jsonl, isExport: true, ...all });
  }
  await underLoad(folder, { tally, dice, tries });
}

/** Some payloads and some people gone, as decided: with their salts, and everything else as it was. */
function redacted({ rows, people }: LogContent, dice: Dice): LogContent {
  const mayGo = (type: string): boolean => type !== "person.recorded" && dice.chance(0.2);
  return {
    rows: rows.map((row) => (mayGo(row.type) ? { ...row, salt: null, payload: null } : row)),
    people: people.filter(() => dice.chance(0.7)),
  };
}

/** A server writes to the log while it is verified, copied and exported. */
async function underLoad(folder: string, { tally, dice, tries }: Omit<Trial, "events">): Promise<void> {
  const dataFolder = mkdtempSync(join(folder, "busy-"));
  const file = join(dataFolder, "quarterdeck.db");
  const key = anchorKeyOf(Buffer.from(dice.hex(64), "hex"));
  const anchors: SignedHead[] = [];
  await using store = await openStore({ ...STORE_DEPS, dataFolder, address: "here" });
  await happen(store, dice, 10);
  for (let attempt = 0; attempt < tries; attempt += 1) {
    const writing = happen(store, dice, 40);
    if (dice.chance(0.5)) await anchor(store, key, anchors);
    const evidence = { isExport: false, anchors: anchorLines(anchors), keyText: pemOf(key) };
    await tally.sound("a log that is written to", { file, ...evidence });
    const copy = backUp(file, join(dataFolder, `copy-${attempt}.db`));
    await tally.sound("a backup of a log that is written to", { file: copy, ...evidence });
    await writing;
  }
}
