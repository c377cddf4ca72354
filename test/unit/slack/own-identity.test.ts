import { describe, expect, it } from "vitest";

import { AppError } from "../../../src/platform/errors.ts";
import { silentLogger } from "../../../src/platform/logger.ts";
import { OwnIdentity } from "../../../src/slack/own-identity.ts";
import type { SlackIdentity } from "../../../src/slack/slack-identity.ts";
import { FakeClock, settle } from "../../support/fake-clock.ts";

const IDENTITY: SlackIdentity = { team: "T1", enterprise: undefined, botUser: "U1", url: undefined };

function rig(...answers: readonly (SlackIdentity | string)[]) {
  const clock = new FakeClock();
  const left = [...answers];
  const read = (): Promise<SlackIdentity> => {
    const answer = left.shift() ?? IDENTITY;
    return typeof answer === "string" ? Promise.reject(new AppError("no", { code: answer })) : Promise.resolve(answer);
  };
  const identity = new OwnIdentity({ read, clock, logger: silentLogger });
  const said = { isKnown: false };
  void identity.known.then(() => (said.isKnown = true));
  return { clock, left, identity, said };
}

describe("who we are in Slack", () => {
  it("is asked for in the background for as long as Slack cannot be reached", async () => {
    const { clock, identity, said } = rig("slack.unreachable", "slack.unreachable", "slack.refused");
    await identity.find();
    await clock.advance(3000);
    expect([identity.current, said.isKnown]).toEqual([undefined, false]);
    await clock.advance(4000);
    expect([identity.current, said.isKnown]).toEqual([IDENTITY, true]);
  });

  it("is an error when Slack refuses us at the start", async () => {
    const { identity, left } = rig("slack.refused", IDENTITY);
    await expect(identity.find()).rejects.toThrow("no");
    expect(left).toHaveLength(1);
  });

  it("is asked for no more when the server ends, and nobody is told of it", async () => {
    const { clock, identity, said, left } = rig("slack.unreachable", IDENTITY);
    await identity.find();
    identity[Symbol.dispose]();
    await settle();
    await clock.advance(60_000);
    expect([left.length, said.isKnown]).toEqual([1, false]);
  });
});
