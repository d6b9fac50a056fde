import type { Tensor } from '@layerline/engine';

/** Disposes of the tensors of all groups. */
export function disposeAll(...groups: readonly Readonly<Record<string, Tensor | undefined>>[]): void {
  for (const group of groups) for (const tensor of Object.values(group)) tensor?.dispose();
}
