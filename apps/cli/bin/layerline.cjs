#!/usr/bin/env node
/**
 * The `layerline` command as it stands in a checkout: checks Node's version, builds what is stale, then hands over to
 * the program in this same process. CommonJS, in syntax that every Node with modules can parse: or the check could not
 * speak, and Node would have made its threads before they are counted.
 */
'use strict';
const { existsSync, lstatSync, mkdirSync } = require('fs');
const { availableParallelism, homedir, tmpdir } = require('os');
const { join } = require('path');
const { pathToFileURL } = require('url');

const OLDEST_NODE = [20, 19];

/** @param {string} line */
function fail(line) {
  process.stderr.write('layerline: ' + line + '\n');
  process.exitCode = 1;
}

function hasUsableNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  return major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1]);
}

/**
 * Layers compute on Node's pool of threads. With more of them than cores, a step wakes one that has last run on a core
 * that is busy now, and waits for it while another core is idle: a fifth of the speed of 1000 units on two cores. Node
 * makes the pool when it is first used, which importing a module does.
 */
function sizeThreadPool() {
  if (!process.env.UV_THREADPOOL_SIZE) process.env.UV_THREADPOOL_SIZE = String(availableParallelism());
}

/** An account that no file knows, as in a container with any user, has no home: it gets one of its own where all may write. */
function findHome() {
  try {
    homedir();
  } catch {
    const user = process.getuid === undefined ? 0 : process.getuid();
    const home = join(tmpdir(), 'layerline-' + user);
    mkdirSync(home, { recursive: true, mode: 0o700 });
    const found = lstatSync(home);
    // Others may have made it first, with something in it.
    if (!found.isDirectory() || found.uid !== user || (found.mode & 0o022) !== 0) {
      throw new Error(home + ' would be the home folder of this account, which has none, and is not its own: set HOME');
    }
    process.env.HOME = home;
  }
}

/**
 * @param {string} cli the folder of this package
 * @returns {Promise<boolean>} whether there is something to run
 */
async function isBuilt(cli) {
  const root = join(cli, '..', '..');
  const builder = join(root, 'tools', 'build', 'ensure-built.mjs');
  // An installed package has neither sources nor the workspace's tools: it runs as it is.
  if (!existsSync(join(cli, 'src')) || !existsSync(builder)) return true;
  try {
    const { ensureBuilt } = await import(pathToFileURL(builder).href);
    const say = (/** @type {string} */ line) => process.stderr.write('layerline: ' + line + '\n');
    if (await ensureBuilt(root, say)) return true;
    fail('the build failed with the errors above');
  } catch (error) {
    fail(error instanceof Error ? error.message : String(error));
  }
  return false;
}

async function start() {
  const cli = join(__dirname, '..');
  if (await isBuilt(cli)) await import(pathToFileURL(join(cli, 'dist', 'bundle', 'main.js')).href);
}

if (hasUsableNode()) {
  sizeThreadPool();
  try {
    findHome();
    void start();
  } catch (error) {
    fail(error instanceof Error ? error.message : String(error));
  }
} else {
  fail('needs Node.js 20.19 or newer, and this is ' + process.versions.node + ': install a newer one and run again');
}
