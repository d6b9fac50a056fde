import * as z from 'zod';

const count = z.number().int().nonnegative();
const size = z.number().int().positive();
const text = z.string().max(4096);
/** As many as a data set can have. */
const MAX_CLASSES = 256;

/** What a stage opens the data by, on the node that has it: a folder of published files, or a path of the node's own. */
const reference = z.union([
  z.strictObject({ name: text, directory: text }),
  z.strictObject({
    name: text,
    path: text,
    read: z.strictObject({ labelColumn: text.optional(), header: z.boolean().optional() }),
    sha256: text,
  }),
]);

/** What a plan has to know of the data: what its rows are, a hash of its content, and how many there are. */
const summary = z.strictObject({
  spec: z.strictObject({
    kind: z.enum(['images', 'table']),
    height: size,
    width: size,
    channels: size,
    classes: z.array(text).max(MAX_CLASSES),
    label: z.enum(['overwrite', 'append']),
  }),
  sha256: text,
  trainByClass: z.array(count).max(MAX_CLASSES),
  testRows: count,
});

/** A data set that a node has. */
export const datasetOffer = z.strictObject({
  /** As runs call it: where training is on one machine, perhaps a path. */
  name: text.min(1),
  reference,
  summary,
});
