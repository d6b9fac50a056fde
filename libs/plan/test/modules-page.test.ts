import { readFileSync } from 'node:fs';
import t from 'tap';
import { MODULES, modulesPage } from '../src/index.js';

t.test('the tables in docs/ are those of this version: npm run modules-docs makes them', (t) => {
  const page = modulesPage();
  t.equal(readFileSync(new URL('../../../../docs/modules.md', import.meta.url), 'utf8'), `${page}\n`);
  for (const { name, summary } of Object.values(MODULES).flat()) {
    t.match(page, `| \`${name}\` | ${summary} |`, name);
  }
  t.end();
});
