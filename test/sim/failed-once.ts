/** Seeds that showed a fault of the program once; they are played before fresh ones. */
export const FAILED_ONCE: readonly number[] = [23, 535, 40001856];
