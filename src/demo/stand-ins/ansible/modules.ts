import { execFile } from "node:child_process";
import { chmod, mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { promisify } from "node:util";

import { z } from "zod";

import { isJsonList, type Json, type JsonMap } from "../../../platform/canonical-json.ts";
import type { Task } from "./playbook-file.ts";

/** What came of a task on a host. */
export interface TaskResult {
  readonly status: "ok" | "failed" | "skipped";
  readonly isChanged: boolean;
  readonly message?: string;
  /** What of a file is changed. */
  readonly diff?: string;
  /** What the playbook puts out. */
  readonly stats?: JsonMap;
}

interface Doing {
  readonly variables: JsonMap;
  readonly isCheck: boolean;
}

const DONE: TaskResult = { status: "ok", isChanged: false };
const CHANGED: TaskResult = { status: "ok", isChanged: true };
const SKIPPED: TaskResult = { status: "skipped", isChanged: false };

/** Does a task on this machine, on which every host is a folder; with `isCheck` it only says what it would change. */
export async function doTask({ module, args }: Task, doing: Doing): Promise<TaskResult> {
  try {
    const filled = fill(args, doing.variables);
    switch (module) {
      case "shell":
      case "command":
        return doing.isCheck ? SKIPPED : await runShell(z.string().parse(filled));
      case "file":
        return await makeFolder(FolderArguments.parse(filled), doing);
      case "copy":
        return await copy(CopyArguments.parse(filled), doing);
      case "debug":
        return DONE;
      case "fail":
        return failed(FailArguments.parse(filled).msg);
      case "set_stats":
        return { ...DONE, stats: StatsArguments.parse(filled).data };
      default:
        return failed(`couldn't resolve module/action '${module}': this stand-in does not know it`);
    }
  } catch (error) {
    return failed(error instanceof Error ? error.message : String(error));
  }
}

const FolderArguments = z.strictObject({
  path: z.string(),
  state: z.literal("directory"),
  mode: z.string().optional(),
});
const CopyArguments = z.strictObject({ dest: z.string(), content: z.string(), mode: z.string().optional() });
const FailArguments = z.strictObject({ msg: z.string() });
const StatsArguments = z.strictObject({ data: z.record(z.string(), z.json()) });

function failed(message: string): TaskResult {
  return { status: "failed", isChanged: false, message };
}

async function runShell(command: string): Promise<TaskResult> {
  try {
    await promisify(execFile)("/bin/sh", ["-c", command]);
    return CHANGED;
  } catch (error) {
    const { stderr } = z.looseObject({ stderr: z.string().default("") }).parse(error);
    return failed(`non-zero return code\n${stderr}`.trim());
  }
}

async function makeFolder({ path, mode }: z.infer<typeof FolderArguments>, { isCheck }: Doing): Promise<TaskResult> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory() === true) return DONE;
  if (found !== undefined) return failed(`${path} already exists as a file`);
  if (isCheck) return CHANGED;
  await mkdir(path, { recursive: true });
  if (mode !== undefined) await chmod(path, Number.parseInt(mode, 8));
  return CHANGED;
}

async function copy({ dest, content, mode }: z.infer<typeof CopyArguments>, { isCheck }: Doing): Promise<TaskResult> {
  const before = await readFile(dest, "utf8").catch(() => undefined);
  if (before === content) return DONE;
  if (isCheck) return { ...CHANGED, diff: diffText(dest, before ?? "", content) };
  const folder = await stat(dirname(dest)).catch(() => undefined);
  if (folder?.isDirectory() !== true) return failed(`Destination directory ${dirname(dest)} does not exist`);
  await writeFile(dest, content);
  if (mode !== undefined) await chmod(dest, Number.parseInt(mode, 8));
  return CHANGED;
}

function diffText(path: string, before: string, after: string): string {
  return [`--- before: ${path}`, `+++ after: ${path}`, ...signed(before, "-"), ...signed(after, "+"), ""].join("\n");
}

function signed(text: string, sign: string): readonly string[] {
  if (text === "") return [];
  return text
    .trimEnd()
    .split("\n")
    .map((line) => `${sign}${line}`);
}

/** Fills in `{{ name }}` and `{{ name.member }}`; throws for a variable that is not defined, and for what is more than that. */
function fill(value: Json, variables: JsonMap): Json {
  if (typeof value === "string") {
    return value.replaceAll(/\{\{\s*([^}]*?)\s*\}\}/gu, (_all, name: string) => {
      const found = lookUp(name, variables);
      return typeof found === "string" ? found : JSON.stringify(found);
    });
  }
  if (isJsonList(value)) return value.map((item) => fill(item, variables));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, fill(member, variables)]));
}

function lookUp(name: string, variables: JsonMap): Json {
  let found: Json | undefined = variables;
  for (const part of name.split(".")) {
    found = typeof found === "object" && found !== null && !isJsonList(found) ? found[part] : undefined;
  }
  if (found === undefined)
    throw new Error(`The task includes an option with an undefined variable: '${name}' is undefined`);
  return found;
}
