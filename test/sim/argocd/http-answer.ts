/** What a server answers. */
export interface HttpAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly text: string;
}

/** Argo CD's own numbers and the HTTP status that goes with each. */
const STATUS = { 2: 500, 3: 400, 5: 404, 7: 403, 9: 400, 13: 500, 14: 503, 16: 401 } as const;

export function json(text: string): HttpAnswer {
  return { status: 200, contentType: "application/json", text };
}

/** An error of Argo CD, in the form of ordinary calls. */
export function refusal(code: keyof typeof STATUS, message: string): HttpAnswer {
  return {
    status: STATUS[code],
    contentType: "application/json",
    text: JSON.stringify({ error: message, code, message }),
  };
}

/** How a repo-server that is away shows. */
export const UNAVAILABLE =
  'connection error: desc = "transport: Error while dialing: dial tcp 10.96.7.7:8081: connect: connection refused"';

/** What no route is for. */
export const noRoute: HttpAnswer = { status: 404, contentType: "text/plain; charset=utf-8", text: "Not Found\n" };
