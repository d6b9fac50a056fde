import { FanOut, InboundLink, OutboundLink, PeerLink, ProtocolError } from '@layerline/protocol';
import type {
  Assignment,
  LinkAddress,
  LinkServer,
  LinkSite,
  Site,
  StageEvent,
  StageOrder,
  Sums,
} from '@layerline/protocol';

type Neighbour = Assignment['inputs'][number];

/** What all links have in common here. */
interface AnyLink {
  close(): void;
}

/** A link that is to come. */
interface Ahead {
  readonly neighbour: Neighbour;
  readonly dial: (address: LinkAddress) => Promise<AnyLink>;
  readonly server: (site: LinkSite) => LinkServer<AnyLink>;
  readonly link: Promise<AnyLink>;
  readonly taken: (link: AnyLink) => void;
}

/** The links of a stage in one generation: with those that frames come from and go to, and with the other shards of its layer. */
export class SessionLinks {
  readonly #ahead: readonly Ahead[];
  readonly #inputs: readonly Promise<InboundLink>[];
  readonly #outputs: readonly Promise<OutboundLink>[];
  readonly #peers: readonly Promise<PeerLink>[];
  readonly #open = new Set<AnyLink>();
  #isClosed = false;

  /** @param emit tells the coordinator */
  constructor(
    readonly assignment: Assignment,
    readonly site: Site,
    readonly emit: (event: StageEvent) => void,
  ) {
    const { inputs, outputs, peers } = assignment;
    const identity = assignment;
    const [inbound, outbound, among] = [
      inputs.map((each) =>
        ahead(each, InboundLink, { producer: each.stage, maxFrameBytes: each.maxFrameBytes, identity }),
      ),
      outputs.map((each) =>
        ahead(each, OutboundLink, { consumer: each.stage, maxFrameBytes: each.maxFrameBytes, identity }),
      ),
      peers.map((each) => ahead(each, PeerLink, { peer: each.stage, maxFrameBytes: each.maxFrameBytes, identity })),
    ];
    this.#ahead = [...inbound, ...outbound, ...among].map(({ ahead: link }) => link);
    this.#inputs = inbound.map(({ link }) => link);
    this.#outputs = outbound.map(({ link }) => link);
    this.#peers = among.map(({ link }) => link);
  }

  /** Waits at a port for each neighbour that dials this stage. @throws ListenError */
  async wait(): Promise<void> {
    const { host, names, certificate, ports } = this.site;
    for (const { neighbour, server, taken } of this.#ahead) {
      if (!neighbour.waits) continue;
      const waiting = server({ host, names, ticket: neighbour.ticket, certificate });
      this.#keep(waiting);
      this.emit({ type: 'listening', neighbour: neighbour.stage, port: await waiting.listen(ports) });
      void waiting.connected().then((link) => {
        waiting.stopListening();
        this.#take(neighbour, link, taken);
      });
    }
  }

  /**
   * Dials a neighbour that waits. @throws ConnectionLostError, UntrustedServerError, ProtocolError for one that it has
   * no link with
   */
  async dial({ neighbour: name, address, fingerprint }: Extract<StageOrder, { type: 'connect' }>): Promise<void> {
    const found = this.#ahead.find(({ neighbour }) => neighbour.stage === name);
    if (found === undefined) throw new ProtocolError(`${this.assignment.stage} has no link with ${name}`);
    const { neighbour, dial, taken } = found;
    const trust = fingerprint === undefined ? undefined : { fingerprint };
    this.#take(neighbour, await dial({ address, trust, ticket: neighbour.ticket }), taken);
  }

  /** Where frames come from, once all are linked. */
  inputs(): Promise<InboundLink[]> {
    return Promise.all(this.#inputs);
  }

  /** Where frames go, once all are linked; undefined for the last stage of a pipeline without feedback. */
  async outputs(): Promise<FanOut | undefined> {
    const [first, ...others] = await Promise.all(this.#outputs);
    return first && new FanOut([first, ...others]);
  }

  /** The other shards of the layer, once all are linked. */
  peers(): Promise<PeerLink[]> {
    return Promise.all(this.#peers);
  }

  /** Gives sums to the other shards, and gets theirs. @throws ConnectionLostError, ProtocolError */
  async exchange(sums: Sums): Promise<Sums[]> {
    const peers = await this.peers();
    for (const peer of peers) peer.send(sums);
    return Promise.all(peers.map((peer) => peer.receive()));
  }

  /** Ends all links at once, and those that are still to come. */
  close(): void {
    this.#isClosed = true;
    for (const link of this.#open) link.close();
  }

  #take(neighbour: Neighbour, link: AnyLink, taken: (link: AnyLink) => void): void {
    this.#keep(link);
    if (this.#isClosed) return;
    taken(link);
    this.emit({ type: 'linked', neighbour: neighbour.stage });
  }

  #keep(link: AnyLink): void {
    if (this.#isClosed) link.close();
    else this.#open.add(link);
  }
}

/** A kind of link: how one is made with a neighbour, whichever of both dials. */
interface LinkKind<Link extends AnyLink, Options> {
  dial(options: Options & LinkAddress): Promise<Link>;
  server(options: Options & LinkSite): LinkServer<Link>;
}

function ahead<Link extends AnyLink, Options>(
  neighbour: Neighbour,
  kind: LinkKind<Link, Options>,
  options: Options,
): { readonly ahead: Ahead; readonly link: Promise<Link> } {
  let settle!: (link: Link) => void;
  const link = new Promise<Link>((resolve) => (settle = resolve));
  return {
    link,
    ahead: {
      neighbour,
      link,
      dial: (address) => kind.dial({ ...options, ...address }),
      server: (site) => kind.server({ ...options, ...site }),
      // Only what `dial` and `server` of the same kind have made comes here.
      taken: (made) => settle(made as Link),
    },
  };
}
