import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

/** The page goes beside the programs that serve it. */
const PAGE = fileURLToPath(new URL('../cli/dist/page', import.meta.url));

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  base: './',
  logLevel: 'warn',
  // The content security policy allows no inline script, which Vite would add for browsers that preload no modules.
  build: {
    outDir: PAGE,
    emptyOutDir: true,
    target: 'es2022',
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
  },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
});
