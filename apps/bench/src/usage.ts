import * as z from 'zod';

/** What a process has used over a stream of frames. */
export const usageSchema = z.object({
  /** User and system time of all its threads, in milliseconds a frame. */
  cpu: z.number().nonnegative(),
  /** In milliseconds a frame. */
  wall: z.number().positive(),
});
export type Usage = z.infer<typeof usageSchema>;

/** Starts to measure this process. @returns what it has used since, shared out over a number of frames */
export function startUsage(): (frames: number) => Usage {
  const cpuBefore = process.cpuUsage();
  const wallBefore = performance.now();
  return (frames) => {
    const { user, system } = process.cpuUsage(cpuBefore);
    return { cpu: (user + system) / 1000 / frames, wall: (performance.now() - wallBefore) / frames };
  };
}
