import { createHmac, timingSafeEqual } from "node:crypto";

/** A key with which links are signed; its id stands in the link, so that keys can be replaced. */
export interface LinkKey {
  readonly id: string;
  readonly bytes: Uint8Array;
}

/** The beginning of the path of every page of a run. */
export const RUN_PAGES = "/runs/";

const FILES = "/files/";
const ASKED = /^(?<run>run_[0-9A-Z]{1,40})(?:\/files\/(?<file>[0-9a-f]{64}))?$/u;
const UNTIL = /^[1-9]\d{0,11}$/u;
const SIGNATURE = /^[A-Za-z0-9_-]{43}$/u;

/** What a link leads to, once it is believed. */
export type CheckedLink =
  | {
      readonly kind: "good";
      readonly run: string;
      readonly until: number;
      /** The digest of a file of the run; undefined for its page. */
      readonly file: string | undefined;
    }
  /** It was good once. */
  | { readonly kind: "expired" }
  | { readonly kind: "forged" };

/** The address of a run's page, for whoever has it, until then; to the second. */
export function makeRunLink(link: {
  readonly publicUrl: string;
  readonly run: string;
  readonly until: number;
  readonly key: LinkKey;
}): string {
  const { publicUrl, run, key } = link;
  const until = String(Math.floor(link.until / 1000));
  const query = new URLSearchParams({ until, key: key.id, signature: sign(key, run, until).toString("base64url") });
  return `${publicUrl}${RUN_PAGES}${run}?${query.toString()}`;
}

/** Where a file of the run is had, as a page of the run writes it, for whoever has the link to that page. */
export function fileLink(run: string, { digest, query }: { readonly digest: string; readonly query: string }): string {
  const asked = new URLSearchParams(query);
  const own = ["until", "key", "signature"].map((name): [string, string] => [name, asked.get(name) ?? ""]);
  return `${run}${FILES}${digest}?${new URLSearchParams(own).toString()}`;
}

/** Whether one of our keys signed exactly this run and this end, and whether that is still to come. */
export function checkRunLink(
  link: { readonly path: string; readonly query: string },
  { keys, now }: { readonly keys: readonly LinkKey[]; readonly now: number },
): CheckedLink {
  const { run, file } = ASKED.exec(link.path.slice(RUN_PAGES.length))?.groups ?? {};
  const query = new URLSearchParams(link.query);
  const [until, id, signature] = ["until", "key", "signature"].map((name) => query.get(name) ?? "");
  const key = keys.find((each) => each.id === id);
  if (key === undefined || until === undefined || signature === undefined) return FORGED;
  if (run === undefined || !UNTIL.test(until) || !SIGNATURE.test(signature)) return FORGED;
  if (!timingSafeEqual(sign(key, run, until), Buffer.from(signature, "base64url"))) return FORGED;
  const end = Number(until) * 1000;
  return now < end ? { kind: "good", run, until: end, file } : { kind: "expired" };
}

const FORGED: CheckedLink = { kind: "forged" };

function sign(key: LinkKey, run: string, until: string): Buffer {
  return createHmac("sha256", key.bytes).update(`${run}\n${until}`).digest();
}
