import type { Module, Parameter } from '@layerline/forward-forward';
import { rangeInWords } from '@layerline/protocol';
import { MODULES, PARAMETERS_OF_MODULES } from './module-parameters.js';
import type { ModuleKey } from './module-parameters.js';

/** What each choice is about, in the order of the page. */
const TITLES: Readonly<Record<ModuleKey, readonly [title: string, about: string]>> = {
  objective: [
    'Objectives',
    'What a layer minimizes, over pairs of a positive row with goodness g⁺ and a negative one with g⁻.',
  ],
  goodness: ['Goodness', "A layer's score of a row, from the activations a of its U units."],
  activation: ['Activations', 'What a unit makes of the sum of its inputs, z.'],
  normalization: ['Normalization', "What is done to a layer's rows before the next one gets them."],
  negatives: ['Negatives', 'How the negative row of a pair comes about.'],
  schedule: ['Schedules', 'How the learning rate η changes, at step t of T.'],
  classifyBy: ['Readouts', 'How a row is classified: by the label under which so much goodness is highest.'],
};

/** `docs/modules.md`: every module of learning, from what each says of itself. */
export function modulesPage(): string {
  const sections = (Object.keys(TITLES) as ModuleKey[]).flatMap((key) => {
    const [title, about] = TITLES[key];
    return [`## ${title}`, '', `${about} Set by \`${key}\`, \`${flagOf(key)}\`.`, '', ...tableOf(MODULES[key]), ''];
  });
  return [
    '<!-- Made by `npm run modules-docs` from what the modules say of themselves. -->',
    '',
    '# What learning is made of',
    '',
    'Each line is a file of its own under `libs/forward-forward/src`; [extending.md](extending.md) shows how to add one.',
    'A layer can have its own in a config file: `layers: [500, { units: 300, goodness: top-k, topK: 10 }]`.',
    '',
    ...sections,
    '## Parameters',
    '',
    'The default of a parameter goes by the goodness of the run: a mean, as large for wide layers as for narrow ones, or a sum.',
    '',
    '| key | option | of | meaning | values | for means | for sums |',
    '| --- | --- | --- | --- | --- | ---: | ---: |',
    ...PARAMETERS_OF_MODULES.flatMap(({ key, modules, help, symbol, range }) =>
      groupsOf(key, modules).map(({ names, defaults }) => {
        const cells = [
          `\`${key}\``,
          `\`${flagOf(key)}\``,
          names.join(', '),
          `${symbol}: ${help}`,
          rangeInWords(range).replace(/^a /, ''),
        ];
        return rowOf([...cells, `${defaults.unit}`, `${defaults.layer}`]);
      }),
    ),
  ].join('\n');
}

function tableOf(modules: readonly Module[]): string[] {
  return [
    '| name | what it is | definition | from |',
    '| --- | --- | --- | --- |',
    ...modules.map(({ name, summary, formula, source }) => rowOf([`\`${name}\``, summary, formula, source])),
  ];
}

/** The modules that have a parameter, those with the same defaults together. */
function groupsOf(
  key: string,
  names: readonly string[],
): { readonly names: string[]; readonly defaults: Parameter['default'] }[] {
  const modules = Object.values(MODULES).flat();
  const groups = new Map<string, { names: string[]; defaults: Parameter['default'] }>();
  for (const name of names) {
    const defaults = modules.find((module) => module.name === name)?.parameters[key]?.default;
    if (defaults === undefined) continue;
    const group = groups.get(JSON.stringify(defaults)) ?? { names: [], defaults };
    group.names.push(name);
    groups.set(JSON.stringify(defaults), group);
  }
  return [...groups.values()];
}

function flagOf(key: string): string {
  return `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

function rowOf(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}
