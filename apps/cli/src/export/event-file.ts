import protobuf from 'protobufjs/minimal.js';
import { crc32c } from './crc32c.js';

type Writer = protobuf.Writer;

const MASK = 0xa282ead8;
const LENGTH_BYTES = 8;
const CHECKSUM_BYTES = 4;

/** What a file of events begins with. */
const FILE_VERSION = 'brain.Event:2';
/** Field numbers of TensorFlow's event.proto, summary.proto and histogram.proto, by message. */
const EVENT = { wallTime: 1, step: 2, fileVersion: 3, summary: 5 } as const;
const SUMMARY = { value: 1 } as const;
const VALUE = { tag: 1, simpleValue: 2, histogram: 5 } as const;
const HISTOGRAM = { min: 1, max: 2, count: 3, sum: 4, sumOfSquares: 5, limits: 6, counts: 7 } as const;

/** Wire types of protobuf. */
const [VARINT, FIXED64, BYTES, FIXED32] = [0, 1, 2, 5] as const;

/** When something was measured. */
export interface Moment {
  /** Training batches of the run before it. */
  readonly step: number;
  /** In milliseconds since 1970. */
  readonly at: number;
}

/** How values are distributed over buckets that border on each other. */
export interface Distribution {
  /** Where the first bucket begins and the last one ends. */
  readonly min: number;
  readonly max: number;
  /** Where each bucket ends; the last at `max`. */
  readonly limits: readonly number[];
  /** How many values lie in each. */
  readonly counts: readonly number[];
  readonly count: number;
  readonly sum: number;
  readonly sumOfSquares: number;
}

/** The record that a file of events begins with. @param at in milliseconds since 1970 */
export function versionRecord(at: number): Uint8Array {
  return recordOf(at, (event) => event.uint32(tag(EVENT.fileVersion, BYTES)).string(FILE_VERSION));
}

/** A number under a tag. The format has fp32, to which it is rounded. */
export function scalarRecord(name: string, moment: Moment, number: number): Uint8Array {
  return valueRecord(name, moment, (value) => value.uint32(tag(VALUE.simpleValue, FIXED32)).float(number));
}

/** A histogram under a tag. */
export function histogramRecord(name: string, moment: Moment, distribution: Distribution): Uint8Array {
  const { min, max, count, sum, sumOfSquares, limits, counts } = distribution;
  return valueRecord(name, moment, (value) =>
    message(value, VALUE.histogram, (histogram) => {
      const figures = { min, max, count, sum, sumOfSquares };
      for (const [figure, number] of Object.entries(figures) as [keyof typeof figures, number][]) {
        histogram.uint32(tag(HISTOGRAM[figure], FIXED64)).double(number);
      }
      message(histogram, HISTOGRAM.limits, (packed) => limits.forEach((limit) => packed.double(limit)));
      message(histogram, HISTOGRAM.counts, (packed) => counts.forEach((number) => packed.double(number)));
    }),
  );
}

function valueRecord(name: string, { step, at }: Moment, content: (value: Writer) => unknown): Uint8Array {
  return recordOf(at, (event) => {
    event.uint32(tag(EVENT.step, VARINT)).int64(step);
    message(event, EVENT.summary, (summary) =>
      message(summary, SUMMARY.value, (value) => {
        value.uint32(tag(VALUE.tag, BYTES)).string(name);
        content(value);
      }),
    );
  });
}

/**
 * An event as a record: its length, and itself, each followed by its masked checksum.
 * https://www.tensorflow.org/tutorials/load_data/tfrecord#tfrecords_format_details
 */
function recordOf(at: number, content: (event: Writer) => unknown): Uint8Array {
  const writer = protobuf.Writer.create();
  writer.uint32(tag(EVENT.wallTime, FIXED64)).double(at / 1000);
  content(writer);
  const event = writer.finish();
  const record = Buffer.alloc(LENGTH_BYTES + CHECKSUM_BYTES + event.length + CHECKSUM_BYTES);
  record.writeBigUInt64LE(BigInt(event.length));
  record.writeUInt32LE(maskedCrc(record.subarray(0, LENGTH_BYTES)), LENGTH_BYTES);
  record.set(event, LENGTH_BYTES + CHECKSUM_BYTES);
  record.writeUInt32LE(maskedCrc(event), record.length - CHECKSUM_BYTES);
  return record;
}

/** Rotated and shifted, so that a checksum over data that has checksums in it does not cancel out. */
function maskedCrc(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + MASK) >>> 0;
}

function message(writer: Writer, field: number, content: (message: Writer) => unknown): void {
  writer.uint32(tag(field, BYTES)).fork();
  content(writer);
  writer.ldelim();
}

function tag(field: number, wireType: number): number {
  return (field << 3) | wireType;
}
