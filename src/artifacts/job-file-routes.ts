import { z } from "zod";

import { effectKey } from "../domain/effect.ts";
import { type HttpAnswer, type HttpHead, type HttpRoute, jsonAnswer, textAnswer } from "../http/http-route.ts";
import type { Clock } from "../platform/clock.ts";
import { AppError } from "../platform/errors.ts";
import type { ArtifactStore, Place } from "./artifact-store.ts";
import type { ArtifactUploads } from "./artifact-uploads.ts";
import { JOB_FILES, PIECE_BYTES, SIZE_HEADER } from "./file-transfer.ts";
import { type JobClaim, type TokenKey, tryJobToken } from "./job-token.ts";

interface Deps {
  readonly store: Pick<ArtifactStore, "stored">;
  readonly uploads: ArtifactUploads;
  readonly keys: readonly TokenKey[];
  readonly mostBytes: () => number;
  readonly clock: Pick<Clock, "now">;
}

// Sealing adds less than a thousandth and a little; what a file may have is checked again when all of it is there.
const SEALED_MORE = 1.001;
const SEALED_BASE = 1024;

const Query = z.strictObject({
  sealed: z.enum(["0", "1"]),
  from: z
    .string()
    .regex(/^\d{1,12}$/u)
    .transform(Number),
  size: z
    .string()
    .regex(/^\d{1,12}$/u)
    .transform(Number)
    .optional(),
});

const REFUSED = textAnswer(401, "This needs the token of a job.");
const MALFORMED = textAnswer(400, "This is no piece of a file.");
const ABSENT = textAnswer(404, "This file is not kept.");

/** Where workers leave and read files, piece by piece, with the token of a job. Nothing is read of a body before that is good. */
export function jobFileRoutes(deps: Deps): readonly HttpRoute[] {
  const admit = (head: HttpHead): HttpAnswer | undefined => (claimOf(deps, head) === undefined ? REFUSED : undefined);
  return [
    {
      method: "PUT",
      path: `${JOB_FILES}put/`,
      mostBodyBytes: PIECE_BYTES,
      admit,
      answer: (request) => take(deps, request),
    },
    { method: "GET", path: `${JOB_FILES}get/`, mostBodyBytes: 0, admit, answer: (request) => give(deps, request) },
  ];
}

async function take(deps: Deps, request: HttpHead & { readonly body: Buffer }): Promise<HttpAnswer> {
  const claim = claimOf(deps, request);
  const asked = askedOf(request);
  if (claim === undefined) return REFUSED;
  if (asked?.size === undefined || (request.body.length === 0 && asked.size > 0)) return MALFORMED;
  const { place, from, size } = asked;
  const most = deps.mostBytes();
  if (size > (place.sealed ? most * SEALED_MORE + SEALED_BASE : most)) return tooLarge(most);
  try {
    const owner = `${effectKey(claim)} ${claim.token}`;
    return jsonAnswer(200, await deps.uploads.take({ owner, place, from, size, body: request.body }));
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    if (error.code === "artifact.too-large") return tooLarge(most);
    return jsonAnswer(422, { code: error.code, message: error.message });
  }
}

async function give(deps: Deps, request: HttpHead): Promise<HttpAnswer> {
  const asked = askedOf(request);
  if (asked === undefined) return MALFORMED;
  const found = await deps.store.stored(asked.place, { from: asked.from, most: PIECE_BYTES });
  if (found === undefined) return ABSENT;
  const headers = { "content-type": "application/octet-stream", [SIZE_HEADER]: String(found.size) };
  return { status: 200, headers, bytes: found.piece };
}

function claimOf({ keys, clock }: Deps, { headers }: HttpHead): JobClaim | undefined {
  const [, token = ""] = /^Bearer (\S+)$/u.exec(headers.authorization ?? "") ?? [];
  return tryJobToken(token, { keys, now: clock.now() });
}

function askedOf({ path, query }: HttpHead): { place: Place; from: number; size: number | undefined } | undefined {
  const [, digest] = /\/([0-9a-f]{64})$/u.exec(path) ?? [];
  const parsed = Query.safeParse(Object.fromEntries(new URLSearchParams(query))).data;
  if (digest === undefined || parsed === undefined) return undefined;
  const { sealed, from, size } = parsed;
  return { place: { digest, sealed: sealed === "1" }, from, size };
}

function tooLarge(most: number): HttpAnswer {
  return jsonAnswer(413, { code: "artifact.too-large", most });
}
