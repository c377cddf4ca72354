import type { GateSubject } from "../../src/domain/gate.ts";
import { noArtifacts } from "../../src/engine/artifacts.ts";
import type { Job } from "../../src/engine/ports.ts";
import { configured } from "../support/configured.ts";
import { settle } from "../support/fake-clock.ts";
import { SHA_B, SHA_C } from "../unit/argocd/application-builder.ts";
import { checkoutProd, ONE_APPROVES, ParkedRun } from "./parked-run.ts";
import { none, type Proof } from "./proof.ts";

/** Something that somebody may do in the world between the moment at which people see a request and the effect. */
interface Cause {
  readonly what: string;
  readonly field: keyof GateSubject;
  readonly happen: (run: ParkedRun) => void;
}

const SOURCE = { repoURL: "https://git.example.com/deploy.git", path: "checkout", targetRevision: "main" };
const put = (parts: Parameters<typeof checkoutProd>[0]) => (run: ParkedRun) => run.rig.argocd.put(checkoutProd(parts));
const rule =
  (piece: string, by: string) =>
  ({ rig }: ParkedRun) =>
    rig.process.inventory.replace(configured(ONE_APPROVES.replace(piece, by)));

const CAUSES: readonly Cause[] = [
  {
    what: "somebody deploys another commit",
    field: "fromRevision",
    happen: put({ status: { history: [{ id: 2, revision: SHA_C }] } }),
  },
  {
    what: "the application is deleted and made again",
    field: "applicationUid",
    happen: put({ metadata: { uid: "u2" } }),
  },
  {
    what: "it reads another folder",
    field: "sourceDigest",
    happen: put({ spec: { source: { ...SOURCE, path: "x" } } }),
  },
  {
    what: "it follows another branch",
    field: "sourceDigest",
    happen: put({ spec: { source: { ...SOURCE, targetRevision: "next" } } }),
  },
  {
    what: "it gets a parameter",
    field: "sourceDigest",
    happen: put({ spec: { source: { ...SOURCE, helm: { parameters: [{ name: "image.tag", value: "evil" }] } } } }),
  },
  {
    what: "it reads another repository",
    field: "repository",
    happen: put({ spec: { source: { ...SOURCE, repoURL: "https://git.example.com/other.git" } } }),
  },
  { what: "auto-sync is switched on", field: "strategy", happen: put({ spec: { syncPolicy: { automated: {} } } }) },
  { what: "another group approves", field: "rule", happen: rule("S0RELEASE", "S0EVERYONE") },
  { what: "two have to approve", field: "rule", happen: rule("{ user: U0OLGA01 }]", "{ user: U0OLGA01 }], quorum: 2") },
  {
    what: "whoever asks may approve",
    field: "rule",
    happen: rule("{ user: U0OLGA01 }]", "{ user: U0OLGA01 }], requester-may-approve: true"),
  },
  {
    what: "requests stay open for longer",
    field: "rule",
    happen: rule("{ user: U0OLGA01 }]", "{ user: U0OLGA01 }], expires: 30d"),
  },
];

/** R5, with what really happens: each cause voids what was shown, and what was approved. */
export const approvalCauses: Proof = {
  goal: "R5",
  says: "what happens in the world voids approvals, about 3 s",
  prove: async () => {
    const [early, late]: [string[], string[]] = [[], []];
    for (const cause of CAUSES) {
      early.push(...(await beforeClick(cause)));
      late.push(...(await beforeEffect(cause)));
    }
    return [
      none("R5", `${CAUSES.length} things that happen before the click and do not void`, early),
      none("R5", `${CAUSES.length} things that happen before the effect and do not void`, late),
    ];
  },
};

async function beforeClick({ what, field, happen }: Cause): Promise<readonly string[]> {
  await using run = await ParkedRun.open(SHA_B);
  happen(run);
  await run.rig.press("U2");
  await settle();
  const isVoid = run.gate.voided.at(-1)?.changed.includes(field) === true;
  return isVoid && run.job === undefined ? [] : [what];
}

async function beforeEffect({ what, field, happen }: Cause): Promise<readonly string[]> {
  await using run = await ParkedRun.open(SHA_B);
  await run.rig.press("U2");
  await settle();
  const { job } = run;
  if (job === undefined) throw new Error("it was not approved");
  happen(run);
  const outcome = await run.execute(await preparedAgain(run, job));
  const isVoid = outcome.status === "failed" && outcome.failure.code === "approval.void";
  const isNamed = run.gate.voided.at(-1)?.changed.includes(field) === true;
  return isVoid && isNamed && run.rig.argocd.syncs.length === 0 ? [] : [`${what}: ${JSON.stringify(outcome)}`];
}

/** As when it is handed out only now, because it has waited for its turn. */
async function preparedAgain({ rig }: ParkedRun, job: Job): Promise<Job> {
  const kind = rig.process.kinds.get(job.uses);
  if (kind?.sort !== "action" || kind.prepare === undefined) throw new Error(`${job.uses} prepares nothing`);
  const { effect, facts, startedAt } = job;
  const { signal } = new AbortController();
  const context = { effect, facts, startedAt, signal, artifacts: noArtifacts, progress: () => undefined };
  const prepared = await kind.prepare(job.input, context);
  return { ...job, prepared };
}
