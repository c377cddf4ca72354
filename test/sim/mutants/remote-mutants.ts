import type { Mutant } from "./mutant.ts";

const DESK = "dispatch/job-desk.ts";
const DISPATCHER = "dispatch/remote-dispatcher.ts";
const HELD = "dispatch/held-jobs.ts";
const LINE = "dispatch/server-line.ts";
const REGISTRY = "dispatch/worker-registry.ts";
const WAITING = "dispatch/waiting-jobs.ts";
const WORKER = "dispatch/remote-worker.ts";

/** Bugs in what brings jobs to workers and outcomes back. */
export const remoteMutants: readonly Mutant[] = [
  {
    file: REGISTRY,
    find: "if (seq <= (this.#lastSeq.get(worker) ?? -1)) return false;",
    replace: "",
    what: "reports that are said again are heard again",
  },
  {
    file: "dispatch/report-reader.ts",
    find: "if (report.epoch !== epoch) return onStranger(report);",
    replace: "",
    what: "reports to an earlier server are heard",
  },
  {
    file: DESK,
    find: "if (entry.holder === undefined && entry.job.mayHaveBegun === true) return superseded(job);",
    replace: "",
    what: "what may have been begun is begun again",
  },
  {
    file: DESK,
    find: "if (entry.holder.worker !== worker) return superseded(job);",
    replace: "",
    what: "two workers may begin the same",
  },
  {
    file: DESK,
    find: "if (first !== undefined) {",
    replace: "if (first === '') {",
    what: "a job is begun while another worker still executes it",
  },
  {
    file: DESK,
    find: "if (entry === undefined || entry.cancelled !== undefined || entry.successor !== undefined) {",
    replace: "if (entry === undefined) {",
    what: "what is cancelled goes on to its effect",
  },
  {
    file: DESK,
    find: "const verdict = await entry.checkpoint.durable.then(",
    replace: "const verdict = await Promise.resolve().then(",
    what: "a checkpoint is confirmed before it is on the disk",
  },
  {
    file: DESK,
    find: "if (this.#isAsk(entry)) this.settle(entry, lost(worker, why));",
    replace: "if (worker === '') this.settle(entry, lost(worker, why));",
    what: "what is not safe to repeat is handed out again when its worker is lost",
  },
  {
    file: DESK,
    find: 'if (unlistedMs > UNKNOWN_AFTER_MS) this.#lose(entry, worker, "forgot about it");',
    replace: "",
    what: "what a worker has forgotten waits for ever",
  },
  {
    file: DESK,
    find: "const UNKNOWN_AFTER_MS = 1500;",
    replace: "const UNKNOWN_AFTER_MS = -1;",
    what: "a worker that has just been let begin has forgotten it",
  },
  {
    file: DESK,
    find: "if (job.mayHaveBegun === true && isLong(waitingSince)) this.settle(entry, interrupted());",
    replace: "",
    what: "what nobody has waits for ever to be heard of",
  },
  {
    file: DESK,
    find: "now - Math.max(heardSince, sinceMs) > HEARD_OF_AFTER_MS",
    replace: "true",
    what: "nobody gets time to say what it has",
  },
  {
    file: DESK,
    find: "if (entry.cancelled === undefined) reports.handedBack(entry.job);\n    else reports.outcome(entry.job, stopped(entry.cancelled));",
    replace: "reports.handedBack(entry.job);",
    what: "what was cancelled and handed back never ends",
  },
  {
    file: DESK,
    find: "if (successor.cancelled === undefined) this.#deps.enqueue(successor.job);",
    replace: "",
    what: "what waits for an older dispatch to stop is forgotten",
  },
  {
    file: DESK,
    find: "if (entry.job.mayHaveBegun === true) entry.holder ??= this.#begunBy(worker);",
    replace: "",
    what: "nobody may go on with what an earlier server let it begin",
  },
  {
    file: REGISTRY,
    find: "nowMs - Math.max(heardAt, heardSince) > this.#deadAfterMs",
    replace: "false",
    what: "no worker is ever gone",
  },
  {
    file: DISPATCHER,
    find: "const DEAD_AFTER_MS = 2500;",
    replace: "const DEAD_AFTER_MS = 300;",
    what: "a worker is gone between two beats",
  },
  {
    file: DISPATCHER,
    find: 'onStranger: ({ worker, seq }) => tell(worker, { type: "roll-call", answers: seq }),',
    replace: "onStranger: () => undefined,",
    what: "a worker never hears of its server",
  },
  {
    file: DISPATCHER,
    find: "known.successor = { job, cancelled: undefined };",
    replace: "",
    what: "what is dispatched anew while it is executed is forgotten",
  },
  {
    file: DISPATCHER,
    find: "if (this.#desk.entries.get(effectKey(effect)) === entry) this.#desk.settle(entry, stopped(reason));",
    replace: "",
    what: "what waits and is cancelled never ends",
  },
  {
    file: DISPATCHER,
    find: "this.#desk.giveUpUnheardOf(heardSince);",
    replace: "",
    what: "nobody looks whether somebody has it",
  },
  {
    file: DISPATCHER,
    find: "return job.mayHaveBegun === true ? this.#expect(job) : this.#enqueue(job);",
    replace: "return this.#enqueue({ ...job, mayHaveBegun: false });",
    what: "what may have been begun is put into the queue",
  },
  {
    file: WAITING,
    find: "      renewTicket(entry, now);",
    replace: "",
    what: "a job that is stuck in the queue stays there",
  },
  {
    file: WAITING,
    find: "if (addedAt !== undefined && hasFree && now - ticketAt > NEW_TICKET_MS) {",
    replace: "if (addedAt === undefined) {",
    what: "what Redis has forgotten is not put into it again",
  },
  {
    file: LINE,
    find: "if (!verdict.ok || !isLate) asked?.end(verdict);",
    replace: "asked?.end(verdict);",
    what: "a yes from before a worker stood still counts",
  },
  {
    file: LINE,
    find: "asked.sent = [...asked.sent.filter(({ at }) => now - at <= STALE_MS), sent];",
    replace: "asked.sent = [...asked.sent.map(({ seq }) => ({ seq, at: now })), sent];",
    what: "a yes to something old counts as one to what was asked last",
  },
  {
    file: LINE,
    find: "if (clock.monotonic() - newest >= AGAIN_MS) this.#send(asked);",
    replace: "",
    what: "a question that is lost is never asked again",
  },
  {
    file: LINE,
    find: 'if (answer.worker !== worker && answer.worker !== "*") return;\n    if (answer.content.type',
    replace: "if (answer.content.type",
    what: "a worker takes for its own what others are told",
  },
  {
    file: LINE,
    find: "answers > this.#knownSince && answers <= this.#seq",
    replace: "true",
    what: "a roll-call that is said again counts as a new server",
  },
  {
    file: WORKER,
    find: 'await this.#line.ask({ type: "claim", ...ref }, { limitMs: CLAIM_LIMIT_MS });',
    replace: "",
    what: "a worker begins without asking",
  },
  {
    file: DESK,
    find: "    for (const entry of held) {\n      if (isBegun(entry)) this",
    replace: "    for (const entry of held) {\n      if (held.length > 0) this",
    what: "a worker that ends had begun all that it might",
  },
  {
    file: DESK,
    find: "    for (const entry of held) {\n      if (isBegun(entry)) this",
    replace: "    for (const entry of held) {\n      if (held.length === 0) this",
    what: "what a worker that ends had begun is handed out again",
  },
  {
    file: WORKER,
    find: "this.#nextBeat = this.#deps.clock.setTimer(BEAT_MS, () => this.#keepBeating());",
    replace: "",
    what: "a worker beats once",
  },
  {
    file: WORKER,
    find: "const jobs = [...this.#held.refs];",
    replace: "const jobs = this.#held.refs.slice(this.#held.refs.length);",
    what: "a worker does not say what it has",
  },
  {
    file: HELD,
    find: 'if (!this.#mustFinish(held)) this.#silence(held, "the server has started anew");',
    replace: 'this.#silence(held, "the server has started anew");',
    what: "a new server stops what must not be interrupted",
  },
  {
    file: HELD,
    find: "else held.stop.abort(new Cancelled(reason));",
    replace: "",
    what: "a worker does not stop",
  },
  {
    file: HELD,
    find: "({ work: { job } }) => !isLetFinish(kinds.get(job.uses), job.prepared),",
    replace: "({ ref }) => ref !== undefined,",
    what: "a worker that ends interrupts what must not be",
  },
  {
    file: HELD,
    find: 'await line.ask({ type: "outcome", ...ref, outcome }, { limitMs: OUTCOME_LIMIT_MS, outlivesServer });',
    replace: "",
    what: "outcomes are not told",
  },
  {
    file: HELD,
    find: 'await line.ask({ type: "checkpoint", ...ref, data }, { limitMs: CHECKPOINT_LIMIT_MS, outlivesServer });',
    replace: "",
    what: "an effect happens without its checkpoint",
  },
  {
    file: "dispatch/envelope.ts",
    find: 'if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) return refused("forged");',
    replace: "",
    what: "signatures are not looked at",
  },
  {
    file: DESK,
    find: "const NEVER_BEGUN_AFTER_MS = 8000;",
    replace: "const NEVER_BEGUN_AFTER_MS = 0;",
    what: "what a worker is about to begin is handed out again",
  },
  {
    file: DESK,
    find: "if (hasBegun || !this.#isAsk(entry)) {",
    replace: "if (this.#deps.workers.all.length >= 0) {",
    what: "people have to look after what nobody has begun",
  },
  {
    file: HELD,
    find: "const hasBegun = !this.#isEnding;",
    replace: "const hasBegun = true;",
    what: "a worker that ends begins another job",
  },
];
