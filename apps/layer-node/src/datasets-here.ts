import { describeDatasets, fileDatasetOf, knownSummary, resolveDataset } from '@layerline/datasets';
import type { DatasetReference, DataSummary, ReadSettings, ResolvedDataset } from '@layerline/datasets';
import type { Capabilities } from '@layerline/protocol';

/** Data of a node's own. */
export interface OwnDataset {
  /** As runs call it. */
  readonly name: string;
  /** A file or a folder. */
  readonly path: string;
  readonly read: ReadSettings;
}

/**
 * The data that a node offers: published data sets that are in its folder or its cache, and its own.
 * @throws what `resolveDataset` throws for data of its own that cannot be opened
 */
export async function datasetsHere(
  dataDirectory: string | undefined,
  own: readonly OwnDataset[],
): Promise<Capabilities['datasets']> {
  const described = await describeDatasets({ dataDirectory });
  const published = described.flatMap(({ name, directory }) => {
    const known = fileDatasetOf(name);
    return directory === undefined || known === undefined
      ? []
      : [offer(name, { name: known, directory }, knownSummary(known))];
  });
  const opened = [];
  for (const { name, path, read } of own) opened.push(ownOffer(name, await resolveDataset(path, { read })));
  return [...published, ...opened];
}

/** Data that was opened on this machine, under the name that runs call it by. */
export function ownOffer(name: string, { reference, summary }: ResolvedDataset): Capabilities['datasets'][number] {
  return offer(name, reference, summary);
}

function offer(name: string, reference: DatasetReference, summary: DataSummary): Capabilities['datasets'][number] {
  if ('seed' in reference) throw new RangeError(`${reference.name} is built in, and no node's`);
  const { spec, ...rows } = summary;
  return {
    name,
    reference,
    summary: { spec: { ...spec, classes: [...spec.classes] }, ...rows, trainByClass: [...rows.trainByClass] },
  };
}
