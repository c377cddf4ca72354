/** What Slack answers to a call. `status` is that of HTTP where it is not 200; 429 comes with `retryAfterSeconds`. */
export type SlackReply =
  | { readonly ok: true; readonly [field: string]: unknown }
  | {
      readonly ok: false;
      readonly error: string;
      readonly status?: number;
      readonly retryAfterSeconds?: number;
    };

export function refused(error: string): SlackReply {
  return { ok: false, error };
}
