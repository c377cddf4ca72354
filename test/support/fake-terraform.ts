import { readFileSync } from "node:fs";
import { readFile, stat, writeFile } from "node:fs/promises";

import type { ProgramEnd, ProgramOrder, Programs } from "../../src/programs/program-order.ts";
import type { Program } from "../../src/steps/terraform/terraform-input.ts";

/** The standard output of the real program, as it came. */
export function recordedLines(name: string, program: Program = "terraform"): readonly string[] {
  const file = new URL(`../fixtures/tools/${program}/${name}`, import.meta.url);
  return readFileSync(file, "utf8")
    .split("\n")
    .filter((text) => text !== "");
}

interface Answer {
  readonly exitCode: number;
  readonly stdout?: readonly string[];
  readonly stderr?: readonly string[];
  /** Ends with the abort of its signal, after it has printed. */
  readonly isHeld?: boolean;
}

/** Plays what the real program printed. */
export class FakeTerraform implements Programs {
  readonly orders: ProgramOrder[] = [];
  /** By subcommand, what it answers from now on. */
  readonly answers = new Map<string, Answer>([
    ["init", { exitCode: 0, stdout: recordedLines("init.jsonl") }],
    ["plan", { exitCode: 2, stdout: recordedLines("plan-create.jsonl") }],
    ["apply", { exitCode: 0, stdout: recordedLines("apply-create.jsonl") }],
    ["output", { exitCode: 0, stdout: recordedLines("output.json") }],
    ["state", { exitCode: 0, stdout: ['{ "version": 4, "serial": 7, "lineage": "abc", "resources": [] }'] }],
  ]);
  /** What is in the folder that a plan file is in, by path: its content and mode, as the program finds them when it applies it. */
  planFile: { readonly content: string; readonly mode: number } | undefined;
  readonly #held = Promise.withResolvers<void>();

  /** Resolves when something is held. */
  get held(): Promise<void> {
    return this.#held.promise;
  }

  async run(order: ProgramOrder): Promise<ProgramEnd> {
    order.signal.throwIfAborted();
    this.orders.push(order);
    const subcommand = order.args[0] ?? "";
    const answer = this.answers.get(subcommand);
    if (answer === undefined) throw new Error(`nobody expects ${subcommand}`);
    await this.#touch(order);
    const { exitCode, stdout = [], stderr = [], isHeld = false } = answer;
    for (const line of stdout) order.onLine?.(line, "stdout");
    for (const line of stderr) order.onLine?.(line, "stderr");
    if (isHeld) {
      const stopped = new Promise<void>((resolve) => {
        order.signal.addEventListener("abort", () => resolve(), { once: true });
      });
      this.#held.resolve();
      await stopped;
    }
    order.signal.throwIfAborted();
    return { exitCode, endedBy: undefined, stdout: stdout.join("\n"), stderr: stderr.join("\n"), isCut: false };
  }

  /** The subcommands, in order. */
  get calls(): readonly string[] {
    return this.orders.map(({ args }) => args[0] ?? "");
  }

  argsOf(subcommand: string): readonly string[] {
    return this.orders.findLast(({ args }) => args[0] === subcommand)?.args ?? [];
  }

  envOf(subcommand: string): Readonly<Record<string, string>> {
    return this.orders.findLast(({ args }) => args[0] === subcommand)?.env ?? {};
  }

  async #touch({ args }: ProgramOrder): Promise<void> {
    const out = args.find((argument) => argument.startsWith("-out="))?.slice("-out=".length);
    if (out !== undefined) await writeFile(out, "the plan");
    const file = args.at(-1) ?? "";
    if (args[0] !== "apply") return;
    this.planFile = { content: await readFile(file, "utf8"), mode: (await stat(file)).mode & 0o777 };
  }
}
