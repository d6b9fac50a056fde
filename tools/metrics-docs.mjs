/** `node tools/metrics-docs.mjs`: writes the list of everything that is measured to docs/metrics.md. */
import { writeFileSync } from 'node:fs';
import { metricsPage } from '@layerline/api';

writeFileSync('docs/metrics.md', `${metricsPage()}\n`);
