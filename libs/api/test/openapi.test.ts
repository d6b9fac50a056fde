import { readFileSync } from 'node:fs';
import t from 'tap';
import { openApi, ROUTES, runEvent, submission } from '../src/index.js';

interface Described {
  readonly openapi: string;
  readonly paths: Readonly<
    Record<string, Readonly<Record<string, { readonly responses: Readonly<Record<string, unknown>> }>>>
  >;
}

const DOCUMENT = openApi('0.1.0');

t.test('the description has every route, and every event with its payload', (t) => {
  const { openapi, paths } = DOCUMENT as unknown as Described;
  t.equal(openapi, '3.1.0');
  for (const { method, path, answer } of Object.values(ROUTES)) {
    const operation = paths[path.replaceAll(/:(\w+)/g, '{$1}')]?.[method.toLowerCase()];
    t.ok(operation?.responses[`${answer.status}`], `${method} ${path}`);
  }
  const text = JSON.stringify(paths['/api/runs/{run}/events']);
  for (const { shape } of runEvent.options) {
    t.ok(text.includes(`"const":"${shape.type.value}"`), shape.type.value);
    for (const field of Object.keys(shape)) t.ok(text.includes(`"${field}":`), `${shape.type.value}: ${field}`);
  }
  t.end();
});

t.test('the description in docs/ is that of this version: npm run openapi makes it', (t) => {
  const file = new URL('../../../../docs/openapi.json', import.meta.url);
  t.same(JSON.parse(readFileSync(file, 'utf8')), JSON.parse(JSON.stringify(DOCUMENT)));
  t.end();
});

t.test('a submission is any part of a config', (t) => {
  t.same(submission.parse({}), {});
  t.same(submission.parse({ preset: 'quick', epochs: 3 }), { preset: 'quick', epochs: 3 });
  for (const wrong of [{ epochs: 0 }, { preset: 'slow' }, { epoch: 3 }, [], null]) {
    t.notOk(submission.safeParse(wrong).success, JSON.stringify(wrong));
  }
  t.end();
});
