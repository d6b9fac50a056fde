import { posix } from 'node:path';
import { isOwn } from './projects.mjs';

/**
 * @typedef {import('./projects.mjs').Manifest} Manifest
 * @typedef {import('./projects.mjs').Ranges} Ranges
 */

/**
 * @param {Ranges} ranges
 * @returns {Ranges} in the order of names, so that the same contents are the same bytes
 */
const sorted = (ranges) => Object.fromEntries(Object.entries(ranges).sort(([a], [b]) => (a < b ? -1 : 1)));

/**
 * What all projects together need from a registry. What one of them cannot do without is not optional.
 * @param {readonly Manifest[]} manifests
 * @returns {{ dependencies: Ranges, optionalDependencies: Ranges }}
 * @throws where two projects want different ranges of one package: the installed tree has one place for it
 */
export function mergeExternal(manifests) {
  /** @type {Map<string, { range: string, by: string }>} */
  const wanted = new Map();
  /** @type {Record<'dependencies' | 'optionalDependencies', Ranges>} */
  const merged = { dependencies: {}, optionalDependencies: {} };
  for (const field of /** @type {const} */ (['dependencies', 'optionalDependencies'])) {
    for (const { name: by, [field]: ranges = {} } of manifests) {
      for (const [name, range] of Object.entries(ranges)) {
        if (isOwn(name)) continue;
        const other = wanted.get(name);
        if (other !== undefined && other.range !== range)
          throw new Error(
            `${other.by} wants ${name} ${other.range} and ${by} wants ${range}: give both the same range, as one package can have only one`,
          );
        if (other === undefined) merged[field][name] = range;
        wanted.set(name, { range, by });
      }
    }
  }
  return { dependencies: sorted(merged.dependencies), optionalDependencies: sorted(merged.optionalDependencies) };
}

/**
 * A project's manifest as it stands inside of the package: without what is for the workspace and for compilers. What it
 * depends on is for the package's own manifest to say: npm takes what a bundled package names for bundled as well, and
 * where that stands beside it, as after a global install, leaves it out.
 * @param {Manifest} manifest
 * @returns {Manifest}
 */
export function bundledManifest({ name, version, description, license, type, bin, exports }) {
  const manifest = { name, version, description, license, type, bin, exports };
  return JSON.parse(JSON.stringify(manifest, (key, value) => (key === 'types' ? undefined : value)));
}

/**
 * The manifest of the package: the command of one project, all projects in its `node_modules`, and what they need from a
 * registry as its own dependencies.
 * @param {Manifest} workspace
 * @param {Manifest} command the project that has the command
 * @param {readonly Manifest[]} projects all that are inside, the command's among them
 * @returns {Manifest}
 */
export function packageManifest(workspace, command, projects) {
  const { dependencies, optionalDependencies } = mergeExternal(projects);
  const own = Object.fromEntries(projects.map(({ name, version }) => [name, version]));
  /** @type {Record<string, string>} */
  const bin = {};
  for (const [name, path] of Object.entries(command.bin ?? {}))
    bin[name] = posix.join('node_modules', command.name, path);
  return {
    name: 'layerline',
    version: command.version,
    description: workspace.description,
    license: workspace.license,
    engines: workspace.engines,
    bin,
    dependencies: sorted({ ...own, ...dependencies }),
    optionalDependencies,
    bundleDependencies: Object.keys(own),
  };
}
