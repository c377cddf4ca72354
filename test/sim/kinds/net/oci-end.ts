import { createHash } from "node:crypto";

import type { Dice } from "../../dice.ts";
import type { FarEnd, Heard, Reply } from "./net-http.ts";
import { Phases } from "./phases.ts";

const INDEX = "application/vnd.oci.image.index.v1+json";
const IMAGE = "application/vnd.oci.image.manifest.v1+json";
const CONFIG = "application/vnd.oci.image.config.v1+json";

export const REGISTRY = "registry.test";
export const IMAGE_NAME = "shop/checkout";
export const TAG = "v1";
export const READER = { user: "reader", password: "canary-of-the-registry-0815" };
const TOKEN = "token-of-the-registry-1234";

const STATES = ["up", "away", "busy", "broken", "silent"] as const;
const RARE = ["other", "missing", "denied"] as const;
type State = (typeof STATES)[number] | (typeof RARE)[number];

/** What a tag meant from some moment on. */
export interface Tagged {
  readonly from: number;
  readonly digest: string;
  /** By platform; empty for one image alone. */
  readonly children: ReadonlyMap<string, string>;
}

/** A registry with one repository, whose tag moves, and the host that gives tokens for it. */
export class OciEnd {
  readonly #dice: Dice;
  readonly #phases: Phases<State>;
  readonly #blobs = new Map<string, { readonly type: string; readonly text: string }>();
  /** What the tag meant, the newest last. */
  readonly tags: Tagged[] = [];
  /** Who heard the password, and when. */
  readonly told: { readonly host: string; readonly at: number }[] = [];
  #isCalm = false;

  constructor(dice: Dice, from: number) {
    this.#dice = dice;
    const next = (own: Dice): State => own.pick(own.chance(0.12) ? RARE : own.chance(0.5) ? ["up"] : STATES);
    this.#phases = new Phases<State>({ dice: dice.fork("phases"), from, next, lasts: [1000, 40_000] });
    this.push(from);
  }

  get ends(): readonly (readonly [string, FarEnd])[] {
    return [
      [REGISTRY, (request) => this.#serve(request)],
      ["auth.test", (request) => this.#token(request)],
      [
        "elsewhere.test",
        (request) => {
          this.#overhear(request);
          return { kind: "answer", afterMs: 1, status: 404, body: "" };
        },
      ],
    ];
  }

  calm(from: number): void {
    this.#phases.calm(from, "up");
    this.#isCalm = true;
  }

  /** Another image gets the tag. */
  push(at: number): void {
    const children = new Map<string, string>();
    if (this.#dice.chance(0.5)) {
      const { digest } = this.#image("linux/amd64");
      this.tags.push({ from: at, digest, children });
      return;
    }
    for (const platform of ["linux/amd64", "linux/arm64"]) children.set(platform, this.#image(platform).digest);
    const manifests = Array.from(children, ([platform, digest]) => {
      const [os, architecture] = platform.split("/");
      return { digest, mediaType: IMAGE, platform: { os, architecture } };
    });
    const digest = this.#keep(INDEX, { mediaType: INDEX, manifests });
    this.tags.push({ from: at, digest, children });
  }

  #image(platform: string): { readonly digest: string } {
    const [os, architecture] = platform.split("/");
    const config = this.#keep(CONFIG, { os, architecture, made: this.#dice.hex(8) });
    return { digest: this.#keep(IMAGE, { mediaType: IMAGE, config: { digest: config, mediaType: CONFIG } }) };
  }

  #keep(type: string, content: object): string {
    const text = JSON.stringify(content);
    const digest = `sha256:${createHash("sha256").update(text).digest("hex")}`;
    this.#blobs.set(digest, { type, text });
    return digest;
  }

  #serve(request: Heard): Reply {
    const dice = this.#dice;
    this.#overhear(request);
    const { url, headers, at } = request;
    const afterMs = dice.chance(0.2) ? dice.between(200, 6000) : dice.between(2, 60);
    const answer = (status: number, body: string, own: Readonly<Record<string, string>> = {}): Reply => ({
      kind: "answer",
      afterMs,
      status,
      headers: own,
      body,
    });
    switch (this.#phases.at(at)) {
      case "away":
        return { kind: "lost", afterMs, code: "network.unreachable" };
      case "busy":
        return answer(dice.pick([429, 500, 503]), "", { "retry-after": "3" });
      case "broken":
        return { kind: "lost", afterMs, code: "network.broken" };
      case "silent":
        return { kind: "silent" };
      case "denied":
        return answer(403, "");
      case "missing":
        return answer(404, "");
      case "other":
        return this.#other(afterMs);
      case "up":
        break;
    }
    if (headers["authorization"] !== `Bearer ${TOKEN}`) {
      const realm = !this.#isCalm && dice.chance(0.1) ? "https://elsewhere.test/token" : "https://auth.test/token";
      return answer(401, "", { "www-authenticate": `Bearer realm="${realm}",service="${REGISTRY}"` });
    }
    return this.#found(url.pathname, afterMs);
  }

  #found(path: string, afterMs: number): Reply {
    const name = path.split("/").at(-1) ?? "";
    const digest = name === TAG ? (this.tags.at(-1)?.digest ?? "") : name;
    const blob = this.#blobs.get(digest);
    if (blob === undefined) return { kind: "answer", afterMs, status: 404, body: "" };
    const headers = { "content-type": blob.type, "docker-content-digest": digest };
    return { kind: "answer", afterMs, status: 200, headers, body: blob.text };
  }

  /** It says that something is what it is not. */
  #other(afterMs: number): Reply {
    const body = JSON.stringify({ mediaType: INDEX, manifests: [] });
    const headers = { "content-type": INDEX, "docker-content-digest": this.tags.at(-1)?.digest ?? "" };
    return { kind: "answer", afterMs, status: 200, headers, body };
  }

  #token(request: Heard): Reply {
    const { headers } = request;
    this.#overhear(request);
    const basic = `Basic ${Buffer.from(`${READER.user}:${READER.password}`).toString("base64")}`;
    if (headers["authorization"] !== basic) return { kind: "answer", afterMs: 4, status: 401, body: "" };
    return { kind: "answer", afterMs: 4, status: 200, body: JSON.stringify({ token: TOKEN }) };
  }

  #overhear({ url, headers, at }: Heard): void {
    if ((headers["authorization"] ?? "").startsWith("Basic ")) this.told.push({ host: url.host, at });
  }
}
