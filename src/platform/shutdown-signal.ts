/**
 * Resolves with the first SIGTERM or SIGINT that the process gets; from then on a second one ends it at once, as it would have
 * without us.
 */
export function shutdownSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    const signals: readonly NodeJS.Signals[] = ["SIGTERM", "SIGINT"];
    const hear = (signal: NodeJS.Signals): void => {
      for (const each of signals) process.off(each, hear);
      resolve(signal);
    };
    for (const signal of signals) process.on(signal, hear);
  });
}
