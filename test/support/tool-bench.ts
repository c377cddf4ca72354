import { mkdir, mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { LocalFolders } from "../../src/programs/local-folders.ts";
import type { ProgramEnd, ProgramOrder, Programs } from "../../src/programs/program-order.ts";
import type { ToolDeps, ToolPreparation } from "../../src/steps/image/tool-choice.ts";
import { AppError } from "../../src/platform/errors.ts";

/** An order as it came, with the files that lay in the working folder then. */
interface Seen {
  readonly order: ProgramOrder;
  readonly files: Readonly<Record<string, string>>;
}

/** What steps need that run a program, with a program that answers as it was recorded. */
export class ToolBench implements AsyncDisposable {
  readonly seen: Seen[] = [];
  readonly folder: string;
  preparation: ToolPreparation = {
    allowedProgram: () => undefined,
    exportFolder: () => Promise.reject(new AppError("There is no such folder", { code: "git.no-folder" })),
  };
  now = 0;
  /** Answers one order. */
  answer: (order: ProgramOrder) => Partial<ProgramEnd> | Promise<Partial<ProgramEnd>>;

  private constructor(folder: string, answer: ToolBench["answer"]) {
    this.folder = folder;
    this.answer = answer;
  }

  static async open(answer: ToolBench["answer"] = () => ({})): Promise<ToolBench> {
    return new ToolBench(await mkdtemp(join(tmpdir(), "quarterdeck-tools-")), answer);
  }

  get programs(): Programs {
    return {
      run: async (order) => {
        order.signal.throwIfAborted();
        this.seen.push({ order, files: await filesIn(order.folder) });
        const end = {
          exitCode: 0,
          endedBy: undefined,
          stdout: "",
          stderr: "",
          isCut: false,
          ...(await this.answer(order)),
        };
        for (const line of end.stderr.split("\n")) if (line !== "") order.onLine?.(line, "stderr");
        return end;
      },
    };
  }

  get deps(): ToolDeps {
    return {
      programs: this.programs,
      folders: new LocalFolders({ root: join(this.folder, "work") }),
      clock: { now: () => this.now },
      preparation: this.preparation,
    };
  }

  /** The last order. */
  get last(): Seen {
    const last = this.seen.at(-1);
    if (last === undefined) throw new Error("no program was run");
    return last;
  }

  /** What is left in the work folders. */
  async leftovers(): Promise<readonly string[]> {
    const root = join(this.folder, "work");
    const folders = await readdir(root).catch(() => []);
    return (await Promise.all(folders.map((name) => readdir(join(root, name)).catch(() => [])))).flat();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** What the real program printed, as it came; nothing where nothing was recorded. */
export function recording(name: string): string {
  return readFileSync(new URL(`../fixtures/tools/${name}`, import.meta.url), "utf8");
}

async function filesIn(folder: string): Promise<Readonly<Record<string, string>>> {
  await mkdir(folder, { recursive: true });
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const texts = await Promise.all(
    files.map(async (file) => [file.slice(folder.length + 1), await readFile(file, "utf8")] as const),
  );
  return Object.fromEntries(texts);
}
