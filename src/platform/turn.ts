/** Calls `action` once, after everything that is ready in this turn of the event loop has run. Keeps the process alive until then. */
export type AtEndOfTurn = (action: () => void) => void;

export const atEndOfTurn: AtEndOfTurn = (action) => void setImmediate(action);
