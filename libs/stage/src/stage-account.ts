import { LinkAccount } from '@layerline/protocol';
import type { StageTelemetry } from '@layerline/protocol';
import { Meter } from '@layerline/telemetry';

const BYTES_PER_KIBIBYTE = 1024;

/** A stage's telemetry, put together from its meter, the accounts of its links, and its process. */
export class StageAccount {
  /** How the stage spends its time, from the making of this account on. */
  readonly meter = new Meter();
  /** Event loop time that the links had taken before, in milliseconds. */
  readonly #serializedBefore: number;

  /** The first and the last stage have a link on one side only: on the other, nothing is ever carried. */
  constructor(
    readonly inbound = new LinkAccount(),
    readonly outbound = new LinkAccount(),
  ) {
    // The producer may have begun already: what came before is no part of this meter's time.
    this.#serializedBefore = this.#serializing();
  }

  /** Totals since the stream began. */
  read(): StageTelemetry {
    return {
      ...this.meter.read(),
      serializing: this.#serializing() - this.#serializedBefore,
      framesSent: this.outbound.frames,
      framesReceived: this.inbound.frames,
      bytesSent: this.outbound.bytes,
      memory: process.memoryUsage.rss(),
      peakMemory: process.resourceUsage().maxRSS * BYTES_PER_KIBIBYTE,
    };
  }

  #serializing(): number {
    return this.inbound.milliseconds + this.outbound.milliseconds;
  }
}
