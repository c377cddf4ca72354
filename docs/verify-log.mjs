// Verifies a log of Quarterdeck without Quarterdeck: it needs Node 24 and this file, shares nothing with what writes the log, and only reads.
import { createHash, createPublicKey, verify } from "node:crypto";
import { createReadStream, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";

const USAGE = `Usage: node verify-log.mjs LOG [--anchors PATH]... [--key FILE]... [--head SEQUENCE:HASH]...
LOG        a copy of quarterdeck.db, a data folder, or all that "quarterdeck audit export" wrote, as JSON lines
--anchors  a file with anchors, or a folder with such files
--key      every public key that ever signed, as "quarterdeck audit key" printed it
--head     a head that somebody noted
Ends with 0 when the log holds, 1 when something was changed, 2 when it could not be verified.`;

const sha256 = (data) => createHash("sha256").update(data).digest("hex");
const firstOf = (checks) => checks.find(([isWrong]) => isWrong)?.[1];

/** JSON with the members in the order of their code units and without white space. */
function canonical(value) {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.keys(value).toSorted((left, right) => (left < right ? -1 : 1));
  return `{${members.map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join(",")}}`;
}

/** Public keys by their id: the first 16 digits of the SHA-256 of the key as DER. */
function keysIn(text) {
  const blocks = text.match(/-----BEGIN PUBLIC KEY-----[^-]+-----END PUBLIC KEY-----/gu) ?? [];
  const keys = blocks.map((pem) => createPublicKey(pem));
  return keys.map((key) => [sha256(key.export({ format: "der", type: "spki" })).slice(0, 16), key]);
}

/** Anchors in any text, also one that was copied out of Slack or exported from it. Throws when one is damaged. */
export function anchorsIn(text, place) {
  const plain = text.replaceAll(String.raw`\"`, '"').replaceAll(String.raw`\/`, "/");
  const parts = plain.split("{").map((part) => `{${part.slice(0, part.indexOf("}") + 1)}`);
  const blocks = parts.filter((part) => part.includes('"quarterdeck-anchor/'));
  const anchors = blocks.map((block) => JSON.parse(block));
  const isWhole = anchors.map(canonical).join("") === blocks.join("");
  if (isWhole && blocks.length > 0 && blocks.length === plain.split('"quarterdeck-anchor/').length - 1) return anchors;
  throw new Error(`${place} was given for anchors, and has none in it or a damaged one`);
}

function anchorProblem({ signature = "", ...head }, keys) {
  if (Object.keys(head).toSorted().join(" ") !== "at format hash key log sequence") return "an anchor is damaged";
  const [about, key] = [`the anchor of event ${head.sequence} is`, keys.get(head.key)];
  if (key === undefined) return `${about} signed with the key ${head.key}, which was not given`;
  const bytes = Buffer.from(signature, "base64url");
  const isSigned = bytes.toString("base64url") === signature && verify(null, Buffer.from(canonical(head)), key, bytes);
  return isSigned ? undefined : `${about} forged or changed: its signature is false`;
}

async function fromDatabase(file) {
  const { DatabaseSync } = await import("node:sqlite");
  const database = new DatabaseSync(file, { readOnly: true });
  database.exec("BEGIN"); // One whole moment of it, whatever is added meanwhile.
  const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
  if (!tables.some(({ name }) => name === "events")) throw new Error(`${file} is no log of Quarterdeck`);
  const [health] = Object.values(database.prepare("PRAGMA integrity_check(1)").get());
  if (health !== "ok") throw new Error(`the database is damaged: ${String(health)}`);
  const columns = "sequence, at, stream, version, type, actor, commitment, hash, salt, payload";
  const people = database.prepare("SELECT pseudonym, team, user, salt FROM people").all();
  const rows = database.prepare(`SELECT ${columns} FROM events ORDER BY sequence`).iterate();
  return { people, rows, [Symbol.dispose]: () => database.close() };
}

const MEMBERS = "sequence time at stream version type actor team user previousHash commitment hash salt person".split(
  " ",
);

/** Every line has to be exactly as an export writes it, so that nothing stands in it that is not verified. */
function fromExport(file) {
  const lines = readFileSync(file, "utf8").replace(/\n$/u, "").split("\n");
  const recorded = lines.map((line) => JSON.parse(line)).filter(({ person }) => person);
  const people = recorded.map(({ person, payload }) => Object.assign(person, { pseudonym: payload?.pseudonym }));
  const known = new Map(people.map((person) => [person.pseudonym, person]));
  const rows = lines.values().map((line) => {
    const event = JSON.parse(line);
    const { team, user } = known.get(event.actor) ?? {};
    const person = event.person && known.get(event.payload?.pseudonym);
    const text = line.slice(line.indexOf(',"payload":') + 11, -1);
    const again = Object.assign(event, { time: new Date(event.at).toISOString(), team, user, person });
    const isAsWritten = line === `${JSON.stringify(again, MEMBERS).slice(0, -1)},"payload":${text}}`;
    return Object.assign(event, { payload: text === "null" ? null : text, isAsWritten });
  });
  return { people, rows, [Symbol.dispose]: () => undefined };
}

/** What is wrong with the place of an event in the log, given the one before it and how many its stream has had. */
function placeProblem(row, before, versions) {
  const { sequence, at, stream, version, type, actor, commitment, hash, previousHash = before.hash } = row;
  const header = { actor, at, commitment, previousHash: before.hash, sequence, stream, type, version };
  const expected = (versions.get(stream) ?? 0) + 1;
  versions.set(stream, expected);
  return firstOf([
    [
      sequence !== before.sequence + 1,
      `event ${before.sequence + 1} is missing, ${sequence} follows ${before.sequence}`,
    ],
    [row.isAsWritten === false, "the line is not as an export writes it: something in it was changed"],
    [previousHash !== before.hash, "it does not name the event before it"],
    [sha256(canonical(header)) !== hash, "it was changed, or the event before it was"],
    [version !== expected, `it is version ${version} of ${stream}, where ${expected} belongs`],
  ]);
}

/** What is wrong with the content of an event, which may have been redacted: then its payload and its salt are gone, and both. */
function contentProblem({ sequence, at, stream, type, commitment, salt, payload }, { before, keys, people, redacted }) {
  if (payload === null && salt === null) return void redacted.push(`event ${sequence} (${type})`);
  if (typeof payload !== "string" || typeof salt !== "string")
    return "half of its content is gone, as no redaction leaves it";
  if (sha256(salt + payload) !== commitment) return "its payload was changed";
  const content = Object.assign(JSON.parse(payload), { at });
  if (`${stream} ${type}` === "people person.recorded") return personProblem(content, people, redacted);
  if (`${stream} ${type}` !== "anchors anchor.signed") return undefined;
  const isOther = content.sequence !== before.sequence || content.hash !== before.hash;
  return isOther ? "the head in it is not that of the event before it" : keys.size > 0 && anchorProblem(content, keys);
}

function personProblem({ pseudonym, commitment }, people, redacted) {
  const { team, user, salt } = people.get(pseudonym) ?? {};
  if (!people.delete(pseudonym)) return void redacted.push(`person ${pseudonym}`);
  return sha256(salt + canonical({ team, user })) === commitment ? undefined : `${pseudonym} was another person`;
}

/** What was noted elsewhere of an event and does not agree with it. */
function notedProblem({ sequence, hash }, noted) {
  const isOtherLog = sequence === 1 && [...noted.values()].flat().some(({ log = hash }) => log !== hash);
  if (isOtherLog) return "an anchor is of a log that began otherwise";
  const isOther = noted.get(sequence)?.some((head) => head.hash !== hash);
  return isOther ? "it is not the event that was anchored: something up to it was written anew" : undefined;
}

/** Everything that is to be said of a log; `keys` are texts, `anchors` those of `anchorsIn`, `heads` have sequence and hash. */
export async function verifyLog({ path, anchors, keys: texts, heads }) {
  const file = statSync(path).isDirectory() ? join(path, "quarterdeck.db") : path;
  const [start] = await createReadStream(file, { end: 0 }).toArray();
  using source = `${start}` === "{" ? fromExport(file) : await fromDatabase(file);
  const keys = new Map(texts.flatMap(keysIn));
  const isGood = (anchor) => anchorProblem(anchor, keys) === undefined;
  const noted = Map.groupBy([...anchors.filter(isGood), ...heads], ({ sequence }) => sequence);
  const people = new Map(source.people.map((person) => [person.pseudonym, person]));
  const problems = anchors.map((anchor) => anchorProblem(anchor, keys)).filter(Boolean);
  const found = { before: { sequence: 0, hash: "0".repeat(64) }, problems, proven: 0, redacted: [], people, keys };
  const versions = new Map();
  for (const row of source.rows) {
    const own = placeProblem(row, found.before, versions) || contentProblem(row, found);
    const problem = own || notedProblem(row, noted);
    if (problem) return Object.assign(found, { problems: [...problems, `event ${row.sequence}: ${problem}`] });
    found.before = { sequence: row.sequence, hash: row.hash };
    if (noted.has(row.sequence)) found.proven = row.sequence;
  }
  const gone = [...noted.keys()].filter((sequence) => sequence > found.before.sequence);
  for (const sequence of gone) problems.push(`event ${sequence} was anchored, and the log ends before it`);
  for (const pseudonym of people.keys()) problems.push(`no event records the person ${pseudonym}`);
  return found;
}

async function main(args) {
  const many = { type: "string", multiple: true, default: [] };
  const options = { anchors: many, key: many, head: many };
  const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
  if (positionals.length !== 1) throw new Error(USAGE);
  const anchors = values.anchors.flatMap((path) => {
    if (!statSync(path).isDirectory()) return anchorsIn(readFileSync(path, "utf8"), path);
    const names = readdirSync(path).filter((name) => !name.startsWith("."));
    return names.flatMap((name) => anchorsIn(readFileSync(join(path, name), "utf8"), name));
  });
  const keys = values.key.map((file) => readFileSync(file, "utf8"));
  const heads = values.head.map((head) => {
    const [, sequence, hash] = /^([1-9]\d*):([0-9a-f]{64})$/u.exec(head) ?? [];
    if (hash === undefined) throw new Error(`"${head}" is no head: it is SEQUENCE:HASH`);
    return { sequence: Number(sequence), hash };
  });
  const { problems, proven, redacted, before } = await verifyLog({ path: positionals[0], anchors, keys, heads });
  const at = anchors.find(({ sequence }) => sequence === proven)?.at;
  const isIntact = problems.length === 0;
  console.log(isIntact ? `INTACT: ${before.sequence} events` : `CHANGED: ${problems.join("\n         ")}`);
  console.log(`Head:   ${before.sequence}:${before.hash}${isIntact ? "" : ", the last event that fits"}`);
  const until = `up to event ${proven}${at ? `, anchored ${new Date(at).toISOString()}` : ""}`;
  console.log(`Proven: ${proven ? until : "nothing, as no anchor or head that fits was given"}`);
  console.log(`Gone:   ${redacted.length === 0 ? "nothing was redacted" : redacted.join(", ")}`);
  return isIntact ? 0 : 1;
}

if (import.meta.main) {
  process.removeAllListeners("warning"); // Node says of node:sqlite that it may change.
  process.exitCode = await main(process.argv.slice(2)).catch(({ message }) => console.error(message) ?? 2);
}
