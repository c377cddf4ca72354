import type { Rendered } from "./manifest-book.ts";
import type { Attempt } from "./net-book.ts";
import type { NetWorld } from "./net-world.ts";
import { codeOf } from "./probe-check.ts";

/** What is wrong about what is said of manifests. */
export function manifestFaults(attempt: Attempt, world: NetWorld): readonly string[] {
  const { end, input, startedAt } = attempt;
  if (end === undefined || end.type === "step.cancelled") return [];
  const objects = world.argocd.manifests.at(String(input["revision"]));
  const isRendered = world.argocd.manifests.renderings.some(
    ({ revision, at }) => revision === input["revision"] && at >= startedAt && at <= end.at,
  );
  if (end.type === "step.succeeded") {
    if (!isRendered) return ["manifests pass that nobody has rendered"];
    return objects.length === 0 || isBroken(objects, input)
      ? ["manifests pass that break a rule"]
      : saidFaults(objects, end.fact);
  }
  const code = codeOf(attempt);
  const hasProgram = input["schemas"] !== undefined;
  const reasons: Readonly<Record<string, boolean>> = {
    "manifests.invalid": isBroken(objects, input) || (world.reports.at(-1) ?? "").includes("statusSkipped"),
    "manifests.none": objects.length === 0,
    "manifests.failed": hasProgram,
    "manifests.unreadable-output": hasProgram,
  };
  const isAway = code.startsWith("argocd.") && world.argocd.outages.some(({ until }) => until >= startedAt);
  return reasons[code] === true || isAway ? [] : [`manifests are said to be ${code}`];
}

/** Whether what is wrong about them stays so. */
export function isLastingFault({ input }: Attempt, world: NetWorld): boolean {
  const objects = world.argocd.manifests.at(String(input["revision"]));
  return objects.length === 0 || isBroken(objects, input);
}

function isBroken(objects: readonly Rendered[], { rules, schemas }: Attempt["input"]): boolean {
  const wanted = JSON.stringify(rules ?? []);
  return objects.some(
    ({ kind, replicas, image, isValid }) =>
      (wanted.includes('"replicas"') && kind === "Deployment" && replicas < 2) ||
      (wanted.includes('"digests"') && !image.includes("@sha256:")) ||
      ((wanted.includes('"right"') || schemas !== undefined) && !isValid),
  );
}

function saidFaults(objects: readonly Rendered[], fact: object): readonly string[] {
  const output: unknown = Object(Reflect.get(fact, "output"));
  const said: unknown = Reflect.get(Object(output), "images");
  const images = (Array.isArray(said) ? said : []).map(
    (each) => `${String(Reflect.get(Object(each), "image"))} ${String(Reflect.get(Object(each), "digest"))}`,
  );
  const meant = [...new Set(objects.map(({ image }) => `${image} ${image.split("@")[1] ?? ""}`))];
  const isSaid =
    Reflect.get(Object(output), "objects") === objects.length &&
    JSON.stringify(images.toSorted()) === JSON.stringify(meant.toSorted());
  return isSaid ? [] : ["manifests are said to name other images"];
}
