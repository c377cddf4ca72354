import type { SecretMask } from "../platform/masking.ts";
import type { HttpAnswer, HttpRoute, HttpStream } from "./http-route.ts";

/** Where routes are added. */
export interface Routes {
  add(route: HttpRoute): void;
}

/** The same place; what the routes that are added here answer holds no secret, nor does any piece of a stream. */
export function maskedRoutes(routes: Routes, mask: Pick<SecretMask, "text">): Routes {
  const hide = (answer: HttpAnswer): HttpAnswer => {
    const { body, stream } = answer;
    if (stream !== undefined) return { ...answer, stream: masked(stream, mask) };
    return body === undefined ? answer : { ...answer, body: mask.text(body) };
  };
  return {
    add: (route) => routes.add({ ...route, answer: async (request) => hide(await route.answer(request)) }),
  };
}

function masked(stream: HttpStream, mask: Pick<SecretMask, "text">): HttpStream {
  return async function* pieces(signal) {
    for await (const piece of stream(signal)) yield mask.text(piece);
  };
}
