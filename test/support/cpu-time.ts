/** How much of a processor this process has used up to now, in milliseconds: unlike a clock, it stands still while others work. */
export function cpuTimeMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
