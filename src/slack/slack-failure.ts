/** Why Slack refused, by what can be done about it. */
export type RefusalReason =
  /** The message is gone or closed for edits: one replacement is posted. */
  | "message-lost"
  /** The message that was to be replied to is gone. */
  | "thread-lost"
  /** Nothing can be posted there for now: somebody has to invite the app or open the channel. */
  | "channel-lost"
  /** Slack does not take this content; simpler content may pass. */
  | "content"
  /** The token or the installation: nothing can be sent to this workspace until somebody mends it. */
  | "workspace";

/**
 * Everything that can come of a call that did not succeed. `unsent` never reached Slack; `unknown` may or may not have been
 * carried out, which is also what every error that is not known to be something else is.
 */
export type SlackFailure =
  | { readonly status: "limited"; readonly afterMs: number }
  | { readonly status: "refused"; readonly code: string; readonly reason: RefusalReason }
  | { readonly status: "unsent"; readonly code: string }
  | { readonly status: "unknown"; readonly code: string };

const BY_CODE: Readonly<Record<string, RefusalReason>> = {
  message_not_found: "message-lost",
  cant_update_message: "message-lost",
  edit_window_closed: "message-lost",
  // What an edit is told in an archived channel, where the message still stands.
  is_inactive: "channel-lost",
  cannot_reply_to_message: "thread-lost",
  thread_not_found: "thread-lost",
  channel_not_found: "channel-lost",
  not_in_channel: "channel-lost",
  is_archived: "channel-lost",
  messages_tab_disabled: "channel-lost",
  user_not_found: "channel-lost",
  posting_to_channel_denied: "channel-lost",
  msg_too_long: "content",
  msg_blocks_too_long: "content",
  msg_blocks_too_many: "content",
  no_text: "content",
  invalid_arguments: "content",
  block_mismatch: "content",
  metadata_too_large: "content",
  not_authed: "workspace",
  invalid_auth: "workspace",
  account_inactive: "workspace",
  token_revoked: "workspace",
  token_expired: "workspace",
  missing_scope: "workspace",
  not_allowed_token_type: "workspace",
  team_access_not_granted: "workspace",
  access_denied: "workspace",
  org_login_required: "workspace",
};
const LIMITED_MS: Readonly<Record<string, number>> = {
  ratelimited: 30_000,
  rate_limited: 30_000,
  // The workspace's own quota of messages: it does not come back soon.
  message_limit_exceeded: 600_000,
};

/** What an `error` in a body of Slack means; `afterMs` is what a Retry-After header said. */
export function refusal(code: string, afterMs?: number): SlackFailure {
  const limitedMs = LIMITED_MS[code];
  if (limitedMs !== undefined) return { status: "limited", afterMs: afterMs ?? limitedMs };
  const reason = BY_CODE[code] ?? byPrefix(code);
  return reason === undefined ? { status: "unknown", code } : { status: "refused", code, reason };
}

function byPrefix(code: string): RefusalReason | undefined {
  if (code.startsWith("invalid_blocks")) return "content";
  return code.startsWith("restricted_action") ? "channel-lost" : undefined;
}
