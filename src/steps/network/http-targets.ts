import { z } from "zod";

import type { NetworkPolicy } from "./address-policy.ts";
import { AnswerShape, bodyProblems, isStatusWanted, readBody } from "./answer-check.ts";
import type { ProbeTarget } from "./good-in-a-row.ts";
import type { SendHttp } from "./http-call.ts";
import { targetNames, targetShape, targetUrls } from "./probe-input.ts";
import { RequestShape, requestParts } from "./request-input.ts";

const MAX_BYTES = 1024 * 1024;

/** What is looked at, and what a good answer is; a soak takes the same. */
export const HttpLookShape = {
  ...targetShape(["https:", "http:"]),
  method: z.enum(["GET", "HEAD"]).optional().meta({ description: "GET unless said" }),
  ...RequestShape,
  ...AnswerShape,
  redirects: z.int().min(0).max(10).optional().meta({
    description: "How many redirects are followed; 0 unless said, as a redirect may lead to a page that is always good",
  }),
} as const;
const HttpLook = z.strictObject(HttpLookShape);
export type HttpLook = z.infer<typeof HttpLook>;

/** What it takes to look at HTTP addresses. */
export interface HttpTargetDeps {
  readonly send: SendHttp;
  readonly networkPolicy: () => NetworkPolicy;
}

/** The targets of a probe. Throws what is wrong with the input. */
export async function httpTargets(
  { send, networkPolicy }: HttpTargetDeps,
  input: HttpLook,
): Promise<readonly ProbeTarget[]> {
  const { headers, bearer, basic, tls, timeout, method = "GET", redirects = 0, status, text, assert } = input;
  const urls = targetUrls(input);
  const names = targetNames(urls);
  const parts = await requestParts({ headers, bearer, basic, tls, timeout });
  return urls.map((url, index) => ({
    name: names[index] ?? url.origin,
    look: async (signal) => {
      const policy = networkPolicy();
      const answer = await send({ method, url, ...parts, policy, redirects, maxBytes: MAX_BYTES, signal });
      const { latencyMs } = answer;
      if (!isStatusWanted(answer.status, status)) return { problem: `status ${answer.status}`, latencyMs };
      const problems = bodyProblems(answer, readBody(answer), { text, assert });
      return { problem: problems.length === 0 ? undefined : problems.join("; "), latencyMs };
    },
  }));
}
