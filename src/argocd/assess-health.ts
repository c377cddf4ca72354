import { durationText } from "../platform/duration.ts";
import { type Assessment, forgetHealth } from "./assess-memory.ts";
import { type EndedOperation, failed, type Look } from "./assess-operation.ts";
import { judgeHealth, type JudgedHealth } from "./failing-resources.ts";
import { proofEvidence } from "./proof-evidence.ts";
import type { Verdict } from "./verdict.ts";

/** The last part of an assessment: the revision is live and compared, so health decides, and it has to last. */
export function judgeSettledHealth(look: Look, operation: EndedOperation): Assessment {
  const health = judgeHealth(look.application, look.expectation.mode !== "track");
  switch (health.status) {
    case "Healthy":
      return judgeHealthy(look, operation);
    case "Degraded":
      return judgeDegraded(look, health);
    case "Suspended":
      return { verdict: { kind: "suspended", resources: health.resources }, memory: forgetHealth(look.memory) };
    case "Progressing":
    case "Missing": {
      const verdict: Verdict = {
        kind: "progressing",
        health: health.status,
        count: health.count,
        resources: health.resources,
      };
      return { verdict, memory: forgetHealth(look.memory) };
    }
    default:
      return {
        verdict: { kind: "unknown", message: `health is ${health.status || "not given"}` },
        memory: forgetHealth(look.memory),
      };
  }
}

function judgeDegraded(look: Look, health: JudgedHealth): Assessment {
  const { memory, nowMs } = look;
  const { degradedGraceMs } = look.expectation.timing;
  const sinceMs = memory.degradedSinceMs ?? nowMs;
  const kept = { ...forgetHealth(memory), degradedSinceMs: sinceMs };
  const leftMs = sinceMs + degradedGraceMs - nowMs;
  const { resources } = health;
  if (leftMs > 0) return { verdict: { kind: "degraded", sinceMs, resources, recheckAfterMs: leftMs }, memory: kept };
  const [worst] = resources;
  const reason =
    worst === undefined ? "no resource is named" : `${worst.kind}/${worst.name}: ${worst.message || worst.status}`;
  const message = `Degraded for ${durationText(nowMs - sinceMs)}: ${reason}`;
  return { verdict: { ...failed({ code: "argocd.degraded", message }), resources }, memory: kept };
}

function judgeHealthy(look: Look, operation: EndedOperation): Assessment {
  const { application, expectation, memory, nowMs } = look;
  const transition = application.status.health.lastTransitionTime;
  const { degradedSinceMs: _degraded, ...rest } = memory;
  // Another transition time means that it left Healthy and came back between two looks.
  const unbroken = memory.healthy !== undefined && memory.healthy.transition === transition;
  const sinceMs = unbroken ? (memory.healthy?.sinceMs ?? nowMs) : nowMs;
  const kept = { ...rest, healthy: { sinceMs, ...(transition === undefined ? {} : { transition }) } };
  const leftMs = sinceMs + expectation.timing.settleMs - nowMs;
  if (leftMs > 0)
    return { verdict: { kind: "healthy-candidate", healthySinceMs: sinceMs, recheckAfterMs: leftMs }, memory: kept };
  return { verdict: { kind: "proven", evidence: proofEvidence({ ...look, memory: kept }, operation) }, memory: kept };
}
