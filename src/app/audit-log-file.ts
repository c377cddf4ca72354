import { existsSync } from "node:fs";

import { AppError } from "../platform/errors.ts";
import { openLogMoment } from "../store/store.ts";

/** Opens the log at a path, as it is now. Throws `store.missing` and what opening a log throws. */
export function openAudited(path: string): ReturnType<typeof openLogMoment> {
  requirePath(path);
  return openLogMoment(path);
}

/** Throws `store.missing` when there is nothing. */
export function requirePath(path: string): void {
  if (existsSync(path)) return;
  throw new AppError(`There is nothing at ${path}. Name a data folder, or a copy of its quarterdeck.db.`, {
    code: "store.missing",
  });
}
