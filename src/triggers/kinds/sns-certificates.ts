import { X509Certificate, type KeyObject } from "node:crypto";

import { tryIsoTime } from "../../platform/clock.ts";
import { AppError } from "../../platform/errors.ts";
import type { FetchText } from "./fetch-text-port.ts";

const MOST_CERTIFICATES = 50;
const MOST_BYTES = 32 * 1024;
const TIMEOUT_MS = 5000;
// Whoever is not believed yet can name certificates that are not there; this many of them are asked for in a minute.
const MOST_FETCHES = 10;
const MINUTE_MS = 60_000;

interface Kept {
  readonly key: KeyObject;
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * The certificates with which Amazon SNS signs, by their addresses. Each is fetched once; there are few, and they are good for a
 * year. Only addresses of Amazon come here.
 */
export class SnsCertificates {
  readonly #fetchText: FetchText;
  readonly #kept = new Map<string, Kept>();
  readonly #underWay = new Map<string, Promise<Kept | undefined>>();
  #minute = 0;
  #fetches = 0;

  constructor({ fetchText }: { readonly fetchText: FetchText }) {
    this.#fetchText = fetchText;
  }

  /** The public key; undefined where there is no certificate, or none for now. Rejects with `sns.certificate` when it cannot be known. */
  async keyOf(address: string, atMs: number): Promise<KeyObject | undefined> {
    const kept = this.#kept.get(address) ?? (await this.#fetchOnce(address, atMs));
    return kept !== undefined && kept.fromMs <= atMs && atMs <= kept.toMs ? kept.key : undefined;
  }

  #fetchOnce(address: string, atMs: number): Promise<Kept | undefined> {
    const underWay = this.#underWay.get(address);
    if (underWay !== undefined) return underWay;
    const fetched = this.#fetch(address, atMs).finally(() => this.#underWay.delete(address));
    this.#underWay.set(address, fetched);
    return fetched;
  }

  async #fetch(address: string, atMs: number): Promise<Kept | undefined> {
    const minute = Math.floor(atMs / MINUTE_MS);
    if (minute !== this.#minute) [this.#minute, this.#fetches] = [minute, 0];
    this.#fetches += 1;
    if (this.#fetches > MOST_FETCHES) {
      throw new AppError("Too many certificates of Amazon SNS were asked for in this minute; it is tried again later", {
        code: "sns.certificate",
        retry: "backoff",
      });
    }
    const answer = await this.#fetchText(address, { mostBytes: MOST_BYTES, timeoutMs: TIMEOUT_MS });
    if (answer.kind === "failed" && answer.isPassing) {
      throw new AppError(`The certificate of Amazon SNS could not be fetched from ${address}: ${answer.reason}`, {
        code: "sns.certificate",
        retry: "backoff",
      });
    }
    const kept = answer.kind === "text" ? readCertificate(answer.text) : undefined;
    if (kept === undefined) return undefined;
    const [oldest] = this.#kept.keys();
    if (this.#kept.size >= MOST_CERTIFICATES && oldest !== undefined) this.#kept.delete(oldest);
    this.#kept.set(address, kept);
    return kept;
  }
}

function readCertificate(text: string): Kept | undefined {
  try {
    const { publicKey: key, validFrom, validTo } = new X509Certificate(text);
    const [fromMs, toMs] = [tryIsoTime(validFrom), tryIsoTime(validTo)];
    return fromMs === undefined || toMs === undefined ? undefined : { key, fromMs, toMs };
  } catch {
    return undefined;
  }
}
