import type { LinkAccount, StageTelemetry } from '@layerline/protocol';
import { Meter } from '@layerline/telemetry';

const BYTES_PER_KIBIBYTE = 1024;

/**
 * The accounts of a stage's links. Without feedback, the first and the last stage have links on one side only; most
 * have no peers.
 */
export interface StageLinks {
  readonly inbound?: readonly LinkAccount[];
  readonly outbound?: readonly LinkAccount[];
  readonly peers?: readonly LinkAccount[];
}

/** A stage's telemetry, put together from its meter, the accounts of its links, and its process. */
export class StageAccount {
  /** How the stage spends its time, from the making of this account on. */
  readonly meter = new Meter();
  /** Event loop time that the links had taken before, in milliseconds. */
  readonly #serializedBefore: number;

  readonly #inbound: readonly LinkAccount[];
  readonly #outbound: readonly LinkAccount[];
  readonly #peers: readonly LinkAccount[];

  constructor({ inbound = [], outbound = [], peers = [] }: StageLinks) {
    this.#inbound = inbound;
    this.#outbound = outbound;
    this.#peers = peers;
    // A producer may have begun already: what came before is no part of this meter's time.
    this.#serializedBefore = this.#serializing();
  }

  /**
   * Totals since the stream began. A frame counts once, however many links it takes: as received once its slices have come
   * from all producers, and as sent once all consumers have given credit for it. Bytes count on every link.
   */
  read(): StageTelemetry {
    return {
      ...this.meter.read(),
      serializing: this.#serializing() - this.#serializedBefore,
      framesSent: leastFrames(this.#outbound),
      framesReceived: leastFrames(this.#inbound),
      bytesSent: sum([...this.#outbound, ...this.#peers], ({ bytes }) => bytes),
      ...memoryOfProcess(),
    };
  }

  #serializing(): number {
    return sum([...this.#inbound, ...this.#outbound, ...this.#peers], ({ milliseconds }) => milliseconds);
  }
}

function memoryOfProcess(): Pick<StageTelemetry, 'memory' | 'peakMemory'> {
  const peakMemory = process.resourceUsage().maxRSS * BYTES_PER_KIBIBYTE;
  try {
    return { memory: process.memoryUsage.rss(), peakMemory };
  } catch {
    // Without /proc, as in a bare chroot, only the peak is known.
    return { memory: peakMemory, peakMemory };
  }
}

function leastFrames(accounts: readonly LinkAccount[]): number {
  return accounts.length === 0 ? 0 : Math.min(...accounts.map(({ frames }) => frames));
}

function sum(accounts: readonly LinkAccount[], figure: (account: LinkAccount) => number): number {
  return accounts.reduce((total, account) => total + figure(account), 0);
}
