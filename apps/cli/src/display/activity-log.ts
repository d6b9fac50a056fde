import type { Activity } from '@layerline/coordinator';
import { activityInWords, subjectOf } from './activity-lines.js';
import { timeOfDay } from './format.js';

/** So many lines about one node or run are printed in a span; of those beyond, the newest at its end. */
const MOST_LINES = 10;
const SPAN_MS = 60_000;

/** Calls a function after some milliseconds, unless the program ends before. */
type Later = (then: () => void, milliseconds: number) => void;

/** What has been printed about a node or a run in the present span. */
interface Subject {
  printed: number;
  /** How many lines wait, and the newest of them. */
  held: number;
  newest: string;
}

/**
 * Prints a line for each thing that happens to a coordinator's nodes and runs. A node that comes and goes all the time does not
 * push everything else off the screen, and yet the last line about it is always how it is.
 */
export class ActivityLog {
  readonly #subjects = new Map<string, Subject>();

  constructor(
    readonly print: (line: string) => void,
    readonly later: Later = (then, milliseconds) => void setTimeout(then, milliseconds).unref(),
    readonly now: () => Date = () => new Date(),
  ) {}

  add(activity: Activity): void {
    const name = subjectOf(activity);
    const words = activityInWords(activity);
    const subject = this.#subjects.get(name) ?? this.#begin(name);
    // How a run ended is news, however much there was before.
    if (activity.type === 'run-ended' || (subject.printed < MOST_LINES && subject.held === 0)) {
      this.#release(name, subject);
      subject.printed++;
      this.#say(name, words);
      return;
    }
    subject.held++;
    subject.newest = words;
  }

  /** Prints what has been held back. */
  flush(): void {
    for (const [name, subject] of this.#subjects) this.#release(name, subject);
  }

  #begin(name: string): Subject {
    const subject = { printed: 0, held: 0, newest: '' };
    this.#subjects.set(name, subject);
    this.later(() => this.#endSpan(name, subject), SPAN_MS);
    return subject;
  }

  #endSpan(name: string, subject: Subject): void {
    this.#subjects.delete(name);
    if (subject.held === 0) return;
    this.#release(name, subject);
    this.#begin(name).printed = 1;
  }

  #release(name: string, subject: Subject): void {
    const { held, newest } = subject;
    subject.held = 0;
    if (held === 0) return;
    const before = held === 1 ? '' : ` (and ${held - 1} more ${held === 2 ? 'change' : 'changes'} just before)`;
    this.#say(name, newest + before);
  }

  #say(name: string, words: string): void {
    this.print(`${timeOfDay(this.now())} ${name}: ${words}`);
  }
}
