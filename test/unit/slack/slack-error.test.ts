import { WebAPIHTTPError, WebAPIPlatformError, WebAPIRateLimitedError, WebAPIRequestError } from "@slack/web-api";
import { describe, expect, it } from "vitest";

import { failureOf } from "../../../src/slack/slack-error.ts";

const platform = (error: string) => new WebAPIPlatformError({ ok: false, error, response_metadata: {} });
const network = (code: string) =>
  new WebAPIRequestError(new TypeError("fetch failed", { cause: Object.assign(new Error("x"), { code }) }));

describe("what a failed call came to", () => {
  it.each([
    ["message_not_found", "message-lost"],
    ["edit_window_closed", "message-lost"],
    ["cannot_reply_to_message", "thread-lost"],
    ["not_in_channel", "channel-lost"],
    ["restricted_action_read_only_channel", "channel-lost"],
    ["invalid_blocks_format", "content"],
    ["msg_too_long", "content"],
    ["token_revoked", "workspace"],
    ["missing_scope", "workspace"],
  ])("%s is %s", (code, reason) => {
    expect(failureOf(platform(code))).toEqual({ status: "refused", code, reason });
  });

  it.each(["internal_error", "fatal_error", "something_new"])("%s may have happened or not", (code) => {
    expect(failureOf(platform(code))).toEqual({ status: "unknown", code });
  });

  it("is a wait where Slack limits, in a header, in the body or without a word", () => {
    expect(failureOf(new WebAPIRateLimitedError(7))).toEqual({ status: "limited", afterMs: 7000 });
    expect(failureOf(platform("ratelimited"))).toEqual({ status: "limited", afterMs: 30_000 });
    expect(failureOf(platform("rate_limited"))).toEqual({ status: "limited", afterMs: 30_000 });
    expect(failureOf(platform("message_limit_exceeded"))).toEqual({ status: "limited", afterMs: 600_000 });
    const without = new Error("Retry header did not contain a valid timeout (url: x, retry-after header: null)");
    expect(failureOf(without)).toEqual({ status: "limited", afterMs: 30_000 });
  });

  it.each(["ECONNREFUSED", "ENOTFOUND", "UND_ERR_CONNECT_TIMEOUT", "CERT_HAS_EXPIRED", "DEPTH_ZERO_SELF_SIGNED_CERT"])(
    "%s never reached Slack",
    (code) => {
      expect(failureOf(network(code))).toEqual({ status: "unsent", code });
    },
  );

  it("is unknown for everything else that breaks on the way", () => {
    expect(failureOf(network("ECONNRESET"))).toEqual({ status: "unknown", code: "ECONNRESET" });
    expect(failureOf(new WebAPIRequestError(new DOMException("late", "TimeoutError")))).toMatchObject({
      status: "unknown",
    });
    expect(failureOf(new WebAPIHTTPError(503, "x", {}))).toEqual({ status: "unknown", code: "http_503" });
    expect(failureOf(new TypeError("terminated"))).toEqual({ status: "unknown", code: "terminated" });
    expect(failureOf("nonsense")).toEqual({ status: "unknown", code: "nonsense" });
  });
});
