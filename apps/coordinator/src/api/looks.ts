import { lookOrder } from '@layerline/api';
import type { LookAsked, LookList, RouteName } from '@layerline/api';
import { parse } from '@layerline/protocol';
import type { RunRegistry } from '../run-registry.js';
import { isUnderWay, notUnderWay } from './act.js';
import { bodyOf, runIdOf } from './asked.js';
import type { Handler } from './asked.js';
import { ApiError } from './errors.js';

type LookRoute = Extract<RouteName, 'askLook' | 'looks' | 'look'>;

const NUMBER = /^\d{1,15}$/;

/** Looks at what the network makes of single images. */
export function lookHandlers(runs: () => RunRegistry): Readonly<Record<LookRoute, Handler>> {
  return {
    askLook: async (asked): Promise<LookAsked> => {
      const run = await runs().view(runIdOf(asked));
      const { image } = parse(lookOrder, await bodyOf(asked));
      if (!isUnderWay(run)) throw notUnderWay(run);
      return { id: run.looks.ask(image) };
    },
    looks: async (asked): Promise<LookList> => {
      const run = await runs().view(runIdOf(asked));
      const { looks } = await runs().kept(runIdOf(asked));
      const pending = isUnderWay(run) ? run.looks.pending : [];
      return { looks: looks.list(), pending };
    },
    look: async (asked) => {
      const { look = '' } = asked.parameters;
      if (!NUMBER.test(look)) throw new ApiError(400, `look: ${look} is not the number of a look`);
      const { looks } = await runs().kept(runIdOf(asked));
      return looks.read(Number(look));
    },
  };
}
