import { readFile } from "node:fs/promises";
import { request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { join } from "node:path";

import { z } from "zod";

import type { StandInCall } from "./stand-in.ts";

/** An image by its digest, and the registry that has it. */
export interface ImageAddress {
  /** Host and port. */
  readonly registry: string;
  readonly repository: string;
  readonly digest: string;
}

interface Answer {
  readonly status: number;
  readonly challenge: string;
  readonly body: Buffer;
}

const DockerConfig = z.looseObject({ auths: z.record(z.string(), z.looseObject({ auth: z.string() })).default({}) });
const Token = z.looseObject({ token: z.string().optional(), access_token: z.string().optional() });
const ErrorBody = z.looseObject({ errors: z.array(z.looseObject({ code: z.string(), message: z.string() })).min(1) });

const ACCEPT = [
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
].join(", ");

/** `registry/repository@sha256:...`; undefined for anything else. */
export function tryImageAddress(text: string): ImageAddress | undefined {
  const [, registry, repository, digest] = /^([^/]+)\/([^@]+?)(?::[^@/]+)?@(sha256:[0-9a-f]{64})$/u.exec(text) ?? [];
  if (registry === undefined || repository === undefined || digest === undefined) return undefined;
  return { registry, repository, digest };
}

/** Reads manifests and blobs of a repository, with the credentials that Docker's configuration has for its registry. */
export class RegistryReader {
  readonly #call: StandInCall;
  readonly #image: ImageAddress;
  readonly #base: string;
  #authorization: string | undefined;

  constructor(call: StandInCall, image: ImageAddress, isPlain: boolean) {
    this.#call = call;
    this.#image = image;
    const isHere = /^(?:localhost|127\.\d+\.\d+\.\d+)(?::|$)/u.test(image.registry);
    this.#base = `${isPlain || isHere ? "http" : "https"}://${image.registry}`;
  }

  /** Throws with what the registry said where it does not give it. */
  manifest(reference: string): Promise<Buffer> {
    return this.#read(`manifests/${reference}`);
  }

  blob(digest: string): Promise<Buffer> {
    return this.#read(`blobs/${digest}`);
  }

  async #read(what: string): Promise<Buffer> {
    const url = `${this.#base}/v2/${this.#image.repository}/${what}`;
    let answer = await this.#get(url);
    if (answer.status === 401 && (await this.#authorize(answer.challenge))) answer = await this.#get(url);
    if (answer.status === 200) return answer.body;
    throw new Error(`remote error: GET ${url}: ${reasonOf(answer)}`);
  }

  async #authorize(challenge: string): Promise<boolean> {
    const basic = await this.#credentials();
    const realm = /^Bearer .*realm="([^"]+)"/iu.exec(challenge)?.[1];
    if (realm === undefined) {
      this.#authorization = basic;
      return basic !== undefined;
    }
    const url = new URL(realm);
    for (const name of ["service", "scope"]) {
      const value = new RegExp(`${name}="([^"]*)"`, "u").exec(challenge)?.[1];
      if (value !== undefined) url.searchParams.set(name, value);
    }
    const { status, body } = await this.#get(url.href, basic);
    const { token, access_token: other } = status === 200 ? Token.parse(JSON.parse(body.toString("utf8"))) : {};
    this.#authorization = token === undefined && other === undefined ? undefined : `Bearer ${token ?? other ?? ""}`;
    return this.#authorization !== undefined;
  }

  async #credentials(): Promise<string | undefined> {
    const folder = this.#call.env["DOCKER_CONFIG"];
    if (folder === undefined) return undefined;
    const text = await readFile(join(folder, "config.json"), "utf8").catch(() => "{}");
    const found = DockerConfig.parse(JSON.parse(text)).auths[this.#image.registry];
    return found === undefined ? undefined : `Basic ${found.auth}`;
  }

  async #get(url: string, authorization = this.#authorization): Promise<Answer> {
    const send = url.startsWith("https:") ? requestHttps : requestHttp;
    const headers = { accept: ACCEPT, ...(authorization !== undefined && { authorization }) };
    return await new Promise((resolve, reject) => {
      const asked = send(url, { headers, signal: this.#call.signal }, (response) => {
        const parts: Buffer[] = [];
        response.on("data", (part: Buffer) => void parts.push(part));
        response.on("error", reject);
        response.on("end", () =>
          resolve({
            status: response.statusCode ?? 0,
            challenge: response.headers["www-authenticate"] ?? "",
            body: Buffer.concat(parts),
          }),
        );
      });
      // In the words of the real programs, by which it is known that something is away.
      asked.on("error", (error) => reject(new Error(`Get "${url}": dial tcp: connect: ${wordsOf(error)}`)));
      asked.end();
    });
  }
}

function wordsOf(error: Error): string {
  return "code" in error && error.code === "ECONNREFUSED" ? "connection refused" : error.message;
}

function reasonOf({ status, body }: Answer): string {
  try {
    const { errors } = ErrorBody.parse(JSON.parse(body.toString("utf8")));
    return errors.map(({ code, message }) => `${code}: ${message}`).join("; ");
  } catch {
    return `unexpected status code ${status}`;
  }
}
