import type { Plan, PlanNode, StepNode } from "../../../../src/domain/plan.ts";
import type { Json } from "../../../../src/platform/canonical-json.ts";
import { isoTime } from "../../../../src/platform/clock.ts";
import type { Dice } from "../../dice.ts";
import { APP } from "./argocd-end.ts";
import type { Focus } from "./focus.ts";
import { REVISIONS } from "./manifest-book.ts";
import { IMAGE_NAME, READER, REGISTRY, TAG } from "./oci-end.ts";
import { BOUND } from "./prometheus-end.ts";
import { narrowWindow, windowInput } from "./window-plan.ts";

const RETRY = { attempts: 3, delayMs: 2000, factor: 1.5, maxDelayMs: 20_000 };
const RULES: readonly Json[] = [
  { name: "replicas", kinds: ["Deployment"], condition: "manifest.spec.replicas >= 2", message: "Run two." },
  {
    name: "digests",
    condition: "manifest.spec.template.spec.containers.all(c, c.image.contains('@sha256:'))",
    message: "Name images by digest.",
  },
  { name: "right", condition: "!has(manifest.spec.wrong)", message: "Make it right." },
];
const ASSERTIONS = ["response.json.state == 'ready'", "response.status == 200", "response.latency < 300"];

/** A chain that uses some of the kinds that look at others, side by side or one after the other. */
export function netPlan(dice: Dice, startAt: number, focus?: Focus): Plan {
  const branches = focus === undefined ? someOfAll(dice, startAt) : severalOf(dice, startAt, focus);
  const steps: readonly PlanNode[] = dice.chance(0.7)
    ? [{ type: "parallel", key: "beside", failFast: dice.chance(0.6), branches: [...branches] }]
    : branches;
  return {
    engine: 1,
    command: "net",
    title: "Net",
    verb: "net",
    steps: [...steps],
    onFailure: [],
    secrets: ["BEARER", "READER", "JOB_SECRET"],
  };
}

function someOfAll(dice: Dice, startAt: number): readonly PlanNode[] {
  const makers = [probe, feed, metric, soak, pause, window, job, image, manifests];
  const left = [...makers];
  const branches: PlanNode[] = [];
  for (let count = dice.between(2, 4); count > 0; count -= 1) {
    const [maker = probe] = left.splice(dice.below(left.length), 1);
    branches.push(maker(dice.fork(maker.name), startAt));
  }
  return branches;
}

const SEVERAL = 4;

function severalOf(dice: Dice, startAt: number, focus: Focus): readonly PlanNode[] {
  return Array.from({ length: SEVERAL }, (_none, index) => {
    const name = `${focus}${index + 1}`;
    return { ...FOCUSED[focus](dice.fork(name), startAt, name), key: name };
  });
}

const FOCUSED: Readonly<Record<Focus, (dice: Dice, startAt: number, name: string) => StepNode>> = {
  windows: (dice, startAt) => {
    const input = dice.chance(0.5) ? windowInput(dice, startAt) : narrowWindow(dice, startAt);
    return wait("window", "window", input, dice);
  },
  moments: (dice, startAt) => {
    const until = isoTime(startAt + dice.between(60_000, 7_200_000));
    return wait("pause", "delay", { until }, dice);
  },
  leads: (dice, startAt, name) => {
    const node = probe(dice, startAt, name);
    return { ...node, with: { ...node.with, redirects: 2, bearer: "${{ secrets.BEARER }}" } };
  },
  metrics: metric,
};

/** How somebody looks at an address of HTTP, and what is good. */
function lookInput(dice: Dice): Readonly<Record<string, Json>> {
  return {
    ...(dice.chance(0.3) && { status: dice.pick<Json>([200, "2xx", "200-299", [200, 302], "200-399"]) }),
    ...(dice.chance(0.4) && { text: dice.pick(["ready", "state"]) }),
    ...(dice.chance(0.4) && { assert: ASSERTIONS.filter(() => dice.chance(0.6)) }),
    ...(dice.chance(0.4) && { redirects: dice.between(0, 2) }),
    ...(dice.chance(0.3) && { latency: dice.between(20, 1000) }),
    ...(dice.chance(0.5) && { timeout: dice.between(500, 5000) }),
    ...(dice.chance(0.4) && { bearer: "${{ secrets.BEARER }}" }),
  };
}

/** How long somebody looks, and how often. */
function patience(dice: Dice): Readonly<Record<string, Json>> {
  const [good, interval] = [dice.between(1, 6), dice.between(500, 8000)];
  const leastMs = 5000 + good * (interval + 100);
  return { "good-in-a-row": good, interval, "give-up-after": leastMs + dice.between(0, 180_000) };
}

function probe(dice: Dice, _startAt: number, name = "probe"): StepNode {
  const urls = Array.from({ length: dice.between(1, 3) }, (_none, index) => `https://shop.test/${name}-${index}`);
  const where = urls.length === 1 && dice.chance(0.8) ? { url: urls[0] ?? "" } : { urls };
  return wait("probe", "http/probe", { ...where, ...lookInput(dice), ...patience(dice) }, dice);
}

function feed(dice: Dice): StepNode {
  const urls = Array.from({ length: dice.between(1, 2) }, (_none, index) => `wss://shop.test/feed-${index}`);
  const wanted = dice.pick<Readonly<Record<string, Json>>>([
    {},
    { text: "pong" },
    { assert: ["message.json.type == 'pong'"] },
    { assert: ["message.json.type == 'pong'", "message.latency < 300"] },
  ]);
  const latency = dice.chance(0.3) ? { latency: dice.between(30, 800) } : {};
  const input = { urls, send: "ping", timeout: dice.between(500, 4000), ...wanted, ...latency };
  return wait("feed", "websocket/probe", { ...input, ...patience(dice) }, dice);
}

/** The query says by its name which values are good. */
function metricInput(name: string, dice: Dice): Readonly<Record<string, Json>> {
  const isLeast = dice.chance(0.3);
  return {
    url: "https://prometheus.test",
    query: `${isLeast ? "least" : "most"}_${name}`,
    ...(isLeast
      ? { [dice.pick(["above", "at-least"])]: BOUND }
      : { [dice.pick(["below", "at-most"])]: BOUND, ...(dice.chance(0.3) && { "at-least": 0 }) }),
    ...(dice.chance(0.2) && { series: dice.pick(["all", "any"]) }),
    ...(dice.chance(0.2) && { empty: dice.pick(["bad", "good"]) }),
    interval: dice.between(1000, dice.pick([3000, 20_000])),
    timeout: dice.between(500, 4000),
  };
}

function metric(dice: Dice, _startAt: number, name = "metric"): StepNode {
  const input = {
    ...metricInput(name, dice),
    ...(dice.chance(0.7) && { for: dice.between(0, 180_000) }),
    ...(dice.chance(0.6) && { grace: dice.between(0, 60_000) }),
    ...(dice.chance(0.6) && { "away-for": dice.between(0, 90_000) }),
  };
  return wait("metric", "metrics/check", input, dice);
}

function soak(dice: Dice): StepNode {
  const isAlone = dice.chance(0.35);
  const probes = Array.from({ length: isAlone ? 0 : dice.below(3) }, (_none, index) => ({
    url: `https://shop.test/soak-${index}`,
    ...lookInput(dice),
    interval: dice.between(1000, 20_000),
  }));
  const metrics = Array.from({ length: isAlone ? 0 : dice.below(3) }, (_none, index) =>
    metricInput(`soak_${index}`, dice),
  );
  const input: Readonly<Record<string, Json>> = {
    app: APP,
    for: dice.between(20_000, 600_000),
    grace: dice.between(0, 60_000),
    ...(dice.chance(0.6) && { "on-bad": dice.pick(["fail", "restart"]) }),
    ...(probes.length > 0 && { probes }),
    ...(metrics.length > 0 && { metrics }),
  };
  return wait("soak", "soak", input, dice);
}

function pause(dice: Dice, startAt: number): StepNode {
  const input: Readonly<Record<string, Json>> = dice.chance(0.6)
    ? { for: dice.between(0, dice.pick([30_000, 3_600_000])) }
    : { until: isoTime(startAt + dice.between(-600_000, 7_200_000)) };
  return wait("pause", "delay", input, dice);
}

function window(dice: Dice, startAt: number): StepNode {
  return wait("window", "window", { ...windowInput(dice, startAt), ...(dice.chance(0.3) && { app: APP }) }, dice);
}

function job(dice: Dice): StepNode {
  const mistake = dice.fraction();
  const input: Readonly<Record<string, Json>> = {
    program: mistake < 0.03 ? "nothing" : dice.pick(["once", "again"]),
    args: mistake >= 0.03 && mistake < 0.06 ? ["job", "--force"] : ["job"],
    env: { [mistake >= 0.06 && mistake < 0.09 ? "PATH" : "SECRET"]: "${{ secrets.JOB_SECRET }}" },
    ...(dice.chance(0.4) && { "success-codes": dice.pick([[0, 3], [0], [3, 0, 1]]) }),
  };
  return action("job", "program/run", input, dice);
}

function image(dice: Dice): PlanNode {
  const access = {
    user: READER.user,
    password: "${{ secrets.READER }}",
    ...(!dice.chance(0.05) && { "token-host": "auth.test" }),
  };
  const platform = dice.chance(0.5) ? { platform: dice.pick(["linux/amd64", "linux/arm64"]) } : {};
  const asked = { image: `${REGISTRY}/${IMAGE_NAME}:${TAG}`, registry: access, ...platform };
  const first = action("image", "image/resolve", asked, dice);
  if (dice.chance(0.4)) return first;
  const expected = "${{ steps.image.outputs.digest }}";
  const pauseBetween = wait("gap", "delay", { for: dice.between(0, 20_000) }, dice);
  return {
    type: "group",
    key: "imaging",
    steps: [first, pauseBetween, action("imageagain", "image/resolve", { ...asked, expected }, dice)],
  };
}

function manifests(dice: Dice): StepNode {
  const rules = RULES.filter(() => dice.chance(0.5));
  const input: Readonly<Record<string, Json>> = {
    app: APP,
    revision: dice.pick([...REVISIONS, ...REVISIONS.slice(0, 2)]),
    ...(rules.length > 0 && { rules }),
    ...(dice.chance(0.5) && {
      schemas: { repository: "https://git.test/schemas.git", revision: "f".repeat(40), path: "schemas" },
    }),
  };
  return action("manifests", "manifests/validate", input, dice);
}

function wait(key: string, uses: string, input: Readonly<Record<string, Json>>, dice: Dice): StepNode {
  return { ...action(key, uses, input, dice), sort: "wait" };
}

function action(key: string, uses: string, input: Readonly<Record<string, Json>>, dice: Dice): StepNode {
  const retry = dice.chance(0.5) ? { retry: RETRY } : {};
  return { type: "step", key, uses, sort: "action", protects: false, with: input, ...retry };
}
