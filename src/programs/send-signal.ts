/** Sends a signal to a process, or with a negative number to a group; false when it is not there any more, or not ours. */
export function sendSignal(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}
