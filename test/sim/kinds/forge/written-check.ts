import { type Attempt, attemptsOf, failureCode, faultsOf, listOf, member } from "./attempt-book.ts";
import type { Looked } from "./forge-check.ts";
import { AUTHOR, CO_AUTHOR } from "./forge-kinds.ts";
import { LEAST_MS } from "./forge-plan.ts";
import type { ForgeWorld } from "./forge-world.ts";
import { type Commit, MAIN, type Move } from "./git-server.ts";

type Files = Commit["files"];

/** What is wrong about the commits that steps have made, and about what they say of them. */
export function writtenFaults({ facts, world }: Looked): readonly string[] {
  const own = world.server.moves.filter(({ by }) => by === "quarterdeck");
  const written = own.map((move) => ({ move, effect: effectOf(world, move) }));
  const all = [...facts].flatMap(([run, log]) => attemptsOf(run, log)).filter(({ uses }) => uses === "git/commit");
  const faults = written.flatMap(({ move, effect }) => {
    const attempt = all.find(({ run, path, attempt: count }) => `${run}/${path}/${count}` === effect);
    return attempt === undefined ? ["a commit is made that no step has made"] : commitFaults(move, { attempt, world });
  });
  return [
    ...lostFaults(world),
    ...faults,
    ...all.flatMap((attempt) => {
      const before = effectStart(attempt);
      const moves = written.flatMap(({ move, effect }) => (effect.startsWith(before) ? [move] : []));
      return endFaults(attempt, { moves, world });
    }),
    ...repeatFaults(
      { facts, world },
      written.map(({ effect }) => effect),
    ),
  ];
}

/** Nothing that anybody has added to a branch is gone. */
function lostFaults({ server }: ForgeWorld): readonly string[] {
  const histories = new Map<string, ReadonlySet<string>>();
  return server.moves.flatMap(({ branch, to }) => {
    const history = histories.get(branch) ?? server.history(server.head(branch).now ?? to);
    histories.set(branch, history);
    return history.has(to) ? [] : ["a commit of a branch is lost"];
  });
}

/** Whose effect a commit is, as its message says. */
function effectOf({ server }: ForgeWorld, { to }: Move): string {
  return /^Quarterdeck-Effect: (.+)$/mu.exec(server.get(to).message)?.[1] ?? "";
}

function effectStart({ run, path }: Attempt): string {
  return `${run}/${path}/`;
}

interface Made {
  readonly attempt: Attempt;
  readonly world: ForgeWorld;
}

/** A commit is what was asked for and nothing else, on top of what the others have done. */
function commitFaults(move: Move, { attempt, world: { server } }: Made): readonly string[] {
  const { input, startedAt, endedAt } = attempt;
  const { parents, files } = server.get(move.to);
  const heads = server.head(String(member(input, "from"))).within(startedAt, move.at);
  const [parent = ""] = parents;
  const before = server.get(parent).files;
  const since = member(input, "revision");
  const then = typeof since === "string" ? server.get(since).files : before;
  return faultsOf({
    "another branch is written": move.branch !== member(input, "branch"),
    "a commit stands on something else": parents.length !== 1 || parent !== (move.from ?? parent),
    "a branch begins somewhere else": move.from === undefined && !heads.includes(parent),
    "a commit is pushed for a step that is not under way": move.sentAt < startedAt || move.sentAt > endedAt,
    "a commit changes something else": !isSame(files, changed(before, input)),
    "a file is changed that others have changed": paths(input).some((path) => then.get(path) !== before.get(path)),
    "a commit does not say who made it for whom": !isSigned(server.get(move.to), input),
  });
}

function isSigned({ author, message }: Commit, input: unknown): boolean {
  return (
    author === `${AUTHOR.name} <${AUTHOR.email}>` &&
    message.startsWith(`${String(member(input, "message"))}\n\n`) &&
    message.includes(`\nCo-authored-by: ${CO_AUTHOR.name} <${CO_AUTHOR.email}>\n`)
  );
}

/** The files after what a step is told to change. */
function changed(before: Files, input: unknown): Files {
  const files = new Map(before);
  for (const change of listOf(member(input, "changes"))) {
    const path = String(member(change, "file"));
    const content = member(change, "content");
    const tag = String(member(change, "set", "image.tag"));
    const text = files.get(path) ?? "";
    files.set(path, typeof content === "string" ? content : text.replace(/^( +tag:) \S+/mu, `$1 ${tag}`));
  }
  return files;
}

function paths(input: unknown): readonly string[] {
  return listOf(member(input, "changes")).map((change) => String(member(change, "file")));
}

function isSame(one: Files, other: Files): boolean {
  return one.size === other.size && [...one].every(([path, text]) => other.get(path) === text);
}

interface Ended {
  /** Those of the step. */
  readonly moves: readonly Move[];
  readonly world: ForgeWorld;
}

/** What a step says to have written is there, and what it says that it could not be is so. */
function endFaults(attempt: Attempt, ended: Ended): readonly string[] {
  const { end } = attempt;
  if (end?.type === "step.failed") return refusalFaults(attempt, ended.world);
  if (end?.type !== "step.succeeded") return [];
  return member(end, "output", "changed") === true ? changedFaults(attempt, ended) : unchangedFaults(attempt, ended);
}

function changedFaults({ end, endedAt }: Attempt, { moves, world: { server } }: Ended): readonly string[] {
  const revision = String(member(end, "output", "revision"));
  if (!moves.some(({ to, at }) => to === revision && at <= endedAt)) return ["a commit is said to be made that is not"];
  const commit = server.get(revision);
  const before = server.get(commit.parents[0] ?? "").files;
  const really = [...commit.files.keys()].filter((path) => commit.files.get(path) !== before.get(path));
  const said = new Set(listOf(member(end, "output", "files")));
  const isSaid = said.size === really.length && really.every((path) => said.has(path));
  return isSaid ? [] : ["other files are said to be changed than were"];
}

function unchangedFaults(attempt: Attempt, { moves, world: { server } }: Ended): readonly string[] {
  const { end, input, startedAt, endedAt, reachedAt } = attempt;
  const revision = String(member(end, "output", "revision"));
  const branches = [String(member(input, "branch")), String(member(input, "from"))];
  const isThere = branches.some((branch) => server.head(branch).within(startedAt, endedAt).includes(revision));
  const files = server.commits.get(revision)?.files ?? new Map();
  return faultsOf({
    "nothing is said to be changed, and something was": moves.some(({ at }) => at >= reachedAt && at <= endedAt),
    "nothing is said to be changed at a commit that is not the newest": !isThere,
    "nothing is said to be changed, and it is not as it should be": !isSame(files, changed(files, input)),
  });
}

const TRANSIENT: ReadonlySet<string> = new Set(["git.unreachable", "git.timeout"]);

function refusalFaults(attempt: Attempt, { server, git }: ForgeWorld): readonly string[] {
  const { startedAt, endedAt, input, reachedAt, end } = attempt;
  const code = failureCode(attempt);
  const during = (from: number): Parameters<typeof server.isProtected.within> => [from, endedAt];
  if (TRANSIENT.has(code)) {
    const wasAway = git.troubles.some((at) => at >= startedAt && at <= endedAt);
    return wasAway ? [] : ["the server is said to be away, and was not"];
  }
  switch (code) {
    case "git.protected-branch":
      return server.isProtected.within(...during(startedAt)).includes(true) && member(input, "branch") === MAIN
        ? []
        : ["a branch is said to be protected that is not"];
    case "git.rejected": {
      const others = server.moves.filter(({ at, branch }) => at >= startedAt && at <= endedAt && branch === MAIN);
      const isSo = server.isDeclining.within(...during(startedAt)).includes(true) || others.length >= 8;
      return isSo ? [] : ["a push is said to be rejected that was not"];
    }
    case "git.moved": {
      const since = server.get(String(member(input, "revision"))).files;
      const heads = server.head(String(member(input, "branch"))).within(...during(startedAt));
      const isSo = [...heads, server.head(MAIN).at(endedAt)].some((sha) => {
        const files = sha === undefined ? undefined : server.get(sha).files;
        return files !== undefined && paths(input).some((path) => files.get(path) !== since.get(path));
      });
      return isSo ? [] : ["others are said to have changed a file, and have not"];
    }
    case "step.timeout":
      return endedAt - reachedAt >= LEAST_MS ? [] : ["a step is given up before its time"];
    default:
      return [`a commit fails for no reason: ${code} ${String(member(end, "failure", "message"))}`];
  }
}

/** What was written is written again only where a person has had the step done over. */
function repeatFaults({ facts }: Looked, effects: readonly string[]): readonly string[] {
  return [...facts].flatMap(([run, log]) => {
    const steps = new Set(log.flatMap((fact) => (fact["uses"] === "git/commit" ? [String(fact["path"])] : [])));
    return [...steps].flatMap((path) => {
      const again = log.filter(({ type, forgotten }) => type === "run.retried" && listOf(forgotten).includes(path));
      const count = effects.filter((effect) => effect.startsWith(`${run}/${path}/`)).length;
      return count > 1 + again.length ? [`a change is written ${count} times`] : [];
    });
  });
}
