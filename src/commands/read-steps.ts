import { z } from "zod";

import { didYouMean } from "../platform/did-you-mean.ts";
import { ForEachEntry, GroupEntry, LockEntry, StepEntry } from "./command-file.ts";
import type { CommandDiagnostic, CommandSource, ValuePath } from "./command-source.ts";
import { describeValue, issueDiagnostics } from "./issue-text.ts";

/** An entry of a chain, read but not yet checked against step kinds and types. */
export type ChainEntry =
  | { readonly sort: "step"; readonly path: ValuePath; readonly entry: StepEntry }
  | { readonly sort: "for-each"; readonly path: ValuePath; readonly entry: ForEachEntry; readonly steps: Chain }
  | { readonly sort: "lock"; readonly path: ValuePath; readonly entry: LockEntry; readonly steps: Chain }
  | { readonly sort: "group"; readonly path: ValuePath; readonly entry: GroupEntry; readonly steps: Chain };

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
  if (path.filter((segment) => segment === "steps").length > DEEPEST_CHAIN) {
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

function sortOf(keys: Readonly<Record<string, unknown>>): ChainEntry["sort"] | undefined {
  if ("uses" in keys) return "step";
  if ("for-each" in keys) return "for-each";
  if ("lock" in keys) return "lock";
  return "steps" in keys ? "group" : undefined;
}

function unknownSort(keys: readonly string[]): string {
  const right = "a step has uses; a block has steps, and for-each or lock or if beside it";
  const wanted = ["uses", "for-each", "lock", "steps"];
  for (const key of keys) {
    const near = didYouMean(key, wanted);
    if (near !== undefined) return `there is "${key}" here, but no "${near}". Did you mean "${near}"? ${right}`;
  }
  return `this is neither a step nor a block: ${right}`;
}

interface Raw {
  readonly sort: ChainEntry["sort"];
  readonly raw: unknown;
  readonly path: ValuePath;
}

function parseEntry(reader: Reader, { sort, raw, path }: Raw): ChainEntry | undefined {
  const nested = (steps: readonly unknown[]): Chain => readChain(reader, { entries: steps, path: [...path, "steps"] });
  switch (sort) {
    case "step": {
      const entry = parse(reader, StepEntry, { raw, path });
      return entry && { sort, path, entry };
    }
    case "for-each": {
      const entry = parse(reader, ForEachEntry, { raw, path });
      return entry && { sort, path, entry, steps: nested(entry.steps) };
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

/** Every step of a chain, blocks opened, in reading order. */
export function allSteps(chain: Chain): readonly (ChainEntry & { readonly sort: "step" })[] {
  return chain.flatMap((entry) => (entry.sort === "step" ? [entry] : allSteps(entry.steps)));
}
