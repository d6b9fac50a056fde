/** `node tools/openapi.mjs`: writes the description of the coordinator's HTTP interface to docs/openapi.json. */
import { readFileSync, writeFileSync } from 'node:fs';
import { openApi } from '@layerline/api';
import { format } from 'prettier';

const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
writeFileSync('docs/openapi.json', await format(JSON.stringify(openApi(version)), { parser: 'json', printWidth: 120 }));
