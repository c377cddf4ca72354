import { describe, expect, it } from "vitest";

import { verifyLog } from "../../../src/audit/verify-log.ts";
import type { AcceptedOperation } from "../../../src/simulator/argocd-accepted-operations.ts";
import type { SlackMessage } from "../../../src/simulator/slack-messages.ts";
import type { Act } from "../../chaos/crowd.ts";
import type { Evidence, Fact } from "../../chaos/evidence.ts";
import { type FarEnds, judge } from "../../chaos/judge.ts";

const RUN = "run_1";
const SYNC = "promote/for-each[prod]/lock/sync";
function fact(stream: string, type: string, body: Fact["body"] = {}, user = ""): Fact {
  return { sequence: 0, atMs: 0, stream, type, user, body };
}

function operation(changes: Partial<AcceptedOperation> & { readonly attempt?: string } = {}): AcceptedOperation {
  const { attempt = "1", ...more } = changes;
  const infos = { "quarterdeck.run": RUN, "quarterdeck.step": SYNC, "quarterdeck.attempt": attempt };
  const base = { application: "argocd/alpha-prod", initiatedBy: "quarterdeck", revision: "1", acceptedAtMs: 0 };
  return { ...base, infos, phase: "Succeeded", ...more };
}

function message(slot: string, text: string): SlackMessage {
  const metadata = { event_type: "quarterdeck_slot", event_payload: { slot_id: slot } };
  const empty = { blocks: [], attachments: [], files: [], reactions: [] };
  return { channel: "C1", ts: "1.0", user: "UBOT", botId: "B1", text, metadata, ...empty };
}

const ACT: Act = { key: "slash/T1/1", what: "/promote", user: "ANA", atMs: 0, shown: "" };
const FACTS: readonly Fact[] = [
  fact("intents", "intent.received", { id: "i1", key: ACT.key, kind: "slash", body: {} }, "ANA"),
  fact("intents", "intent.settled", { id: "i1", result: { kind: "done" } }),
  fact(RUN, "run.started", { title: "Promote alpha 1 to prod" }, "ANA"),
  fact(RUN, "gate.decided", { decision: "approve" }, "PRIYA"),
  fact(RUN, "run.finished", { status: "succeeded" }),
];
const FAR_ENDS: FarEnds = {
  operations: [operation()],
  messages: [message(`${RUN}/card`, "Promote alpha 1 to prod: succeeded.")],
};

function judged(changes: {
  readonly facts?: readonly Fact[];
  readonly farEnds?: Partial<FarEnds>;
  readonly acts?: readonly Act[];
}) {
  const evidence: Evidence = { facts: changes.facts ?? FACTS, verdict: verifyLog({ rows: [] }) };
  return judge({ ...FAR_ENDS, ...changes.farEnds }, changes.acts ?? [ACT], evidence);
}

const without = (type: string): readonly Fact[] => FACTS.filter((each) => each.type !== type);

describe("the judge of the chaos", () => {
  it("has nothing to say about a run that went well", () => {
    const found = judged({});
    expect(Object.values(found).filter(Array.isArray).flat()).toEqual([]);
    expect(found).toMatchObject({ runs: 1, endings: { succeeded: 1 }, syncs: 1, messages: 1 });
  });

  it("sees an acknowledged command that is not in the log, that was not dealt with, and a click without effect", () => {
    expect(judged({ facts: without("intent.received") }).lost).toHaveLength(1);
    expect(judged({ facts: without("intent.settled") })).toMatchObject({
      lost: [expect.any(String)],
      stuck: [expect.any(String)],
    });
    const click = fact("intents", "intent.received", { id: "i1", key: ACT.key, kind: "decision", body: { run: RUN } });
    const clicked = [click, ...without("intent.received")];
    expect(judged({ facts: clicked, acts: [{ ...ACT, user: "PRIYA" }] }).lost).toEqual([]);
    expect(judged({ facts: clicked, acts: [{ ...ACT, user: "MARCO" }] }).lost).toHaveLength(1);
  });

  it("takes no command for lost whose person was told that it was not written down", () => {
    const shown = "This could not be written down, so it did not happen.";
    expect(judged({ facts: without("intent.received"), acts: [{ ...ACT, shown }] }).lost).toEqual([]);
    const told = { ...message("", shown), viewer: "ANA" };
    const farEnds = { messages: [...FAR_ENDS.messages, told] };
    expect(judged({ facts: without("intent.received"), farEnds }).lost).toEqual([]);
    expect(judged({ facts: without("intent.received"), farEnds, acts: [{ ...ACT, user: "BEN" }] }).lost).toHaveLength(
      1,
    );
  });

  it("sees a sync that was repeated, under the same attempt or after it had gone well", () => {
    expect(judged({ farEnds: { operations: [operation(), operation()] } }).repeated).toHaveLength(1);
    expect(judged({ farEnds: { operations: [operation(), operation({ attempt: "2" })] } }).repeated).toHaveLength(1);
    const failed = operation({ phase: "Failed" });
    expect(judged({ farEnds: { operations: [failed, operation({ attempt: "2" })] } }).repeated).toEqual([]);
  });

  it("sees a sync to prod that nobody but the requester approved, and one that was forged", () => {
    expect(judged({ facts: without("gate.decided") }).unapproved).toHaveLength(1);
    const own = [...without("gate.decided"), fact(RUN, "gate.decided", { decision: "approve" }, "ANA")];
    expect(judged({ facts: own }).unapproved).toHaveLength(1);
    const canary = operation({ application: "argocd/canary-staging" });
    expect(judged({ farEnds: { operations: [canary] } }).forged).toHaveLength(1);
  });

  it("sees a run that goes on, a message that is not final, one that is missing and one that is there twice", () => {
    expect(judged({ facts: without("run.finished") }).stuck).toHaveLength(1);
    const running = [message(`${RUN}/card`, "Promote alpha 1 to prod: running.")];
    expect(judged({ farEnds: { messages: running } }).unfinished).toHaveLength(1);
    const step = message(`${RUN}/step/${SYNC}`, "Step sync in prod: running");
    expect(judged({ farEnds: { messages: [...FAR_ENDS.messages, step] } }).unfinished).toHaveLength(1);
    expect(judged({ farEnds: { messages: [] } }).unfinished).toHaveLength(1);
    expect(judged({ farEnds: { messages: [...FAR_ENDS.messages, ...FAR_ENDS.messages] } }).doubled).toHaveLength(1);
  });
});
