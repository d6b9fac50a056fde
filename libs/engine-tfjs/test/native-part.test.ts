import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { findAddon, installFolder } from '../src/native-part.js';

function addAddon(folder: string): string {
  const build = join(folder, 'lib', 'napi-v8');
  mkdirSync(build, { recursive: true });
  const addon = join(build, 'tfjs_binding.node');
  writeFileSync(addon, 'no addon');
  return addon;
}

await t.test('an addon of ours comes before one of the package', async (t) => {
  const home = t.testdir();
  process.env['LAYERLINE_TENSORFLOW'] = join(home, 'native');
  t.teardown(() => delete process.env['LAYERLINE_TENSORFLOW']);
  const nodePackage = { folder: join(home, 'package'), version: '9.8.7' };
  t.equal(findAddon(nodePackage), undefined);
  const own = addAddon(nodePackage.folder);
  t.equal(findAddon(nodePackage), own);
  const folder = installFolder(nodePackage);
  t.equal(folder, join(home, 'native', `tfjs-node-9.8.7-${process.platform}-${process.arch}`));
  const ours = addAddon(folder);
  t.equal(findAddon(nodePackage), ours);
  t.equal(findAddon({ ...nodePackage, version: '9.8.8' }), own, 'but not one that was built for another version');
});
