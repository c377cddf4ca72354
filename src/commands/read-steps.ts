import { z } from "zod";

import { didYouMean } from "../platform/did-you-mean.ts";
import { ForEachEntry, GroupEntry, LockEntry, ParallelEntry, StepEntry, UseEntry } from "./chain-entries.ts";
import type { CommandDiagnostic, CommandSource, ValuePath } from "./command-source.ts";
import { describeValue, issueDiagnostics } from "./issue-text.ts";

/** An entry of a chain, read but not yet checked against step kinds, other commands and types. */
export type ChainEntry =
  | { readonly sort: "step"; readonly path: ValuePath; readonly entry: StepEntry }
  /** Another command, used as a step; `command` is its id. */
  | { readonly sort: "use"; readonly path: ValuePath; readonly entry: UseEntry; readonly command: string }
  | { readonly sort: "for-each"; readonly path: ValuePath; readonly entry: ForEachEntry; readonly steps: Chain }
  | { readonly sort: "parallel"; readonly path: ValuePath; readonly entry: ParallelEntry; readonly steps: Chain }
  | { readonly sort: "lock"; readonly path: ValuePath; readonly entry: LockEntry; readonly steps: Chain }
  | { readonly sort: "group"; readonly path: ValuePath; readonly entry: GroupEntry; readonly steps: Chain };

/** What has an id, and under it gives outputs. */
export type NamedEntry = ChainEntry & { readonly sort: "step" | "use" };

export type Chain = readonly ChainEntry[];

const DEEPEST_CHAIN = 8;

interface Reader {
  readonly source: CommandSource;
  readonly diagnostics: CommandDiagnostic[];
}

/** Reads the list of steps at `path`; reports into `diagnostics` and leaves out what cannot be read. */
export function readChain(
  reader: Reader,
  { entries, path }: { readonly entries: readonly unknown[]; readonly path: ValuePath },
): Chain {
  return entries.flatMap((raw, index) => readEntry(reader, raw, [...path, index]) ?? []);
}

const RawEntry = z.record(z.string(), z.unknown());

function readEntry(reader: Reader, raw: unknown, path: ValuePath): ChainEntry | undefined {
  const { source, diagnostics } = reader;
  const keys = RawEntry.safeParse(raw).data;
  if (keys === undefined) {
    const message = `a step is a map of keys such as id and uses, but this is ${describeValue(raw)}`;
    diagnostics.push(source.diagnostic(source.valueSpan(path), message));
    return undefined;
  }
  if (path.filter((segment) => segment === "steps" || segment === "parallel").length > DEEPEST_CHAIN) {
    diagnostics.push(source.diagnostic(source.valueSpan(path), `steps may stand in ${DEEPEST_CHAIN} blocks at most`));
    return undefined;
  }
  const sort = sortOf(keys);
  if (sort === undefined) {
    diagnostics.push(source.diagnostic(source.valueSpan(path), unknownSort(Object.keys(keys))));
    return undefined;
  }
  return parseEntry(reader, { sort, raw, path });
}

/** What stands in `uses` before the id of a command. */
const COMMAND = "command/";

function sortOf(keys: Readonly<Record<string, unknown>>): ChainEntry["sort"] | undefined {
  const { uses } = keys;
  if ("uses" in keys) return typeof uses === "string" && uses.startsWith(COMMAND) ? "use" : "step";
  for (const sort of ["for-each", "parallel", "lock"] as const) if (sort in keys) return sort;
  return "steps" in keys ? "group" : undefined;
}

const RIGHT = "a step has uses; a block has parallel, or steps with for-each or lock or if beside it";

function unknownSort(keys: readonly string[]): string {
  const wanted = ["uses", "for-each", "parallel", "lock", "steps"];
  for (const key of keys) {
    const near = didYouMean(key, wanted);
    if (near !== undefined) return `there is "${key}" here, but no "${near}". Did you mean "${near}"? ${RIGHT}`;
  }
  return `this is neither a step nor a block: ${RIGHT}`;
}

interface Raw {
  readonly sort: ChainEntry["sort"];
  readonly raw: unknown;
  readonly path: ValuePath;
}

function parseEntry(reader: Reader, { sort, raw, path }: Raw): ChainEntry | undefined {
  const nested = (entries: readonly unknown[], key = "steps"): Chain =>
    readChain(reader, { entries, path: [...path, key] });
  switch (sort) {
    case "step": {
      const entry = parse(reader, StepEntry, { raw, path });
      return entry && { sort, path, entry };
    }
    case "use": {
      const entry = parse(reader, UseEntry, { raw: withoutTiming(reader, raw, path), path });
      return entry && { sort, path, entry, command: entry.uses.slice(COMMAND.length) };
    }
    case "for-each": {
      const entry = parse(reader, ForEachEntry, { raw, path });
      return entry && { sort, path, entry, steps: nested(entry.steps) };
    }
    case "parallel": {
      const entry = parse(reader, ParallelEntry, { raw, path });
      return entry && { sort, path, entry, steps: nested(entry.parallel, "parallel") };
    }
    case "lock": {
      const entry = parse(reader, LockEntry, { raw, path });
      return entry && { sort, path, entry, steps: nested(entry.steps) };
    }
    case "group": {
      const entry = parse(reader, GroupEntry, { raw, path });
      return entry && { sort, path, entry, steps: nested(entry.steps) };
    }
  }
}

/** A command that is used has no timing of its own: its steps have. */
function withoutTiming({ source, diagnostics }: Reader, raw: unknown, path: ValuePath): unknown {
  const keys = Object.entries(RawEntry.parse(raw));
  const timing = new Set(["retry", "timeout", "attempt-timeout"]);
  for (const [key] of keys.filter(([name]) => timing.has(name))) {
    const message = `"${key}" stands at the steps of a command and not where it is used; "defaults" there is for all of them`;
    diagnostics.push(source.diagnostic(source.keySpan([...path, key]), message));
  }
  return Object.fromEntries(keys.filter(([name]) => !timing.has(name)));
}

function parse<Shape extends z.ZodRawShape, Mode extends z.core.$ZodObjectConfig>(
  { source, diagnostics }: Reader,
  schema: z.ZodObject<Shape, Mode>,
  { raw, path }: { readonly raw: unknown; readonly path: ValuePath },
): z.infer<z.ZodObject<Shape, Mode>> | undefined {
  const result = schema.safeParse(raw);
  if (result.success) return result.data;
  const keys = Object.keys(schema.shape);
  diagnostics.push(...issueDiagnostics(source, { error: result.error, value: raw, base: path, keys }));
  return undefined;
}

/** Every step and every use of a command in a chain, blocks opened, in reading order. */
export function allNamed(chain: Chain): readonly NamedEntry[] {
  return chain.flatMap((entry) => (entry.sort === "step" || entry.sort === "use" ? [entry] : allNamed(entry.steps)));
}
