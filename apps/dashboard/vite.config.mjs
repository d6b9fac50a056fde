import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { defineConfig } from 'vite';

/** The page goes beside the programs that serve it. */
const PAGE = fileURLToPath(new URL('../cli/dist/page', import.meta.url));
/** The most JavaScript that a first visit may load, compressed: less than a second over a slow line. */
const MOST_SCRIPT_BYTES = 80_000;

/**
 * Fails a build whose page would load more JavaScript than that before it shows anything.
 * @returns {import('vite').Plugin}
 */
function scriptBudget() {
  return {
    name: 'script-budget',
    generateBundle(_, bundle) {
      const loaded = new Set(
        Object.values(bundle).flatMap((file) => (file.type === 'chunk' && file.isEntry ? [file.fileName] : [])),
      );
      // A set visits what is added to it on the way: all that the entry imports at once, however indirectly.
      for (const name of loaded) {
        const file = bundle[name];
        if (file?.type === 'chunk') for (const imported of file.imports) loaded.add(imported);
      }
      const sizes = [...loaded].map((name) => {
        const file = bundle[name];
        return file?.type === 'chunk' ? gzipSync(file.code).length : 0;
      });
      const bytes = sizes.reduce((sum, size) => sum + size, 0);
      if (bytes > MOST_SCRIPT_BYTES) {
        this.error(
          `a first visit would load ${bytes} bytes of compressed JavaScript, and ${MOST_SCRIPT_BYTES} is the most`,
        );
      }
    },
  };
}

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  base: './',
  logLevel: 'warn',
  plugins: [scriptBudget()],
  // The content security policy allows no inline script, which Vite would add for browsers that preload no modules.
  build: {
    outDir: PAGE,
    emptyOutDir: true,
    target: 'es2022',
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    // The licenses of the packages inside ask for their texts to go with every copy.
    license: { fileName: 'licenses.md' },
  },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
});
