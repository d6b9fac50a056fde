/** `node tools/modules-docs.mjs`: writes the tables of all modules of learning to docs/modules.md. */
import { writeFileSync } from 'node:fs';
import { modulesPage } from '@layerline/plan';

writeFileSync('docs/modules.md', `${modulesPage()}\n`);
