import { mkdir, open, readFile, rename, stat, unlink } from "node:fs/promises";
import { join } from "node:path";

import { z } from "zod";

import { AppError, errorText } from "../platform/errors.ts";
import { tryJson } from "../platform/try-json.ts";
import { ApiToken } from "./api-token.ts";

export const TOKEN_FILE = "api-tokens.json";

const MOST_TOKENS = 1000;

const Content = z.strictObject({
  version: z.literal(1),
  tokens: z
    .array(ApiToken)
    .max(MOST_TOKENS)
    .refine((tokens) => new Set(tokens.map(({ name }) => name)).size === tokens.length, "two tokens have one name")
    .refine((tokens) => new Set(tokens.map(({ hash }) => hash)).size === tokens.length, "two tokens are the same"),
});

export type ReadTokens =
  | { readonly kind: "read"; readonly tokens: readonly ApiToken[] }
  /** Somebody has to mend it: what is wrong, and what to do. */
  | { readonly kind: "broken"; readonly problem: string };

/** The tokens in a data folder; none where there is no file. Never rejects. */
export async function readTokens(folder: string): Promise<ReadTokens> {
  const file = join(folder, TOKEN_FILE);
  try {
    const { mode } = await stat(file);
    if ((mode & 0o077) !== 0) {
      return { kind: "broken", problem: `${file} can be read or written by others. Run: chmod 600 ${file}` };
    }
    const parsed = Content.safeParse(tryJson(await readFile(file, "utf8")));
    if (parsed.success) return { kind: "read", tokens: parsed.data.tokens };
    const [issue] = parsed.error.issues;
    const where = issue?.path.map(String).join(".") ?? "";
    const what = `${where === "" ? "" : `${where}: `}${issue?.message ?? "it cannot be read"}`;
    return {
      kind: "broken",
      problem: `${file} is no file of tokens (${what}). Put a copy back, or delete it and make the tokens anew`,
    };
  } catch (error) {
    if (isMissing(error)) return { kind: "read", tokens: [] };
    return { kind: "broken", problem: `${file} cannot be read (${errorText(error)})` };
  }
}

/**
 * Puts other tokens into a data folder, whole or not at all and readable by its owner alone. Throws `tokens.broken` for a file that
 * cannot be read, and `tokens.busy` while somebody else changes it.
 */
export async function changeTokens(
  folder: string,
  change: (tokens: readonly ApiToken[]) => readonly ApiToken[],
): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, TOKEN_FILE);
  const draft = `${file}.new`;
  // Whoever has made the draft is the only one who changes the file.
  const handle = await open(draft, "wx", 0o600).catch((cause: unknown) => {
    throw notWritten(draft, cause);
  });
  try {
    const read = await readTokens(folder);
    if (read.kind === "broken") throw new AppError(`${read.problem}.`, { code: "tokens.broken" });
    const content = Content.parse({ version: 1, tokens: change(read.tokens) });
    await handle.writeFile(`${JSON.stringify(content, undefined, 2)}\n`);
    await handle.sync();
    await rename(draft, file);
  } catch (error) {
    await unlink(draft);
    throw error;
  } finally {
    await handle.close();
  }
}

function notWritten(draft: string, cause: unknown): AppError {
  const isThere = cause instanceof Error && "code" in cause && cause.code === "EEXIST";
  const message = isThere
    ? `Somebody else is changing the tokens right now. If nobody is, delete ${draft} and try again.`
    : `${draft} cannot be written (${errorText(cause)}). Run this as the user of the server, on its machine.`;
  return new AppError(message, { code: isThere ? "tokens.busy" : "tokens.unwritable", cause });
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
