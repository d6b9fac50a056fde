import { look, MAX_LOOKS } from '@layerline/api';
import type { Look, LookHead } from '@layerline/api';
import { CheckpointError, LookStore } from '@layerline/checkpoint';
import { largestLookBytes, layerName } from '@layerline/plan';
import type { Plan } from '@layerline/plan';
import { UnknownLookError } from '../errors.js';

/** The looks that are kept in a run's folder: the newest of them. */
export class Looks {
  /** Of a look, in bytes. */
  readonly mostBytes: number;
  readonly #store: LookStore;

  /**
   * @param folder of the looks
   * @param verify throws unless the folder may be written to
   */
  constructor(
    folder: string,
    readonly plan: Plan,
    readonly verify: () => void,
  ) {
    this.mostBytes = largestLookBytes(plan);
    this.#store = new LookStore(folder, MAX_LOOKS, this.mostBytes);
  }

  /** The oldest first. */
  list(): LookHead[] {
    return this.#store.list();
  }

  /** A number that no other look of the run has. */
  nextId(): number {
    return this.#store.nextId();
  }

  /** @throws CheckpointError where it is not a look of this number at the plan's layers; the file system's error */
  async put(id: number, bytes: Uint8Array): Promise<void> {
    const taken = parseLook(id, bytes);
    if (taken.id !== id || !isOf(taken, this.plan)) {
      throw new CheckpointError(`Look ${id} is not one at the layers of this plan`);
    }
    this.verify();
    await this.#store.put(taken, bytes);
  }

  /** @throws UnknownLookError, CheckpointError where it is damaged */
  async read(id: number): Promise<Look> {
    const bytes = await this.#store.read(id).catch((cause: unknown) => {
      throw new CheckpointError(`Look ${id} cannot be read: ${(cause as Error).message}`, { cause });
    });
    if (bytes === undefined) throw new UnknownLookError(id);
    return parseLook(id, bytes);
  }
}

/** @throws CheckpointError */
function parseLook(id: number, bytes: Uint8Array): Look {
  try {
    return look.parse(JSON.parse(Buffer.from(bytes).toString()));
  } catch (cause) {
    throw new CheckpointError(`Look ${id} is damaged`, { cause });
  }
}

function isOf({ layers }: Look, plan: Plan): boolean {
  const { programs = {} } = plan;
  const fits = plan.layers.every(({ units }, index) => {
    const layer = layers[index] ?? null;
    if (layer === null || layerName(index) in programs) return layer === null && layerName(index) in programs;
    return Buffer.byteLength(layer.activations, 'base64') === Float32Array.BYTES_PER_ELEMENT * units;
  });
  return layers.length === plan.layers.length && fits;
}
