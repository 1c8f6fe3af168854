/** What work costs this thread, whatever else the machine does. */

/** Begins to count; the function gives the processor time since then, ms. */
export function cpuTime(): () => number {
  const began = process.threadCpuUsage();
  return () => {
    const { user, system } = process.threadCpuUsage(began);
    return (user + system) / 1000;
  };
}
