import { type Application as Applied, countsOf } from "../programs/terraform-state.ts";
import type { Play } from "../programs/ansible-program.ts";
import type { PlainFact } from "../signal-book.ts";
import { PEOPLE, type ShipWorld, TOKEN } from "./ship-world.ts";

type Log = ReadonlyMap<string, readonly PlainFact[]>;

interface Looked {
  readonly facts: Log;
  readonly world: ShipWorld;
  /** By pseudonym, who somebody is. */
  readonly users: ReadonlyMap<string, string>;
  /** Everything that was written down, shown, or left for anybody. */
  readonly said: readonly string[];
}

/** What is wrong about the log of all runs and what happened outside; nothing where all is as it has to be. */
export function shipFaults(looked: Looked): readonly string[] {
  const { facts, world, said } = looked;
  const secrets = [TOKEN, world.state.password];
  return [
    ...world.state.applications.flatMap((applied) => appliedFaults(applied, looked)),
    ...[...facts].flatMap(([run, own]) => [...resultFaults(own, looked), ...hostFaults({ run, own }, looked)]),
    ...deployedFaults(looked),
    ...(secrets.some((secret) => said.some((text) => text.includes(secret))) ? ["a secret is said"] : []),
  ];
}

/** What was applied is a plan that was made, shown as it is, approved after that by those who must, and applied once. */
function appliedFaults(applied: Applied, looked: Looked): readonly string[] {
  const { plan, effects } = applied;
  if (effects.length === 0) return [];
  const { world, facts } = looked;
  const others = world.state.applications.filter((other) => other.plan === plan && other.effects.length > 0);
  const faults: string[] = [];
  if (others.length > 1) faults.push(`a plan is applied ${others.length} times`);
  if (plan.serial !== applied.serial) faults.push("a plan is applied that is older than the state");
  const [file = ""] = [...world.state.files].find(([, made]) => made === plan) ?? [];
  const own = [...facts.values()].find((log) => log.some((fact) => fileOf(fact) === file));
  if (own === undefined) return [...faults, "what is applied is no plan that a step has made"];
  return [...faults, ...approvalFaults({ applied, own, file }, looked)];
}

interface OwnPlan {
  readonly applied: Applied;
  readonly own: readonly PlainFact[];
  readonly file: string;
}

function approvalFaults({ applied, own, file }: OwnPlan, { users }: Looked): readonly string[] {
  const { plan, at } = applied;
  const before = own.filter((fact) => Number(fact["at"]) <= at);
  const made = before.findLastIndex((fact) => fileOf(fact) === file);
  const digest = String(member(before[made], "output", "plan", "digest"));
  const approvals = approvalsOf(before, made, digest);
  if (approvals === undefined) return ["a plan is applied that nobody has approved"];
  const { opened, deciders } = approvals;
  const faults: string[] = [];
  const askers = askersOf(before);
  if (deciders.some((decider) => askers.has(decider))) faults.push("who asked for it has approved it");
  const groups = deciders.map((decider) => PEOPLE[users.get(decider) ?? ""] ?? []);
  const counts = countsOf(plan.changes);
  const quorum = Number(member(opened, "subject", "rule", "quorum"));
  if (
    !isEnough(
      groups,
      counts.remove > 0 ? [...Array<string>(quorum).fill("S0OPS"), "S0DBA"] : Array<string>(quorum).fill("S0OPS"),
    )
  )
    faults.push("a plan is applied that not all who must have approved");
  const shown = member(opened, "evidence", "plan");
  const isShown =
    member(shown, "add") === counts.add &&
    member(shown, "change") === counts.change &&
    member(shown, "destroy") === counts.remove;
  if (!isShown) faults.push("people were shown another plan than what is applied");
  return faults;
}

interface Approvals {
  readonly opened: PlainFact;
  readonly deciders: readonly string[];
}

/** The newest opening of a gate for the plan, and who has approved it; undefined where it does not stand. */
function approvalsOf(before: readonly PlainFact[], made: number, digest: string): Approvals | undefined {
  const at = before.findLastIndex(
    (fact) => fact.type === "gate.opened" && member(fact, "subject", "planFileDigest") === digest,
  );
  const opened = before[at];
  if (opened === undefined || at < made) return undefined;
  const after = before.slice(at);
  if (after.some(({ type, path }) => type === "gate.voided" && path === opened["path"])) return undefined;
  if (!after.some(({ type, path }) => type === "step.succeeded" && path === opened["path"])) return undefined;
  const deciders = after.flatMap((fact) => {
    const isOwn = fact.type === "gate.decided" && fact["decision"] === "approve" && fact["digest"] === opened["digest"];
    return isOwn ? [String(fact["actor"])] : [];
  });
  return { opened, deciders: [...new Set(deciders)] };
}

/** Whoever asked for the run or had it go on. */
function askersOf(facts: readonly PlainFact[]): ReadonlySet<string> {
  const asking = facts.filter(({ type }) => type === "run.started" || type === "run.retried");
  return new Set(asking.map((fact) => String(fact["actor"])));
}

/** Whether everybody who is needed can be somebody else. */
function isEnough(groups: readonly (readonly string[])[], needed: readonly string[]): boolean {
  const [first, ...rest] = needed;
  if (first === undefined) return true;
  return groups.some((own, index) => own.includes(first) && isEnough(groups.toSpliced(index, 1), rest));
}

/** What a step says to have come to is what has come of it. */
function resultFaults(own: readonly PlainFact[], { world }: Looked): readonly string[] {
  return own.flatMap((fact, index) => {
    const path = String(fact["path"]);
    if (fact.type === "step.succeeded") return succeededFaults({ fact, path, own: own.slice(0, index) }, world);
    if (fact.type === "step.started") return begunFaults(fact, own, index);
    if (fact.type === "step.failed") return verdictFaults(fact, { world, started: startOf(own.slice(0, index), path) });
    return [];
  });
}

const CHANGING: ReadonlySet<unknown> = new Set(["terraform/apply", "world/deploy"]);

/** What changes something is begun under the approval of the very plan that it is given, or refused at once. */
function begunFaults(fact: PlainFact, own: readonly PlainFact[], index: number): readonly string[] {
  if (!CHANGING.has(fact["uses"])) return [];
  const given = member(fact, "approval", "digest");
  if (given === undefined)
    return own[index + 1]?.type === "step.failed" ? [] : ["a change is begun without an approval"];
  const opened = own.find((other) => other.type === "gate.opened" && other["digest"] === given);
  const isOwn = member(opened, "subject", "planFileDigest") === member(fact, "input", "plan", "digest");
  return isOwn ? [] : ["a change is begun under the approval of another plan"];
}

interface Success {
  readonly fact: PlainFact;
  readonly path: string;
  readonly own: readonly PlainFact[];
}

function succeededFaults({ fact, path, own }: Success, world: ShipWorld): readonly string[] {
  const started = startOf(own, path);
  switch (started?.["uses"]) {
    case "terraform/plan":
      return plannedFaults(fact, world);
    case "terraform/apply": {
      const file = String(member(started, "input", "plan", "artifact", "digest"));
      const done = world.state.applications.findLast(({ plan }) => plan === world.state.files.get(file));
      if (done === undefined || !done.isDone) return ["a plan is said to be applied that is not"];
      const { add, change, remove } = countsOf(done.plan.changes);
      const output = member(fact, "output");
      const isSaid =
        member(output, "added") === add &&
        member(output, "changed") === change &&
        member(output, "destroyed") === remove;
      return isSaid ? [] : ["it is said that something else was applied"];
    }
    case "trivy/image":
      return isBad(imageOf(started, world), "findings")
        ? ["an image passes that has critical findings"]
        : cleanFaults(fact, started, world);
    case "cosign/verify":
      return isBad(imageOf(started, world), "signature") ? ["an image passes that is not signed"] : [];
    case "image/custody":
      return custodyFaults(started);
    default:
      return [];
  }
}

function plannedFaults(fact: PlainFact, { state }: ShipWorld): readonly string[] {
  const made = state.files.get(fileOf(fact) ?? "");
  if (made === undefined) return ["a plan is said to be made that is not"];
  const { add, change, remove } = countsOf(made.changes);
  const plan = member(fact, "output", "plan");
  const isSaid = member(plan, "add") === add && member(plan, "change") === change && member(plan, "destroy") === remove;
  return isSaid ? [] : ["a plan is said to do something else"];
}

function cleanFaults(fact: PlainFact, started: PlainFact, world: ShipWorld): readonly string[] {
  const [from, to, image] = [Number(started["at"]), Number(fact["at"]), String(member(started, "input", "image"))];
  const isWhole = world.registry.scans.some(({ reference, at }) => reference === image && at >= from && at <= to);
  if (!isWhole) return ["what failed is said to be clean"];
  const isClean = String(member(fact, "output", "check", "result")).startsWith("nothing found");
  return isClean && (imageOf(started, world)?.findings.length ?? 0) > 0 ? ["findings are said to be none"] : [];
}

function custodyFaults(started: PlainFact): readonly string[] {
  const input = member(started, "input");
  const [scanned, signed] = [String(member(input, "scanned")), String(member(input, "signed"))];
  const runs = String(member(input, "images", "0", "digest"));
  return scanned === signed && scanned.endsWith(runs) ? [] : ["what is scanned, signed and run is not the same"];
}

const CODES: Readonly<Record<string, "findings" | "signature">> = {
  "trivy.findings": "findings",
  "cosign.unsigned": "signature",
  "cosign.not-verified": "signature",
};

/** What is said against an image has to be so: that nobody could look is no verdict. */
function verdictFaults(
  fact: PlainFact,
  { world, started }: { readonly world: ShipWorld; readonly started: PlainFact | undefined },
): readonly string[] {
  const code = String(member(fact, "failure", "code"));
  if (code === "internal") return [`a step fails without knowing why: ${String(member(fact, "failure", "message"))}`];
  const what = Object.hasOwn(CODES, code) ? CODES[code] : undefined;
  if (what === undefined || started === undefined) return [];
  return isBad(imageOf(started, world), what) ? [] : [`${code} is said of a good image`];
}

type Image = ReturnType<ShipWorld["registry"]["find"]>;

function isBad(image: Image, what: "findings" | "signature"): boolean {
  if (image === undefined) return true;
  return what === "findings" ? image.findings.includes("CRITICAL") : image.signature !== "release";
}

function imageOf(started: PlainFact, { registry }: ShipWorld): Image {
  return registry.find(String(member(started, "input", "image")));
}

/** A host that came well out of a play that was heard to its end is left alone by the next one, unless it was made anew in between. */
function hostFaults(
  { run, own }: { readonly run: string; readonly own: readonly PlainFact[] },
  { world }: Looked,
): readonly string[] {
  const begun = own.find((fact) => fact["uses"] === "ansible/playbook");
  if (begun === undefined) return [];
  const path = String(begun["path"]);
  const place = path.replaceAll(/[^\w]+/gu, "-");
  const plays = world.hosts.plays.filter((play) => play.place.endsWith(place) && play.place.includes(run));
  const applies = new Set(own.flatMap((fact) => (fact["uses"] === "terraform/apply" ? [Number(fact["at"])] : [])));
  const starts = own.flatMap((fact) =>
    fact.type === "step.started" && fact["path"] === path ? [Number(fact["at"])] : [],
  );
  const attempts = plays.map(({ at }) => starts.findLastIndex((start) => start <= at));
  const faults = new Set(attempts).size < plays.length ? ["a play is begun again within its attempt"] : [];
  for (const [index, play] of plays.entries()) {
    const next = plays[index + 1];
    if (next === undefined || !play.isTold) continue;
    const isAnew = [...applies].some((at) => at > play.at && at <= next.at);
    if (!isAnew && next.hosts.some((host) => isWell(play, host))) faults.push("a host that was well is done over");
  }
  return [...faults, ...configuredFaults(own, { plays, world, path })];
}

/** Where it is said to have succeeded, all of its hosts came well out of it, and what had to be restarted was. */
function configuredFaults(
  own: readonly PlainFact[],
  { plays, world, path }: { readonly plays: readonly Play[]; readonly world: ShipWorld; readonly path: string },
): readonly string[] {
  const last = own.at(-1);
  const done = own.findLast((fact) => fact.type === "step.succeeded" && fact["path"] === path);
  if (done === undefined || last === undefined) return [];
  const started = startOf(own, path);
  const hosts = Object.keys(Object(member(started, "input", "inventory", "hosts")));
  const isUnwell = (host: string): boolean => {
    const newest = plays.findLast((play) => play.isTold && play.hosts.includes(host));
    return newest === undefined || !isWell(newest, host);
  };
  const place = plays[0]?.place ?? "";
  return [
    ...(hosts.some(isUnwell) ? ["a host is said to be configured that is not"] : []),
    ...(hosts.some((host) => world.hosts.unrestarted.has(`${place} ${host}`)) ? ["a handler is forgotten"] : []),
  ];
}

function isWell({ hosts, failed, unreachable }: Play, host: string): boolean {
  return hosts.includes(host) && !failed.has(host) && !unreachable.has(host);
}

/** What runs is what was scanned, signed and approved. */
function deployedFaults({ facts, world }: Looked): readonly string[] {
  return world.deployed.flatMap(({ run, digest, at }) => {
    const image = world.registry.images.get(digest);
    if (isBad(image, "findings") || isBad(image, "signature")) return ["an image runs that may not"];
    const before = (facts.get(run) ?? []).filter((fact) => Number(fact["at"]) <= at);
    const opened = before.findLast((fact) => fact.type === "gate.opened");
    const images = member(opened, "subject", "imageDigests");
    const checks = member(opened, "subject", "checks");
    const isShown = Array.isArray(images) && images.includes(digest) && Array.isArray(checks) && checks.length === 3;
    return isShown ? [] : ["an image runs that nobody was shown"];
  });
}

function startOf(own: readonly PlainFact[], path: string): PlainFact | undefined {
  return own.findLast((fact) => fact.type === "step.started" && fact["path"] === path);
}

/** The digest of the file of the plan that a step has made. */
function fileOf(fact: PlainFact): string | undefined {
  if (fact.type !== "step.succeeded") return undefined;
  const digest = member(fact, "output", "plan", "artifact", "digest");
  return typeof digest === "string" ? digest : undefined;
}

function member(value: unknown, ...names: readonly string[]): unknown {
  let found = value;
  for (const name of names) found = typeof found === "object" && found !== null ? Reflect.get(found, name) : undefined;
  return found;
}
