import { staysOutside } from '../build/bundle.mjs';
import { isOwn } from './projects.mjs';

/**
 * @typedef {import('./projects.mjs').Manifest} Manifest
 * @typedef {import('./projects.mjs').Ranges} Ranges
 */

/**
 * @param {Ranges} ranges
 * @returns {Ranges} sorted by name, so that the same contents give the same bytes
 */
const sorted = (ranges) => Object.fromEntries(Object.entries(ranges).sort(([a], [b]) => (a < b ? -1 : 1)));

/**
 * @param {Ranges} ranges
 * @returns {Ranges} of the packages that are not in the bundle
 */
const outside = (ranges) => Object.fromEntries(Object.entries(ranges).filter(([name]) => staysOutside(name)));

/**
 * What all projects together need from a registry. A package that any of them requires is not optional.
 * @param {readonly Manifest[]} manifests
 * @returns {{ dependencies: Ranges, optionalDependencies: Ranges }}
 * @throws if two projects want different ranges of one package, as the installed tree has only one place for it
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
 * The manifest of the package: one project's command, with what its bundle leaves out as dependencies.
 * @param {Manifest} workspace
 * @param {Manifest} command of the project that has the command
 * @param {readonly Manifest[]} projects of all that are in the bundle, the command's included
 * @returns {Manifest}
 */
export function packageManifest(workspace, command, projects) {
  const { dependencies, optionalDependencies } = mergeExternal(projects);
  return {
    name: 'layerline',
    version: command.version,
    description: workspace.description,
    license: workspace.license,
    type: command.type,
    engines: workspace.engines,
    bin: command.bin,
    dependencies: outside(dependencies),
    optionalDependencies: outside(optionalDependencies),
  };
}
