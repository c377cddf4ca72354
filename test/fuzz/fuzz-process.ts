import { fork } from "node:child_process";

import { type Order, Said } from "./fuzz-order.ts";

export type Ending =
  | { readonly kind: "answered"; readonly answer: unknown }
  /** It said nothing for too long, or ended by itself; `at` is the input with which it was busy, where it says so. */
  | { readonly kind: "hung" | "died"; readonly why: string; readonly at: number };

const CHILD = new URL("fuzz-child.ts", import.meta.url);
// What is parsed has some kilobytes; whoever needs more than this for it keeps far too much.
const MOST_HEAP_MB = 400;
// Far beyond what is slow, so that a busy machine is no finding.
const HUNG_MS = 30_000;

/** Has a process of its own carry out an order, and ends it when it hangs. */
export async function runProcess(order: Order): Promise<Ending> {
  const child = fork(CHILD, {
    execArgv: [`--max-old-space-size=${MOST_HEAP_MB}`],
    serialization: "advanced",
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  const { promise, resolve } = Promise.withResolvers<Ending>();
  let at = 0;
  let stderr = "";
  const hang = (): void => resolve({ kind: "hung", why: `did not end within ${HUNG_MS / 1000} s`, at });
  let timer = setTimeout(hang, HUNG_MS);
  child.on("message", (message) => {
    const said = Said.parse(message);
    if (said.kind === "answer") return resolve({ kind: "answered", answer: said.answer });
    at = said.at ?? at;
    clearTimeout(timer);
    timer = setTimeout(hang, HUNG_MS);
  });
  child.stderr?.on("data", (chunk: Buffer) => void (stderr = `${stderr}${chunk.toString()}`.slice(-4000)));
  child.once("close", (code, signal) => resolve({ kind: "died", why: whyOf(stderr, signal ?? `exit ${code}`), at }));
  child.send(order);
  const ending = await promise;
  clearTimeout(timer);
  child.kill("SIGKILL");
  return ending;
}

function whyOf(stderr: string, end: string): string {
  const said = /^(?:FATAL ERROR|\w*Error)\b.*$/mu.exec(stderr)?.[0] ?? "";
  return `the process ended (${end}): ${said}`;
}
