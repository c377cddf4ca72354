import type { PublicAnchorKey } from "../../src/audit/anchor-key.ts";
import { publicKeysIn } from "../../src/audit/anchor-key.ts";
import { verifyExport } from "../../src/audit/read-export.ts";
import { anchorsIn, anchorText, type SignedHead } from "../../src/audit/signed-head.ts";
import type { LogVerdict } from "../../src/audit/verify-log.ts";
import { AppError, errorText } from "../../src/platform/errors.ts";
import { openLogMoment } from "../../src/store/store.ts";
import { verifyDatabase } from "../../src/store/verify-database.ts";

interface IndependentVerifier {
  anchorsIn(text: string, place: string): readonly unknown[];
  verifyLog(asked: {
    readonly path: string;
    readonly anchors: readonly unknown[];
    readonly keys: readonly string[];
    readonly heads: readonly unknown[];
  }): Promise<{ readonly problems: readonly string[] }>;
}

/** Where the independent verifier is. */
export const VERIFIER = new URL("../../docs/verify-log.mjs", import.meta.url);
// It is plain JavaScript for whoever has nothing but Node, so it comes without types.
const independent: IndependentVerifier = await import(VERIFIER.href);

/** Begins what is said of an error that no verdict foresees: found all the same, and a fault of the product. */
export const CRASH = "crash:";

/** What a verifier is given. */
export interface Evidence {
  readonly file: string;
  readonly isExport: boolean;
  /** As they were kept: one on each line. */
  readonly anchors: string;
  readonly keyText: string;
}

/** What each verifier says that is wrong; undefined when it finds the log as it should be. */
export interface Judgement {
  readonly product: string | undefined;
  readonly independent: string | undefined;
}

export async function judge(evidence: Evidence): Promise<Judgement> {
  return { product: productSays(evidence), independent: await independentSays(evidence) };
}

export function anchorLines(heads: readonly SignedHead[]): string {
  return heads.map((head) => `${anchorText(head)}\n`).join("");
}

function productSays({ file, isExport, anchors, keyText }: Evidence): string | undefined {
  try {
    const { heads, unreadable } = anchorsIn(anchors);
    if (unreadable > 0 || (heads.length === 0 && anchors !== "")) return "an anchor cannot be read";
    const verdict = productVerdict(file, isExport, { signed: heads, keys: publicKeysIn(keyText) });
    return verdict.status === "broken" ? `${verdict.sequence}: ${verdict.message}` : undefined;
  } catch (error) {
    return error instanceof AppError ? error.message : `${CRASH} ${errorText(error)}`;
  }
}

function productVerdict(
  file: string,
  isExport: boolean,
  given: { readonly signed: readonly SignedHead[]; readonly keys: readonly PublicAnchorKey[] },
): LogVerdict {
  const all = { ...given, areAllKeys: true };
  if (isExport) return verifyExport(file, all);
  using opened = openLogMoment(file);
  return verifyDatabase(opened.log, all);
}

async function independentSays({ file, anchors, keyText }: Evidence): Promise<string | undefined> {
  try {
    const kept = anchors === "" ? [] : independent.anchorsIn(anchors, "the list");
    const found = await independent.verifyLog({ path: file, anchors: kept, keys: [keyText], heads: [] });
    return found.problems[0];
  } catch (error) {
    return `it cannot be verified: ${errorText(error)}`;
  }
}
