import { hash } from "node:crypto";

import { z } from "zod";

import { tryJson } from "../platform/try-json.ts";
import { Application } from "./application.ts";

/** One change as the watch tells it. */
const Frame = z.object({ result: z.object({ type: z.string(), application: Application }) });

/** Takes one change; returns the copy that it keeps, which says the same. */
export type TakeChange = (type: string, application: Application) => Application;

/** What became of a frame: handed on, or of no known form; `place` is where it does not fit. */
export type FrameResult =
  | { readonly kind: "taken" }
  | { readonly kind: "unreadable"; readonly place: string | undefined };

/** What was read from a text, but for its moving parts. */
interface Known {
  readonly type: string;
  readonly application: Application;
}

interface Still {
  /** Of the text without what moves. */
  readonly digest: string;
  readonly resourceVersion: string | undefined;
  readonly reconciledAt: string | undefined;
}

const TAKEN: FrameResult = { kind: "taken" };
const DELETED = "DELETED";
// Far more than one server has; what was deleted while nobody watched is forgotten with it.
const MOST_KNOWN = 20_000;

/**
 * Reads the frames of one watch. Argo CD writes an application again and again to say when it last compared it, and for what Quarterdeck
 * does not ask for: a text that differs from the one before in nothing but the version and that moment is not read anew.
 */
export class WatchFrames {
  readonly #take: TakeChange;
  /** By the digest of the text that it was read from. */
  readonly #known = new Map<string, Known>();
  /** Digests by the name of the application. */
  readonly #digests = new Map<string, string>();

  constructor(take: TakeChange) {
    this.#take = take;
  }

  read(text: string): FrameResult {
    const still = stillOf(text);
    const known = still && this.#known.get(still.digest);
    if (still !== undefined && known !== undefined) {
      this.#take(known.type, moved(known.application, still));
      return TAKEN;
    }
    const frame = Frame.safeParse(tryJson(text));
    if (!frame.success) return { kind: "unreadable", place: frame.error.issues[0]?.path.join(".") };
    const { type, application } = frame.data.result;
    this.#remember({ type, application: this.#take(type, application) }, still);
    return TAKEN;
  }

  #remember(known: Known, still: Still | undefined): void {
    const { namespace, name } = known.application.metadata;
    const key = `${namespace}/${name}`;
    this.#known.delete(this.#digests.get(key) ?? "");
    this.#digests.delete(key);
    if (this.#digests.size >= MOST_KNOWN) this.#forgetAll();
    if (still === undefined || known.type === DELETED) return;
    this.#digests.set(key, still.digest);
    this.#known.set(still.digest, known);
  }

  #forgetAll(): void {
    this.#known.clear();
    this.#digests.clear();
  }
}

function moved(known: Application, { resourceVersion, reconciledAt }: Still): Application {
  const { metadata, status } = known;
  return {
    ...known,
    metadata: { ...metadata, ...(resourceVersion !== undefined && { resourceVersion }) },
    status: { ...status, ...(reconciledAt !== undefined && { reconciledAt }) },
  };
}

/** Undefined where it cannot be told by the text alone what moves. */
function stillOf(text: string): Still | undefined {
  const version = cut(text, "resourceVersion");
  const moment = version && cut(version.rest, "reconciledAt");
  if (version === undefined || moment === undefined) return undefined;
  return { digest: hash("sha256", moment.rest), resourceVersion: version.value, reconciledAt: moment.value };
}

/** Takes the value of a member out of a JSON text; undefined where several members have that name, or it is no plain text. */
function cut(text: string, member: string): { readonly rest: string; readonly value: string | undefined } | undefined {
  // Within a text of JSON a quotation mark has a backslash before it, so this is found where a member is, and nowhere else.
  const mark = `"${member}":`;
  const found = text.indexOf(mark);
  if (found === -1) return { rest: text, value: undefined };
  const start = found + mark.length + 1;
  if (text[start - 1] !== '"' || text.includes(mark, start)) return undefined;
  const end = text.indexOf('"', start);
  const value = text.slice(start, end);
  return end === -1 || value.includes("\\") ? undefined : { rest: text.slice(0, start) + text.slice(end), value };
}
