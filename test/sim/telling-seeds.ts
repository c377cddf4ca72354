/**
 * Seeds in whose worlds much happens that seldom happens, the most telling first: planted bugs are looked for there before anywhere
 * else. `npm run sim -- --telling 2000` finds them anew when scenarios are made otherwise.
 */
export const TELLING_SEEDS: readonly number[] = [];
