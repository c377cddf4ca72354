const LONG_MS = 1_000_000_000;

/**
 * Keeps the process running until the function that it gives back is called. Timers of the clock do not, and while the network
 * is away they are all that is left of a server.
 */
export function keepAlive(): () => void {
  const handle = setInterval(() => undefined, LONG_MS);
  return () => clearInterval(handle);
}
