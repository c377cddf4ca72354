/** Seeds that showed a fault of the program or of its checkers once; they are played before fresh ones. */
export const FAILED_ONCE: readonly number[] = [23, 535, 5700292, 40001856, 221084867, 771000310, 881000490, 991000411];
