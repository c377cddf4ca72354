import { createHmac } from "node:crypto";

import { silentLogger } from "../../../src/platform/logger.ts";
import { HttpReceiver } from "../../../src/slack/http-receiver.ts";
import { readPayload, requestType } from "../../../src/slack/request-payload.ts";
import { isSigned, readSignedHead } from "../../../src/slack/request-signature.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { type FuzzTarget, must } from "../fuzz-target.ts";

const SECRET = "0123456789abcdef0123456789abcdef";
const clock = new FakeClock();
const seconds = String(Math.floor(clock.now() / 1000));
const BODY = "team_id=T1&channel_id=C1&user_id=U1&command=%2Fpromote&text=checkout+abc+to+prod&trigger_id=1.2";
const signature = (body: string): string =>
  `v0=${createHmac("sha256", SECRET).update(`v0:${seconds}:${body}`).digest("hex")}`;
const request = (body: string, type = "application/x-www-form-urlencoded"): string =>
  `${seconds}\n${signature(body)}\n${type}\n\n${body}`;

/** Headers and body of a request to Slack's address: time, signature, type, encoding, then the body. */
export const target: FuzzTarget = {
  seeds: [
    request(BODY),
    request("ssl_check=1"),
    request(`payload=${encodeURIComponent('{"type":"block_actions","user":{"id":"U1"},"actions":[]}')}`),
    request('{"type":"url_verification","challenge":"abc"}', "application/json"),
    request(
      '{"type":"event_callback","event":{"type":"app_home_opened","user":"U1"}}',
      "application/json; charset=utf-8",
    ),
    `${seconds}\n${"v0=".padEnd(67, "0")}\napplication/json\n\n{}`,
    `0\n${signature(BODY)}\napplication/json\n\n{}`,
  ],
  words: [
    seconds,
    "v0=",
    "v1=",
    "ssl_check=1",
    "payload=",
    "command=",
    "application/json",
    "multipart/form-data; boundary=x",
    "gzip",
    "%",
    "%7B",
    "&",
    "=",
    "\n",
    '{"type":',
    "[]",
  ],
  longest: 20_000,
  run(input) {
    const [timestamp = "", stated = "", type = "", encoding = "", ...rest] = input.split("\n");
    const body = Buffer.from(rest.join("\n"));
    const headers = {
      "x-slack-request-timestamp": timestamp,
      "x-slack-signature": stated,
      "content-type": type,
      ...(encoding !== "" && { "content-encoding": encoding }),
    };
    // Without an app behind it: whatever gets that far answers 500, and everything before has to answer by itself.
    const receiver = new HttpReceiver({ signingSecret: SECRET, clock, logger: silentLogger });
    void receiver.start();
    const { route } = receiver;
    const head = { method: "POST", path: route.path, query: "", headers };
    const refusal = route.admit?.(head);
    if (refusal !== undefined) return refusal.status;
    const signed = readSignedHead(headers, clock.now());
    const isGood = signed.kind === "signed" && isSigned(SECRET, signed, body);
    const wanted = createHmac("sha256", SECRET).update(`v0:${timestamp}:`).update(body).digest("hex");
    must(isGood === (stated === `v0=${wanted}`), "exactly the right signature is good");
    const read = readPayload(requestType(type) ?? "json", body);
    return isGood ? read : [read, 401];
  },
};
