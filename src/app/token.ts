import { type ApiToken, newToken, Scope, tokenHash } from "../api/api-token.ts";
import { changeTokens, readTokens } from "../api/token-file.ts";
import { readEnvironment } from "../config/environment.ts";
import { Name, SlackUser } from "../config/field-schemas.ts";
import { isoTime, systemClock } from "../platform/clock.ts";
import { tryDuration } from "../platform/duration.ts";
import { AppError } from "../platform/errors.ts";
import { systemRandom } from "../platform/ids.ts";
import { SecretMask } from "../platform/masking.ts";
import { printLine } from "./print-line.ts";
import { roleArguments, wrongUse } from "./role-arguments.ts";
import { tableLines } from "./told-lines.ts";

const USAGE = `Usage: quarterdeck token create NAME --scopes run,read,cancel,retry [--owner U0123ABCD] [--expires 90d]
       quarterdeck token list [--json]
       quarterdeck token revoke NAME

Makes and revokes tokens of the API in QUARTERDECK_DATA, beside a running server or before its start. A role names the token,
"ci: [{ token: NAME }]", and grants say what it may start; scopes narrow that.
The owner, a Slack user, approves nothing that the token asked for.`;

const OPTIONS = {
  scopes: { type: "string" },
  owner: { type: "string" },
  expires: { type: "string" },
  json: { type: "boolean" },
} as const;

/** `quarterdeck token`: makes, lists and revokes tokens of the API on the machine of the server. */
export async function token(args: readonly string[]): Promise<number> {
  const { values, positionals } = roleArguments(args, { options: OPTIONS, usage: USAGE });
  const [task, name, ...others] = positionals;
  const { dataFolder } = readEnvironment(new SecretMask());
  if (others.length > 0) throw wrongUse(`"${others.join(" ")}" is too much.`, USAGE);
  if (task === "list" && name === undefined) return await list(dataFolder, values.json === true);
  if (task === "create" && name !== undefined) return await create(dataFolder, { name, ...values });
  if (task === "revoke" && name !== undefined) return await revoke(dataFolder, name);
  throw wrongUse("Say create NAME, list or revoke NAME.", USAGE);
}

interface Wanted {
  readonly name: string;
  readonly scopes?: string | undefined;
  readonly owner?: string | undefined;
  readonly expires?: string | undefined;
}

async function create(folder: string, wanted: Wanted): Promise<number> {
  const made = newToken(systemRandom);
  const entry = entryOf(wanted, tokenHash(made));
  await changeTokens(folder, (tokens) => {
    if (tokens.some(({ name }) => name === entry.name)) {
      throw new AppError(`There is a token "${entry.name}" already. Revoke it first, or take another name.`, {
        code: "tokens.taken",
      });
    }
    return [...tokens, entry];
  });
  // Alone on the standard output, for whoever puts it straight where secrets are kept.
  printLine(made);
  const until = entry.expiresAt === undefined ? "" : `, until ${entry.expiresAt}`;
  process.stderr.write(
    `The token "${entry.name}" (${entry.scopes.join(", ")}${until}) is shown this once. A running server knows it in a moment.\n` +
      `What it may start is what grants allow to a role that names it, such as "ci: [{ token: ${entry.name} }]".\n`,
  );
  return 0;
}

function entryOf({ name, scopes, owner, expires }: Wanted, hash: string): ApiToken {
  const now = systemClock.now();
  return {
    name: read(Name.safeParse(name)),
    hash,
    scopes: scopesOf(scopes),
    ...(owner !== undefined && { owner: read(SlackUser.safeParse(owner)) }),
    madeAt: isoTime(now),
    ...(expires !== undefined && { expiresAt: isoTime(now + durationOf(expires)) }),
  };
}

function read<Value>(parsed: {
  readonly data?: Value;
  readonly error?: { readonly issues: readonly { readonly message: string }[] };
}): Value {
  if (parsed.data !== undefined) return parsed.data;
  throw wrongUse(`${parsed.error?.issues[0]?.message ?? "it cannot be read"}.`, USAGE);
}

function scopesOf(text: string | undefined): Scope[] {
  const words = (text ?? "").split(/[\s,]+/u).filter((word) => word !== "");
  if (words.length === 0) throw wrongUse(`Say for what: --scopes ${Scope.options.join(",")}.`, USAGE);
  const unknown = words.find((word) => !Scope.safeParse(word).success);
  if (unknown !== undefined) {
    throw wrongUse(`There is no scope "${unknown}". There is: ${Scope.options.join(", ")}.`, USAGE);
  }
  return Scope.options.filter((scope) => words.includes(scope));
}

function durationOf(text: string): number {
  const durationMs = tryDuration(text);
  if (durationMs !== undefined && durationMs > 0 && durationMs < 36_525 * 24 * 3_600_000) return durationMs;
  throw wrongUse(`--expires "${text}" is no time from now: write 90d or 12h.`, USAGE);
}

async function list(folder: string, isJson: boolean): Promise<number> {
  const found = await readTokens(folder);
  if (found.kind === "broken") throw new AppError(`${found.problem}.`, { code: "tokens.broken" });
  const shown = found.tokens.map(({ hash: _hash, ...entry }) => entry);
  if (isJson) {
    printLine(JSON.stringify(shown));
    return 0;
  }
  const rows = shown.map(({ name, scopes, owner = "", madeAt, expiresAt }) => [
    name,
    scopes.join(","),
    owner,
    `made ${madeAt.slice(0, 10)}`,
    expiresAt === undefined ? "" : `until ${expiresAt.slice(0, 16).replace("T", " ")}`,
  ]);
  for (const line of tableLines(rows)) printLine(line);
  return 0;
}

async function revoke(folder: string, name: string): Promise<number> {
  await changeTokens(folder, (tokens) => {
    const left = tokens.filter((each) => each.name !== name);
    if (left.length === tokens.length) {
      const known = tokens.map((each) => each.name).join(", ") || "none";
      throw new AppError(`There is no token "${name}". There is: ${known}.`, { code: "tokens.unknown" });
    }
    return left;
  });
  printLine(`The token "${name}" is revoked. A running server believes it no more in a moment.`);
  return 0;
}
