import { describe, expect, it } from "vitest";

import type { RunEvent } from "../../../../src/domain/run-event.ts";
import { renderFailureAlert } from "../../../../src/slack/views/failure-alert.ts";
import { renderRunCard } from "../../../../src/slack/views/run-card.ts";
import { begun, ended, failedStep, LIVE, lookups, runFailed, SHA, started, viewOf } from "../sample-run.ts";

const APP = "main/argocd/checkout-staging";
const BACK = { app: APP, revision: LIVE };
const SYNC = "promote/for-each[staging]/sync";
const WAIT = "promote/for-each[staging]/healthy";

const FAILED: readonly RunEvent[] = [
  started(),
  begun(SYNC, "argocd/sync", "action", { input: { app: APP, revision: SHA } }),
  ended(SYNC),
  begun(WAIT, "argocd/wait", "wait", { input: { app: APP, revision: SHA } }),
  failedStep(WAIT, "argocd.degraded", "It is Degraded."),
  runFailed(WAIT, "argocd.degraded", "It is Degraded."),
];
const back = begun("promote/on-failure/back", "argocd/sync", "action", { input: BACK });
const returned = begun("promote/on-failure/returned", "argocd/wait", "wait", { input: BACK });

function shown(...events: readonly RunEvent[]): {
  readonly card: string;
  readonly alert: string;
  readonly text: string;
} {
  const view = viewOf([...FAILED, ...events]);
  const card = renderRunCard(view, lookups);
  const alert = renderFailureAlert({ run: view, mention: undefined }, lookups);
  return { card: JSON.stringify(card.blocks), alert: JSON.stringify(alert.blocks), text: card.text };
}

describe("a run that brings an environment back because it failed", () => {
  it("says so in its card and in the alert, while it does and when it has", () => {
    const begins = shown(back);
    expect([begins.card, begins.alert].every((text) => text.includes("*staging* goes back to `1a2b3c4`"))).toBe(true);
    const over = shown(back, ended("promote/on-failure/back"), returned, ended("promote/on-failure/returned"));
    expect(over.card).toContain("*staging* is back, and healthy, at `1a2b3c4`");
    expect(over.text).toContain("staging is back, and healthy, at 1a2b3c4");
  });

  it("does not send people to roll back what has gone back", () => {
    expect(shown().alert).toContain("/rollback checkout in staging");
    expect(shown(back).alert).not.toContain("/rollback checkout in staging");
  });

  it("says where it is decided when somebody is asked first", () => {
    const ask = begun("promote/on-failure/ask", "approval", "gate", { input: BACK });
    expect(shown(ask).card).toContain("*staging* waits for approval to go back to `1a2b3c4`");
  });

  it("says when it could not", () => {
    const failed = failedStep("promote/on-failure/back", "argocd.denied", "no");
    expect(shown(back, failed).card).toContain("*staging* could not be brought back to `1a2b3c4`");
  });

  it("says nothing of it otherwise", () => {
    const alert = begun("promote/on-failure/alert", "slack/alert", "action");
    expect(shown(alert).card).not.toContain("leftwards_arrow");
  });
});
