import { CheckpointError } from './errors.js';
import { parsePartName, unitsOf } from './state-part.js';
import type { Content, UnitRange } from './state-part.js';

/** A part of a cut. */
export interface CutPart<C extends Content = Content> {
  readonly name: string;
  readonly content: C;
  /** Its units; of a content without units, which is a single piece, from 0 to 1. */
  readonly range: UnitRange;
}

/** All units of a content. One that has none counts as a single one. */
export function allUnits({ units = 1 }: Content): UnitRange {
  return { from: 0, to: units };
}

/** Which parts hold the contents of a snapshot or a model: every unit of each is in exactly one of them. */
export class Cut<C extends Content = Content> {
  readonly #ofContent: ReadonlyMap<string, CutPart<C>[]>;
  readonly #byName: ReadonlyMap<string, CutPart<C>>;
  /** In the order of the contents, and of units. */
  readonly parts: readonly CutPart<C>[];

  /**
   * @param names of the parts, in any order
   * @param source named in errors
   * @throws CheckpointError when something is in none of the parts or in several, or a part is of something else
   */
  constructor(contents: readonly C[], names: readonly string[], source: string) {
    const known = new Map(contents.map((content) => [content.name, content]));
    this.#ofContent = new Map(contents.map(({ name }) => [name, []]));
    for (const name of names) {
      const part = partOf(name, known);
      if (part === undefined) throw new CheckpointError(`${source} has a part "${name}" that does not belong there`);
      this.#ofContent.get(part.content.name)?.push(part);
    }
    for (const content of contents) {
      const parts = this.#ofContent.get(content.name) ?? [];
      parts.sort((one, other) => one.range.from - other.range.from);
      checkCover(content, parts, source);
    }
    this.parts = [...this.#ofContent.values()].flat();
    this.#byName = new Map(this.parts.map((part) => [part.name, part]));
  }

  /** The parts of a content, in the order of units. */
  of(content: string): readonly CutPart<C>[] {
    return this.#ofContent.get(content) ?? [];
  }

  /** The part of a name, if it is one of this cut. */
  find(name: string): CutPart<C> | undefined {
    return this.#byName.get(name);
  }
}

/** @returns undefined for what is no part of any content */
function partOf<C extends Content>(name: string, contents: ReadonlyMap<string, C>): CutPart<C> | undefined {
  const { content: owner, range } = parsePartName(name);
  const content = contents.get(owner);
  if (content === undefined) return undefined;
  if (range === undefined) return { name, content, range: allUnits(content) };
  return content.units !== undefined && range.to <= content.units ? { name, content, range } : undefined;
}

function checkCover(content: Content, parts: readonly CutPart[], source: string): void {
  const all = allUnits(content);
  const describe = (range: UnitRange): string => {
    const isWhole = range.from === all.from && range.to === all.to;
    return isWhole ? content.name : `${unitsOf(range)} of ${content.name}`;
  };
  let next = all.from;
  for (const { from, to } of [...parts.map(({ range }) => range), { from: all.to, to: Infinity }]) {
    if (from > next) throw new CheckpointError(`${source} lacks ${describe({ from: next, to: from })}`);
    if (from < next) throw new CheckpointError(`${source} has ${describe({ from, to: Math.min(next, to) })} twice`);
    next = to;
  }
}
