import { readFileSync } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";

import type { ProgramEnd, ProgramOrder, Programs } from "../../src/programs/program-order.ts";

/** The events of the real program, as they came. */
export function recordedEvents(name: string): readonly string[] {
  const file = new URL(`../fixtures/tools/ansible/${name}.jsonl`, import.meta.url);
  return readFileSync(file, "utf8")
    .split("\n")
    .filter((text) => text !== "");
}

/** An event as the plug-in writes it, numbered by its place. */
export function events(...members: readonly Readonly<Record<string, unknown>>[]): readonly string[] {
  return members.map((member, index) => JSON.stringify({ quarterdeck: 1, n: index + 1, ...member }));
}

interface Answer {
  readonly exitCode: number;
  readonly stdout: readonly string[];
  readonly stderr?: readonly string[];
  /** Ends with the abort of its signal, after it has printed. */
  readonly isHeld?: boolean;
}

/** Plays what the real program printed. */
export class FakeAnsible implements Programs {
  readonly orders: ProgramOrder[] = [];
  /** What lay in the work folder at the last call, by path, with its mode. */
  files: Readonly<Record<string, { readonly text: string; readonly mode: number }>> = {};
  answer: Answer = { exitCode: 0, stdout: recordedEvents("ok") };
  readonly #held = Promise.withResolvers<void>();

  /** Resolves when something is held. */
  get held(): Promise<void> {
    return this.#held.promise;
  }

  get args(): readonly string[] {
    return this.orders.at(-1)?.args ?? [];
  }

  get env(): Readonly<Record<string, string>> {
    return this.orders.at(-1)?.env ?? {};
  }

  async run(order: ProgramOrder): Promise<ProgramEnd> {
    order.signal.throwIfAborted();
    this.orders.push(order);
    this.files = await filesIn(join(order.env?.["HOME"] ?? "", ".."));
    const { exitCode, stdout, stderr = [], isHeld = false } = this.answer;
    for (const line of stderr) order.onLine?.(line, "stderr");
    for (const line of stdout) order.onLine?.(line, "stdout");
    if (isHeld) {
      const stopped = new Promise<void>((resolve) => {
        order.signal.addEventListener("abort", () => resolve(), { once: true });
      });
      this.#held.resolve();
      await stopped;
    }
    order.signal.throwIfAborted();
    return { exitCode, endedBy: undefined, stdout: "", stderr: "", isCut: false };
  }
}

async function filesIn(folder: string): Promise<FakeAnsible["files"]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const found = await Promise.all(
    files.map(async (file) => {
      const [text, { mode }] = await Promise.all([readFile(file, "utf8"), stat(file)]);
      return [file.slice(folder.length + 1), { text, mode: mode & 0o777 }] as const;
    }),
  );
  return Object.fromEntries(found);
}
