import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Programs } from "../../../../src/programs/program-order.ts";
import type { WorkFolders } from "../../../../src/programs/work-folders.ts";
import type { SendHttp } from "../../../../src/steps/network/http-call.ts";
import type { Dice } from "../../dice.ts";
import { Life } from "../../life.ts";
import { MachineClock, type Wall } from "../../machine-clock.ts";
import { TimeLine } from "../../schedule.ts";
import { ProgramStage, type SimulatedProgram } from "../programs/program-stage.ts";
import { ArgocdEnd } from "./argocd-end.ts";
import { JOB, jobProgram, type JobRun, kubeconformProgram } from "./job-ends.ts";
import { type FarEnd, type Look, netSender } from "./net-http.ts";
import { OciEnd } from "./oci-end.ts";
import { PrometheusEnd } from "./prometheus-end.ts";
import { SocketEnds } from "./socket-ends.ts";
import { WebEnds } from "./web-ends.ts";

/** One process of the application, from the true time at which it began. */
export interface Span {
  readonly number: number;
  readonly life: Life;
  readonly clock: MachineClock;
  readonly from: number;
  /** The same moment by the clock on the wall. */
  readonly fromShown: number;
}

/** Everything outside of the application, and all that is true of it. */
export class NetWorld implements Disposable {
  readonly line: TimeLine;
  readonly #wall: Wall = { offsetMs: 0 };
  /** How far the clock on the wall was ahead, from which moment on. */
  readonly offsets: { readonly from: number; readonly offsetMs: number }[];
  readonly spans: Span[] = [];
  readonly looks: Look[] = [];
  readonly jobs: JobRun[] = [];
  /** What kubeconform printed. */
  readonly reports: string[] = [];
  readonly web: WebEnds;
  readonly sockets: SocketEnds;
  readonly prometheus: PrometheusEnd;
  readonly registry: OciEnd;
  readonly argocd: ArgocdEnd;
  readonly #stage: ProgramStage;
  readonly #dice: Dice;
  #folder: string | undefined;
  #isTroubled = true;

  constructor(dice: Dice, startAt: number) {
    this.#dice = dice;
    this.line = new TimeLine(startAt);
    this.offsets = [{ from: startAt, offsetMs: 0 }];
    this.web = new WebEnds(dice.fork("web"), startAt);
    this.sockets = new SocketEnds(dice.fork("sockets"), startAt);
    this.prometheus = new PrometheusEnd(dice.fork("prometheus"), startAt);
    this.registry = new OciEnd(dice.fork("registry"), startAt);
    this.argocd = new ArgocdEnd(dice.fork("argocd"), this.line);
    const isTroubled = (): boolean => this.#isTroubled;
    const { line } = this;
    const programs = new Map<string, SimulatedProgram>([
      [JOB, jobProgram({ runs: this.jobs, isTroubled, life: () => this.spans.length })],
      [
        "kubeconform",
        kubeconformProgram({ printed: this.reports, isTroubled, isValid: (text) => !text.includes('"wrong":true') }),
      ],
    ]);
    const clock = {
      now: () => line.now(),
      sleep: (delayMs: number) => new Promise<void>((resolve) => void line.after(delayMs, resolve)),
    };
    this.#stage = new ProgramStage({ clock, dice: dice.fork("stage"), programs, isTroubled });
  }

  get now(): number {
    return this.line.now();
  }

  /** What the clock on the wall shows. */
  get shown(): number {
    return this.now + this.#wall.offsetMs;
  }

  /** The process that is there. */
  get span(): Span {
    const span = this.spans.at(-1);
    if (span === undefined) throw new RangeError("no process was begun");
    return span;
  }

  /** The clock of this machine, for what outlives its processes. */
  clock(life = new Life("disk")): MachineClock {
    return new MachineClock({ line: this.line, life, wall: this.#wall });
  }

  /** A new process on this machine; the one before it is gone. */
  begin(): Span {
    const number = this.spans.length + 1;
    const life = new Life(String(number));
    const clock = this.clock(life);
    const span = { number, life, clock, from: this.now, fromShown: this.shown };
    this.spans.push(span);
    return span;
  }

  /** Somebody sets the clock on the wall. */
  stepWall(byMs: number): void {
    this.#wall.offsetMs += byMs;
    this.offsets.push({ from: this.now, offsetMs: this.#wall.offsetMs });
  }

  /** How far the clock on the wall was ahead at a moment. */
  offsetAt(moment: number): number {
    return this.offsets.findLast(({ from }) => from <= moment)?.offsetMs ?? 0;
  }

  /** Everything is well from now on. */
  calm(): void {
    this.#isTroubled = false;
    const { now } = this;
    this.web.calm(now);
    this.sockets.calm(now);
    this.prometheus.calm(now);
    this.registry.calm(now);
    this.argocd.calm();
  }

  sender({ clock, number }: Span): SendHttp {
    const ends = new Map<string, FarEnd>([
      ...this.web.ends,
      ...this.registry.ends,
      ["prometheus.test", (request) => this.prometheus.serve(request)],
    ]);
    const inside = new Set(["intern.test"]);
    const now = (): number => this.now;
    const dice = this.#dice.fork(`net ${number}`);
    return netSender({ clock, now, life: number, dice, ends, inside, looks: this.looks });
  }

  programs({ life }: Span): Programs {
    return this.#stage.of(life);
  }

  /** The programs of a process that has died go on for a moment. */
  orphan(): void {
    this.#stage.orphan();
  }

  /** The work folders of one process: real ones, as steps look into them. */
  folders(): WorkFolders {
    return {
      use: async ({ name, signal }, work) => {
        signal.throwIfAborted();
        this.#folder ??= mkdtempSync(join(tmpdir(), "qd-net-"));
        const folder = join(this.#folder, name.replaceAll(/[^\w]+/gu, "-"));
        mkdirSync(folder, { recursive: true });
        return await work(folder);
      },
    };
  }

  [Symbol.dispose](): void {
    if (this.#folder !== undefined) rmSync(this.#folder, { recursive: true, force: true });
  }
}
