import type { RunEnd, RunHead, StreamItem } from '@layerline/api';
import type { Display } from './display.js';
import { openDisplay } from './open-display.js';

/** A run as a person watches it, wherever its events come from. */
export class RunView {
  #display: Display | undefined;

  /** @param stream where the person is looking @param quiet show nothing @param greeting printed first */
  constructor(
    readonly stream: NodeJS.WriteStream,
    readonly quiet: boolean,
    readonly greeting?: (head: RunHead) => string,
  ) {}

  /**
   * Shows a run until it ends.
   * @returns how it ended, or undefined if the items stop before that
   */
  async show(items: AsyncIterable<StreamItem>): Promise<RunEnd | undefined> {
    for await (const item of items) {
      if (item.type === 'run') this.#open(item);
      else if (item.type === 'ended') return item.end;
      else this.#display?.handle(item);
    }
    return undefined;
  }

  say(line: string): void {
    this.#display?.say(line);
  }

  close(): void {
    this.#display?.close();
  }

  #open(head: RunHead): void {
    const isFirst = this.#display === undefined;
    this.#display ??= openDisplay(this.stream, head.plan, this.quiet);
    if (isFirst && this.greeting !== undefined) this.#display.say(this.greeting(head));
    this.#display.open(head);
  }
}
