import { AppError, type Retry } from "../platform/errors.ts";

interface Kind {
  readonly code: string;
  readonly retry: Retry;
  readonly says: string;
}

const FULL: Kind = { code: "store.full", retry: "backoff", says: "the disk is full: free some space" };
const READ_ONLY: Kind = {
  code: "store.read-only",
  retry: "backoff",
  says: "it cannot be written: check the owner, the permissions and how the disk is mounted",
};
const BUSY: Kind = { code: "store.busy", retry: "backoff", says: "another program has it locked: end that program" };
const CORRUPT: Kind = {
  code: "store.corrupt",
  retry: "never",
  says: "it is not a database of this program, or it is damaged: restore it from a backup",
};
const CONFLICT: Kind = { code: "store.conflict", retry: "backoff", says: "something was recorded twice" };
const FAILED: Kind = { code: "store.failed", retry: "backoff", says: "the database could not be used: check the disk" };

// Codes of SQLite and of the operating system; SQLite's extended codes begin with the primary one.
const KINDS: readonly (readonly [RegExp, Kind])[] = [
  [/^(?:SQLITE_FULL|ENOSPC|EDQUOT)/u, FULL],
  [/^(?:SQLITE_READONLY|SQLITE_CANTOPEN|SQLITE_PERM|EACCES|EPERM|EROFS|ENOENT|ENOTDIR|EEXIST)/u, READ_ONLY],
  [/^(?:SQLITE_BUSY|SQLITE_LOCKED)/u, BUSY],
  [/^(?:SQLITE_NOTADB|SQLITE_CORRUPT)/u, CORRUPT],
  [/^SQLITE_CONSTRAINT/u, CONFLICT],
];

/** The error that a failure of the database or of the file system stands for; our own errors stay as they are. */
export function storeError(thrown: unknown, file: string): AppError {
  if (thrown instanceof AppError) return thrown;
  const code = systemCode(thrown);
  const kind = KINDS.find(([pattern]) => pattern.test(code))?.[1] ?? FAILED;
  return new AppError(`${file}: ${kind.says}`, {
    code: kind.code,
    retry: kind.retry,
    details: { file },
    cause: thrown,
  });
}

function systemCode(thrown: unknown): string {
  return thrown instanceof Error && "code" in thrown && typeof thrown.code === "string" ? thrown.code : "";
}
