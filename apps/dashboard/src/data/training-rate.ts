/** How far training had got: images, and seconds of training, since the run began. */
export interface Progress {
  readonly images: number;
  readonly trainSeconds: number;
}

/** Seconds of training over which the rate is averaged. */
const WINDOW_SECONDS = 5;
/** A shorter stretch says more about one batch than about the training. */
const LEAST_SECONDS = 0.5;

/** What has been seen within the window, oldest first, with `now` added. A step back begins anew. */
export function withProgress(seen: readonly Progress[], now: Progress): readonly Progress[] {
  const last = seen.at(-1);
  if (last !== undefined && now.images < last.images) return [now];
  const all = [...seen, now];
  const first = all.findLastIndex(({ trainSeconds }) => now.trainSeconds - trainSeconds >= WINDOW_SECONDS);
  return all.slice(Math.max(0, first));
}

/** Recent images per second, or undefined while too little has been seen. */
export function imagesPerSecond(seen: readonly Progress[]): number | undefined {
  const [first, last] = [seen[0], seen.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  const seconds = last.trainSeconds - first.trainSeconds;
  return seconds < LEAST_SECONDS ? undefined : (last.images - first.images) / seconds;
}
