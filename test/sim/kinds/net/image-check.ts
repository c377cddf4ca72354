import type { Attempt } from "./net-book.ts";
import type { Look } from "./net-http.ts";
import type { NetWorld } from "./net-world.ts";
import { IMAGE_NAME, REGISTRY, TAG, type Tagged } from "./oci-end.ts";
import { codeOf } from "./probe-check.ts";

const NAME = `${REGISTRY}/${IMAGE_NAME}`;

/** What is wrong about what a tag is said to mean. */
export function imageFaults(attempt: Attempt, world: NetWorld): readonly string[] {
  const { end, startedAt } = attempt;
  if (end === undefined || end.type === "step.cancelled") return [];
  const looks = world.looks.filter(
    ({ url, life, askedAt, answeredAt }) =>
      life === end.life && askedAt >= startedAt && answeredAt !== undefined && /registry|auth|elsewhere/u.test(url),
  );
  const meanings = meaningsOf(looks, world);
  const faults =
    end.type === "step.succeeded" ? saidFaults(attempt, meanings) : whyFaults(attempt, { looks, meanings });
  return [...faults, ...leakFaults(attempt, world)];
}

/** What the tag meant while the registry was asked for it. */
function meaningsOf(looks: readonly Look[], { registry }: NetWorld): readonly Tagged[] {
  const asked = looks.findLast(({ url }) => url.endsWith(`/manifests/${TAG}`));
  if (asked === undefined) return [];
  return registry.tags.filter(
    ({ from }, index) =>
      from <= (asked.answeredAt ?? 0) && (registry.tags[index + 1]?.from ?? Infinity) >= asked.askedAt,
  );
}

function digestIn({ digest, children }: Tagged, { input }: Attempt): string | undefined {
  const { platform } = input;
  if (typeof platform !== "string") return digest;
  if (children.size > 0) return children.get(platform);
  return platform === "linux/amd64" ? digest : undefined;
}

function saidFaults(attempt: Attempt, meanings: readonly Tagged[]): readonly string[] {
  const output: unknown = Object(attempt.end?.fact["output"]);
  const said = (name: string): unknown => Reflect.get(Object(output), name);
  const meant = meanings.find((each) => digestIn(each, attempt) === said("digest"));
  if (meant === undefined) return ["a tag is said to mean what it did not mean"];
  const { expected } = attempt.input;
  const faults: string[] = [];
  if (expected !== undefined && expected !== said("digest")) faults.push("a tag that has moved is taken for the same");
  if (said("reference") !== `${NAME}@${String(said("digest"))}`) faults.push("a reference names something else");
  if (said("index") !== (said("digest") === meant.digest ? "" : meant.digest)) faults.push("another index is named");
  return faults;
}

interface Why {
  readonly looks: readonly Look[];
  readonly meanings: readonly Tagged[];
}

function whyFaults(attempt: Attempt, { looks, meanings }: Why): readonly string[] {
  const last = looks.at(-1);
  const code = codeOf(attempt);
  const { expected, registry } = attempt.input;
  const isPlaceKnown = Reflect.get(Object(registry), "token-host") !== undefined;
  if (code === "image.realm-refused" && isPlaceKnown && !isLed(last))
    return ["a place for tokens is refused that is right"];
  const reasons: Readonly<Record<string, boolean>> = {
    ...answerReasons(last?.answer),
    "image.moved": expected !== undefined && meanings.some((each) => digestIn(each, attempt) !== expected),
    "image.no-platform": meanings.some((each) => digestIn(each, attempt) === undefined),
  };
  return reasons[code] === true ? [] : [`an image is said to be ${code}`];
}

/** What may be said after such an answer. */
function answerReasons(answer: Look["answer"]): Readonly<Record<string, boolean>> {
  const { status = 0, body = "" } = answer ?? {};
  const isSilent = answer === undefined;
  return {
    "image.not-found": status === 404,
    "image.denied": status === 401 || status === 403,
    "image.realm-refused": status === 401,
    "image.registry-away": status === 429 || status >= 500,
    "image.digest-differs": body.includes('"manifests":[]'),
    "network.unreachable": isSilent,
    "network.broken": isSilent,
    "network.timeout": isSilent,
  };
}

/** Whether it was sent for its token to where nobody may see the password. */
function isLed(look: Look | undefined): boolean {
  return look?.realm?.includes("elsewhere") === true;
}

function leakFaults({ input, startedAt, end }: Attempt, { registry }: NetWorld): readonly string[] {
  const allowed = Reflect.get(Object(input["registry"]), "token-host");
  const isTold = registry.told.some(
    ({ host, at }) => at >= startedAt && at <= (end?.at ?? Infinity) && host !== allowed && host !== REGISTRY,
  );
  return isTold ? ["a password is sent to somebody who must not see it"] : [];
}
