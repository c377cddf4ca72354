import { readdir, readFile, readlink } from "node:fs/promises";

/** The variable by which a process is known as started by Quarterdeck, whatever became of its group and its parent. */
export const MARK = "QUARTERDECK_PROGRAM";

/** A process that carries a mark. */
export interface MarkedProcess {
  readonly pid: number;
  readonly mark: string;
}

/** Whether the processes of this machine can be looked at, which only Linux lets us. */
export const canSeeProcesses = process.platform === "linux";

const NUMBER = /^\d+$/u;

/**
 * The processes of this user whose mark begins so, on Linux; elsewhere there is no way to see them and none is found. Those that have
 * ended and only wait to be collected carry no mark any more.
 */
export async function markedProcesses(beginning: string): Promise<readonly MarkedProcess[]> {
  const found = await Promise.all((await processIds()).map((pid) => readMark(pid)));
  return found.filter((each) => each !== undefined).filter(({ mark }) => mark.startsWith(beginning));
}

/** What tells a process from every other one of this machine, also from a later one with the same number; undefined when there is none. */
export async function processIdentity(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, "latin1").catch(() => undefined);
  // The name may hold anything, and stands in the last brackets; the start is the 20th field after them.
  const fields = stat?.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [state, start] = [fields?.[0], fields?.[19]];
  return start === undefined || state === "Z" || state === "X" ? undefined : `${pid}-${start}`;
}

/** Where numbers of processes mean the same. */
export async function processNamespace(): Promise<string> {
  return await readlink("/proc/self/ns/pid").catch(() => "none");
}

async function processIds(): Promise<readonly number[]> {
  const names = await readdir("/proc").catch(() => []);
  return names.filter((name) => NUMBER.test(name)).map(Number);
}

async function readMark(pid: number): Promise<MarkedProcess | undefined> {
  const environ = await readFile(`/proc/${pid}/environ`, "latin1").catch(() => "");
  const variable = environ.split("\0").find((each) => each.startsWith(`${MARK}=`));
  return variable === undefined ? undefined : { pid, mark: variable.slice(MARK.length + 1) };
}
