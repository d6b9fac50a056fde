import { createProjectGraphAsync } from '@nx/devkit';
import nx from '@nx/eslint-plugin';
import { createTypeScriptImportResolver } from 'eslint-import-resolver-typescript';
import { fileURLToPath } from 'node:url';
import tseslint from 'typescript-eslint';
import { noCycle } from './tools/lint/no-cycle.mjs';

// The boundary rule reads nx's saved project graph, and where there is none it passes everything. Within an nx task
// the graph has just been saved.
if (process.env.NX_TASK_TARGET_PROJECT === undefined) await createProjectGraphAsync();

const ANY_LIBRARY = 'type:lib';

/** The whole rule of who imports whom: a project's scope, and the tags of which its imports must have one. */
const MAY_IMPORT = {
  ops: [],
  'forward-forward': ['scope:ops'],
  engine: ['scope:ops'],
  'engine-onnx': ['scope:ops', 'scope:engine'],
  'engine-tfjs': ['scope:ops', 'scope:engine', 'scope:process'],
  datasets: ['scope:ops', 'scope:process'],
  security: ['scope:process'],
  process: [],
  protocol: ['scope:security'],
  telemetry: [],
  checkpoint: ['scope:process'],
  plots: [],
  // No engine: what plans and watches runs computes nothing.
  plan: ['scope:ops', 'scope:forward-forward', 'scope:datasets', 'scope:protocol', 'scope:telemetry'],
  api: ['scope:plan', 'scope:protocol', 'scope:telemetry'],
  stage: ['scope:security', 'scope:protocol', 'scope:telemetry'],
  pipeline: [ANY_LIBRARY],
  coordinator: [ANY_LIBRARY],
  // Starts feeder and evaluator as processes: it depends on them, finds their entry points and imports neither.
  'layer-node': [ANY_LIBRARY],
  feeder: [ANY_LIBRARY],
  evaluator: [ANY_LIBRARY],
  cli: [ANY_LIBRARY, 'scope:coordinator', 'scope:layer-node'],
  // Runs in a browser.
  dashboard: ['scope:api'],
  // Runs the `layerline` command as its users do: it depends on it and imports nothing of it.
  bench: [ANY_LIBRARY],
  e2e: [ANY_LIBRARY],
};

/** What tests may import besides. */
const TESTS_MAY_IMPORT = {
  ...MAY_IMPORT,
  'engine-onnx': [...MAY_IMPORT['engine-onnx'], 'scope:forward-forward'],
  'engine-tfjs': [...MAY_IMPORT['engine-tfjs'], 'scope:forward-forward'],
};

/**
 * @param {Record<string, string[]>} mayImport
 * @returns {import('eslint').Linter.RulesRecord}
 */
function moduleBoundaries(mayImport) {
  const options = {
    banTransitiveDependencies: true,
    // Optional, which the rule does not count as declared.
    allow: ['@tensorflow/tfjs-node'],
    // What is loaded only when needed may still have its types and constants imported.
    checkDynamicDependenciesExceptions: ['.*'],
    depConstraints: Object.entries(mayImport).map(([scope, tags]) => ({
      sourceTag: `scope:${scope}`,
      onlyDependOnLibsWithTags: tags,
    })),
  };
  return { '@nx/enforce-module-boundaries': ['error', options] };
}

const SUBTEST = { from: 'package', package: '@tapjs/core', name: 'PromiseWithSubtest' };

export default tseslint.config(
  { ignores: ['**/dist/', '**/.tap/', '**/.nx/', '**/runs/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: ['**/*.ts', '**/*.tsx'],
    extends: [tseslint.configs.strictTypeChecked],
    plugins: { '@nx': nx, layerline: { rules: { 'no-cycle': noCycle } } },
    settings: {
      'import-x/resolver-next': [createTypeScriptImportResolver()],
      'import-x/parsers': { [fileURLToPath(import.meta.resolve('./tools/lint/no-cycle.mjs'))]: ['.ts', '.tsx'] },
    },
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      ...moduleBoundaries(MAY_IMPORT),
      // Within a project. That projects do not depend on each other in a circle is for the boundaries.
      'layerline/no-cycle': ['error', { ignoreExternal: true }],
      eqeqeq: 'error',
      '@typescript-eslint/no-use-before-define': ['error', { functions: false, classes: false, typedefs: false }],
      'no-restricted-imports': ['error', { patterns: ['@layerline/*/src/*', '@layerline/*/dist/*'] }],
      'no-restricted-syntax': [
        'error',
        {
          // The object of everything keeps all of it in the bundle, 60 languages among it, which each process reads.
          selector: "ImportDeclaration[source.value='zod'] > ImportSpecifier[imported.name='z']",
          message: "Write `import * as z from 'zod'`.",
        },
      ],
      'max-lines': ['error', 300],
      'no-console': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      // An interface may be asynchronous where one of its implementations is not.
      '@typescript-eslint/require-await': 'off',
      // A compiler's narrowing does not see what changes during an await.
      '@typescript-eslint/no-unnecessary-condition': 'off',
      // An engine gets back the tensors that it gave out, typed as any engine's.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      '@typescript-eslint/no-confusing-void-expression': 'off',
      '@typescript-eslint/no-dynamic-delete': 'off',
    },
  },
  {
    files: ['**/test/**/*.ts'],
    rules: {
      ...moduleBoundaries(TESTS_MAY_IMPORT),
      'no-console': 'off',
      // Tables of cases take a line a number where they are formatted.
      'max-lines': ['error', 400],
      // tap itself waits for a subtest.
      '@typescript-eslint/no-floating-promises': ['error', { allowForKnownSafePromises: [SUBTEST] }],
      '@typescript-eslint/restrict-template-expressions': 'off',
    },
  },
  {
    files: ['**/*.mjs'],
    extends: [tseslint.configs.recommended],
    rules: { eqeqeq: 'error', 'max-lines': ['error', 300] },
  },
);
