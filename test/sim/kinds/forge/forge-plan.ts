import type { Plan, PlanNode, StepNode } from "../../../../src/domain/plan.ts";
import type { JsonMap } from "../../../../src/platform/canonical-json.ts";
import type { Dice } from "../../dice.ts";
import { REPOSITORY } from "./forge-kinds.ts";
import { ORIGIN } from "./forge-line.ts";
import type { ForgeWorld } from "./forge-world.ts";
import { FILES, MAIN } from "./git-server.ts";
import { REPOSITORY as ON_FORGE } from "./github-wire.ts";

/** No step has less time. */
export const LEAST_MS = 120_000;

const RETRY = { attempts: 3, delayMs: 2000, factor: 2, maxDelayMs: 20_000 };

/** A command that brings a change into the main branch, by a request or directly, with what looks at CI in between; shapes are of the dice. */
export function forgePlan(dice: Dice, world: ForgeWorld): Plan {
  return {
    engine: 1,
    command: "forge",
    title: "Forge",
    verb: "forge",
    steps: [...(dice.chance(0.75) ? byRequest(dice, world) : directly(dice, world))],
    onFailure: [],
    secrets: ["TOKEN"],
  };
}

/** On a branch of its own, and from there by a request that is merged here or by people. */
function byRequest(dice: Dice, world: ForgeWorld): readonly PlanNode[] {
  const head = "release/${{ run.id }}";
  const isLooking = world.focus === "pipelines" || world.focus === "bare";
  const request = step(dice, "request", "git/pull-request", {
    ...access(world, "request"),
    head,
    ...(dice.chance(0.6) && { base: MAIN }),
    title: "Release",
    ...(dice.chance(0.3) && { body: "What is in it: --> nothing <!-- much" }),
    ...(dice.chance(0.05) && { draft: true }),
  });
  const which = {
    number: "${{ steps.request.outputs.number }}",
    ...(dice.chance(0.7) && { sha: "${{ steps.request.outputs.sha }}" }),
  };
  const merged = step(dice, "merge", "git/merged", { ...access(world, "merge"), ...which, ...watching(dice) }, "wait");
  return [
    write(dice, world, { key: "write", branch: head, from: MAIN }),
    request,
    ...(dice.chance(isLooking ? 1 : 0.35)
      ? [look(dice, world, { key: "checks", revision: "${{ steps.request.outputs.sha }}" })]
      : []),
    dice.chance(0.75) ? merging(dice, world, which) : merged,
    ...(dice.chance(isLooking ? 1 : 0.4)
      ? [look(dice, world, { key: "after", revision: "${{ steps.merge.outputs.sha }}" })]
      : []),
  ];
}

function merging(dice: Dice, world: ForgeWorld, which: JsonMap): StepNode {
  return step(dice, "merge", "git/merge", {
    ...access(world, "merge"),
    ...which,
    ...(dice.chance(0.5) && { method: dice.chance(0.04) ? "rebase" : "squash" }),
    ...(dice.chance(0.3) && { checks: "required" }),
    ...(dice.chance(0.5) && { "appear-within": dice.pick(["0s", "20s", "60s"]) }),
    ...(dice.chance(0.2) && { title: "Release it", message: "as it is" }),
  });
}

/** Straight onto the main branch, from two sides at once. */
function directly(dice: Dice, world: ForgeWorld): readonly PlanNode[] {
  const both = ["write", "beside"].map((key) => write(dice, world, { key, branch: MAIN }));
  return [
    { type: "parallel", key: "both", failFast: dice.chance(0.5), branches: both },
    look(dice, world, { key: "after", revision: "${{ steps.write.outputs.revision }}" }),
  ];
}

function write(
  dice: Dice,
  { server }: ForgeWorld,
  { key, ...where }: { readonly key: string; readonly branch: string; readonly from?: string },
): StepNode {
  const value = `r${dice.below(1000)}`;
  const changes = [
    { file: dice.pick(FILES), set: { "image.tag": value } },
    ...(dice.chance(0.4) ? [{ file: `releases/${key}.txt`, content: `${value}\n` }] : []),
  ];
  const since = server.head(MAIN).now ?? "";
  const revision = dice.chance(0.2) ? { revision: since } : {};
  return step(dice, key, "git/commit", {
    repository: REPOSITORY,
    ...where,
    changes,
    ...revision,
    message: `Release ${value}`,
  });
}

/** Waits for CI, as strictly as the dice have it. */
function look(
  dice: Dice,
  world: ForgeWorld,
  { key, revision }: { readonly key: string; readonly revision: string },
): StepNode {
  const common = {
    ...access(world, key),
    revision,
    ...watching(dice),
    ...(dice.chance(0.3) && { grace: dice.pick(["30s", "120s"]) }),
    ...(dice.chance(0.3) && { "appear-within": dice.pick(["15s", "90s"]) }),
  };
  if (world.forge.kind === "gitlab") {
    const only = { ...(dice.chance(world.focus === "pipelines" ? 0.6 : 0.15) && { source: "push" }) };
    return step(dice, key, "gitlab/pipeline", { ...common, ...only }, "wait");
  }
  const roll = dice.fraction();
  const all = {
    ...(dice.chance(0.5) && { settle: dice.pick(["0s", "10s", "45s"]) }),
    ...(dice.chance(0.3) && { ignore: ["li*", "ci/legacy"] }),
  };
  const some = { required: dice.chance(0.5) ? ["build"] : ["build", "unit"] };
  const wanted = roll < 0.5 ? all : some;
  return step(
    dice,
    key,
    "github/checks",
    { ...common, ...(roll < 0.8 ? wanted : {}), ...(roll > 0.7 && { workflow: dice.pick(["CI", "ci.yaml"]) }) },
    "wait",
  );
}

function watching(dice: Dice): JsonMap {
  return {
    ...(dice.chance(0.7) && { interval: dice.pick(["3s", "10s"]) }),
    ...(dice.chance(0.4) && { "away-for": dice.pick(["20s", "2m"]) }),
  };
}

/** The way to the forge: by the address that it is asked at, the forge knows who asks. */
function access({ forge }: ForgeWorld, key: string): JsonMap {
  const version = forge.kind === "github" ? "v3" : "v4";
  const api = `${ORIGIN}/q/\${{ run.id }}/${key}/api/${version}`;
  return { repository: ON_FORGE, api, token: "${{ secrets.TOKEN }}" };
}

function step(dice: Dice, key: string, uses: string, values: JsonMap, sort: "action" | "wait" = "action"): StepNode {
  return {
    type: "step",
    key,
    uses,
    sort,
    protects: false,
    with: values,
    ...(dice.chance(0.6) && { retry: RETRY }),
    timeoutMs: dice.chance(0.15) ? LEAST_MS : 3_600_000,
  };
}
