import { z } from "zod";

const Base = {
  /** The requests that are hit: method and path with the query, as a regular expression. Everything when absent. */
  matching: z.string().default(""),
  /** How many requests are hit; all when absent. */
  times: z.number().int().positive().optional(),
};

/** What goes wrong with a request of the API. */
export const HttpFault = z.discriminatedUnion("kind", [
  /** Argo CD refuses with this status and text. */
  z.strictObject({
    ...Base,
    kind: z.literal("status"),
    status: z.number().int(),
    message: z.string(),
    code: z.number().int(),
  }),
  /** A proxy in front answers with a page. */
  z.strictObject({ ...Base, kind: z.literal("html"), status: z.number().int() }),
  /** The answer is cut off in the middle. The request has its effect. */
  z.strictObject({ ...Base, kind: z.literal("truncated") }),
  /** The connection breaks before anything happens. */
  z.strictObject({ ...Base, kind: z.literal("reset-before") }),
  /** The connection breaks after the request had its effect, before the answer. */
  z.strictObject({ ...Base, kind: z.literal("reset-after") }),
  /** The answer comes so much later, in the clock's own milliseconds. */
  z.strictObject({ ...Base, kind: z.literal("slow"), delayMs: z.number().nonnegative() }),
  /** No answer ever comes. */
  z.strictObject({ ...Base, kind: z.literal("hang") }),
]);
export type HttpFault = z.infer<typeof HttpFault>;

interface Armed {
  readonly fault: HttpFault;
  readonly pattern: RegExp;
  left: number;
}

/** The faults that are set; each request is hit by the first that fits. */
export class HttpFaults {
  #armed: readonly Armed[] = [];

  add(fault: HttpFault): void {
    const armed = { fault, pattern: new RegExp(fault.matching, "u"), left: fault.times ?? Number.POSITIVE_INFINITY };
    this.#armed = [...this.#armed, armed];
  }

  clear(): void {
    this.#armed = [];
  }

  /** The fault that hits a request such as `GET /api/v1/applications/web?project=shop`. */
  take(request: string): HttpFault | undefined {
    const found = this.#armed.find(({ left, pattern }) => left > 0 && pattern.test(request));
    if (found === undefined) return undefined;
    found.left -= 1;
    return found.fault;
  }
}
