const SIGNALS: readonly NodeJS.Signals[] = ["SIGTERM", "SIGINT"];

/**
 * Resolves with the first SIGTERM or SIGINT that the process gets; from then on a second one ends it at once, as it would have
 * without us. Until then our listeners stay: execa, which listens while a program runs, passes a signal on to this process when
 * it finds itself the only one that does.
 */
export function shutdownSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let isTold = false;
    const hear = (signal: NodeJS.Signals): void => {
      if (!isTold) {
        isTold = true;
        resolve(signal);
        return;
      }
      for (const each of SIGNALS) process.removeAllListeners(each);
      process.kill(process.pid, signal);
    };
    for (const signal of SIGNALS) process.on(signal, hear);
  });
}
