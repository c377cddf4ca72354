import { type PlainFact, SignalBook } from "./signal-book.ts";
import { CANARY, CLUSTER, type ToolEnds } from "./tool-ends.ts";

/** What is wrong about the log of one run and what happened outside; nothing where all is as it has to be. */
export function kindsFaults(facts: readonly PlainFact[], ends: ToolEnds, run: string): readonly string[] {
  const book = new SignalBook();
  return [
    ...facts.flatMap((fact) => book.next(fact)),
    ...effectFaults(facts, ends, run),
    ...repeatFaults(facts),
    ...restFaults(facts),
    ...(JSON.stringify(facts).includes(CANARY) ? ["the log says a secret"] : []),
  ];
}

/** What cannot be recognised again is done as often as people asked for it at the most, and what is said to be done is. */
function effectFaults(facts: readonly PlainFact[], ends: ToolEnds, run: string): readonly string[] {
  // Nobody but a person has it done once more.
  const asked = 1 + facts.filter(({ type }) => type === "run.retried").length;
  const posts = ends.posts.get(`https://hooks.test/${run}`) ?? 0;
  const said = (name: string): boolean =>
    facts.some(({ type, path }) => type === "step.succeeded" && String(path).endsWith(name));
  return [
    ...(posts > asked ? [`posted ${posts} times, and asked for ${asked} times`] : []),
    ...(said("/announce") && posts === 0 ? ["said to be posted, and is not"] : []),
    ...(said("/cluster") && ends.clusters.get(CLUSTER)?.includes(CANARY) !== true
      ? ["said to be registered, and is not"]
      : []),
  ];
}

/** What has succeeded is not begun again, unless a person had it forgotten. */
function repeatFaults(facts: readonly PlainFact[]): readonly string[] {
  const done = new Set<string>();
  for (const fact of facts) {
    const path = String(fact["path"]);
    if (fact.type === "step.succeeded") done.add(path);
    if (fact.type === "run.retried")
      for (const gone of Array.isArray(fact["forgotten"]) ? fact["forgotten"] : []) done.delete(String(gone));
    if (fact.type === "step.started" && done.has(path)) return [`${path} is done over`];
  }
  return [];
}

/** Beside what has failed nobody is asked for anything any more, where the rest is not to go on. */
function restFaults(facts: readonly PlainFact[]): readonly string[] {
  let isWaiting = false;
  let failedAt: number | undefined;
  const isFast = !JSON.stringify(facts[0]?.["plan"] ?? "").includes('"failFast":false');
  for (const fact of facts) {
    const at = Number(fact["at"]);
    if (isFast && isWaiting && failedAt !== undefined && at > failedAt)
      return ["a signal is waited for beside a failure"];
    if (fact.type === "run.retried") failedAt = undefined;
    if (fact.type === "branch.failed" && fact["path"] === "kinds/beside/cluster") failedAt = at;
    if (fact["path"] !== "kinds/beside/tests") continue;
    isWaiting = fact.type === "step.started";
  }
  return [];
}
