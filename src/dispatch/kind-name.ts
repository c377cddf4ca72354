import { originText } from "../engine/kind-origin.ts";
import type { StepKind } from "../engine/step-kind.ts";

type Named = Pick<StepKind, "kind" | "origin">;

/**
 * A kind as workers and server name it to one another, and as people read it: of a plug-in with the version that was loaded, so that
 * one who has another version does not have the kind: `acme/ticket of acme-steps 1.2.0 (3fa9c1d2e4f5)`.
 */
export function kindName({ kind, origin }: Named): string {
  return origin === undefined ? kind : `${kind}${OF}${originText(origin)}`;
}

/** Of the names that a worker has said those that mean the same kind in another version. */
export function otherVersions(name: string, known: Iterable<string>): readonly string[] {
  const [kind = name] = name.split(OF);
  return [...known].filter((other) => other !== name && other.split(OF)[0] === kind);
}

const OF = " of ";
