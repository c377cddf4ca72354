/** Resolves when all that is ready has run: nothing in a simulated process waits for anything but promises. */
export function drained(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}
