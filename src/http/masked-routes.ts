import type { SecretMask } from "../platform/masking.ts";
import type { HttpAnswer, HttpRoute } from "./http-route.ts";

/** Where routes are added. */
export interface Routes {
  add(route: HttpRoute): void;
}

/** The same place; what the routes that are added here answer holds no secret. */
export function maskedRoutes(routes: Routes, mask: Pick<SecretMask, "text">): Routes {
  const hide = (answer: HttpAnswer): HttpAnswer =>
    answer.body === undefined ? answer : { ...answer, body: mask.text(answer.body) };
  return {
    add: (route) => routes.add({ ...route, answer: async (request) => hide(await route.answer(request)) }),
  };
}
