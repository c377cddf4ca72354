import { z } from "zod";

import { canonicalJson } from "../platform/canonical-json.ts";
import { tryJson } from "../platform/try-json.ts";
import { type AnchorKey, isSignatureOf, type PublicAnchorKey, signatureOf } from "./anchor-key.ts";
import type { ChainHead } from "./hash-chain.ts";

const FORMAT = "quarterdeck-anchor/1";
const Hash = z.string().regex(/^[0-9a-f]{64}$/u);

/**
 * The head of a log at a moment, signed: what is kept elsewhere as an anchor. Whoever has one notices every later change of
 * anything up to it. It is written as canonical JSON; the signature is over the canonical JSON of everything else in it.
 */
export const SignedHead = z.strictObject({
  /** When it was signed, in milliseconds since the epoch, as the server's clock said. */
  at: z.int().nonnegative(),
  format: z.literal(FORMAT),
  hash: Hash,
  /** The id of the key that signed it. */
  key: z.string().regex(/^[0-9a-f]{16}$/u),
  /** Which log: the hash of its first event. */
  log: Hash,
  sequence: z.int().positive(),
  signature: z.string().regex(/^[A-Za-z0-9_-]{86}$/u),
});
export type SignedHead = z.infer<typeof SignedHead>;

/** What is to be signed. */
export interface HeadToSign extends ChainHead {
  readonly log: string;
  readonly at: number;
}

export function signHead({ sequence, hash, log, at }: HeadToSign, key: AnchorKey): SignedHead {
  const head = { at, format: FORMAT, hash, key: key.id, log, sequence } as const;
  return { ...head, signature: signatureOf(canonicalJson(head), key) };
}

/** An anchor as it is written wherever it is kept: one line of canonical JSON. */
export function anchorText(head: SignedHead): string {
  return canonicalJson(head);
}

/** The signed head that an event of the log holds: its moment is that of the event. Undefined when it is none. */
export function trySignedHead(event: { readonly at: number; readonly payload: string | null }): SignedHead | undefined {
  const members = z.looseObject({}).safeParse(tryJson(event.payload ?? "")).data;
  return SignedHead.safeParse({ ...members, at: event.at }).data;
}

/** What is wrong with who signed it; undefined when one of `keys` did. */
export function signatureProblem(head: SignedHead, keys: readonly PublicAnchorKey[]): string | undefined {
  const key = keys.find(({ id }) => id === head.key);
  if (key === undefined) return `it is signed with the key ${head.key}, which is not among those that are trusted`;
  const { signature, ...signed } = head;
  if (isSignatureOf(canonicalJson(signed), signature, key)) return undefined;
  return "its signature is not that of the key that it names: it was forged or changed";
}

/** The anchors in a text, and how many there are that cannot be read. */
export interface FoundAnchors {
  readonly heads: readonly SignedHead[];
  readonly unreadable: number;
}

const MENTION = '"quarterdeck-anchor/';

/**
 * Finds the anchors in any text: a file of its own, lines, what was copied from Slack or exported from it, the output of git log.
 * Whatever speaks of an anchor and is none counts as unreadable, so that one cannot be made to disappear by damaging it.
 */
export function anchorsIn(text: string): FoundAnchors {
  // Inside another JSON text, as in an export of Slack, quotes and slashes are escaped.
  const plain = text.replaceAll(String.raw`\"`, '"').replaceAll(String.raw`\/`, "/");
  // Not by one expression: where many begin and none ends, that would take the square of the time.
  const blocks = plain.split("{").map((part) => `{${part.slice(0, part.indexOf("}") + 1)}`);
  const heads = blocks.flatMap((block) => {
    const head = block.includes(MENTION) ? SignedHead.safeParse(tryJson(block)).data : undefined;
    return head !== undefined && anchorText(head) === block ? [head] : [];
  });
  return { heads, unreadable: plain.split(MENTION).length - 1 - heads.length };
}
