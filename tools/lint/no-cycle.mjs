/**
 * `import-x/no-cycle`, for which an import of types counts like any other: whoever reads one file of such a cycle has to
 * read all of it. The rule passes over types in two places: in the file that it is run on, and in those that it follows,
 * for which this module is its parser.
 */
import importX from 'eslint-plugin-import-x';
import { parser } from 'typescript-eslint';

/**
 * @param {any} node of the syntax tree
 * @returns {any} as it would be without the word `type`, where it is an import or export
 */
function withoutType(node) {
  const { importKind, exportKind, specifiers } = node;
  return {
    ...node,
    ...(importKind && { importKind: 'value' }),
    ...(exportKind && { exportKind: 'value' }),
    ...(specifiers && { specifiers: specifiers.map(withoutType) }),
  };
}

/**
 * What ESLint asks of a parser.
 * @type {(code: string, options: unknown) => any}
 */
export const parseForESLint = (code, options) => {
  // Typed only as far as a configuration needs.
  const parsed = /** @type {any} */ (parser).parseForESLint(code, options);
  return { ...parsed, ast: { ...parsed.ast, body: parsed.ast.body.map(withoutType) } };
};

const rule = importX.rules['no-cycle'];

export const noCycle = {
  ...rule,
  /** @param {any} context */
  create(context) {
    const visitor = /** @type {any} */ (rule.create(context));
    return { ...visitor, ImportDeclaration: (/** @type {any} */ node) => visitor.ImportDeclaration(withoutType(node)) };
  },
};
