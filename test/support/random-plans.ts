import fc from "fast-check";

import type { Plan, PlanNode } from "../../src/domain/plan.ts";
import { promotePlan, SHA, step } from "./run-spec.ts";

const PROD = { app: "main/argocd/checkout-prod", revision: SHA };
const STAGING = { app: "main/argocd/checkout-staging", revision: SHA };
const RETRY = { attempts: 2, delayMs: 5000, factor: 2, maxDelayMs: 60_000 };

/** Numbers the nodes in reading order, so that no two have the same key. */
type Numbered = (next: () => number) => PlanNode;

const LEAVES: readonly Numbered[] = [
  (next) => step(`say${next()}`, "slack/alert"),
  (next) => step(`say${next()}`, "slack/alert", { retry: RETRY, timeoutMs: 900_000 }),
  (next) => step(`wait${next()}`, "argocd/wait", { with: STAGING, timeoutMs: 900_000 }),
  (next) => step(`gate${next()}`, "approval", { with: PROD }),
  (next) => step(`sync${next()}`, "argocd/sync", { with: PROD, stopWith: "argocd/terminate" }),
  (next) => step(`sync${next()}`, "argocd/sync", { with: STAGING, stopWith: "argocd/terminate" }),
  (next) => step(`skip${next()}`, "slack/alert", { if: "false" }),
  (next) => step(`bad${next()}`, "slack/alert", { with: { text: "${{ nothing }}" } }),
];

const leaf = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom(...LEAVES.slice(0, 6)) },
  { weight: 1, arbitrary: fc.constantFrom(...LEAVES.slice(6)) },
);

function all(nodes: readonly Numbered[], next: () => number): PlanNode[] {
  return nodes.map((node) => node(next));
}

function nodeOfDepth(depth: number): fc.Arbitrary<Numbered> {
  if (depth === 0) return leaf;
  const inner = nodeOfDepth(depth - 1);
  const steps = fc.array(inner, { minLength: 1, maxLength: 3 });
  const failFast = fc.constantFrom(undefined, undefined, true, false);
  const keys = fc.constantFrom("checkout/prod", "db", "${{ ['db', 'checkout/prod'] }}");
  return fc.oneof(
    { weight: 3, arbitrary: leaf },
    {
      weight: 2,
      arbitrary: fc
        .tuple(keys, steps, fc.constantFrom("queue" as const, "queue" as const, "refuse" as const))
        .map(([held, nodes, whenLocked]): Numbered => {
          return (next) => ({ type: "lock", key: `lock${next()}`, keys: held, whenLocked, steps: all(nodes, next) });
        }),
    },
    {
      weight: 1,
      arbitrary: fc
        .tuple(steps, fc.constantFrom(undefined, "true", "false"))
        .map(([nodes, condition]): Numbered => (next) => ({
          type: "group",
          key: `group${next()}`,
          steps: all(nodes, next),
          ...(condition !== undefined && { if: condition }),
        })),
    },
    {
      weight: 3,
      arbitrary: fc
        .tuple(fc.array(inner, { minLength: 2, maxLength: 3 }), failFast)
        .map(([branches, isFast]): Numbered => {
          const more = isFast === undefined ? {} : { failFast: isFast };
          return (next) => ({ type: "parallel", key: `beside${next()}`, branches: all(branches, next), ...more });
        }),
    },
    {
      weight: 2,
      arbitrary: fc
        .tuple(steps, failFast, fc.constantFrom(undefined, 1, 2, "60%"))
        .map(([nodes, isFast, atATime]): Numbered => {
          const more = {
            ...(isFast !== undefined && { failFast: isFast }),
            ...(atATime !== undefined && { atATime }),
          };
          return (next) => ({
            type: "for-each",
            key: `each${next()}`,
            items: "['a', 'b', 'c']",
            as: "item",
            steps: all(nodes, next),
            ...more,
          });
        }),
    },
    {
      weight: 1,
      arbitrary: steps.map((nodes): Numbered => (next) => ({
        type: "command",
        key: `deploy${next()}`,
        command: "deploy",
        inputs: { fixed: 1 },
        outputs: { fixed: "${{ fixed }}" },
        steps: all(nodes, next),
      })),
    },
  );
}

/** Commands made of whatever a plan may hold, some of which can only fail. */
export const randomPlan: fc.Arbitrary<Plan> = fc
  .record({
    steps: fc.array(nodeOfDepth(2), { minLength: 1, maxLength: 3 }),
    onFailure: fc.array(leaf, { maxLength: 1 }),
    last: fc.array(nodeOfDepth(1), { maxLength: 2 }),
    timeoutMs: fc.constantFrom(undefined, undefined, 3_600_000),
    isUrgent: fc.constantFrom(false, false, false, true),
  })
  .map(({ steps, onFailure, last, timeoutMs, isUrgent }) => {
    let count = 0;
    const next = (): number => {
      count += 1;
      return count;
    };
    return promotePlan({
      steps: all(steps, next),
      onFailure: all(onFailure, next),
      ...(last.length > 0 && { finally: all(last, next) }),
      ...(timeoutMs !== undefined && { timeoutMs }),
      ...(isUrgent && { urgent: true }),
    });
  });
