import type { DataSummary } from '@layerline/datasets';
import { dataSpecSchema, datasetReferenceSchema } from '@layerline/plan';
import type { Plan } from '@layerline/plan';
import { parse } from '@layerline/protocol';
import type { Capabilities } from '@layerline/protocol';
import * as z from 'zod';

const count = z.number().int().nonnegative();

const summarySchema = z.strictObject({
  spec: dataSpecSchema,
  sha256: z.string(),
  trainByClass: z.array(count),
  testRows: count,
}) satisfies z.ZodType<DataSummary>;

/** A data set that a node has. */
export interface OfferedData {
  readonly name: string;
  /** As the node's stages open it. */
  readonly reference: Plan['dataset'];
  readonly summary: DataSummary;
}

/** What a node says of a data set. @throws ProtocolError where it makes no sense */
export function offeredData({ name, reference, summary }: Capabilities['datasets'][number]): OfferedData {
  return { name, reference: parse(datasetReferenceSchema, reference), summary: parse(summarySchema, summary) };
}
