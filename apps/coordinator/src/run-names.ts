import { readdir } from 'node:fs/promises';
import { idsMeant, nameOf, summarizeRun } from '@layerline/checkpoint';
import { AmbiguousRunError, NameTakenError } from './naming-errors.js';

/** The id that a text stands for: itself, or the only one that is meant by it; undefined where there is none. @throws AmbiguousRunError */
export function idAmong(text: string, ids: readonly string[]): string | undefined {
  if (ids.includes(text)) return text;
  const meant = idsMeant(text, ids);
  if (meant.length > 1) throw new AmbiguousRunError(text, meant);
  return meant[0];
}

/** What the runs of a coordinator can be called by. */
export class RunNames {
  /** @param root folder of the runs @param here those that this coordinator has, by id */
  constructor(
    readonly root: string,
    readonly here: ReadonlyMap<string, unknown>,
  ) {}

  /** The id that a text stands for; the text itself if it stands for none. @throws AmbiguousRunError */
  async idOf(text: string): Promise<string> {
    if (await this.#isRun(text)) return text;
    const found = idsMeant(text, await this.#ids()).map(async (id) => ((await this.#isRun(id)) ? [id] : []));
    return idAmong(text, (await Promise.all(found)).flat()) ?? text;
  }

  /** @throws NameTakenError */
  async refuseTaken(name: string): Promise<void> {
    const taken = (await this.#ids()).find((id) => nameOf(id) === name);
    if (taken !== undefined) throw new NameTakenError(name, taken);
  }

  async #isRun(id: string): Promise<boolean> {
    return this.here.has(id) || (await summarizeRun(this.root, id)) !== undefined;
  }

  /** Of all that may be runs. */
  async #ids(): Promise<string[]> {
    const found = await readdir(this.root).catch((): string[] => []);
    return [...new Set([...this.here.keys(), ...found])];
  }
}
