/** One stroke of the way to a value: a key, a place in a list from 0, or the entry of a list with this value under a key. */
export type PathStep =
  | { readonly kind: "key"; readonly key: string }
  | { readonly kind: "index"; readonly index: number }
  | { readonly kind: "entry"; readonly key: string; readonly value: string };

const BARE = /^[^.[\]"'\s=]+/u;
const INDEX = /^\[(\d{1,6})\]/u;
const QUOTED_KEY = /^\[(?:"([^"]*)"|'([^']*)')\]/u;
const ENTRY = /^\[([^[\]"'=\s]+)=(?:"([^"]*)"|'([^']*)'|([^\]"'=]+))\]/u;

/**
 * Reads `image.tag`, `containers[0].image`, `containers[name=web].image` and `metadata.annotations["example.com/team"]`; undefined where
 * a text is no way to a value.
 */
export function tryValuePath(text: string): readonly PathStep[] | undefined {
  const steps: PathStep[] = [];
  let rest = text;
  while (rest !== "") {
    if (steps.length > 0 && rest.startsWith(".")) rest = rest.slice(1);
    else if (steps.length > 0 && !rest.startsWith("[")) return undefined;
    const found = bracketed(rest) ?? bare(rest);
    if (found === undefined) return undefined;
    steps.push(found.step);
    rest = rest.slice(found.length);
  }
  return steps.length === 0 ? undefined : steps;
}

/** A path as people write it, up to and with the step at `last`. */
export function valuePathText(steps: readonly PathStep[], last = steps.length - 1): string {
  return steps.slice(0, last + 1).reduce((text, step) => text + stepText(step, text === ""), "");
}

function stepText(step: PathStep, isFirst: boolean): string {
  switch (step.kind) {
    case "index":
      return `[${step.index}]`;
    case "entry":
      return `[${step.key}=${step.value}]`;
    case "key":
      if (BARE.exec(step.key)?.[0] !== step.key) return `[${JSON.stringify(step.key)}]`;
      return isFirst ? step.key : `.${step.key}`;
  }
}

interface Found {
  readonly step: PathStep;
  readonly length: number;
}

function bare(rest: string): Found | undefined {
  const [key] = BARE.exec(rest) ?? [];
  return key === undefined ? undefined : { step: { kind: "key", key }, length: key.length };
}

function bracketed(rest: string): Found | undefined {
  const [index, digits] = INDEX.exec(rest) ?? [];
  if (index !== undefined) return { step: { kind: "index", index: Number(digits) }, length: index.length };
  const [quoted, double, single] = QUOTED_KEY.exec(rest) ?? [];
  if (quoted !== undefined) return { step: { kind: "key", key: double ?? single ?? "" }, length: quoted.length };
  const [entry, key = "", ...values] = ENTRY.exec(rest) ?? [];
  if (entry === undefined) return undefined;
  return {
    step: { kind: "entry", key, value: values.find((value) => value !== undefined) ?? "" },
    length: entry.length,
  };
}
